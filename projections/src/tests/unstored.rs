//! A page that holds nothing for a screen moves its position in memory alone. What a crash then forgets is read again;
//! rows move what is stored from where it is stored; and whoever else follows or rebuilds is none the wiser.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::fact::Position;
use proptest::prelude::*;

use super::facts::{Happening, Journal, happening};
use super::rebuilding::{config, runtime};
use super::world::{World, advance, feed};
use crate::follow::{Advance, Flip, Follower, Page};
use crate::projection::Projection;
use crate::registry;
use crate::screens::{Freshness, Options, Screens};
use crate::session_stats::{SessionRow, SessionStats};

const NAME: &str = SessionStats::NAME;
const NOTHING: Advance = Advance::Applied { rows: 0, parked: 0 };

fn report(number: u8) -> Happening {
    Happening::Report { session: 0, number, status: 1, start: None, extra: 0 }
}

/// A session and a call of it, three things that are none of its business, and another call.
fn quiet_in_between() -> Journal {
    let hold = Happening::Hold;
    let all = [Happening::Open { session: 0 }, report(1), hold.clone(), hold.clone(), hold, report(2)];
    Journal::of(&all)
}

async fn stored(screens: &Screens) -> Position {
    registry::live(screens.backend(), NAME).await.unwrap().position
}

async fn seen(screens: &Screens, target: Position) -> Freshness {
    screens.wait(NAME, target, Duration::ZERO).await
}

async fn open(screens: &Screens) -> Follower<SessionStats> {
    Follower::open(screens).await.unwrap()
}

/// A follower that has read a page of rows, and two pages without any.
async fn in_the_quiet(world: &World, journal: &Journal) -> Follower<SessionStats> {
    let mut follower = open(&world.screens).await;
    assert!(matches!(advance(&mut follower, &journal.all()[..2]).await, Advance::Applied { rows: 1, .. }));
    assert_eq!(advance(&mut follower, &journal.all()[2..3]).await, NOTHING);
    assert_eq!(advance(&mut follower, &journal.all()[3..5]).await, NOTHING);
    follower
}

#[tokio::test]
async fn a_page_without_rows_is_seen_at_once_and_not_stored() {
    let journal = quiet_in_between();
    for world in World::each().await {
        let follower = in_the_quiet(&world, &journal).await;
        assert_eq!((follower.position(), stored(&world.screens).await), (5, 2));
        assert_eq!((seen(&world.screens, 5).await.behind, seen(&world.screens, 5).await.position), (0, 5));
        let status = world.screens.status().await.unwrap();
        let status = status.iter().find(|status| status.name == NAME).unwrap();
        let recorded_at = Some(journal.all()[4].recorded_at);
        assert_eq!((status.position, status.recorded_at), (5, recorded_at));
    }
}

#[tokio::test]
async fn rows_after_it_move_what_is_stored_from_where_it_is_stored() {
    let journal = quiet_in_between();
    for world in World::each().await {
        let mut follower = in_the_quiet(&world, &journal).await;
        assert_eq!(
            advance(&mut follower, &journal.all()[5..]).await,
            Advance::Applied { rows: 1, parked: 0 }
        );
        assert_eq!((stored(&world.screens).await, world.sessions().await[0].processed), (6, 2));
    }
}

#[tokio::test]
async fn what_a_crash_forgets_is_read_again() {
    let journal = quiet_in_between();
    for world in World::each().await {
        drop(in_the_quiet(&world, &journal).await);
        let before = world.sessions().await;
        let after_it = world.again().await;
        let mut follower = open(&after_it).await;
        assert_eq!((follower.position(), seen(&after_it, 5).await.behind), (2, 3));
        assert_eq!(advance(&mut follower, &journal.all()[2..5]).await, NOTHING);
        assert_eq!(world.sessions().await, before);
        feed(&mut follower, &journal, &[1]).await;
        assert_eq!((stored(&after_it).await, world.sessions().await[0].processed), (6, 2));
    }
}

#[tokio::test]
async fn a_long_stretch_is_stored() {
    let nothing = |after, last| Page { after, facts: &[], unreadable: &[], last };
    for world in World::each().await {
        let mut follower = open(&world.screens).await;
        follower.advance(nothing(0, 9_999)).await.unwrap();
        assert_eq!(stored(&world.screens).await, 0);
        follower.advance(nothing(9_999, 10_000)).await.unwrap();
        assert_eq!(stored(&world.screens).await, 10_000);
    }
}

/// Milliseconds, as they are set.
type Clock = Arc<AtomicI64>;

async fn by_the_clock(world: &World, clock: &Clock) -> Screens {
    let (store, clock) = (world.store.clone(), Arc::clone(clock));
    let clock = Arc::new(move || DateTime::from_timestamp_millis(clock.load(Ordering::Relaxed)).unwrap());
    Screens::open(Options::new(store, clock)).await.unwrap()
}

