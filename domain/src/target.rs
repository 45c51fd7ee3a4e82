//! One contact in one campaign: new -> waiting <-> calling -> over. That a call is wanted is stored before anybody is asked to place it;
//! how it ended is stored with when it is tried again. Whether the person may be rung is the person's business (`person.rs`),
//! and what the rules say is a policy's: both are looked at before `Dial`, on the very states that it is stored with.

mod call;
mod learning;
mod recorded;

use chrono::{DateTime, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::conversation::Outcome;
use crate::conversation::status::Status;
use crate::ids::Fingerprint;
use crate::personal::Personal;
use crate::policy::eligible::TargetView;
use crate::policy::retry::{Ended, Next, Tries};

use learning::readable;

pub use call::{Decision, Ending, Live, Past, Was, Words};

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Enlist {
        at: DateTime<Utc>,
    },
    Dial {
        call: Uuid,
        number: Fingerprint,
        at: DateTime<Utc>,
    },
    /// The agent took the call and will report.
    Accept {
        call: Uuid,
        reference: Option<String>,
        at: DateTime<Utc>,
    },
    End {
        call: Uuid,
        ending: Box<Ending>,
        at: DateTime<Utc>,
    },
    /// The call was wanted and not placed: something came in between.
    Withdraw {
        call: Uuid,
        at: DateTime<Utc>,
    },
    /// It is not called now, and why.
    Defer {
        decision: Decision,
        at: DateTime<Utc>,
    },
    /// It leaves the campaign.
    Drop {
        at: DateTime<Utc>,
    },
    /// Nothing happens; whoever asks sees how it stands.
    Look,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Enlisted {
        at: DateTime<Utc>,
    },
    /// The intent, before anybody is asked to ring.
    Dialled {
        call: Uuid,
        attempt: u32,
        /// Which number of theirs is rung, whatever number they have when the call is over.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<Fingerprint>,
        /// It had been given up for the time being, and had counted so.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        was_skipped: bool,
        at: DateTime<Utc>,
    },
    Accepted {
        call: Uuid,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
        at: DateTime<Utc>,
    },
    Ended {
        call: Uuid,
        outcome: Outcome,
        next: Next,
        at: DateTime<Utc>,
        personal: Personal<Words>,
    },
    /// More became known of a call that was over. `counted` is what it counted as, where that was the end of its calls.
    Corrected {
        call: Uuid,
        outcome: Outcome,
        /// What follows on it now; none where that is as it was, and where another call came since.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<Next>,
        /// None in version 1, which told only of calls that had been given up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        was: Option<Box<Was>>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        was_skipped: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        counted: Option<Status>,
        at: DateTime<Utc>,
        personal: Personal<Words>,
    },
    /// It was never placed; nobody was asked to ring.
    Withdrawn {
        call: Uuid,
        /// What it counts as again.
        status: Status,
        at: DateTime<Utc>,
    },
    Deferred {
        decision: Decision,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        was_skipped: bool,
        at: DateTime<Utc>,
    },
    /// It is no contact of the campaign any more. `counted` is what it counted as, where its calls were over.
    Dropped {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        counted: Option<Status>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        was_skipped: bool,
        at: DateTime<Utc>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the contact is not in the campaign")]
    Unknown,
    #[error("the contact is being called")]
    Calling { call: Uuid },
    #[error("the contact is not called any more in this campaign")]
    Over,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    #[default]
    New,
    Waiting,
    Calling(Uuid),
    Over,
    Dropped,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Target {
    phase: Phase,
    live: Option<Live>,
    calls: u32,
    tries: Tries,
    last: Option<Past>,
    /// Those before the last, and those before it left the campaign: of each more may become known.
    #[serde(default)]
    earlier: Vec<Past>,
    next: Option<Next>,
    decision: Option<Decision>,
}

impl Target {
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The call that is under way.
    pub fn live(&self) -> Option<&Live> {
        self.live.as_ref()
    }

    /// What the calls that ended came to.
    pub fn tries(&self) -> &Tries {
        &self.tries
    }

    pub fn last(&self) -> Option<&Past> {
        self.last.as_ref()
    }

    pub fn decision(&self) -> Option<&Decision> {
        self.decision.as_ref()
    }

    /// As the rules look at it.
    pub fn view(&self) -> TargetView {
        let (retry_at, callback_at) = match self.next {
            Some(Next::Again { at }) => (Some(at), None),
            Some(Next::Callback { at }) => (None, Some(at)),
            Some(Next::Promised { .. } | Next::Retired | Next::OptedOut | Next::Final) | None => (None, None),
        };
        TargetView { retry_at, callback_at }
    }

    /// Whether it may still be called, or is being called.
    pub fn is_open(&self) -> bool {
        match self.phase {
            Phase::Waiting => !self.is_skipped(),
            Phase::Calling(_) => true,
            Phase::New | Phase::Over | Phase::Dropped => false,
        }
    }

    /// Whether it waits for a change from outside.
    fn is_skipped(&self) -> bool {
        self.decision.is_some_and(|decision| decision.until.is_none())
    }

    /// One arm a rule; what is said twice is accepted without effect.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (self.phase, command) {
            (Phase::New | Phase::Dropped, Command::Enlist { at }) => Ok(vec![Event::Enlisted { at }]),
            (_, Command::Enlist { .. }) => Ok(vec![]),
            (Phase::Calling(known), Command::End { call, ending, at }) if known == call => {
                let Ending { outcome, words, next } = *ending;
                Ok(vec![Event::Ended { call, outcome, next, at, personal: Personal::Clear(words) }])
            }
            // An agent that says more of it, or the same again, or speaks of what nobody asked.
            (_, Command::End { call, ending, at }) => {
                Ok(self.correct(call, &ending, at).into_iter().collect())
            }
            (Phase::New | Phase::Dropped, _) => Err(Error::Unknown),
            (_, Command::Look) => Ok(vec![]),

            (Phase::Waiting, Command::Dial { call, number, at }) => {
                let (attempt, was_skipped) = (self.calls.saturating_add(1), self.is_skipped());
                Ok(vec![Event::Dialled { call, attempt, number: Some(number), was_skipped, at }])
            }
            (Phase::Calling(known), Command::Dial { call, .. }) if known == call => Ok(vec![]),
            (Phase::Calling(call), Command::Dial { .. } | Command::Drop { .. }) => {
                Err(Error::Calling { call })
            }
            (Phase::Over, Command::Dial { .. }) => Err(Error::Over),

            (Phase::Calling(known), Command::Accept { call, reference, at }) if known == call => {
                let said = self.live.as_ref().is_some_and(|live| live.accepted);
                Ok(if said { vec![] } else { vec![Event::Accepted { call, reference, at }] })
            }
            (_, Command::Accept { .. }) => Ok(vec![]),

            (Phase::Calling(known), Command::Withdraw { call, at }) if known == call => {
                let shown = self.last.as_ref().map(|past| past.outcome.shown().status);
                Ok(vec![Event::Withdrawn { call, status: shown.unwrap_or_default(), at }])
            }
            (_, Command::Withdraw { .. }) => Ok(vec![]),

            (Phase::Waiting, Command::Defer { decision, .. }) if self.decision == Some(decision) => {
                Ok(vec![])
            }
            (Phase::Waiting, Command::Defer { decision, at }) => {
                Ok(vec![Event::Deferred { decision, was_skipped: self.is_skipped(), at }])
            }
            (Phase::Calling(_) | Phase::Over, Command::Defer { .. }) => Ok(vec![]),

            (Phase::Waiting | Phase::Over, Command::Drop { at }) => {
                Ok(vec![Event::Dropped { counted: self.counted(), was_skipped: self.is_skipped(), at }])
            }
        }
    }

    /// What it counts as, where its calls are over.
    fn counted(&self) -> Option<Status> {
        let last = self.last.as_ref().filter(|_| self.phase == Phase::Over);
        last.map(|last| last.outcome.shown().status)
    }

    fn end(&mut self, past: Past, next: Next, at: DateTime<Utc>) {
        self.tries.count(Ended { outcome: &past.outcome, dialled_at: past.began, ended_at: at });
        self.earlier.extend(self.last.replace(past));
        self.rest(next);
    }

    fn rest(&mut self, next: Next) {
        self.phase = match next {
            Next::Again { .. } | Next::Callback { .. } => Phase::Waiting,
            Next::Promised { .. } | Next::Retired | Next::OptedOut | Next::Final => Phase::Over,
        };
        (self.next, self.decision, self.live) = (Some(next), None, None);
    }
}

