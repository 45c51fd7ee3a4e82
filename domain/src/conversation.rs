//! What came of one call to a contact, kept without loss: how far it reached, how that was learnt, what was said in the end.
//! Its form is stored for ever. What the documented statuses make of it is `status`, how an agent's answer is read is `answer`;
//! words about the person (a summary, a cause, a recording) are not here, for they are sealed.

pub mod answer;
mod later;
pub mod status;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::decimal::Amount;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub reach: Reach,
    pub path: Path,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talk_secs: Option<u32>,
    /// What the far end gave as its cause. It may be anybody's words and lies in clear here, so that it is the call's words' by now: this
    /// is read of events that were stored before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// How far the call came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Somebody answered, and this came of it.
    Reached(Upshot),
    Busy,
    NoAnswer,
    Rejected,
    /// Switched off or absent.
    Unavailable,
    InvalidNumber,
    NetworkError,
    /// The agent did not take the call.
    AgentRefused,
    /// The agent took the call, and nobody knows what came of it.
    Unconfirmed,
}

/// What came of talking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Upshot {
    Success,
    Failed,
    PromiseToPay(Promise),
    CallbackRequested {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<DateTime<Utc>>,
    },
    Refused,
    OptedOut,
    /// Answered, and cut off before anything was said.
    Dropped,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// The day by which, where the person is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<NaiveDate>,
}

/// How the outcome was learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Path {
    /// The agent's answer to the request.
    Answer,
    /// The agent's own report, later.
    Callback,
    /// The agent was asked after a crash.
    Asked,
    /// The agent took the call and kept silent for too long.
    TimedOut,
    /// A crash came in between, and nobody can tell.
    NeverLearnt,
}

/// What a call counts as against the caps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// Nobody was disturbed.
    Nothing,
    Attempt,
    /// Somebody spoke; an attempt too.
    Conversation,
}

impl Counts {
    /// Whether somebody spoke; none where it counts as nothing.
    pub fn spoke(self) -> Option<bool> {
        match self {
            Self::Nothing => None,
            Self::Attempt => Some(false),
            Self::Conversation => Some(true),
        }
    }
}

impl Outcome {
    /// What nobody learnt.
    pub fn unconfirmed(path: Path) -> Self {
        Self { reach: Reach::Unconfirmed, path, talk_secs: None, cause: None }
    }

    pub fn counts(&self) -> Counts {
        match &self.reach {
            Reach::Reached(Upshot::Dropped) => Counts::Attempt,
            Reach::Reached(
                Upshot::Success
                | Upshot::Failed
                | Upshot::PromiseToPay(_)
                | Upshot::CallbackRequested { .. }
                | Upshot::Refused
                | Upshot::OptedOut,
            ) => Counts::Conversation,
            Reach::Busy | Reach::NoAnswer | Reach::Rejected | Reach::Unavailable | Reach::Unconfirmed => {
                Counts::Attempt
            }
            Reach::InvalidNumber | Reach::NetworkError | Reach::AgentRefused => Counts::Nothing,
        }
    }

    /// Whether it was the agent or the line that failed, which the circuit breaker counts.
    /// A crash of ours says nothing about the agent.
    pub fn is_agents_fault(&self) -> bool {
        match &self.reach {
            Reach::NetworkError | Reach::AgentRefused => true,
            Reach::Unconfirmed => match self.path {
                Path::TimedOut => true,
                Path::Answer | Path::Callback | Path::Asked | Path::NeverLearnt => false,
            },
            Reach::Reached(_)
            | Reach::Busy
            | Reach::NoAnswer
            | Reach::Rejected
            | Reach::Unavailable
            | Reach::InvalidNumber => false,
        }
    }
}

#[cfg(test)]
mod tests;
