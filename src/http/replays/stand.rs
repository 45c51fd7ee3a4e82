//! How a replay stands: what time it is there, how fast that passes, who watches, and what was told. Whatever changes it and whatever is told
//! goes through one lock, so that nothing more is told once somebody was answered that it stands still.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::fact::Position;
use domain::ids::Organization;
use serde_json::value::RawValue;
use tokio::sync::watch;
use uuid::Uuid;

use super::reel::{Scene, Span};
use super::view::{ReplayView, StateView};
use super::{NAMESPACE, Pace};
use crate::dispatch::story::Extent;
use crate::http::audit::Played;
use crate::realtime::socket_io::{self, Server, Socket};

/// What comes later than that is late.
const LATE_MAX: TimeDelta = TimeDelta::seconds(1);
/// What it tells besides what happened.
const STATE: &str = "replay-state";

/// One replay, as everybody knows it.
pub(super) struct Replay {
    pub(super) id: Uuid,
    pub(super) organization: Organization,
    pub(super) played: Arc<Played>,
    pub(super) extent: Extent,
    pub(super) span: Span,
    pub(super) by: String,
    pub(super) started_at: DateTime<Utc>,
    /// How long it is played to nobody.
    pub(super) unwatched: Duration,
    pub(super) server: Arc<OnceLock<Server>>,
    stand: Mutex<Stand>,
    /// Moves with whatever its player has to look at.
    moved: watch::Sender<u64>,
}

#[derive(Debug)]
pub(super) struct Stand {
    pub(super) pace: Pace,
    pub(super) paused: bool,
    pub(super) over: Option<End>,
    /// What time it was there…
    then: DateTime<Utc>,
    /// …when it was that time here.
    here: DateTime<Utc>,
    /// When the next scene is, where that is known.
    next: Option<DateTime<Utc>>,
    /// Where somebody wants to go on.
    elsewhere: Option<Elsewhere>,
    pub(super) position: Position,
    /// Events of the story that were told, and those that were passed by.
    pub(super) events: u64,
    pub(super) pushes: u64,
    pub(super) watchers: usize,
    /// Since when nobody watches.
    alone: DateTime<Utc>,
    /// How often it told anything.
    number: u64,
}

/// A place to go on from: what was recorded after a position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elsewhere {
    pub(super) after: Position,
    pub(super) at: DateTime<Utc>,
    /// Events of the story up to there.
    pub(super) events: u64,
}

/// Why a replay is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Everything was told.
    Through,
    Stopped,
    /// Nobody watched for a while.
    Unwatched,
    /// The engine stops.
    Closing,
    /// What was recorded could not be read; the log says why.
    Failed,
}

/// What its player has to do now.
#[derive(Debug)]
pub(super) enum Turn {
    /// The scene was told.
    Told,
    /// Nothing, for so long at most.
    Wait(Duration),
    Elsewhere(Elsewhere),
    Over,
}

/// What somebody wants of it.
#[derive(Debug, Default)]
pub(super) struct Wish {
    pub(super) speed: Option<u32>,
    pub(super) paused: Option<bool>,
    pub(super) elsewhere: Option<Elsewhere>,
}

/// Who has it played, what, and from where to where.
pub(super) struct Order {
    pub(super) id: Uuid,
    pub(super) organization: Organization,
    pub(super) played: Arc<Played>,
    pub(super) extent: Extent,
    pub(super) span: Span,
    pub(super) by: String,
    pub(super) pace: Pace,
    pub(super) paused: bool,
    /// When the first of it was recorded.
    pub(super) begins: DateTime<Utc>,
}

impl Stand {
    /// What time it is there by now.
    pub(super) fn then(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let passed = (now - self.here).to_std().unwrap_or_default();
        match self.next {
            Some(next) if !self.paused && self.over.is_none() => self.pace.passed(self.then, passed, next),
            Some(_) | None => self.then,
        }
    }

    /// From here on time passes in another way.
    fn settle(&mut self, now: DateTime<Utc>) {
        (self.then, self.here) = (self.then(now), now);
    }
}

impl Replay {
    pub(super) fn new(
        order: Order,
        (unwatched, server): (Duration, Arc<OnceLock<Server>>),
        now: DateTime<Utc>,
    ) -> Self {
        let Order { id, organization, played, extent, span, by, pace, paused, begins } = order;
        let stand = Mutex::new(Stand {
            pace,
            paused,
            over: None,
            then: begins,
            here: now,
            next: None,
            elsewhere: None,
            position: span.after,
            events: 0,
            pushes: 0,
            watchers: 0,
            alone: now,
            number: 0,
        });
        let moved = watch::Sender::new(0);
        Self { id, organization, played, extent, span, by, started_at: now, unwatched, server, stand, moved }
    }

    pub(super) fn locked(&self) -> MutexGuard<'_, Stand> {
        self.stand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn moved(&self) -> watch::Receiver<u64> {
        self.moved.subscribe()
    }

    pub(super) fn is_over(&self) -> bool {
        self.locked().over.is_some()
    }

