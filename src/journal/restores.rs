//! That a journal was restored from a backup: it knows nothing of what happened after that was taken, whom somebody rang above all.
//! Until somebody has confirmed it nothing is begun here that could ring anybody.

use chrono::{DateTime, Utc};
use domain::fact::Position;

use super::verify::{self, Reader};
use super::{Error, Journal, Store};

/// A restore that nobody has confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restored {
    /// Where the backup ended.
    pub position: Position,
    pub taken_at: DateTime<Utc>,
    pub restored_at: DateTime<Utc>,
    /// Whether a list of those who were forgotten was applied since: whom the backup brought back is forgotten again.
    pub forgotten_applied: bool,
}

/// What became of a confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    Done,
    /// Nothing waited for it.
    Nothing,
    /// Nobody was forgotten again, and nobody says that there is nobody.
    Unapplied,
}

impl Journal {
    /// The newest restore where it is not confirmed yet.
    pub async fn held(&self) -> Result<Option<Restored>, Error> {
        match &self.store {
            Store::Sqlite(store) => store.held().await,
            Store::Postgres(store) => store.held().await,
        }
    }

    /// That a list of those who were forgotten was applied; false where no restore waits for it.
    pub async fn forgotten_applied(&self, by: &str, at: DateTime<Utc>) -> Result<bool, Error> {
        self.note(APPLIED, by, at).await
    }

    /// From now on it may ring people again. `nobody` was forgotten since the backup, as somebody says who does not apply a list.
    pub async fn confirm_restore(
        &self,
        by: &str,
        nobody: bool,
        at: DateTime<Utc>,
    ) -> Result<Confirmed, Error> {
        match self.held().await? {
            None => Ok(Confirmed::Nothing),
            Some(held) if !held.forgotten_applied && !nobody => Ok(Confirmed::Unapplied),
            Some(_) => self.note(CONFIRMED, by, at).await.map(|_| Confirmed::Done),
        }
    }

    /// Whether there was what it is noted of.
    async fn note(&self, what: &'static str, by: &str, at: DateTime<Utc>) -> Result<bool, Error> {
        match &self.store {
            Store::Sqlite(store) => store.note(what, by.to_owned(), at).await,
            Store::Postgres(store) => store.note(what, by, at).await,
        }
    }
}

impl Reader {
    /// The same for whoever only looks.
    pub async fn held(&self) -> Result<Option<Restored>, Error> {
        match &self.0 {
            verify::Store::Sqlite(store) => store.held().await,
            verify::Store::Postgres(store) => store.held().await,
        }
    }
}

/// What marks a copy as restored: the same statements on both stores, whose parameters are position, taken at and restored at.
pub(super) const MARK: &str = "INSERT INTO restores (number, position, taken_at, restored_at)
     SELECT coalesce(max(number), 0) + 1, $1, $2, $3 FROM restores";

/// What is noted of the restores that wait, on both stores.
const APPLIED: &str = "UPDATE restores SET applied_at = $1, applied_by = $2 WHERE confirmed_at IS NULL";
const CONFIRMED: &str = "UPDATE restores SET confirmed_at = $1, confirmed_by = $2 WHERE confirmed_at IS NULL";

pub(super) const HELD: &str = "SELECT position, taken_at, restored_at, applied_at IS NOT NULL FROM restores
     WHERE confirmed_at IS NULL ORDER BY number DESC LIMIT 1";

/// What was not done then may have been done since. Nobody holds it any more.
pub(super) const DOUBT: &str = "UPDATE effects SET doubted = 1, owner = NULL,
     due_at = CASE state WHEN 'sent' THEN 0 ELSE due_at END WHERE state <> 'done'";
