//! Following the journal: a page of facts in order, folded in memory, rows and checkpoint written in one transaction.
//! The checkpoint is compared before it is moved, so that of two followers one wins and neither counts twice.
//! A page that holds nothing for a live screen only moves the position in memory; its checkpoint follows with the next rows, or soon.
//!
//! A projector is little more than this loop; a rebuild is the same loop over `Follower::rebuild`, left after `flip`:
//!
//! ```ignore
//! let mut follower = Follower::<SessionStats>::open(&screens).await?;
//! loop {
//!     let from = follower.position();
//!     let page = journal.facts(from, follow::PAGE, reading).await?;
//!     let unreadable = page.unreadable.iter().map(|bad| Unreadable { position: bad.position, kind: &bad.kind, stream: &bad.stream, why: &bad.why });
//!     follower.advance(Page { after: from, facts: &page.facts, unreadable: &unreadable.collect::<Vec<_>>(), last: page.last }).await?;
//!     if follower.position() >= journal.position() && (!follower.building() || follower.flip().await? == Flip::Done) {
//!         follower.settle().await?;
//!         head.wait_for(|head| *head > follower.position()).await?;
//!     }
//! }
//! ```
//! The next page may be fetched while one is written: `Advance::Lost` says that it is then the wrong one.

mod batch;
mod forgetting;
mod parking;
mod rebuild;
mod standing;

use std::num::NonZeroUsize;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::fact::{Fact, Position};
use lru::LruCache;

use crate::error::Error;
use crate::milestones::{self, Milestones};
use crate::projection::{Projection, Spec};
use crate::registry::{self, Generation, State};
use crate::row::Cell;
use crate::screens::{Applied, Screens, applied};
use crate::store::{Changes, Step, Table};

use batch::{Batch, Folded};
pub use forgetting::{Rewritten, rewrite};
use parking::Parking;
pub use parking::{Replay, replay};
pub use rebuild::Flip;
use standing::Standing;

/// A good size of a page: large enough for a rebuild, small enough to stay out of the way of others.
pub const PAGE: usize = 8_192;

/// What the journal gave for the positions in (after, last].
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    pub after: Position,
    pub facts: &'a [Arc<Fact>],
    pub unreadable: &'a [Unreadable<'a>],
    pub last: Position,
}

/// An event that this program cannot read.
#[derive(Debug, Clone, Copy)]
pub struct Unreadable<'a> {
    pub position: Position,
    pub kind: &'a str,
    pub stream: &'a str,
    pub why: &'a str,
}

/// What became of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advance {
    Applied {
        rows: usize,
        /// Streams parked by this page.
        parked: usize,
    },
    /// Somebody else moved the checkpoint or the rows: read on from the position as it is now.
    Lost,
}

/// Feeds one generation of a screen.
pub struct Follower<P: Projection> {
    screens: Screens,
    /// As it is stored, the checkpoint with it.
    generation: Generation,
    standing: Standing,
    table: Arc<Table>,
    /// Rows as they are in the table, for nobody else writes it.
    cache: LruCache<P::Key, P::Row>,
    parking: Parking,
    /// Of those screens alone that keep copies of their rows.
    milestones: Option<Milestones<P::Key>>,
    /// Whether the indexes are made that a generation gets when it has caught up.
    indexed: bool,
}

impl<P: Projection> std::fmt::Debug for Follower<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower").field("generation", &self.generation).finish_non_exhaustive()
    }
}

impl<P: Projection> Follower<P> {
    const SPEC: Spec = Spec::of::<P>();

    /// The follower of what this program shows: the live generation or, after an upgrade, the one that is to replace it.
    pub async fn open(screens: &Screens) -> Result<Self, Error> {
        let known = registry::generations(screens.backend(), Some(P::NAME)).await?;
        let of_ours = |state| known.iter().find(|known| known.state == state && known.version == P::VERSION);
        let ours = of_ours(State::Live).or_else(|| of_ours(State::Building));
        Self::attach(screens, ours.ok_or_else(|| Error::Unknown(P::NAME.to_owned()))?.clone()).await
    }

