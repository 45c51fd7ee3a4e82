//! Commands that have a name: what became of those that were carried out, kept with what they stored.

use domain::ids::Organization;
use uuid::Uuid;

use super::chain::Hash;
use super::{Appended, CommandId, Error, Journal, Refused, Store};

/// What was asked for under a name, and where it came to stand.
pub(super) type Remembered = (Hash, Appended);

impl Journal {
    /// None where nothing was carried out under that name yet.
    pub async fn carried_out(
        &self,
        organization: &Organization,
        command: &CommandId,
    ) -> Result<Option<Appended>, Refused> {
        let found = self.remembered(organization, command.id).await;
        match found.map_err(|why| Refused::Unavailable(why.to_string()))? {
            Some((body, _)) if body != command.body => Err(Refused::CommandReused),
            found => Ok(found.map(|(_, appended)| appended)),
        }
    }

    async fn remembered(&self, organization: &Organization, id: Uuid) -> Result<Option<Remembered>, Error> {
        match &self.store {
            Store::Sqlite(store) => store.remembered(organization.clone(), id).await,
            Store::Postgres(store) => store.remembered(organization, id).await,
        }
    }
}
