//! P2: what the journal stores a second with many commands at once, against the raw batched insert of the same rows
//! and against `postgres-es` as it is shipped.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Result;
use domain::ids::SessionId;
use karnay::journal::verify::Place;
use karnay::journal::{Journal, Unit};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::figures::{Figure, Series, float, number};
use crate::forge::{self, Forge};
use crate::homes::Store;
use crate::webhook::session_name;
use crate::{Bench, plain, raw_postgres, raw_sqlite, say};

/// Commands under way at any time.
const CALLERS: usize = 512;
/// Clients of postgres-es; its pool of ten is its own choice.
const PLAIN_CLIENTS: [usize; 2] = [64, 512];
const SESSIONS: u64 = 8;
const EVENTS: usize = 200_000;
const PLAIN_EVENTS: usize = 20_000;

/// One event each, for numbers that are not used twice.
pub(crate) fn units(count: usize) -> Result<Vec<Unit>> {
    let forge = Forge::try_new()?;
    let sessions: Vec<_> =
        (0..SESSIONS).map(|salt| SessionId::parse(&session_name(salt))).collect::<Result<_, _>>()?;
    let unit = |(number, session): (usize, &SessionId)| forge.unit(session, &format!("+99890{number:07}"));
    (0..count).zip(sessions.iter().cycle()).map(unit).collect()
}

#[derive(Debug, Default)]
struct Against {
    ours: Series,
    raw: Series,
    batch: Series,
    p99: Series,
}

pub(crate) fn measure(bench: &mut Bench) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut sqlite = Series::default();
    if bench.uses(Store::Sqlite) {
        sqlite = measure_sqlite(bench, &runtime)?;
    }
    if bench.uses(Store::Postgres) {
        measure_postgres(bench, &runtime, &sqlite)?;
    }
    Ok(())
}

fn measure_sqlite(bench: &mut Bench, runtime: &Runtime) -> Result<Series> {
    let events = bench.sized(EVENTS);
    let mut sqlite = Against::default();
    for turn in 0..=bench.runs {
        let ours = crate::folder("append")?;
        let (rate, p99) = runtime.block_on(append(Place::Folder(ours.path().to_owned()), units(events)?))?;
        let rows = raw_sqlite::rows(ours.path())?;
        let raw = runtime.block_on(raw_sqlite::run(crate::folder("raw")?.path(), &rows))?;
        sqlite.note(turn, (rate, p99, raw, rows.mean_batch()), Store::Sqlite);
    }
    let rates = sqlite.ours.clone();
    sqlite.report(bench, Store::Sqlite, 0.6);
    Ok(rates)
}

fn measure_postgres(bench: &mut Bench, runtime: &Runtime, sqlite: &Series) -> Result<()> {
    let mut postgres = Against::default();
    let mut plain = [Series::default(), Series::default()];
    let events = bench.sized(EVENTS);
    let plain_events = bench.sized(PLAIN_EVENTS);
    for turn in 0..=bench.runs {
        let ours = runtime.block_on(bench.database());
        let (rate, p99) = runtime.block_on(append(Place::Url(ours.clone()), units(events)?))?;
        let rows = runtime.block_on(raw_postgres::rows(&ours))?;
        let fresh = runtime.block_on(bench.database());
        let raw = runtime.block_on(raw_postgres::run(&fresh, &rows))?;
        postgres.note(turn, (rate, p99, raw, rows.mean_batch()), Store::Postgres);
        for (clients, series) in PLAIN_CLIENTS.into_iter().zip(&mut plain) {
            let other = runtime.block_on(bench.database());
            let rate = runtime.block_on(plain::run(&other, units(plain_events)?, clients))?;
            say(&format!("P2 postgres-es, {clients} clients: {} /s", number(rate)));
            if turn > 0 {
                series.push(rate);
            }
        }
    }
    for (clients, series) in PLAIN_CLIENTS.into_iter().zip(plain) {
        let over = |ours: &Series, store: Store| {
            let what = format!("journal on {store} over postgres-es with {clients} clients");
            Figure::new("P2", what, "ratio", ours.over(&series)).at_least(5.0)
        };
        let (on_postgres, on_sqlite) = (over(&postgres.ours, Store::Postgres), over(sqlite, Store::Sqlite));
        let what = format!("postgres-es as shipped, {clients} clients");
        bench.add([Figure::new("P2", what, "events/s", series), on_postgres, on_sqlite]);
    }
    postgres.report(bench, Store::Postgres, 0.35);
    Ok(())
}

impl Against {
    /// The first turn only warms up.
    fn note(&mut self, turn: usize, (ours, p99, raw, batch): (f64, f64, f64, f64), store: Store) {
        let said = format!(
            "P2 {store}: journal {} /s, p99 {} ms, {} a batch; raw {} /s; ratio {}",
            number(ours),
            number(p99),
            number(batch),
            number(raw),
            number(ours / raw),
        );
        say(&said);
        if turn > 0 {
            self.ours.push(ours);
            self.p99.push(p99);
            self.raw.push(raw);
            self.batch.push(batch);
        }
    }

    fn report(self, bench: &mut Bench, store: Store, least: f64) {
        let ratio = self.ours.over(&self.raw);
        let figure = Figure::on("P2", store);
        bench.add([
            figure("journal, 512 commands at once", "events/s", self.ours),
            figure("journal, p99 of one append", "ms", self.p99),
            figure("journal, events a commit", "", self.batch),
            figure("raw batched insert of the same rows", "events/s", self.raw),
            figure("journal over raw insert", "ratio", ratio).at_least(least),
        ]);
    }
}

/// Events a second, and p99 of one append in milliseconds.
async fn append(place: Place, units: Vec<Unit>) -> Result<(f64, f64)> {
    let journal = forge::open(place).await?;
    let count = units.len();
    let queue = Arc::new(Mutex::new(units.into_iter()));
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..CALLERS {
        tasks.spawn(caller(journal.clone(), Arc::clone(&queue)));
    }
    let mut took = vec![];
    while let Some(done) = tasks.join_next().await {
        took.extend(done??);
    }
    let rate = float(count) / began.elapsed().as_secs_f64();
    anyhow::ensure!(usize::try_from(journal.position()) == Ok(count), "not everything is stored");
    journal.close().await;
    took.sort_unstable();
    let p99 = took.get(took.len() * 99 / 100).copied().unwrap_or(0);
    Ok((rate, f64::from(p99) / 1000.0))
}

/// One caller: the next unit as soon as the last one was stored.
async fn caller(journal: Journal, queue: Arc<Mutex<std::vec::IntoIter<Unit>>>) -> Result<Vec<u32>> {
    let mut took = vec![];
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some(unit) = next else { return Ok(took) };
        let sent = Instant::now();
        journal.append(unit).await?;
        took.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
}
