//! The guardian keeps the single actors alive: it starts each on an arbiter of its own, sends it ticks, and replaces one that died or hangs.
//! A hung one cannot be stopped, only left behind; it harms nobody, for checkpoints are compared before they move and effects are fenced.
//! Ticks come to it from a timer task. If too much had to be replaced it says so once, and the engine is to end: the journal is whole.

mod panics;
mod pulse;
mod seat;

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use actix::{
    Actor, Addr, Arbiter, ArbiterHandle, AsyncContext, Context, Handler, Message, MessageResult, Recipient,
};
use tokio::sync::{oneshot, watch};

pub use panics::name_panics;
pub(super) use panics::named;
pub use pulse::{Pulse, Work};
pub use seat::Seat;

/// Rounds, a stop: more is never under way.
const MAILBOX_LEN_MAX: usize = 16;
/// How long the threads of stopped wards are waited for.
const FAREWELL: Duration = Duration::from_secs(2);

/// Sent to every ward in every round. A ward answers with `Pulse::beat` and looks whether there is work that nobody told it of.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Tick;

/// Starts an actor on an arbiter, with the pulse it is to beat.
pub type Factory = Box<dyn Fn(&ArbiterHandle, Pulse) -> Recipient<Tick> + Send>;

/// A single actor that can be started again and again.
pub struct Ward {
    pub name: &'static str,
    pub start: Factory,
}

impl std::fmt::Debug for Ward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ward").field("name", &self.name).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From one round to the next.
    pub round: Duration,
    /// A ward that did not answer for so long hangs.
    pub silence_max: Duration,
    /// So does one that is still at the same step of its work.
    pub step_max: Duration,
    /// How often each ward may be replaced within the window.
    pub restarts_max: usize,
    pub window: Duration,
    /// Hung wards leave their threads behind. So many in all, however slowly they come.
    pub abandoned_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            round: Duration::from_secs(1),
            silence_max: Duration::from_secs(15),
            step_max: Duration::from_mins(2),
            restarts_max: 5,
            window: Duration::from_mins(1),
            abandoned_max: 20,
        }
    }
}

/// Why the engine cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{actor} cannot be kept alive: {why}")]
pub struct Fatal {
    pub actor: &'static str,
    pub why: String,
}

/// How a ward is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    pub name: &'static str,
    pub restarts: u64,
    /// Since its last sign of life.
    pub silent: Duration,
    /// Signs of life since its last start.
    pub beats: u64,
    /// How long it has been at its present step.
    pub working: Option<Duration>,
    pub counters: Vec<(&'static str, u64)>,
}

/// The cheap handle.
#[derive(Debug, Clone)]
pub struct Handle {
    guardian: Addr<Guardian>,
    records: Arc<[Record]>,
    fatal: watch::Receiver<Option<Fatal>>,
}

#[derive(Debug)]
struct Record {
    name: &'static str,
    restarts: AtomicU64,
    pulse: RwLock<Pulse>,
}

/// Look after everybody.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Round;

/// Let everybody go, and hand out their threads.
#[derive(Debug, Message)]
#[rtype(result = "Vec<Arbiter>")]
struct Stop;

struct Guardian {
    limits: Limits,
    wards: Vec<Watched>,
    records: Arc<[Record]>,
    fatal: watch::Sender<Option<Fatal>>,
    last_round: Option<Instant>,
    abandoned: usize,
    /// Nobody is watched any more: the engine is about to end.
    given_up: bool,
}

struct Watched {
    ward: Ward,
    running: Option<Running>,
    restarts: VecDeque<Instant>,
}

struct Running {
    arbiter: Arbiter,
    actor: Recipient<Tick>,
    pulse: Pulse,
}

/// What is wrong with a ward.
enum Ill {
    Dead,
    Hung(String),
}

