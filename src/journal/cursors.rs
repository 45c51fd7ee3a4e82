//! Cursors of those who read the feed from outside: kept beside the events, and moved only from where they were seen.

use chrono::{DateTime, Utc};
use domain::cursor::Cursor;
use domain::fact::Position;
use domain::ids::{CursorName, Organization};

use super::{Error, Journal, Store, from_micros};

/// One step of a cursor.
#[derive(Debug, Clone)]
pub struct Step {
    pub organization: Organization,
    pub name: CursorName,
    /// Where it was seen; none where it was not there.
    pub from: Option<Position>,
    pub to: Position,
    pub at: DateTime<Utc>,
}

/// A row as both stores have it; none where its name is none.
pub(super) fn cursor(name: &str, position: Position, moved_at: i64) -> Option<Cursor> {
    Some(Cursor { name: CursorName::parse(name).ok()?, position, moved_at: from_micros(moved_at) })
}

impl Journal {
    /// An organization's, by name.
    pub async fn cursors(&self, organization: &Organization) -> Result<Vec<Cursor>, Error> {
        match &self.store {
            Store::Sqlite(store) => store.cursors(organization.clone()).await,
            Store::Postgres(store) => store.cursors(organization).await,
        }
    }

    /// False where it is not there any more where it was seen.
    pub async fn move_cursor(&self, step: Step) -> Result<bool, Error> {
        match &self.store {
            Store::Sqlite(store) => store.move_cursor(step).await,
            Store::Postgres(store) => store.move_cursor(&step).await,
        }
    }

    /// False where there is none.
    pub async fn drop_cursor(&self, organization: &Organization, name: &CursorName) -> Result<bool, Error> {
        match &self.store {
            Store::Sqlite(store) => store.drop_cursor(organization.clone(), name.clone()).await,
            Store::Postgres(store) => store.drop_cursor(organization, name).await,
        }
    }

    /// The newest position in the store itself. What other nodes wrote is heard of a moment later.
    pub async fn newest(&self) -> Result<Position, Error> {
        match &self.store {
            Store::Sqlite(_) => Ok(self.position()),
            Store::Postgres(store) => store.newest().await,
        }
    }
}
