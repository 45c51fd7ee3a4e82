//! What was pushed, newest last, for those who watch and for those who come back: bounded by bytes, so that whoever was away for long
//! is told to look anew. Delivery and joining exclude each other: nobody misses a push in between, and nobody has it twice.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::fact::Position;
use domain::ids::{Organization, UserName};
use serde_json::value::RawValue;
use tokio::sync::watch;
use tokio::time::timeout;
use uuid::Uuid;

/// A push costs about this much besides its text.
const OVERHEAD: usize = 128;

/// Whoever missed more looks anew: to be told all of it would take longer.
const MISSED_BYTES_MAX: usize = 512 << 10;

/// A stream is handed so much at once; whoever does not read holds no more than that.
const READ_BYTES: usize = 64 << 10;

/// After a start, and on another node, somebody may know more than the board does as yet. Beyond this they look anew.
const CATCH_UP_WAIT: Duration = Duration::from_secs(3);

/// Where something is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Space {
    /// Sessions, results, the switchboard: the default namespace.
    Calls,
    AutoCalling,
}

impl Space {
    pub const ALL: [Self; 2] = [Self::Calls, Self::AutoCalling];
}

/// Who is to see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Audience {
    Organization(Organization),
    /// Whoever looks after the engine.
    Admins,
}

/// Something that is told to those who watch.
#[derive(Debug, Clone)]
pub struct Push {
    pub position: Position,
    pub audience: Audience,
    pub space: Space,
    pub event: &'static str,
    /// A JSON object that names the position too.
    pub data: Arc<RawValue>,
    /// How something stands, not what happened: seen twice it says nothing wrong.
    pub is_standing: bool,
}

/// Takes what is pushed to where people watch. Called while nobody can join: it must neither wait nor come back here.
pub trait Deliver: Send + Sync {
    /// Each push has a higher number than those before it.
    fn deliver(&self, push: &Push, number: u64);
    /// Somebody may see less than before, or nothing: whoever watches in their name shows anew who they are.
    fn revoke(&self, organization: &Organization, whose: &Whose);
}

/// Whose rights changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// In one sign-in, or in all.
    User {
        name: UserName,
        session: Option<Uuid>,
    },
    Key(Uuid),
}

/// What whoever comes back has missed.
#[derive(Debug, Clone)]
pub enum Missed {
    These(Vec<Arc<Push>>),
    /// It was too much, or too long ago.
    TooMuch,
}

pub struct Board {
    held: Mutex<Held>,
    reached: watch::Sender<Position>,
    moved: watch::Sender<u64>,
    revoked: watch::Sender<u64>,
    history: Position,
    bytes_max: usize,
}

struct Held {
    position: Position,
    pushes: VecDeque<Arc<Push>>,
    bytes: usize,
    /// Everything after this is held still.
    complete_after: Position,
    /// How many were ever delivered.
    count: u64,
    delivers: Vec<Arc<dyn Deliver>>,
}

/// Where somebody stands who reads what is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub position: Position,
    /// The number of the newest push.
    pub number: u64,
}

impl std::fmt::Debug for Board {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let held = self.locked();
        f.debug_struct("Board").field("position", &held.position).field("pushes", &held.pushes.len()).finish()
    }
}

impl Board {
    /// What was recorded up to `after` and not beyond `history` is only for those who come back.
    pub fn new((after, history): (Position, Position), bytes_max: usize) -> Self {
        let held = Held {
            position: after,
            pushes: VecDeque::new(),
            bytes: 0,
            complete_after: after,
            count: 0,
            delivers: vec![],
        };
        Self {
            held: Mutex::new(held),
            reached: watch::Sender::new(after),
            moved: watch::Sender::new(0),
            revoked: watch::Sender::new(0),
            history,
            bytes_max,
        }
    }

    /// From now on pushes go there too.
    pub fn attach(&self, deliver: Arc<dyn Deliver>) {
        self.locked().delivers.push(deliver);
    }

    /// Everything up to here was pushed.
    pub fn position(&self) -> Position {
        self.locked().position
    }

    /// Moves with everything that is delivered.
    pub fn moved(&self) -> watch::Receiver<u64> {
        self.moved.subscribe()
    }

