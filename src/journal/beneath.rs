//! Reading the streams beneath another one, a session's calls: all of them in the order of their names, or a stretch of the journal in its
//! own order, some events at a time.
//! It owns where such a reading begins and ends, so that nobody meets a neighbour's stream; what the events mean is not its business.

use domain::fact::Position;
use domain::ids::StreamId;

use super::{Error, Journal, Named, Store, Stored};

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

/// A stream and those of one kind beneath it, within a stretch of the journal.
#[derive(Debug)]
pub(super) struct Family {
    pub(super) own: Named,
    pub(super) kind: &'static str,
    pub(super) names: (String, String),
    pub(super) after: Position,
    pub(super) until: Position,
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
    /// Events of the streams beneath another one, stream by stream, each in its order, as stored, at most `limit`; and the last of them,
    /// where there are more.
    pub async fn beneath(
        &self,
        kind: &'static str,
        parent: &StreamId,
        after: Option<&Place>,
        limit: usize,
    ) -> Result<(Vec<Stored>, Option<Place>), Error> {
        let stretch = Stretch::new(kind, parent, after, limit.saturating_add(1));
        let mut events = match &self.store {
            Store::Sqlite(store) => store.stretch(stretch).await?,
            Store::Postgres(store) => store.stretch(stretch).await?,
        };
        let more = events.len() > limit;
        events.truncate(limit);
        let next = events.last().filter(|_| more).and_then(|last| Place::of(last, parent));
        Ok((events, next))
    }

    /// Events of a stream and of those of a kind beneath it, after a position and up to another, in the journal's order, as stored, at most
    /// `limit`. All of the journal between the two is looked through, and nothing else.
    pub async fn family(
        &self,
        (own, kind): (&Named, &'static str),
        (after, until): (Position, Position),
        limit: usize,
    ) -> Result<Vec<Stored>, Error> {
        let Stretch { after: (from, _), before, .. } = Stretch::new(kind, &own.1, None, limit);
        let family = Family { own: own.clone(), kind, names: (from, before), after, until, limit };
        match &self.store {
            Store::Sqlite(store) => store.family(family).await,
            Store::Postgres(store) => store.family(family).await,
        }
    }
}
