//! A place in the journal as people say it, in the API and on the command line alike: a position, a time, or a day.
//! Times of recording never decrease with positions, so that each time is a place.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::fact::Position;

use super::problem::Problem;
use super::{Engine, query, times};

/// What it has to be. Every description of one says so in these words.
pub(crate) const WORDS: &str = "a position of the journal, a time (2025-10-06T18:30:00Z; in the engine's zone where it names none) or a day there (2025-10-06)";

/// Nothing is recorded between two microseconds.
pub(crate) const STEP: TimeDelta = TimeDelta::microseconds(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Position(Position),
    Instant(DateTime<Utc>),
    /// What begins with it begins with its first instant, what ends with it ends with its last.
    Day {
        first: DateTime<Utc>,
        last: DateTime<Utc>,
    },
}

impl When {
    /// What names no zone is meant in this one.
    pub(crate) fn parse(text: &str, zone: Tz) -> Option<Self> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().ok().map(Self::Position);
        }
        if let Some((first, next)) = times::day(text, zone) {
            return Some(Self::Day { first, last: next - STEP });
        }
        query::instant(text, zone).map(Self::Instant)
    }

    /// Whether what was recorded then belongs to what begins with it.
    pub(crate) fn begins(self, position: Position, recorded_at: DateTime<Utc>) -> bool {
        match self {
            Self::Position(from) => position >= from,
            Self::Instant(first) | Self::Day { first, .. } => recorded_at >= first,
        }
    }

    /// The last position that comes before it.
    pub(super) async fn before(self, engine: &Engine) -> Result<Position, Problem> {
        match self {
            Self::Position(position) => Ok(position.saturating_sub(1)),
            Self::Instant(first) | Self::Day { first, .. } => {
                Ok(engine.dispatch.position_at(first - STEP).await?)
            }
        }
    }

    /// The last position that is there by then.
    pub(super) async fn by(self, engine: &Engine) -> Result<Position, Problem> {
        match self {
            Self::Position(position) => Ok(position.min(engine.dispatch.position())),
            Self::Instant(last) | Self::Day { last, .. } => Ok(engine.dispatch.position_at(last).await?),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Tashkent;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn a_place_is_a_position_a_time_or_a_day() {
        assert_eq!(When::parse("42", Tashkent), Some(When::Position(42)));
        for time in [
            "2025-10-06T13:30:00Z",
            "2025-10-06T18:30:00+05:00",
            "2025-10-06T18:30:00 05:00",
            "2025-10-06T18:30:00",
            "2025-10-06 18:30:00",
        ] {
            assert_eq!(
                When::parse(time, Tashkent),
                Some(When::Instant(at("2025-10-06T13:30:00Z"))),
                "{time}"
            );
        }
        let (first, last) = (at("2025-10-05T19:00:00Z"), at("2025-10-06T18:59:59.999999Z"));
        assert_eq!(When::parse("2025-10-06", Tashkent), Some(When::Day { first, last }));
        for wrong in ["", "-1", "+1", "soon", "2025-10", "2025-10-06T18:30", "18446744073709551616", "1e3"] {
            assert_eq!(When::parse(wrong, Tashkent), None, "{wrong}");
        }
    }
}
