//! What a contact has promised to pay: open -> kept | broken | superseded | withdrawn, and broken -> kept where the money came late.
//! One stream a contact, so that of its promises one is open at most. A promise is named by the call in which it was made.
//! How long nobody rings because of one is the person's business (`person.rs`); when it is over, whoever looks at the clock says.

use chrono::{DateTime, NaiveDate, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::conversation::{Promise, Reach, Upshot};
use crate::decimal::Amount;
use crate::fact::{self, Recorded};
use crate::language::Language;
use crate::personal::Seal;
use crate::policy::retry::Next;
use crate::target::Ending;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// It was promised in this call.
    Make {
        call: Uuid,
        campaign: Uuid,
        promise: Promise,
        /// The day it is due is over then, and a grace after it.
        until: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    /// So much came in.
    Pay { call: Uuid, amount: Amount, at: DateTime<Utc> },
    /// All of it came in, however much that was.
    Keep { call: Uuid, at: DateTime<Utc> },
    /// Another day was agreed on.
    Reschedule { call: Uuid, due: NaiveDate, until: DateTime<Utc>, at: DateTime<Utc> },
    /// Its time may be over.
    Break { call: Uuid, at: DateTime<Utc> },
    /// It never was one: somebody was misheard.
    Withdraw { call: Uuid, at: DateTime<Utc> },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Made {
        call: Uuid,
        campaign: Uuid,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
        /// The day by which, where the person is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<NaiveDate>,
        until: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    /// A part, or all there was to pay: what that makes of the promise is an event of its own.
    Paid {
        call: Uuid,
        amount: Amount,
        at: DateTime<Utc>,
    },
    Kept {
        call: Uuid,
        at: DateTime<Utc>,
    },
    Broken {
        call: Uuid,
        at: DateTime<Utc>,
    },
    Rescheduled {
        call: Uuid,
        due: NaiveDate,
        until: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    /// A later call took its place.
    Superseded {
        call: Uuid,
        by: Uuid,
        at: DateTime<Utc>,
    },
    Withdrawn {
        call: Uuid,
        at: DateTime<Utc>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such promise")]
    Unknown,
    #[error("the promise is over")]
    Over,
}

/// How a promise stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Phase {
    #[default]
    Open,
    Kept,
    Broken,
    Superseded,
    Withdrawn,
}

impl Phase {
    pub const ALL: [Self; 5] = [Self::Open, Self::Kept, Self::Broken, Self::Superseded, Self::Withdrawn];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Kept => "KEPT",
            Self::Broken => "BROKEN",
            Self::Superseded => "SUPERSEDED",
            Self::Withdrawn => "WITHDRAWN",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.as_str() == text)
    }

    pub fn description(self, language: Language) -> &'static str {
        language.of(match self {
            Self::Open => ["Kutilmoqda", "Кутилмоқда", "Ожидается", "Open"],
            Self::Kept => ["Bajarildi", "Бажарилди", "Выполнено", "Kept"],
            Self::Broken => ["Buzildi", "Бузилди", "Нарушено", "Broken"],
            Self::Superseded => ["Yangilandi", "Янгиланди", "Заменено новым", "Replaced by another"],
            Self::Withdrawn => ["Bekor qilindi", "Бекор қилинди", "Отозвано", "Withdrawn"],
        })
    }
}

/// The promise that was made last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    pub call: Uuid,
    pub campaign: Uuid,
    pub phase: Phase,
    /// Nobody rings before then because of it.
    pub until: DateTime<Utc>,
    amount: Option<Amount>,
    paid: Amount,
    due: Option<NaiveDate>,
}

/// Everything that one contact has promised.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promises {
    calls: Vec<Uuid>,
    last: Option<Last>,
}

/// What a call that ended says of promises.
pub fn heard((call, campaign): (Uuid, Uuid), ending: &Ending, at: DateTime<Utc>) -> Option<Command> {
    let Reach::Reached(Upshot::PromiseToPay(promise)) = ending.outcome.reach else { return None };
    let Next::Promised { until } = ending.next else { return None };
    Some(Command::Make { call, campaign, promise, until, at })
}

impl Promises {
    pub fn last(&self) -> Option<&Last> {
        self.last.as_ref()
    }

