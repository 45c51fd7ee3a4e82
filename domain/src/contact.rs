//! Somebody who may be called: new -> active | inactive | completed | do not call -> removed; forgotten at any time, and for good.
//! That a number belongs to one contact alone is the number's own business (`person.rs`); what came of calls is a target's.

use chrono::{DateTime, NaiveDate, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::fact::{self, Recorded};
use crate::ids::Fingerprint;
use crate::language::Language;
use crate::personal::{Personal, Seal};

/// Characters of a first or a last name.
pub const NAME_LEN_MAX: usize = 200;
pub const NOTES_LEN_MAX: usize = 10_000;
/// Characters of why somebody was forgotten.
pub const REASON_LEN_MAX: usize = 500;
/// Bytes of the custom data, as JSON is written without blanks.
pub const CUSTOM_LEN_MAX: usize = 64 << 10;
/// Nobody is older.
pub const OLDEST: NaiveDate = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap();

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Create {
        id: Uuid,
        details: Details,
        /// The upload that it came with.
        import: Option<Uuid>,
        at: DateTime<Utc>,
    },
    /// What is known of it from now on. A number that is not the one before belongs to another person.
    Change {
        details: Details,
        at: DateTime<Utc>,
    },
    SetStatus {
        status: Status,
        at: DateTime<Utc>,
    },
    Remove {
        at: DateTime<Utc>,
    },
    /// Nothing of the person is to be left anywhere. One who was removed is still in the journal, and is forgotten like any other.
    Forget {
        /// Every number that the contact ever had and that is nobody else's.
        numbers: Vec<Fingerprint>,
        /// Kept in clear, so that it must not name anybody.
        reason: Option<String>,
        at: DateTime<Utc>,
    },
    /// It was said of them in a journal that knew more than this one, which was restored from a backup: of numbers that are not forgotten
    /// here, and of contacts that were not there yet.
    ForgetAgain {
        numbers: Vec<Fingerprint>,
        reason: Option<String>,
        at: DateTime<Utc>,
    },
    /// Nothing happens; whoever asks sees how it stands.
    Look,
}

/// Everything about a contact that is about a person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Details {
    pub first_name: String,
    pub last_name: String,
    /// E.164.
    pub phone: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<NaiveDate>,
    /// Any JSON: what the agent is to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_data: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// What came of the last conversation, in somebody's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_outcome: Option<String>,
    /// Where the person lives, as the time zone database calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// Whether a contact is to be called. The names are the wire's and the journal's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    #[default]
    Active,
    Inactive,
    Completed,
    DoNotCall,
}

impl Status {
    pub const ALL: [Self; 4] = [Self::Active, Self::Inactive, Self::Completed, Self::DoNotCall];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Inactive => "INACTIVE",
            Self::Completed => "COMPLETED",
            Self::DoNotCall => "DO_NOT_CALL",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// The documented Uzbek text, or what it means in another language.
    pub fn description(self, language: Language) -> &'static str {
        language.of(match self {
            Self::Active => [
                "Faol kontakt, qo'ng'iroq qilish mumkin",
                "Фаол контакт, қўнғироқ қилиш мумкин",
                "Активный контакт, можно звонить",
                "Active contact, may be called",
            ],
            Self::Inactive => ["Faol emas", "Фаол эмас", "Не активен", "Not active"],
            Self::Completed => [
                "Maqsadga erishildi (masalan, qarz to'landi)",
                "Мақсадга эришилди (масалан, қарз тўланди)",
                "Цель достигнута (например, долг погашен)",
                "Goal reached (for example, the debt is paid)",
            ],
            Self::DoNotCall => {
                ["Qo'ng'iroq qilmaslik kerak", "Қўнғироқ қилмаслик керак", "Не звонить", "Do not call"]
            }
        })
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Created {
        id: Uuid,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        import: Option<Uuid>,
        at: DateTime<Utc>,
        personal: Personal<Details>,
    },
    /// Everything anew, so that forgetting a person leaves nothing of it under somebody else's key.
    Changed {
        at: DateTime<Utc>,
        personal: Personal<Details>,
    },
    StatusSet {
        status: Status,
        at: DateTime<Utc>,
    },
    Removed {
        at: DateTime<Utc>,
    },
    /// What was sealed for these numbers up to here is to be read by nobody any more.
    Forgotten {
        numbers: Vec<Fingerprint>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        at: DateTime<Utc>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such contact")]
    Unknown,
    #[error("the contact exists already")]
    AlreadyThere,
    #[error("the person was forgotten")]
    Forgotten,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    phase: Phase,
    id: Uuid,
    status: Status,
    details: Details,
    /// The numbers of whom nothing is known any more.
    #[serde(default)]
    forgotten: Option<Vec<Fingerprint>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    #[default]
    New,
    There,
    Removed,
}

impl Contact {
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// None where there is no such contact, or not any more.
    pub fn status(&self) -> Option<Status> {
        (self.phase == Phase::There).then_some(self.status)
    }

