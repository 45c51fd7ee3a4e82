//! A number within an organization, whoever wants to ring it: free -> ringing -> free.
//! It belongs to one contact, it may have opted out, and it is rung by one call at a time, whatever campaign that is of.
//! What was tried is remembered here, because caps count every campaign together; what a cap is, a policy says.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::conversation::Counts;
use crate::fact::{self, Recorded};
use crate::personal::{Personal, Seal};
use crate::policy::caps::Tried;

/// No cap looks further back than this.
pub const REMEMBERED: TimeDelta = TimeDelta::days(60);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// The number becomes a contact's. Two contacts never have the same.
    Claim {
        contact: Uuid,
        at: DateTime<Utc>,
    },
    Release {
        contact: Uuid,
        at: DateTime<Utc>,
    },
    OptOut {
        by: Wish,
        number: Number,
        at: DateTime<Utc>,
    },
    OptIn {
        at: DateTime<Utc>,
    },
    /// May this call ring it now? Whether the rules allow it was looked at before, on this very state.
    Ring {
        call: Uuid,
        campaign: Uuid,
        at: DateTime<Utc>,
    },
    /// The call is over, or never was.
    LetGo {
        call: Uuid,
        counts: Counts,
        at: DateTime<Utc>,
    },
    /// What a call counts as is known after all; it had been let go as something else.
    Recount {
        call: Uuid,
        since: DateTime<Utc>,
        counts: Counts,
        at: DateTime<Utc>,
    },
    /// Nobody is rung there before then: a promise was made.
    KeepQuiet {
        until: DateTime<Utc>,
        campaign: Uuid,
        at: DateTime<Utc>,
    },
    /// The number does not exist.
    Retire {
        at: DateTime<Utc>,
    },
    /// Nothing happens; whoever asks sees how it stands.
    Look,
}

/// Who wants a number not to be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// Said in a conversation.
    Conversation,
    /// Put on the do-not-call list by hand.
    Hand,
    /// The contact was marked so.
    Contact,
}

impl Wish {
    pub const ALL: [Self; 3] = [Self::Conversation, Self::Hand, Self::Contact];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conversation => "conversation",
            Self::Hand => "hand",
            Self::Contact => "contact",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wish| wish.as_str() == text)
    }
}

/// What people see of a number that is not to be called.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    /// E.164.
    pub phone: String,
    /// Why, in somebody's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Number(***)")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Claimed {
        contact: Uuid,
        at: DateTime<Utc>,
    },
    Released {
        at: DateTime<Utc>,
    },
    OptedOut {
        by: Wish,
        at: DateTime<Utc>,
        /// None in version 1, which did not say whose number it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        personal: Option<Personal<Number>>,
    },
    OptedIn {
        at: DateTime<Utc>,
    },
    Rung {
        call: Uuid,
        campaign: Uuid,
        at: DateTime<Utc>,
    },
    LetGo {
        call: Uuid,
        counts: Counts,
        at: DateTime<Utc>,
    },
    /// It counts otherwise than it was let go with.
    Recounted {
        call: Uuid,
        since: DateTime<Utc>,
        counts: Counts,
        at: DateTime<Utc>,
    },
    KeptQuiet {
        until: DateTime<Utc>,
        campaign: Uuid,
        at: DateTime<Utc>,
    },
    Retired {
        at: DateTime<Utc>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the number is another contact's")]
    Taken { contact: Uuid },
    #[error("the number may not be called")]
    OptedOut,
    #[error("the number does not exist")]
    Retired,
    #[error("the number is being called already")]
    Ringing { call: Uuid },
}

/// A call that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    pub call: Uuid,
    pub campaign: Uuid,
    pub since: DateTime<Utc>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    contact: Option<Uuid>,
    opted_out: Option<Wish>,
    retired: bool,
    live: Option<Live>,
    quiet_until: Option<DateTime<Utc>>,
    tried: Vec<Tried>,
}

impl Person {
    pub fn contact(&self) -> Option<Uuid> {
        self.contact
    }

    pub fn opted_out(&self) -> bool {
        self.opted_out.is_some()
    }

    /// Whose wish it is that the number is not called.
    pub fn opted_out_by(&self) -> Option<Wish> {
        self.opted_out
    }

    pub fn retired(&self) -> bool {
        self.retired
    }

    pub fn live(&self) -> Option<Live> {
        self.live
    }

    pub fn quiet_until(&self) -> Option<DateTime<Utc>> {
        self.quiet_until
    }

    /// Calls that counted, the oldest first, as far back as any cap looks.
    pub fn tried(&self) -> &[Tried] {
        &self.tried
    }

