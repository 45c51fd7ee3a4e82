//! What is kept on the disk: recordings that were kept for long enough are removed, and that room runs short is told once.

use std::io;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::ports::{Disk, Recordings};

#[derive(Debug, Clone)]
pub struct Kept {
    pub disk: Arc<dyn Disk>,
    pub recordings: Arc<dyn Recordings>,
    /// None: until they are forgotten.
    pub recordings_for: Option<TimeDelta>,
}

impl Kept {
    /// Removes recordings; of how many calls.
    pub(super) async fn expire(&self, now: DateTime<Utc>) -> io::Result<u64> {
        let Some(kept_for) = self.recordings_for else { return Ok(0) };
        let expired = self.recordings.expire(now - kept_for).await?;
        if expired > 0 {
            tracing::info!(expired, "removed {expired} recordings that were kept for long enough");
        }
        Ok(expired)
    }

    /// Whether little room is left; `was` is how it stood before.
    pub(super) fn is_low(&self, was: bool) -> bool {
        let room = self.disk.room();
        match (was, room.is_low) {
            (false, true) => {
                tracing::error!(
                    free_bytes = room.free,
                    "little room is left on the disk: no file is taken in"
                );
            }
            (true, false) => tracing::info!(free_bytes = room.free, "there is room on the disk again"),
            (false, false) | (true, true) => {}
        }
        room.is_low
    }
}