    /// One arm a rule; what is said twice is accepted without effect.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Make { call, .. } if self.calls.contains(&call) => Ok(vec![]),
            Command::Make { call, campaign, promise: Promise { amount, due }, until, at } => {
                let made = Event::Made { call, campaign, amount, due, until, at };
                Ok(self.replaced(call, at).into_iter().chain([made]).collect())
            }
            Command::Pay { call, amount, at } => {
                let last = self.payable(call)?;
                let enough = last.amount.is_none_or(|promised| last.paid.plus(amount) >= promised);
                let kept = (enough && last.phase != Phase::Kept).then_some(Event::Kept { call, at });
                Ok([Event::Paid { call, amount, at }].into_iter().chain(kept).collect())
            }
            Command::Keep { call, at } => match self.payable(call)?.phase {
                Phase::Kept => Ok(vec![]),
                Phase::Open | Phase::Broken | Phase::Superseded | Phase::Withdrawn => {
                    Ok(vec![Event::Kept { call, at }])
                }
            },
            Command::Reschedule { call, due, until, at } => match self.newest(call)? {
                Last { phase: Phase::Open, due: Some(known), .. } if *known == due => Ok(vec![]),
                Last { phase: Phase::Open, .. } => Ok(vec![Event::Rescheduled { call, due, until, at }]),
                Last { .. } => Err(Error::Over),
            },
            Command::Break { call, at } => match self.newest(call) {
                Ok(last) if last.is_overdue(at) => Ok(vec![Event::Broken { call, at }]),
                Ok(_) | Err(Error::Over) => Ok(vec![]),
                Err(Error::Unknown) => Err(Error::Unknown),
            },
            Command::Withdraw { call, at } => match self.newest(call)?.phase {
                Phase::Withdrawn => Ok(vec![]),
                Phase::Open | Phase::Broken => Ok(vec![Event::Withdrawn { call, at }]),
                Phase::Kept | Phase::Superseded => Err(Error::Over),
            },
        }
    }

    /// What becomes of the open one when another is made: it was broken if its time is over, and else is another one now.
    fn replaced(&self, by: Uuid, at: DateTime<Utc>) -> Option<Event> {
        let open = self.last.as_ref().filter(|last| last.phase == Phase::Open)?;
        let call = open.call;
        Some(if open.is_overdue(at) {
            Event::Broken { call, at }
        } else {
            Event::Superseded { call, by, at }
        })
    }

    fn newest(&self, call: Uuid) -> Result<&Last, Error> {
        let missing = if self.calls.contains(&call) { Error::Over } else { Error::Unknown };
        self.last.as_ref().filter(|last| last.call == call).ok_or(missing)
    }

    /// Money may come late, and more of it than was promised.
    fn payable(&self, call: Uuid) -> Result<&Last, Error> {
        let last = self.newest(call)?;
        match last.phase {
            Phase::Open | Phase::Kept | Phase::Broken => Ok(last),
            Phase::Superseded | Phase::Withdrawn => Err(Error::Over),
        }
    }

    fn stand(&mut self, phase: Phase) {
        if let Some(last) = &mut self.last {
            last.phase = phase;
        }
    }
}

impl Last {
    fn is_overdue(&self, at: DateTime<Utc>) -> bool {
        self.phase == Phase::Open && at >= self.until
    }
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Made { .. } => "made",
            Self::Paid { .. } => "paid",
            Self::Kept { .. } => "kept",
            Self::Broken { .. } => "broken",
            Self::Rescheduled { .. } => "rescheduled",
            Self::Superseded { .. } => "superseded",
            Self::Withdrawn { .. } => "withdrawn",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Event {
    /// The call in which the promise was made that this is about.
    pub fn call(&self) -> Uuid {
        match self {
            Self::Made { call, .. }
            | Self::Paid { call, .. }
            | Self::Kept { call, .. }
            | Self::Broken { call, .. }
            | Self::Rescheduled { call, .. }
            | Self::Superseded { call, .. }
            | Self::Withdrawn { call, .. } => *call,
        }
    }
}

impl Aggregate for Promises {
    const TYPE: &'static str = "promise";
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
            Event::Made { call, campaign, amount, due, until, .. } => {
                let (phase, paid) = (Phase::Open, Amount::default());
                self.calls.push(call);
                self.last = Some(Last { call, campaign, phase, until, amount, paid, due });
            }
            Event::Paid { amount, .. } => {
                if let Some(last) = &mut self.last {
                    last.paid = last.paid.plus(amount);
                }
            }
            Event::Kept { .. } => self.stand(Phase::Kept),
            Event::Broken { .. } => self.stand(Phase::Broken),
            Event::Rescheduled { due, until, .. } => {
                if let Some(last) = &mut self.last {
                    (last.due, last.until) = (Some(due), until);
                }
            }
            Event::Superseded { .. } => self.stand(Phase::Superseded),
            Event::Withdrawn { .. } => self.stand(Phase::Withdrawn),
        }
    }
}

impl Recorded for Promises {
    fn fact(event: Event) -> fact::Event {
        fact::Event::Promise(event)
    }

    fn from_fact(event: fact::Event) -> Option<Event> {
        if let fact::Event::Promise(event) = event { Some(event) } else { None }
    }

    fn personal(_: &mut Event) -> Option<&mut dyn Seal> {
        None
    }

    fn occurred_at(event: &Event) -> DateTime<Utc> {
        match event {
            Event::Made { at, .. }
            | Event::Paid { at, .. }
            | Event::Kept { at, .. }
            | Event::Broken { at, .. }
            | Event::Rescheduled { at, .. }
            | Event::Superseded { at, .. }
            | Event::Withdrawn { at, .. } => *at,
        }
    }
}

#[cfg(test)]
mod tests;
