//! A campaign: new -> pending -> running <-> paused -> completed | failed -> removed.
//! It holds nobody it calls: each is a target of its own (`target.rs`), and how far all have come is a screen's.
//! When it is over, a policy tells it; when something is wrong, it is paused with the reason.

use std::num::NonZeroU32;

use chrono::{DateTime, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::decimal::Rate;
use crate::fact::{self, Position, Recorded};
use crate::language::Language;
use crate::personal::Seal;
use crate::policy::breaker;
use crate::policy::pacing::{Budget, Priority};
use crate::rules::{Changes, PackName};
use crate::zone::Zone;

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Create {
        id: Uuid,
        plan: Box<Plan>,
        at: DateTime<Utc>,
    },
    Change {
        plan: Box<Plan>,
        at: DateTime<Utc>,
    },
    /// So many joined who were not there yet.
    Enlist {
        count: u32,
        at: DateTime<Utc>,
    },
    /// How many are in it, and how many of them may still be called.
    Start {
        contacts: u32,
        open: u32,
        at: DateTime<Utc>,
    },
    Pause {
        why: Why,
        at: DateTime<Utc>,
    },
    Complete {
        at: DateTime<Utc>,
    },
    Fail {
        reason: String,
        at: DateTime<Utc>,
    },
    Remove {
        at: DateTime<Utc>,
    },
    /// Nothing happens; whoever asks sees how it stands.
    Look,
}

/// What somebody wants of a campaign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub kind: Kind,
    #[serde(default)]
    pub settings: Settings,
}

/// What a campaign is for. The names are the wire's and the journal's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    General,
    DebtCollection,
    Survey,
    Reminder,
    Marketing,
    CustomerService,
}

/// How it dials. What is left out is the organization's, or not limited.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// A pack whose rules hold beside the organization's: the stricter of each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules_pack: Option<PackName>,
    /// What is to be stricter than the organization's rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Changes>,
    /// Whose clock holds where neither the contact nor the number tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<NonZeroU32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls_per_second: Option<Rate>,
    pub priority: Priority,
    pub budget: Budget,
    pub breaker: breaker::Limits,
}

/// Lines where a campaign does not say how many.
const LINES: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

impl Settings {
    /// How many calls there may be at once.
    pub fn lines(&self) -> NonZeroU32 {
        self.concurrency.unwrap_or(LINES)
    }
}

/// Why a campaign stands still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    Asked,
    /// The agent fails too often.
    Breaker(breaker::Tripped),
    /// What may be used up is used up.
    Budget {
        figures: String,
    },
    /// It comes from a backup that ended there: whom it called since nobody here knows.
    Restored {
        position: Position,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Created { id: Uuid, plan: Box<Plan>, at: DateTime<Utc> },
    Changed { plan: Box<Plan>, at: DateTime<Utc> },
    Enlisted { count: u32, at: DateTime<Utc> },
    Started { at: DateTime<Utc> },
    Paused { why: Why, at: DateTime<Utc> },
    Completed { at: DateTime<Utc> },
    Failed { reason: String, at: DateTime<Utc> },
    Removed { at: DateTime<Utc> },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such campaign")]
    Unknown,
    #[error("the campaign exists already")]
    AlreadyThere,
    #[error("the campaign has no contacts")]
    Empty,
    #[error("nobody is left to be called in the campaign")]
    NothingLeft,
    #[error("the campaign is not running")]
    NotRunning,
    #[error("the campaign is running; stop it first")]
    Running,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    #[default]
    New,
    Pending,
    Running,
    Paused,
    Completed,
    Failed,
    Removed,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Campaign {
    phase: Phase,
    id: Uuid,
    plan: Option<Plan>,
}

impl Campaign {
    pub fn phase(&self) -> Phase {
        self.phase
    }

    pub fn plan(&self) -> Option<&Plan> {
        self.plan.as_ref()
    }

    /// One arm a rule; what is said twice is accepted without effect.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (self.phase, command) {
            (Phase::New, Command::Create { id, plan, at }) => Ok(vec![Event::Created { id, plan, at }]),
            (_, Command::Create { id, .. }) if id == self.id && self.phase != Phase::Removed => Ok(vec![]),
            (_, Command::Create { .. }) => Err(Error::AlreadyThere),

            (Phase::Removed, Command::Remove { .. }) => Ok(vec![]),
            (Phase::New | Phase::Removed, _) => Err(Error::Unknown),
            (_, Command::Look) => Ok(vec![]),

            (_, Command::Change { plan, .. }) if self.plan.as_ref() == Some(&*plan) => Ok(vec![]),
            (_, Command::Change { plan, at }) => Ok(vec![Event::Changed { plan, at }]),
            (_, Command::Enlist { count: 0, .. }) => Ok(vec![]),
            (_, Command::Enlist { count, at }) => Ok(vec![Event::Enlisted { count, at }]),

            (Phase::Running, Command::Start { .. }) => Ok(vec![]),
            (_, Command::Start { contacts: 0, .. }) => Err(Error::Empty),
            (Phase::Completed, Command::Start { open: 0, .. }) => Err(Error::NothingLeft),
            (
                Phase::Pending | Phase::Paused | Phase::Completed | Phase::Failed,
                Command::Start { at, .. },
            ) => Ok(vec![Event::Started { at }]),

            (Phase::Running, Command::Pause { why, at }) => Ok(vec![Event::Paused { why, at }]),
            (Phase::Paused, Command::Pause { .. }) => Ok(vec![]),
            (Phase::Pending | Phase::Completed | Phase::Failed, Command::Pause { .. }) => {
                Err(Error::NotRunning)
            }

            (Phase::Running, Command::Complete { at }) => Ok(vec![Event::Completed { at }]),
            (Phase::Pending | Phase::Paused | Phase::Completed | Phase::Failed, Command::Complete { .. }) => {
                Ok(vec![])
            }

            (Phase::Running | Phase::Paused, Command::Fail { reason, at }) => {
                Ok(vec![Event::Failed { reason, at }])
            }
            (Phase::Pending | Phase::Completed | Phase::Failed, Command::Fail { .. }) => Ok(vec![]),

            (Phase::Running, Command::Remove { .. }) => Err(Error::Running),
            (Phase::Pending | Phase::Paused | Phase::Completed | Phase::Failed, Command::Remove { at }) => {
                Ok(vec![Event::Removed { at }])
            }
        }
    }
}

