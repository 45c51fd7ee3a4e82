//! What the journal knew at an earlier time: events up to a position, some at a time, and which position a time is.
//! What they come to is folded by the screens' own rules, elsewhere.

use chrono::{DateTime, Utc};
use domain::fact::Position;

use super::Dispatch;
use super::audit::{Named, Place};
use super::reports::Error;
use crate::journal::instant::recorded_by;
use crate::journal::{Stored, from_micros};

pub use crate::journal::feed::{Page, Reading, Unreadable as Damaged};

/// Events read, and held in memory, at a time.
const PAGE: usize = 2_000;

impl Dispatch {
    /// The newest position that was recorded by then; 0 where nothing was.
    pub async fn position_at(&self, at: DateTime<Utc>) -> Result<Position, Error> {
        recorded_by(self.head(), at, async |position| self.recorded_at(position).await).await
    }

    /// When an event was recorded; none where there is none at that position.
    pub async fn recorded_at(&self, position: Position) -> Result<Option<DateTime<Utc>>, Error> {
        let found = self.journal.stored(position.saturating_sub(1), 1).await?.into_iter().next();
        Ok(found.filter(|event| event.position == position).map(|event| from_micros(event.recorded_at)))
    }

    /// Events of several streams after a position and up to another, in the journal's order; where to go on, if there are more.
    pub async fn past(
        &self,
        streams: &[Named],
        (after, until): (Position, Position),
        reading: Reading,
    ) -> Result<(Page, Option<Position>), Error> {
        let stored = self.journal.streams_after(streams, after, PAGE).await?;
        let last = stored.last().filter(|last| stored.len() == PAGE && last.position < until);
        let next = last.map(|last| last.position);
        Ok((self.known_by(stored, until, reading).await?, next))
    }

    /// Events of the streams beneath another one that were recorded up to a position, stream by stream.
    pub async fn past_beneath(
        &self,
        (kind, parent): &Named,
        after: Option<&Place>,
        (until, reading): (Position, Reading),
    ) -> Result<(Page, Option<Place>), Error> {
        let (stored, next) = self.journal.beneath(kind, parent, after, PAGE).await?;
        Ok((self.known_by(stored, until, reading).await?, next))
    }

    /// Events of a stream and of those of a kind beneath it that were recorded after a position and up to another, in the journal's order;
    /// where to go on, if there are more.
    pub async fn past_between(
        &self,
        family: (&Named, &'static str),
        (after, until): (Position, Position),
        reading: Reading,
    ) -> Result<(Page, Option<Position>), Error> {
        let stored = self.journal.family(family, (after, until), PAGE).await?;
        let next = stored.last().filter(|_| stored.len() == PAGE).map(|last| last.position);
        Ok((self.journal.decode(0, stored, reading).await?, next))
    }

    async fn known_by(
        &self,
        mut stored: Vec<Stored>,
        until: Position,
        reading: Reading,
    ) -> Result<Page, Error> {
        stored.retain(|event| event.position <= until);
        Ok(self.journal.decode(0, stored, reading).await?)
    }
}
