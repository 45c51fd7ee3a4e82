//! What became of promises to pay, stored with the number and the contact where it concerns them. That one was made is stored with the
//! call's end (`dialling.rs`). What may become of a promise its own stream says; how long nobody rings, the number's.

use chrono::NaiveDate;
use domain::contact::{self, Contact, Status};
use domain::conversation::Promise;
use domain::decimal::Amount;
use domain::ids::{Organization, StreamId};
use domain::person::{self, Person};
use domain::phone::Phone;
use domain::policy::dialling::Terms;
use domain::policy::retry::promised_until;
use domain::promise::{self, Last, Promises};
use uuid::Uuid;

use super::contacts::Asked;
use super::seen::{Seen, Version};
use super::together::{Drawn, Together};
use super::{Dispatch, Failure};
use crate::journal::Refused;

/// Somebody else wrote first: looked at again, this often in all.
const TRIES_MAX: usize = 5;

/// What somebody says of a promise that was made in `call`.
#[derive(Debug, Clone)]
pub struct Change {
    pub call: Uuid,
    pub news: News,
    /// Whether the contact's goal is reached with it.
    pub completes: bool,
}

#[derive(Debug, Clone)]
pub enum News {
    Kept,
    Paid(Amount),
    /// Another day. The terms say by whose clock it is over, and which grace there is after it.
    Due(NaiveDate, Box<Terms>),
    /// It never was one.
    Withdrawn,
    /// Its time may be over.
    Overdue,
}

type Answer<T> = Result<T, Failure<promise::Error>>;

impl Dispatch {
    /// Where it stands then: all of a contact's promises are one stream.
    pub async fn change_promise(&self, asked: &Asked, seen: &Seen, change: &Change) -> Answer<Version> {
        for _ in 0..TRIES_MAX {
            let mut unit = self.together(asked.meta.clone());
            let mut parties = self.parties(asked, change.call).await?;
            parties.promises.is_as(seen)?;
            let command = parties.command(asked, change);
            unit.say(&mut parties.promises, None, command)?;
            self.quieten(asked, &mut unit, &parties, &change.news).await?;
            parties.complete(asked, &mut unit, change.completes)?;
            match unit.store().await {
                Ok(position) => return Ok(Version { number: parties.promises.version(), position }),
                Err(Refused::Conflict) => {}
                Err(why) => return Err(super::keeper::failure(why)),
            }
        }
        Err(Failure::Conflict)
    }

    async fn promises(&self, organization: &Organization, contact: Uuid) -> Answer<Drawn<Promises>> {
        self.draw(StreamId::promises(organization, contact)).await.map_err(super::keeper::failure)
    }

    async fn parties(&self, asked: &Asked, call: Uuid) -> Answer<Parties> {
        let promises = self.promises(&asked.organization, asked.contact).await?;
        let before = promises.state.last().filter(|last| last.call == call).cloned();
        let stream = StreamId::contact(&asked.organization, asked.contact);
        let contact = self.draw(stream).await.map_err(super::keeper::failure)?;
        Ok(Parties { promises, before, contact })
    }

    /// Nobody is rung before the new day is over, and somebody who was misheard may be rung again.
    async fn quieten(
        &self,
        asked: &Asked,
        unit: &mut Together,
        parties: &Parties,
        news: &News,
    ) -> Answer<()> {
        let (Some(before), Some(after)) = (&parties.before, parties.promises.state.last()) else {
            return Ok(());
        };
        let until = match news {
            News::Due(..) if before.until != after.until => after.until,
            News::Withdrawn if before.phase != after.phase => asked.at,
            News::Due(..) | News::Withdrawn | News::Kept | News::Paid(_) | News::Overdue => return Ok(()),
        };
        let phone = &parties.contact.state.details().phone;
        if phone.is_empty() {
            return Ok(());
        }
        let number = self.fingerprint(&asked.organization, &Phone::stored(phone));
        let stream = StreamId::person(&asked.organization, &number);
        let mut person: Drawn<Person> = self.draw(stream).await.map_err(super::keeper::failure)?;
        // Silence for another reason is none of this promise's business.
        if person.state.quiet_until() != Some(before.until) {
            return Ok(());
        }
        let quiet = person::Command::KeepQuiet { until, campaign: before.campaign, at: asked.at };
        unit.say(&mut person, None, quiet).map(drop).map_err(impossible)
    }
}

/// Whom a change concerns.
struct Parties {
    promises: Drawn<Promises>,
    /// The promise that is to change, as it stood.
    before: Option<Last>,
    contact: Drawn<Contact>,
}

impl Parties {
    fn command(&self, asked: &Asked, change: &Change) -> promise::Command {
        let (call, at) = (change.call, asked.at);
        match &change.news {
            News::Kept => promise::Command::Keep { call, at },
            News::Paid(amount) => promise::Command::Pay { call, amount: *amount, at },
            News::Withdrawn => promise::Command::Withdraw { call, at },
            News::Overdue => promise::Command::Break { call, at },
            News::Due(due, terms) => {
                let zone = terms.clock(&self.contact.state, at);
                let promise = Promise { amount: None, due: Some(*due) };
                let until = promised_until(promise, at, &terms.pack, zone);
                promise::Command::Reschedule { call, due: *due, until, at }
            }
        }
    }

    /// Whoever does not want to be called is not called for that either.
    fn complete(&mut self, asked: &Asked, unit: &mut Together, completes: bool) -> Answer<()> {
        let open = match self.contact.state.status() {
            Some(Status::Active | Status::Inactive) => true,
            Some(Status::Completed | Status::DoNotCall) | None => false,
        };
        if !completes || !open || self.contact.state.forgotten().is_some() {
            return Ok(());
        }
        let done = contact::Command::SetStatus { status: Status::Completed, at: asked.at };
        unit.say(&mut self.contact, None, done).map(drop).map_err(impossible)
    }
}

/// Nobody is refused silence, nor a contact that is there its end.
fn impossible<E: std::error::Error>(why: Failure<E>) -> Failure<promise::Error> {
    match why {
        Failure::Refused(why) => Failure::Unavailable(why.to_string()),
        Failure::Busy => Failure::Busy,
        Failure::Conflict => Failure::Conflict,
        Failure::CommandReused => Failure::CommandReused,
        Failure::TooLarge { size } => Failure::TooLarge { size },
        Failure::Unavailable(why) => Failure::Unavailable(why),
    }
}