impl Kind {
    pub const ALL: [Self; 6] = [
        Self::General,
        Self::DebtCollection,
        Self::Survey,
        Self::Reminder,
        Self::Marketing,
        Self::CustomerService,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::General => "GENERAL",
            Self::DebtCollection => "DEBT_COLLECTION",
            Self::Survey => "SURVEY",
            Self::Reminder => "REMINDER",
            Self::Marketing => "MARKETING",
            Self::CustomerService => "CUSTOMER_SERVICE",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The documented Uzbek text, or what it means in another language.
    pub fn description(self, language: Language) -> &'static str {
        language.of(match self {
            Self::General => ["Umumiy maqsadlar", "Умумий мақсадлар", "Общие цели", "General purposes"],
            Self::DebtCollection => ["Qarz yig'ish", "Қарз йиғиш", "Взыскание долгов", "Debt collection"],
            Self::Survey => ["So'rovnoma", "Сўровнома", "Опрос", "Survey"],
            Self::Reminder => ["Xatirlatma", "Хатирлатма", "Напоминание", "Reminder"],
            Self::Marketing => ["Marketing", "Маркетинг", "Маркетинг", "Marketing"],
            Self::CustomerService => {
                ["Mijozlar xizmati", "Мижозлар хизмати", "Обслуживание клиентов", "Customer service"]
            }
        })
    }
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Created { .. } => "created",
            Self::Changed { .. } => "changed",
            Self::Enlisted { .. } => "enlisted",
            Self::Started { .. } => "started",
            Self::Paused { .. } => "paused",
            Self::Completed { .. } => "completed",
            Self::Failed { .. } => "failed",
            Self::Removed { .. } => "removed",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Campaign {
    const TYPE: &'static str = "campaign";
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
            Event::Created { id, plan, .. } => {
                (self.phase, self.id, self.plan) = (Phase::Pending, id, Some(*plan));
            }
            Event::Changed { plan, .. } => self.plan = Some(*plan),
            // How many there are the screen counts.
            Event::Enlisted { .. } => {}
            Event::Started { .. } => self.phase = Phase::Running,
            Event::Paused { .. } => self.phase = Phase::Paused,
            Event::Completed { .. } => self.phase = Phase::Completed,
            Event::Failed { .. } => self.phase = Phase::Failed,
            Event::Removed { .. } => self.phase = Phase::Removed,
        }
    }
}

impl Recorded for Campaign {
    fn fact(event: Event) -> fact::Event {
        fact::Event::Campaign(event)
    }

    fn from_fact(event: fact::Event) -> Option<Event> {
        if let fact::Event::Campaign(event) = event { Some(event) } else { None }
    }

    fn personal(_: &mut Event) -> Option<&mut dyn Seal> {
        None
    }

    fn occurred_at(event: &Event) -> DateTime<Utc> {
        match event {
            Event::Created { at, .. }
            | Event::Changed { at, .. }
            | Event::Enlisted { at, .. }
            | Event::Started { at }
            | Event::Paused { at, .. }
            | Event::Completed { at }
            | Event::Failed { at, .. }
            | Event::Removed { at } => *at,
        }
    }
}

#[cfg(test)]
mod tests;
