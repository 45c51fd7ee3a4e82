//! How fast each generation is being fed in this process, so that a rebuild can say how long it will take.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::fact::Position;
use tokio::time::Instant;

use crate::registry::{Generation, State};

/// A rate is that of the last moments, at least this long.
const WINDOW: Duration = Duration::from_secs(2);

/// How a generation stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    pub name: String,
    pub version: i64,
    pub generation: i64,
    pub state: State,
    pub position: Position,
    /// When the last event was recorded that it holds.
    pub recorded_at: Option<DateTime<Utc>>,
    pub started_at: DateTime<Utc>,
    /// As this process feeds it; 0 where it does not.
    pub events_per_sec: f64,
    /// Streams that it no longer takes events of.
    pub parked: u64,
    pub oldest_parked: Option<DateTime<Utc>>,
}

impl Status {
    /// How long until it holds everything up to `head`, at the present rate.
    pub fn remaining(&self, head: Position) -> Option<Duration> {
        let left = u32::try_from(head.saturating_sub(self.position)).ok()?;
        Duration::try_from_secs_f64(f64::from(left) / self.events_per_sec).ok()
    }

    /// The part of the journal that it holds, 0 to 1.
    pub fn fraction(&self, head: Position) -> f64 {
        let float = |position: Position| f64::from(u32::try_from(position).unwrap_or(u32::MAX));
        if head == 0 { 1.0 } else { (float(self.position) / float(head)).min(1.0) }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Meters(Mutex<HashMap<(String, i64), Meter>>);

#[derive(Debug, Clone, Copy)]
struct Meter {
    since: Instant,
    events: u32,
    /// Of the window before.
    rate: f64,
}

impl Meter {
    fn rate(&self) -> f64 {
        let elapsed = self.since.elapsed();
        if elapsed < WINDOW / 4 && self.rate > 0.0 {
            self.rate
        } else {
            f64::from(self.events) / elapsed.as_secs_f64().max(0.001)
        }
    }
}

impl Meters {
    pub(crate) fn count(&self, name: &str, generation: i64, events: u64) {
        let mut meters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = Meter { since: Instant::now(), events: 0, rate: 0.0 };
        let meter = meters.entry((name.to_owned(), generation)).or_insert(new);
        if meter.since.elapsed() >= WINDOW {
            *meter = Meter { rate: meter.rate(), ..new };
        }
        meter.events = meter.events.saturating_add(u32::try_from(events).unwrap_or(u32::MAX));
    }

    pub(crate) fn forget(&self, name: &str, generation: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(name.to_owned(), generation));
    }

    pub(crate) fn status(&self, known: Generation) -> Status {
        let meters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let events_per_sec = meters.get(&(known.name.clone(), known.generation)).map_or(0.0, Meter::rate);
        Status {
            name: known.name,
            version: known.version,
            generation: known.generation,
            state: known.state,
            position: known.position,
            recorded_at: known.recorded_at,
            started_at: known.started_at,
            events_per_sec,
            parked: known.parked,
            oldest_parked: known.oldest_parked,
        }
    }
}
