//! A client in one namespace. What is told to its rooms is held while it is being told what it missed.

use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Floor, Hall, Payload, Push};
use crate::realtime::codec;
use crate::realtime::engine_io::registry::random_id;
use crate::realtime::engine_io::{Ended, Session};

/// A client in one namespace. Cheap to clone; sending never waits.
#[derive(Clone)]
pub struct Socket(Arc<Inner>);

struct Inner {
    /// What others may know it by. It opens nothing, unlike the session's.
    id: String,
    number: u64,
    namespace: Arc<str>,
    hall: Arc<Hall>,
    session: Session,
    data: Arc<dyn Any + Send + Sync>,
    gone: AtomicBool,
    waiting: Mutex<Waiting>,
}

/// What was told to its rooms while it was being told what it missed.
enum Waiting {
    Held { pushes: Vec<Push>, weight: usize },
    Over,
}

impl Socket {
    pub(super) fn new(
        hall: &Arc<Hall>,
        floor: &Floor,
        session: &Session,
        data: Arc<dyn Any + Send + Sync>,
    ) -> Self {
        Self(Arc::new(Inner {
            id: random_id(&*hall.ids),
            number: hall.next_number(),
            namespace: Arc::clone(&floor.name),
            hall: Arc::clone(hall),
            session: session.clone(),
            data,
            gone: AtomicBool::new(false),
            waiting: Mutex::new(Waiting::Held { pushes: vec![], weight: 0 }),
        }))
    }

    pub fn id(&self) -> &str {
        &self.0.id
    }

    pub fn namespace(&self) -> &str {
        &self.0.namespace
    }

    /// What the namespace gave it when it let it in.
    pub fn data<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.data.downcast_ref()
    }

    /// Tells this socket alone, at once. False where it is gone, or is of another namespace.
    pub fn emit(&self, push: &Push) -> bool {
        push.namespace() == self.namespace() && !self.is_gone() && self.0.session.send(push.packets())
    }

    /// How many bytes may still wait for its client.
    pub fn room(&self) -> usize {
        let waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let held = if let Waiting::Held { weight, .. } = &*waiting { *weight } else { 0 };
        self.0.hall.options.queue_bytes_max.saturating_sub(held + self.0.session.queued())
    }

    pub fn join(&self, room: &str) {
        if let Some(floor) = self.floor() {
            floor.rooms.join(self, room);
        }
    }

    pub fn leave(&self, room: &str) {
        if let Some(floor) = self.floor() {
            floor.rooms.leave(self, room);
        }
    }

    /// Ends it; the connection goes on for other namespaces. Its client does not come back by itself.
    pub fn disconnect(&self) {
        if self.depart() {
            self.0.session.send(&[codec::disconnected(self.namespace())]);
            // Whoever asks may hold a lock of its own: the session's task does the rest.
            self.0.session.nudge();
        }
    }

    pub fn is_gone(&self) -> bool {
        self.0.gone.load(Ordering::Acquire)
    }

    pub(super) fn number(&self) -> u64 {
        self.0.number
    }

    /// Takes it out of its rooms. True for whoever is the first to do so.
    pub(super) fn depart(&self) -> bool {
        let first = !self.0.gone.swap(true, Ordering::AcqRel);
        if first && let Some(floor) = self.floor() {
            floor.rooms.depart(self);
        }
        first
    }

    /// What a room is told: held while it is being told what it missed.
    pub(super) fn tell(&self, push: &Push) -> bool {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *waiting {
            Waiting::Over => self.0.session.send(push.packets()),
            Waiting::Held { pushes, weight } => {
                *weight += push.weight();
                if *weight > self.0.hall.options.queue_bytes_max {
                    self.0.session.doom(Ended::TooSlow);
                    return false;
                }
                pushes.push(push.clone());
                true
            }
        }
    }

    /// Sends what was held, without what it was told already. The lock is held until all is queued, so that the next comes after.
    pub(super) fn release(&self, told: Option<u64>) {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Waiting::Held { pushes, .. } = std::mem::replace(&mut *waiting, Waiting::Over) {
            for push in pushes.iter().filter(|push| push.is_after(told)) {
                self.0.session.send(push.packets());
            }
        }
    }

    fn floor(&self) -> Option<&Floor> {
        self.0.hall.floors.get(&self.0.namespace)
    }

    pub(super) fn session(&self) -> &Session {
        &self.0.session
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("id", &self.0.id)
            .field("namespace", &self.0.namespace)
            .finish_non_exhaustive()
    }
}

/// The answer that a client waits for, to be given once.
#[derive(Debug)]
pub struct Ack {
    pub(super) socket: Socket,
    pub(super) id: u64,
}

impl Ack {
    /// False where the client is gone.
    pub fn send(self, payload: &Payload) -> bool {
        let packets = codec::ack_packets(self.socket.namespace(), self.id, payload);
        !self.socket.is_gone() && self.socket.session().send(&packets)
    }
}
