//! Whether a person was called too often to be called now, over all campaigns, and when no longer.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::rules::caps::{Cap, Counted, Quiet};
use crate::rules::span::Span;

/// A call that counted, by when it began to ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    pub at: DateTime<Utc>,
    pub spoke: bool,
}

/// A cap that is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    pub cap: Cap,
    /// How many were counted.
    pub found: u32,
    pub until: DateTime<Utc>,
}

/// The reached cap that holds longest; none where there may be a call now. `tried` is in the order of time.
pub fn reached(caps: &[Cap], tried: &[Tried], now: DateTime<Utc>) -> Option<Reached> {
    caps.iter().filter_map(|cap| one(*cap, tried, now)).max_by_key(|reached| reached.until)
}

/// The cap that leaves the fewest calls, and how many it counted.
pub fn nearest(caps: &[Cap], tried: &[Tried], now: DateTime<Utc>) -> Option<(Cap, u32)> {
    let found = caps.iter().map(|cap| (*cap, found(*cap, tried, now)));
    found.min_by_key(|(cap, found)| cap.at_most.get().saturating_sub(*found))
}

/// It is over when the oldest of as many calls as are allowed is out of the stretch.
fn one(cap: Cap, tried: &[Tried], now: DateTime<Utc>) -> Option<Reached> {
    let allowed = usize::try_from(cap.at_most.get()).unwrap_or(usize::MAX);
    let oldest = counted(cap, tried).nth(allowed - 1)?;
    let until = oldest.at + cap.within.span().delta();
    (until > now).then(|| Reached { cap, found: found(cap, tried, now), until })
}

fn found(cap: Cap, tried: &[Tried], now: DateTime<Utc>) -> u32 {
    let within = cap.within.span().delta();
    let found = counted(cap, tried).take_while(|tried| tried.at + within > now).count();
    u32::try_from(found).unwrap_or(u32::MAX)
}

/// What a cap counts, the latest first.
fn counted(cap: Cap, tried: &[Tried]) -> impl Iterator<Item = &Tried> {
    tried.iter().rev().filter(move |tried| counts(cap.count, tried))
}

fn counts(what: Counted, tried: &Tried) -> bool {
    match what {
        Counted::Attempts => true,
        Counted::Conversations => tried.spoke,
    }
}

/// Silence after a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    pub spoke_at: DateTime<Utc>,
    pub after_conversation: Span,
    pub until: DateTime<Utc>,
}

/// Whether there was a conversation so lately that there is silence now. `asked_for`: the person wants this very call.
pub fn silence(quiet: &Quiet, tried: &[Tried], asked_for: bool, now: DateTime<Utc>) -> Option<Silence> {
    if asked_for && quiet.spares_callbacks {
        return None;
    }
    let spoke_at = tried.iter().rev().find(|tried| tried.spoke)?.at;
    let after_conversation = quiet.after_conversation?.span();
    let until = spoke_at + after_conversation.delta();
    (until > now).then_some(Silence { spoke_at, after_conversation, until })
}

#[cfg(test)]
mod tests;
