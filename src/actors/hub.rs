//! The hub tells those who watch. It follows the journal, waits until the screens show what happened, has it rendered, and delivers it:
//! a push is never seen before its read model shows it, and every node delivers what was recorded to whoever watches there.
//! What moves without being recorded, an upload that comes in, is told by the node where it does.
//! Nudged when the journal's head moves. What is lost when it dies is nothing: the board knows how far it came, and outlives it.

mod board;
mod news;
mod pacing;
mod traced;

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

pub use board::{Audience, Board, Deliver, Missed, Place, Push, Space, Subject, Whose};
pub use news::{News, Turn as CampaignTurn, What, of as news_of};
pub use pacing::Pacing;

const NAME: &str = "hub";
const MAILBOX_LEN_MAX: usize = 16;
/// What is rendered at once: facts about contacts may be large.
const PAGE_LEN_MAX: usize = 256;
/// After a start so much of the journal is looked through for those who come back.
const HISTORY_LEN: Position = 4_096;
/// What is held for those who come back.
const HELD_BYTES_MAX: usize = 8 << 20;
/// So much is told at once. Whoever reads has room for it and for a second one.
const SLICE_BYTES: usize = 128 << 10;
/// Those who have much waiting are given so long to read on before more is told: what one of them is slower than, nobody else waits for.
const SLICE_WAIT: Duration = Duration::from_millis(200);
const SLICE_LOOK: Duration = Duration::from_millis(2);
/// A screen that has not caught up by then is waited for anew.
const SCREEN_WAIT: Duration = Duration::from_secs(1);
/// How something stands can be told a little later, and everybody else is not to wait for its screen.
const STANDING_WAIT: Duration = Duration::from_millis(100);
/// Four times a second, what moves is shown.
pub const MOVES_EVERY: Duration = Duration::from_millis(250);

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
    pacing: Mutex<Pacing<(Organization, news::Standing)>>,
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
    #[error("{0} is behind")]
    Behind(&'static str),
}

/// The board of a journal that stands there.
pub fn board(head: Position) -> Arc<Board> {
    Arc::new(Board::new((head.saturating_sub(HISTORY_LEN), head), HELD_BYTES_MAX))
}

