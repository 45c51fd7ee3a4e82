//! A projector keeps one screen at the journal's head, and rebuilds it beside itself when asked to.
//! It owns followers, not rows: nudged when the head moves, it looks by itself at every tick. What is lost when it dies is a cache;
//! the checkpoint moves with the rows and is compared first, so that a forgotten twin writes nothing.

mod lane;
pub mod screen;

use std::sync::Arc;

use actix::{
    Actor, ActorFutureExt as _, ArbiterHandle, AsyncContext, Context, Handler, Message, Recipient,
    ResponseFuture, WrapFuture as _,
};
use domain::ids::StreamId;
use projections::follow::Replay;
use tokio::runtime;
use tokio::sync::oneshot;

use super::guardian::{Pulse, Seat, Tick, Ward};
use crate::journal::feed::Reading;
use crate::journal::{self, Journal};
use crate::ports::Clock;
use lane::{Done, Feeds, Lane, Step};
use screen::Screen;

/// One nudge, one tick, and who asks for a rebuild.
const MAILBOX_LEN_MAX: usize = 16;
/// Between reading a parked stream and writing its rows the screen may move on; then one reads again.
const REPLAYS_MAX: usize = 5;

#[derive(Clone)]
pub struct Options {
    pub screen: Arc<dyn Screen>,
    pub journal: Journal,
    pub clock: Arc<dyn Clock>,
    /// Where the task runs that follows the journal's head.
    pub runtime: runtime::Handle,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("screen", &self.screen.name()).finish_non_exhaustive()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Journal(#[from] journal::Error),
    #[error(transparent)]
    Screen(#[from] projections::Error),
    #[error("the screen is being rebuilt already")]
    Rebuilding,
    #[error("another rebuild took this one's place")]
    GivenUp,
    #[error("the projector is not there at the moment")]
    Away,
    #[error("the screen reads no such streams")]
    UnknownKind,
    #[error("the screen moves on too fast to take up a stream; try again")]
    Busy,
}

/// The cheap handle.
#[derive(Debug, Clone)]
pub struct Handle {
    seat: Seat<Projector>,
    options: Arc<Options>,
}

/// The journal's head moved.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Nudge;

/// Build the screen anew. Answered when the new one is shown.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Rebuild {
    reply: Reply,
}

/// Take up a parked stream.
#[derive(Debug, Message)]
#[rtype(result = "Result<Replay, Error>")]
struct ReplayParked {
    kind: &'static str,
    stream: StreamId,
}

/// Give up the events of a parked stream.
#[derive(Debug, Message)]
#[rtype(result = "Result<bool, Error>")]
struct DiscardParked {
    kind: &'static str,
    stream: StreamId,
}

type Reply = oneshot::Sender<Result<(), Error>>;

struct Projector {
    options: Arc<Options>,
    pulse: Pulse,
    shown: Lane,
    anew: Option<Lane>,
    asked: Option<Reply>,
}

/// The projector as the guardian's ward, and its handle.
pub fn ward(options: Options) -> (Ward, Handle) {
    let (seat, options) = (Seat::default(), Arc::new(options));
    let handle = Handle { seat: seat.clone(), options: Arc::clone(&options) };
    let name = options.screen.name();
    let start = move |arbiter: &ArbiterHandle, pulse| start(arbiter, Arc::clone(&options), &seat, pulse);
    (Ward { name, start: Box::new(start) }, handle)
}

fn start(
    arbiter: &ArbiterHandle,
    options: Arc<Options>,
    seat: &Seat<Projector>,
    pulse: Pulse,
) -> Recipient<Tick> {
    let (runtime, mut head) = (options.runtime.clone(), options.journal.head());
    let projector = Projector::start_in_arbiter(arbiter, move |_| Projector {
        options,
        pulse,
        shown: Lane::new(Feeds::Shown),
        anew: None,
        asked: None,
    });
    seat.put(projector.clone());
    let follower = projector.clone();
    // Waits for each answer, so that one nudge is under way at most; ends with the projector or with the journal.
    runtime.spawn(async move { while head.changed().await.is_ok() && follower.send(Nudge).await.is_ok() {} });
    projector.recipient()
}

impl Handle {
    pub fn name(&self) -> &'static str {
        self.options.screen.name()
    }

