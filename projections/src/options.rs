//! What the screens are opened with.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use crate::milestones;

/// Where time comes from.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

pub struct Options {
    pub store: Store,
    pub clock: Clock,
    /// How many events lie between two copies of a row, of those that are kept for looking back.
    pub milestones_every: u64,
}

impl Options {
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock, milestones_every: milestones::EVERY }
    }
}

#[derive(Debug, Clone)]
pub enum Store {
    /// The file of the screens, `screens.db` in the data folder.
    Sqlite(PathBuf),
    /// The journal's database.
    Postgres(PgPool),
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("store", &self.store).finish_non_exhaustive()
    }
}
