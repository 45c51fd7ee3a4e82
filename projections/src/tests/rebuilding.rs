//! A rebuilt screen is the live one, byte for byte, whatever the pages were, on either store.

use proptest::prelude::*;

use super::facts::{Happening, Journal, happening};
use super::world::{World, feed};
use crate::call_history::{CallHistory, ResultRow};
use crate::follow::{Flip, Follower};
use crate::projection::Projection;
use crate::registry::State;
use crate::session_stats::{SessionRow, SessionStats};

type Shown = (Vec<SessionRow>, Vec<ResultRow>, Vec<(String, u64, String)>, Vec<(String, u64, String)>);

async fn shown(world: &World) -> Shown {
    let parked = async |name| world.parked(name).await;
    (
        world.sessions().await,
        world.results().await,
        parked(SessionStats::NAME).await,
        parked(CallHistory::NAME).await,
    )
}

async fn rebuild<P: Projection>(world: &World, journal: &Journal, sizes: &[u64]) {
    let mut building = Follower::<P>::rebuild(&world.screens).await.unwrap();
    feed(&mut building, journal, sizes).await;
    assert_eq!(building.flip().await.unwrap(), Flip::Done);
    assert!(!building.building());
}

/// Follows live, rebuilds, and compares.
async fn live_and_rebuilt(world: &World, journal: &Journal, live: &[u64], rebuilt: &[u64]) -> Shown {
    feed(&mut Follower::<SessionStats>::open(&world.screens).await.unwrap(), journal, live).await;
    feed(&mut Follower::<CallHistory>::open(&world.screens).await.unwrap(), journal, live).await;
    let before = shown(world).await;
    rebuild::<SessionStats>(world, journal, rebuilt).await;
    rebuild::<CallHistory>(world, journal, rebuilt).await;
    let after = shown(world).await;
    assert_eq!(before, after);
    let status = world.screens.status().await.unwrap();
    let fed = status.iter().filter(|status| [SessionStats::NAME, CallHistory::NAME].contains(&&*status.name));
    let all: Vec<_> = fed.map(|status| (status.state, status.position)).collect();
    assert_eq!(all, [(State::Live, journal.head()); 2]);
    after
}

fn sizes() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(1..40_u64, 1..6)
}

pub(super) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

pub(super) fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn rebuilt_is_live(
        happenings in prop::collection::vec(happening(), 1..200),
        live in sizes(),
        rebuilt in sizes(),
    ) {
        runtime().block_on(async {
            let journal = Journal::of(&happenings);
            live_and_rebuilt(&World::sqlite().await, &journal, &live, &rebuilt).await;
        });
    }
}

proptest! {
    #![proptest_config(config(8))]

    #[test]
    fn both_stores_hold_the_same(
        happenings in prop::collection::vec(happening(), 1..200),
        live in sizes(),
        rebuilt in sizes(),
    ) {
        runtime().block_on(async {
            let journal = Journal::of(&happenings);
            let Some(postgres) = World::postgres().await else { return };
            let there = live_and_rebuilt(&postgres, &journal, &live, &rebuilt).await;
            let here = live_and_rebuilt(&World::sqlite().await, &journal, &rebuilt, &live).await;
            assert_eq!(there, here);
        });
    }
}

/// A page large enough for a COPY, with rows that are new and rows that are not.
#[tokio::test]
async fn large_pages_come_to_the_same() {
    let mut happenings = vec![Happening::Open { session: 0 }];
    for status in 0..8 {
        for start in 0..250 {
            let report =
                Happening::Report { session: 0, number: start % 3, status, start: Some(start), extra: 2 };
            happenings.push(report);
        }
    }
    let journal = Journal::of(&happenings);
    for world in World::each().await {
        let (sessions, results, ..) = live_and_rebuilt(&world, &journal, &[1_000], &[300]).await;
        assert_eq!((sessions[0].processed, results.len()), (3, 250));
    }
}

#[tokio::test]
async fn a_rebuild_goes_on_beside_the_live_one_and_waits_for_it() {
    let mut journal = Journal::of(&[Happening::Open { session: 0 }]);
    for world in World::each().await {
        let mut live = Follower::<SessionStats>::open(&world.screens).await.unwrap();
        feed(&mut live, &journal, &[10]).await;
        let mut building = Follower::<SessionStats>::rebuild(&world.screens).await.unwrap();
        assert_eq!(building.flip().await.unwrap(), Flip::Behind { by: journal.head() });
        feed(&mut building, &journal, &[10]).await;
        journal.happen(&Happening::Report { session: 0, number: 1, status: 0, start: None, extra: 0 });
        journal.happen(&Happening::Report { session: 0, number: 2, status: 1, start: None, extra: 0 });
        feed(&mut live, &journal, &[10]).await;
        assert_eq!(building.flip().await.unwrap(), Flip::Behind { by: 2 });
        // Interrupted here, it is taken up by somebody else.
        let mut building = Follower::<SessionStats>::resume(&world.screens).await.unwrap().unwrap();
        feed(&mut building, &journal, &[10]).await;
        assert_eq!(building.flip().await.unwrap(), Flip::Done);
        assert_eq!(world.sessions().await[0].processed, 2);
        assert!(Follower::<SessionStats>::resume(&world.screens).await.unwrap().is_none());
        journal = Journal::of(&[Happening::Open { session: 0 }]);
    }
}
