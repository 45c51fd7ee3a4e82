//! What other rules would have changed: what is certain, attempt by attempt, and the sums of what was beside those of what would be left.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::{Call, due};
use crate::conversation::{Counts, Reach, Upshot};
use crate::policy::eligible::{Figures, Rule};
use crate::policy::retry::Next;

/// Everything in it is a figure of the journal, or the rules' answer to it: no clock and no chance.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// When the newest event was recorded that is looked at.
    pub until: Option<DateTime<Utc>>,
    pub started: Option<DateTime<Utc>>,
    /// When it was over, where it was.
    pub ended: Option<DateTime<Utc>>,
    pub was: Sums,
    /// Of the calls that would have been made all the same. What would have come in the place of the others nobody knows.
    pub would: Sums,
    /// Attempts that would not have been made, in their order.
    pub refused: Vec<Refused>,
    /// Contacts that were put off, and would not have been.
    pub freed: Vec<Freed>,
    /// Contacts that were called, and would not have been at all, as far as is known.
    pub unreached: u32,
    /// Calls that would have found every line taken, or come too soon after the one before.
    pub no_line: u32,
    pub throttled: u32,
    pub retries: Retries,
    /// When what it may use up would have been used up, or the agent would have failed too often.
    pub stopped: Option<Stopped>,
    /// Calls that were made though the rules as they are known today had something against them too: by which.
    pub unexplained: BTreeMap<&'static str, u32>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sums {
    pub contacts: u32,
    pub attempts: u32,
    /// Contacts that were called at least once.
    pub called: u32,
    pub conversations: u32,
    pub talk_secs: u64,
    pub promises: u32,
    pub opted_out: u32,
    /// Calls at once.
    pub busiest: u32,
    pub first_call: Option<DateTime<Utc>>,
    pub last_ended: Option<DateTime<Utc>>,
    pub open: Open,
}

/// Who might still be called when it was looked at last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Open {
    pub contacts: u32,
    /// When the first and the last of them might be called.
    pub earliest: Option<DateTime<Utc>>,
    pub latest: Option<DateTime<Utc>>,
}

/// What stands against an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    Rule(Rule),
    /// The contact was through: after the call before no other would have followed.
    Through,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    pub contact: Uuid,
    pub call: Uuid,
    pub attempt: u32,
    pub at: DateTime<Utc>,
    pub why: Why,
    /// What the rule looked at.
    pub figures: Figures,
    /// When it would have been allowed at the earliest; none where waiting would not have helped.
    pub earliest: Option<DateTime<Utc>>,
    /// Whether all that it was judged by is as it was recorded; else an earlier call is missing from it that would not have been made.
    pub exact: bool,
    /// What came of it.
    pub outcome: Option<&'static str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Freed {
    pub contact: Uuid,
    pub at: DateTime<Utc>,
    /// Which rule put it off, and until when; none where waiting would not have helped.
    pub rule: Rule,
    pub until: Option<DateTime<Utc>>,
    pub exact: bool,
}

/// What would have followed on calls that were made, where it is not what did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Retries {
    pub sooner: u32,
    pub later: u32,
    /// Another try where there was none.
    pub more: u32,
    /// None where there was another.
    pub fewer: u32,
    /// After a promise, silence of another length.
    pub other_silence: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stopped {
    /// When the first call was made that would not have been for that reason.
    pub at: DateTime<Utc>,
    pub why: Why,
}

impl Report {
    /// Whether the other rules would have changed nothing that is known.
    pub fn is_empty(&self) -> bool {
        self.refused.is_empty()
            && self.freed.is_empty()
            && self.retries == Retries::default()
            && (self.no_line, self.throttled) == (0, 0)
    }

    pub fn by_rule(&self) -> BTreeMap<&'static str, u32> {
        let mut counted = BTreeMap::new();
        for refused in &self.refused {
            *counted.entry(refused.why.as_str()).or_default() += 1;
        }
        counted
    }
}

impl Why {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rule(rule) => rule.as_str(),
            Self::Through => "through",
        }
    }

    pub(super) fn is_the_campaigns(self) -> bool {
        match self {
            Self::Rule(rule) => rule.is_the_campaigns(),
            Self::Through => false,
        }
    }
}

impl Sums {
    pub(super) fn count<'a>(&mut self, calls: impl Iterator<Item = &'a Call>) {
        let mut called = HashSet::new();
        for call in calls {
            self.attempts += 1;
            called.insert(call.contact);
            self.first_call = Some(self.first_call.map_or(call.began, |first| first.min(call.began)));
            self.last_ended = self.last_ended.max(call.ended);
            let Some(outcome) = &call.outcome else { continue };
            self.talk_secs += u64::from(outcome.talk_secs.unwrap_or(0));
            self.conversations += u32::from(outcome.counts() == Counts::Conversation);
            self.promises += u32::from(matches!(outcome.reach, Reach::Reached(Upshot::PromiseToPay(_))));
            self.opted_out += u32::from(matches!(outcome.reach, Reach::Reached(Upshot::OptedOut)));
        }
        self.called = u32::try_from(called.len()).unwrap_or(u32::MAX);
    }
}

impl Open {
    pub(super) fn may_be_called(&mut self, at: DateTime<Utc>) {
        self.contacts += 1;
        self.earliest = Some(self.earliest.map_or(at, |earliest| earliest.min(at)));
        self.latest = self.latest.max(Some(at));
    }
}

impl Retries {
    pub(super) fn compare(&mut self, recorded: Next, other: Next) {
        let counter = match (due(recorded), due(other)) {
            (Some(was), Some(would)) if would < was => &mut self.sooner,
            (Some(was), Some(would)) if would > was => &mut self.later,
            (Some(_), None) => &mut self.fewer,
            (None, Some(_)) => &mut self.more,
            (None, None) if recorded != other => &mut self.other_silence,
            (Some(_), Some(_)) | (None, None) => return,
        };
        *counter += 1;
    }
}
