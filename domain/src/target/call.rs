//! One call of a contact in a campaign: put off, under way, over, and what was said in it.

use std::cmp::Ordering;

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

/// A call that ended, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    pub call: Uuid,
    pub began: DateTime<Utc>,
    pub ended: DateTime<Utc>,
    pub number: Option<Fingerprint>,
    pub outcome: Outcome,
    pub words: Words,
}

impl Past {
    /// What is known once another report of it came; none where that is no news.
    pub fn and(&self, outcome: &Outcome, words: &Words) -> Option<(Outcome, Words)> {
        let words = self.words.and(words, outcome.strength(&self.outcome));
        let outcome = self.outcome.and(outcome);
        (outcome != self.outcome || words != self.words).then_some((outcome, words))
    }
}

/// What was known of a call before more was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Was {
    pub outcome: Outcome,
    /// When it ended, which is when it was counted.
    pub ended_at: DateTime<Utc>,
}

/// How a call ended and what follows on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    pub outcome: Outcome,
    pub words: Words,
    pub next: Next,
}

impl Ending {
    /// Another call waits until then at least.
    #[must_use]
    pub fn not_before(mut self, at: Option<DateTime<Utc>>) -> Self {
        let later = |due: DateTime<Utc>| at.map_or(due, |at| due.max(at));
        self.next = match self.next {
            Next::Again { at } => Next::Again { at: later(at) },
            Next::Callback { at } => Next::Callback { at: later(at) },
            next @ (Next::Promised { .. } | Next::Retired | Next::OptedOut | Next::Final) => next,
        };
        self
    }

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
    /// Why it ended so, as the far end wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

impl Words {
    /// A stronger report's words stand in place of these, a weaker one's where there are none. The outcome's words and its
    /// cause belong to the outcome.
    fn and(&self, later: &Self, strength: Ordering) -> Self {
        let newest = |known: &Option<String>, later: &Option<String>| match strength {
            Ordering::Less => known.clone().or_else(|| later.clone()),
            Ordering::Equal | Ordering::Greater => later.clone().or_else(|| known.clone()),
        };
        let stronger = |known: &Option<String>, later: &Option<String>| match strength {
            Ordering::Less => known.clone(),
            Ordering::Equal => newest(known, later),
            Ordering::Greater => later.clone(),
        };
        Self {
            outcome: stronger(&self.outcome, &later.outcome),
            summary: newest(&self.summary, &later.summary),
            recording_url: newest(&self.recording_url, &later.recording_url),
            cause: stronger(&self.cause, &later.cause),
        }
    }
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
            cause: answer.cause(),
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
