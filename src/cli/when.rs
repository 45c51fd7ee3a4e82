//! A place in the journal as people say it: a position, or an instant. Times of recording never decrease with positions.

use chrono::{DateTime, Utc};
use domain::fact::Position;

use crate::journal::verify::Reader;
use crate::journal::{self, from_micros};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Position(Position),
    Instant(DateTime<Utc>),
}

pub(super) fn when(text: &str) -> Result<When, &'static str> {
    let told = "is neither a position nor an instant; one is written as in 2025-10-06T18:30:00+05:00";
    if let Ok(position) = text.parse() {
        return Ok(When::Position(position));
    }
    DateTime::parse_from_rfc3339(text).map(|at| When::Instant(at.to_utc())).map_err(|_| told)
}

impl When {
    /// Whether what was recorded then was recorded by this.
    fn has_come(self, position: Position, recorded_at: DateTime<Utc>) -> bool {
        match self {
            Self::Position(until) => position <= until,
            Self::Instant(until) => recorded_at <= until,
        }
    }

    pub(super) fn begins(self, position: Position, recorded_at: DateTime<Utc>) -> bool {
        match self {
            Self::Position(from) => position >= from,
            Self::Instant(from) => recorded_at >= from,
        }
    }

    /// Leaves of these positions, which ascend, those that were recorded by then.
    pub(super) async fn cut(
        self,
        reader: &Reader,
        positions: &mut Vec<Position>,
    ) -> Result<(), journal::Error> {
        let (mut known, mut beyond) = (0, positions.len());
        while known < beyond {
            let middle = known + (beyond - known) / 2;
            let one = positions.get(middle..=middle).unwrap_or_default();
            let event = reader.at(one).await?.into_iter().next();
            if event.is_some_and(|event| self.has_come(event.position, from_micros(event.recorded_at))) {
                known = middle + 1;
            } else {
                beyond = middle;
            }
        }
        positions.truncate(known);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_position_or_an_instant() {
        assert_eq!(when("42"), Ok(When::Position(42)));
        let at = DateTime::from_timestamp(1_759_757_400, 0).unwrap();
        assert_eq!(when("2025-10-06T18:30:00+05:00"), Ok(When::Instant(at)));
        for wrong in ["", "-1", "soon", "2025-10-06", "2025-10-06T18:30:00"] {
            assert!(when(wrong).is_err(), "{wrong}");
        }
    }
}