    /// Builds the screen anew beside the one that is shown, and returns when it has taken its place. `Screens::status` tells how far it is.
    pub async fn rebuild(&self) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        self.seat.ask(Rebuild { reply }).await.map_err(|_| Error::Away)?;
        // A projector that dies meanwhile is replaced, and its successor goes on with the rebuild.
        answer.await.map_err(|_| Error::Away)?
    }

    /// Takes up a parked stream where it was left.
    pub async fn replay_parked(&self, kind: &str, stream: &str) -> Result<Replay, Error> {
        let (kind, stream) = (self.kind(kind)?, StreamId::stored(stream.to_owned()));
        self.seat.ask(ReplayParked { kind, stream }).await.map_err(|_| Error::Away)?
    }

    /// Gives up the events of a parked stream. False where it is not parked.
    pub async fn discard_parked(&self, kind: &str, stream: &str) -> Result<bool, Error> {
        let (kind, stream) = (self.kind(kind)?, StreamId::stored(stream.to_owned()));
        self.seat.ask(DiscardParked { kind, stream }).await.map_err(|_| Error::Away)?
    }

    fn kind(&self, text: &str) -> Result<&'static str, Error> {
        self.options.screen.kind(text).ok_or(Error::UnknownKind)
    }
}

impl Actor for Projector {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_LEN_MAX);
        metrics::counter!("karnay_parked_total", "projection" => self.options.screen.name()).increment(0);
        self.go(Feeds::Shown, ctx);
    }
}

impl Handler<Nudge> for Projector {
    type Result = ();

    fn handle(&mut self, _: Nudge, ctx: &mut Context<Self>) {
        self.pulse.beat();
        self.go_on(ctx);
    }
}

impl Handler<Tick> for Projector {
    type Result = ();

    fn handle(&mut self, _: Tick, ctx: &mut Context<Self>) {
        self.pulse.beat();
        self.measure();
        self.go_on(ctx);
    }
}

impl Handler<Rebuild> for Projector {
    type Result = ();

    fn handle(&mut self, Rebuild { reply }: Rebuild, ctx: &mut Context<Self>) {
        if self.asked.is_some() {
            // Whoever gave up waiting need not be told.
            let _ = reply.send(Err(Error::Rebuilding));
            return;
        }
        self.asked = Some(reply);
        // One that an earlier process began is gone on with.
        self.anew.get_or_insert_with(|| Lane::new(Feeds::Anew));
        self.go(Feeds::Anew, ctx);
    }
}

/// Touches no state: the follower notices that its rows were changed beside it.
impl Handler<ReplayParked> for Projector {
    type Result = ResponseFuture<Result<Replay, Error>>;

    fn handle(&mut self, parked: ReplayParked, _: &mut Context<Self>) -> Self::Result {
        let options = Arc::clone(&self.options);
        Box::pin(async move { options.replay(parked).await })
    }
}

impl Handler<DiscardParked> for Projector {
    type Result = ResponseFuture<Result<bool, Error>>;

    fn handle(
        &mut self,
        DiscardParked { kind, stream }: DiscardParked,
        _: &mut Context<Self>,
    ) -> Self::Result {
        let options = Arc::clone(&self.options);
        Box::pin(async move { Ok(options.screen.discard((kind, stream.as_str())).await?) })
    }
}

impl Options {
    async fn replay(&self, ReplayParked { kind, stream }: ReplayParked) -> Result<Replay, Error> {
        for _ in 0..REPLAYS_MAX {
            let through = self.journal.position();
            let stored = self.journal.stream(kind, &stream).await?;
            let page = self.journal.decode(0, stored, Reading::Clear).await?;
            let done = self.screen.replay((kind, stream.as_str()), &page, through).await?;
            if done != Replay::Lost {
                return Ok(done);
            }
        }
        Err(Error::Busy)
    }
}

impl Projector {
    fn go_on(&mut self, ctx: &mut Context<Self>) {
        self.go(Feeds::Shown, ctx);
        self.go(Feeds::Anew, ctx);
    }

    /// The lane beside the shown one, whether it was begun just now or before.
    fn lane(&mut self, feeds: Feeds) -> Option<&mut Lane> {
        match feeds {
            Feeds::Shown => Some(&mut self.shown),
            Feeds::Anew | Feeds::Begun => self.anew.as_mut(),
        }
    }

