//! Copies of rows as they were: wherever one looks back to, a copy and what is left to fold come to what all of it comes to.

use std::collections::BTreeSet;

use domain::fact::Position;
use proptest::prelude::*;

use super::facts::{Happening, Journal, happening};
use super::world::{World, feed};
use crate::follow::{Flip, Follower};
use crate::milestones;
use crate::projection::{Projection as _, Touch};
use crate::session_stats::{SessionRow, SessionStats};
use crate::then::Then;

/// A row by all of its events up to a position.
fn folded(journal: &Journal, key: &str, until: Position) -> Option<SessionRow> {
    let mut then = Then::<SessionStats>::default();
    then.take(&journal.between(0, until), &journal.unreadable(0, until));
    then.row(&key.to_owned()).cloned()
}

/// The same from the last copy, with how many events were left; none where there is no copy to be used.
async fn recalled(
    world: &World,
    journal: &Journal,
    key: &str,
    until: Position,
) -> Option<(Option<SessionRow>, u64)> {
    let before = milestones::before::<SessionStats>(&world.screens, &key.to_owned(), until).await.unwrap()?;
    let mut then = Then::<SessionStats>::from(before.row);
    let mut left = 0;
    for (after, last) in before.rest {
        assert!(after < last && last <= until, "{after}..{last} within {until}");
        left += last - after;
        then.take(&journal.between(after, last), &[]);
    }
    Some((then.row(&key.to_owned()).cloned(), left))
}

fn keys(journal: &Journal) -> BTreeSet<String> {
    let touched = journal.all().iter().filter_map(|fact| SessionStats::touches(fact));
    touched
        .map(|touch| match touch {
            Touch::New(key) | Touch::Existing(key) => key,
        })
        .collect()
}

async fn looked_back(world: &World, journal: &Journal, most: u64) {
    for until in 0..=journal.head() {
        for key in keys(journal) {
            let whole = folded(journal, &key, until);
            let (row, left) = recalled(world, journal, &key, until).await.unwrap();
            // As they are stored: no finer than that are times kept.
            let stored = |row: Option<SessionRow>| row.as_ref().map(milestones::written);
            assert_eq!(stored(row), stored(whole), "{key} at {until}");
            assert!(left <= most, "{left} events are left of {key} at {until}");
        }
    }
}

/// With copies of rows at this distance.
async fn copying(mut world: World, every: u64) -> World {
    world.screens = world.again_with(every).await;
    world
}

async fn sound(happenings: Vec<Happening>, pages: Vec<u64>, every: u64) {
    // Nothing is parked: what is, has a test of its own.
    let begun = (0..4).map(|session| Happening::Open { session });
    let rest = happenings.into_iter().filter(|happening| !matches!(happening, Happening::Spoil));
    let happenings: Vec<_> = begun.chain(rest).collect();
    let journal = Journal::of(&happenings);
    for world in World::each().await {
        let world = copying(world, every).await;
        let largest = pages.iter().max().copied().unwrap();
        feed(&mut Follower::<SessionStats>::open(&world.screens).await.unwrap(), &journal, &pages).await;
        looked_back(&world, &journal, every + largest).await;
        // Another follower knows of no copy, and a rebuild makes its own.
        let mut anew = Follower::<SessionStats>::rebuild(&world.screens).await.unwrap();
        feed(&mut anew, &journal, &[largest + 3]).await;
        assert_eq!(anew.flip().await.unwrap(), Flip::Done);
        looked_back(&world, &journal, every + largest + 3).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn whatever_happened_a_copy_and_the_rest_are_the_whole(
        happenings in prop::collection::vec(happening(), 1..60),
        pages in prop::collection::vec(1..9_u64, 1..4),
        every in 1..12_u64,
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(sound(happenings, pages, every));
    }
}

#[tokio::test]
async fn what_is_parked_is_nothing_to_go_by() {
    let report = |number| Happening::Report { session: 0, number, status: 0, start: None, extra: 0 };
    let begun = [Happening::Open { session: 0 }, report(1), report(2)];
    let journal = Journal::of(&[&begun[..], &[Happening::Spoil, report(3), report(4)]].concat());
    for world in World::each().await {
        let world = copying(world, 1).await;
        let mut follower = Follower::<SessionStats>::open(&world.screens).await.unwrap();
        let key = keys(&journal).pop_first().unwrap();
        feed(&mut follower, &Journal::of(&begun), &[1]).await;
        assert!(recalled(&world, &journal, &key, 2).await.is_some());
        feed(&mut follower, &journal, &[1]).await;
        assert!(recalled(&world, &journal, &key, 2).await.is_none(), "nor is what was copied before");
        assert!(recalled(&world, &journal, &key, 5).await.is_none());
    }
}
