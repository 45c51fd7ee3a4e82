//! One page, one transaction: waits, races, misuse, and reads of what was just written.

use std::time::Duration;

use super::facts::{Happening, Journal};
use super::world::{World, advance, feed};
use crate::call_history::{self, CallHistory, Part};
use crate::error::Error;
use crate::follow::{Advance, Flip, Follower, Page};
use crate::projection::Projection;
use crate::session_stats::{self, SessionStats, Status, Wanted};

const SOON: Duration = Duration::from_millis(500);

fn reports(count: u8) -> Journal {
    let mut happenings = vec![Happening::Open { session: 0 }, Happening::Launch { session: 0 }];
    let report =
        |start| Happening::Report { session: 0, number: start % 5, status: 1, start: Some(start), extra: 1 };
    happenings.extend((0..count).map(report));
    Journal::of(&happenings)
}

#[tokio::test]
async fn of_two_followers_one_wins_and_neither_counts_twice() {
    let journal = reports(20);
    for world in World::each().await {
        let mut first = Follower::<SessionStats>::open(&world.screens).await.unwrap();
        let mut second = Follower::<SessionStats>::open(&world.again().await).await.unwrap();
        let (one, other) = (&journal.all()[..12], &journal.all()[..7]);
        assert!(matches!(advance(&mut first, one).await, Advance::Applied { .. }));
        assert_eq!(advance(&mut second, other).await, Advance::Lost);
        assert_eq!(second.position(), 12);
        feed(&mut second, &journal, &[3]).await;
        assert_eq!(advance(&mut first, &journal.all()[12..14]).await, Advance::Lost);
        let row = &world.sessions().await[0];
        assert_eq!((row.status, row.processed, row.unlisted_results), (Status::Running, 4, 1));
        assert_eq!((row.failed, row.connected, row.status_no_answer), (4, 0, 4));
    }
}

#[tokio::test]
async fn a_page_from_elsewhere_is_refused() {
    let journal = reports(2);
    let world = World::sqlite().await;
    let mut follower = Follower::<SessionStats>::open(&world.screens).await.unwrap();
    let page = Page { after: 1, facts: &journal.all()[1..], unreadable: &[], last: 4 };
    assert!(matches!(follower.advance(page).await, Err(Error::Misfed { expected: 0, fed: 1 })));
}

#[tokio::test]
async fn a_read_sees_what_was_written_before_it() {
    let journal = reports(9);
    for world in World::each().await {
        let screens = world.screens.clone();
        let target = journal.head();
        let reader = tokio::spawn(async move {
            let fresh = screens.wait(SessionStats::NAME, target, Duration::from_secs(10)).await;
            let row = session_stats::find(&screens, "1", "session-0", fresh.position).await.unwrap().unwrap();
            (fresh.behind, row.processed)
        });
        let mut follower = Follower::<SessionStats>::open(&world.screens).await.unwrap();
        feed(&mut follower, &journal, &[2]).await;
        assert_eq!(reader.await.unwrap(), (0, 4));
    }
}

#[tokio::test]
async fn a_wait_ends_and_says_how_far_behind_it_is() {
    for world in World::each().await {
        let fresh = world.screens.wait(SessionStats::NAME, 7, Duration::from_millis(30)).await;
        assert_eq!((fresh.position, fresh.behind), (0, 7));
        let begun = std::time::Instant::now();
        let fresh = world.screens.wait(SessionStats::NAME, 10_000_000, Duration::from_mins(1)).await;
        assert_eq!(fresh.behind, 10_000_000);
        assert!(begun.elapsed() < Duration::from_secs(5), "a rebuild is not waited for");
        assert_eq!(world.screens.wait("unheard_of", 3, SOON).await.behind, 3);
    }
}

#[tokio::test]
async fn what_another_node_applies_is_seen() {
    let journal = reports(3);
    let Some(world) = World::postgres().await else { return };
    let other = world.again().await;
    feed(&mut Follower::<SessionStats>::open(&world.screens).await.unwrap(), &journal, &[10]).await;
    assert_eq!(other.wait(SessionStats::NAME, journal.head(), SOON).await.behind, 0);
    let mut building = Follower::<SessionStats>::rebuild(&world.screens).await.unwrap();
    feed(&mut building, &journal, &[10]).await;
    assert_eq!(building.flip().await.unwrap(), Flip::Done);
    let found = session_stats::find(&other, "1", "session-0", journal.head()).await.unwrap();
    assert_eq!(found.unwrap().processed, 3);
}