    pub(super) fn shown(&self, now: DateTime<Utc>) -> ReplayView<'_> {
        ReplayView::new(self, &self.locked(), now)
    }

    /// Changes it at once, for all who watch. False where it is over.
    pub(super) fn steer(&self, wish: &Wish, now: DateTime<Utc>) -> bool {
        let mut stand = self.locked();
        if stand.over.is_some() {
            return false;
        }
        stand.settle(now);
        stand.pace.speed = wish.speed.unwrap_or(stand.pace.speed);
        stand.paused = wish.paused.unwrap_or(stand.paused);
        if let Some(elsewhere) = wish.elsewhere {
            stand.elsewhere = Some(elsewhere);
            (stand.then, stand.next) = (elsewhere.at, None);
            (stand.position, stand.events) = (elsewhere.after, elsewhere.events);
        }
        self.tell_state(&mut stand, now);
        drop(stand);
        self.wake();
        true
    }

    /// Ends it, where it is not over yet. Whoever watches is told why, and let go of.
    pub(super) fn end(&self, end: End, now: DateTime<Utc>) {
        self.finish(self.locked(), end, now);
    }

    /// Everything was told: it is over, unless somebody wants it to go on elsewhere.
    pub(super) fn through(&self, now: DateTime<Utc>) -> Option<Elsewhere> {
        let mut stand = self.locked();
        let elsewhere = stand.elsewhere.take();
        if elsewhere.is_none() {
            self.finish(stand, End::Through, now);
        }
        elsewhere
    }

    fn finish(&self, mut stand: MutexGuard<'_, Stand>, end: End, now: DateTime<Utc>) {
        if stand.over.is_some() {
            return;
        }
        stand.settle(now);
        stand.over = Some(end);
        self.tell_state(&mut stand, now);
        drop(stand);
        self.wake();
        self.sockets().iter().for_each(Socket::disconnect);
        tracing::info!(replay = %self.id, end = end.as_str(), "a replay is over");
    }

    /// Tells a scene whose time has come, unless something else is to be done first.
    pub(super) fn turn(&self, scene: &Scene, now: DateTime<Utc>) -> Turn {
        let mut stand = self.locked();
        if stand.over.is_some() {
            return Turn::Over;
        }
        if let Some(elsewhere) = stand.elsewhere.take() {
            return Turn::Elsewhere(elsewhere);
        }
        let alone = (now - stand.alone).to_std().unwrap_or_default();
        let left = if stand.watchers == 0 { self.unwatched.saturating_sub(alone) } else { Duration::MAX };
        if left.is_zero() {
            self.finish(stand, End::Unwatched, now);
            return Turn::Over;
        }
        if stand.paused {
            return Turn::Wait(left);
        }
        if stand.next.is_none() {
            // Whoever was held up for longer does not make up for it.
            (stand.next, stand.here) = (Some(scene.at), stand.here.max(now - LATE_MAX));
        }
        let then = stand.then(now);
        if then < scene.at {
            return Turn::Wait(stand.pace.wait(then, scene.at).min(left));
        }
        // Its own time, so that small delays do not add up.
        let waited = stand.pace.wait(stand.then, scene.at);
        stand.here += TimeDelta::from_std(waited).unwrap_or_default();
        (stand.then, stand.next) = (scene.at, None);
        (stand.position, stand.events) = (scene.position, stand.events + scene.events);
        for push in &scene.pushes {
            stand.pushes += 1;
            self.tell(&mut stand, push.event, &push.data);
        }
        Turn::Told
    }

    /// Lets somebody who came know where it stands, and gives the number of what was told last. Who is gone by then is not counted.
    pub(super) fn greet(&self, socket: &Socket, counted: &AtomicBool, now: DateTime<Utc>) -> Option<u64> {
        let mut stand = self.locked();
        if counted.swap(true, Ordering::AcqRel) {
            return None;
        }
        stand.watchers += 1;
        let state = StateView::new(ReplayView::new(self, &stand, now));
        if let Some(packet) = state.written().and_then(|data| packet(STATE, &data)) {
            socket.emit(&packet);
        }
        let (number, over) = (stand.number, stand.over.is_some());
        drop(stand);
        self.wake();
        if over {
            socket.disconnect();
        }
        Some(number)
    }

    /// False where whoever goes was never counted.
    pub(super) fn leave(&self, counted: &AtomicBool, now: DateTime<Utc>) -> bool {
        let mut stand = self.locked();
        let was = counted.swap(true, Ordering::AcqRel);
        if was {
            stand.watchers = stand.watchers.saturating_sub(1);
            stand.alone = now;
        }
        drop(stand);
        self.wake();
        was
    }

    fn tell_state(&self, stand: &mut Stand, now: DateTime<Utc>) {
        let state = StateView::new(ReplayView::new(self, stand, now));
        if let Some(data) = state.written() {
            self.tell(stand, STATE, &data);
        }
    }

    fn tell(&self, stand: &mut Stand, event: &str, data: &RawValue) {
        stand.number += 1;
        if let Some((server, packet)) = self.server.get().zip(packet(event, data)) {
            server.emit(&self.id.to_string(), &packet.marked(stand.number));
        }
    }

    fn wake(&self) {
        self.moved.send_modify(|times| *times += 1);
    }

    pub(super) fn sockets(&self) -> Vec<Socket> {
        let theirs = |visitor: &super::door::Visitor| visitor.watches(self.id);
        self.server.get().map_or_else(Vec::new, |server| server.sockets_of(NAMESPACE, theirs))
    }
}

impl End {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Through => "through",
            Self::Stopped => "stopped",
            Self::Unwatched => "unwatched",
            Self::Closing => "closing",
            Self::Failed => "failed",
        }
    }
}

fn packet(event: &str, data: &RawValue) -> Option<socket_io::Push> {
    let packet = socket_io::Push::try_raw(NAMESPACE, event, data);
    packet.inspect_err(|why| tracing::error!(event, cause = %why, "nobody can be told again")).ok()
}
