//! Several nodes append to one journal at the same time, others follow it, and every promise still holds.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use karnay::journal::feed::Reading;
use karnay::journal::{Appended, Journal, Refused};
use sqlx::Executor;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::journal::bed::{Bed, Skewed, call, command, open, unit};
use crate::postgres::connect;

const NODES: u64 = 3;
const CALLERS: u64 = 24;
const TURNS: u64 = 30;

async fn nodes(bed: &Bed) -> Vec<Journal> {
    // Their clocks disagree, as clocks do.
    let skew = |node: i64| Arc::new(Skewed(AtomicI64::new(node * 3_000)));
    let opening = (0..NODES).map(|node| open(bed.place.clone(), skew(node.cast_signed())));
    join_all(opening).await.into_iter().map(Result::unwrap).collect()
}

/// What one caller was told was stored: stream, version, position.
type Told = (String, u64, u64);

/// Appends in turns to a stream of its own, to one that all fight for, and to both at once.
async fn caller(journal: Journal, node: u64, caller: u64) -> Vec<Told> {
    let (own, mut own_at) = (call(format!("own-{node}-{caller}")), 0);
    let mut told = vec![];
    for turn in 0..TURNS {
        let shared = call(format!("shared-{}-{}", turn / 6, (caller + turn) % 5));
        let at = match turn % 3 {
            0 => None,
            _ => Some(count(&journal.stream("call", &shared).await.unwrap())),
        };
        let mut appends = vec![];
        if turn % 3 != 1 {
            appends.push((&own, own_at, 1));
        }
        if let Some(at) = at {
            appends.push((&shared, at, 2));
        }
        let id = Uuid::from_u128(u128::from(node << 40 | caller << 20 | turn) + 1);
        match journal.append(command(id, "x", unit(&journal, &appends))).await {
            Ok(Appended { first, last, .. }) => {
                let mut position = first;
                for (stream, expected, count) in appends {
                    for version in (expected + 1..).take(count) {
                        told.push((stream.to_string(), version, position));
                        position += 1;
                    }
                }
                assert_eq!(position, last + 1);
                own_at += u64::from(turn % 3 != 1);
            }
            Err(refused) => assert_eq!(refused, Refused::Conflict),
        }
    }
    told
}

fn count<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap()
}

/// Follows from the beginning until it is told to stop and has caught up.
async fn reader(journal: Journal, over: Arc<AtomicBool>) -> Vec<Told> {
    let (mut seen, mut at, mut recorded_at) = (vec![], 0, None);
    loop {
        let last_round = over.load(Ordering::Acquire);
        let page = journal.facts(at, 100, Reading::Sealed).await.unwrap();
        for fact in &page.facts {
            at += 1;
            assert_eq!(fact.position, at, "no gap, no event twice");
            assert!(recorded_at <= Some(fact.recorded_at), "the time never goes back");
            recorded_at = Some(fact.recorded_at);
            seen.push((fact.stream.to_string(), fact.sequence, fact.position));
        }
        if page.facts.is_empty() {
            if last_round && at == journal.position() {
                return seen;
            }
            let _ = timeout(Duration::from_millis(5), journal.head().changed()).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_race_and_three_readers_see_every_event_once() {
    let bed = Bed::postgres().await;
    let nodes = nodes(&bed).await;
    let over = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> =
        nodes.iter().map(|node| tokio::spawn(reader(node.clone(), Arc::clone(&over)))).collect();
    let callers = (0..).zip(&nodes).flat_map(|(node, journal)| {
        (0..CALLERS).map(move |nth| tokio::spawn(caller(journal.clone(), node, nth)))
    });
    let told: Vec<Told> = join_all(callers).await.into_iter().flat_map(Result::unwrap).collect();
    let newest = told.iter().map(|told| told.2).max().unwrap();
    for node in &nodes {
        let mut head = node.head();
        timeout(Duration::from_secs(5), head.wait_for(|head| *head >= newest)).await.unwrap().unwrap();
    }
    over.store(true, Ordering::Release);
    let report = bed.verify().await.unwrap();
    assert_eq!(report.events, count(&told), "what was answered is there, and nothing else");
    let told: HashSet<_> = told.into_iter().collect();
    for seen in join_all(readers).await {
        let seen = seen.unwrap();
        assert_eq!(seen.len(), told.len());
        assert!(seen.iter().all(|event| told.contains(event)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_command_on_three_nodes_is_carried_out_once() {
    let bed = Bed::postgres().await;
    let nodes = nodes(&bed).await;
    for turn in 0..30 {
        let id = Uuid::from_u128(turn + 1);
        let racing =
            nodes.iter().map(|node| node.append(command(id, "x", unit(node, &[(&call(turn), 0, 1)]))));
        let told: Vec<_> = join_all(racing).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(told.iter().filter(|told| !told.repeated).count(), 1);
        assert!(told.iter().all(|other| other.first == told[0].first));
    }
    assert_eq!(bed.verify().await.unwrap().events, 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_hears_at_once_what_another_committed() {
    let bed = Bed::postgres().await;
    let nodes = nodes(&bed).await;
    sleep(Duration::from_millis(300)).await;
    let mut slowest = Duration::ZERO;
    for turn in 0..20 {
        let mut head = nodes[1].head();
        let appended = nodes[0].append(unit(&nodes[0], &[(&call(turn), 0, 1)])).await.unwrap();
        let began = Instant::now();
        timeout(Duration::from_secs(5), head.wait_for(|head| *head >= appended.last)).await.unwrap().unwrap();
        slowest = slowest.max(began.elapsed());
        sleep(Duration::from_millis(20)).await;
    }
    assert!(slowest < Duration::from_millis(250), "sooner than looking by itself would find it: {slowest:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_not_told_looks_by_itself() {
    let bed = Bed::postgres().await;
    let (karnay::journal::verify::Place::Url(url), journal) = (&bed.place, bed.open().await) else {
        panic!()
    };
    let other = bed.open().await;
    // Every listener loses its connection again and again.
    let mut meddler = connect(url).await;
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    meddler.execute(cut).await.unwrap();
    let appended = journal.append(unit(&journal, &[(&call("a"), 0, 1)])).await.unwrap();
    meddler.execute(cut).await.unwrap();
    let mut head = other.head();
    timeout(Duration::from_secs(2), head.wait_for(|head| *head >= appended.last)).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_at_once_make_one_journal() {
    let bed = Bed::postgres().await;
    let nodes = nodes(&bed).await;
    for (nth, node) in nodes.iter().enumerate() {
        node.append(unit(node, &[(&call(nth), 0, 1)])).await.unwrap();
    }
    assert_eq!(bed.verify().await.unwrap().events, NODES);
}
