//! What somebody tells of a call that is over.

use chrono::{DateTime, Utc};
use domain::conversation::Outcome;
use domain::target::Words;
use domain::zone::Zone;

/// What is known of a call that is over. Times that an agent tells are read by the contact's clock.
pub type Heard = Box<dyn Fn(Zone) -> Outcome + Send + Sync>;

/// How a call ended, as somebody told it.
pub struct Told {
    pub heard: Heard,
    pub words: Words,
    /// Whoever was asked wants to be left alone until then.
    pub not_before: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Told").field("not_before", &self.not_before).finish_non_exhaustive()
    }
}

impl Told {
    pub fn new(heard: Heard, words: Words) -> Self {
        Self { heard, words, not_before: None }
    }
}
