//! Streams that a screen cannot follow. One bad event parks its stream for that screen alone: order within the stream holds,
//! everybody else goes on, and nothing is skipped in silence.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::fact::{Fact, Position};

use super::batch::{Batch, Folded};
use super::{Follower, Page, Unreadable};
use crate::error::Error;
use crate::projection::Projection;
use crate::registry;
use crate::row::Cell;
use crate::screens::{Screens, unpark};
use crate::store::Step;

/// Longer reasons are cut.
const REASON_LEN_MAX: usize = 500;

/// The parked streams of one generation, kind by kind.
#[derive(Debug, Default)]
pub(super) struct Parking(HashMap<String, HashSet<String>>);

impl Parking {
    pub(super) fn holds(&self, kind: &str, stream: &str) -> bool {
        !self.0.is_empty() && self.0.get(kind).is_some_and(|streams| streams.contains(stream))
    }

    pub(super) fn add(&mut self, kind: String, stream: String) {
        self.0.entry(kind).or_default().insert(stream);
    }

    fn remove(&mut self, kind: &str, stream: &str) {
        if let Some(streams) = self.0.get_mut(kind) {
            streams.remove(stream);
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.0.values().map(|streams| u64::try_from(streams.len()).unwrap_or(u64::MAX)).sum()
    }
}

/// A stream to be parked, and why.
#[derive(Debug)]
pub(super) struct ToPark {
    pub(super) kind: String,
    pub(super) stream: String,
    position: Position,
    reason: String,
}

impl ToPark {
    pub(super) fn new(position: Position, (kind, stream): (&str, &str), reason: &str) -> Self {
        let reason = reason.chars().filter(|c| !c.is_control()).take(REASON_LEN_MAX).collect();
        Self { kind: kind.to_owned(), stream: stream.to_owned(), position, reason }
    }

    pub(super) fn warn(&self, screen: &str) {
        let Self { kind, stream, position, reason } = self;
        tracing::warn!(
            screen,
            kind,
            stream,
            position,
            reason,
            "a stream was parked: the screen no longer follows it"
        );
    }
}

/// What became of a replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replay {
    /// The stream is followed again.
    Done { facts: usize },
    /// It was parked again.
    StillParked { position: Position, reason: String },
    /// The stream is not parked.
    NotParked,
    /// The screen moved on meanwhile: read the stream again and try again.
    Lost,
}

/// Takes up a parked stream where it was left. `facts` and `unreadable` are the stream's own events from its first parked
/// position (`Screens::parked` names it) up to `through`, all of them. May be called on any node, beside the follower.
pub async fn replay<P: Projection>(
    screens: &Screens,
    (kind, stream): (&str, &str),
    (facts, unreadable): (&[Arc<Fact>], &[Unreadable<'_>]),
    through: Position,
) -> Result<Replay, Error> {
    let mut follower = Follower::<P>::open(screens).await?;
    let held = registry::parked(screens.backend(), P::NAME, follower.generation.generation).await?;
    let Some(held) = held.into_iter().find(|held| held.kind == kind && held.stream == stream) else {
        return Ok(Replay::NotParked);
    };
    if through < follower.position() {
        return Ok(Replay::Lost);
    }
    follower.parking.remove(kind, stream);
    // What comes after the checkpoint is the follower's to take.
    let due = |position: Position| position >= held.first_position && position <= follower.position();
    let facts: Vec<Arc<Fact>> = facts.iter().filter(|fact| due(fact.position)).cloned().collect();
    let unreadable: Vec<Unreadable<'_>> =
        unreadable.iter().filter(|event| due(event.position)).copied().collect();
    follower
        .refold(Page { after: 0, facts: &facts, unreadable: &unreadable, last: through }, (kind, stream))
        .await
}

impl<P: Projection> Follower<P> {
    /// Folds facts of the past into today's rows, without moving the checkpoint.
    async fn refold(&mut self, page: Page<'_>, stream: (&str, &str)) -> Result<Replay, Error> {
        let mut batch = Batch::<P>::plan(page.facts, &self.parking, &mut self.cache, false);
        let found = self.screens.backend().load(&self.table, batch.missing()).await?;
        batch.place(found);
        let Folded { changes, parked, .. } = batch.fold(page, &self.parking).await;
        let prefix = self.screens.backend().dialect().prefix();
        let now = self.screens.now();
        let mut guard = vec![self.move_epoch(false), unpark(prefix, &self.generation, stream)];
        guard.extend(parked.iter().map(|parked| self.park(parked, now)));
        let (won, _) = self.screens.backend().write(guard, &self.table, changes).await?;
        Ok(match parked.into_iter().next() {
            _ if !won => Replay::Lost,
            Some(parked) => Replay::StillParked { position: parked.position, reason: parked.reason },
            None => Replay::Done { facts: page.facts.len() },
        })
    }

    /// Tells the generation's follower that its rows are no longer as it remembers them; also where it has read on since, if that is
    /// said to make no difference.
    pub(super) fn move_epoch(&self, settled: bool) -> Step {
        let (prefix, is) = (self.screens.backend().dialect().prefix(), if settled { ">=" } else { "=" });
        let sql = format!(
            "update {prefix}projections set epoch = epoch + 1 where name = $1 and generation = $2 and position {is} $3 and epoch = $4"
        );
        let args = vec![
            Cell::text(P::NAME),
            Cell::int(self.generation.generation),
            Cell::position(self.generation.position),
            Cell::int(self.generation.epoch),
        ];
        Step::new(sql).with(args).expecting(1)
    }

    pub(super) fn park(&self, parked: &ToPark, now: DateTime<Utc>) -> Step {
        let sql = format!(
            "insert into {}parked (projection, generation, kind, stream, first_position, reason, at) \
             values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
            self.screens.backend().dialect().prefix()
        );
        let args = vec![
            Cell::text(P::NAME),
            Cell::int(self.generation.generation),
            Cell::text(parked.kind.clone()),
            Cell::text(parked.stream.clone()),
            Cell::position(parked.position),
            Cell::text(parked.reason.clone()),
            Cell::int(now.timestamp_micros()),
        ];
        Step::new(sql).with(args)
    }
}
