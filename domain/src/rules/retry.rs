//! How soon and how often a contact is called again in one campaign, by what came of the call before.

use std::collections::BTreeMap;
use std::num::NonZeroU8;

use serde::{Deserialize, Serialize};

use super::span::Span;
use crate::conversation::{Reach, Upshot};

/// An end of a call after which there may be another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Busy,
    NoAnswer,
    NetworkError,
    AgentRefused,
    Unavailable,
    Rejected,
    Dropped,
}

/// What follows on one kind. A kind that a matrix does not name is not followed by another call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Again {
    after: Vec<Span>,
    doubling: bool,
    pub at_most: u8,
    pub a_day: Option<NonZeroU8>,
    pub in_all: Option<NonZeroU8>,
    pub next_day: bool,
    pub other_part_of_day: bool,
}

/// A row as it is written and stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    /// After the first such call, the second, and so on; the last stays.
    #[serde(default)]
    after: Steps,
    /// After the last it is twice as long each time.
    #[serde(default)]
    doubling: bool,
    /// How often again after this kind. It is always said: a row that forgets it must not end all calling.
    at_most: u8,
    /// How many calls that disturbed somebody in any 24 hours, whatever came of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    a_day: Option<NonZeroU8>,
    /// How many of them in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    in_all: Option<NonZeroU8>,
    /// Not before the next day where the person is.
    #[serde(default)]
    next_day: bool,
    /// Not in the part of the day in which it was tried.
    #[serde(default)]
    other_part_of_day: bool,
}

/// Judged by itself, so that the step that is wrong is named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Span>", into = "Vec<Span>")]
struct Steps(Vec<Span>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"after\" says how soon; it may be left out only with \"nextDay\" or \"atMost\": 0")]
pub struct NoDelay;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"after\" holds lengths longer than nothing, {STEPS_MAX} at most")]
pub struct BadDelay;

/// More steps than this nobody plans.
const STEPS_MAX: usize = 20;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Matrix(BTreeMap<Kind, Again>);

/// Calls that a person asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Callbacks {
    /// Calls around the instant asked for.
    pub tries: NonZeroU8,
    /// Between them.
    pub again_after: Span,
    /// Where no instant was asked for.
    pub undated_after: Span,
    /// How often one contact may ask in one campaign.
    pub at_most: u8,
}

/// Silence that a promise earns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Promises {
    /// After the day it is due is over.
    pub grace: Span,
    /// Where no day was named, from the conversation on.
    pub undated: Span,
}

impl Kind {
    /// None where the end is the end.
    pub fn of(reach: &Reach) -> Option<Self> {
        match reach {
            Reach::Busy => Some(Self::Busy),
            Reach::NoAnswer => Some(Self::NoAnswer),
            Reach::NetworkError => Some(Self::NetworkError),
            Reach::AgentRefused => Some(Self::AgentRefused),
            Reach::Unavailable => Some(Self::Unavailable),
            Reach::Rejected => Some(Self::Rejected),
            Reach::Reached(Upshot::Dropped) => Some(Self::Dropped),
            Reach::Reached(
                Upshot::Success
                | Upshot::Failed
                | Upshot::PromiseToPay(_)
                | Upshot::CallbackRequested { .. }
                | Upshot::Refused
                | Upshot::OptedOut,
            )
            | Reach::InvalidNumber
            | Reach::Unconfirmed => None,
        }
    }
}

impl Again {
    pub(super) fn after(steps: &[Span], at_most: u8) -> Self {
        let plain = Written { after: Steps(steps.to_vec()), at_most, ..Written::default() };
        Self::of(plain)
    }

    #[must_use]
    pub(super) fn doubling(self) -> Self {
        Self { doubling: true, ..self }
    }

    /// Calls a day and in all.
    #[must_use]
    pub(super) fn limited(self, a_day: NonZeroU8, in_all: NonZeroU8) -> Self {
        Self { a_day: Some(a_day), in_all: Some(in_all), ..self }
    }

    #[must_use]
    pub(super) fn next_day(self) -> Self {
        Self { next_day: true, ..self }
    }

