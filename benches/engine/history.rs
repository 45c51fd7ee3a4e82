//! P9: a page of the call history out of a million calls, or ten million, filter by filter; and whether a page far down costs more.

use std::net::SocketAddr;
use std::rc::Rc;

use anyhow::{Context, Result, ensure};

use crate::figures::{Figure, Series, float, number};
use crate::homes::{Home, Store};
use crate::load::{self, Plan, Until};
use crate::wire::Wire;
use crate::{Bench, say, stored, webhook};

const MANY: usize = 1_000_000;
const VERY_MANY: usize = 10_000_000;
const CONNECTIONS: usize = 4;
const PAGES_A_SECOND: u32 = 100;
/// As far down as this, in the largest pages there are, or to the last page.
const DEEP: usize = 200;
const LARGEST: usize = 1_000;
const CREATED: &str = r#""createdAt":""#;

/// A filter, where it begins, and where somebody is who has read on for long.
struct Search {
    what: &'static str,
    first: String,
    deep: Option<String>,
}

#[derive(Debug)]
struct Turns {
    what: &'static str,
    first: Series,
    first_p50: Series,
    deep: Series,
    deep_p50: Series,
}

pub(crate) fn measure(bench: &mut Bench) -> Result<()> {
    let events = if bench.deep() { VERY_MANY } else { bench.sized(MANY) };
    for store in bench.stores() {
        let home = stored::home(bench, store, events)?;
        let turns = load::on_one_thread(pages(bench, &home, events))?;
        bench.add(turns.iter().flat_map(|turns| figures(turns, store, events)));
    }
    Ok(())
}

fn figures(turns: &Turns, store: Store, events: usize) -> [Figure; 3] {
    let (figure, out_of) = (Figure::on("P9", store), number(float(events)));
    let named = |what: &str| format!("history page by {}, {what}, out of {out_of} events", turns.what);
    [
        figure(&named("the first, p99"), "ms", turns.first.clone()).at_most(20.0),
        figure(&named("far down, p99"), "ms", turns.deep.clone()).at_most(20.0),
        figure(&named("far down over the first, p50"), "ratio", turns.deep_p50.over(&turns.first_p50))
            .at_most(1.2),
    ]
}

async fn pages(bench: &Bench, home: &Home, events: usize) -> Result<Vec<Turns>> {
    let engine = home.start().await?;
    let mut all = vec![];
    for (what, query) in filters(engine.address, events).await? {
        let search = search(engine.address, what, &query).await?;
        all.push((search, Turns::new(what)));
    }
    for turn in 0..=bench.runs {
        for (search, turns) in &mut all {
            for (path, p99, p50) in [
                (Some(&search.first), &mut turns.first, &mut turns.first_p50),
                (search.deep.as_ref(), &mut turns.deep, &mut turns.deep_p50),
            ] {
                let Some(path) = path else { continue };
                let load = load::run(plan(engine.address, path, bench.duration(2))).await?;
                load.demand_clean()?;
                if turn > 0 {
                    p99.push(load.percentile(990));
                    p50.push(load.percentile(500));
                }
            }
            say(&format!(
                "P9 {} by {}: p99 {} ms, far down {} ms",
                home.store, search.what, turns.first, turns.deep
            ));
        }
    }
    engine.stop().await?;
    Ok(all.into_iter().map(|(_, turns)| turns).collect())
}

impl Turns {
    fn new(what: &'static str) -> Self {
        let none = Series::default;
        Self { what, first: none(), first_p50: none(), deep: none(), deep_p50: none() }
    }
}

fn plan(address: SocketAddr, path: &str, time: std::time::Duration) -> Plan {
    let path = path.to_owned();
    Plan {
        address,
        connections: CONNECTIONS,
        until: Until::After(time),
        pace: Some(PAGES_A_SECOND),
        patient: false,
        write: Rc::new(move |_, out| webhook::get(&path, out)),
    }
}

async fn filters(address: SocketAddr, events: usize) -> Result<Vec<(&'static str, String)>> {
    let sessions = stored::sessions(events);
    let session = sessions.get(sessions.len() / 2).context("there is no session")?;
    Ok(vec![
        ("nothing", String::new()),
        ("two statuses", "&status=BUSY,NO_ANSWER".to_owned()),
        ("session", format!("&session={session}")),
        ("session and status", format!("&session={session}&status=INVALID_NUMBER")),
        ("number", "&number=%2B998900023456".to_owned()),
        ("last four digits", "&number=3456".to_owned()),
        ("last four digits and status", "&number=3456&status=ANSWERED".to_owned()),
        ("from and to", span(address, &sessions).await?),
    ])
}

/// The time in which the middle half of the sessions was dialled, for one was dialled after another.
async fn span(address: SocketAddr, sessions: &[String]) -> Result<String> {
    let last = sessions.len().saturating_sub(1);
    let (early, late) =
        sessions.get(last / 4).zip(sessions.get(last - last / 4)).context("there is no session")?;
    let from =
        walk(address, &format!("&session={early}")).await?.oldest.context("a session without calls")?;
    let to = walk(address, &format!("&session={late}")).await?.newest.context("a session without calls")?;
    Ok(format!("&from={from}&to={to}"))
}

async fn search(address: SocketAddr, what: &'static str, query: &str) -> Result<Search> {
    let walked = walk(address, query).await?;
    ensure!(walked.newest.is_some(), "nothing is found by {what}");
    let first = format!("/calls/history?limit=100{query}");
    let deep = walked.far.map(|cursor| format!("{first}&cursor={cursor}"));
    Ok(Search { what, first, deep })
}

/// What somebody knows who has read on for long.
#[derive(Debug, Default)]
struct Walked {
    newest: Option<String>,
    oldest: Option<String>,
    /// Where the last page begins, where it is not the first.
    far: Option<String>,
}

/// Reads on from page to page, as a client would, to learn where far down is.
async fn walk(address: SocketAddr, query: &str) -> Result<Walked> {
    let mut wire = Wire::connect(address).await?;
    let mut walked = Walked::default();
    for _ in 0..DEEP {
        let cursor = walked.far.as_ref().map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
        let answer = wire.get(&format!("/calls/history?limit={LARGEST}{query}{cursor}")).await?;
        ensure!(answer.status == 200, "the history is answered with {}", answer.status);
        let page = std::str::from_utf8(answer.body)?;
        walked.newest = walked.newest.or_else(|| page.split_once(CREATED).and_then(time));
        walked.oldest = page.rsplit_once(CREATED).and_then(time).or(walked.oldest);
        match answer.header("x-next-cursor") {
            Some(next) => walked.far = Some(next.to_owned()),
            None => break,
        }
    }
    Ok(walked)
}

/// The time that a page goes on with, without building it.
fn time((_, rest): (&str, &str)) -> Option<String> {
    rest.split('"').next().map(str::to_owned)
}
