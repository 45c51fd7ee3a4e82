//! Places in the journal as they are said on the command line, and where they lie in a store that is looked at beside the engine.

use std::fmt;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::fact::Position;

pub(super) use crate::http::when::When;
use crate::http::when::{STEP, WORDS};
use crate::journal::instant::recorded_by;
use crate::journal::verify::Reader;
use crate::journal::{self, from_micros};

/// As it was said. Which instant that is the zone tells, which is known later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    text: String,
    utc: When,
}

pub(super) fn said(text: &str) -> Result<Said, String> {
    let utc = When::parse(text, Tz::UTC).ok_or_else(|| format!("has to be {WORDS}"))?;
    Ok(Said { text: text.to_owned(), utc })
}

impl Said {
    /// At the ends of all years there may be no such time in this zone.
    pub(super) fn when(&self, zone: Tz) -> When {
        When::parse(&self.text, zone).unwrap_or(self.utc)
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The first position that belongs to what begins there, be it that nothing stands there yet.
pub(super) async fn first(reader: &Reader, when: When) -> Result<Position, journal::Error> {
    match when {
        When::Position(position) => Ok(position),
        When::Instant(first) | When::Day { first, .. } => Ok(position_at(reader, first - STEP).await? + 1),
    }
}

/// The last position that belongs to what ends there.
pub(super) async fn last(reader: &Reader, when: When) -> Result<Position, journal::Error> {
    match when {
        When::Position(position) => Ok(position),
        When::Instant(last) | When::Day { last, .. } => position_at(reader, last).await,
    }
}

async fn position_at(reader: &Reader, at: DateTime<Utc>) -> Result<Position, journal::Error> {
    let recorded_at = async |position: Position| {
        let event = reader.stored(position - 1, 1).await?.into_iter().next();
        Ok(event.map(|event| from_micros(event.recorded_at)))
    };
    recorded_by(reader.position().await?, at, recorded_at).await
}

/// Leaves of these positions, which ascend, those that were recorded by then.
pub(super) async fn cut(
    reader: &Reader,
    when: When,
    positions: &mut Vec<Position>,
) -> Result<(), journal::Error> {
    let last = last(reader, when).await?;
    positions.truncate(positions.partition_point(|position| *position <= last));
    Ok(())
}
