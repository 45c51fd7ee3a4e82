//! Reading the streams beneath another one, in the order of their names: a session's calls, some events at a time.
//! It owns where such a reading begins and ends, so that nobody meets a neighbour's stream; what the events mean is not its business.

use domain::ids::StreamId;

use super::{Error, Journal, Store, Stored};

/// Where a reading stands: at an event, by its stream's name beneath the parent and its sequence there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub name: String,
    pub sequence: u64,
}

/// A stretch of the index of streams: after one event, and before the first stream that is not beneath the parent.
#[derive(Debug)]
pub(super) struct Stretch {
    pub(super) kind: &'static str,
    pub(super) after: (String, u64),
    pub(super) before: String,
    pub(super) limit: usize,
}

impl Stretch {
    /// No name holds a slash, so that what begins with the parent and a slash is beneath it and nothing else is.
    /// The zero is the character that follows the slash.
    fn new(kind: &'static str, parent: &StreamId, after: Option<&Place>, limit: usize) -> Self {
        let (name, sequence) = after.map_or(("", 0), |place| (place.name.as_str(), place.sequence));
        Self { kind, after: (format!("{parent}/{name}"), sequence), before: format!("{parent}0"), limit }
    }
}

impl Place {
    /// Where an event stands beneath its parent; none where it stands elsewhere.
    pub fn of(event: &Stored, parent: &StreamId) -> Option<Self> {
        let name = event.stream.strip_prefix(parent.as_str())?.strip_prefix('/')?;
        Some(Self { name: name.to_owned(), sequence: event.sequence })
    }
}

impl Journal {
    /// Events of the streams beneath another one, stream by stream, each in its order, as stored, at most `limit`.
    pub async fn beneath(
        &self,
        kind: &'static str,
        parent: &StreamId,
        after: Option<&Place>,
        limit: usize,
    ) -> Result<Vec<Stored>, Error> {
        let stretch = Stretch::new(kind, parent, after, limit);
        match &self.store {
            Store::Sqlite(store) => store.stretch(stretch).await,
            Store::Postgres(store) => store.stretch(stretch).await,
        }
    }
}
