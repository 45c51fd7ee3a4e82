//! P5: a report is accepted, and those of its organization who watch have it: fifty organizations of twenty clients each, at a thousand
//! reports a second. The protocol layer alone is measured in `fan_out` and `stuck`.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::child::Server;
use crate::crowd::{Crowd, Told};
use crate::figures::{Figure, Series, float, number};
use crate::homes::Store;
use crate::load::{self, Load, Plan, Until};
use crate::webhook::Reports;
use crate::{Bench, fan_out, say, stuck};

const ORGANIZATIONS: usize = 50;
const CLIENTS: usize = 20;
const PACE: u32 = 1_000;
const CONNECTIONS: usize = 50;
/// Numbers kept free for each turn.
const NUMBERS_A_TURN: u64 = 100_000;

#[derive(Debug, Default)]
struct Turns {
    p50: Series,
    p99: Series,
    webhook: Series,
    missing: Series,
    doubled: Series,
    cpu: Series,
    alone: Series,
    memory: Series,
}

pub(crate) fn measure(bench: &mut Bench) -> Result<()> {
    for store in bench.stores() {
        let turns = load::on_one_thread(measure_on(bench, store))?;
        turns.report(bench, store);
    }
    fan_out::measure(bench)?;
    stuck::measure(bench)
}

async fn measure_on(bench: &Bench, store: Store) -> Result<Turns> {
    let home = bench.home(store).await?;
    let engine = home.start().await?;
    let tokens = (1..=ORGANIZATIONS).map(|organization| home.token_of(&organization.to_string()));
    let tokens: Rc<[String]> = tokens.collect::<Result<_>>()?;
    let reports = Reports::unlisted(ORGANIZATIONS, 0);
    let mut turns = Turns::default();
    turns.alone.push(engine.memory()?);
    for (turn, shift) in (0..=bench.runs).zip((0..).map(|turn: u64| turn * NUMBERS_A_TURN)) {
        let crowd = Crowd::enter(engine.address, &tokens, CLIENTS)?;
        let (memory, cpu, threads) = (engine.memory()?, engine.cpu()?, engine.cpu_by_thread()?);
        let time = bench.duration(if turn == 0 { 3 } else { 10 });
        let load = load::run(plan(&engine, (&reports, shift), &tokens, time)).await?;
        load.demand_clean()?;
        let cpu = engine.cpu()?.saturating_sub(cpu).as_secs_f64() / load.took.as_secs_f64();
        say(&by_thread(&engine, &threads, load.took)?);
        let told = crowd.leave(load.acknowledged.len() * CLIENTS).await?;
        turns.note(turn, &load, &Seen::of(&load, told, shift)?, (cpu, memory));
    }
    engine.stop().await?;
    Ok(turns)
}

/// Each organization's reports by whoever has its token.
fn plan(engine: &Server, (reports, shift): (&Reports, u64), tokens: &Rc<[String]>, time: Duration) -> Plan {
    let (reports, tokens) = (reports.clone(), Rc::clone(tokens));
    Plan {
        address: engine.address,
        connections: CONNECTIONS,
        until: Until::After(time),
        pace: Some(PACE),
        patient: false,
        write: Rc::new(move |number, out| {
            let token = tokens.get(reports.session(shift + number)).map_or("", String::as_str);
            reports.request_by(token, shift + number, out);
        }),
    }
}

/// Where the processor's time goes.
fn by_thread(engine: &Server, before: &BTreeMap<String, Duration>, took: Duration) -> Result<String> {
    let after = engine.cpu_by_thread()?;
    let each = after.iter().filter_map(|(name, after)| {
        let spent = after.saturating_sub(before.get(name).copied().unwrap_or_default());
        let share = spent.as_secs_f64() / took.as_secs_f64() * 100.0;
        (share >= 1.0).then(|| format!("{name} {}", number(share)))
    });
    Ok(format!("  % of a core by thread: {}", each.collect::<Vec<_>>().join(", ")))
}

/// How reports reached those who watch.
#[derive(Debug)]
struct Seen {
    /// Milliseconds from the answer to whoever sent it until a client had it, ascending. Nothing where the client was first.
    waits: Vec<f64>,
    missing: usize,
    doubled: usize,
}

impl Seen {
    fn of(load: &Load, mut told: Vec<Told>, shift: u64) -> Result<Self> {
        let numbers = load.acknowledged.iter().map(|number| number + shift);
        let answered: HashMap<u64, Instant> = numbers.zip(load.answered.iter().copied()).collect();
        // One that comes twice counts from when it came first.
        told.sort_unstable_by_key(|told| (told.client, told.number, told.at));
        let all = told.len();
        told.dedup_by_key(|told| (told.client, told.number));
        let theirs = |told: &&Told| {
            usize::try_from(told.number).is_ok_and(|number| number % ORGANIZATIONS == told.organization)
        };
        ensure!(told.iter().all(|told| theirs(&told)), "somebody was told of another organization's report");
        let wait = |told: &Told| {
            let wait = told.at.saturating_duration_since(*answered.get(&told.number)?);
            Some(wait.as_secs_f64() * 1_000.0)
        };
        let mut waits: Vec<f64> = told.iter().filter_map(wait).collect();
        waits.sort_unstable_by(f64::total_cmp);
        let missing = (answered.len() * CLIENTS).saturating_sub(waits.len());
        Ok(Self { missing, doubled: all - told.len(), waits })
    }

    fn percentile(&self, permille: usize) -> f64 {
        let at = (self.waits.len() * permille / 1_000).min(self.waits.len().saturating_sub(1));
        self.waits.get(at).copied().unwrap_or(f64::NAN)
    }
}

impl Turns {
    fn note(&mut self, turn: usize, load: &Load, seen: &Seen, (cpu, memory): (f64, f64)) {
        say(&format!(
            "P5: {} reports/s, webhook p99 {} ms; at a client after p50 {} p99 {} max {} ms; {} missing, {} doubled; {} cores, {} MiB before",
            number(load.rate()),
            number(load.percentile(990)),
            number(seen.percentile(500)),
            number(seen.percentile(990)),
            number(seen.percentile(1_000)),
            seen.missing,
            seen.doubled,
            number(cpu),
            number(memory),
        ));
        // The first turn warms up; what it lost would be lost all the same.
        self.missing.push(float(seen.missing));
        self.doubled.push(float(seen.doubled));
        if turn == 0 {
            self.memory.push(memory);
            return;
        }
        self.p50.push(seen.percentile(500));
        self.p99.push(seen.percentile(990));
        self.webhook.push(load.percentile(990));
        self.cpu.push(cpu);
    }

    fn report(self, bench: &mut Bench, store: Store) {
        let on = Figure::on("P5", store);
        let figure =
            |what: &str, unit, series| on(&format!("1,000 reports/s, 1,000 clients: {what}"), unit, series);
        bench.add([
            figure("webhook answered to `call-result` received, p50", "ms", self.p50),
            figure("webhook answered to `call-result` received, p99", "ms", self.p99).at_most(50.0),
            figure("webhook p99 meanwhile", "ms", self.webhook),
            figure("deliveries missing", "", self.missing.worst()).at_most(0.0),
            figure("deliveries doubled", "", self.doubled.worst()).at_most(0.0),
            figure("processor, user and system", "cores", self.cpu),
            figure("memory of the fresh engine before they come", "MiB", self.alone),
            figure("memory when they are there, all idle", "MiB", self.memory),
        ]);
    }
}
