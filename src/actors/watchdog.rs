//! Closes sessions that nothing is heard of any more, has promises to pay broken whose time is over (`watchdog/promises.rs`), and
//! imports fail that broke off (`watchdog/imports.rs`).
//! When that is so the domain says; this actor only looks, again and again.
//! Once a day it also has the journal removed what uploads left behind that broke off, and recordings that were kept for long enough; how
//! much room is left it looks at each time (`watchdog/room.rs`).
//! It owns a tick and nothing else: what is lost when it dies is found at the next look.

mod imports;
mod promises;
mod room;

use std::fmt::Display;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{
    Actor, ActorFutureExt as _, ArbiterHandle, AsyncContext, Context, Handler, Recipient, WrapFuture as _,
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::fact::Circumstances;
use domain::ids::{Organization, SessionId, StreamId};
use domain::policy::completion::{Watched, is_idle};
use domain::session::{Closing, Command};
use projections::projection::Projection;
use projections::session_stats::{self, SessionRow, SessionStats};
use projections::{Error, Screens};

use super::guardian::{Pulse, Tick, Ward};
use super::turn::Turn;
use crate::dispatch::{Dispatch, Meta};
use crate::journal::lists::Swept;
use crate::journal::{self, Journal};
use crate::ports::Clock;

pub use room::Kept;

const NAME: &str = "watchdog";
const MAILBOX_LEN_MAX: usize = 16;
/// Minutes matter here, seconds do not.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Sessions closed at one look; the next look takes the next ones.
const CLOSED_MAX: u32 = 500;
/// At the first look, and then once a day.
const SWEEP_EVERY: Duration = Duration::from_hours(24);
/// No upload takes nearly as long.
const LEFT_FOR: TimeDelta = TimeDelta::days(1);
/// A screen that has not caught up within this is looked at again later: what it does not show may be a sign of life.
const SCREEN_WAIT: Duration = Duration::from_millis(500);

#[derive(Debug, Clone)]
pub struct Options {
    pub journal: Journal,
    pub screens: Screens,
    pub dispatch: Dispatch,
    pub clock: Arc<dyn Clock>,
    /// How long a running session may be silent.
    pub idle: TimeDelta,
    /// When this engine was started.
    pub since: DateTime<Utc>,
    pub kept: Kept,
}

struct Watchdog {
    options: Arc<Options>,
    pulse: Pulse,
    turn: Turn,
    looked: Option<Instant>,
    /// When nothing was left to be removed.
    swept: Option<Instant>,
    /// Whether little room was left at the last look.
    is_low: bool,
}

/// The watchdog as the guardian's ward.
pub fn ward(options: Options) -> Ward {
    let options = Arc::new(options);
    Ward { name: NAME, start: Box::new(move |arbiter, pulse| start(arbiter, Arc::clone(&options), pulse)) }
}

fn start(arbiter: &ArbiterHandle, options: Arc<Options>, pulse: Pulse) -> Recipient<Tick> {
    let turn = Turn::default();
    let watchdog = Watchdog { options, pulse, turn, looked: None, swept: None, is_low: false };
    Watchdog::start_in_arbiter(arbiter, move |_| watchdog).recipient()
}

impl Actor for Watchdog {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_LEN_MAX);
    }
}

impl Handler<Tick> for Watchdog {
    type Result = ();

    fn handle(&mut self, _: Tick, ctx: &mut Context<Self>) {
        self.pulse.beat();
        let due = self.looked.is_none_or(|at| at.elapsed() >= LOOK_EVERY);
        if !due || !self.turn.begin() {
            return;
        }
        self.looked = Some(Instant::now());
        self.is_low = self.options.kept.is_low(self.is_low);
        let (options, work) = (Arc::clone(&self.options), self.pulse.work());
        let sweep = self.swept.is_none_or(|at| at.elapsed() >= SWEEP_EVERY);
        let look = async move {
            let _work = work;
            let found = [
                ("closed", options.look().await),
                ("broken_promises", options.break_promises().await),
                ("failed_imports", options.fail_imports().await),
            ];
            (found, if sweep { Some((options.sweep().await, options.expire().await)) } else { None })
        };
        ctx.spawn(look.into_actor(self).map(|(found, swept), watchdog, _| {
            watchdog.turn.end();
            if let Some((swept, expired)) = swept {
                watchdog.note(swept);
                watchdog.found("expired_recordings", expired);
            }
            for (what, found) in found {
                watchdog.found(what, found);
            }
        }));
    }
}

impl Watchdog {
    fn found(&self, what: &'static str, found: Result<u64, impl Display>) {
        match found {
            Ok(count) => self.pulse.count(what, count),
            Err(why) => {
                self.pulse.count("failures", 1);
                tracing::warn!(what, cause = %why, "what is overdue cannot be looked for at the moment");
            }
        }
    }

    /// What could not be removed yet is tried again at the next look.
    fn note(&mut self, swept: Result<Swept, journal::Error>) {
        match swept {
            Ok(swept) => {
                self.pulse.count("swept", swept.chunks);
                self.swept = (!swept.more).then(Instant::now);
            }
            Err(why) => {
                self.pulse.count("failures", 1);
                tracing::warn!(cause = %why, "what uploads left behind cannot be removed at the moment");
            }
        }
    }
}

impl Options {
    async fn sweep(&self) -> Result<Swept, journal::Error> {
        let swept = self.journal.sweep_lists(self.clock.now() - LEFT_FOR).await?;
        let Swept { lists, chunks, .. } = swept;
        if chunks > 0 {
            tracing::info!(lists, chunks, "removed {chunks} chunks of {lists} uploads that broke off");
        }
        Ok(swept)
    }

    async fn expire(&self) -> io::Result<u64> {
        self.kept.expire(self.clock.now()).await
    }

    async fn look(&self) -> Result<u64, Error> {
        let fresh = self.screens.wait(SessionStats::NAME, self.dispatch.position(), SCREEN_WAIT).await;
        if fresh.behind > 0 {
            return Ok(0);
        }
        let now = self.clock.now();
        let silent = session_stats::silent(&self.screens, now - self.idle, CLOSED_MAX).await?;
        let mut closed = 0;
        for row in silent {
            let watched = Watched {
                heard_at: row.updated_at,
                listed: row.total.is_some(),
                // What was given up once has no command any more that would come back.
                returned: row.exit_stdout.is_some() || row.remote.is_none() || row.reopened > 0,
            };
            if is_idle(&watched, now, self.idle) && self.close(&row).await {
                closed += 1;
            }
        }
        Ok(closed)
    }

    /// A result that comes at this very moment is counted all the same.
    async fn close(&self, row: &SessionRow) -> bool {
        let names = (Organization::parse(&row.organization), SessionId::parse(&row.session));
        let (Ok(organization), Ok(session)) = names else { return false };
        let circumstances = Circumstances {
            organization: organization.to_string(),
            actor: NAME.to_owned(),
            ..Circumstances::default()
        };
        let meta = Meta { circumstances: Arc::new(circumstances), command: None };
        let command = Command::Close { by: Closing::Idle, at: self.clock.now() };
        let told = self.dispatch.session(StreamId::session(&organization, &session), command, meta).await;
        if told.is_ok() {
            tracing::info!(%session, "a session was closed: nothing was heard of it for too long");
        }
        told.is_ok()
    }
}
