//! What others must not learn, as the journal keeps it: sealed with the data key before it gets here, and never opened here.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealedSecret(String);

impl SealedSecret {
    pub fn new(sealed: String) -> Self {
        Self(sealed)
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
