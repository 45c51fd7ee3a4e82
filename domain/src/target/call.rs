//! One call of a contact in a campaign: put off, under way, over, and what was said in it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::conversation::answer::Answer;
use crate::conversation::{Counts, Outcome};
use crate::ids::Fingerprint;
use crate::policy::eligible::{Figures, Rule};
use crate::policy::retry::Next;
use crate::recording;

/// The call that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    pub call: Uuid,
    pub began: DateTime<Utc>,
    pub number: Option<Fingerprint>,
    /// Whether the agent took it, and under which name.
    pub accepted: bool,
    pub reference: Option<String>,
}

/// The call that ended last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    pub call: Uuid,
    pub began: DateTime<Utc>,
    pub number: Option<Fingerprint>,
    pub outcome: Outcome,
}

/// How a call ended and what follows on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    pub outcome: Outcome,
    pub words: Words,
    pub next: Next,
}

impl Ending {
    /// What the contact is remembered by from now on: the words for what came of a conversation.
    pub fn leaves(&self) -> Option<String> {
        let status = || self.outcome.shown().status.as_str().to_owned();
        let spoke = self.outcome.counts() == Counts::Conversation;
        spoke.then(|| self.words.outcome.clone().unwrap_or_else(status))
    }
}

/// What was said in a call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// The outcome as the agent wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_url: Option<String>,
}

/// Whoever listens follows the address: what is none of the web is left out.
impl From<&Answer> for Words {
    fn from(answer: &Answer) -> Self {
        let Answer { outcome, summary, recording_url, .. } = answer;
        let recording_url = recording_url.as_deref().map(str::trim).filter(|url| recording::is_address(url));
        Self {
            outcome: outcome.clone(),
            summary: summary.clone(),
            recording_url: recording_url.map(str::to_owned),
        }
    }
}

/// Why it is not called for the moment, or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// None where only a change from outside can lead to a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    pub rule: Rule,
    pub figures: Figures,
}
