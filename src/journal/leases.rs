//! What only one node at a time does: it holds a lease for that, and renews it well before it ends.
//! In the embedded store there is no other node, and nothing to be stored.

use std::time::Duration;

use uuid::Uuid;

use super::{Error, Journal, Store};

impl Journal {
    /// Takes or renews a lease; false while it is somebody else's.
    pub async fn lease(&self, name: &'static str, owner: Uuid, lasts: Duration) -> Result<bool, Error> {
        match &self.store {
            Store::Sqlite(_) => Ok(true),
            Store::Postgres(store) => store.lease(name, owner, lasts).await,
        }
    }
}
