//! What the simulated agent remembers: calls by the name they were asked for under, and how often each number was asked for.
//! The oldest are forgotten first; it has no disk.

use std::num::NonZeroUsize;
use std::time::Duration;

use lru::LruCache;
use serde_json::Value;
use tokio::time::Instant;

use super::super::dice::Dice;
use super::faults::Fault;

const CALLS_MAX: NonZeroUsize = NonZeroUsize::new(20_000).unwrap();
const NUMBERS_MAX: NonZeroUsize = NonZeroUsize::new(200_000).unwrap();

/// A call that was asked for.
#[derive(Clone)]
pub struct Taken {
    pub call_id: String,
    pub fault: Option<Fault>,
    pub ends: Instant,
    /// As the documented interface has it; it speaks of the end.
    pub answer: Value,
}

/// The answer is about a person, though an invented one.
impl std::fmt::Debug for Taken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Taken").field("call_id", &self.call_id).finish_non_exhaustive()
    }
}

/// What is known about a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Known {
    Nothing,
    Going { call_id: String, left: Duration },
    Over(Value),
}

#[derive(Debug)]
pub(super) struct Books {
    calls: LruCache<String, Taken>,
    /// By a hash, since nobody needs the numbers.
    asked: LruCache<u64, u32>,
}

impl Default for Books {
    fn default() -> Self {
        Self { calls: LruCache::new(CALLS_MAX), asked: LruCache::new(NUMBERS_MAX) }
    }
}

impl Books {
    pub(super) fn taken(&mut self, effect: &str) -> Option<Taken> {
        self.calls.get(effect).cloned()
    }

    pub(super) fn keep(&mut self, effect: &str, taken: Taken) {
        self.calls.put(effect.to_owned(), taken);
    }

    /// Which one this is for the number, from 0.
    pub(super) fn attempt(&mut self, seed: u64, phone: &str) -> u32 {
        let asked = self.asked.get_or_insert_mut(Dice::new(seed, phone).next(), || 0);
        let attempt = *asked;
        *asked = asked.saturating_add(1);
        attempt
    }

    /// A call that was refused, or that the agent died of, is in nobody's books.
    pub(super) fn known(&mut self, effect: Option<&str>, call_id: Option<&str>) -> Known {
        let named = effect.and_then(|effect| self.calls.get(effect).cloned());
        let by_id = || {
            let call_id = call_id?;
            self.calls.iter().map(|(_, taken)| taken).find(|taken| taken.call_id == call_id).cloned()
        };
        let Some(Taken { call_id, fault, ends, answer }) = named.or_else(by_id) else {
            return Known::Nothing;
        };
        match fault {
            Some(Fault::Dead | Fault::Error) => Known::Nothing,
            Some(Fault::Slow | Fault::Half | Fault::Twice | Fault::Late | Fault::Callback) | None => {
                match ends.saturating_duration_since(Instant::now()) {
                    Duration::ZERO => Known::Over(answer),
                    left => Known::Going { call_id, left },
                }
            }
        }
    }
}
