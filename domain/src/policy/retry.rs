//! What follows on a call that ended: another, at the earliest when; one that was asked for; silence; or nothing more.
//! What a contact's calls in one campaign came to is folded here; whether a call may be made then, `eligible` says.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc};
use serde::{Deserialize, Serialize};

use crate::conversation::{Counts, Outcome, Promise, Reach, Upshot};
use crate::rules::Pack;
use crate::rules::retry::{Again, Kind};
use crate::zone::Zone;

/// What lies further ahead was misheard.
pub const AHEAD_MAX: TimeDelta = TimeDelta::days(366);
/// A day that rolls.
const A_DAY: TimeDelta = TimeDelta::hours(24);
/// The hours at which night, morning, afternoon and evening begin, and night again.
const PARTS: [u32; 5] = [0, 6, 12, 17, 22];

/// A call that ended.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    pub outcome: &'a Outcome,
    pub dialled_at: DateTime<Utc>,
    pub ended_at: DateTime<Utc>,
}

/// Stored with the call that it follows on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// Not before then.
    Again {
        at: DateTime<Utc>,
    },
    /// A call that the person asked for, at that instant.
    Callback {
        at: DateTime<Utc>,
    },
    /// Over for this campaign; and no campaign calls before then.
    Promised {
        until: DateTime<Utc>,
    },
    /// The number does not exist.
    Retired,
    /// Nobody of this organization calls again.
    OptedOut,
    Final,
}

/// What a contact's calls in one campaign came to. Calls that disturbed nobody count for their own row only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tries {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    ended: BTreeMap<Kind, u8>,
    /// When it rang, within a day of the last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lately: Vec<DateTime<Utc>>,
    #[serde(default)]
    disturbed: u16,
    /// How often a callback was asked for.
    #[serde(default)]
    asked: u8,
    /// Calls so far around the callback that is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    callback: Option<u8>,
}

impl Tries {
    /// Whether a call was asked for and has not been had.
    pub fn is_callback_pending(&self) -> bool {
        self.callback.is_some()
    }

    /// Takes in a call that ended.
    pub fn count(&mut self, call: Ended) {
        if let Some(kind) = Kind::of(&call.outcome.reach) {
            let ended = self.ended.entry(kind).or_default();
            *ended = ended.saturating_add(1);
        }
        let disturbed = call.outcome.counts() != Counts::Nothing;
        if disturbed {
            self.disturbed = self.disturbed.saturating_add(1);
            self.lately.retain(|at| *at + A_DAY > call.dialled_at);
            self.lately.push(call.dialled_at);
        }
        self.callback = match &call.outcome.reach {
            Reach::Reached(Upshot::CallbackRequested { .. }) => Some(0),
            Reach::Reached(Upshot::Dropped) => self.callback.map(|tried| tried.saturating_add(1)),
            Reach::Reached(_) => None,
            Reach::Busy | Reach::NoAnswer | Reach::Rejected | Reach::Unavailable | Reach::Unconfirmed => {
                self.callback.map(|tried| tried.saturating_add(1))
            }
            Reach::InvalidNumber | Reach::NetworkError | Reach::AgentRefused => self.callback,
        };
        if let Reach::Reached(Upshot::CallbackRequested { .. }) = call.outcome.reach {
            self.asked = self.asked.saturating_add(1);
        }
    }

    /// What follows on the call that was counted last.
    pub fn next(&self, call: Ended, pack: &Pack, zone: Zone) -> Next {
        match &call.outcome.reach {
            Reach::Reached(Upshot::PromiseToPay(promise)) => {
                Next::Promised { until: promised_until(*promise, call.ended_at, pack, zone) }
            }
            Reach::Reached(Upshot::CallbackRequested { at }) => self.asked_for(*at, call.ended_at, pack),
            Reach::Reached(Upshot::OptedOut) => Next::OptedOut,
            Reach::Reached(Upshot::Success | Upshot::Failed | Upshot::Refused) => Next::Final,
            Reach::InvalidNumber => Next::Retired,
            Reach::Unconfirmed => Next::Final,
            Reach::Reached(Upshot::Dropped)
            | Reach::Busy
            | Reach::NoAnswer
            | Reach::Rejected
            | Reach::Unavailable
            | Reach::NetworkError
            | Reach::AgentRefused => self.unreached(call, pack, zone),
        }
    }

