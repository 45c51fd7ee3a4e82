//! Signs what the journal holds: a checkpoint after so many events or so long, and whenever one is asked for. Only what is safely stored
//! is signed, beside the commits and never in them.
//! It takes a new key into use too, vouched for by the one before it; where keys are kept is not its business.

use std::fmt;
use std::sync::Arc;

use chrono::TimeDelta;
use domain::fact::Position;

use super::signing::{Checkpoint, History, KeyRecord, SigningKey, Statement};
use super::{Batch, Error, Journal, micros};
use crate::ports::Clock;

/// No more than about so many events lie between two checkpoints: an evidence has the hashes of all of them.
pub const EVENTS_APART: u64 = 10_000;
/// What is recorded is signed by then.
pub const TIME_APART: TimeDelta = TimeDelta::minutes(5);
/// Checkpoints made in one commit, where a journal was not signed for long.
const TOGETHER_MAX: usize = 256;
/// Somebody else may sign at the same moment; whoever comes second looks again.
const TRIES_MAX: usize = 3;

/// Who keeps private keys.
pub trait Held: Send + Sync + fmt::Debug {
    /// The newest first, and after it the one that is to vouch for it where it is new. With `fresh` the journal has none yet, and only
    /// then may one be made.
    fn keys(&self, fresh: bool) -> Result<Vec<SigningKey>, String>;
    /// The newest is the journal's: those before it have done their work.
    fn taken_over(&self) -> Result<(), String>;
}

/// Why nothing could be signed.
#[derive(Debug, thiserror::Error)]
pub enum Unsigned {
    #[error(transparent)]
    Journal(#[from] Error),
    #[error("{0}")]
    Keys(String),
    #[error("the signing key at hand is not the one that this journal was signed with last")]
    Stranger,
    #[error("others sign at the same moment, again and again")]
    Contended,
}

#[derive(Debug, Clone)]
pub struct Signer {
    journal: Journal,
    clock: Arc<dyn Clock>,
    held: Arc<dyn Held>,
}

impl Signer {
    pub fn new(journal: &Journal, clock: &Arc<dyn Clock>, held: Arc<dyn Held>) -> Self {
        Self { journal: journal.clone(), clock: Arc::clone(clock), held }
    }

    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// The key of now, taken into use where it is new.
    pub async fn key(&self) -> Result<SigningKey, Unsigned> {
        for _ in 0..TRIES_MAX {
            let history = self.journal.history().await?;
            let mut keys = self.held.keys(history.newest().is_none()).map_err(Unsigned::Keys)?.into_iter();
            let Some(first) = keys.next() else { return Err(Unsigned::Stranger) };
            let known = |key: &SigningKey| history.newest().is_some_and(|newest| newest.key == key.public());
            if known(&first) {
                self.settle(keys.next().is_some());
                return Ok(first);
            }
            let by = match history.newest() {
                None => &first,
                Some(_) => &keys.find(known).ok_or(Unsigned::Stranger)?,
            };
            if self.take_into_use(&history, &first, by).await? {
                tracing::info!(key = %first.public(), "a signing key is in use from now on");
                self.settle(history.newest().is_some());
                return Ok(first);
            }
        }
        Err(Unsigned::Contended)
    }

    /// Takes a key into use that no other one vouches for. For those who have lost the one before it.
    pub async fn begin_anew(&self) -> Result<SigningKey, Unsigned> {
        let history = self.journal.history().await?;
        let mut keys = self.held.keys(false).map_err(Unsigned::Keys)?.into_iter();
        let first = keys.next().ok_or(Unsigned::Stranger)?;
        if self.take_into_use(&history, &first, &first).await? { Ok(first) } else { Err(Unsigned::Contended) }
    }

    async fn take_into_use(
        &self,
        history: &History,
        key: &SigningKey,
        by: &SigningKey,
    ) -> Result<bool, Unsigned> {
        let number = history.newest().map_or(0, |newest| newest.number) + 1;
        let first = self.journal.newest_checkpoint().await?.map_or(0, |newest| newest.number) + 1;
        let record = KeyRecord::sign(number, key, by, first, self.now());
        Ok(self.journal.put_signing_key(record).await?)
    }

    /// The new key is the journal's already: what could not be tidied up is tidied up next time.
    fn settle(&self, left: bool) {
        if left && let Err(why) = self.held.taken_over() {
            tracing::warn!(cause = %why, "the signing key before the newest was not removed");
        }
    }

    /// Signs everything that is stored by now, with a key that is in use from now on. None where nothing is stored.
    pub async fn sign(&self) -> Result<Option<Checkpoint>, Unsigned> {
        self.key().await?;
        self.up_to(self.journal.position()).await
    }

    /// Whether it is time for a checkpoint.
    pub async fn is_due(&self) -> Result<bool, Unsigned> {
        let (head, newest) = (self.journal.position(), self.journal.newest_checkpoint().await?);
        let Some(newest) = newest else { return Ok(head > 0) };
        let since = self.now().saturating_sub(newest.signed_at);
        let waits = (0..TIME_APART.num_microseconds().unwrap_or(i64::MAX)).contains(&since);
        Ok(head > newest.position && (!waits || head - newest.position >= EVENTS_APART))
    }

    /// What an evidence says of itself, under the key of now.
    pub async fn state(&self, statement: Statement) -> Result<Statement, Unsigned> {
        let key = self.key().await?;
        Ok(Statement { made_at: self.now(), ..statement }.signed(&key))
    }

    async fn up_to(&self, head: Position) -> Result<Option<Checkpoint>, Unsigned> {
        let mut tries = 0;
        loop {
            let newest = self.journal.newest_checkpoint().await?;
            let position = newest.as_ref().map_or(0, |newest| newest.position);
            if position >= head {
                return Ok(newest);
            }
            let ends = self.ends(position, head).await?;
            if ends.is_empty() {
                return Ok(newest);
            }
            let key = self.key().await?;
            let (number, at) = (newest.map_or(0, |newest| newest.number) + 1, self.now());
            let made = |(number, batch): (u64, Batch)| {
                Checkpoint::sign(&key, number, (batch.last, batch.digest), at)
            };
            if self.journal.put_checkpoints((number..).zip(ends).map(made).collect()).await? {
                tries = 0;
            } else {
                tries += 1;
            }
            if tries == TRIES_MAX {
                return Err(Unsigned::Contended);
            }
        }
    }

    /// Where the next checkpoints belong: the first ends of batches that are far enough apart, and at last the head's own.
    async fn ends(&self, mut after: Position, head: Position) -> Result<Vec<Batch>, Error> {
        let mut ends = vec![];
        while ends.len() < TOGETHER_MAX && after < head {
            let far = after.saturating_add(EVENTS_APART).min(head);
            let Some(end) = self.journal.batches(far - 1, 1).await?.pop() else { break };
            after = end.last;
            ends.push(end);
        }
        Ok(ends)
    }

    fn now(&self) -> i64 {
        micros(self.clock.now())
    }
}
