//! Screens on each store, and the few things that every test does with them.

use std::sync::Arc;

use chrono::DateTime;
use domain::fact::{Fact, Position};

use super::facts::Journal;
use super::postgres;
use crate::call_history::{CallHistory, ResultRow};
use crate::follow::{Advance, Follower, Page};
use crate::projection::Projection;
use crate::screens::{Options, Screens, Store};
use crate::session_stats::{SessionRow, SessionStats};

pub(super) struct World {
    pub(super) store: Store,
    pub(super) screens: Screens,
    _folder: Option<tempfile::TempDir>,
}

pub(super) fn options(store: &Store) -> Options {
    let clock = Arc::new(|| DateTime::from_timestamp_micros(1_760_000_000_000_000).unwrap());
    Options::new(store.clone(), clock)
}

impl World {
    pub(super) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::Sqlite(folder.path().join("screens.db"));
        Self { screens: Screens::open(options(&store)).await.unwrap(), store, _folder: Some(folder) }
    }

    pub(super) async fn postgres() -> Option<Self> {
        let store = Store::Postgres(postgres::database().await?);
        Some(Self { screens: Screens::open(options(&store)).await.unwrap(), store, _folder: None })
    }

    /// One world a store that this machine has.
    pub(super) async fn each() -> Vec<Self> {
        let mut worlds = vec![Self::sqlite().await];
        worlds.extend(Self::postgres().await);
        worlds
    }

    pub(super) async fn again(&self) -> Screens {
        Screens::open(options(&self.store)).await.unwrap()
    }

    /// With copies of rows at this distance.
    pub(super) async fn again_with(&self, milestones_every: u64) -> Screens {
        Screens::open(Options { milestones_every, ..options(&self.store) }).await.unwrap()
    }

    pub(super) async fn sessions(&self) -> Vec<SessionRow> {
        self.screens.query(SessionStats::NAME, "order by stream", vec![], false).await.unwrap()
    }

    pub(super) async fn results(&self) -> Vec<ResultRow> {
        self.screens.query(CallHistory::NAME, "order by id", vec![], false).await.unwrap()
    }

    /// Streams parked in a screen, as (stream, first position, reason).
    pub(super) async fn parked(&self, name: &str) -> Vec<(String, Position, String)> {
        let parked = self.screens.parked(name).await.unwrap();
        parked.into_iter().map(|held| (held.stream, held.first_position, held.reason)).collect()
    }
}

/// Feeds a journal to its end in pages of the given sizes, taken in turn.
pub(super) async fn feed<P: Projection>(follower: &mut Follower<P>, journal: &Journal, sizes: &[u64]) {
    let mut sizes = sizes.iter().cycle();
    while follower.position() < journal.head() {
        let after = follower.position();
        let last = (after + sizes.next().unwrap()).min(journal.head());
        let facts = journal.between(after, last);
        let unreadable = journal.unreadable(after, last);
        let page = Page { after, facts: &facts, unreadable: &unreadable, last };
        follower.advance(page).await.unwrap();
    }
}

pub(super) async fn advance<P: Projection>(follower: &mut Follower<P>, facts: &[Arc<Fact>]) -> Advance {
    let (after, last) = (follower.position(), facts.last().unwrap().position);
    follower.advance(Page { after, facts, unreadable: &[], last }).await.unwrap()
}
