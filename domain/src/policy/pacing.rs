//! How many calls may begin now: so many a second, so many at once, a fair share for each campaign, and no more than was paid for.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::num::{NonZeroU8, NonZeroU32};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::decimal::Rate;

/// Nanoseconds between two calls, times the thousandths of a call a second.
const NANOS_OF_A_THOUSANDTH: i64 = 1_000_000_000_000;

/// Calls a second, exactly over any time: it remembers when the next call is due and nothing is rounded away. What was not used is
/// caught up with as far as `slack` goes, which is why it should be about as long as a tick of whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    interval: TimeDelta,
    slack: TimeDelta,
    next: Option<DateTime<Utc>>,
}

impl Bucket {
    pub fn new(rate: Rate, slack: TimeDelta) -> Self {
        let interval = TimeDelta::nanoseconds(NANOS_OF_A_THOUSANDTH / i64::from(rate.thousandths()));
        Self { interval, slack, next: None }
    }

    /// As many of `wanted` as may begin now.
    pub fn take(&mut self, wanted: u32, now: DateTime<Utc>) -> u32 {
        let mut next = self.next.map_or(now, |next| next.max(now - self.slack));
        let mut taken = 0;
        while taken < wanted && next <= now {
            next += self.interval;
            taken += 1;
        }
        self.next = Some(next);
        taken
    }

    /// When the next may begin, where that is not now.
    pub fn ready_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.next.filter(|next| *next > now)
    }

    /// Gives back what was taken and not used.
    pub fn give_back(&mut self, unused: u32) {
        for _ in 0..unused {
            self.next = self.next.map(|next| next - self.interval);
        }
    }
}

/// How many calls more there may be at once.
pub fn free(at_most: NonZeroU32, live: u32) -> u32 {
    at_most.get().saturating_sub(live)
}

/// How much a campaign counts beside others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Priority(NonZeroU8);

impl Default for Priority {
    fn default() -> Self {
        Self(NonZeroU8::MIN)
    }
}

impl Priority {
    pub fn of(weight: NonZeroU8) -> Self {
        Self(weight)
    }

    fn weight(self) -> u64 {
        u64::from(self.0.get())
    }
}

/// A campaign that has somebody to call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asking {
    pub campaign: Uuid,
    pub priority: Priority,
    pub live: u32,
    /// How many it would begin now, its own limits counted in.
    pub wants: u32,
}

/// Who was given how much, so that short calls, which hold no line when lines are shared out, are shared fairly too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Turns(BTreeMap<Uuid, u64>);

/// A turn of a campaign of weight one.
const TURN: u64 = 1 << 20;

#[derive(Debug, Clone, Copy)]
struct Share {
    asking: Asking,
    given: u32,
    /// Turns had, each lighter the heavier the campaign.
    had: u64,
}

impl Turns {
    /// Shares out the free lines, one by one, each to whoever holds the least for its weight, then to whoever had the least turns.
    pub fn share(&mut self, free: u32, asking: &[Asking]) -> BTreeMap<Uuid, u32> {
        let newest = asking.iter().filter_map(|asking| self.0.get(&asking.campaign)).min().copied();
        let share = |asking: &Asking| {
            let had = self.0.get(&asking.campaign).copied().or(newest).unwrap_or(0);
            Share { asking: *asking, given: 0, had }
        };
        let mut shares: Vec<Share> = asking.iter().map(share).collect();
        for _ in 0..free {
            let open = shares.iter_mut().filter(|share| share.given < share.asking.wants);
            let Some(next) = open.min_by(|one, other| one.order(other)) else { break };
            next.given += 1;
            next.had += TURN / next.asking.priority.weight();
        }
        self.0 = shares.iter().map(|share| (share.asking.campaign, share.had)).collect();
        shares.into_iter().map(|share| (share.asking.campaign, share.given)).collect()
    }
}

impl Share {
    fn order(&self, other: &Self) -> Ordering {
        let held = |share: &Self| u64::from(share.asking.live) + u64::from(share.given);
        let ours = held(self) * other.asking.priority.weight();
        let theirs = held(other) * self.asking.priority.weight();
        ours.cmp(&theirs)
            .then(self.had.cmp(&other.had))
            .then(self.asking.campaign.cmp(&other.asking.campaign))
    }
}

/// What a campaign may use up. What is left out is not limited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Budget {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<NonZeroU32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talk_mins: Option<NonZeroU32>,
}

/// What it used up; live calls are among the calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    pub calls: u32,
    pub talk_secs: u64,
}

impl Budget {
    /// Calls that may still begin; none where that is not limited. Talk is known when it is over: live calls may overdraw it.
    pub fn left(&self, spent: Spent) -> Option<u32> {
        if self.talk_mins.is_some_and(|mins| spent.talk_secs >= u64::from(mins.get()) * 60) {
            return Some(0);
        }
        self.calls.map(|calls| calls.get().saturating_sub(spent.calls))
    }
}

#[cfg(test)]
mod tests;