/// The hub as the guardian's ward.
pub fn ward(options: Options) -> Ward {
    let standing = Arc::new(Standing { options, pacing: Mutex::new(Pacing::new(MOVES_EVERY)) });
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
        let (standing, news): (Vec<_>, Vec<_>) =
            news.into_iter().partition(|news| news.what.standing().is_some());
        // Before the board moves: whoever goes on from there in the place of this hub would not know of them.
        self.touch(standing);
        let Shown { to, news, behind } = self.shown((from, page.last), news).await;
        let traced = traced::Pushing::begin(journal.trail(), (from, to), &news);
        let pushes = render.render(&news).await?;
        let mut told = pushes.len();
        traced.count(&pushes);
        self.deliver((from, to), pushes).await;
        drop(traced);
        if page.facts.iter().any(|fact| news::forgets(fact)) {
            board.forget();
        }
        told += self.tell_standing(to).await?;
        let moving = if looks { render.moving(to).await } else { vec![] };
        let moves = !moving.is_empty();
        told += moving.len();
        board.tell(moving);
        // What stands was told nevertheless.
        if let Some(name) = behind.filter(|_| to == from) {
            return Err(Error::Behind(name));
        }
        let wake = self.pacing().next(Instant::now());
        Ok(Step { told, more: to > from, wake, moves })
    }

    /// Slice by slice: what is recorded at once, such as the contacts of a workbook, is more than may wait for one client.
    async fn deliver(&self, (from, to): (Position, Position), pushes: Vec<Push>) {
        let board = &self.options.board;
        let mut slices = slices(from, to, pushes).into_iter().peekable();
        while let Some((span, slice)) = slices.next() {
            if !board.deliver(span, slice) {
                return;
            }
            let until = Instant::now() + SLICE_WAIT;
            while slices.peek().is_some() && board.is_pressed() && Instant::now() < until {
                tokio::time::sleep(SLICE_LOOK).await;
            }
        }
    }

    /// Who may see less is held back at once, whatever the screens show by now. Said twice it does no harm.
    fn revoke(&self, news: &[News]) {
        for News { organization, what, .. } in news {
            if let What::Rights(whose) = what {
                self.options.board.revoke(organization, whose);
            }
        }
    }

    /// Waits until the screens show what the news tell, and gives the beginning of which that is so, with where it ends:
    /// one screen that hangs holds up what it shows, and what comes after that.
    async fn shown(&self, (from, last): (Position, Position), mut news: Vec<News>) -> Shown {
        let reached = self.reached(news.iter().map(|news| (&news.what, news.position)), SCREEN_WAIT).await;
        let behind = |news: &News| Some((news.position, is_behind(&reached, news)?));
        let Some((position, name)) = news.iter().find_map(behind) else {
            return Shown { to: last, news, behind: None };
        };
        let to = position.saturating_sub(1).max(from);
        news.retain(|news| news.position <= to);
        Shown { to, news, behind: Some(name) }
    }

    /// How far the screens have come that show these, once they show all of them or have been waited for.
    async fn reached<'a>(
        &self,
        wanted: impl Iterator<Item = (&'a What, Position)>,
        wait: Duration,
    ) -> Reached {
        let mut screens = Reached::new();
        for (what, position) in wanted {
            for name in what.screens() {
                let newest = screens.entry(name).or_default();
                *newest = (*newest).max(position);
            }
        }
        for (name, position) in &mut screens {
            *position = self.options.screens.wait(name, *position, wait).await.position;
        }
        screens
    }

    fn touch(&self, standing: Vec<News>) {
        let mut pacing = self.pacing();
        for News { organization, what, position } in standing {
            if let Some(standing) = what.standing() {
                pacing.touch((organization, standing), position);
            }
        }
    }

    /// How those stand whose turn it is, and whose screen shows it. It is told as of where the board stands, for it holds everything up to there.
    async fn tell_standing(&self, position: Position) -> Result<usize, Error> {
        let due = self.pacing().due(Instant::now());
        if due.is_empty() {
            return Ok(0);
        }
        let due = due.into_iter().map(|((organization, standing), position)| News {
            position,
            organization,
            what: standing.into(),
        });
        let due: Vec<News> = due.collect();
        let reached = self.reached(due.iter().map(|news| (&news.what, news.position)), STANDING_WAIT).await;
        let behind = |news: &News| is_behind(&reached, news).is_some();
        let (later, mut news): (Vec<_>, Vec<_>) = due.into_iter().partition(behind);
        self.touch(later);
        let again = news.clone();
        for news in &mut news {
            news.position = position;
        }
        let pushes = self.options.render.render(&news).await.inspect_err(|_| self.touch(again))?;
        let told = pushes.len();
        self.options.board.tell(pushes);
        Ok(told)
    }

    fn pacing(&self) -> std::sync::MutexGuard<'_, Pacing<(Organization, news::Standing)>> {
        self.pacing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The beginning of a page that can be told, and what holds up the rest.
struct Shown {
    to: Position,
    news: Vec<News>,
    behind: Option<&'static str>,
}

/// How far screens have come.
type Reached = BTreeMap<&'static str, Position>;

/// A screen that does not show it yet.
fn is_behind(reached: &Reached, news: &News) -> Option<&'static str> {
    let shows = |name: &&&'static str| reached.get(*name).is_none_or(|reached| *reached >= news.position);
    news.what.screens().iter().find(|name| !shows(name)).copied()
}

/// Cuts a stretch between positions, so that each part holds all there is of its own.
fn slices(from: Position, to: Position, pushes: Vec<Push>) -> Vec<((Position, Position), Vec<Push>)> {
    let (mut slices, mut begun, mut bytes, mut slice) = (vec![], from, 0, Vec::<Push>::new());
    for push in pushes {
        if let Some(last) = slice.last().map(|last| last.position)
            && bytes >= SLICE_BYTES
            && last < push.position
        {
            slices.push(((begun, last), std::mem::take(&mut slice)));
            (begun, bytes) = (last, 0);
        }
        bytes += push.data.get().len();
        slice.push(push);
    }
    slices.push(((begun, to), slice));
    slices
}
