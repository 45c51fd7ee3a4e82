//! What both stores' writers do alike: make a unit ready to be written, gather what queued up, and tell everybody when it is safe.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tracing::{Span, field};

use super::chain::{self, Hash};
use super::trail::signed;
use super::{
    Append, Appended, BATCH_BYTES_MAX, BATCH_EVENTS_MAX, EVENT_LEN_MAX, Entry, Refused, Settle, Submission,
    Ticket, Unit, micros,
};

/// A submission with everything computed that does not need the writer: the writer's time is everybody's.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) unit: Unit,
    pub(super) metadata: String,
    /// One for each event, in the order of the appends.
    pub(super) hashes: Vec<Hash>,
    pub(super) bytes: usize,
    pub(super) ticket: Ticket,
    pub(super) settle: Arc<dyn Settle>,
    /// From here until it is safe.
    span: Span,
}

impl Prepared {
    pub(super) fn try_new(submission: Submission) -> Result<Self, Refused> {
        let Submission { unit, ticket, settle, span } = submission;
        if names_a_stream_twice(&unit) {
            return Err(Refused::Conflict);
        }
        let metadata = serde_json::to_string(&*unit.circumstances).unwrap_or_default();
        let mut hashes = Vec::new();
        let mut bytes = 0;
        for append in &unit.appends {
            for (sequence, event) in (append.expected + 1..).zip(&append.events) {
                if event.payload.len() > EVENT_LEN_MAX {
                    return Err(Refused::TooLarge { size: event.payload.len() });
                }
                bytes += event.payload.len() + metadata.len();
                hashes.push(chain::hash(&event.covered(append, sequence, &metadata)));
            }
        }
        let span = appending(&span, hashes.len());
        Ok(Self { unit, metadata, hashes, bytes, ticket, settle, span })
    }
}

/// Only what belongs to a request is traced.
fn appending(request: &Span, events: usize) -> Span {
    if request.is_disabled() {
        return Span::none();
    }
    tracing::debug_span!(parent: request, "append", events = signed(events), position = field::Empty)
}

/// Both appends would have to find the stream where they expect it, and the second one cannot.
fn names_a_stream_twice(unit: &Unit) -> bool {
    let mut seen = HashSet::new();
    unit.appends.len() > 1 && !unit.appends.iter().all(|append| seen.insert((append.kind, &append.stream)))
}

impl Entry {
    fn covered<'a>(&'a self, append: &'a Append, sequence: u64, metadata: &'a str) -> chain::Covered<'a> {
        chain::Covered {
            kind: append.kind,
            stream: append.stream.as_str(),
            sequence,
            event_type: &self.event_type,
            event_version: &self.event_version,
            payload: &self.payload,
            metadata,
            occurred_at: micros(self.occurred_at),
        }
    }
}

/// Who is to be told about a unit.
pub(super) struct Waiter {
    settle: Arc<dyn Settle>,
    ticket: Ticket,
    pub(super) span: Span,
}

/// A unit's outcome.
pub(super) type Outcome = Result<Appended, Refused>;

impl Prepared {
    pub(super) fn waiter(&self) -> Waiter {
        Waiter { settle: Arc::clone(&self.settle), ticket: self.ticket, span: self.span.clone() }
    }

    /// Events and bytes, as the bounds of a batch count them.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.hashes.len(), self.bytes)
    }
}

/// What is there right now, up to the bounds of one batch.
pub(super) fn drain<J>(
    first: J,
    mut next: impl FnMut() -> Option<J>,
    size: impl Fn(&J) -> (usize, usize),
) -> Vec<J> {
    let (mut events, mut bytes) = size(&first);
    let mut batch = vec![first];
    while events < BATCH_EVENTS_MAX && bytes < BATCH_BYTES_MAX {
        let Some(job) = next() else { break };
        let more = size(&job);
        events += more.0;
        bytes += more.1;
        batch.push(job);
    }
    batch
}

/// Tells everybody that nothing of theirs may be taken for stored.
pub(super) fn refuse_all(waiting: Vec<Waiter>, why: &str) {
    let refused = waiting.iter().map(|_| Err(Refused::Unavailable(why.to_owned()))).collect();
    settle_all(waiting, refused);
}

/// Tells each settler once, with everything the batch has for it.
pub(super) fn settle_all(waiting: Vec<Waiter>, outcomes: Vec<Outcome>) {
    let mut by_settler: HashMap<usize, (Arc<dyn Settle>, Vec<_>)> = HashMap::new();
    for (Waiter { settle, ticket, span }, outcome) in waiting.into_iter().zip(outcomes) {
        if let Ok(appended) = &outcome {
            span.record("position", signed(appended.last));
        }
        let address = Arc::as_ptr(&settle).cast::<()>().addr();
        by_settler.entry(address).or_insert_with(|| (settle, vec![])).1.push((ticket, outcome));
    }
    for (settle, outcomes) in by_settler.into_values() {
        settle.settle(outcomes);
    }
}
