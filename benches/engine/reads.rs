//! P4: reading a session with a list while a thousand results a second come in for it, against the parse-only endpoint;
//! whether a read shows what its own client has just written; and whether the journal's size can be felt.

use std::cell::Cell;
use std::rc::Rc;

use anyhow::{Result, ensure};

use crate::child::Server;
use crate::figures::{Figure, Series, float, number};
use crate::homes::{Home, Store};
use crate::load::{self, Load, Plan, Until, Write};
use crate::webhook::{self, Reports};
use crate::wire::Wire;
use crate::{Bench, lists, say, screens, stored};

const CONNECTIONS: usize = 64;
const SESSIONS: usize = 8;
/// Results that come in meanwhile.
const RESULTS_A_SECOND: u32 = 1_000;
const RESULT_CONNECTIONS: usize = 16;
const FEW: usize = 10_000;
const MANY: usize = 1_000_000;
const VERY_MANY: usize = 10_000_000;
/// Written and read at once by the same client.
const OWN_WRITES: u64 = 500;
const CALM_CONNECTIONS: usize = 4;
const CALM_READS_A_SECOND: u32 = 400;
/// More than are reported in one session while a load lasts.
const LIST_LEN: u64 = 3_200;
/// Numbers kept free for each load. Stored events use those below a million in sessions of their own.
const NUMBERS_A_LOAD: u64 = 100_000;

#[derive(Debug, Default)]
struct Turns {
    reads: Series,
    other: Series,
    p99: Series,
}

#[derive(Debug, Default)]
struct Calm {
    p50: Series,
    p99: Series,
}

/// Hands out reports that nobody sent yet.
#[derive(Debug, Default)]
struct Fresh(Cell<u64>);

impl Fresh {
    fn first_number(&self) -> u64 {
        self.0.replace(self.0.get() + NUMBERS_A_LOAD)
    }

    /// Of sessions that run, each with a list.
    async fn started(&self, engine: &Server, sessions: usize) -> Result<Reports> {
        lists::started(engine.address, sessions, LIST_LEN, self.first_number()).await
    }
}

pub(crate) fn measure(bench: &mut Bench) -> Result<()> {
    for store in bench.stores() {
        let events = if bench.deep() { VERY_MANY } else { bench.sized(MANY) };
        let few = stored::home(bench, store, FEW)?;
        let many = stored::home(bench, store, events)?;
        let turns = load::on_one_thread(throughput(bench, &few))?;
        let (few, many) = load::on_one_thread(sizes(bench, &few, &many))?;
        report(bench, store, turns, (few, many, events));
    }
    Ok(())
}

fn report(bench: &mut Bench, store: Store, turns: Turns, (few, many, events): (Calm, Calm, usize)) {
    let ratio = turns.reads.over(&turns.other);
    let (p50, p99) = (many.p50.over(&few.p50), many.p99.over(&few.p99));
    let figure = Figure::on("P4", store);
    let grown = |what: &str, ratio| {
        let what = format!("calm read {what} with {} events over 10,000", number(float(events)));
        figure(&what, "ratio", ratio).at_most(1.2)
    };
    bench.add([
        figure("`GET /calls/session/:id`, 64 connections, 1,000 results/s", "/s", turns.reads),
        figure("the parse-only endpoint, the same way", "/s", turns.other),
        figure("reads over parse-only", "ratio", ratio).at_least(0.5),
        figure("read p99", "ms", turns.p99),
        figure("calm read p50 with 10,000 events", "ms", few.p50),
        figure("calm read p99 with 10,000 events", "ms", few.p99),
        grown("p50", p50),
        grown("p99", p99),
    ]);
}

