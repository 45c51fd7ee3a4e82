//! How far a follower has read, and when what it has read is to be stored.
//! A stretch that holds nothing for a live screen is stored lazily: reading it again after a crash is harmless, and a transaction for each page is not free.

use chrono::{DateTime, TimeDelta, Utc};
use domain::fact::Position;

use crate::registry::{Generation, State};

const UNSTORED_MAX: u64 = 10_000;
const UNSTORED_FOR: TimeDelta = TimeDelta::seconds(1);

/// Never behind what is stored, which stands in the registry and is what is compared before it is moved.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    pub(super) read: Position,
    /// When the last fact was recorded that was read.
    pub(super) recorded_at: Option<DateTime<Utc>>,
    stored: Position,
    stored_at: DateTime<Utc>,
    /// One that is being built is stored always: its flip compares what is stored, and so does whoever goes on with it.
    lazily: bool,
}

impl Standing {
    pub(super) fn of(stored: &Generation, now: DateTime<Utc>) -> Self {
        Self {
            read: stored.position,
            recorded_at: stored.recorded_at,
            stored: stored.position,
            stored_at: now,
            lazily: stored.state == State::Live,
        }
    }

    /// Whether it is to be stored by now that everything up to `to` was read, even if that was nothing for the screen.
    pub(super) fn is_due(&self, to: Position, now: DateTime<Utc>) -> bool {
        let unstored = to.saturating_sub(self.stored);
        // Nobody knows how long it was where the clock was set back.
        let recently = now >= self.stored_at && now - self.stored_at < UNSTORED_FOR;
        unstored > 0 && (!self.lazily || !recently || unstored >= UNSTORED_MAX)
    }
}