    /// Each lane takes one page at a time, so that the two take turns at the store.
    fn go(&mut self, which: Feeds, ctx: &mut Context<Self>) {
        let (options, pulse) = (Arc::clone(&self.options), self.pulse.clone());
        let Some(lane) = self.lane(which) else { return };
        if !lane.turn.begin() {
            return;
        }
        let (feeds, follower, mut backoff) = (lane.feeds, lane.follower.take(), lane.backoff.clone());
        let step = async move {
            let _work = pulse.work();
            let done = lane::step(options, feeds, follower).await;
            match &done.1 {
                Ok(_) => backoff.reset(),
                Err(_) => tokio::time::sleep(backoff.pause()).await,
            }
            (done, backoff)
        };
        ctx.spawn(step.into_actor(self).map(move |(done, backoff), projector, ctx| {
            if let Some(lane) = projector.lane(which) {
                lane.backoff = backoff;
            }
            projector.done(which, done, ctx);
        }));
    }

    fn done(&mut self, which: Feeds, (follower, result): Done, ctx: &mut Context<Self>) {
        let building = follower.as_ref().is_some_and(|fed| fed.follower.building());
        let Some(lane) = self.lane(which) else { return };
        let news = lane.turn.end();
        let first = lane.follower.is_none() && lane.position == 0;
        if let Some(fed) = &follower {
            lane.position = fed.follower.position();
        }
        lane.follower = follower;
        let replaced = result.as_ref().is_ok_and(|step| step.flipped);
        let more = match result {
            Ok(step) => self.progressed(which, &step),
            Err(why) => self.failed(which, &why),
        };
        // What an earlier process left half built is gone on with, unless it is what is fed here anyway.
        if which == Feeds::Shown && first && !building && self.anew.is_none() && self.shown.follower.is_some()
        {
            self.anew = Some(Lane::new(Feeds::Begun));
            self.go(Feeds::Begun, ctx);
        }
        if replaced {
            // What was shown before may have been read a little further than what is shown now.
            self.go(Feeds::Shown, ctx);
        }
        if more || news {
            self.go(which, ctx);
        }
    }

    /// True where there is more to do at once.
    fn progressed(&mut self, which: Feeds, step: &Step) -> bool {
        let building = if which == Feeds::Shown { "events" } else { "rebuilt events" };
        self.pulse.count(building, step.events);
        if step.parked > 0 {
            let parked = u64::try_from(step.parked).unwrap_or(0);
            self.pulse.count("parked", parked);
            metrics::counter!("karnay_parked_total", "projection" => self.options.screen.name())
                .increment(parked);
        }
        if let Some(lane) = self.lane(which) {
            lane.recorded_at = step.recorded_at.or(lane.recorded_at);
            if lane.feeds == Feeds::Anew {
                // From now on there is one to go on with.
                lane.feeds = Feeds::Begun;
            }
        }
        if step.nothing && self.asked.is_some() {
            // It was only looked whether there is one to go on with, and now one is wanted.
            self.anew = Some(Lane::new(Feeds::Anew));
            return true;
        }
        if which != Feeds::Shown && (step.flipped || step.nothing) {
            self.leave(Ok(()));
            return false;
        }
        self.measure();
        step.more
    }

    fn failed(&mut self, which: Feeds, why: &Error) -> bool {
        self.pulse.count("failures", 1);
        let screen = self.options.screen.name();
        let Some(lane) = self.lane(which) else { return false };
        if lane.backoff.failures() == 1 {
            tracing::warn!(screen, cause = %why, "a screen cannot go on for the moment");
        }
        if which == Feeds::Shown {
            return true;
        }
        if matches!(why, Error::Screen(projections::Error::Superseded { .. })) {
            self.leave(Err(Error::GivenUp));
            return false;
        }
        true
    }

    /// The rebuild is over.
    fn leave(&mut self, result: Result<(), Error>) {
        self.anew = None;
        if let Some(reply) = self.asked.take() {
            // Whoever gave up waiting need not be told.
            let _ = reply.send(result);
        }
    }

    /// How far the screen is behind what is recorded.
    fn measure(&self) {
        let behind = self.options.journal.position().saturating_sub(self.shown.position);
        self.pulse.show("position", self.shown.position);
        self.pulse.show("behind", behind);
    }
}