async fn throughput(bench: &Bench, home: &Home) -> Result<Turns> {
    let engine = home.start().await?;
    let parse_only = home.parse_only().await?;
    let (mut turns, fresh) = (Turns::default(), Fresh::default());
    for turn in 0..=bench.runs {
        let time = Until::After(bench.duration(if turn == 0 { 3 } else { 10 }));
        let parsed = Reports::unlisted(SESSIONS, fresh.first_number());
        let plan = Plan {
            address: parse_only.address,
            connections: CONNECTIONS,
            until: time,
            pace: None,
            patient: false,
            write: posts(&parsed),
        };
        let (_, other) = beside(&parse_only, &parsed, plan.clone()).await?;
        let reports = fresh.started(&engine, SESSIONS).await?;
        let plan = Plan { address: engine.address, write: gets(&reports), ..plan };
        let (results, ours) = beside(&engine, &reports, plan).await?;
        screens::settle(engine.address, &reports, &results).await?;
        say(&format!(
            "P4 {}: {} reads/s, p99 {} ms; parse only {} /s; ratio {}",
            home.store,
            number(ours.rate()),
            number(ours.percentile(990)),
            number(other.rate()),
            number(ours.rate() / other.rate())
        ));
        if turn > 0 {
            turns.reads.push(ours.rate());
            turns.other.push(other.rate());
            turns.p99.push(ours.percentile(990));
        }
    }
    own_writes(&engine, &fresh).await?;
    parse_only.stop().await?;
    engine.stop().await?;
    Ok(turns)
}

/// A load, and a thousand results a second for the same sessions as long as it lasts.
async fn beside(server: &Server, reports: &Reports, plan: Plan) -> Result<(Load, Load)> {
    let over = Rc::new(Cell::new(false));
    let results = Plan {
        address: server.address,
        connections: RESULT_CONNECTIONS,
        until: Until::Told(Rc::clone(&over)),
        pace: Some(RESULTS_A_SECOND),
        patient: false,
        write: posts(reports),
    };
    let measured = async {
        let load = load::run(plan).await;
        over.set(true);
        load
    };
    let (results, load) = tokio::try_join!(load::run(results), measured)?;
    results.demand_clean()?;
    load.demand_clean()?;
    Ok((results, load))
}

fn posts(reports: &Reports) -> Write {
    let reports = reports.clone();
    Rc::new(move |number, out| reports.request(number, out))
}

fn gets(reports: &Reports) -> Write {
    let reports = reports.clone();
    Rc::new(move |number, out| {
        let session = reports.sessions().get(reports.session(number)).map_or("", String::as_str);
        webhook::get(&format!("/calls/session/{session}"), out);
    })
}

/// What a client was told is stored is in its very next read, again and again.
async fn own_writes(engine: &Server, fresh: &Fresh) -> Result<()> {
    let reports = fresh.started(engine, 1).await?;
    let session = reports.sessions().first().cloned().unwrap_or_default();
    let mut wire = Wire::connect(engine.address).await?;
    for number in 0..OWN_WRITES {
        let mut request = String::new();
        reports.request(number, &mut request);
        let status = wire.exchange(request.as_bytes()).await?.status;
        ensure!(status == 200, "a report is answered with {status}");
        let shown = screens::processed(&mut wire, &session).await?;
        ensure!(shown == Some(number + 1), "{shown:?} of {} own reports are shown", number + 1);
    }
    say(&format!("P4: {OWN_WRITES} of {OWN_WRITES} own writes were in the next read"));
    Ok(())
}

/// Unhurried reads with few and with many events stored, in turns.
async fn sizes(bench: &Bench, few: &Home, many: &Home) -> Result<(Calm, Calm)> {
    let engines = [few.start().await?, many.start().await?];
    let mut calms = [Calm::default(), Calm::default()];
    // The second one's stored events use more numbers, so both begin where it has none.
    let fresh = Fresh(Cell::new(5_000_000));
    for turn in 0..=bench.runs {
        for (engine, calm) in engines.iter().zip(&mut calms) {
            let reports = fresh.started(engine, SESSIONS).await?;
            let plan = Plan {
                address: engine.address,
                connections: CALM_CONNECTIONS,
                until: Until::After(bench.duration(5)),
                pace: Some(CALM_READS_A_SECOND),
                patient: false,
                write: gets(&reports),
            };
            let (_, load) = beside(engine, &reports, plan).await?;
            if turn > 0 {
                calm.p50.push(load.percentile(500));
                calm.p99.push(load.percentile(990));
            }
        }
    }
    for engine in engines {
        engine.stop().await?;
    }
    Ok(calms.into())
}