    fn asked_for(&self, at: Option<DateTime<Utc>>, ended_at: DateTime<Utc>, pack: &Pack) -> Next {
        if self.asked > pack.callbacks.at_most {
            return Next::Final;
        }
        let undated = ended_at + pack.callbacks.undated_after.delta();
        // What is past already was misheard; whoever has just hung up is not rung at once.
        let soon = ended_at + pack.callbacks.again_after.delta();
        let dated = at.map(|at| if at > ended_at { at } else { soon });
        Next::Callback { at: dated.filter(|at| *at <= ended_at + AHEAD_MAX).unwrap_or(undated) }
    }

    fn unreached(&self, call: Ended, pack: &Pack, zone: Zone) -> Next {
        let disturbed = call.outcome.counts() != Counts::Nothing;
        match self.callback {
            Some(tried) if disturbed => {
                let at = call.ended_at + pack.callbacks.again_after.delta();
                if tried < pack.callbacks.tries.get() { Next::Callback { at } } else { Next::Final }
            }
            Some(_) => self.again(call, pack, zone).map_or(Next::Final, |at| Next::Callback { at }),
            None => self.again(call, pack, zone).map_or(Next::Final, |at| Next::Again { at }),
        }
    }

    /// When the row of this kind allows another; none where it does not.
    fn again(&self, call: Ended, pack: &Pack, zone: Zone) -> Option<DateTime<Utc>> {
        let kind = Kind::of(&call.outcome.reach)?;
        let row = pack.retry.row(kind)?;
        let so_far = self.ended.get(&kind).copied().unwrap_or(0);
        let full = row.in_all.is_some_and(|limit| self.disturbed >= limit.get().into());
        if so_far > row.at_most || full {
            return None;
        }
        let delay = row.delay(usize::from(so_far.saturating_sub(1))).delta();
        let mut at = (call.ended_at + delay).max(self.day_frees(row).unwrap_or(call.ended_at));
        if row.next_day {
            let tomorrow = zone.wall(call.ended_at).date().succ_opt()?;
            at = at.max(begins(tomorrow, zone));
        }
        if row.other_part_of_day { other_part(call.dialled_at, at, zone) } else { Some(at) }
    }

    /// When the calls of a day are fewer than the row allows.
    fn day_frees(&self, row: &Again) -> Option<DateTime<Utc>> {
        let allowed = usize::from(row.a_day?.get());
        let oldest = self.lately.iter().rev().nth(allowed - 1)?;
        Some(*oldest + A_DAY)
    }
}

/// No campaign calls before the day it is due is over where the person is, and a grace after it.
pub fn promised_until(promise: Promise, ended_at: DateTime<Utc>, pack: &Pack, zone: Zone) -> DateTime<Utc> {
    let undated = ended_at + pack.promises.undated.delta();
    let last = ended_at + AHEAD_MAX;
    let (today, latest) = (zone.wall(ended_at).date(), zone.wall(last).date());
    let over = promise.due.and_then(|due| due.clamp(today, latest).succ_opt()).map(|day| begins(day, zone));
    over.map_or(undated, |over| over + pack.promises.grace.delta()).min(last)
}

fn begins(day: NaiveDate, zone: Zone) -> DateTime<Utc> {
    zone.instant(day.and_time(NaiveTime::MIN))
}

/// `at`, or when the next part of the day begins where it is the part in which it was tried.
fn other_part(tried: DateTime<Utc>, at: DateTime<Utc>, zone: Zone) -> Option<DateTime<Utc>> {
    let (then, wall) = (zone.wall(tried), zone.wall(at));
    if part(then.hour()) != part(wall.hour()) {
        return Some(at);
    }
    let next = PARTS.into_iter().find(|hour| *hour > wall.hour());
    let begin = match next {
        Some(hour) => wall.date().and_hms_opt(hour, 0, 0)?,
        // Night goes on past midnight.
        None => wall.date().succ_opt()?.and_hms_opt(6, 0, 0)?,
    };
    Some(zone.instant(begin).max(at))
}

/// Late evening and early morning are one night.
fn part(hour: u32) -> usize {
    let begun = PARTS.into_iter().filter(|begin| *begin <= hour).count();
    if begun == PARTS.len() { 1 } else { begun }
}

#[cfg(test)]
mod tests;
