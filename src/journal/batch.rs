//! What both stores' writers do alike: gather what queued up, and tell everybody after the commit.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Appended, BATCH_BYTES_MAX, BATCH_EVENTS_MAX, Prepared, Refused, Settle, Ticket};

/// Who is to be told about a unit.
pub(super) type Waiter = (Arc<dyn Settle>, Ticket);

/// A unit's outcome.
pub(super) type Outcome = Result<Appended, Refused>;

impl Prepared {
    pub(super) fn waiter(&self) -> Waiter {
        (Arc::clone(&self.settle), self.ticket)
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

/// Tells each settler once, with everything the batch has for it.
pub(super) fn settle_all(waiting: Vec<Waiter>, outcomes: Vec<Outcome>) {
    let mut by_settler: HashMap<usize, (Arc<dyn Settle>, Vec<_>)> = HashMap::new();
    for ((settle, ticket), outcome) in waiting.into_iter().zip(outcomes) {
        let address = Arc::as_ptr(&settle).cast::<()>().addr();
        by_settler.entry(address).or_insert_with(|| (settle, vec![])).1.push((ticket, outcome));
    }
    for (settle, outcomes) in by_settler.into_values() {
        settle.settle(outcomes);
    }
}
