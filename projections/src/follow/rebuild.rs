//! Rebuilding: another generation is fed from the journal's beginning beside the live one, and takes its place in one transaction.
//! Its indexes are made when it has caught up, so that the bulk of its rows goes into the table alone.

use domain::fact::Position;

use super::Follower;
use crate::error::Error;
use crate::projection::Projection;
use crate::registry::{self, Generation, State};
use crate::row::Cell;
use crate::screens::Screens;
use crate::store::{Step, schema};

/// What became of a flip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flip {
    /// It is shown from now on.
    Done,
    /// The live generation is further by this much: feed it on and flip again.
    Behind { by: u64 },
}

impl<P: Projection> Follower<P> {
    /// Begins a new generation at position 0. One that somebody else was building is given up for it.
    pub async fn rebuild(screens: &Screens) -> Result<Self, Error> {
        let (backend, spec) = (screens.backend(), Self::SPEC);
        let dialect = backend.dialect();
        let known = registry::generations(backend, Some(P::NAME)).await?;
        let next = schema::next(&known);
        let given_up = known.iter().filter(|known| known.state == State::Building);
        let mut steps: Vec<Step> =
            given_up.flat_map(|known| schema::drop_generation(dialect, known)).collect();
        steps.push(schema::announce(dialect, &spec, (next, State::Building), screens.now()));
        steps.push(schema::create_table(dialect, &spec, next));
        if !backend.transact(steps).await? {
            return Err(Error::Superseded { name: P::NAME });
        }
        let known = registry::generations(backend, Some(P::NAME)).await?;
        let begun = known.into_iter().find(|known| known.generation == next);
        Self::attach(screens, begun.ok_or(Error::Superseded { name: P::NAME })?).await
    }

    /// Goes on with a rebuild that was interrupted. None where there is none.
    pub async fn resume(screens: &Screens) -> Result<Option<Self>, Error> {
        let known = registry::generations(screens.backend(), Some(P::NAME)).await?;
        let begun =
            known.into_iter().find(|known| known.state == State::Building && known.version == P::VERSION);
        match begun {
            Some(begun) => Self::attach(screens, begun).await.map(Some),
            None => Ok(None),
        }
    }

    /// Puts this generation in the live one's place, as soon as it holds as much.
    pub async fn flip(&mut self) -> Result<Flip, Error> {
        if !self.building() {
            return Ok(Flip::Done);
        }
        let backend = self.screens.backend();
        let (dialect, number) = (backend.dialect(), self.generation.generation);
        let mut live = registry::live(backend, P::NAME).await?;
        if self.missing(&live).is_none() && !self.indexed {
            // Takes a while, in which the live one moves on. Done once, so that every later try is one short transaction.
            backend.transact(schema::create_indexes(dialect, &Self::SPEC, number)).await?;
            self.indexed = true;
            live = registry::live(backend, P::NAME).await?;
        }
        if let Some(by) = self.missing(&live) {
            return Ok(Flip::Behind { by });
        }
        let mut steps = self.change_places(&live);
        steps.extend(schema::show(dialect, &Self::SPEC, number));
        if !backend.transact(steps).await? {
            self.recover().await?;
            let live = registry::live(self.screens.backend(), P::NAME).await?;
            return Ok(self.missing(&live).map_or(Flip::Behind { by: 0 }, |by| Flip::Behind { by }));
        }
        self.screens.meters().forget(P::NAME, live.generation);
        self.recover().await?;
        // Its table goes afterwards: those who still read it finish first. What a crash leaves is dropped at the next start.
        self.screens.backend().transact(schema::drop_generation(dialect, &live)).await?;
        tracing::info!(screen = P::NAME, generation = number, "the rebuilt generation is shown");
        Ok(Flip::Done)
    }

    fn missing(&self, live: &Generation) -> Option<Position> {
        // People have seen as much as was read, and what they have seen does not go away.
        let shown = live.position.max(self.screens.position(P::NAME));
        let behind = shown.saturating_sub(self.position());
        (behind > 0).then_some(behind)
    }

    fn change_places(&self, live: &Generation) -> Vec<Step> {
        let prefix = self.screens.backend().dialect().prefix();
        let retire = format!(
            "update {prefix}projections set state = 'retired', epoch = epoch + 1 \
             where name = $1 and generation = $2 and state = 'live' and position <= $3"
        );
        let show = format!(
            "update {prefix}projections set state = 'live', epoch = epoch + 1 \
             where name = $1 and generation = $2 and state = 'building' and position = $3 and epoch = $4"
        );
        let (name, position) = (|| Cell::text(P::NAME), || Cell::position(self.position()));
        let own = Cell::int(self.generation.generation);
        vec![
            Step::new(retire).with(vec![name(), Cell::int(live.generation), position()]).expecting(1),
            Step::new(show)
                .with(vec![name(), own, position(), Cell::int(self.generation.epoch)])
                .expecting(1),
        ]
    }
}
