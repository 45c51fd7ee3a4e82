//! What was recorded of something, event by event, for those who may ask who did what: read from the journal itself.
//! Which streams tell of a thing, and in which words, is not decided here. Hashes are masked; what belongs to a person is in clear
//! unless the person was forgotten.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::fact::{Circumstances, Event, Fact, Position};
use domain::ids::StreamId;
use serde_json::Value;

use super::Dispatch;
use super::reports::Error;
use crate::journal::feed::Reading;
use crate::journal::masked::masked;
use crate::journal::{Stored, from_micros};

pub use crate::journal::Named;
pub use crate::journal::beneath::Place;

/// The part of a payload that belongs to a person.
const PERSONAL: &str = "personal";

/// One event as it was recorded, and what it means.
#[derive(Debug)]
pub struct Entry {
    pub position: Position,
    pub kind: String,
    pub stream: String,
    pub sequence: u64,
    pub event_type: String,
    pub event_version: String,
    pub occurred_at: DateTime<Utc>,
    pub recorded_at: DateTime<Utc>,
    pub circumstances: Circumstances,
    /// What it stands for today; nothing where no sense can be made of it.
    pub events: Vec<Event>,
    pub data: Value,
    /// Whether anything in it belongs to a person.
    pub personal: bool,
}

/// Some events, and where the next ones begin; none where there are no more.
#[derive(Debug)]
pub struct Page<P> {
    pub entries: Vec<Entry>,
    pub next: Option<P>,
}

impl Dispatch {
    /// Events of several streams after a position, in the journal's order, at most `limit`.
    pub async fn recorded(
        &self,
        streams: &[Named],
        after: Position,
        limit: usize,
    ) -> Result<Page<Position>, Error> {
        let mut stored = self.journal.streams_after(streams, after, limit.saturating_add(1)).await?;
        let more = stored.len() > limit;
        stored.truncate(limit);
        let next = stored.last().filter(|_| more).map(|last| last.position);
        Ok(Page { entries: self.entries(stored).await?, next })
    }

    /// Events of the streams beneath another one after a place, stream by stream, at most `limit`.
    pub async fn recorded_beneath(
        &self,
        (kind, parent): &Named,
        after: Option<&Place>,
        limit: usize,
    ) -> Result<Page<Place>, Error> {
        let (stored, next) = self.journal.beneath(kind, parent, after, limit).await?;
        Ok(Page { entries: self.entries(stored).await?, next })
    }

    /// A whole stream as it is understood today. What no sense can be made of is not in it.
    pub async fn facts_of(&self, kind: &'static str, stream: &StreamId) -> Result<Vec<Arc<Fact>>, Error> {
        let stored = self.journal.stream(kind, stream).await?;
        Ok(self.journal.decode(0, stored, Reading::Clear).await?.facts)
    }

    pub(super) async fn entries(&self, stored: Vec<Stored>) -> Result<Vec<Entry>, Error> {
        let read = self.journal.decode(0, stored.clone(), Reading::Clear).await?;
        let mut known: HashMap<Position, Vec<Event>> = HashMap::with_capacity(stored.len());
        for fact in read.facts {
            let Fact { position, event, .. } = Arc::unwrap_or_clone(fact);
            known.entry(position).or_default().push(event);
        }
        let entry = |stored: Stored| {
            let events = known.remove(&stored.position).unwrap_or_default();
            entry(stored, events)
        };
        Ok(stored.into_iter().map(entry).collect())
    }
}

fn entry(stored: Stored, mut events: Vec<Event>) -> Entry {
    let (data, personal) = data(&stored, &mut events);
    Entry {
        position: stored.position,
        kind: stored.kind,
        stream: stored.stream,
        sequence: stored.sequence,
        event_type: stored.event_type,
        event_version: stored.event_version,
        occurred_at: from_micros(stored.occurred_at),
        recorded_at: from_micros(stored.recorded_at),
        circumstances: serde_json::from_str(&stored.metadata).unwrap_or_default(),
        events,
        data,
        personal,
    }
}

/// The payload as it is stored, with what was sealed in it opened; true where there was anything.
fn data(stored: &Stored, events: &mut [Event]) -> (Value, bool) {
    let payload = masked(&stored.kind, &stored.payload);
    let mut data = serde_json::from_str(&payload).unwrap_or_else(|_| Value::String(payload.into_owned()));
    let inner = data.as_object_mut().and_then(|outer| outer.values_mut().next());
    let Some(sealed) = inner.and_then(|inner| inner.get_mut(PERSONAL)) else { return (data, false) };
    let personal = events.first_mut().and_then(Event::personal);
    *sealed = personal.and_then(|personal| personal.told().ok()).unwrap_or(Value::Null);
    let told = !sealed.is_null();
    (data, told)
}
