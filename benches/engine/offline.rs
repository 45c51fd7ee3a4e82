//! A2: a long journal verified, and exported for analysts, beside the bare work: every row of it read as it is, every payload parsed,
//! nothing made of them.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures_util::TryStreamExt as _;
use karnay::journal::verify::Place;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use sqlx::{Connection as _, PgConnection, Row as _};

use crate::child;
use crate::figures::{Figure, Series, float, number};
use crate::homes::{Home, Store};
use crate::{Bench, load, say, stored};

const MANY: usize = 1_000_000;
const VERY_MANY: usize = 10_000_000;
const LOOK_EVERY: Duration = Duration::from_millis(10);

#[derive(Debug, Default)]
struct Turns {
    bare: Series,
    verify: Work,
    parquet: Work,
}

#[derive(Debug, Default)]
struct Work {
    rate: Series,
    memory: Series,
}

pub(crate) fn measure(bench: &mut Bench) -> Result<()> {
    let events = if bench.deep() { VERY_MANY } else { bench.sized(MANY) };
    for store in bench.stores() {
        let home = stored::home(bench, store, events)?;
        let mut turns = Turns::default();
        for turn in 0..=bench.runs {
            let bare = bare(&home)?;
            let verify = run(home.alone(&["verify"]), events)?;
            let out = crate::folder("export")?;
            let out = out.path().join("events").display().to_string();
            let parquet =
                run(home.alone(&["events", "export", "--format", "parquet", "--out", &out]), events)?;
            let ratio = |(rate, _): (f64, f64)| number(rate / bare);
            say(&format!(
                "A2 {store}: bare {}, verify {}, export {}",
                number(bare),
                ratio(verify),
                ratio(parquet)
            ));
            if turn > 0 {
                turns.bare.push(bare);
                turns.verify.push(verify);
                turns.parquet.push(parquet);
            }
        }
        turns.report(bench, store, events);
    }
    Ok(())
}

impl Work {
    fn push(&mut self, (rate, memory): (f64, f64)) {
        self.rate.push(rate);
        self.memory.push(memory);
    }
}

impl Turns {
    fn report(self, bench: &mut Bench, store: Store, events: usize) {
        let Self { bare, verify, parquet } = self;
        let (verified, exported) = (verify.rate.over(&bare), parquet.rate.over(&bare));
        let on = Figure::on("A2", store);
        let size = number(float(events));
        let figure = |what: &str, unit, series| on(&format!("{size} events: {what}"), unit, series);
        bench.add([
            figure("bare scan and parse", "events/s", bare),
            figure("`karnay verify`", "events/s", verify.rate),
            figure("verify over the bare scan", "ratio", verified).at_least(0.3),
            figure("memory of verify, at most", "MiB", verify.memory),
            figure("`karnay events export` to Parquet", "events/s", parquet.rate),
            figure("export over the bare scan", "ratio", exported).at_least(0.1),
            figure("memory of export, at most", "MiB", parquet.memory),
        ]);
    }
}

/// Events a second, and the most memory that was held, in MiB.
fn run(mut command: Command, events: usize) -> Result<(f64, f64)> {
    let began = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut memory = 0.0_f64;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        // It may have ended since.
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        memory = memory.max(child::mebibytes(&status, "VmHWM:").unwrap_or(0.0));
        std::thread::sleep(LOOK_EVERY);
    };
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok((float(events) / began.elapsed().as_secs_f64(), memory))
}

fn bare(home: &Home) -> Result<f64> {
    let began = Instant::now();
    let events = match home.place() {
        Place::Folder(folder) => {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
            on_sqlite(&Connection::open_with_flags(folder.join("journal.db"), flags)?)?
        }
        Place::Url(url) => load::on_one_thread(on_postgres(&url))?,
    };
    Ok(float(events) / began.elapsed().as_secs_f64())
}

fn on_sqlite(journal: &Connection) -> Result<usize> {
    let mut select = journal.prepare("SELECT * FROM events ORDER BY position")?;
    let (mut rows, mut events) = (select.query([])?, 0);
    while let Some(row) = rows.next()? {
        parsed(row.get_ref("payload")?.as_str()?)?;
        events += 1;
    }
    Ok(events)
}

async fn on_postgres(url: &str) -> Result<usize> {
    let mut journal = PgConnection::connect(url).await?;
    let mut events = 0;
    {
        let mut rows = sqlx::query("SELECT * FROM events ORDER BY position").fetch(&mut journal);
        while let Some(row) = rows.try_next().await? {
            parsed(row.try_get_raw("payload")?.as_str().map_err(|why| anyhow::anyhow!(why))?)?;
            events += 1;
        }
    }
    journal.close().await?;
    Ok(events)
}

fn parsed(payload: &str) -> Result<()> {
    let payload: Value = serde_json::from_str(payload).context("no JSON")?;
    if !payload.is_object() {
        bail!("a payload that is no object");
    }
    Ok(())
}
