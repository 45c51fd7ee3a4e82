//! Time and chance as this machine has them. The only file that asks the machine for either.

use std::cell::RefCell;
use std::process;

use chrono::{DateTime, SubsecRound as _, Utc};
use uuid::Uuid;

use crate::ports::{Clock, Ids};

#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    /// In microseconds, which is what both stores keep.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is handed")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    /// The library counts within a millisecond, so that ids of one process ascend, whatever thread asks.
    #[expect(clippy::disallowed_methods, reason = "this is the source of ids that everybody else is handed")]
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn fill(&self, bytes: &mut [u8]) {
        CHANCE.with_borrow_mut(|chance| chance.hand_out(bytes));
    }
}

thread_local! {
    static CHANCE: RefCell<Chance> = const { RefCell::new(Chance { block: [0; CHANCE_LEN], used: CHANCE_LEN }) };
}

/// Asking for a few bytes costs as much as asking for many, and every report needs some.
const CHANCE_LEN: usize = 1_024;

/// Random bytes at hand; each is given once and forgotten.
struct Chance {
    block: [u8; CHANCE_LEN],
    used: usize,
}

impl Chance {
    fn hand_out(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            if self.used == CHANCE_LEN {
                roll(&mut self.block);
                self.used = 0;
            }
            if let Some(next) = self.block.get_mut(self.used) {
                *byte = std::mem::take(next);
            }
            self.used += 1;
        }
    }
}

/// Keys made without chance would look like keys and protect nobody, so there is no going on without it.
fn roll(block: &mut [u8]) {
    if aws_lc_rs::rand::fill(block).is_err() {
        tracing::error!("this machine has no chance to offer; nothing can be sealed, the engine ends");
        process::abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_ascend() {
        let ids: Vec<_> = (0..10_000).map(|_| SystemIds.uuid()).collect();
        assert!(ids.is_sorted());
        assert_eq!(ids[0].get_version_num(), 7);
    }

    #[test]
    fn chance_fills_everything() {
        let (mut one, mut other) = ([0; 32], [0; 32]);
        SystemIds.fill(&mut one);
        SystemIds.fill(&mut other);
        assert_ne!(one, other);
        let mut long = vec![0; 5 * CHANCE_LEN + 7];
        SystemIds.fill(&mut long);
        let zeroes: usize = long.iter().map(|byte| usize::from(*byte == 0)).sum();
        assert!(zeroes < 60, "{zeroes} of {} bytes are zero", long.len());
    }
}
