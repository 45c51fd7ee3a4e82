//! P1: the webhook, durable, from 256 connections, for sessions with a list, in turns with an endpoint that only parses;
//! then everything must be on the screens. Sessions that nobody started, and that have no list, are measured beside it, shorter.
//! R15 follows on the same engine: ten times as many connections.

use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;

use crate::child::Server;
use crate::figures::{Figure, Series, float, number};
use crate::homes::Store;
use crate::load::{self, Load, Plan, Until};
use crate::meters::Commits;
use crate::overload::{self, Crowds};
use crate::unlisted::Unlisted;
use crate::webhook::Reports;
use crate::{Bench, lists, say, screens};

const CONNECTIONS: usize = 256;
/// Sessions that are dialled at once, each with a list of its own: more numbers than can be reported while a load lasts.
const LISTS: usize = 5;
const LIST_LEN: usize = 200_000;
/// Sessions without a list.
const SESSIONS: usize = 8;
/// Numbers kept free for each run.
const NUMBERS_A_RUN: u64 = 1_000_000;
/// The same webhook on `NestJS` and `PostgreSQL`, as it was measured on a quiet machine of two cores.
const NEST_A_SECOND: f64 = 1_450.0;

#[derive(Debug, Default)]
struct Turns {
    ours: Series,
    other: Series,
    p50: Series,
    p99: Series,
    behind: Series,
    missing: Series,
    cpu: Series,
    other_cpu: Series,
    batch: Series,
    commit: Series,
}

pub(crate) fn measure(bench: &mut Bench) -> Result<()> {
    for store in bench.stores() {
        let (turns, unlisted, crowds) = load::on_one_thread(measure_on(bench, store))?;
        let p99 = turns.p99.median();
        turns.report(bench, store);
        unlisted.report(bench, store);
        overload::report(bench, store, &crowds, p99);
    }
    Ok(())
}

async fn measure_on(bench: &Bench, store: Store) -> Result<(Turns, Unlisted, Crowds)> {
    let home = bench.home(store).await?;
    let engine = home.start().await?;
    let parse_only = home.parse_only().await?;
    let (mut turns, mut unlisted) = (Turns::default(), Unlisted::default());
    let mut first_numbers = (0..).map(|run: u64| run * NUMBERS_A_RUN);
    let mut next_number = || first_numbers.next().unwrap_or(0);
    for turn in 0..=bench.runs {
        let reports = listed(bench, &engine, next_number()).await?;
        let time = bench.duration(if turn == 0 { 3 } else { 10 });
        let (other, other_cpu) = run(&parse_only, &reports, time).await?;
        let commits = Commits::so_far(engine.address).await?;
        let (ours, cpu) = run(&engine, &reports, time).await?;
        let commits = Commits::so_far(engine.address).await?.since(commits);
        let behind = screens::settle(engine.address, &reports, &ours).await?;
        let missing = screens::missing(engine.address, &reports, &ours).await?;
        say(&format!("  {} events and {} ms a commit", number(commits.0), number(commits.1)));
        turns.note(turn, store, (&ours, cpu), (&other, other_cpu), (behind, missing));
        turns.commits(turn, commits);
        let reports = Reports::unlisted(SESSIONS, next_number());
        let (ours, _) = run(&engine, &reports, time / 2).await?;
        screens::settle(engine.address, &reports, &ours).await?;
        let missing = screens::missing(engine.address, &reports, &ours).await?;
        unlisted.note(turn, store, (&ours, missing), &other);
    }
    let mut crowds = Crowds::default();
    let runs = if bench.wants("R15") { bench.runs } else { 0 };
    for _ in 0..runs {
        for (crowds, patient) in crowds.iter_mut().zip([true, false]) {
            let reports = listed(bench, &engine, next_number()).await?;
            crowds.push(overload::measure(bench, &engine, (&reports, patient)).await?);
        }
    }
    parse_only.stop().await?;
    engine.stop().await?;
    Ok((turns, unlisted, crowds))
}

