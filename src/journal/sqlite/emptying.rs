//! Emptying the log between two commits, so that nothing of what was removed is left in it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::Connection;

use super::schema::BUSY_WAIT;

/// So long everybody waits for readers to leave the log.
const READERS_WAIT: Duration = Duration::from_millis(100);

/// The wish, and how often it was granted.
#[derive(Debug, Default)]
pub(super) struct Emptying {
    asked: AtomicBool,
    done: AtomicU64,
}

impl Emptying {
    /// How often it was granted before.
    pub(super) fn ask(&self) -> u64 {
        let done = self.done();
        self.asked.store(true, Ordering::Release);
        done
    }

    pub(super) fn done(&self) -> u64 {
        self.done.load(Ordering::Acquire)
    }

    pub(super) fn is_asked(&self) -> bool {
        self.asked.swap(false, Ordering::AcqRel)
    }

    /// False where a reader in the middle of something keeps it from being emptied.
    pub(super) fn grant(&self, connection: &Connection) -> bool {
        let emptied = emptied(connection);
        match &emptied {
            Ok(true) => drop(self.done.fetch_add(1, Ordering::AcqRel)),
            Ok(false) => tracing::debug!("a reader keeps the journal's log from being emptied"),
            Err(why) => tracing::warn!(cause = %why, "the journal's log could not be emptied"),
        }
        emptied.unwrap_or(false)
    }
}

fn emptied(connection: &Connection) -> rusqlite::Result<bool> {
    connection.busy_timeout(READERS_WAIT)?;
    let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    connection.busy_timeout(BUSY_WAIT)?;
    busy.map(|busy| busy == 0)
}
