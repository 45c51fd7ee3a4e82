//! The right to send: of several nodes one has it, and sends only as long as it surely has it when the answer comes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::journal::{self, Journal};

/// Another node sends when this one was silent for so long.
const LASTS: Duration = Duration::from_secs(30);
const RENEW_AFTER: Duration = Duration::from_secs(5);
/// A receiver answers within less than this, or not at all.
const A_TRY: Duration = Duration::from_secs(16);
const _: () = assert!(LASTS.as_secs() > RENEW_AFTER.as_secs() + A_TRY.as_secs(), "a try has to fit in");

/// Since when it is held. Every clone speaks of the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Lease(Arc<Mutex<Option<Instant>>>);

impl Lease {
    /// True where it is ours from now on.
    pub(super) async fn renew(
        &self,
        journal: &Journal,
        name: &'static str,
        owner: Uuid,
    ) -> Result<bool, journal::Error> {
        if self.since().is_some_and(|since| since.elapsed() < RENEW_AFTER) {
            return Ok(true);
        }
        let asked = Instant::now();
        let ours = journal.lease(name, owner, LASTS).await?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = ours.then_some(asked);
        Ok(ours)
    }

    /// Whether a try that begins now ends while it is ours.
    pub(super) fn holds(&self) -> bool {
        self.since().is_some_and(|since| since.elapsed() + A_TRY < LASTS)
    }

    fn since(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
