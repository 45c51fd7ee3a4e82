//! Whether the agent fails so often that a campaign had better pause: a fold over what came of its calls.
//! It opens once and stays open until somebody starts the campaign again.

use std::collections::VecDeque;
use std::num::NonZeroU8;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How much failing is too much. Either alone opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Limits {
    /// Failures with nothing else in between.
    pub in_a_row: NonZeroU8,
    pub percent: Percent,
    /// Of so many calls that ended last, once there are as many.
    pub of_last: NonZeroU8,
}

/// From 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Percent(u8);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no share; it is from 1 to 100 percent")]
pub struct BadPercent(u8);

impl Default for Limits {
    fn default() -> Self {
        Self {
            in_a_row: NonZeroU8::MIN.saturating_add(9),
            percent: Percent(50),
            of_last: NonZeroU8::MIN.saturating_add(39),
        }
    }
}

impl TryFrom<u8> for Percent {
    type Error = BadPercent;

    fn try_from(percent: u8) -> Result<Self, BadPercent> {
        if (1..=100).contains(&percent) { Ok(Self(percent)) } else { Err(BadPercent(percent)) }
    }
}

impl From<Percent> for u8 {
    fn from(percent: Percent) -> Self {
        percent.0
    }
}

/// The figures it opened at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub struct Tripped {
    pub at: DateTime<Utc>,
    pub in_a_row: u8,
    pub failed: u8,
    pub of_last: u8,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    in_a_row: u8,
    /// Whether each of the last calls failed, the oldest first.
    recent: VecDeque<bool>,
    tripped: Option<Tripped>,
}

impl Breaker {
    /// Takes in how a call ended; says so when that opens it.
    pub fn hear(&mut self, failed: bool, limits: &Limits, at: DateTime<Utc>) -> Option<Tripped> {
        self.in_a_row = if failed { self.in_a_row.saturating_add(1) } else { 0 };
        self.recent.push_back(failed);
        while self.recent.len() > usize::from(limits.of_last.get()) {
            self.recent.pop_front();
        }
        if self.tripped.is_some() {
            return None;
        }
        let heard = u8::try_from(self.recent.len()).unwrap_or(u8::MAX);
        let failed = self.recent.iter().fold(0_u8, |sum, failed| sum.saturating_add(u8::from(*failed)));
        let share = u16::from(failed) * 100 >= u16::from(limits.percent.0) * u16::from(heard);
        let enough = heard >= limits.of_last.get();
        let open = self.in_a_row >= limits.in_a_row.get() || (enough && share);
        self.tripped = open.then_some(Tripped { at, in_a_row: self.in_a_row, failed, of_last: heard });
        self.tripped
    }

    pub fn tripped(&self) -> Option<Tripped> {
        self.tripped
    }

    /// Somebody wants to try again.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000 + second, 0).unwrap()
    }

    fn limits(text: &str) -> Limits {
        serde_json::from_str(text).unwrap()
    }

    /// After which call it opens, counted from one.
    fn opens(calls: &[bool], limits: Limits) -> Option<(usize, Tripped)> {
        let mut breaker = Breaker::default();
        let heard = calls.iter().zip(1..).find_map(|(failed, place)| {
            let second = i64::try_from(place).unwrap();
            breaker.hear(*failed, &limits, at(second)).map(|tripped| (place, tripped))
        });
        assert_eq!(breaker.tripped(), heard.map(|(_, tripped)| tripped));
        heard
    }

    #[test]
    fn failures_in_a_row_open_it_with_their_figures() {
        let three = limits(r#"{"inARow": 3, "percent": 100, "ofLast": 100}"#);
        let (place, figures) = opens(&[true, true, false, true, true, true, true], three).unwrap();
        assert_eq!(place, 6);
        assert_eq!(figures, Tripped { at: at(6), in_a_row: 3, failed: 5, of_last: 6 });
        assert_eq!(opens(&[true, true, false, true, true, false], three), None);
    }

    #[test]
    fn a_share_of_the_last_calls_opens_it_once_there_are_enough() {
        let half = limits(r#"{"inARow": 200, "percent": 50, "ofLast": 4}"#);
        assert_eq!(opens(&[true, true, true], half), None, "three calls are too few to tell");
        assert_eq!(opens(&[true, false, false, true], half).unwrap().0, 4);
        assert_eq!(opens(&[true, false, false, false, true, false, false, false], half), None);
        assert_eq!(
            opens(&[true, false, false, false, true, true], half).unwrap().0,
            6,
            "old ones are forgotten"
        );
    }

    #[test]
    fn it_opens_once_and_is_closed_by_hand() {
        let one = limits(r#"{"inARow": 1, "percent": 100, "ofLast": 1}"#);
        let mut breaker = Breaker::default();
        assert!(breaker.hear(true, &one, at(1)).is_some());
        assert_eq!(breaker.hear(true, &one, at(2)), None);
        assert_eq!(breaker.tripped().unwrap().at, at(1));
        breaker.hear(false, &one, at(3));
        assert!(breaker.tripped().is_some(), "one call that went well does not close it");
        breaker.reset();
        assert_eq!(breaker, Breaker::default());
    }

    #[test]
    fn limits_that_mean_nothing_are_refused() {
        for wrong in [
            r#"{"inARow": 0, "percent": 50, "ofLast": 4}"#,
            r#"{"inARow": 1, "percent": 0, "ofLast": 4}"#,
            r#"{"inARow": 1, "percent": 101, "ofLast": 4}"#,
            r#"{"inARow": 1, "percent": 50, "ofLast": 4, "x": 1}"#,
        ] {
            assert!(serde_json::from_str::<Limits>(wrong).is_err(), "{wrong}");
        }
    }
}
