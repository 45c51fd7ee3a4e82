//! When nobody was looking at the exchange: from the last good look to the next one, where that took longer than two looks take.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::pbx::{Command, Gap};

/// A pause of so many looks is none.
const LOOKS: u32 = 2;

#[derive(Debug, Clone)]
pub(super) struct Gaps {
    last: Option<DateTime<Utc>>,
    why: Gap,
    pause_max: TimeDelta,
}

impl Gaps {
    /// Nobody watched since then.
    pub(super) fn since(heard_at: Option<DateTime<Utc>>, poll: Duration) -> Self {
        let pause_max = TimeDelta::from_std(poll.saturating_mul(LOOKS)).unwrap_or(TimeDelta::MAX);
        Self { last: heard_at, why: Gap::Unwatched, pause_max }
    }

    /// What is to be recorded now that a look was good.
    pub(super) fn look(&self, at: DateTime<Utc>) -> Option<Command> {
        let from = self.last?;
        (at - from > self.pause_max).then_some(Command::Miss { from, to: at, why: self.why, at })
    }

    /// It was good, and what it said is stored.
    pub(super) fn seen(&mut self, at: DateTime<Utc>) {
        (self.last, self.why) = (Some(at), Gap::Unreachable);
    }

    pub(super) fn refused(&mut self) {
        self.why = Gap::Refused;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
    }

    fn gap(from: i64, to: i64, why: Gap) -> Command {
        Command::Miss { from: at(from), to: at(to), why, at: at(to) }
    }

    #[test]
    fn a_gap_is_what_is_longer_than_two_looks() {
        let poll = Duration::from_secs(2);
        assert_eq!(Gaps::since(None, poll).look(at(0)), None, "nobody ever watched");
        let mut gaps = Gaps::since(Some(at(-300)), poll);
        assert_eq!(gaps.look(at(0)), Some(gap(-300, 0, Gap::Unwatched)));
        gaps.seen(at(0));
        assert_eq!(gaps.look(at(4)), None);
        assert_eq!(gaps.look(at(5)), Some(gap(0, 5, Gap::Unreachable)));
        gaps.refused();
        assert_eq!(gaps.look(at(9)), Some(gap(0, 9, Gap::Refused)));
        gaps.seen(at(9));
        assert_eq!(gaps.look(at(14)), Some(gap(9, 14, Gap::Unreachable)));
    }
}
