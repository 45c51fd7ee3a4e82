//! How a campaign stands while it runs: a fold over the events of its contacts, and what follows from it for the whole of it.
//! Beside the breaker it says nothing that a recount would not say, so that it may begin at any moment with what is counted then.

use chrono::{DateTime, Utc};

use crate::campaign::{Settings, Why};
use crate::conversation::Outcome;
use crate::policy::breaker::Breaker;
use crate::policy::pacing::Spent;
use crate::policy::retry::Next;
use crate::target::{Decision, Event};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls under way.
    pub live: u32,
    /// Who may still be called, those who are being called among them.
    pub open: u32,
    pub spent: Spent,
    breaker: Breaker,
}

/// What is to become of the campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// So many calls more may be begun, as far as what it may use up tells.
    Goes {
        calls: u32,
    },
    /// Nothing is begun until those under way are over.
    Waits,
    Pauses(Why),
    Completes,
}

impl Tally {
    /// As counted by somebody else up to here.
    pub fn counted(live: u32, open: u32, spent: Spent) -> Self {
        Self { live, open, spent, breaker: Breaker::default() }
    }

    pub fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// Somebody started it, and wants to try again.
    pub fn begin(&mut self) {
        self.breaker.reset();
    }

    pub fn hear(&mut self, event: &Event, settings: &Settings, at: DateTime<Utc>) {
        match event {
            Event::Enlisted { .. } => self.open += 1,
            Event::Dialled { was_skipped, .. } => {
                self.open += u32::from(*was_skipped);
                self.live += 1;
                self.spent.calls = self.spent.calls.saturating_add(1);
            }
            Event::Accepted { .. } => {}
            Event::Withdrawn { .. } => {
                self.live = self.live.saturating_sub(1);
                self.spent.calls = self.spent.calls.saturating_sub(1);
            }
            Event::Ended { outcome, next, .. } => {
                self.live = self.live.saturating_sub(1);
                self.open = self.open.saturating_sub(u32::from(is_last(*next)));
                self.talked(outcome);
                self.breaker.hear(outcome.is_agents_fault(), &settings.breaker, at);
            }
            Event::Corrected { outcome, next, was, was_skipped, counted, .. } => {
                let before = was.as_ref().and_then(|was| was.outcome.talk_secs).unwrap_or(0);
                self.spent.talk_secs = self.spent.talk_secs.saturating_sub(before.into());
                self.talked(outcome);
                let was_open = counted.is_none() && !was_skipped;
                match next.map(|next| (was_open, !is_last(next))) {
                    Some((false, true)) => self.open += 1,
                    Some((true, false)) => self.open = self.open.saturating_sub(1),
                    Some((true, true) | (false, false)) | None => {}
                }
            }
            Event::Deferred { decision, was_skipped, .. } => self.deferred(decision, *was_skipped),
            Event::Dropped { counted, was_skipped, .. } => {
                let was_open = counted.is_none() && !was_skipped;
                self.open = self.open.saturating_sub(u32::from(was_open));
            }
        }
    }

    /// A call under way may bring another, so that nothing is over before it is.
    pub fn standing(&self, settings: &Settings) -> Standing {
        if let Some(tripped) = self.breaker.tripped() {
            return Standing::Pauses(Why::Breaker(tripped));
        }
        let left = settings.budget.left(self.spent);
        match (self.open, self.live) {
            (0, 0) => Standing::Completes,
            (_, 0) if left == Some(0) => Standing::Pauses(Why::Budget { figures: self.used_up(settings) }),
            _ if left == Some(0) => Standing::Waits,
            (open, live) => Standing::Goes { calls: open.saturating_sub(live).min(left.unwrap_or(u32::MAX)) },
        }
    }

    fn talked(&mut self, outcome: &Outcome) {
        self.spent.talk_secs += u64::from(outcome.talk_secs.unwrap_or(0));
    }

    fn deferred(&mut self, decision: &Decision, was_skipped: bool) {
        match (was_skipped, decision.until.is_none()) {
            (false, true) => self.open = self.open.saturating_sub(1),
            (true, false) => self.open += 1,
            (true, true) | (false, false) => {}
        }
    }

    fn used_up(&self, settings: &Settings) -> String {
        let (budget, spent) = (settings.budget, self.spent);
        let of = |what: &str, used: u64, limit: Option<std::num::NonZeroU32>| {
            limit.map(|limit| format!("{used} of {limit} {what}"))
        };
        let told = [
            of("calls", spent.calls.into(), budget.calls),
            of("minutes", spent.talk_secs / 60, budget.talk_mins),
        ];
        told.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// Whether the contact is through with the campaign.
fn is_last(next: Next) -> bool {
    match next {
        Next::Again { .. } | Next::Callback { .. } => false,
        Next::Promised { .. } | Next::Retired | Next::OptedOut | Next::Final => true,
    }
}

#[cfg(test)]
mod tests;
