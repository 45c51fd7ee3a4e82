//! The load generator: so many connections, each sending the next request as soon as it was answered, or at a fixed pace.
//! It remembers how long every admitted request took and which requests were acknowledged; what they meant is the caller's business.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::MissedTickBehavior;

use crate::wire::{Answer, Wire};

const ODD_MAX: usize = 3;

/// Writes the request with this number.
pub(crate) type Write = Rc<dyn Fn(u64, &mut String)>;

#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) address: SocketAddr,
    pub(crate) connections: usize,
    pub(crate) until: Until,
    /// Requests a second over all connections together; none means as fast as answers come.
    pub(crate) pace: Option<u32>,
    /// Whether one that is turned away waits as long as it is told to.
    pub(crate) patient: bool,
    pub(crate) write: Write,
}

#[derive(Debug, Clone)]
pub(crate) enum Until {
    After(Duration),
    Count(u64),
    /// Until somebody says so.
    Told(Rc<Cell<bool>>),
}

/// What became of it.
#[derive(Debug, Default)]
pub(crate) struct Load {
    pub(crate) took: Duration,
    pub(crate) statuses: BTreeMap<u16, u64>,
    pub(crate) retry_after: u64,
    /// Connections that broke; each was opened again.
    pub(crate) broken: u64,
    /// Microseconds that each acknowledged request took, ascending once the load is over.
    pub(crate) latencies: Vec<u32>,
    /// The first few answers that nobody expected.
    pub(crate) odd: Vec<String>,
    /// The numbers of the acknowledged requests.
    pub(crate) acknowledged: Vec<u64>,
    /// When each of them was answered.
    pub(crate) answered: Vec<Instant>,
}

impl Load {
    pub(crate) fn rate(&self) -> f64 {
        crate::figures::float(self.acknowledged.len()) / self.took.as_secs_f64()
    }

    /// In milliseconds. `permille` 990 is p99.
    pub(crate) fn percentile(&self, permille: usize) -> f64 {
        let at = (self.latencies.len() * permille / 1000).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(at).map_or(f64::NAN, |micros| f64::from(*micros) / 1000.0)
    }

    pub(crate) fn max(&self) -> f64 {
        self.percentile(1000)
    }

    pub(crate) fn count(&self, status: u16) -> u64 {
        self.statuses.get(&status).copied().unwrap_or(0)
    }

    /// Everything was acknowledged, or it is no benchmark.
    pub(crate) fn demand_clean(&self) -> Result<()> {
        let clean = self.broken == 0 && self.statuses.keys().all(|status| (200..300).contains(status));
        if !clean {
            bail!(
                "not every request was acknowledged: {:?}, {} broken\n{}",
                self.statuses,
                self.broken,
                self.odd.join("\n")
            );
        }
        Ok(())
    }
}

struct Shared {
    plan: Plan,
    next: Cell<u64>,
    began: Instant,
    load: RefCell<Load>,
}

/// Runs a plan to its end; what is under way when it ends is still waited for.
pub(crate) async fn run(plan: Plan) -> Result<Load> {
    let mut wires = vec![];
    for _ in 0..plan.connections {
        wires.push(Wire::connect(plan.address).await.context("cannot connect")?);
    }
    let load = RefCell::default();
    let shared = Rc::new(Shared { plan, next: Cell::new(0), began: Instant::now(), load });
    let mut tasks = JoinSet::new();
    for (index, wire) in wires.into_iter().enumerate() {
        tasks.spawn_local(Rc::clone(&shared).work(index, wire));
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let mut load = shared.load.take();
    load.took = shared.began.elapsed();
    load.latencies.sort_unstable();
    Ok(load)
}

impl Shared {
    fn take(&self) -> Option<u64> {
        let number = self.next.get();
        let over = match &self.plan.until {
            Until::After(time) => self.began.elapsed() >= *time,
            Until::Count(count) => number >= *count,
            Until::Told(told) => told.get(),
        };
        self.next.set(number + 1);
        (!over).then_some(number)
    }

    async fn work(self: Rc<Self>, index: usize, mut wire: Wire) -> Result<()> {
        let mut ticks = self.ticks(index);
        let mut request = String::with_capacity(1024);
        loop {
            if let Some(ticks) = &mut ticks {
                ticks.tick().await;
            }
            let Some(number) = self.take() else { return Ok(()) };
            request.clear();
            (self.plan.write)(number, &mut request);
            let sent = Instant::now();
            match wire.exchange(request.as_bytes()).await {
                Ok(answer) => {
                    let wait = self.note(number, &answer, sent.elapsed());
                    if let (true, Some(wait)) = (self.plan.patient, wait) {
                        tokio::time::sleep(wait).await;
                    }
                }
                Err(why) => {
                    self.load.borrow_mut().broken += 1;
                    wire = Wire::connect(self.plan.address).await.with_context(|| format!("after: {why}"))?;
                }
            }
        }
    }

    fn ticks(&self, index: usize) -> Option<tokio::time::Interval> {
        let pace = self.plan.pace?;
        let connections = u32::try_from(self.plan.connections).unwrap_or(1).max(1);
        let every = Duration::from_secs(1) * connections / pace.max(1);
        let offset = every * u32::try_from(index).unwrap_or(0) / connections;
        let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + offset, every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        Some(ticks)
    }

    /// Answers how long to wait before asking again, where that was said.
    fn note(&self, number: u64, answer: &Answer<'_>, took: Duration) -> Option<Duration> {
        let mut load = self.load.borrow_mut();
        *load.statuses.entry(answer.status).or_default() += 1;
        match answer.status {
            200..300 => {
                load.latencies.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
                load.acknowledged.push(number);
                load.answered.push(Instant::now());
            }
            503 => {
                let wait = answer.header("retry-after").and_then(|secs| secs.parse().ok());
                load.retry_after += u64::from(wait.is_some());
                return wait.map(Duration::from_secs);
            }
            _ if load.odd.len() < ODD_MAX => load.odd.push(String::from_utf8_lossy(answer.body).into_owned()),
            _ => {}
        }
        None
    }
}

/// What two loads acknowledged together; the second one's numbers began at `shift`.
pub(crate) fn joined(first: &Load, second: &Load, shift: u64) -> Load {
    let later = second.acknowledged.iter().map(|number| number + shift);
    Load { acknowledged: first.acknowledged.iter().copied().chain(later).collect(), ..Load::default() }
}

/// Runs something on one thread, where the generator's tasks share their counters without locks.
pub(crate) fn on_one_thread<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, work)
}