/// Starts the wards, each on an arbiter of its own, and the guardian on another. To be called where an actix system runs.
pub fn start(limits: Limits, wards: Vec<Ward>) -> io::Result<Handle> {
    let records: Arc<[Record]> = wards.iter().map(|ward| Record::new(ward.name)).collect();
    let mut watched = Vec::with_capacity(wards.len());
    for (ward, record) in wards.into_iter().zip(records.iter()) {
        let running = Some(Running::start(&ward, record.pulse())?);
        watched.push(Watched { ward, running, restarts: VecDeque::new() });
    }
    let (fatal, told) = watch::channel(None);
    let arbiter = Arbiter::try_new()?.handle();
    let known = Arc::clone(&records);
    let guardian = Guardian::start_in_arbiter(&arbiter, move |_| Guardian {
        limits,
        wards: watched,
        records: known,
        fatal,
        last_round: None,
        abandoned: 0,
        given_up: false,
    });
    Ok(Handle { guardian, records, fatal: told })
}

impl Handle {
    /// Ends when the engine has to. A guardian that is gone itself is as bad as one that gave up.
    pub async fn fatal(&self) -> Fatal {
        let mut told = self.fatal.clone();
        let fatal = told.wait_for(Option::is_some).await.ok().and_then(|fatal| fatal.clone());
        fatal.unwrap_or_else(|| Fatal { actor: "guardian", why: "it died".into() })
    }

    pub fn progress(&self) -> Vec<Progress> {
        self.records.iter().map(Record::progress).collect()
    }

    /// Stops watching, then the wards, and waits for their threads a moment. What they had under way is in the journal or was not yet.
    pub async fn stop(&self) {
        let Ok(arbiters) = self.guardian.send(Stop).await else { return };
        let (tell, joined) = oneshot::channel();
        // A plain thread: the runtime would wait at its own end for a hung one for ever.
        let waiter = std::thread::Builder::new().name("farewell".into()).spawn(move || {
            for arbiter in arbiters {
                // A thread that ended in a panic has been told about.
                let _ = arbiter.join();
            }
            tell.send(())
        });
        if waiter.is_err() || tokio::time::timeout(FAREWELL, joined).await.is_err() {
            tracing::warn!("a single actor did not stop in time and is left behind");
        }
    }
}

impl Actor for Guardian {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_LEN_MAX);
        panics::name_thread("guardian");
        let (me, every) = (ctx.address().downgrade(), self.limits.round);
        actix::spawn(async move {
            let mut timer = tokio::time::interval(every);
            timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                timer.tick().await;
                let Some(me) = me.upgrade().filter(Addr::connected) else { break };
                // Full: rounds enough are waiting.
                let _ = me.try_send(Round);
            }
        });
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        Arbiter::current().stop();
    }
}

impl Handler<Round> for Guardian {
    type Result = ();

    fn handle(&mut self, _: Round, _: &mut Context<Self>) {
        if self.given_up {
            return;
        }
        let overslept = self.overslept();
        for index in 0..self.wards.len() {
            if let Err(fatal) = self.look_after(index, overslept) {
                tracing::error!(actor = fatal.actor, cause = %fatal.why, "an actor cannot be kept alive: the engine ends");
                self.given_up = true;
                self.fatal.send_replace(Some(fatal));
                return;
            }
        }
    }
}

impl Handler<Stop> for Guardian {
    type Result = MessageResult<Stop>;

    fn handle(&mut self, _: Stop, ctx: &mut Context<Self>) -> Self::Result {
        use actix::ActorContext as _;
        let arbiters: Vec<_> =
            self.wards.drain(..).filter_map(|watched| Some(watched.running?.arbiter)).collect();
        for arbiter in &arbiters {
            arbiter.stop();
        }
        ctx.stop();
        MessageResult(arbiters)
    }
}

impl Guardian {
    /// Whether the whole process stood still since the last round, so that nobody could beat.
    fn overslept(&mut self) -> bool {
        let now = Instant::now();
        let last = self.last_round.replace(now);
        last.is_some_and(|last| now.duration_since(last) > self.limits.silence_max / 2)
    }

