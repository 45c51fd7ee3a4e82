//! Commands that their senders gave a name: whoever is not sure of having been heard says it again, and nothing happens twice.
//! The journal remembers the name with what the command stored; this asks before anything is decided.

use std::convert::Infallible;

use domain::fact::Position;
use domain::ids::{Organization, StreamId};
use uuid::Uuid;

use super::{CommandId, Dispatch, Failure};
use crate::journal::chain;
use crate::journal::feed::Reading;

/// What came of a command that was carried out before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    pub position: Position,
    /// Of its first event.
    pub stream: Option<StreamId>,
}

impl Dispatch {
    /// `asked` is all that the command asks for: under one name there is one.
    pub fn named(&self, organization: &Organization, name: &str, asked: &str) -> CommandId {
        let body = self.journal.keyring().command(organization, asked);
        CommandId { id: hashed(name), body }
    }

    pub async fn earlier(
        &self,
        organization: &Organization,
        command: &CommandId,
    ) -> Result<Option<Earlier>, Failure<Infallible>> {
        let found = self.journal.carried_out(organization, command).await;
        let Some(appended) = found.map_err(super::keeper::failure)? else { return Ok(None) };
        let before = appended.first.saturating_sub(1);
        let page = self.journal.facts(before, 1, Reading::Sealed).await;
        let page = page.map_err(|why| Failure::Unavailable(why.to_string()))?;
        let first = page.facts.iter().find(|fact| fact.position == appended.first);
        Ok(Some(Earlier { position: appended.last, stream: first.map(|fact| fact.stream.clone()) }))
    }
}

/// What a command makes is called after it, so that there is one of it, whoever is asked first.
pub fn made(organization: &Organization, command: &CommandId) -> Uuid {
    hashed(&format!("{organization}/{}", command.id))
}

/// The same id for the same text, here and anywhere.
pub fn hashed(text: &str) -> Uuid {
    let mut id = [0; 16];
    id.iter_mut().zip(chain::of(text.as_bytes())).for_each(|(to, from)| *to = from);
    uuid::Builder::from_custom_bytes(id).into_uuid()
}