    pub fn details(&self) -> &Details {
        &self.details
    }

    /// The numbers with which the person was forgotten; none where nobody was.
    pub fn forgotten(&self) -> Option<&[Fingerprint]> {
        self.forgotten.as_deref()
    }

    /// One arm a rule; what is said twice is accepted without effect.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (self.phase, command) {
            (Phase::New, Command::Create { .. }) if self.forgotten.is_some() => Err(Error::Forgotten),
            (Phase::New, Command::Create { id, details, import, at }) => {
                Ok(vec![Event::Created { id, import, at, personal: Personal::Clear(details) }])
            }
            (Phase::There, Command::Create { id, details, .. })
                if (id, &details) == (self.id, &self.details) =>
            {
                Ok(vec![])
            }
            (_, Command::Create { .. }) => Err(Error::AlreadyThere),

            (Phase::New, Command::Forget { .. }) => Err(Error::Unknown),
            (_, Command::Forget { .. }) if self.forgotten.is_some() => Ok(vec![]),
            (_, Command::Forget { numbers, reason, at }) => {
                Ok(vec![Event::Forgotten { numbers, reason, at }])
            }
            (_, Command::ForgetAgain { numbers, reason, at }) => {
                let known = self.forgotten.as_deref();
                let is_news = |number: &Fingerprint| !known.is_some_and(|known| known.contains(number));
                let numbers: Vec<Fingerprint> = numbers.into_iter().filter(is_news).collect();
                let said_before = known.is_some() && numbers.is_empty();
                Ok(if said_before { vec![] } else { vec![Event::Forgotten { numbers, reason, at }] })
            }

            (Phase::Removed, Command::Remove { .. }) => Ok(vec![]),
            (Phase::New | Phase::Removed, _) => Err(Error::Unknown),

            // Whoever it is from now on is a new contact.
            (Phase::There, Command::Change { .. } | Command::SetStatus { .. })
                if self.forgotten.is_some() =>
            {
                Err(Error::Forgotten)
            }

            (Phase::There, Command::Change { details, .. }) if details == self.details => Ok(vec![]),
            (Phase::There, Command::Change { details, at }) => {
                Ok(vec![Event::Changed { at, personal: Personal::Clear(details) }])
            }
            (Phase::There, Command::SetStatus { status, .. }) if status == self.status => Ok(vec![]),
            (Phase::There, Command::SetStatus { status, at }) => Ok(vec![Event::StatusSet { status, at }]),
            (Phase::There, Command::Remove { at }) => Ok(vec![Event::Removed { at }]),
            (Phase::There, Command::Look) => Ok(vec![]),
        }
    }

    /// What a person who was forgotten leaves is nobody.
    fn know(&mut self, personal: &Personal<Details>) {
        self.details = personal.clear().cloned().unwrap_or_default();
    }
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Created { .. } => "created",
            Self::Changed { .. } => "changed",
            Self::StatusSet { .. } => "status_set",
            Self::Removed { .. } => "removed",
            Self::Forgotten { .. } => "forgotten",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Contact {
    const TYPE: &'static str = "contact";
    type Command = Command;
    type Event = Event;
    type Error = Error;
    type Services = ();

    async fn handle(&mut self, command: Command, (): &(), sink: &EventSink<Self>) -> Result<(), Error> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::Created { id, personal, .. } => {
                (self.phase, self.id) = (Phase::There, id);
                self.know(&personal);
            }
            Event::Changed { personal, .. } => self.know(&personal),
            Event::StatusSet { status, .. } => self.status = status,
            Event::Removed { .. } => {
                let (id, forgotten) = (self.id, self.forgotten.take());
                *self = Self { phase: Phase::Removed, id, forgotten, ..Self::default() };
            }
            Event::Forgotten { numbers, .. } => {
                (self.details, self.status) = (Details::default(), Status::Inactive);
                self.forgotten.get_or_insert_default().extend(numbers);
            }
        }
    }
}

impl Recorded for Contact {
    fn fact(event: Event) -> fact::Event {
        fact::Event::Contact(event)
    }

    fn from_fact(event: fact::Event) -> Option<Event> {
        if let fact::Event::Contact(event) = event { Some(event) } else { None }
    }

    fn personal(event: &mut Event) -> Option<&mut dyn Seal> {
        match event {
            Event::Created { personal, .. } | Event::Changed { personal, .. } => Some(personal),
            Event::StatusSet { .. } | Event::Removed { .. } | Event::Forgotten { .. } => None,
        }
    }

    fn occurred_at(event: &Event) -> DateTime<Utc> {
        match event {
            Event::Created { at, .. }
            | Event::Changed { at, .. }
            | Event::StatusSet { at, .. }
            | Event::Removed { at }
            | Event::Forgotten { at, .. } => *at,
        }
    }
}

#[cfg(test)]
mod tests;
