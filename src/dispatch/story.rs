//! What was recorded of one thing, in the journal's order and in clear, some events at a time: for those who have it happen again.
//! Which streams tell it is the caller's to say.

use domain::fact::Position;

use super::Dispatch;
use super::past::{Page, Reading};
use super::reports::Error;

pub use crate::journal::story::{Extent, Story};

impl Dispatch {
    /// How far a story goes within a stretch of the journal; none where there is nothing of it.
    pub async fn extent(&self, of: &Story, stretch: (Position, Position)) -> Result<Option<Extent>, Error> {
        Ok(self.journal.extent(of, stretch).await?)
    }

    /// At most `limit` events of a story after a position and up to another; where to go on, if there are more.
    pub async fn again(
        &self,
        of: &Story,
        (after, until): (Position, Position),
        limit: usize,
    ) -> Result<(Page, Option<Position>), Error> {
        let mut stored = match (of.streams.first(), &of.beneath) {
            (Some(own), Some((kind, _))) => self.journal.family((own, kind), (after, until), limit).await?,
            _ => self.journal.streams_after(&of.streams, after, limit).await?,
        };
        let more = stored.len() >= limit;
        stored.retain(|event| event.position <= until);
        let next = stored.last().filter(|_| more).map(|last| last.position);
        Ok((self.journal.decode(0, stored, Reading::Clear).await?, next))
    }
}