    #[must_use]
    pub(super) fn other_part_of_day(self) -> Self {
        Self { other_part_of_day: true, ..self }
    }

    fn of(written: Written) -> Self {
        let Written { after, doubling, at_most, a_day, in_all, next_day, other_part_of_day } = written;
        Self { after: after.0, doubling, at_most, a_day, in_all, next_day, other_part_of_day }
    }

    /// How long to wait after so many calls of this kind before.
    pub fn delay(&self, before: usize) -> Span {
        let Some(last) = self.after.len().checked_sub(1) else { return Span::ZERO };
        let step = self.after.get(before.min(last)).copied().unwrap_or_default();
        let beyond = before.saturating_sub(last);
        if self.doubling { step.doubled(u32::try_from(beyond).unwrap_or(u32::MAX)) } else { step }
    }

    /// Never sooner and never more often than either.
    #[must_use]
    fn stricter(&self, other: &Self) -> Self {
        let steps = self.after.len().max(other.after.len());
        Self {
            after: (0..steps).map(|before| self.delay(before).max(other.delay(before))).collect(),
            doubling: self.doubling || other.doubling,
            at_most: self.at_most.min(other.at_most),
            a_day: fewer(self.a_day, other.a_day),
            in_all: fewer(self.in_all, other.in_all),
            next_day: self.next_day || other.next_day,
            other_part_of_day: self.other_part_of_day || other.other_part_of_day,
        }
    }
}

fn fewer(ours: Option<NonZeroU8>, theirs: Option<NonZeroU8>) -> Option<NonZeroU8> {
    ours.into_iter().chain(theirs).min()
}

impl TryFrom<Written> for Again {
    type Error = NoDelay;

    fn try_from(written: Written) -> Result<Self, NoDelay> {
        let soon_or_never = !written.after.0.is_empty() || written.next_day || written.at_most == 0;
        if soon_or_never { Ok(Self::of(written)) } else { Err(NoDelay) }
    }
}

impl TryFrom<Vec<Span>> for Steps {
    type Error = BadDelay;

    fn try_from(steps: Vec<Span>) -> Result<Self, BadDelay> {
        if steps.len() > STEPS_MAX || steps.contains(&Span::ZERO) { Err(BadDelay) } else { Ok(Self(steps)) }
    }
}

impl From<Steps> for Vec<Span> {
    fn from(steps: Steps) -> Self {
        steps.0
    }
}

impl From<Again> for Written {
    fn from(again: Again) -> Self {
        let Again { after, doubling, at_most, a_day, in_all, next_day, other_part_of_day } = again;
        Self { after: Steps(after), doubling, at_most, a_day, in_all, next_day, other_part_of_day }
    }
}

impl Matrix {
    pub(super) fn of(rows: impl IntoIterator<Item = (Kind, Again)>) -> Self {
        Self(rows.into_iter().collect())
    }

    pub fn row(&self, kind: Kind) -> Option<&Again> {
        self.0.get(&kind)
    }

    /// Rows that are given take the place of ours.
    pub(super) fn replace(&mut self, by: Option<&Self>) {
        self.0.extend(by.into_iter().flat_map(|by| by.0.clone()));
    }

    /// A row that ours lacks stays lacking: no further call is stricter than any.
    #[must_use]
    pub(super) fn stricter(&self, other: &Self) -> Self {
        let row = |(kind, ours): (&Kind, &Again)| {
            (*kind, other.row(*kind).map_or_else(|| ours.clone(), |theirs| ours.stricter(theirs)))
        };
        Self(self.0.iter().map(row).collect())
    }
}

impl Callbacks {
    #[must_use]
    pub(super) fn stricter(&self, other: &Self) -> Self {
        Self {
            tries: self.tries.min(other.tries),
            again_after: self.again_after.max(other.again_after),
            undated_after: self.undated_after.max(other.undated_after),
            at_most: self.at_most.min(other.at_most),
        }
    }
}

impl Promises {
    #[must_use]
    pub(super) fn stricter(self, other: Self) -> Self {
        Self { grace: self.grace.max(other.grace), undated: self.undated.max(other.undated) }
    }
}
