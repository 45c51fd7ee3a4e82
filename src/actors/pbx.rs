//! The watch over an exchange: it looks at the calls that go on every few seconds (`pbx/looking.rs`), reads the log every few minutes
//! (`pbx/syncing.rs`) and stores what is new. What it all means the domain says. One node watches at a time, under a lease.
//! It owns three loops and a board of the calls that were seen; when it dies the board is laid out anew from the screen. What it is asked
//! and how it stands goes through a handle (`pbx/handle.rs`) that outlives it.

mod exchange;
mod gaps;
pub mod handle;
mod keeping;
mod looking;
mod memory;
mod recordings;
mod syncing;

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ArbiterHandle, AsyncContext as _, Context, Handler, Recipient, WrapFuture as _};
use chrono::TimeDelta;
use domain::ids::Organization;
use domain::pbx::reading::Reading;
use domain::phone::Home;
use projections::Screens;
use tokio::runtime;

use super::guardian::{Pulse, Tick, Ward};
use crate::dispatch::Dispatch;
use crate::journal::Journal;
use crate::ports::pbx::Pbx;
use crate::ports::{Clock, Ids};
use handle::WatchEnd;
use keeping::Keeping;

const NAME: &str = "pbx";
const MAILBOX_LEN_MAX: usize = 16;

#[derive(Debug, Clone)]
pub struct Options {
    pub journal: Journal,
    pub screens: Screens,
    pub dispatch: Dispatch,
    pub pbx: Arc<dyn Pbx>,
    pub end: WatchEnd,
    /// Whose the exchange's calls are.
    pub organization: Organization,
    pub home: Home,
    /// What its words mean. The numbers inside it tells itself.
    pub reading: Reading,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    /// Where whatever is asked of the exchange runs: its connections outlive this actor.
    pub runtime: runtime::Handle,
    pub limits: Limits,
}

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Between two looks at the calls that go on.
    pub poll: Duration,
    /// Between two readings of the log.
    pub sync: Duration,
    /// How far a reading goes back before the last one.
    pub overlap: TimeDelta,
    /// How far the first one goes back.
    pub first: TimeDelta,
    /// Rows asked for at once.
    pub page: u32,
    /// The longest pause while the exchange is away.
    pub pause_max: Duration,
    /// How long another node waits for this one.
    pub lease: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(2),
            sync: Duration::from_mins(5),
            overlap: TimeDelta::hours(2),
            first: TimeDelta::days(30),
            page: 400,
            pause_max: Duration::from_mins(1),
            lease: Duration::from_millis(2_500),
        }
    }
}

struct Watcher {
    options: Arc<Options>,
    pulse: Pulse,
}

/// The watcher as the guardian's ward.
pub fn ward(options: Options) -> Ward {
    let options = Arc::new(options);
    Ward { name: NAME, start: Box::new(move |arbiter, pulse| start(arbiter, Arc::clone(&options), pulse)) }
}

fn start(arbiter: &ArbiterHandle, options: Arc<Options>, pulse: Pulse) -> Recipient<Tick> {
    let watcher = Watcher { options, pulse };
    Watcher::start_in_arbiter(arbiter, move |_| watcher).recipient()
}

impl Actor for Watcher {
    type Context = Context<Self>;

    /// A panic in any of the loops is the actor's, and the guardian begins anew.
    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_LEN_MAX);
        let keeping = Keeping::new(Arc::clone(&self.options), self.pulse.clone());
        tracing::info!("Kerio Operator service initialized");
        ctx.spawn(async move { keeping.go_on().await }.into_actor(self));
    }
}

impl Handler<Tick> for Watcher {
    type Result = ();

    fn handle(&mut self, _: Tick, _: &mut Context<Self>) {
        self.pulse.beat();
    }
}