/// Of sessions that are dialled at once. Their lists are there before anything is measured.
async fn listed(bench: &Bench, engine: &Server, first_number: u64) -> Result<Reports> {
    let len = u64::try_from(bench.sized(LIST_LEN))?;
    lists::started(engine.address, LISTS, len, first_number).await
}

/// One load, and the microseconds of processor that the server spent on a request.
async fn run(server: &Server, reports: &Reports, time: Duration) -> Result<(Load, f64)> {
    let (cpu, threads) = (server.cpu()?, server.cpu_by_thread()?);
    let load = load::run(plan(server, reports, CONNECTIONS, time)).await?;
    load.demand_clean()?;
    let spent = server.cpu()?.saturating_sub(cpu).as_secs_f64() * 1e6 / float(load.acknowledged.len());
    let each = |(name, after): (&String, &Duration)| {
        let before = threads.get(name).copied().unwrap_or_default();
        let micros = after.saturating_sub(before).as_secs_f64() * 1e6 / float(load.acknowledged.len());
        (micros >= 1.0).then(|| format!("{name} {}", number(micros)))
    };
    let each: Vec<_> = server.cpu_by_thread()?.iter().filter_map(each).collect();
    say(&format!("  µs a request by thread: {}", each.join(", ")));
    Ok((load, spent))
}

pub(crate) fn plan(server: &Server, reports: &Reports, connections: usize, time: Duration) -> Plan {
    let reports = reports.clone();
    Plan {
        address: server.address,
        connections,
        until: Until::After(time),
        pace: None,
        patient: false,
        write: Rc::new(move |number, out| reports.request(number, out)),
    }
}

impl Turns {
    fn note(
        &mut self,
        turn: usize,
        store: Store,
        (ours, cpu): (&Load, f64),
        (other, other_cpu): (&Load, f64),
        (behind, missing): (Duration, usize),
    ) {
        let said = format!(
            "P1 {store}: {} /s (p50 {} p99 {} max {} ms, {} µs of cpu each), parse only {} /s ({} µs), ratio {}, screens {} s behind, {missing} missing",
            number(ours.rate()),
            number(ours.percentile(500)),
            number(ours.percentile(990)),
            number(ours.max()),
            number(cpu),
            number(other.rate()),
            number(other_cpu),
            number(ours.rate() / other.rate()),
            number(behind.as_secs_f64()),
        );
        say(&said);
        // The first turn warms up; what it lost would be lost all the same.
        self.missing.push(float(missing));
        if turn == 0 {
            return;
        }
        self.ours.push(ours.rate());
        self.other.push(other.rate());
        self.p50.push(ours.percentile(500));
        self.p99.push(ours.percentile(990));
        self.behind.push(behind.as_secs_f64());
        self.cpu.push(cpu);
        self.other_cpu.push(other_cpu);
    }

    fn commits(&mut self, turn: usize, (events, millis): (f64, f64)) {
        if turn > 0 {
            self.batch.push(events);
            self.commit.push(millis);
        }
    }

    fn report(self, bench: &mut Bench, store: Store) {
        let (must, goal) = if store == Store::Sqlite { (0.2, 0.5) } else { (0.1, 0.2) };
        let ratio = self.ours.over(&self.other);
        let nest = self.ours.map(|rate| rate / NEST_A_SECOND);
        let figure = Figure::on("P1", store);
        bench.add([
            figure("`POST /calls/result`, 256 connections", "/s", self.ours),
            figure("the parse-only endpoint beside it", "/s", self.other),
            figure("webhook over parse-only", "ratio", ratio).at_least(must).goal(goal),
            figure("webhook over NestJS on a quiet machine (1,450 /s)", "ratio", nest)
                .at_least(10.0)
                .goal(40.0),
            figure("webhook p50", "ms", self.p50),
            figure("webhook p99", "ms", self.p99).at_most(50.0),
            figure("screens behind when the load stops", "s", self.behind).at_most(1.0),
            figure("acknowledged reports without a row", "", self.missing.worst()).at_most(0.0),
            figure("events a commit", "", self.batch),
            figure("a commit takes", "ms", self.commit),
            figure("processor a webhook", "µs", self.cpu),
            figure("processor a parse-only request", "µs", self.other_cpu),
        ]);
    }
}