    fn look_after(&mut self, index: usize, overslept: bool) -> Result<(), Fatal> {
        let Some(watched) = self.wards.get_mut(index) else { return Ok(()) };
        let Some(running) = &watched.running else { return Ok(()) };
        if overslept {
            running.pulse.forgive();
        }
        let Some(ill) = running.ill(&self.limits) else {
            // Full: it has ticks enough, and if it does not come to them its silence tells.
            let _ = running.actor.try_send(Tick);
            return Ok(());
        };
        let name = watched.ward.name;
        let fatal = |why: String| Fatal { actor: name, why };
        if let Ill::Hung(_) = ill {
            self.abandoned += 1;
        }
        let why = ill.to_string();
        if self.abandoned > self.limits.abandoned_max {
            return Err(fatal(format!("{why}; {} threads were left behind by now", self.abandoned)));
        }
        if !watched.may_restart(&self.limits) {
            return Err(fatal(format!("{why}; it was replaced {} times already", self.limits.restarts_max)));
        }
        let Some(record) = self.records.get(index) else { return Ok(()) };
        watched.replace(record).map_err(|cause| fatal(format!("no thread for it: {cause}")))?;
        tracing::error!(actor = name, cause = why, "an actor was replaced");
        Ok(())
    }
}

impl Watched {
    fn may_restart(&mut self, limits: &Limits) -> bool {
        self.restarts.retain(|at| at.elapsed() < limits.window);
        self.restarts.push_back(Instant::now());
        self.restarts.len() <= limits.restarts_max
    }

    fn replace(&mut self, record: &Record) -> io::Result<()> {
        if let Some(old) = self.running.take() {
            // A hung thread never reads this; then it is left behind.
            old.arbiter.stop();
        }
        self.running = Some(Running::start(&self.ward, record.renew())?);
        metrics::counter!("karnay_actor_restarts_total", "actor" => self.ward.name).increment(1);
        Ok(())
    }
}

impl Running {
    fn start(ward: &Ward, pulse: Pulse) -> io::Result<Self> {
        let (arbiter, name) = (Arbiter::try_new()?, ward.name);
        arbiter.spawn_fn(move || panics::name_thread(name));
        let actor = (ward.start)(&arbiter.handle(), pulse.clone());
        Ok(Self { arbiter, actor, pulse })
    }

    fn ill(&self, limits: &Limits) -> Option<Ill> {
        if !self.actor.connected() {
            return Some(Ill::Dead);
        }
        let silent = self.pulse.silent_for();
        if silent > limits.silence_max {
            return Some(Ill::Hung(format!("no sign of life for {} ms", silent.as_millis())));
        }
        let working = self.pulse.working_for().filter(|working| *working > limits.step_max)?;
        Some(Ill::Hung(format!("at the same step for {} ms", working.as_millis())))
    }
}

impl std::fmt::Display for Ill {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dead => f.write_str("it died"),
            Self::Hung(how) => f.write_str(how),
        }
    }
}

impl Record {
    fn new(name: &'static str) -> Self {
        // Told from the start, so that an alarm can be set on its change.
        metrics::counter!("karnay_actor_restarts_total", "actor" => name).increment(0);
        Self { name, restarts: AtomicU64::new(0), pulse: RwLock::default() }
    }

    fn pulse(&self) -> Pulse {
        self.pulse.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Another pulse, which goes on counting where the last one stood.
    fn renew(&self) -> Pulse {
        let new = Pulse::new(self.pulse().counters());
        *self.pulse.write().unwrap_or_else(PoisonError::into_inner) = new.clone();
        self.restarts.fetch_add(1, Ordering::Relaxed);
        new
    }

    fn progress(&self) -> Progress {
        let pulse = self.pulse();
        Progress {
            name: self.name,
            restarts: self.restarts.load(Ordering::Relaxed),
            silent: pulse.silent_for(),
            beats: pulse.beats(),
            working: pulse.working_for(),
            counters: pulse.counters().into_iter().collect(),
        }
    }
}