#[tokio::test]
async fn sessions_are_found_by_name_and_by_id_within_their_organization() {
    let mut journal = reports(3);
    journal.happen(&Happening::Open { session: 1 });
    for world in World::each().await {
        feed(&mut Follower::<SessionStats>::open(&world.screens).await.unwrap(), &journal, &[10]).await;
        let screens = &world.screens;
        let named = session_stats::find(screens, "1", "session-0", 0).await.unwrap().unwrap();
        let by_id = session_stats::find(screens, "1", &named.id.to_string(), 0).await.unwrap().unwrap();
        assert_eq!(named, by_id);
        assert!(session_stats::find(screens, "2", "session-0", 0).await.unwrap().is_none());
        assert!(session_stats::find(screens, "2", &named.id.to_string(), 0).await.unwrap().is_none());
        let sessions = session_stats::named(screens, "session-0").await.unwrap();
        assert_eq!(sessions, [(*named).clone()]);
        assert!(session_stats::named(screens, "session-9").await.unwrap().is_empty());
        let latest = session_stats::latest(screens, "1", &Wanted::default(), 20).await.unwrap();
        assert_eq!(
            latest.iter().map(|row| row.session.as_str()).collect::<Vec<_>>(),
            ["session-1", "session-0"]
        );
        assert_eq!(session_stats::latest(screens, "1", &Wanted::default(), 1).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn results_come_in_order_page_by_page() {
    let journal = reports(20);
    for world in World::each().await {
        feed(&mut Follower::<CallHistory>::open(&world.screens).await.unwrap(), &journal, &[7]).await;
        let (mut read, mut after) = (vec![], 0);
        loop {
            let page =
                call_history::of_session(&world.screens, ("1", "session-0"), &Part::default(), (after, 6))
                    .await
                    .unwrap();
            let Some(last) = page.last() else { break };
            after = last.position;
            read.extend(page);
        }
        assert_eq!(read.len(), 20);
        assert!(read.is_sorted_by_key(|row| row.position));
        let found = call_history::find(&world.screens, "1", read[3].id).await.unwrap();
        assert_eq!(found.as_ref(), read.get(3));
        assert!(!format!("{found:?}").contains("99890"));
        assert!(call_history::find(&world.screens, "2", read[3].id).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn operators_of_postgresql_see_times() {
    let journal = reports(3);
    let Some(world) = World::postgres().await else { return };
    feed(&mut Follower::<SessionStats>::open(&world.screens).await.unwrap(), &journal, &[10]).await;
    feed(&mut Follower::<CallHistory>::open(&world.screens).await.unwrap(), &journal, &[10]).await;
    let crate::screens::Store::Postgres(pool) = &world.store else { unreachable!() };
    for view in ["call_sessions", "call_results"] {
        let sql = format!(
            "select count(*) from public.{view} where created_at between '2025-10-06' and '2025-10-08'"
        );
        let count: i64 = sqlx::query_scalar(&sql).fetch_one(pool).await.unwrap();
        assert!(count > 0, "{view}");
    }
    let kind: String =
        sqlx::query_scalar("select pg_typeof(created_at)::text from public.call_results limit 1")
            .fetch_one(pool)
            .await
            .unwrap();
    assert_eq!(kind, "timestamp with time zone");
}

/// A follower whose page was abandoned half-way does not know whether it was written.
#[tokio::test]
async fn an_abandoned_page_is_not_counted_twice() {
    let journal = reports(12);
    for world in World::each().await {
        let mut follower = Follower::<SessionStats>::open(&world.screens).await.unwrap();
        let page = Page { after: 0, facts: &journal.all()[..9], unreadable: &[], last: 9 };
        let _ = tokio::time::timeout(Duration::from_micros(300), follower.advance(page)).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        if follower.position() == 0 {
            let _ = advance(&mut follower, &journal.all()[..5]).await;
        }
        feed(&mut follower, &journal, &[4]).await;
        assert_eq!(world.sessions().await[0].processed, 4);
    }
}
