//! A screen as it was: its own fold over the facts of a few streams, in memory and without any store.
//! Which facts those are, and up to where they go, is the caller's business. From where a stream makes no sense on it is passed over,
//! as the screen that parks it does.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::fact::{Fact, Position};

use crate::follow::Unreadable;
use crate::projection::{Projection, Touch};

/// Rows that facts have made. Facts of one row are taken in the order of their streams; what touches a row from several streams
/// commutes, as it has to where reports come in any order.
pub struct Then<P: Projection> {
    rows: BTreeMap<P::Key, P::Row>,
    /// From where on each of these streams is passed over, by its kind and its name.
    parked: HashMap<(String, String), Position>,
}

impl<P: Projection> Default for Then<P> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), parked: HashMap::new() }
    }
}

impl<P: Projection> std::fmt::Debug for Then<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Then")
            .field("screen", &P::NAME)
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}

impl<P: Projection> Then<P> {
    /// Goes on with a row as it is known to have been.
    pub fn from(row: Option<P::Row>) -> Self {
        let rows = row.into_iter().map(|row| (P::key(&row), row)).collect();
        Self { rows, parked: HashMap::new() }
    }

    /// Events of whole streams, or the next ones of those that were begun.
    pub fn take(&mut self, facts: &[Arc<Fact>], unreadable: &[Unreadable<'_>]) {
        for event in unreadable.iter().filter(|event| P::KINDS.contains(&event.kind)) {
            self.park((event.kind, event.stream), event.position);
        }
        for fact in facts {
            self.fold(fact);
        }
    }

    pub fn row(&self, key: &P::Key) -> Option<&P::Row> {
        self.rows.get(key)
    }

    /// All rows there are so far, and none of them is held any longer.
    pub fn rows(&mut self) -> impl Iterator<Item = P::Row> + use<P> {
        std::mem::take(&mut self.rows).into_values()
    }

    fn fold(&mut self, fact: &Fact) {
        let Some(Touch::New(key) | Touch::Existing(key)) = P::touches(fact) else { return };
        let stream = (fact.event.kind(), fact.stream.as_str());
        if self.passes(stream, fact.position) {
            return;
        }
        let mut row = self.rows.remove(&key);
        let done = P::fold(&mut row, fact);
        if let Some(row) = row {
            self.rows.insert(key, row);
        }
        if done.is_err() {
            self.park(stream, fact.position);
        }
    }

    fn passes(&self, (kind, stream): (&str, &str), position: Position) -> bool {
        // Hardly ever is there any.
        !self.parked.is_empty()
            && self.parked.get(&(kind.to_owned(), stream.to_owned())).is_some_and(|from| *from <= position)
    }

    fn park(&mut self, (kind, stream): (&str, &str), position: Position) {
        let from = self.parked.entry((kind.to_owned(), stream.to_owned())).or_insert(position);
        *from = position.min(*from);
    }
}
