//! What a later report of the same call makes of what was known of it. The strongest outcome stands, whatever order they come in,
//! so that nothing undoes a wish not to be called; what was missing is taken in from any of them.

use std::cmp::Ordering;

use super::{Outcome, Promise, Reach, Upshot};

impl Outcome {
    /// Whether another report of the same call says more of how it ended than this one does.
    pub fn strength(&self, other: &Self) -> Ordering {
        strength(&self.reach).cmp(&strength(&other.reach))
    }

    /// What is known once a later report came.
    #[must_use]
    pub fn and(&self, later: &Self) -> Self {
        match later.strength(self) {
            Ordering::Greater => Self { talk_secs: later.talk_secs.or(self.talk_secs), ..later.clone() },
            Ordering::Equal => Self {
                reach: detailed(&self.reach, &later.reach),
                path: self.path,
                talk_secs: later.talk_secs.or(self.talk_secs),
                cause: later.cause.clone().or_else(|| self.cause.clone()),
            },
            Ordering::Less => Self { talk_secs: self.talk_secs.or(later.talk_secs), ..self.clone() },
        }
    }
}

/// A total order, as that of call servers' statuses: what somebody said before that somebody spoke, that before ringing, ringing before
/// silence, and before all of it what holds for good.
fn strength(reach: &Reach) -> u8 {
    match reach {
        Reach::Reached(Upshot::OptedOut) => 14,
        Reach::Reached(Upshot::PromiseToPay(_)) => 13,
        Reach::Reached(Upshot::CallbackRequested { .. }) => 12,
        Reach::Reached(Upshot::Refused) => 11,
        Reach::Reached(Upshot::Success) => 10,
        Reach::Reached(Upshot::Failed) => 9,
        Reach::Reached(Upshot::Dropped) => 8,
        Reach::Rejected => 7,
        Reach::Busy => 6,
        Reach::NoAnswer => 5,
        Reach::Unavailable => 4,
        Reach::InvalidNumber => 3,
        Reach::NetworkError => 2,
        Reach::AgentRefused => 1,
        Reach::Unconfirmed => 0,
    }
}

/// The same outcome told twice: a day, an instant or an amount that was not told before.
fn detailed(known: &Reach, later: &Reach) -> Reach {
    match (known, later) {
        (Reach::Reached(Upshot::PromiseToPay(known)), Reach::Reached(Upshot::PromiseToPay(later))) => {
            let (amount, due) = (later.amount.or(known.amount), later.due.or(known.due));
            Reach::Reached(Upshot::PromiseToPay(Promise { amount, due }))
        }
        (
            Reach::Reached(Upshot::CallbackRequested { at: known }),
            Reach::Reached(Upshot::CallbackRequested { at: later }),
        ) => Reach::Reached(Upshot::CallbackRequested { at: later.or(*known) }),
        (known, _) => known.clone(),
    }
}