impl Event {
    /// The call whose step it is.
    pub fn call(&self) -> Option<Uuid> {
        match self {
            Self::Dialled { call, .. }
            | Self::Accepted { call, .. }
            | Self::Ended { call, .. }
            | Self::Corrected { call, .. }
            | Self::Withdrawn { call, .. } => Some(*call),
            Self::Enlisted { .. } | Self::Deferred { .. } | Self::Dropped { .. } => None,
        }
    }
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Enlisted { .. } => "enlisted",
            Self::Dialled { .. } => "dialled",
            Self::Accepted { .. } => "accepted",
            Self::Ended { .. } => "ended",
            Self::Corrected { .. } => "corrected",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Deferred { .. } => "deferred",
            Self::Dropped { .. } => "dropped",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        let version = if matches!(self, Self::Corrected { .. }) { "2" } else { "1" };
        version.to_owned()
    }
}

impl Aggregate for Target {
    const TYPE: &'static str = "target";
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
            Event::Enlisted { .. } => self.phase = Phase::Waiting,
            Event::Dialled { call, attempt, number, at, .. } => {
                let live = Live { call, began: at, number, accepted: false, reference: None };
                (self.phase, self.live) = (Phase::Calling(call), Some(live));
                (self.calls, self.decision) = (attempt, None);
            }
            Event::Accepted { reference, .. } => {
                if let Some(live) = &mut self.live {
                    (live.accepted, live.reference) = (true, reference);
                }
            }
            Event::Ended { call, outcome, next, at, personal } => {
                let (began, number) = self.live.take().map_or((at, None), |live| (live.began, live.number));
                self.end(
                    Past { call, began, ended: at, number, outcome, words: readable(personal) },
                    next,
                    at,
                );
            }
            // What it counted as an attempt stands; the person was disturbed once.
            Event::Corrected { call, outcome, next, personal, .. } => {
                self.come_to_know(call, outcome, personal);
                if let Some(next) = next {
                    self.rest(next);
                }
            }
            Event::Withdrawn { .. } => {
                (self.phase, self.live) = (Phase::Waiting, None);
                self.calls = self.calls.saturating_sub(1);
            }
            Event::Deferred { decision, .. } => self.decision = Some(decision),
            Event::Dropped { .. } => {
                let earlier = std::mem::take(&mut self.earlier).into_iter().chain(self.last.take()).collect();
                *self = Self { phase: Phase::Dropped, earlier, ..Self::default() };
            }
        }
    }
}

#[cfg(test)]
mod tests;