async fn with_clock(mut world: World) -> (World, Clock) {
    let clock = Clock::default();
    world.screens = by_the_clock(&world, &clock).await;
    (world, clock)
}

#[tokio::test]
async fn an_old_stretch_is_stored_though_nothing_comes_after_it() {
    let journal = quiet_in_between();
    for world in World::each().await {
        let (world, now) = with_clock(world).await;
        let mut follower = in_the_quiet(&world, &journal).await;
        now.store(999, Ordering::Relaxed);
        assert_eq!((follower.settle().await.unwrap(), stored(&world.screens).await), (NOTHING, 2));
        now.store(1_000, Ordering::Relaxed);
        assert_eq!((follower.settle().await.unwrap(), stored(&world.screens).await), (NOTHING, 5));
        let live = registry::live(world.screens.backend(), NAME).await.unwrap();
        let micros = |at: DateTime<Utc>| at.timestamp_micros();
        let last = micros(journal.all()[4].recorded_at);
        assert_eq!(live.recorded_at.map(micros), Some(last));
        feed(&mut follower, &journal, &[1]).await;
        assert_eq!(world.sessions().await[0].processed, 2);
    }
}

#[tokio::test]
async fn an_old_stretch_is_stored_with_the_next_page_and_where_the_clock_was_set_back() {
    let journal = quiet_in_between();
    for (later, world) in [1_000, -1].into_iter().zip([World::sqlite().await, World::sqlite().await]) {
        let (world, now) = with_clock(world).await;
        let mut follower = open(&world.screens).await;
        advance(&mut follower, &journal.all()[..2]).await;
        now.store(later, Ordering::Relaxed);
        assert_eq!(advance(&mut follower, &journal.all()[2..3]).await, NOTHING);
        assert_eq!(stored(&world.screens).await, 3);
        assert_eq!(advance(&mut follower, &journal.all()[3..4]).await, NOTHING);
        assert_eq!(stored(&world.screens).await, 3);
    }
}

#[tokio::test]
async fn one_that_is_being_built_stores_every_page() {
    for world in World::each().await {
        let mut building = Follower::<SessionStats>::rebuild(&world.screens).await.unwrap();
        feed(&mut building, &Journal::of(&[Happening::Hold, Happening::Hold]), &[1]).await;
        let resumed = Follower::<SessionStats>::resume(&world.screens).await.unwrap().unwrap();
        assert_eq!(resumed.position(), 2);
    }
}

#[tokio::test]
async fn a_node_sees_what_it_reads_itself_whoever_stores() {
    let journal = quiet_in_between();
    for world in World::each().await {
        let (other, mut first) = (world.again().await, in_the_quiet(&world, &journal).await);
        let mut second = open(&other).await;
        assert_eq!(advance(&mut second, &journal.all()[2..4]).await, NOTHING);
        assert_eq!(seen(&other, 4).await.behind, 0);
        assert!(matches!(advance(&mut first, &journal.all()[5..]).await, Advance::Applied { rows: 1, .. }));
        assert_eq!(advance(&mut second, &journal.all()[4..]).await, Advance::Lost);
        assert_eq!((second.position(), seen(&other, 6).await.behind), (6, 0));
        assert_eq!(world.sessions().await[0].processed, 2);
    }
}

#[tokio::test]
async fn what_is_given_up_with_a_parked_stream_stays_given_up() {
    let mut journal = Journal::of(&[Happening::Open { session: 0 }, Happening::Spoil, report(1)]);
    for status in [0, 4] {
        journal.happen(&Happening::Report { session: 0, number: 1, status, start: Some(status), extra: 0 });
    }
    for world in World::each().await {
        let mut follower = open(&world.screens).await;
        feed(&mut follower, &journal, &[2, 1]).await;
        assert_eq!((stored(&world.screens).await, journal.head()), (4, 4));
        let stream = world.parked(NAME).await.remove(0).0;
        assert!(world.screens.discard(NAME, "call", &stream).await.unwrap());
        let mut follower = open(&world.again().await).await;
        feed(&mut follower, &journal, &[9]).await;
        assert_eq!((world.sessions().await[0].processed, world.parked(NAME).await.len()), (0, 0));
    }
}

#[tokio::test]
async fn a_replaced_generation_is_left_at_the_next_look() {
    let mut journal = quiet_in_between();
    journal.happen(&Happening::Hold);
    for world in World::each().await {
        let mut live = in_the_quiet(&world, &journal).await;
        let mut building = Follower::<SessionStats>::rebuild(&world.screens).await.unwrap();
        let facts = journal.between(0, 4);
        building.advance(Page { after: 0, facts: &facts, unreadable: &[], last: 4 }).await.unwrap();
        // It holds what is stored, and not what people have been told is there.
        assert_eq!(building.flip().await.unwrap(), Flip::Behind { by: 1 });
        feed(&mut building, &journal, &[9]).await;
        assert_eq!(building.flip().await.unwrap(), Flip::Done);
        assert_eq!(live.settle().await.unwrap(), Advance::Lost);
        assert_eq!((live.position(), live.building()), (7, false));
        journal.happen(&Happening::Hold);
        assert_eq!(advance(&mut live, &journal.all()[7..]).await, NOTHING);
        assert_eq!(seen(&world.screens, 8).await.behind, 0);
        journal = quiet_in_between();
        journal.happen(&Happening::Hold);
    }
}

