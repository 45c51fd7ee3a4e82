//! What can be proved to others: checkpoints that are signed, the keys they are signed with, and the evidence about one thing.
//! Which events tell of it is not decided here.

use super::reports::Error;
use crate::journal::evidence;
use crate::journal::signer::Signer;

pub use crate::journal::evidence::{About, Evidence, Unproven};
pub use crate::journal::signer::Unsigned;
pub use crate::journal::signing::{Checkpoint, KeyRecord};

/// The cheap handle.
#[derive(Debug, Clone)]
pub struct Proof(Signer);

impl Proof {
    pub fn new(signer: Signer) -> Self {
        Self(signer)
    }

    /// Signs everything that is recorded by now; none where that is nothing.
    pub async fn sign(&self) -> Result<Option<Checkpoint>, Unsigned> {
        self.0.sign().await
    }

    /// Those below a number, the newest first, at most `limit`.
    pub async fn checkpoints(&self, below: u64, limit: usize) -> Result<Vec<Checkpoint>, Error> {
        Ok(self.0.journal().checkpoints_before(below, limit).await?)
    }

    pub async fn keys(&self) -> Result<Vec<KeyRecord>, Error> {
        Ok(self.0.journal().signing_keys().await?)
    }

    pub async fn evidence(&self, about: About) -> Result<Evidence, Unproven> {
        evidence::of(&self.0, about).await
    }
}
