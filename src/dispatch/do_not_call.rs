//! Do-not-call lists: each organization's own, and the one that holds for all of them. What is on a list is said by the numbers'
//! own streams, whatever the screen shows by now; a contact that has a number is marked and freed together with it.

use chrono::{DateTime, Utc};
use domain::contact::{self, Contact, Status};
use domain::fact::Position;
use domain::ids::{Fingerprint, Organization, StreamId};
use domain::person::{self, Person, Wish};
use domain::phone::Phone;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::contacts::{Answer, Refusal, TRIES_MAX, say, stored, unread};
use super::together::{Drawn, Together};
use super::{Dispatch, Failure, Meta};
use crate::journal::Refused;

/// Stored together. Diallers write to the same numbers all the time: of more than these, one would have changed before all are read.
const TOGETHER: usize = 200;
const READ_AT_ONCE: usize = 16;

/// Whose list is to be another one, and who asks.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `Organization::everyone` where it is the one that holds for all.
    pub list: Organization,
    pub at: DateTime<Utc>,
    pub meta: Meta,
}

/// What is put on a list by hand. Each number stands here once.
#[derive(Debug, Clone)]
pub struct Numbers {
    pub phones: Vec<Phone>,
    pub note: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub struct Added {
    /// The others were there already.
    pub added: usize,
    pub position: Position,
}

/// By whose wish a number is on its organization's own list, and on the one that holds for all.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    pub own: Option<Wish>,
    pub global: Option<Wish>,
}

/// A number, and the contact that has it.
struct Pair {
    person: Fingerprint,
    number: Drawn<Person>,
    contact: Option<Drawn<Contact>>,
}

impl Dispatch {
    /// Whose lists have a number at this very moment.
    pub async fn standing(&self, organization: &Organization, phone: &Phone) -> Answer<Standing> {
        let (own, global) = self.number_with_list(organization, phone).await.map_err(unread)?;
        Ok(Standing { own: own.state.opted_out_by(), global })
    }

    /// Whether the list that holds for all has a number.
    pub(super) async fn is_listed_for_everyone(&self, phone: &Phone) -> Result<bool, Refused> {
        let list = Organization::everyone();
        let stream = StreamId::person(&list, &self.fingerprint(&list, phone));
        Ok(self.draw::<Person>(stream).await?.state.opted_out())
    }

    /// A number within its organization, and by whose wish it is on the list that holds for all.
    pub(super) async fn number_with_list(
        &self,
        organization: &Organization,
        phone: &Phone,
    ) -> Result<(Drawn<Person>, Option<Wish>), Refused> {
        let stream = |list| StreamId::person(list, &self.fingerprint(list, phone));
        let both = (stream(organization), stream(&Organization::everyone()));
        let (own, everyone) = self.draw_both::<Person, Person>(both).await?;
        Ok((own, everyone.state.opted_out_by()))
    }

    /// Asked again after a failure in between, those who are on the list already stay as they are.
    pub async fn forbid(&self, asked: &Asked, numbers: &Numbers) -> Answer<Added> {
        let (mut all, note) = (Added { added: 0, position: self.position() }, numbers.note.as_ref());
        for phones in numbers.phones.chunks(TOGETHER) {
            if let Some(some) = self.forbid_some(asked, phones, note).await? {
                all = Added { added: all.added + some.added, position: some.position };
                continue;
            }
            // Somebody wrote to one of them meanwhile, and may do so again: one by itself is read and stored in no time.
            for phone in phones.chunks(1) {
                let one = self.forbid_one(asked, phone, note).await?;
                all = Added { added: all.added + one.added, position: one.position };
            }
        }
        Ok(all)
    }

    async fn forbid_one(&self, asked: &Asked, phone: &[Phone], note: Option<&String>) -> Answer<Added> {
        for _ in 0..TRIES_MAX {
            if let Some(one) = self.forbid_some(asked, phone, note).await? {
                return Ok(one);
            }
        }
        Err(Failure::Conflict)
    }

    /// None where somebody else was faster.
    async fn forbid_some(
        &self,
        asked: &Asked,
        phones: &[Phone],
        note: Option<&String>,
    ) -> Answer<Option<Added>> {
        let persons = phones.iter().map(|phone| self.fingerprint(&asked.list, phone));
        let read = stream::iter(persons.map(|person| self.pair(asked, person))).buffered(READ_AT_ONCE);
        let pairs: Vec<Pair> = read.try_collect().await?;
        let (mut unit, mut added) = (self.together(asked.meta.clone()), 0);
        for (phone, mut pair) in phones.iter().zip(pairs) {
            let number = person::Number { phone: phone.as_str().to_owned(), note: note.cloned() };
            added += usize::from(pair.forbid(&mut unit, number, asked.at)?);
        }
        Ok(stored(unit).await?.map(|position| Added { added, position }))
    }

    /// Takes a number off a list, whoever put it there.
    pub async fn allow(&self, asked: &Asked, person: Fingerprint) -> Answer<Position> {
        for _ in 0..TRIES_MAX {
            let mut pair = self.pair(asked, person).await?;
            let mut unit = self.together(asked.meta.clone());
            pair.allow(&mut unit, asked.at)?;
            if let Some(position) = stored(unit).await? {
                return Ok(position);
            }
        }
        Err(Failure::Conflict)
    }

    async fn pair(&self, asked: &Asked, person: Fingerprint) -> Answer<Pair> {
        let stream = StreamId::person(&asked.list, &person);
        let number = self.draw::<Person>(stream).await.map_err(unread)?;
        let contact = match number.state.contact() {
            Some(contact) => Some(self.draw(StreamId::contact(&asked.list, contact)).await.map_err(unread)?),
            None => None,
        };
        Ok(Pair { person, number, contact })
    }
}

impl Pair {
    /// False where it was said before.
    fn forbid(&mut self, unit: &mut Together, number: person::Number, at: DateTime<Utc>) -> Answer<bool> {
        if self.number.state.opted_out() {
            return Ok(false);
        }
        let out = person::Command::OptOut { by: Wish::Hand, number, at };
        say(unit, &mut self.number, Some(self.person), out)?;
        self.mark(unit, Status::DoNotCall, at)?;
        Ok(true)
    }

    fn allow(&mut self, unit: &mut Together, at: DateTime<Utc>) -> Answer<()> {
        if !self.number.state.opted_out() {
            return Err(Failure::Refused(Refusal::NotListed));
        }
        say(unit, &mut self.number, None, person::Command::OptIn { at })?;
        let marked =
            self.contact.as_ref().is_some_and(|known| known.state.status() == Some(Status::DoNotCall));
        if marked { self.mark(unit, Status::Active, at) } else { Ok(()) }
    }

    fn mark(&mut self, unit: &mut Together, status: Status, at: DateTime<Utc>) -> Answer<()> {
        match &mut self.contact {
            // One that was removed since its number was read: what is stored now would be refused as a conflict.
            Some(contact) if contact.state.status().is_some() => {
                say(unit, contact, None, contact::Command::SetStatus { status, at })
            }
            Some(_) | None => Ok(()),
        }
    }
}
