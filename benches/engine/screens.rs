//! What the engine shows, asked for as any client would: whether everything that was acknowledged is there, and since when.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::load::Load;
use crate::webhook::Reports;
use crate::wire::Wire;

/// Screens that are not there by then are not coming.
const PATIENCE: Duration = Duration::from_mins(10);
const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// The most that the engine gives on one page.
const PAGE: usize = 10_000;

/// Waits until every session shows exactly its acknowledged reports, and says how long that took.
pub(crate) async fn settle(engine: SocketAddr, reports: &Reports, load: &Load) -> Result<Duration> {
    let began = Instant::now();
    let mut expected = vec![0_u64; reports.sessions().len()];
    for number in &load.acknowledged {
        ensure!(reports.is_listed(*number), "the lists are too short for this machine");
        if let Some(count) = expected.get_mut(reports.session(*number)) {
            *count += 1;
        }
    }
    let mut wire = Wire::connect(engine).await?;
    for (session, expected) in reports.sessions().iter().zip(expected) {
        loop {
            let shown = processed(&mut wire, session).await?.unwrap_or(0);
            ensure!(shown <= expected, "{session} shows {shown} of {expected} reports");
            if shown == expected {
                break;
            }
            ensure!(began.elapsed() < PATIENCE, "{session} still shows {shown} of {expected} reports");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
    Ok(began.elapsed())
}

/// `processedNumbers` of a session; none where there is no such session.
pub(crate) async fn processed(wire: &mut Wire, session: &str) -> Result<Option<u64>> {
    let answer = wire.get(&format!("/calls/session/{session}")).await?;
    match answer.status {
        200 => {
            let shown: Value = serde_json::from_slice(answer.body)?;
            Ok(Some(shown.get("processedNumbers").and_then(Value::as_u64).context("no processedNumbers")?))
        }
        404 => Ok(None),
        status => bail!("a session is answered with {status}: {}", String::from_utf8_lossy(answer.body)),
    }
}

/// Acknowledged reports that have no row among the results of their session.
pub(crate) async fn missing(engine: SocketAddr, reports: &Reports, load: &Load) -> Result<usize> {
    let mut expected: HashSet<String> =
        load.acknowledged.iter().map(|number| reports.phone(*number)).collect();
    ensure!(expected.len() == load.acknowledged.len(), "a number was used twice");
    let mut wire = Wire::connect(engine).await?;
    for session in reports.sessions() {
        let mut cursor = Some(0);
        while let Some(after) = cursor {
            let path = format!("/calls/session/{session}/results?limit={PAGE}&cursor={after}");
            let answer = wire.get(&path).await?;
            ensure!(answer.status == 200, "results are answered with {}", answer.status);
            cursor = answer.header("x-next-cursor").map(str::parse::<u64>).transpose()?;
            for phone in phones(answer.body) {
                expected.remove(phone);
            }
        }
    }
    Ok(expected.len())
}

/// Every `phoneNumber` in a page of results, without building it.
fn phones(body: &[u8]) -> impl Iterator<Item = &str> {
    let text = std::str::from_utf8(body).unwrap_or_default();
    text.split(r#""phoneNumber":""#).skip(1).filter_map(|rest| rest.split('"').next())
}

/// Waits until neither screen of a session is behind the journal.
pub(crate) async fn caught_up(engine: SocketAddr, session: &str) -> Result<()> {
    let began = Instant::now();
    let mut wire = Wire::connect(engine).await?;
    for path in [format!("/calls/session/{session}"), format!("/calls/session/{session}/results?limit=1")] {
        loop {
            let answer = wire.get(&path).await?;
            if answer.status == 200 && answer.header("x-behind") == Some("0") {
                break;
            }
            ensure!(began.elapsed() < PATIENCE, "the screens do not catch up");
            tokio::time::sleep(LOOK_AGAIN * 20).await;
        }
    }
    Ok(())
}
