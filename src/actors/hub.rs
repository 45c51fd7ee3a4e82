//! The hub tells those who watch. It follows the journal, waits until the screens show what happened, has it rendered, and delivers it:
//! a push is never seen before its read model shows it, and every node delivers every push to whoever watches there.
//! Nudged when the journal's head moves. What is lost when it dies is nothing: the board knows how far it came, and outlives it.

mod board;
mod news;
mod pacing;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix::{
    Actor, ActorFutureExt as _, ArbiterHandle, AsyncContext, Context, Handler, Message, Recipient,
    WrapFuture as _,
};
use domain::fact::Position;
use domain::ids::Organization;
use futures_util::future::BoxFuture;
use projections::Screens;
use tokio::runtime;

use super::backoff::Backoff;
use super::guardian::{Pulse, Tick, Ward};
use super::turn::Turn;
use crate::journal::Journal;
use crate::journal::feed::Reading;

pub use board::{Audience, Board, Deliver, Missed, Place, Push, Space, Whose};
pub use news::{News, Turn as CampaignTurn, What};
use pacing::Pacing;

const NAME: &str = "hub";
const MAILBOX_LEN_MAX: usize = 16;
const PAGE_LEN_MAX: usize = 1_024;
/// After a start so much of the journal is looked through for those who come back.
const HISTORY_LEN: Position = 4_096;
/// What is held for those who come back.
const HELD_BYTES_MAX: usize = 8 << 20;
/// A screen that has not caught up by then is waited for anew.
const SCREEN_WAIT: Duration = Duration::from_secs(1);
/// Four times a second, what moves is shown.
const MOVES_EVERY: Duration = Duration::from_millis(250);

/// Makes of news what is pushed. It may read screens: they show what the news tell.
pub trait Render: Send + Sync {
    fn render<'a>(&'a self, news: &'a [News]) -> BoxFuture<'a, Result<Vec<Push>, projections::Error>>;
    /// What moves without being recorded: uploads, and screens that are being built. Empty where nothing does.
    fn moving(&self, position: Position) -> BoxFuture<'_, Vec<Push>>;
}

#[derive(Clone)]
pub struct Options {
    pub journal: Journal,
    pub screens: Screens,
    pub render: Arc<dyn Render>,
    pub board: Arc<Board>,
    /// Where the task runs that follows the journal's head.
    pub runtime: runtime::Handle,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("board", &self.board).finish_non_exhaustive()
    }
}

/// The journal's head moved, or something is to be shown by now.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Nudge;

/// What outlives the actor.
struct Standing {
    options: Options,
    sessions: Mutex<Pacing<(Organization, String)>>,
}

struct Hub {
    standing: Arc<Standing>,
    pulse: Pulse,
    turn: Turn,
    backoff: Backoff,
    /// Whether uploads and rebuilds are to be looked at with the next step that is due for it.
    looks: bool,
    looked: Option<Instant>,
}

/// What one step came to.
struct Step {
    told: usize,
    more: bool,
    /// Something is to be shown after this time.
    wake: Option<Duration>,
    moves: bool,
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Journal(#[from] crate::journal::Error),
    #[error(transparent)]
    Screens(#[from] projections::Error),
    #[error("{0} is {1} behind")]
    Behind(&'static str, u64),
}

/// The board of a journal that stands there.
pub fn board(head: Position) -> Arc<Board> {
    Arc::new(Board::new((head.saturating_sub(HISTORY_LEN), head), HELD_BYTES_MAX))
}

/// The hub as the guardian's ward.
pub fn ward(options: Options) -> Ward {
    let standing = Arc::new(Standing { options, sessions: Mutex::new(Pacing::new(MOVES_EVERY)) });
    Ward { name: NAME, start: Box::new(move |arbiter, pulse| start(arbiter, Arc::clone(&standing), pulse)) }
}

fn start(arbiter: &ArbiterHandle, standing: Arc<Standing>, pulse: Pulse) -> Recipient<Tick> {
    let (runtime, mut head) = (standing.options.runtime.clone(), standing.options.journal.head());
    let hub = Hub {
        standing,
        pulse,
        turn: Turn::default(),
        backoff: Backoff::default(),
        looks: true,
        looked: None,
    };
    let hub = Hub::start_in_arbiter(arbiter, move |_| hub);
    let follower = hub.clone();
    // Waits for each answer, so that one nudge is under way at most; ends with the hub or with the journal.
    runtime.spawn(async move { while head.changed().await.is_ok() && follower.send(Nudge).await.is_ok() {} });
    hub.recipient()
}

impl Actor for Hub {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_LEN_MAX);
        self.go(ctx);
    }
}

impl Handler<Nudge> for Hub {
    type Result = ();

    fn handle(&mut self, _: Nudge, ctx: &mut Context<Self>) {
        self.pulse.beat();
        self.go(ctx);
    }
}

impl Handler<Tick> for Hub {
    type Result = ();