    async fn attach(screens: &Screens, generation: Generation) -> Result<Self, Error> {
        let dialect = screens.backend().dialect();
        let mut follower = Self {
            table: Arc::new(Table::new(dialect, &Self::SPEC, generation.generation)),
            screens: screens.clone(),
            standing: Standing::of(&generation, screens.now()),
            generation,
            cache: LruCache::new(NonZeroUsize::new(P::CACHED).unwrap_or(NonZeroUsize::MIN)),
            parking: Parking::default(),
            milestones: P::MILESTONES.then(|| Milestones::new(screens.milestones_every(), P::CACHED)),
            indexed: false,
        };
        follower.look_around().await?;
        follower.screens.meters().count(P::NAME, follower.generation.generation, 0);
        Ok(follower)
    }

    /// Where the next page has to begin.
    pub fn position(&self) -> Position {
        self.standing.read
    }

    /// Whether it feeds a generation that is not shown yet.
    pub fn building(&self) -> bool {
        self.generation.state == State::Building
    }

    /// Folds one page, for a live generation as for a building one.
    pub async fn advance(&mut self, page: Page<'_>) -> Result<Advance, Error> {
        let expected = self.position();
        if page.after != expected {
            return Err(Error::Misfed { expected, fed: page.after });
        }
        if self.is_replaced() {
            return self.recover().await.map(|()| Advance::Lost);
        }
        if page.last <= expected {
            return Ok(Advance::Applied { rows: 0, parked: 0 });
        }
        self.take(page).await
    }

    /// When nothing is left to read: stores how far it has read, once that is due.
    pub async fn settle(&mut self) -> Result<Advance, Error> {
        if self.is_replaced() {
            return self.recover().await.map(|()| Advance::Lost);
        }
        let read = self.position();
        if !self.standing.is_due(read, self.screens.now()) {
            return Ok(Advance::Applied { rows: 0, parked: 0 });
        }
        self.take(Page { after: read, facts: &[], unreadable: &[], last: read }).await
    }

    async fn take(&mut self, page: Page<'_>) -> Result<Advance, Error> {
        let done = match self.attempt(page, true).await {
            // A row that a fact called new is there: look before believing.
            Err(Error::AlreadyThere) => self.attempt(page, false).await,
            done => done,
        };
        match done {
            Ok(Advance::Lost) => self.recover().await.map(|()| Advance::Lost),
            Ok(applied) => Ok(applied),
            Err(error) => self.lost_or(error).await,
        }
    }

    async fn attempt(&mut self, page: Page<'_>, trusting: bool) -> Result<Advance, Error> {
        let now = self.screens.now();
        let mut batch = Batch::<P>::plan(page.facts, &self.parking, &mut self.cache, trusting);
        let found = self.screens.backend().load(&self.table, batch.missing()).await?;
        batch.place(found);
        let Folded { changes, untouched, parked, passed } = batch.fold(page, &self.parking).await;
        let moved = page.facts.last().map(|fact| fact.recorded_at).or(self.standing.recorded_at);
        let nothing = changes.is_empty() && parked.is_empty() && !passed;
        if nothing && !self.standing.is_due(page.last, now) {
            self.read(page.last, moved);
            return Ok(Advance::Applied { rows: 0, parked: 0 });
        }
        let mut guard = vec![self.move_checkpoint(page.last, moved)];
        guard.extend(parked.iter().map(|parked| self.park(parked, now)));
        guard.extend(self.copies(&changes, (page.after, page.last), !parked.is_empty()));
        let (won, changes) = self.screens.backend().write(guard, &self.table, changes).await?;
        if !won {
            return Ok(Advance::Lost);
        }
        let applied =
            Advance::Applied { rows: changes.fresh.len() + changes.known.len(), parked: parked.len() };
        self.remember(untouched);
        self.remember(changes.fresh);
        self.remember(changes.known);
        for parked in parked {
            parked.warn(P::NAME);
            self.parking.add(parked.kind, parked.stream);
        }
        self.stored(page.last, moved);
        Ok(applied)
    }

    fn copies(
        &mut self,
        changes: &Changes<P::Key, P::Row>,
        page: (Position, Position),
        doubtful: bool,
    ) -> Vec<Step> {
        let (dialect, generation) = (self.screens.backend().dialect(), self.generation.generation);
        let Some(milestones) = &mut self.milestones else { return vec![] };
        if doubtful {
            // Those who look back pass over what is parked from where it makes no sense on, whatever becomes of it.
            return vec![milestones::withdraw(dialect, P::NAME, generation)];
        }
        milestones.of_page((dialect, P::NAME, generation), changes, page)
    }