    /// One arm a rule; what is said twice is accepted without effect.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Claim { contact, at } => match self.contact {
                None => Ok(vec![Event::Claimed { contact, at }]),
                Some(known) if known == contact => Ok(vec![]),
                Some(known) => Err(Error::Taken { contact: known }),
            },
            Command::Release { contact, at } => {
                Ok(if self.contact == Some(contact) { vec![Event::Released { at }] } else { vec![] })
            }
            Command::OptOut { .. } if self.opted_out() => Ok(vec![]),
            Command::OptOut { by, number, at } => {
                Ok(vec![Event::OptedOut { by, at, personal: Some(Personal::Clear(number)) }])
            }
            Command::OptIn { at } => Ok(if self.opted_out() { vec![Event::OptedIn { at }] } else { vec![] }),
            Command::Ring { call, campaign, at } => self.ring(call, campaign, at),
            Command::LetGo { call, counts, at } => {
                let ours = self.live.is_some_and(|live| live.call == call);
                Ok(if ours { vec![Event::LetGo { call, counts, at }] } else { vec![] })
            }
            Command::Recount { call, since, counts, at } => {
                let known = self.tried.iter().find(|tried| tried.at == since).map(|tried| tried.spoke);
                let same = known == counts.spoke();
                Ok(if same { vec![] } else { vec![Event::Recounted { call, since, counts, at }] })
            }
            Command::KeepQuiet { until, campaign, at } => {
                let known = self.quiet_until.is_some_and(|known| known == until);
                Ok(if known { vec![] } else { vec![Event::KeptQuiet { until, campaign, at }] })
            }
            Command::Retire { at } => Ok(if self.retired { vec![] } else { vec![Event::Retired { at }] }),
            Command::Look => Ok(vec![]),
        }
    }

    fn ring(&self, call: Uuid, campaign: Uuid, at: DateTime<Utc>) -> Result<Vec<Event>, Error> {
        match self.live {
            Some(live) if live.call == call => Ok(vec![]),
            Some(live) => Err(Error::Ringing { call: live.call }),
            None if self.opted_out() => Err(Error::OptedOut),
            None if self.retired => Err(Error::Retired),
            None => Ok(vec![Event::Rung { call, campaign, at }]),
        }
    }

    /// It counts from when it began to ring, which is when somebody was disturbed.
    fn count(&mut self, since: DateTime<Utc>, counts: Counts) {
        let Some(spoke) = counts.spoke() else { return };
        self.tried.retain(|tried| since - tried.at <= REMEMBERED);
        let at = self.tried.partition_point(|tried| tried.at <= since);
        self.tried.insert(at, Tried { at: since, spoke });
    }
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Claimed { .. } => "claimed",
            Self::Released { .. } => "released",
            Self::OptedOut { .. } => "opted_out",
            Self::OptedIn { .. } => "opted_in",
            Self::Rung { .. } => "rung",
            Self::LetGo { .. } => "let_go",
            Self::Recounted { .. } => "recounted",
            Self::KeptQuiet { .. } => "kept_quiet",
            Self::Retired { .. } => "retired",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        let version = if matches!(self, Self::OptedOut { .. }) { "2" } else { "1" };
        version.to_owned()
    }
}

impl Aggregate for Person {
    const TYPE: &'static str = "person";
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
            Event::Claimed { contact, .. } => self.contact = Some(contact),
            Event::Released { .. } => self.contact = None,
            Event::OptedOut { by, .. } => self.opted_out = Some(by),
            Event::OptedIn { .. } => self.opted_out = None,
            Event::Rung { call, campaign, at } => self.live = Some(Live { call, campaign, since: at }),
            Event::LetGo { counts, .. } => {
                if let Some(live) = self.live.take() {
                    self.count(live.since, counts);
                }
            }
            Event::Recounted { since, counts, .. } => {
                if let Some(known) = self.tried.iter().position(|tried| tried.at == since) {
                    self.tried.remove(known);
                }
                self.count(since, counts);
            }
            Event::KeptQuiet { until, .. } => self.quiet_until = Some(until),
            Event::Retired { .. } => self.retired = true,
        }
    }
}

impl Recorded for Person {
    fn fact(event: Event) -> fact::Event {
        fact::Event::Person(event)
    }

    fn from_fact(event: fact::Event) -> Option<Event> {
        if let fact::Event::Person(event) = event { Some(event) } else { None }
    }

    fn personal(event: &mut Event) -> Option<&mut dyn Seal> {
        match event {
            Event::OptedOut { personal: Some(personal), .. } => Some(personal),
            Event::OptedOut { personal: None, .. }
            | Event::Claimed { .. }
            | Event::Released { .. }
            | Event::OptedIn { .. }
            | Event::Rung { .. }
            | Event::LetGo { .. }
            | Event::Recounted { .. }
            | Event::KeptQuiet { .. }
            | Event::Retired { .. } => None,
        }
    }

    fn occurred_at(event: &Event) -> DateTime<Utc> {
        match event {
            Event::Claimed { at, .. }
            | Event::Released { at }
            | Event::OptedOut { at, .. }
            | Event::OptedIn { at }
            | Event::Rung { at, .. }
            | Event::LetGo { at, .. }
            | Event::Recounted { at, .. }
            | Event::KeptQuiet { at, .. }
            | Event::Retired { at } => *at,
        }
    }
}

#[cfg(test)]
mod tests;
