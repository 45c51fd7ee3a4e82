//! What was pushed, newest last, for those who watch and for those who come back: bounded by bytes, so that whoever was away for long
//! is told to look anew. Delivery and joining exclude each other: nobody misses a push in between, and nobody has it twice.

use std::collections::{HashMap, HashSet, VecDeque};
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

/// Audiences of which it is known up to where they lost something; beyond that all are taken for having lost as much.
const LOST_LEN_MAX: usize = 10_000;

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
    pub subject: Subject,
}

/// What a push tells of, as far as it takes away from what was told before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Something that happened.
    Past,
    /// The same, and it shows a contact.
    Contact(Uuid),
    /// A contact was removed: what showed it is told to nobody who comes back.
    Removed(Uuid),
    /// How this stands: seen twice it says nothing wrong, and once it stands otherwise nobody is told how it stood.
    Standing(Arc<str>),
    /// What it told is not told any more.
    Blank,
}

impl Push {
    fn is_blank(&self) -> bool {
        self.subject == Subject::Blank
    }

    pub fn is_standing(&self) -> bool {
        matches!(self.subject, Subject::Standing(_))
    }

    fn bytes(&self) -> usize {
        self.data.get().len() + OVERHEAD
    }
}

/// Takes what is pushed to where people watch. Called while nobody can join: it must neither wait nor come back here.
pub trait Deliver: Send + Sync {
    /// Each push has a higher number than those before it.
    fn deliver(&self, push: &Push, number: u64);
    /// Whether so much waits for somebody that more had better come a little later.
    fn is_pressed(&self) -> bool;
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
    /// Everything after this is held still, for those whose audience is not among those that lost more.
    complete_after: Position,
    lost: HashMap<Audience, Position>,
    /// The numbers of the newest pushes of what stands.
    standing: HashMap<(Audience, &'static str, Arc<str>), u64>,
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
            lost: HashMap::new(),
            standing: HashMap::new(),
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
        if !pushes.is_empty() {
            self.put(&mut held, pushes);
        }
        self.reached.send_replace(to);
        true
    }

    /// Whether anybody had better be given time to read on.
    pub(super) fn is_pressed(&self) -> bool {
        let delivers = self.locked().delivers.clone();
        delivers.iter().any(|deliver| deliver.is_pressed())
    }

    /// How things stand, whoever else delivers meanwhile: nothing is said wrong by saying it a little earlier or later.
    pub(super) fn tell(&self, pushes: Vec<Push>) {
        let mut held = self.locked();
        if !pushes.is_empty() {
            self.put(&mut held, pushes);
        }
    }

    fn put(&self, held: &mut Held, pushes: Vec<Push>) {
        held.forget(&pushes);
        for push in pushes {
            if self.is_new(&push) {
                let number = held.count + 1;
                held.delivers.iter().for_each(|deliver| deliver.deliver(&push, number));
            }
            held.hold(push);
        }
        held.trim(self.bytes_max);
        self.moved.send_replace(held.count);
    }

    /// Holds nothing any more of what was told: somebody was forgotten, and who comes back looks anew.
    pub(super) fn forget(&self) {
        let mut held = self.locked();
        held.complete_after = held.position + 1;
        held.pushes.clear();
        held.standing.clear();
        held.lost.clear();
        held.bytes = 0;
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
    /// `audiences` are those that it is one of.
    pub fn join<T>(
        &self,
        last: Option<Position>,
        audiences: &[Audience],
        wanted: impl Fn(&Push) -> bool,
        join: impl FnOnce(Place, Missed) -> T,
    ) -> T {
        let held = self.locked();
        let missed = match last {
            None => Missed::These(vec![]),
            // What is still to be looked through would be told to nobody.
            Some(_) if held.position < self.history => Missed::TooMuch,
            Some(last) => held.missed(last, audiences, wanted),
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
            if self.is_new(push) && !push.is_blank() && wanted(push) {
                bytes += push.bytes();
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
        push.position > self.history || (push.is_standing() && push.position == self.history)
    }

    fn locked(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn missed(&self, last: Position, audiences: &[Audience], wanted: impl Fn(&Push) -> bool) -> Missed {
        let most = audiences.iter().filter_map(|audience| self.lost.get(audience)).max();
        let complete_after = most.copied().unwrap_or_default().max(self.complete_after);
        // A position that was never reached is another journal's.
        if last < complete_after || last > self.position {
            return Missed::TooMuch;
        }
        let after = |push: &Push| push.position > last || (push.is_standing() && push.position == last);
        let missed = self.pushes.iter().filter(|push| after(push) && !push.is_blank() && wanted(push));
        let bytes: usize = missed.clone().map(|push| push.bytes()).sum();
        if bytes > MISSED_BYTES_MAX { Missed::TooMuch } else { Missed::These(missed.cloned().collect()) }
    }

    /// Blanks what shows somebody who is gone.
    fn forget(&mut self, pushes: &[Push]) {
        let removed = pushes.iter().filter_map(|push| match push.subject {
            Subject::Removed(contact) => Some(contact),
            Subject::Past | Subject::Contact(_) | Subject::Standing(_) | Subject::Blank => None,
        });
        let removed: HashSet<Uuid> = removed.collect();
        if removed.is_empty() {
            return;
        }
        for held in &mut self.pushes {
            if let Subject::Contact(contact) = held.subject
                && removed.contains(&contact)
            {
                self.bytes -= blank(held);
            }
        }
    }

    /// Holds it as the newest, and blanks what it takes the place of.
    fn hold(&mut self, push: Push) {
        self.count += 1;
        if let Subject::Standing(what) = &push.subject {
            let key = (push.audience.clone(), push.event, Arc::clone(what));
            let former = self.standing.insert(key, self.count);
            let from_newest = former.and_then(|former| usize::try_from(self.count - former).ok());
            let at = from_newest.and_then(|back| (self.pushes.len() + 1).checked_sub(back + 1));
            if let Some(held) = at.and_then(|at| self.pushes.get_mut(at)) {
                self.bytes -= blank(held);
            }
        }
        self.bytes += push.bytes();
        self.pushes.push_back(Arc::new(push));
    }

    fn trim(&mut self, bytes_max: usize) {
        while self.bytes > bytes_max
            && let Some(oldest) = self.pushes.pop_front()
        {
            self.bytes -= oldest.bytes();
            if oldest.is_blank() {
                continue;
            }
            if let Subject::Standing(what) = &oldest.subject {
                self.standing.remove(&(oldest.audience.clone(), oldest.event, Arc::clone(what)));
            }
            let lost = oldest.position + u64::from(oldest.is_standing());
            if self.lost.len() >= LOST_LEN_MAX {
                self.complete_after = self.lost.drain().map(|(_, lost)| lost).max().unwrap_or_default();
            }
            self.lost.insert(oldest.audience.clone(), lost);
        }
    }
}

/// Leaves its place, with its number and position. Gives the bytes that it had more than now.
fn blank(held: &mut Arc<Push>) -> usize {
    let before = held.bytes();
    let data = Arc::from(RawValue::NULL.to_owned());
    *held = Arc::new(Push { data, subject: Subject::Blank, audience: held.audience.clone(), ..**held });
    before.saturating_sub(held.bytes())
}

#[cfg(test)]
mod tests;
