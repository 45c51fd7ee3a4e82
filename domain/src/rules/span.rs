//! A length of time as people write it: `90s`, `5m`, `2h`, `1h30m`, `7d`.

use std::fmt;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

const UNITS: [(char, u32); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Whole seconds, a year at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(u32);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no length of time up to 366d; one is written as in 90s, 5m, 2h, 1h30m or 7d")]
pub struct BadSpan(String);

impl Span {
    pub const ZERO: Self = Self(0);
    pub const MAX: Self = Self(366 * 86_400);

    pub const fn secs(secs: u32) -> Self {
        Self(secs)
    }

    pub const fn mins(mins: u32) -> Self {
        Self(mins * 60)
    }

    pub const fn hours(hours: u32) -> Self {
        Self(hours * 3_600)
    }

    pub const fn days(days: u32) -> Self {
        Self(days * 86_400)
    }

    pub fn parse(text: &str) -> Result<Self, BadSpan> {
        let wrong = || BadSpan(text.chars().take(32).collect());
        let secs = text.split_inclusive(|c: char| !c.is_ascii_digit()).map(part);
        let all: Option<u32> = secs.reduce(|sum, part| sum?.checked_add(part?)).flatten();
        all.map(Self).filter(|span| *span <= Self::MAX).ok_or_else(wrong)
    }

    pub fn delta(self) -> TimeDelta {
        TimeDelta::seconds(self.0.into())
    }

    /// Twice as long for each time, the longest at most.
    #[must_use]
    pub fn doubled(self, times: u32) -> Self {
        let factor = 1_u32.checked_shl(times).unwrap_or(u32::MAX);
        Self(self.0.saturating_mul(factor)).min(Self::MAX)
    }
}

/// Digits and their unit.
fn part(text: &str) -> Option<u32> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let (_, secs) = UNITS.into_iter().find(|(name, _)| unit == name.to_string())?;
    digits.parse::<u32>().ok()?.checked_mul(secs)
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let mut left = self.0;
        for (name, secs) in UNITS {
            if left >= secs {
                write!(f, "{}{name}", left / secs)?;
            }
            left %= secs;
        }
        Ok(())
    }
}

impl TryFrom<String> for Span {
    type Error = BadSpan;

    fn try_from(text: String) -> Result<Self, BadSpan> {
        Self::parse(&text)
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_written_as_people_say_it() {
        for (text, secs, back) in [
            ("90s", 90, "1m30s"),
            ("5m", 300, "5m"),
            ("1h30m", 5_400, "1h30m"),
            ("24h", 86_400, "1d"),
            ("7d", 604_800, "7d"),
            ("0s", 0, "0s"),
        ] {
            let span = Span::parse(text).unwrap();
            assert_eq!((span, span.to_string().as_str()), (Span(secs), back), "{text}");
        }
        for wrong in ["", "5", "m", "-5m", "5 m", "5w", "367d", "99999999999s", "5m3", "1.5h"] {
            assert!(Span::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn doubling_ends_at_a_year() {
        assert_eq!(Span::mins(1).doubled(4), Span::mins(16));
        assert_eq!(Span::mins(1).doubled(31), Span::MAX);
        assert_eq!(Span::mins(1).doubled(99), Span::MAX);
    }
}