    fn handle(&mut self, _: Tick, ctx: &mut Context<Self>) {
        self.pulse.beat();
        self.looks = true;
        self.go(ctx);
    }
}

impl Hub {
    fn go(&mut self, ctx: &mut Context<Self>) {
        if !self.turn.begin() {
            return;
        }
        let (standing, looks) = (Arc::clone(&self.standing), self.looks());
        let (work, mut backoff) = (self.pulse.work(), self.backoff.clone());
        let step = async move {
            let _work = work;
            let done = standing.step(looks).await;
            match &done {
                Ok(_) => backoff.reset(),
                Err(_) => tokio::time::sleep(backoff.pause()).await,
            }
            (done, backoff)
        };
        ctx.spawn(step.into_actor(self).map(|(done, backoff), hub, ctx| {
            hub.backoff = backoff;
            hub.done(done, ctx);
        }));
    }

    /// However often the journal moves, what moves without it is shown at intervals.
    fn looks(&mut self) -> bool {
        let looks = self.looks && self.looked.is_none_or(|looked| looked.elapsed() >= MOVES_EVERY);
        if looks {
            (self.looks, self.looked) = (false, Some(Instant::now()));
        }
        looks
    }

    fn done(&mut self, done: Result<Step, Error>, ctx: &mut Context<Self>) {
        let news = self.turn.end();
        let more = match done {
            Ok(step) => {
                self.pulse.count("told", u64::try_from(step.told).unwrap_or(0));
                self.pulse.show("position", self.standing.options.board.position());
                self.looks |= step.moves;
                let moves = step.moves.then_some(MOVES_EVERY);
                if let Some(wake) = step.wake.into_iter().chain(moves).min() {
                    ctx.notify_later(Nudge, wake);
                }
                step.more
            }
            Err(why) => {
                // A screen that is somewhat behind is nothing to speak of.
                if self.backoff.failures() == 5 {
                    tracing::warn!(cause = %why, "those who watch are told nothing for the moment");
                }
                self.pulse.count("failures", 1);
                true
            }
        };
        if more || news {
            self.go(ctx);
        }
    }
}

impl Standing {
    async fn step(&self, looks: bool) -> Result<Step, Error> {
        let Options { journal, board, render, .. } = &self.options;
        let from = board.position();
        let page = journal.facts(from, PAGE_LEN_MAX, Reading::Clear).await?;
        let news: Vec<News> = page.facts.iter().flat_map(|fact| news::of(fact)).collect();
        self.revoke(&news);
        let (sessions, news): (Vec<_>, Vec<_>) = news.into_iter().partition(News::is_of_session);
        self.caught_up(sessions.iter().chain(&news)).await?;
        let pushes = render.render(&news).await?;
        let mut told = pushes.len();
        if board.deliver((from, page.last), pushes) {
            self.touch(sessions);
        }
        told += self.tell_sessions(page.last).await?;
        let moving = if looks { render.moving(page.last).await } else { vec![] };
        let moves = !moving.is_empty();
        told += moving.len();
        board.deliver((page.last, page.last), moving);
        let wake = self.pacing().next(Instant::now());
        Ok(Step { told, more: page.last > from, wake, moves })
    }

    /// Who may see less is held back at once, whatever the screens show by now. Said twice it does no harm.
    fn revoke(&self, news: &[News]) {
        for News { organization, what, .. } in news {
            if let What::Rights(whose) = what {
                self.options.board.revoke(organization, whose);
            }
        }
    }

    /// Waits until everything shows that the news tell. What comes after them is nothing to these screens.
    async fn caught_up(&self, news: impl Iterator<Item = &News>) -> Result<(), Error> {
        let mut screens = BTreeMap::<&'static str, Position>::new();
        for News { position, what, .. } in news {
            for name in what.screens() {
                let newest = screens.entry(name).or_default();
                *newest = (*newest).max(*position);
            }
        }
        for (name, newest) in screens {
            let fresh = self.options.screens.wait(name, newest, SCREEN_WAIT).await;
            if fresh.position < newest {
                return Err(Error::Behind(name, fresh.behind));
            }
        }
        Ok(())
    }

    fn touch(&self, sessions: Vec<News>) {
        let mut pacing = self.pacing();
        for News { organization, what, .. } in sessions {
            if let What::Session { session } = what {
                pacing.touch((organization, session));
            }
        }
    }

    /// How the sessions stand whose turn it is. It is told as of where the board stands, for it holds everything up to there.
    async fn tell_sessions(&self, position: Position) -> Result<usize, Error> {
        let due = self.pacing().due(Instant::now());
        if due.is_empty() {
            return Ok(0);
        }
        let news = due.into_iter();
        let news: Vec<News> = news
            .map(|(organization, session)| News { position, organization, what: What::Session { session } })
            .collect();
        let pushes = self.options.render.render(&news).await.inspect_err(|_| self.touch(news.clone()))?;
        let told = pushes.len();
        self.options.board.deliver((position, position), pushes);
        Ok(told)
    }

    fn pacing(&self) -> std::sync::MutexGuard<'_, Pacing<(Organization, String)>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
