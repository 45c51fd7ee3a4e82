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
}

impl Journal {
    /// The newest restore where it is not confirmed yet.
    pub async fn held(&self) -> Result<Option<Restored>, Error> {
        match &self.store {
            Store::Sqlite(store) => store.held().await,
            Store::Postgres(store) => store.held().await,
        }
    }

    /// From now on it may ring people again; false where nothing was to be confirmed.
    pub async fn confirm_restore(&self, by: &str, at: DateTime<Utc>) -> Result<bool, Error> {
        match &self.store {
            Store::Sqlite(store) => store.confirm_restore(by.to_owned(), at).await,
            Store::Postgres(store) => store.confirm_restore(by, at).await,
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

/// What was not done then may have been done since. Nobody holds it any more.
pub(super) const DOUBT: &str = "UPDATE effects SET doubted = 1, owner = NULL,
     due_at = CASE state WHEN 'sent' THEN 0 ELSE due_at END WHERE state <> 'done'";
