//! Which sessions there are, by their secret ids. It bounds how many, and holds nothing else about them.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, Weak};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Session;
use super::session::Inner;
use crate::ports::Ids;

/// Random bytes of an id: nobody guesses it.
const ID_LEN: usize = 15;

/// A session's id. On polling whoever has it can read and write the session, so it is shown to its client alone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Sid(Box<str>);

impl Sid {
    pub(super) fn new(ids: &dyn Ids) -> Self {
        Self(random_id(ids).into_boxed_str())
    }

    pub(super) fn given(text: &str) -> Self {
        Self(text.into())
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sid(***)")
    }
}

/// Twenty characters that nobody guesses.
pub(in crate::realtime) fn random_id(ids: &dyn Ids) -> String {
    let mut bytes = [0; ID_LEN];
    ids.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[derive(Debug, Default)]
pub(super) struct Registry(RwLock<Book>);

#[derive(Debug, Default)]
struct Book {
    sessions: HashMap<Sid, Session>,
    /// The newest, in the order in which they came; some of them are gone.
    newest: VecDeque<Weak<Inner>>,
    /// Once closed nobody comes in any more.
    closed: bool,
}

impl Registry {
    /// False where there is no room for it.
    pub(super) fn add(&self, session: &Session, max: usize) -> bool {
        let mut book = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let room = !book.closed && book.sessions.len() < max;
        if room {
            book.sessions.insert(session.sid().clone(), session.clone());
            book.newest.push_back(Arc::downgrade(&session.0));
        }
        room
    }

    /// The oldest of the newest, once there are so many of them.
    pub(super) fn give_way(&self, max: usize) -> Option<Session> {
        let mut book = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if book.newest.len() < max {
            return None;
        }
        book.newest.pop_front()?.upgrade().map(Session)
    }

    pub(super) fn find(&self, sid: &Sid) -> Option<Session> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).sessions.get(sid).cloned()
    }

    pub(super) fn remove(&self, sid: &Sid) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).sessions.remove(sid);
    }

    pub(super) fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).sessions.len()
    }

    /// Everybody who is in; nobody comes in after that.
    pub(super) fn close(&self) -> Vec<Session> {
        let mut book = self.0.write().unwrap_or_else(PoisonError::into_inner);
        book.closed = true;
        book.sessions.values().cloned().collect()
    }
}
