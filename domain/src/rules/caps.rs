//! How often one person is called at most, over all campaigns, and how long is silence after a conversation.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::span::Span;

/// What is remembered of a person goes back so far; no cap may look further.
pub const WITHIN_MAX: Span = Span::days(60);

/// So many within any stretch of this length. It rolls: there is no midnight at which counting begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cap {
    pub count: Counted,
    pub within: Within,
    pub at_most: NonZeroU32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    Attempts,
    Conversations,
}

/// A stretch that a cap looks back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Span", into = "Span")]
pub struct Within(Span);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no stretch to count in; it is longer than nothing and at most {WITHIN_MAX}")]
pub struct BadWithin(Span);

/// Silence after a conversation, whichever campaign it was of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Quiet {
    /// None: there is no silence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_conversation: Option<Within>,
    /// Whether a call that the person asked for breaks it.
    #[serde(default)]
    pub spares_callbacks: bool,
}

impl Cap {
    pub(super) const fn of(count: Counted, at_most: NonZeroU32, within: Span) -> Self {
        Self { count, within: Within(within), at_most }
    }
}

impl Within {
    pub(super) const fn of(span: Span) -> Self {
        Self(span)
    }

    pub fn span(self) -> Span {
        self.0
    }
}

impl TryFrom<Span> for Within {
    type Error = BadWithin;

    fn try_from(span: Span) -> Result<Self, BadWithin> {
        if span == Span::ZERO || span > WITHIN_MAX { Err(BadWithin(span)) } else { Ok(Self(span)) }
    }
}

impl From<Within> for Span {
    fn from(within: Within) -> Self {
        within.0
    }
}

/// Every cap of both; of those over the same stretch the smaller.
pub fn all(ours: &[Cap], theirs: &[Cap]) -> Vec<Cap> {
    let mut caps = [ours, theirs].concat();
    caps.sort_unstable();
    // Sorted by what they count and how far back, then by how many: the first of equals is the smallest.
    caps.dedup_by(|next, kept| (next.count, next.within) == (kept.count, kept.within));
    caps
}

impl Quiet {
    #[must_use]
    pub fn longer(&self, other: &Self) -> Self {
        Self {
            after_conversation: self.after_conversation.max(other.after_conversation),
            spares_callbacks: self.spares_callbacks && other.spares_callbacks,
        }
    }
}
