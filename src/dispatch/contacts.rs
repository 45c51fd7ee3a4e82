//! Contacts and their numbers, which are changed together: a number belongs to one contact, and whoever is not to be called
//! is marked at both. Which of two that want the same number has it, the streams' versions decide.

use chrono::{DateTime, Utc};
use domain::contact::{self, Contact, Details, Status};
use domain::fact::Position;
use domain::ids::{Fingerprint, Organization, StreamId};
use domain::person::{self, Person, Wish};
use domain::phone::Phone;
use uuid::Uuid;

use super::seen::{Seen, Version};
use super::together::{Drawn, Together};
use super::{Dispatch, Failure, Meta};
use crate::journal::Refused;

/// Somebody else wrote first: looked at again, this often in all.
pub(super) const TRIES_MAX: usize = 5;

/// Why a contact is not as it was wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Contact(#[from] contact::Error),
    #[error(transparent)]
    Number(#[from] person::Error),
    #[error("the number is on the do-not-call list, and not by this contact's doing")]
    Listed { number: Fingerprint },
    #[error("the number is on the do-not-call list that holds for every organization")]
    ListedForEveryone,
    #[error("the number is not on the list")]
    NotListed,
}

/// A contact as it stands now.
#[derive(Debug)]
pub struct Stored {
    pub contact: Contact,
    pub version: u64,
    pub position: Position,
}

impl Stored {
    pub fn version(&self) -> Version {
        Version { number: self.version, position: self.position }
    }
}

/// What is wanted of a contact that is there.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub details: Option<Details>,
    pub status: Option<Status>,
}

/// Whose contact it is, and who asks.
#[derive(Debug, Clone)]
pub struct Asked {
    pub organization: Organization,
    pub contact: Uuid,
    pub at: DateTime<Utc>,
    pub meta: Meta,
}

pub(super) type Answer<T> = Result<T, Failure<Refusal>>;

impl Dispatch {
    /// Who asked not to be called has asked it whatever contact the number is of: the contact is then marked so, whatever
    /// `status` says. So has who is on the list that holds for everyone, whose mark the number itself does not bear.
    pub async fn create_contact(&self, asked: &Asked, details: Details, status: Status) -> Answer<Stored> {
        let Asked { contact: id, at, .. } = *asked;
        let everywhere = self.listed_everywhere(&details.phone).await?;
        for attempt in 0..TRIES_MAX {
            // Most numbers are new: only a conflict is worth a look.
            let mut number = self.number(asked, &details.phone, attempt > 0).await?;
            let mut contact = Drawn::<Contact>::unseen(StreamId::contact(&asked.organization, id));
            let mut unit = self.together(asked.meta.clone());
            say(&mut unit, &mut number.drawn, None, person::Command::Claim { contact: id, at })?;
            let create = contact::Command::Create { id, details: details.clone(), import: None, at };
            say(&mut unit, &mut contact, Some(number.person), create)?;
            if status == Status::DoNotCall {
                number.opt_out(&mut unit, &details.phone, at)?;
            }
            let listed = everywhere || number.drawn.state.opted_out();
            let status = if listed { Status::DoNotCall } else { status };
            say(&mut unit, &mut contact, None, contact::Command::SetStatus { status, at })?;
            if let Some(position) = stored(unit).await? {
                return Ok(Stored { version: contact.version(), contact: contact.state, position });
            }
        }
        Err(Failure::Conflict)
    }

    /// `wanted` is asked with the contact as it stands.
    pub async fn change_contact(
        &self,
        asked: &Asked,
        seen: &Seen,
        wanted: impl Fn(&Contact) -> Wanted + Send + Sync,
    ) -> Answer<Stored> {
        for _ in 0..TRIES_MAX {
            let mut contact = self.contact(asked).await?;
            contact.is_as(seen)?;
            let Wanted { details, status } = wanted(&contact.state);
            let mut unit = self.together(asked.meta.clone());
            let status = match self.rewrite(asked, &mut unit, &mut contact, details).await? {
                Some(number) if number.drawn.state.opted_out() => Some(Status::DoNotCall),
                Some(_) if self.listed_everywhere(&contact.state.details().phone).await? => {
                    let status = Status::DoNotCall;
                    say(&mut unit, &mut contact, None, contact::Command::SetStatus { status, at: asked.at })?;
                    None
                }
                // Whoever is marked marks the number that it gets.
                Some(_) => status.or_else(|| contact.state.status()),
                None => status,
            };
            self.mark(asked, &mut unit, &mut contact, status).await?;
            if let Some(position) = stored(unit).await? {
                return Ok(Stored { version: contact.version(), contact: contact.state, position });
            }
        }
        Err(Failure::Conflict)
    }

    pub async fn remove_contact(&self, asked: &Asked, seen: &Seen) -> Answer<Position> {
        let Asked { contact: id, at, .. } = *asked;
        for _ in 0..TRIES_MAX {
            let mut contact = self.contact(asked).await?;
            contact.is_as(seen)?;
            let mut number = self.number(asked, &contact.state.details().phone, true).await?;
            let mut unit = self.together(asked.meta.clone());
            say(&mut unit, &mut number.drawn, None, person::Command::Release { contact: id, at })?;
            say(&mut unit, &mut contact, None, contact::Command::Remove { at })?;
            if let Some(position) = stored(unit).await? {
                return Ok(position);
            }
        }
        Err(Failure::Conflict)
    }

