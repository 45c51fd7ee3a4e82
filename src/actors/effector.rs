//! The effector takes effects that are due and sees each through: told to the world, its outcome told to the session, done.
//! It owns a mailbox and a tick; the effects under way are tasks of their own which outlive it, and their list is handed to its successor.
//! Nudged by reactors; looks by itself at every tick. What is lost when the whole process dies is found
//! by other nodes, who hear no more of it (`effector/life.rs`), or by its lease, and asked about.

mod carrier;
mod errand;
mod life;
mod sweep;

use std::sync::Arc;
use std::time::Duration;

use actix::{
    Actor, ActorFutureExt as _, ArbiterHandle, AsyncContext, Context, Handler, Message, Recipient,
    WrapFuture as _,
};
use domain::ids::{Organization, SessionId};
use domain::phone::Home;
use futures_util::future::BoxFuture;
use projections::Screens;
use tokio::runtime;

use super::guardian::{Pulse, Seat, Tick, Ward};
use super::turn::Turn;
use crate::dispatch::Dispatch;
use crate::dispatch::far_ends::FarEnds;
use crate::journal::Journal;
use crate::ports::{Clock, Ids, Recordings};
use carrier::Carrier;

const NAME: &str = "effector";
/// Hints and ticks; one more of either says nothing new.
const MAILBOX_LEN_MAX: usize = 16;

/// Whether any call was reported for a session by now.
pub type Heard = Arc<dyn Fn(&Organization, &SessionId) -> BoxFuture<'static, bool> + Send + Sync>;

#[derive(Clone)]
pub struct Options {
    pub journal: Journal,
    pub screens: Screens,
    pub dispatch: Dispatch,
    /// The remote host and the voice agent, of whoever an effect is for.
    pub ends: FarEnds,
    pub recordings: Arc<dyn Recordings>,
    /// Whose numbers may be written without a country code, in what the remote host prints too.
    pub home: Home,
    /// Whether sessions may run beside each other there.
    pub parallel: bool,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub heard: Heard,
    /// Where the tasks run.
    pub runtime: runtime::Handle,
    pub limits: Limits,
}

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Longer than a store may be away and come back, or another node would ask about what is still under way here.
    pub lease: Duration,
    pub renew_every: Duration,
    /// Who has not said for so long that it lives is dead to other nodes: they ask about what it had in hand before its leases end.
    pub life: Duration,
    /// Only who has lived among others for so long judges them: when the store was away, nobody was heard of.
    pub witness: Duration,
    /// Effects seen through at the same time.
    pub under_way_max: usize,
    /// A port that has not come back by then is not waited for any more.
    pub patience: Duration,
    /// How often a far end that says `Later` is tried or asked.
    pub tries_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(45),
            renew_every: Duration::from_secs(10),
            life: Duration::from_secs(4),
            witness: Duration::from_secs(6),
            under_way_max: 4_096,
            patience: Duration::from_hours(12),
            tries_max: 10,
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("ends", &self.ends)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// The cheap handle.
#[derive(Debug, Clone)]
pub struct Handle {
    seat: Seat<Effector>,
    carrier: Arc<Carrier>,
}

/// There may be something to carry out.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Nudge;

struct Effector {
    carrier: Arc<Carrier>,
    pulse: Pulse,
    turn: Turn,
}

/// The effector as the guardian's ward, and its handle.
pub fn ward(options: Options) -> (Ward, Handle) {
    let seat = Seat::default();
    let carrier = Arc::new(Carrier::new(options, seat.clone()));
    let handle = Handle { seat: seat.clone(), carrier: Arc::clone(&carrier) };
    let start = move |arbiter: &ArbiterHandle, pulse| start(arbiter, Arc::clone(&carrier), &seat, pulse);
    (Ward { name: NAME, start: Box::new(start) }, handle)
}

fn start(
    arbiter: &ArbiterHandle,
    carrier: Arc<Carrier>,
    seat: &Seat<Effector>,
    pulse: Pulse,
) -> Recipient<Tick> {
    let new = Effector { carrier, pulse, turn: Turn::default() };
    let effector = Effector::start_in_arbiter(arbiter, move |_| new);
    seat.put(effector.clone());
    effector.recipient()
}

impl Handle {
    pub fn nudge(&self) {
        self.seat.hint(Nudge);
    }

    /// Effects under way in this process.
    pub fn under_way(&self) -> usize {
        self.carrier.under_way()
    }

    /// Takes nothing more, and waits a while for what is under way. True where all of it is done;
    /// what is not is asked about after the next start.
    pub async fn close(&self, patience: Duration) -> bool {
        tokio::time::timeout(patience, self.carrier.close()).await.is_ok()
    }
}

impl Actor for Effector {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_LEN_MAX);
        self.go(ctx);
    }
}

impl Handler<Nudge> for Effector {
    type Result = ();

    fn handle(&mut self, _: Nudge, ctx: &mut Context<Self>) {
        self.pulse.beat();
        self.go(ctx);
    }
}

impl Handler<Tick> for Effector {
    type Result = ();

    fn handle(&mut self, _: Tick, ctx: &mut Context<Self>) {
        self.pulse.beat();
        self.pulse.show("under way", u64::try_from(self.carrier.under_way()).unwrap_or(0));
        Arc::clone(&self.carrier).live_apart();
        Arc::clone(&self.carrier).sweep_apart();
        self.go(ctx);
    }
}

impl Effector {
    /// Taking is a task too: an effect that was taken must not be forgotten because its taker died in between.
    fn go(&mut self, ctx: &mut Context<Self>) {
        if !self.turn.begin() {
            return;
        }
        let (work, carrier) = (self.pulse.work(), Arc::clone(&self.carrier));
        let taken = async move {
            let _work = work;
            carrier.take().await
        };
        ctx.spawn(taken.into_actor(self).map(|taken, effector, ctx| {
            match taken {
                Ok(taken) => effector.pulse.count("taken", u64::try_from(taken).unwrap_or(0)),
                // The next tick tries again.
                Err(why) => {
                    effector.pulse.count("failures", 1);
                    tracing::warn!(cause = %why, "no effects can be taken for the moment");
                }
            }
            if effector.turn.end() {
                effector.go(ctx);
            }
        }));
    }
}
