//! Time and chance as this machine has them. The only file that asks the machine for either.

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

    /// Keys made without chance would look like keys and protect nobody, so there is no going on without it.
    fn fill(&self, bytes: &mut [u8]) {
        if aws_lc_rs::rand::fill(bytes).is_err() {
            tracing::error!("this machine has no chance to offer; nothing can be sealed, the engine ends");
            process::abort();
        }
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
    }
}
