//! What comes next in a simulated campaign: calls that end, people who are due, and the order in which those who are ready get a line.
//! Who is asked to be called at an instant comes first, then who is tried again, then who was never called.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::conversation::answer::Answer;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    Callback,
    Retry,
    First,
}

/// Somebody to be looked at from an instant on. The order of the fields is that of waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Due {
    pub(super) at: DateTime<Utc>,
    pub(super) turn: Turn,
    pub(super) who: u32,
}

/// A call that is under way, with what will come of it.
#[derive(Debug)]
pub(super) struct Over {
    pub(super) who: u32,
    pub(super) call: Uuid,
    pub(super) answer: Answer,
}

#[derive(Debug, Default)]
pub(super) struct Agenda {
    waiting: BinaryHeap<Reverse<Due>>,
    ready: BinaryHeap<Reverse<(Turn, Due)>>,
    calls: BTreeMap<(DateTime<Utc>, Uuid), Over>,
}

impl Agenda {
    pub(super) fn wait(&mut self, due: Due) {
        self.waiting.push(Reverse(due));
    }

    pub(super) fn begin(&mut self, ends: DateTime<Utc>, call: Over) {
        self.calls.insert((ends, call.call), call);
    }

    pub(super) fn next_over(&self) -> Option<DateTime<Utc>> {
        self.calls.first_key_value().map(|((ends, _), _)| *ends)
    }

    /// A call that is over by now.
    pub(super) fn over(&mut self, now: DateTime<Utc>) -> Option<Over> {
        let first = self.calls.first_entry().filter(|first| first.key().0 <= now)?;
        Some(first.remove())
    }

    pub(super) fn next_due(&self) -> Option<DateTime<Utc>> {
        self.waiting.peek().map(|Reverse(due)| due.at)
    }

    /// Whoever is due by now is ready.
    pub(super) fn ripen(&mut self, now: DateTime<Utc>) {
        while self.next_due().is_some_and(|at| at <= now) {
            let due = self.waiting.pop().map(|Reverse(due)| Reverse((due.turn, due)));
            self.ready.extend(due);
        }
    }

    pub(super) fn next_ready(&mut self) -> Option<Due> {
        self.ready.pop().map(|Reverse((_, due))| due)
    }

    pub(super) fn is_anybody_ready(&self) -> bool {
        !self.ready.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000 + second, 0).unwrap()
    }

    #[test]
    fn who_asked_to_be_called_comes_before_who_is_tried_again_and_then_come_the_others() {
        let mut agenda = Agenda::default();
        for (who, turn, second) in [
            (0, Turn::First, 0),
            (1, Turn::Retry, 3),
            (2, Turn::Callback, 5),
            (3, Turn::Retry, 2),
            (4, Turn::Callback, 9),
        ] {
            agenda.wait(Due { at: at(second), turn, who });
        }
        agenda.ripen(at(5));
        let order: Vec<u32> = std::iter::from_fn(|| agenda.next_ready()).map(|due| due.who).collect();
        assert_eq!(order, [2, 3, 1, 0], "the one asked for later is not ready");
        assert_eq!(agenda.next_due(), Some(at(9)));
    }
}
