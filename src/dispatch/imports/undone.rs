//! Contacts of an import that go again, unless somebody has touched them since.

use domain::contact::{self, Contact, Status};
use domain::ids::StreamId;
use domain::person::{self, Person};
use domain::phone::Phone;
use uuid::Uuid;

use super::{Answer, Importing, TRIES_MAX, say, stored, unread};
use crate::dispatch::together::Drawn;
use crate::dispatch::{Dispatch, Failure};

/// What became of some of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Undone {
    pub removed: u32,
    /// Somebody has changed them.
    pub changed: u32,
}

/// A contact and its number, as they stand.
struct Pair {
    contact: Drawn<Contact>,
    events: Vec<contact::Event>,
    number: Drawn<Person>,
}

impl Dispatch {
    /// Those that are gone already count as nothing.
    pub async fn unimport_contacts(&self, importing: &Importing, contacts: &[Uuid]) -> Answer<Undone> {
        for _ in 0..TRIES_MAX {
            let pairs = self.pairs(importing, contacts).await?;
            let (mut unit, mut undone, at) =
                (self.together(importing.meta()), Undone::default(), importing.at);
            for Pair { mut contact, events, mut number } in pairs {
                let id = contact.state.id();
                if contact.state.status().is_none() {
                    continue;
                }
                if !is_as_imported(&events, importing.import) {
                    undone.changed += 1;
                    continue;
                }
                say(&mut unit, &mut number, None, person::Command::Release { contact: id, at })?;
                say(&mut unit, &mut contact, None, contact::Command::Remove { at })?;
                undone.removed += 1;
            }
            if stored(unit).await?.is_some() {
                return Ok(undone);
            }
        }
        Err(Failure::Conflict)
    }

    async fn pairs(&self, importing: &Importing, contacts: &[Uuid]) -> Answer<Vec<Pair>> {
        let organization = &importing.organization;
        let streams = contacts.iter().map(|contact| StreamId::contact(organization, *contact)).collect();
        let contacts: Vec<(Drawn<Contact>, _)> = self.draw_all(streams).await.map_err(unread)?;
        let person = |contact: &Drawn<Contact>| {
            let phone = Phone::stored(&contact.state.details().phone);
            StreamId::person(organization, &self.fingerprint(organization, &phone))
        };
        let streams = contacts.iter().map(|(contact, _)| person(contact)).collect();
        let numbers = self.draw_all(streams).await.map_err(unread)?.into_iter().map(|(number, _)| number);
        let pair = |((contact, events), number)| Pair { contact, events, number };
        Ok(contacts.into_iter().zip(numbers).map(pair).collect())
    }
}

/// Nothing was said of it but what the import said: that it is there, and that it may not be called where that was known.
fn is_as_imported(events: &[contact::Event], import: Uuid) -> bool {
    let Some((contact::Event::Created { import: Some(known), at, .. }, rest)) = events.split_first() else {
        return false;
    };
    let marked = |event: &contact::Event| {
        let contact::Event::StatusSet { status: Status::DoNotCall, at: then } = event else { return false };
        then == at
    };
    *known == import && rest.iter().all(marked)
}
