//! P3: building screens anew from a million events while a thousand results a second come in, against the bare work:
//! reading, deciphering and parsing the same events for a screen that folds, and inserting the same rows for one with a row an event.
//! Then every screen of the engine, one after another, out of a day in which each of them has something to show.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use karnay::journal::feed::Reading;
use karnay::journal::verify::Place;
use reqwest::{Client, Method};
use tokio::runtime::{Builder, Runtime};

use crate::campaign::{Asker, text};
use crate::day::{self, Day};
use crate::figures::{Figure, Series, float, number};
use crate::homes::{Home, Store};
use crate::load::{self, Plan, Until};
use crate::webhook::Reports;
use crate::{Bench, forge, raw_rows, say, screens, stored};

const MANY: usize = 1_000_000;
const RESULTS_A_SECOND: u32 = 1_000;
const RESULT_CONNECTIONS: usize = 16;
const SESSIONS: usize = 8;
/// Numbers kept free for each run; stored events use those below a million in sessions of their own.
const NUMBERS_A_RUN: u64 = 1_000_000;
/// Events that are read at a time.
const PAGE: usize = 4_096;

#[derive(Debug, Default)]
struct Turns {
    folding: Series,
    scan: Series,
    history: Series,
    insert: Series,
}

pub(crate) fn measure(bench: &mut Bench) -> Result<()> {
    let events = bench.sized(MANY);
    let both = ["session_stats", "call_history"].map(str::to_owned);
    for store in bench.stores() {
        let home = stored::home(bench, store, events)?;
        let mut turns = Turns::default();
        for turn in 0..=bench.runs {
            let both = load::on_one_thread(rebuild(&home, events, &both, turn))?;
            let [folding, history] = both[..] else { bail!("two screens, and {} rates", both.len()) };
            let (scan, insert) = (scanned(&home)?, inserted(&home)?);
            say(&format!(
                "P3 {store}: session_stats {} events/s, scan {}, ratio {}; call_history {}, bulk insert {}, ratio {}",
                number(folding),
                number(scan),
                number(folding / scan),
                number(history),
                number(insert),
                number(history / insert)
            ));
            if turn > 0 {
                turns.folding.push(folding);
                turns.scan.push(scan);
                turns.history.push(history);
                turns.insert.push(insert);
            }
        }
        report(bench, store, turns);
        of_a_day(bench, store)?;
    }
    Ok(())
}

fn report(bench: &mut Bench, store: Store, turns: Turns) {
    let folding = turns.folding.over(&turns.scan);
    let history = turns.history.over(&turns.insert);
    let figure = Figure::on("P3", store);
    bench.add([
        figure("rebuild of session_stats, 1,000 results/s coming in", "events/s", turns.folding),
        figure("scan, decipher and parse the same events", "events/s", turns.scan),
        figure("session_stats over the scan", "ratio", folding).at_least(0.2),
        figure("rebuild of call_history, 1,000 results/s coming in", "events/s", turns.history),
        figure("raw bulk insert of the same rows", "rows/s", turns.insert),
        figure("call_history over the bulk insert", "ratio", history).at_least(0.5),
    ]);
}

/// Every screen there is, out of a day in which each has something to show.
fn of_a_day(bench: &mut Bench, store: Store) -> Result<()> {
    let Day { home, events, .. } = &load::on_one_thread(day::lived(bench, store))?;
    let names = load::on_one_thread(names(home))?;
    let mut rates = vec![Series::default(); names.len()];
    let mut scans = Series::default();
    for turn in 0..=bench.runs {
        let rebuilt = load::on_one_thread(rebuild(home, *events, &names, turn))?;
        let scan = scanned(home)?;
        for ((name, rates), rate) in names.iter().zip(&mut rates).zip(rebuilt) {
            say(&format!(
                "P3 {store}: {name} {} events/s, {} of the scan",
                number(rate),
                number(rate / scan)
            ));
            if turn > 0 {
                rates.push(rate);
            }
        }
        if turn > 0 {
            scans.push(scan);
        }
    }
    let figure = Figure::on("P3", store);
    let size = number(float(*events));
    for (name, rates) in names.iter().zip(rates) {
        let ratio = rates.over(&scans);
        bench.add([
            figure(&format!("a day of {size} events, rebuild of {name}"), "events/s", rates),
            figure(&format!("a day, {name} over the scan"), "ratio", ratio).at_least(0.2),
        ]);
    }
    bench.add([figure("a day, scan, decipher and parse", "events/s", scans)]);
    Ok(())
}

async fn names(home: &Home) -> Result<Vec<String>> {
    let engine = home.start().await?;
    let asker = Asker { http: Client::new(), at: format!("http://{}", engine.address), token: home.token()? };
    let shown = asker.ask(Method::GET, "/projections", None).await?;
    let shown = shown.as_array().context("no screens")?;
    let names = shown.iter().filter_map(|screen| text(screen, "name")).map(str::to_owned).collect();
    engine.stop().await?;
    Ok(names)
}

/// Events a second of each of these screens, from the order to the moment the new one is shown.
async fn rebuild(home: &Home, events: usize, screens: &[String], turn: usize) -> Result<Vec<f64>> {
    let engine = home.start().await?;
    let reports = Reports::unlisted(SESSIONS, NUMBERS_A_RUN * (1 + u64::try_from(turn)?));
    let over = Rc::new(Cell::new(false));
    let (address, write) = (engine.address, reports.clone());
    let results = load::run(Plan {
        address,
        connections: RESULT_CONNECTIONS,
        until: Until::Told(Rc::clone(&over)),
        pace: Some(RESULTS_A_SECOND),
        patient: false,
        write: Rc::new(move |number, out| write.request(number, out)),
    });
    let rebuilds = async {
        let mut rates = vec![];
        for screen in screens {
            let began = Instant::now();
            home.karnay(address, &["rebuild", screen]).await?;
            rates.push(float(events) / began.elapsed().as_secs_f64());
        }
        over.set(true);
        Ok(rates)
    };
    let (results, rates) = tokio::try_join!(results, rebuilds)?;
    results.demand_clean()?;
    screens::settle(address, &reports, &results).await?;
    engine.stop().await?;
    Ok(rates)
}

/// The bare work, with nothing else going on.
fn scanned(home: &Home) -> Result<f64> {
    on_two_threads()?.block_on(scan(home.place()))
}

fn inserted(home: &Home) -> Result<f64> {
    match home.place() {
        Place::Folder(folder) => raw_rows::on_sqlite(&folder, crate::folder("rows")?.path()),
        Place::Url(url) => on_two_threads()?.block_on(raw_rows::on_postgres(&url)),
    }
}

fn on_two_threads() -> Result<Runtime> {
    Ok(Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

async fn scan(place: Place) -> Result<f64> {
    let journal = forge::open(place).await?;
    let (mut position, mut events) = (0, 0);
    let began = Instant::now();
    while position < journal.position() {
        let page = journal.facts(position, PAGE, Reading::Clear).await?;
        ensure!(page.unreadable.is_empty(), "some events cannot be read");
        (position, events) = (page.last, events + page.facts.len());
    }
    let rate = float(events) / began.elapsed().as_secs_f64();
    journal.close().await;
    Ok(rate)
}
