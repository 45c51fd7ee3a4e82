//! The server goes away and comes back: nobody waits for ever, nothing acknowledged is lost, nothing is stored twice.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use domain::ids::StreamId;
use futures_util::future::join_all;
use karnay::journal::verify::{self, Place, Reader};
use karnay::journal::{Journal, Refused};
use sqlx::{Connection, Executor};
use tokio::time::{Instant, sleep, timeout};

use crate::journal::bed::{Bed, Skewed, call, open, unit};
use crate::postgres::{Server, Sync, connect};

/// Appends to one stream and remembers what was acknowledged. After an answer that says nothing certain the stream tells.
async fn client(
    journal: Journal,
    name: u64,
    over: Arc<AtomicBool>,
    slowest: Arc<AtomicU64>,
) -> HashMap<u64, u64> {
    let (stream, mut at, mut acknowledged) = (call(format!("client-{name}")), 0, HashMap::new());
    while !over.load(Ordering::Acquire) {
        let began = Instant::now();
        let answer = journal.append(unit(&journal, &[(&stream, at, 1)])).await;
        slowest.fetch_max(u64::try_from(began.elapsed().as_millis()).unwrap(), Ordering::Relaxed);
        match answer {
            Ok(appended) => {
                at += 1;
                acknowledged.insert(at, appended.first);
            }
            Err(Refused::Unavailable(_)) => at = version(&journal, &stream).await,
            Err(other) => panic!("{other}"),
        }
    }
    acknowledged
}

/// Where a stream stands, as soon as somebody can tell.
async fn version(journal: &Journal, stream: &StreamId) -> u64 {
    loop {
        sleep(Duration::from_millis(20)).await;
        if let Ok(events) = journal.stream("call", stream).await {
            return u64::try_from(events.len()).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_under_load_loses_nothing_acknowledged() {
    let server = Arc::new(Server::own(Sync::On));
    let place = Place::Url(server.database().await);
    let journal = open(place.clone(), Arc::new(Skewed::default())).await.unwrap();
    let (over, slowest) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let clients: Vec<_> = (0..32)
        .map(|name| tokio::spawn(client(journal.clone(), name, Arc::clone(&over), Arc::clone(&slowest))))
        .collect();
    for pause in [0, 300, 3_000] {
        sleep(Duration::from_millis(700)).await;
        server.cut().await;
        sleep(Duration::from_millis(pause)).await;
        server.mend().await;
    }
    let (mut head, before) = (journal.head(), journal.position());
    // The value that is waited for holds a lock that the writer needs, so it is dropped at once.
    let back = timeout(Duration::from_secs(3), head.wait_for(|head| *head > before + 32)).await.is_ok();
    assert!(back, "it works again by itself");
    over.store(true, Ordering::Release);
    let acknowledged = join_all(clients).await;
    journal.close().await;
    let reader = Reader::open(&place).await.unwrap();
    let report = verify::run(&reader, &verify::Wanted::default(), &mut |_| ()).await.unwrap();
    let stored = reader.stored(0, 1_000_000).await.unwrap();
    assert_eq!(report.events, u64::try_from(stored.len()).unwrap());
    let places: HashMap<_, _> =
        stored.into_iter().map(|event| ((event.stream, event.sequence), event.position)).collect();
    let mut count = 0;
    for (name, acknowledged) in acknowledged.into_iter().enumerate() {
        for (version, position) in acknowledged.unwrap() {
            count += 1;
            assert_eq!(places.get(&(call(format!("client-{name}")).to_string(), version)), Some(&position));
        }
    }
    assert!(count > 100, "there was a load: {count}");
    let slowest = slowest.load(Ordering::Relaxed);
    assert!(slowest < 4_000, "nobody waited longer than patience allows: {slowest} ms");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_server_is_away_units_are_turned_away_soon() {
    let server = Arc::new(Server::own(Sync::Off));
    let journal = open(Place::Url(server.database().await), Arc::new(Skewed::default())).await.unwrap();
    journal.append(unit(&journal, &[(&call("a"), 0, 1)])).await.unwrap();
    server.cut().await;
    let began = Instant::now();
    let first = join_all((0..50).map(|nth| journal.append(unit(&journal, &[(&call(nth), 0, 1)])))).await;
    assert!(first.iter().all(|result| matches!(result, Err(Refused::Unavailable(_)))));
    assert!(began.elapsed() < Duration::from_millis(2_600), "{:?}", began.elapsed());
    let began = Instant::now();
    let next = journal.append(unit(&journal, &[(&call("b"), 0, 1)])).await;
    assert!(matches!(next, Err(Refused::Unavailable(_))));
    assert!(began.elapsed() < Duration::from_millis(500), "once it is known nobody waits again");
    assert!(journal.probe().await.is_err());
    assert!(journal.stored(0, 1).await.is_err());
    assert!(began.elapsed() < Duration::from_secs(1), "nor do those who read");
    assert_eq!(journal.depth(), 0);
    server.mend().await;
    let until = Instant::now() + Duration::from_secs(5);
    while journal.append(unit(&journal, &[(&call("c"), 0, 1)])).await.is_err() {
        assert!(Instant::now() < until, "it comes back by itself");
        sleep(Duration::from_millis(50)).await;
    }
    journal.probe().await.unwrap();
    assert_eq!(journal.stored(0, 9).await.unwrap().len(), 2, "what was turned away was not stored");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_while_the_server_is_away_answers_everybody() {
    let server = Arc::new(Server::own(Sync::Off));
    let journal = open(Place::Url(server.database().await), Arc::new(Skewed::default())).await.unwrap();
    server.cut().await;
    let waiting = journal.append(unit(&journal, &[(&call("a"), 0, 1)]));
    let (answer, ()) = tokio::join!(waiting, async {
        sleep(Duration::from_millis(100)).await;
        timeout(Duration::from_secs(4), journal.close()).await.unwrap();
    });
    assert!(matches!(answer, Err(Refused::Unavailable(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_that_is_held_turns_units_away_and_no_longer() {
    let bed = Bed::postgres().await;
    let Place::Url(url) = &bed.place else { panic!("not on PostgreSQL") };
    let journal = bed.open().await;
    let mut holder = connect(url).await;
    let mut holding = holder.begin().await.unwrap();
    (&mut *holding).execute("SELECT * FROM journal_head FOR UPDATE").await.unwrap();
    let began = Instant::now();
    let refused = journal.append(unit(&journal, &[(&call("a"), 0, 1)])).await;
    assert!(matches!(refused, Err(Refused::Unavailable(_))));
    assert!((4..7).contains(&began.elapsed().as_secs()), "as long as the lock may take");
    holding.rollback().await.unwrap();
    let appended = journal.append(unit(&journal, &[(&call("a"), 0, 1)])).await.unwrap();
    assert_eq!(appended.first, 1);
    assert_eq!(bed.verify().await.unwrap().events, 1);
}
