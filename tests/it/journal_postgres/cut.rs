//! The connection is cut at the worst moment: after the server was asked and before its answer came through.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use karnay::journal::feed::Reading;
use karnay::journal::verify::Place;
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

use crate::journal::bed::{Bed, call, open, unit};
use crate::postgres::connect;

/// Between the journal and its server: where it is told to, it swallows the answer to a batch and hangs up,
/// or hangs up on the journal alone, so that the server's side knows of nothing.
#[derive(Default)]
struct Proxy {
    swallow: AtomicBool,
    desert: AtomicBool,
    /// Nobody new is let through.
    shut: AtomicBool,
    cuts: AtomicU32,
}

impl Proxy {
    /// Where the journal is to dial instead.
    async fn before(self: &Arc<Self>, url: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = url.split('@').nth(1).unwrap().split('/').next().unwrap().to_owned();
        let here = listener.local_addr().unwrap().to_string();
        let (proxy, there) = (Arc::clone(self), server.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if proxy.shut.load(Ordering::Acquire) {
                    continue;
                }
                let server = TcpStream::connect(&there).await.unwrap();
                tokio::spawn(Arc::clone(&proxy).carry(client, server));
            }
        });
        url.replace(&server, &here)
    }

    async fn carry(self: Arc<Self>, mut client: TcpStream, mut server: TcpStream) {
        let (mut asked, mut said) = (vec![0; 1 << 16], vec![0; 1 << 16]);
        let mut is_batch = false;
        loop {
            tokio::select! {
                read = client.read(&mut asked) => {
                    let Ok(len @ 1..) = read else { return };
                    // The writer's own words: nobody else sends an event's payload.
                    is_batch = asked[..len].windows(8).any(|word| word == b"personal");
                    server.write_all(&asked[..len]).await.unwrap();
                    if is_batch && self.desert.swap(false, Ordering::AcqRel) {
                        self.cuts.fetch_add(1, Ordering::AcqRel);
                        drop(client);
                        // Until the server itself ends it.
                        while server.read(&mut said).await.is_ok_and(|len| len > 0) {}
                        return;
                    }
                }
                read = server.read(&mut said) => {
                    let Ok(len @ 1..) = read else { return };
                    if is_batch && self.swallow.swap(false, Ordering::AcqRel) {
                        self.cuts.fetch_add(1, Ordering::AcqRel);
                        return;
                    }
                    if client.write_all(&said[..len]).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_was_lost_is_found_and_answered() {
    let bed = Bed::postgres().await;
    let Place::Url(url) = &bed.place else { panic!("not on PostgreSQL") };
    let proxy = Arc::new(Proxy::default());
    let place = Place::Url(proxy.before(url).await);
    let journal = open(place, Arc::clone(&bed.clock)).await.unwrap();
    journal.append(unit(&journal, &[(&call("warm"), 0, 1)])).await.unwrap();
    for turn in 0..5 {
        proxy.swallow.store(true, Ordering::Release);
        let streams: Vec<_> = (0..6).map(|nth| call(format!("{turn}-{nth}"))).collect();
        let appends = streams.iter().map(|stream| journal.append(unit(&journal, &[(stream, 0, 2)])));
        for (stream, appended) in streams.iter().zip(join_all(appends).await) {
            let appended = appended.unwrap();
            assert!(appended.last <= journal.position());
            let stored = journal.stream("call", stream).await.unwrap();
            assert_eq!(
                stored.iter().map(|event| event.position).collect::<Vec<_>>(),
                [appended.first, appended.last]
            );
            assert_eq!(stored[0].recorded_at, appended.recorded_at.timestamp_micros());
        }
    }
    assert_eq!(proxy.cuts.load(Ordering::Acquire), 5);
    let tail = journal.facts(0, 100, Reading::Sealed).await.unwrap();
    assert_eq!(tail.facts.iter().map(|fact| fact.position).collect::<Vec<_>>(), (1..=61).collect::<Vec<_>>());
    assert_eq!(bed.verify().await.unwrap().events, 61, "nothing was stored twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_never_happened_goes_again() {
    let bed = Bed::postgres().await;
    let Place::Url(url) = &bed.place else { panic!("not on PostgreSQL") };
    let journal = bed.open().await;
    journal.append(unit(&journal, &[(&call("warm"), 0, 1)])).await.unwrap();
    let mut meddler = connect(url).await;
    let mut holder = connect(url).await;
    let mut holding = holder.begin().await.unwrap();
    (&mut *holding).execute("SELECT * FROM journal_head FOR UPDATE").await.unwrap();
    let (appended, ()) = tokio::join!(journal.append(unit(&journal, &[(&call("a"), 0, 1)])), async {
        sleep(Duration::from_millis(300)).await;
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock'";
        meddler.execute(kill).await.unwrap();
        sleep(Duration::from_millis(300)).await;
        holding.rollback().await.unwrap();
    });
    assert_eq!(appended.unwrap().first, 2);
    assert_eq!(bed.verify().await.unwrap().events, 2);
}

/// The connection is gone while its backend still waits for the head: it must not commit behind our back after we looked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_backend_is_ended_before_its_work_is_judged() {
    let bed = Bed::postgres().await;
    let Place::Url(url) = &bed.place else { panic!("not on PostgreSQL") };
    let proxy = Arc::new(Proxy::default());
    let dialled = proxy.before(url).await;
    let journal = open(Place::Url(dialled), Arc::clone(&bed.clock)).await.unwrap();
    journal.append(unit(&journal, &[(&call("warm"), 0, 1)])).await.unwrap();
    let mut holder = connect(url).await;
    let mut holding = holder.begin().await.unwrap();
    (&mut *holding).execute("SELECT * FROM journal_head FOR UPDATE").await.unwrap();
    proxy.desert.store(true, Ordering::Release);
    proxy.shut.store(true, Ordering::Release);
    let mut meddler = connect(url).await;
    let (appended, ()) = tokio::join!(journal.append(unit(&journal, &[(&call("a"), 0, 1)])), async {
        let old = who_waits(&mut meddler, None).await;
        proxy.shut.store(false, Ordering::Release);
        who_waits(&mut meddler, Some(old)).await;
        holding.rollback().await.unwrap();
    });
    assert_eq!(appended.unwrap().first, 2);
    assert_eq!(proxy.cuts.load(Ordering::Acquire), 1);
    assert_eq!(bed.verify().await.unwrap().events, 2, "it was stored once");
}

/// The one backend that waits for the head, other than the one that did before.
async fn who_waits(meddler: &mut PgConnection, before: Option<i32>) -> i32 {
    let waiting = "SELECT pid FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let until = Instant::now() + Duration::from_secs(4);
    loop {
        let pids: Vec<i32> = sqlx::query_scalar(waiting).fetch_all(&mut *meddler).await.unwrap();
        assert!(pids.len() <= 1, "the old one is gone before the new one asks");
        match pids.first() {
            Some(pid) if before != Some(*pid) => return *pid,
            _ => assert!(Instant::now() < until, "nobody waits: {before:?}"),
        }
        sleep(Duration::from_millis(5)).await;
    }
}