    /// `pushes` are all there are from one position to another, in their order. False where somebody else has delivered them.
    pub(super) fn deliver(&self, (from, to): (Position, Position), pushes: Vec<Push>) -> bool {
        let mut held = self.locked();
        if held.position != from {
            return false;
        }
        held.position = to;
        if pushes.is_empty() {
            self.reached.send_replace(to);
            return true;
        }
        for push in pushes {
            if self.is_new(&push) {
                let number = held.count + 1;
                held.delivers.iter().for_each(|deliver| deliver.deliver(&push, number));
            }
            held.bytes += push.data.get().len() + OVERHEAD;
            held.count += 1;
            held.pushes.push_back(Arc::new(push));
        }
        held.trim(self.bytes_max);
        self.reached.send_replace(to);
        self.moved.send_replace(held.count);
        true
    }

    /// Moves whenever somebody may see less than before.
    pub fn revoked(&self) -> watch::Receiver<u64> {
        self.revoked.subscribe()
    }

    pub(super) fn revoke(&self, organization: &Organization, whose: &Whose) {
        let delivers = self.locked().delivers.clone();
        for deliver in delivers {
            deliver.revoke(organization, whose);
        }
        self.revoked.send_modify(|times| *times += 1);
    }

    /// Waits a while until everything is held that somebody who comes back may have missed.
    pub async fn caught_up(&self, last: Position) {
        let (mut reached, last) = (self.reached.subscribe(), last.max(self.history));
        // Whoever is from another journal waits in vain, and is told to look anew like whoever was away for too long.
        let _ = timeout(CATCH_UP_WAIT, reached.wait_for(|reached| *reached >= last)).await;
    }

    /// Hands out what was missed since `last` (none: nothing was), by `wanted`, before anything else is delivered.
    pub fn join<T>(
        &self,
        last: Option<Position>,
        wanted: impl Fn(&Push) -> bool,
        join: impl FnOnce(Place, Missed) -> T,
    ) -> T {
        let held = self.locked();
        let missed = match last {
            None => Missed::These(vec![]),
            // What is still to be looked through would be told to nobody.
            Some(_) if held.position < self.history => Missed::TooMuch,
            Some(last) => held.missed(last, wanted),
        };
        join(Place { position: held.position.max(self.history), number: held.count }, missed)
    }

    /// What came since then, as much as is read at once, and where one stands after it.
    pub fn since(&self, place: Place, wanted: impl Fn(&Push) -> bool) -> (Place, Missed) {
        let held = self.locked();
        let now = Place { position: held.position.max(self.history), number: held.count };
        let new = usize::try_from(held.count - place.number).unwrap_or(usize::MAX);
        let Some(known) = held.pushes.len().checked_sub(new) else { return (now, Missed::TooMuch) };
        let (mut told, mut bytes) = (vec![], 0);
        for (push, number) in held.pushes.iter().skip(known).zip(place.number + 1..) {
            if self.is_new(push) && wanted(push) {
                bytes += push.data.get().len() + OVERHEAD;
                told.push(Arc::clone(push));
            }
            if bytes >= READ_BYTES {
                return (Place { position: push.position, number }, Missed::These(told));
            }
        }
        (now, Missed::These(told))
    }

    /// Not of what is only looked through. How something stands may be told before anything else is recorded.
    fn is_new(&self, push: &Push) -> bool {
        push.position > self.history || (push.is_standing && push.position == self.history)
    }

    fn locked(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn missed(&self, last: Position, wanted: impl Fn(&Push) -> bool) -> Missed {
        // A position that was never reached is another journal's.
        if last < self.complete_after || last > self.position {
            return Missed::TooMuch;
        }
        let after = |push: &Push| push.position > last || (push.is_standing && push.position == last);
        let missed = self.pushes.iter().filter(|push| after(push) && wanted(push));
        let bytes: usize = missed.clone().map(|push| push.data.get().len() + OVERHEAD).sum();
        if bytes > MISSED_BYTES_MAX { Missed::TooMuch } else { Missed::These(missed.cloned().collect()) }
    }

    fn trim(&mut self, bytes_max: usize) {
        while self.bytes > bytes_max
            && let Some(oldest) = self.pushes.pop_front()
        {
            self.bytes -= oldest.data.get().len() + OVERHEAD;
            self.complete_after = oldest.position + u64::from(oldest.is_standing);
        }
    }
}

#[cfg(test)]
mod tests;
