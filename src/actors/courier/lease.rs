//! The right to send: of several nodes one has it, and begins nothing that it has not the right to. A try may last for longer: what came of
//! it is written down only where nobody else has sent meanwhile, and what is sent twice has the same id.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::journal::{self, Journal};

/// Another node sends when this one was silent for so long.
const LASTS: Duration = Duration::from_secs(5);
const RENEW_AFTER: Duration = Duration::from_secs(1);

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

    /// Whether a try may begin now.
    pub(super) fn holds(&self) -> bool {
        self.since().is_some_and(|since| since.elapsed() < LASTS)
    }

    fn since(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
