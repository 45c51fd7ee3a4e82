//! All replays of this node: as many as there may be, and for a while those that ended by themselves, so that somebody can ask why.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::ids::Organization;
use uuid::Uuid;

use super::stand::{End, Order, Replay};
use crate::http::problem::{Code, Problem};
use crate::realtime::socket_io::Server;

/// The newest of those that are over.
const OVER_LEN_MAX: usize = 32;

/// How many replays there are at a time, and how long one is played to nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub of_engine: usize,
    pub of_organization: usize,
    pub unwatched: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { of_engine: 16, of_organization: 4, unwatched: Duration::from_mins(1) }
    }
}

pub(in crate::http) struct Replays {
    limits: Limits,
    server: Arc<OnceLock<Server>>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// In the order in which they were begun.
    all: VecDeque<Arc<Replay>>,
    closed: bool,
}

impl fmt::Debug for Replays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replays").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Replays {
    pub(in crate::http) fn new(limits: Limits) -> Self {
        Self { limits, server: Arc::default(), held: Mutex::default() }
    }

    /// From now on they are told to sockets.
    pub(in crate::http) fn open(&self, server: &Server) {
        // There is one server; another one would be told nothing.
        let _ = self.server.set(server.clone());
    }

    /// Takes one in, where there is room.
    pub(super) fn begin(&self, order: Order, now: DateTime<Utc>) -> Result<Arc<Replay>, Problem> {
        let Limits { of_engine, of_organization, unwatched } = self.limits;
        let mut held = self.locked();
        if held.closed {
            return Err(Problem::new(Code::NotReady, "the engine stops"));
        }
        let playing = held.all.iter().filter(|replay| !replay.is_over());
        let (all, ours) = playing.fold((0, 0), |(all, ours), replay| {
            (all + 1, ours + usize::from(replay.organization == order.organization))
        });
        let told = |whose, limit: usize| {
            let told = format!("{whose} has {limit} replays already, and may have no more at a time");
            Err(Problem::new(Code::TooManyReplays, told).with("limit", limit))
        };
        if ours >= of_organization {
            return told("the organization", of_organization);
        }
        if all >= of_engine {
            return told("the engine", of_engine);
        }
        let replay = Arc::new(Replay::new(order, (unwatched, Arc::clone(&self.server)), now));
        held.all.push_back(Arc::clone(&replay));
        held.trim();
        Ok(replay)
    }

    pub(super) fn of(&self, organization: &Organization) -> Vec<Arc<Replay>> {
        let held = self.locked();
        held.all.iter().filter(|replay| replay.organization == *organization).cloned().collect()
    }

    /// Another organization's is not there.
    pub(super) fn find(&self, organization: &Organization, id: Option<Uuid>) -> Result<Arc<Replay>, Problem> {
        let held = self.locked();
        let ours = |replay: &&Arc<Replay>| Some(replay.id) == id && replay.organization == *organization;
        held.all.iter().find(ours).cloned().ok_or_else(unknown)
    }

    pub(super) fn forget(&self, replay: &Replay) {
        self.locked().all.retain(|held| held.id != replay.id);
    }

    /// Ends all of them, and takes no more.
    pub(in crate::http) fn close(&self, now: DateTime<Utc>) {
        let all = {
            let mut held = self.locked();
            held.closed = true;
            held.all.clone()
        };
        for replay in all {
            replay.end(End::Closing, now);
        }
    }

    fn locked(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn trim(&mut self) {
        let over = self.all.iter().filter(|replay| replay.is_over()).count();
        let mut oldest = over.saturating_sub(OVER_LEN_MAX);
        self.all.retain(|replay| {
            let goes = oldest > 0 && replay.is_over();
            oldest -= usize::from(goes);
            !goes
        });
    }
}

fn unknown() -> Problem {
    Problem::new(Code::ReplayUnknown, "there is no such replay on this node")
}
