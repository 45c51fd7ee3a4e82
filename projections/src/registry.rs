//! The generations of the screens: which is shown, which is being built, how far each has come, and what is parked in it.

use chrono::{DateTime, Utc};
use domain::fact::Position;

use crate::error::Error;
use crate::row::{Cell, Row as _, names, row};
use crate::store::{Backend, Select};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Shown to people.
    Live,
    /// Fed beside the live one, to replace it.
    Building,
    /// Replaced; its table is about to be dropped.
    Retired,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Building => "building",
            Self::Retired => "retired",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Live, Self::Building, Self::Retired].into_iter().find(|state| state.as_str() == text)
    }
}

row! {
    /// One generation of a screen.
    #[derive(Debug)]
    pub struct Generation {
        pub name: String,
        pub version: i64,
        pub generation: i64,
        pub shape: String,
        pub state: State,
        pub position: Position,
        /// When the last event was recorded that it holds.
        pub recorded_at: Option<DateTime<Utc>>,
        /// Moves whenever somebody else than its follower changed its rows or its parked streams.
        pub epoch: i64,
        pub started_at: DateTime<Utc>,
        pub parked: u64,
        pub oldest_parked: Option<DateTime<Utc>>,
    }
}

row! {
    /// A stream whose events a screen no longer takes, since it could not make sense of one.
    #[derive(Debug)]
    pub struct Parked {
        pub projection: String,
        pub generation: i64,
        pub kind: String,
        pub stream: String,
        pub first_position: Position,
        pub reason: String,
        pub at: DateTime<Utc>,
    }
}

/// Every generation, or those of one screen.
pub(crate) async fn generations(backend: &Backend, name: Option<&str>) -> Result<Vec<Generation>, Error> {
    let prefix = backend.dialect().prefix();
    let (only, args) = match name {
        Some(name) => ("where g.name = $1", vec![Cell::text(name)]),
        None => ("", vec![]),
    };
    let of_it = format!("from {prefix}parked k where k.projection = g.name and k.generation = g.generation");
    let sql = format!(
        "select name, version, generation, shape, state, position, recorded_at, epoch, started_at, \
         (select count(*) {of_it}), (select min(k.at) {of_it}) \
         from {prefix}projections g {only} order by name, generation"
    );
    backend.select(Select { sql, args, point: true }).await
}

pub(crate) async fn live(backend: &Backend, name: &str) -> Result<Generation, Error> {
    let known = generations(backend, Some(name)).await?;
    known.into_iter().find(|known| known.state == State::Live).ok_or_else(|| Error::Unknown(name.to_owned()))
}

/// Streams parked in one generation, the longest parked first.
pub(crate) async fn parked(backend: &Backend, name: &str, generation: i64) -> Result<Vec<Parked>, Error> {
    let sql = format!(
        "select {} from {}parked where projection = $1 and generation = $2 order by first_position, stream",
        names(Parked::COLUMNS),
        backend.dialect().prefix()
    );
    backend.select(Select { sql, args: vec![Cell::text(name), Cell::int(generation)], point: true }).await
}
