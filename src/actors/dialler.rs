//! The dialler keeps running campaigns going: it hears what becomes of their calls and wants the next ones. Who may be called, and how
//! many at once, policies say. It owns a tick and a picture of the running campaigns (`dialler/desk.rs`); when it dies the picture is
//! drawn anew, and what it wanted stands in the journal. One node's dialler works at a time, under a lease.

mod desk;
mod hearing;
mod running;
mod seeing;

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{
    Actor, ActorFutureExt as _, ArbiterHandle, AsyncContext, Context, Handler, Message, Recipient,
    SpawnHandle, WrapFuture as _,
};
use projections::Screens;
use tokio::runtime;

use super::backoff::Backoff;
use super::guardian::{Pulse, Tick, Ward};
use super::turn::Turn;
use crate::dispatch::Dispatch;
use crate::dispatch::far_ends::FarEnds;
use crate::journal::Journal;
use crate::ports::{Clock, Ids};
use desk::{Desk, Stepped};

const NAME: &str = "dialler";
/// One nudge and one tick at a time.
const MAILBOX_LEN_MAX: usize = 16;

#[derive(Debug, Clone)]
pub struct Options {
    pub journal: Journal,
    pub screens: Screens,
    pub dispatch: Dispatch,
    pub ends: FarEnds,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    /// Where the task runs that follows the journal's head.
    pub runtime: runtime::Handle,
    pub limits: Limits,
}

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Calls under way in all campaigns together.
    pub live_max: u32,
    /// Between two looks while there is something to do.
    pub pause: Duration,
    /// Between two looks while there is nothing.
    pub idle: Duration,
    /// How long another node's dialler waits for this one.
    pub lease: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            live_max: 2_048,
            pause: Duration::from_millis(20),
            idle: Duration::from_millis(500),
            lease: Duration::from_millis(2_500),
        }
    }
}

/// The journal's head moved.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Nudge;

struct Dialler {
    options: Arc<Options>,
    pulse: Pulse,
    /// None while a step has it, or where it has to be drawn anew.
    desk: Option<Desk>,
    /// Whether any campaign ran at the last step.
    runs: bool,
    turn: Turn,
    backoff: Backoff,
    timer: Option<(Instant, SpawnHandle)>,
}

/// The dialler as the guardian's ward.
pub fn ward(options: Options) -> Ward {
    let options = Arc::new(options);
    Ward { name: NAME, start: Box::new(move |arbiter, pulse| start(arbiter, Arc::clone(&options), pulse)) }
}

fn start(arbiter: &ArbiterHandle, options: Arc<Options>, pulse: Pulse) -> Recipient<Tick> {
    let (runtime, mut head) = (options.runtime.clone(), options.journal.head());
    let dialler = Dialler::start_in_arbiter(arbiter, move |_| Dialler {
        options,
        pulse,
        desk: None,
        runs: false,
        turn: Turn::default(),
        backoff: Backoff::default(),
        timer: None,
    });
    let follower = dialler.clone();
    // Waits for each answer, so that one nudge is under way at most; ends with the dialler or with the journal.
    runtime.spawn(async move { while head.changed().await.is_ok() && follower.send(Nudge).await.is_ok() {} });
    dialler.recipient()
}

impl Actor for Dialler {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_LEN_MAX);
        self.go(ctx);
    }
}

impl Handler<Nudge> for Dialler {
    type Result = ();

    /// News can wait for as long as a step pauses: many of them are heard at once then. Where no campaign runs here none is urgent.
    fn handle(&mut self, _: Nudge, ctx: &mut Context<Self>) {
        self.pulse.beat();
        if self.runs {
            self.wake_in(self.options.limits.pause, ctx);
        }
    }
}

impl Handler<Tick> for Dialler {
    type Result = ();

    fn handle(&mut self, _: Tick, ctx: &mut Context<Self>) {
        self.pulse.beat();
        self.go(ctx);
    }
}

impl Dialler {
    /// The earlier of two wake-ups stands.
    fn wake_in(&mut self, pause: Duration, ctx: &mut Context<Self>) {
        let at = Instant::now() + pause;
        if self.timer.is_some_and(|(known, _)| known <= at) {
            return;
        }
        self.sleep_on(ctx);
        let timer = ctx.run_later(pause, |dialler, ctx| {
            dialler.timer = None;
            dialler.go(ctx);
        });
        self.timer = Some((at, timer));
    }

    fn sleep_on(&mut self, ctx: &mut Context<Self>) {
        if let Some((_, timer)) = self.timer.take() {
            ctx.cancel_future(timer);
        }
    }

    fn go(&mut self, ctx: &mut Context<Self>) {
        if !self.turn.begin() {
            return;
        }
        // What was asked for before this step is part of it; what is asked for while it goes on is not.
        self.sleep_on(ctx);
        let (options, desk, work) = (Arc::clone(&self.options), self.desk.take(), self.pulse.work());
        let step = async move {
            let _work = work;
            let mut desk = desk.unwrap_or_else(|| Desk::new(options));
            let stepped = desk.step().await;
            (desk, stepped)
        };
        ctx.spawn(
            step.into_actor(self).map(|(desk, stepped), dialler, ctx| dialler.done(desk, stepped, ctx)),
        );
    }

    fn done(&mut self, desk: Desk, stepped: Result<Stepped, desk::Error>, ctx: &mut Context<Self>) {
        let news = self.turn.end();
        self.runs = stepped.is_ok() && desk.running() > 0;
        let pause = match stepped {
            Ok(Stepped { busy, wanted, looked }) => {
                self.backoff.reset();
                self.pulse.count("calls wanted", wanted);
                self.pulse.count("contacts weighed", looked);
                self.pulse.show("campaigns", desk.running());
                self.pulse.show("calls live", desk.live());
                self.desk = Some(desk);
                if busy || news { self.options.limits.pause } else { self.options.limits.idle }
            }
            // What it knew is not trusted any more.
            Err(why) => {
                self.pulse.count("failures", 1);
                let pause = self.backoff.pause();
                if self.backoff.failures() == 1 {
                    tracing::warn!(cause = %why, "campaigns cannot go on for the moment");
                }
                pause
            }
        };
        self.wake_in(pause, ctx);
    }
}