    /// Only the last few fit anyway.
    fn remember(&mut self, rows: Vec<(P::Key, P::Row)>) {
        let superfluous = rows.len().saturating_sub(P::CACHED);
        for (key, row) in rows.into_iter().skip(superfluous) {
            self.cache.put(key, row);
        }
    }

    fn read(&mut self, to: Position, recorded_at: Option<DateTime<Utc>>) {
        self.count(to);
        (self.standing.read, self.standing.recorded_at) = (to, recorded_at);
        self.publish();
    }

    fn stored(&mut self, to: Position, recorded_at: Option<DateTime<Utc>>) {
        self.count(to);
        (self.generation.position, self.generation.recorded_at) = (to, recorded_at);
        self.generation.parked = self.parking.len();
        self.standing = Standing::of(&self.generation, self.screens.now());
        self.publish();
    }

    fn count(&self, to: Position) {
        let events = to - self.standing.read;
        self.screens.meters().count(P::NAME, self.generation.generation, events);
    }

    /// Those who wait see at once what was read, stored or not.
    fn publish(&self) {
        if self.generation.state == State::Live {
            let Standing { read: position, recorded_at, .. } = self.standing;
            let stored = applied(&self.generation, P::VERSION);
            self.screens.publish(P::NAME, Applied { position, recorded_at, ..stored });
        }
    }

    /// Whether this process has seen another generation take the place of its live one. Storing would find that out too, but not soon.
    fn is_replaced(&self) -> bool {
        self.generation.state == State::Live
            && self.screens.generation(P::NAME).is_some_and(|shown| shown > self.generation.generation)
    }

    /// Compare and set: touches one row only where the checkpoint is still as this follower knows it.
    fn move_checkpoint(&self, to: Position, recorded_at: Option<DateTime<Utc>>) -> Step {
        let sql = format!(
            "update {}projections set position = $1, recorded_at = $2 \
             where name = $3 and generation = $4 and position = $5 and epoch = $6",
            self.screens.backend().dialect().prefix()
        );
        let args = vec![
            Cell::position(to),
            Cell::Int(recorded_at.map(|at| at.timestamp_micros())),
            Cell::text(P::NAME),
            Cell::int(self.generation.generation),
            Cell::position(self.generation.position),
            Cell::int(self.generation.epoch),
        ];
        Step::new(sql).with(args).expecting(1)
    }

    /// Forgets what it thought it knew, and finds its generation again, or the one that was put in its place.
    async fn recover(&mut self) -> Result<(), Error> {
        self.cache.clear();
        if let Some(milestones) = &mut self.milestones {
            milestones.forget();
        }
        let known = registry::generations(self.screens.backend(), Some(P::NAME)).await?;
        let same = known
            .iter()
            .find(|known| known.generation == self.generation.generation && known.state != State::Retired);
        let was_live = self.generation.state == State::Live;
        let live =
            known.iter().find(|known| was_live && known.state == State::Live && known.version == P::VERSION);
        let found = same.or(live).ok_or(Error::Superseded { name: P::NAME })?;
        self.generation = found.clone();
        self.standing = Standing::of(&self.generation, self.screens.now());
        let dialect = self.screens.backend().dialect();
        self.table = Arc::new(Table::new(dialect, &Self::SPEC, self.generation.generation));
        self.look_around().await?;
        self.publish();
        Ok(())
    }

    /// A table may be gone under one's feet: its generation was replaced, and that is no failure of the store.
    async fn lost_or(&mut self, error: Error) -> Result<Advance, Error> {
        let known = self.generation.clone();
        match self.recover().await {
            Ok(()) if self.generation != known => Ok(Advance::Lost),
            Err(superseded @ Error::Superseded { .. }) => Err(superseded),
            Ok(()) | Err(_) => Err(error),
        }
    }

    async fn look_around(&mut self) -> Result<(), Error> {
        let parked = registry::parked(self.screens.backend(), P::NAME, self.generation.generation).await?;
        self.parking = Parking::default();
        for parked in parked {
            self.parking.add(parked.kind, parked.stream);
        }
        Ok(())
    }
}
