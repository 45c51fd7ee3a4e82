//! A bad event parks its stream for one screen; replayed or given up, nothing is lost in silence.

use super::facts::{Happening, Journal};
use super::world::{World, feed};
use crate::call_history::CallHistory;
use crate::follow::{Advance, Follower, Page, Replay, replay};
use crate::projection::Projection;
use crate::session_stats::SessionStats;

fn report(number: u8, status: u8) -> Happening {
    Happening::Report { session: 0, number, status, start: None, extra: 0 }
}

/// Number 1 is busy (cannot be read), another number answers, number 1 answers, then talks to an operator.
fn spoilt() -> Journal {
    Journal::of(&[
        Happening::Open { session: 0 },
        Happening::Spoil,
        report(1, 2),
        report(2, 0),
        report(1, 0),
        report(1, 4),
    ])
}

const STREAM: &str = "1/session-0/0000002";

#[tokio::test]
async fn an_unreadable_event_parks_its_stream_alone() {
    let journal = spoilt();
    for world in World::each().await {
        feed(&mut Follower::<SessionStats>::open(&world.screens).await.unwrap(), &journal, &[2]).await;
        feed(&mut Follower::<CallHistory>::open(&world.screens).await.unwrap(), &journal, &[9]).await;
        let why = "of no known version".to_owned();
        for name in [SessionStats::NAME, CallHistory::NAME] {
            assert_eq!(world.parked(name).await, [(STREAM.to_owned(), 2, why.clone())]);
        }
        assert_eq!((world.sessions().await[0].processed, world.results().await.len()), (1, 1));
        let status = world.screens.status().await.unwrap();
        let fed =
            status.iter().filter(|status| [SessionStats::NAME, CallHistory::NAME].contains(&&*status.name));
        let parked: Vec<_> = fed.map(|status| (status.parked, status.oldest_parked.is_some())).collect();
        assert_eq!(parked, [(1, true); 2]);
        let fresh = world.screens.wait(SessionStats::NAME, 5, std::time::Duration::ZERO).await;
        assert_eq!((fresh.behind, fresh.parked), (0, 1));
    }
}

#[tokio::test]
async fn a_replay_makes_good_for_what_was_missed() {
    let (spoilt, mut whole) = (spoilt(), spoilt());
    whole.repair();
    for world in World::each().await {
        let mut follower = Follower::<SessionStats>::open(&world.screens).await.unwrap();
        feed(&mut follower, &spoilt, &[4]).await;
        let facts: Vec<_> =
            whole.all().iter().filter(|fact| fact.stream.as_str() == STREAM).cloned().collect();
        let stream = ("call", STREAM);
        let short = replay::<SessionStats>(&world.screens, stream, (&facts[..1], &[]), 3).await.unwrap();
        assert_eq!(short, Replay::Lost, "the screen is further than these facts");
        let done = replay::<SessionStats>(&world.screens, stream, (&facts, &[]), 5).await.unwrap();
        assert_eq!(done, Replay::Done { facts: 3 });
        let again = replay::<SessionStats>(&world.screens, stream, (&facts, &[]), 5).await.unwrap();
        assert_eq!(again, Replay::NotParked);
        let row = world.sessions().await.remove(0);
        assert_eq!((row.processed, row.connected, row.status_connected_to_operator), (2, 2, 1));

        // Its follower remembered the row as it was before, and notices.
        let mut later = spoilt_and(&report(1, 6));
        later.repair();
        let page = later.between(5, later.head());
        let advanced =
            follower.advance(Page { after: 5, facts: &page, unreadable: &[], last: later.head() }).await;
        assert_eq!(advanced.unwrap(), Advance::Lost);
        feed(&mut follower, &later, &[9]).await;
        let row = world.sessions().await.remove(0);
        assert_eq!((row.processed, row.connected, row.position), (2, 2, 1));
        assert_eq!(
            row.updated_at.timestamp_micros(),
            later.all().last().unwrap().recorded_at.timestamp_micros()
        );
        assert!(world.parked(SessionStats::NAME).await.is_empty());
    }
}

fn spoilt_and(more: &Happening) -> Journal {
    let mut journal = spoilt();
    journal.happen(more);
    journal
}

#[tokio::test]
async fn a_replay_that_fails_parks_again() {
    let (spoilt, whole) = (spoilt(), spoilt());
    for world in World::each().await {
        feed(&mut Follower::<CallHistory>::open(&world.screens).await.unwrap(), &spoilt, &[4]).await;
        let facts: Vec<_> =
            whole.between(0, 5).into_iter().filter(|fact| fact.stream.as_str() == STREAM).collect();
        let again = replay::<CallHistory>(&world.screens, ("call", STREAM), (&facts, &[]), 5).await.unwrap();
        let reason = "the attempt has no row".to_owned();
        assert_eq!(again, Replay::StillParked { position: 4, reason: reason.clone() });
        assert_eq!(world.parked(CallHistory::NAME).await, [(STREAM.to_owned(), 4, reason)]);
    }
}

#[tokio::test]
async fn what_is_discarded_is_followed_from_then_on() {
    let journal = spoilt();
    for world in World::each().await {
        let mut follower = Follower::<SessionStats>::open(&world.screens).await.unwrap();
        feed(&mut follower, &journal, &[4]).await;
        assert!(!world.screens.discard(SessionStats::NAME, "call", "1/session-0/9").await.unwrap());
        assert!(world.screens.discard(SessionStats::NAME, "call", STREAM).await.unwrap());
        assert!(world.parked(SessionStats::NAME).await.is_empty());
        let mut more =
            spoilt_and(&Happening::Report { session: 0, number: 1, status: 0, start: Some(1), extra: 0 });
        more.repair();
        feed(&mut follower, &more, &[4]).await;
        assert!(world.parked(SessionStats::NAME).await.is_empty());
    }
}

#[tokio::test]
async fn a_call_without_a_session_parks() {
    let journal = Journal::of(&[report(1, 0), Happening::Open { session: 0 }, report(1, 4), report(2, 0)]);
    for world in World::each().await {
        feed(&mut Follower::<SessionStats>::open(&world.screens).await.unwrap(), &journal, &[1]).await;
        let reason = "the session of this call has no row".to_owned();
        assert_eq!(world.parked(SessionStats::NAME).await, [(STREAM.to_owned(), 1, reason)]);
        assert_eq!(world.sessions().await[0].processed, 1);
    }
}

/// The domain never says so; if a journal does, it must not depend on the pages what comes of it.
#[tokio::test]
async fn what_is_called_new_and_is_not_parks_whatever_the_pages() {
    let mut journal = Journal::of(&[Happening::Open { session: 0 }, report(1, 0)]);
    let again: Vec<_> = journal.all().to_vec();
    for fact in again {
        journal.write(&fact.stream, fact.event.clone());
    }
    for size in [1, 3, 10] {
        for world in World::each().await {
            feed(&mut Follower::<SessionStats>::open(&world.screens).await.unwrap(), &journal, &[size]).await;
            feed(&mut Follower::<CallHistory>::open(&world.again().await).await.unwrap(), &journal, &[size])
                .await;
            let reasons = [world.parked(SessionStats::NAME).await, world.parked(CallHistory::NAME).await];
            let reasons = reasons.map(|mut parked| parked.remove(0).2);
            assert_eq!(
                reasons,
                ["the session was opened before", "the attempt was reported before"],
                "{size}"
            );
            assert_eq!(world.results().await.len(), 1);
        }
    }
}