/// What one of two followers does next.
#[derive(Debug, Clone)]
enum Turn {
    Read { second: bool, size: u64 },
    Settle { second: bool },
    Crash { second: bool },
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        12 => (any::<bool>(), 1..9_u64).prop_map(|(second, size)| Turn::Read { second, size }),
        2 => any::<bool>().prop_map(|second| Turn::Settle { second }),
        2 => any::<bool>().prop_map(|second| Turn::Crash { second }),
    ]
}

async fn take(follower: &mut Follower<SessionStats>, journal: &Journal, size: u64) {
    let after = follower.position();
    let last = (after + size).min(journal.head());
    let (facts, unreadable) = (journal.between(after, last), journal.unreadable(after, last));
    follower.advance(Page { after, facts: &facts, unreadable: &unreadable, last }).await.unwrap();
}

type Shown = (Vec<SessionRow>, Vec<(String, Position, String)>);

async fn shown(world: &World) -> Shown {
    (world.sessions().await, world.parked(NAME).await)
}

/// Two nodes follow one after the other, in turns and with crashes, until both are at the head.
async fn by_two(world: World, journal: &Journal, turns: &[Turn]) -> Shown {
    let (world, now) = with_clock(world).await;
    let nodes = [world.screens.clone(), by_the_clock(&world, &now).await];
    let mut followers = [open(&nodes[0]).await, open(&nodes[1]).await];
    for turn in turns {
        let (Turn::Read { second, .. } | Turn::Settle { second } | Turn::Crash { second }) = *turn;
        let (node, follower) = (&nodes[usize::from(second)], &mut followers[usize::from(second)]);
        match *turn {
            Turn::Read { size, .. } => take(follower, journal, size).await,
            Turn::Settle { .. } => {
                now.fetch_add(600, Ordering::Relaxed);
                follower.settle().await.unwrap();
            }
            Turn::Crash { .. } => *follower = open(node).await,
        }
        assert!(stored(node).await <= journal.head());
    }
    for follower in &mut followers {
        while follower.position() < journal.head() {
            take(follower, journal, 7).await;
        }
    }
    shown(&world).await
}

async fn by_one(world: &World, journal: &Journal) -> Shown {
    feed(&mut open(&world.screens).await, journal, &[1_000]).await;
    shown(world).await
}

/// Many things that are nothing to the screen, in stretches.
fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let stretch = prop_oneof![
        1 => happening().prop_map(|happening| vec![happening]),
        1 => (1..6_usize).prop_map(|length| vec![Happening::Hold; length]),
    ];
    prop::collection::vec(stretch, 1..80).prop_map(|stretches| stretches.concat())
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn two_that_crash_come_to_what_one_comes_to(
        happenings in happenings(),
        turns in prop::collection::vec(turn(), 1..120),
    ) {
        runtime().block_on(async {
            let journal = Journal::of(&happenings);
            let expected = by_one(&World::sqlite().await, &journal).await;
            assert_eq!(by_two(World::sqlite().await, &journal, &turns).await, expected);
        });
    }
}

proptest! {
    #![proptest_config(config(8))]

    #[test]
    fn two_that_crash_come_to_the_same_on_postgresql(
        happenings in happenings(),
        turns in prop::collection::vec(turn(), 1..120),
    ) {
        runtime().block_on(async {
            let journal = Journal::of(&happenings);
            let Some(world) = World::postgres().await else { return };
            let expected = by_one(&World::sqlite().await, &journal).await;
            assert_eq!(by_two(world, &journal, &turns).await, expected);
        });
    }
}

async fn follow(node: &Screens, journal: &Journal, size: u64) {
    let mut follower = open(node).await;
    while follower.position() < journal.head() {
        take(&mut follower, journal, size).await;
    }
}

#[tokio::test]
async fn two_at_once_count_nothing_twice() {
    let mut happenings = vec![Happening::Open { session: 0 }];
    for start in 0..60 {
        let (number, status) = (start % 4, start % 8);
        let report = Happening::Report { session: 0, number, status, start: Some(start), extra: 1 };
        happenings.extend([report, Happening::Hold, Happening::Hold]);
    }
    let journal = Journal::of(&happenings);
    let expected = by_one(&World::sqlite().await, &journal).await;
    for world in World::each().await {
        let other = world.again().await;
        tokio::join!(follow(&world.screens, &journal, 2), follow(&other, &journal, 3));
        assert_eq!(shown(&world).await, expected);
    }
}
