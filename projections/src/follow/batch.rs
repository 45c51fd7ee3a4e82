//! One page in memory: which rows it needs, what the facts make of them, and which streams have to be parked.

use std::collections::HashMap;
use std::sync::Arc;

use domain::fact::{Fact, Position};
use lru::LruCache;

use super::parking::{Parking, ToPark};
use super::{Page, Unreadable};
use crate::projection::{Projection, Touch};
use crate::store::Changes;

/// Others get their turn on the worker after this many facts.
const FACTS_AT_A_STRETCH: usize = 1_024;

pub(super) struct Batch<P: Projection> {
    slots: Vec<Slot<P>>,
    index: HashMap<P::Key, usize>,
    /// The slot that each fact is folded into.
    targets: Vec<Option<usize>>,
    /// Facts of parked streams were passed over.
    passed: bool,
}

struct Slot<P: Projection> {
    key: P::Key,
    row: Option<P::Row>,
    /// The row is in the table.
    stored: bool,
    /// Whether it is, is still to be looked up.
    unseen: bool,
    changed: bool,
}

/// What a page came to.
pub(super) struct Folded<P: Projection> {
    pub(super) changes: Changes<P::Key, P::Row>,
    pub(super) untouched: Vec<(P::Key, P::Row)>,
    pub(super) parked: Vec<ToPark>,
    /// Events of parked streams were passed over. What is given up for good is what is stored as read.
    pub(super) passed: bool,
}

impl<P: Projection> Batch<P> {
    /// Finds the row of each fact. Not trusting, it looks up even what a fact calls new.
    pub(super) fn plan(
        facts: &[Arc<Fact>],
        parking: &Parking,
        cache: &mut LruCache<P::Key, P::Row>,
        trusting: bool,
    ) -> Self {
        let targets = Vec::with_capacity(facts.len());
        let mut batch = Self { slots: vec![], index: HashMap::new(), targets, passed: false };
        for fact in facts {
            let held = parking.holds(fact.event.kind(), fact.stream.as_str());
            batch.passed |= held;
            let touch = if held { None } else { P::touches(fact) };
            let target = touch.map(|touch| match touch {
                Touch::New(key) => batch.slot(key, cache, !trusting),
                Touch::Existing(key) => batch.slot(key, cache, true),
            });
            batch.targets.push(target);
        }
        batch
    }

    fn slot(&mut self, key: P::Key, cache: &mut LruCache<P::Key, P::Row>, look_up: bool) -> usize {
        if let Some(&known) = self.index.get(&key) {
            return known;
        }
        let row = cache.pop(&key);
        let stored = row.is_some();
        let at = self.slots.len();
        self.index.insert(key.clone(), at);
        self.slots.push(Slot { key, row, stored, unseen: look_up && !stored, changed: false });
        at
    }

    /// The keys of the rows that have to be looked up, all at once.
    pub(super) fn missing(&self) -> Vec<String> {
        let mut keys: Vec<&P::Key> =
            self.slots.iter().filter(|slot| slot.unseen).map(|slot| &slot.key).collect();
        keys.sort_unstable();
        keys.into_iter().map(ToString::to_string).collect()
    }

    pub(super) fn place(&mut self, found: Vec<P::Row>) {
        for row in found {
            let at = self.index.get(&P::key(&row)).copied();
            if let Some(slot) = at.and_then(|at| self.slots.get_mut(at)) {
                (slot.row, slot.stored) = (Some(row), true);
            }
        }
    }

    /// Folds facts and unreadable events in the order of their positions.
    pub(super) async fn fold(mut self, page: Page<'_>, parking: &Parking) -> Folded<P> {
        let mut parked = Newly { before: parking, now: Parking::default(), list: vec![] };
        let mut unreadable = page.unreadable.iter().filter(|event| P::KINDS.contains(&event.kind)).peekable();
        // Each of them parks its stream, or is passed over with it.
        self.passed |= unreadable.peek().is_some();
        let targets = std::mem::take(&mut self.targets);
        for (at, (fact, target)) in page.facts.iter().zip(targets).enumerate() {
            while let Some(event) = unreadable.next_if(|event| event.position <= fact.position) {
                parked.unreadable(event);
            }
            if let Some(slot) = target.and_then(|target| self.slots.get_mut(target)) {
                slot.take(fact, &mut parked);
            }
            if at % FACTS_AT_A_STRETCH == FACTS_AT_A_STRETCH - 1 {
                tokio::task::yield_now().await;
            }
        }
        unreadable.for_each(|event| parked.unreadable(event));
        self.folded(parked.list)
    }

    fn folded(self, parked: Vec<ToPark>) -> Folded<P> {
        let (mut fresh, mut known, mut untouched) = (vec![], vec![], vec![]);
        for slot in self.slots {
            let Some(row) = slot.row else { continue };
            match (slot.changed, slot.stored) {
                (true, false) => fresh.push((slot.key, row)),
                (true, true) => known.push((slot.key, row)),
                (false, _) => untouched.push((slot.key, row)),
            }
        }
        // Neighbours in the table are written one after the other.
        fresh.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        known.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Folded { changes: Changes { fresh, known }, untouched, parked, passed: self.passed }
    }
}

impl<P: Projection> Slot<P> {
    fn take(&mut self, fact: &Fact, parked: &mut Newly<'_>) {
        let (kind, stream) = (fact.event.kind(), fact.stream.as_str());
        if parked.holds(kind, stream) {
            return;
        }
        match P::fold(&mut self.row, fact) {
            Ok(()) => self.changed = true,
            Err(reason) => parked.add(fact.position, (kind, stream), &reason.to_string()),
        }
    }
}

/// Streams parked before this page and within it.
struct Newly<'a> {
    before: &'a Parking,
    now: Parking,
    list: Vec<ToPark>,
}

impl Newly<'_> {
    fn holds(&self, kind: &str, stream: &str) -> bool {
        self.before.holds(kind, stream) || self.now.holds(kind, stream)
    }

    fn unreadable(&mut self, event: &Unreadable<'_>) {
        self.add(event.position, (event.kind, event.stream), event.why);
    }

    fn add(&mut self, position: Position, (kind, stream): (&str, &str), reason: &str) {
        if self.holds(kind, stream) {
            return;
        }
        self.now.add(kind.to_owned(), stream.to_owned());
        self.list.push(ToPark::new(position, (kind, stream), reason));
    }
}
