//! Whoever is sent events outside: where they are, what they are handed, and what they say to it.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

/// Receivers, wherever they are.
pub trait Receivers: Send + Sync + std::fmt::Debug {
    /// Whether anything would be handed over at an address, as far as its text tells; why not, for whoever wrote it.
    fn accept(&self, url: &str) -> Result<(), String>;
    /// Hands a letter over, once. Where no answer came nobody can tell whether it arrived.
    fn hand_over<'a>(&'a self, url: &'a str, letter: Letter) -> BoxFuture<'a, Receipt>;
}

/// What is handed over. Debug shows nothing of what it says and of the secrets it is signed with.
#[derive(Clone)]
pub struct Letter {
    pub id: String,
    pub at: DateTime<Utc>,
    pub body: Bytes,
    /// Each signs it.
    pub secrets: Vec<String>,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Letter").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// None where there was no answer.
    pub status: Option<u16>,
    /// How the answer begins, or why there was none. It may hold anything that the receiver wrote.
    pub answer: String,
    /// How long it wants to be left alone, where it said so.
    pub retry_after: Option<Duration>,
    pub took: Duration,
}
