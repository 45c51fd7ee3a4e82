//! R15: more than it can do. Queues are bounded, what is not admitted is told to come back, what is admitted is quick and stored,
//! and once the load stops the engine is as it was. Also with a store that takes 20 ms over every commit.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::webhook::Reports;
use crate::wire::Wire;
use crate::world::World;

/// What one run of load saw.
#[derive(Debug, Default)]
struct Seen {
    admitted: Vec<Duration>,
    busy: u64,
    other: Vec<(u16, String)>,
}

impl Seen {
    fn p99(&mut self) -> Duration {
        self.admitted.sort_unstable();
        self.admitted[self.admitted.len() * 99 / 100]
    }
}

async fn client(
    address: SocketAddr,
    reports: Arc<Reports>,
    next: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
) -> Seen {
    let mut seen = Seen::default();
    let mut wire = Wire::connect(address).await.unwrap();
    while !stop.load(Ordering::Relaxed) {
        let mut request = String::new();
        reports.request(next.fetch_add(1, Ordering::Relaxed), &mut request);
        let sent = Instant::now();
        let answer = wire.exchange(request.as_bytes()).await.unwrap();
        match answer.status {
            200 => seen.admitted.push(sent.elapsed()),
            503 => {
                assert!(answer.header("retry-after").is_some(), "a 503 says when to come back");
                seen.busy += 1;
            }
            other => seen.other.push((other, String::from_utf8_lossy(answer.body).into_owned())),
        }
    }
    seen
}

async fn load(
    world: &World,
    reports: &Arc<Reports>,
    next: &Arc<AtomicU64>,
    clients: usize,
    time: Duration,
) -> Seen {
    let address = SocketAddr::from(([127, 0, 0, 1], world.port));
    let stop = Arc::new(AtomicBool::new(false));
    let one = || tokio::spawn(client(address, Arc::clone(reports), Arc::clone(next), Arc::clone(&stop)));
    let all: Vec<_> = (0..clients).map(|_| one()).collect();
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
    let mut seen = Seen::default();
    for client in all {
        let more = client.await.unwrap();
        seen.admitted.extend(more.admitted);
        seen.busy += more.busy;
        seen.other.extend(more.other);
    }
    seen
}

/// Everything admitted is in the screens, once.
async fn everything_is_there(world: &World, reports: &Reports, admitted: usize) {
    let mut processed = 0;
    for session in reports.sessions() {
        let row = world.json(&format!("/calls/session/{session}")).await;
        processed += row["processedNumbers"].as_u64().unwrap();
    }
    assert_eq!(processed, u64::try_from(admitted).unwrap(), "admitted and stored are the same");
}

/// `calm` connections are what it can do, `storm` ten times that.
#[expect(clippy::print_stdout, reason = "the figures are worth seeing")]
async fn bears_a_storm(world: &mut World, (calm, storm): (usize, usize), time: Duration) -> Waits {
    world.start().await;
    let (reports, next) = (Arc::new(Reports::unlisted(4, 1)), Arc::new(AtomicU64::new(0)));
    let mut usual = load(world, &reports, &next, calm, time).await;
    assert_eq!((usual.busy, usual.other.first()), (0, None), "what it can do it does");
    let usual_p99 = usual.p99();

    let mut stormy = load(world, &reports, &next, storm, time).await;
    assert!(stormy.other.is_empty(), "nothing but 200 and 503: {:?} {}", stormy.other.first(), world.said());
    assert!(!stormy.admitted.is_empty());
    let stormy_p99 = stormy.p99();

    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut after = load(world, &reports, &next, 1, Duration::from_millis(300)).await;
    assert_eq!((after.busy, after.other.len()), (0, 0));
    let after_p99 = after.p99();
    println!(
        "calm p99 {usual_p99:?} ({} admitted), storm p99 {stormy_p99:?} ({} admitted, {} told to come back), after {after_p99:?}",
        usual.admitted.len(),
        stormy.admitted.len(),
        stormy.busy
    );
    assert!(after_p99 <= usual_p99.max(Duration::from_millis(50)), "as it was, a second later");
    // At any size and in any build: no queue is without an end.
    assert!(stormy_p99 < Duration::from_secs(5), "{stormy_p99:?}");
    let admitted = usual.admitted.len() + stormy.admitted.len() + after.admitted.len();
    everything_is_there(world, &reports, admitted).await;
    Waits { usual: usual_p99, stormy: stormy_p99 }
}

/// The longest of a hundred waits.
struct Waits {
    usual: Duration,
    stormy: Duration,
}

/// R15's figure, for the engine as it is released: whoever is admitted in the storm waits twice as long as usual at most.
fn stays_quick(Waits { usual, stormy }: &Waits) {
    assert!(*stormy <= *usual * 2, "usual {usual:?}, in the storm {stormy:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_on_sqlite() {
    bears_a_storm(&mut World::sqlite(), (64, 640), Duration::from_secs(2)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_on_postgres() {
    bears_a_storm(&mut World::postgres().await, (64, 640), Duration::from_secs(2)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "full size: make check-deep"]
async fn deep_a_storm_of_2560_on_sqlite() {
    stays_quick(&bears_a_storm(&mut World::sqlite(), (256, 2_560), Duration::from_secs(10)).await);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "full size: make check-deep"]
async fn deep_a_storm_of_2560_on_postgres() {
    stays_quick(&bears_a_storm(&mut World::postgres().await, (256, 2_560), Duration::from_secs(10)).await);
}

/// The store is made slow from outside: strace holds every sync for 20 ms.
#[tokio::test(flavor = "multi_thread")]
async fn a_storm_on_a_slow_sqlite() {
    let mut world = World::sqlite();
    let slow = "inject=fdatasync,fsync:delay_enter=20000";
    if !world.strace(&["--seccomp-bpf", "-e", "trace=fdatasync,fsync", "-e", slow, "-o", "/dev/null"]) {
        return;
    }
    bears_a_storm(&mut world, (64, 640), Duration::from_secs(2)).await;
}

/// The same on PostgreSQL by its own setting, which waits before each flush.
#[tokio::test(flavor = "multi_thread")]
async fn a_storm_on_a_slow_postgres() {
    let mut world = World::postgres().await;
    let server = world.postgres.as_ref().unwrap();
    server.run("postgres", "ALTER SYSTEM SET commit_delay = 20000").await;
    server.run("postgres", "ALTER SYSTEM SET commit_siblings = 0").await;
    server.run("postgres", "SELECT pg_reload_conf()").await;
    bears_a_storm(&mut world, (64, 640), Duration::from_secs(2)).await;
}
