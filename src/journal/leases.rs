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

    /// Says that who takes effects under this name lives, and will be heard of again within that time.
    pub async fn alive(&self, owner: Uuid, lasts: Duration) -> Result<(), Error> {
        match &self.store {
            Store::Sqlite(_) => Ok(()),
            Store::Postgres(store) => store.alive(owner, lasts).await,
        }
    }

    /// What those held who are not heard of any more is due at once: to be asked about, and never to be sent again. Gives how many
    /// effects that were. For those alone who would have heard of the others.
    pub async fn bury(&self) -> Result<u64, Error> {
        match &self.store {
            Store::Sqlite(_) => Ok(0),
            Store::Postgres(store) => store.bury().await,
        }
    }
}