    /// A number that changes is given back, and the other one taken, which is returned.
    async fn rewrite(
        &self,
        asked: &Asked,
        unit: &mut Together,
        contact: &mut Drawn<Contact>,
        details: Option<Details>,
    ) -> Answer<Option<Number>> {
        let Some(details) = details else { return Ok(None) };
        let Asked { contact: id, at, .. } = *asked;
        let before = contact.state.details().phone.clone();
        if before == details.phone {
            let person = self.fingerprint(&asked.organization, &Phone::stored(&before));
            say(unit, contact, Some(person), contact::Command::Change { details, at })?;
            return Ok(None);
        }
        let mut old = self.number(asked, &before, true).await?;
        let mut new = self.number(asked, &details.phone, true).await?;
        say(unit, &mut old.drawn, None, person::Command::Release { contact: id, at })?;
        say(unit, &mut new.drawn, None, person::Command::Claim { contact: id, at })?;
        say(unit, contact, Some(new.person), contact::Command::Change { details, at })?;
        Ok(Some(new))
    }

    /// Do-not-call is the number's own: a contact that is marked so marks its number, and one that is unmarked frees it, unless
    /// somebody else put it on the list.
    async fn mark(
        &self,
        asked: &Asked,
        unit: &mut Together,
        contact: &mut Drawn<Contact>,
        status: Option<Status>,
    ) -> Answer<()> {
        let (Some(status), at) = (status, asked.at) else { return Ok(()) };
        let was = contact.state.status();
        say(unit, contact, None, contact::Command::SetStatus { status, at })?;
        if ![was, Some(status)].contains(&Some(Status::DoNotCall)) {
            return Ok(());
        }
        let phone = contact.state.details().phone.clone();
        match (was, status, self.listed_everywhere(&phone).await?) {
            // It is said again, and the wish is not this organization's.
            (Some(Status::DoNotCall), Status::DoNotCall, true) => return Ok(()),
            (_, Status::Active | Status::Inactive | Status::Completed, true) => {
                return Err(Failure::Refused(Refusal::ListedForEveryone));
            }
            (_, _, false) | (_, Status::DoNotCall, true) => {}
        }
        let mut number = self.number(asked, &phone, true).await?;
        unit.catch_up(&mut number.drawn);
        if status == Status::DoNotCall {
            return number.opt_out(unit, &phone, at);
        }
        match number.drawn.state.opted_out_by() {
            Some(Wish::Conversation | Wish::Hand) => {
                Err(Failure::Refused(Refusal::Listed { number: number.person }))
            }
            Some(Wish::Contact) | None => say(unit, &mut number.drawn, None, person::Command::OptIn { at }),
        }
    }

    async fn listed_everywhere(&self, phone: &str) -> Answer<bool> {
        self.is_listed_for_everyone(&Phone::stored(phone)).await.map_err(unread)
    }

    async fn contact(&self, asked: &Asked) -> Answer<Drawn<Contact>> {
        let stream = StreamId::contact(&asked.organization, asked.contact);
        let drawn: Drawn<Contact> = self.draw(stream).await.map_err(unread)?;
        if drawn.state.status().is_none() {
            return Err(Failure::Refused(contact::Error::Unknown.into()));
        }
        Ok(drawn)
    }

    async fn number(&self, asked: &Asked, phone: &str, looked_at: bool) -> Answer<Number> {
        let person = self.fingerprint(&asked.organization, &Phone::stored(phone));
        let stream = StreamId::person(&asked.organization, &person);
        let drawn = if looked_at {
            self.draw(stream).await.map_err(unread)?
        } else {
            Drawn::<Person>::unseen(stream)
        };
        Ok(Number { person, drawn })
    }
}

struct Number {
    person: Fingerprint,
    drawn: Drawn<Person>,
}

impl Number {
    fn opt_out(&mut self, unit: &mut Together, phone: &str, at: DateTime<Utc>) -> Answer<()> {
        let number = person::Number { phone: phone.to_owned(), note: None };
        let command = person::Command::OptOut { by: Wish::Contact, number, at };
        say(unit, &mut self.drawn, Some(self.person), command)
    }
}

pub(super) fn say<A>(
    unit: &mut Together,
    drawn: &mut Drawn<A>,
    person: Option<Fingerprint>,
    command: A::Command,
) -> Answer<()>
where
    A: domain::fact::Recorded,
    Refusal: From<A::Error>,
{
    unit.say(drawn, person, command).map(drop).map_err(|why| why.map(Refusal::from))
}

/// None where somebody else was faster.
pub(super) async fn stored(unit: Together) -> Answer<Option<Position>> {
    match unit.store().await {
        Ok(position) => Ok(Some(position)),
        Err(Refused::Conflict) => Ok(None),
        Err(why) => Err(unread(why)),
    }
}

pub(super) fn unread(why: Refused) -> Failure<Refusal> {
    super::keeper::failure(why)
}
