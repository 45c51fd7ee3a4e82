//! How much of the journal is read at a time, by number and by size: an event may have a megabyte, and a page of them a gigabyte.

use domain::fact::Position;

use super::{Error, Journal, Store, Stored};

/// A read ends with the event that reaches one of them, and has one at least where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub events: usize,
    /// Of payloads.
    pub bytes: usize,
}

impl Bounds {
    pub(super) fn events(events: usize) -> Self {
        Self { events, bytes: usize::MAX }
    }

    /// What is left of them after an event; none where it was the last.
    pub(super) fn after(self, event: &Stored) -> Option<Self> {
        let bytes = self.bytes.checked_sub(event.payload.len()).filter(|bytes| *bytes > 0)?;
        Some(Self { bytes, ..self })
    }
}

impl Journal {
    /// Events after a position, as stored, within bounds.
    pub async fn stored_within(&self, after: Position, bounds: Bounds) -> Result<Vec<Stored>, Error> {
        match &self.store {
            Store::Sqlite(store) => store.stored(after, bounds).await,
            Store::Postgres(store) => store.stored(after, bounds).await,
        }
    }
}
