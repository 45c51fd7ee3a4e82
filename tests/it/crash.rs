//! R1, R2, R3: what was acknowledged is there, once, in order, whatever dies: the engine, PostgreSQL, the disk.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::task::JoinHandle;

use crate::world::{World, report};

pub(crate) const SESSION: &str = "session-1738862891234-abc123";
const CLIENTS: usize = 16;

/// What call servers remember: every number they tried, and what the engine answered.
pub(crate) struct Memory {
    http: reqwest::Client,
    next: AtomicU32,
    /// Sent without an answer: to be sent again, as a call server does.
    unanswered: Mutex<Vec<u32>>,
    pub(crate) acknowledged: Mutex<BTreeMap<u32, (String, u64)>>,
}

impl Memory {
    pub(crate) fn new() -> Self {
        // Made once and before the load: a client reads the machine's certificates, which takes longer than some engines live here.
        let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
        Self {
            http,
            next: AtomicU32::default(),
            unanswered: Mutex::default(),
            acknowledged: Mutex::default(),
        }
    }

    fn number(&self) -> u32 {
        let again = self.unanswered.lock().unwrap().pop();
        again.unwrap_or_else(|| self.next.fetch_add(1, Ordering::Relaxed))
    }

    fn acknowledged(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    async fn has_more_than(&self, known: usize) {
        let began = Instant::now();
        while self.acknowledged() <= known {
            assert!(began.elapsed() < Duration::from_mins(1), "the load was no load");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Whether that was acknowledged, and nothing else waits to be sent again.
    pub(crate) async fn send(&self, url: &str) -> bool {
        let number = self.number();
        let answer = self.http.post(url).json(&report(SESSION, number)).send().await;
        let known = match answer {
            Ok(answer) if answer.status() == 200 => {
                let position = answer.headers()["x-position"].to_str().unwrap().parse().unwrap();
                answer
                    .json::<Value>()
                    .await
                    .ok()
                    .map(|body| (body["id"].as_str().unwrap().to_owned(), position))
            }
            Ok(_) | Err(_) => None,
        };
        match known {
            Some(known) => drop(self.acknowledged.lock().unwrap().insert(number, known)),
            None => self.unanswered.lock().unwrap().push(number),
        }
        self.unanswered.lock().unwrap().is_empty()
    }
}

/// Clients that send until they are told to stop.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<()>>,
}

impl Load {
    pub(crate) fn begin(world: &World, memory: &Arc<Memory>) -> Self {
        let (url, stop) = (world.url("/calls/result"), Arc::new(AtomicBool::new(false)));
        let client = |memory: Arc<Memory>, stop: Arc<AtomicBool>, url: String| async move {
            while !stop.load(Ordering::Relaxed) {
                if !memory.send(&url).await {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        };
        let one = |_| tokio::spawn(client(Arc::clone(memory), Arc::clone(&stop), url.clone()));
        let clients = (0..CLIENTS).map(one).collect();
        Self { stop, clients }
    }

    pub(crate) async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.await.unwrap();
        }
    }
}

/// A number that looks random and is the same in every run.
pub(crate) fn seeded(seed: u64, bound: u64) -> u64 {
    let mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed >> 33) % bound
}

async fn survives_kills(mut world: World, kills: u64) {
    let memory = Arc::new(Memory::new());
    for round in 0..kills {
        world.start().await;
        let load = Load::begin(&world, &memory);
        // Every other one has taken a report at least before it is killed, however slow the machine is.
        if round % 2 == 0 {
            memory.has_more_than(memory.acknowledged()).await;
        }
        tokio::time::sleep(Duration::from_millis(20 + seeded(round, 400))).await;
        world.kill();
        load.end().await;
    }
    world.start().await;
    finish_sending(&world, &memory).await;
    nothing_is_lost_or_doubled(&world, &memory).await;
    screens_equal_a_fresh_fold(&world).await;
    assert!(world.stop().success());
    let verified = world.verify();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}

pub(crate) async fn finish_sending(world: &World, memory: &Memory) {
    let url = world.url("/calls/result");
    let began = Instant::now();
    while !memory.unanswered.lock().unwrap().is_empty() {
        memory.send(&url).await;
        assert!(began.elapsed() < Duration::from_mins(1), "the engine takes no reports: {}", world.said());
    }
}

/// An answer says how far behind it is; after an outage each screen needs a moment of its own.
async fn screens_have_caught_up(world: &World) {
    let began = Instant::now();
    for path in [format!("/calls/session/{SESSION}/results"), format!("/calls/session/{SESSION}")] {
        while world.get(&path).await.headers()["x-behind"] != "0" {
            assert!(began.elapsed() < Duration::from_mins(1), "the screens stay behind: {}", world.said());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

pub(crate) async fn nothing_is_lost_or_doubled(world: &World, memory: &Memory) {
    let events = world.events();
    for (expected, event) in (1..).zip(&events) {
        assert_eq!(event["position"].as_u64(), Some(expected), "positions without gaps");
    }
    let times: Vec<_> = events.iter().map(|event| event["recordedAt"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "recorded_at never decreases");

    screens_have_caught_up(world).await;
    let results = world.json(&format!("/calls/session/{SESSION}/results")).await;
    let results = results.as_array().unwrap();
    let by_phone: HashMap<_, _> = results.iter().map(|r| (r["phoneNumber"].as_str().unwrap(), r)).collect();
    assert_eq!(by_phone.len(), results.len(), "no number has two results");
    let acknowledged = memory.acknowledged.lock().unwrap().clone();
    for (number, (id, position)) in &acknowledged {
        let phone = format!("+99890{number:07}");
        let result =
            by_phone.get(phone.as_str()).unwrap_or_else(|| panic!("number {number} was acknowledged"));
        assert_eq!(result["id"], **id, "the result that was acknowledged");
        let event = &events[usize::try_from(position - 1).unwrap()];
        assert_eq!(event["payload"]["reported"]["id"], **id, "the position that was acknowledged");
    }
    assert_eq!(results.len(), acknowledged.len(), "nothing is there that nobody sent");
    let session = world.json(&format!("/calls/session/{SESSION}")).await;
    assert_eq!(session["processedNumbers"].as_u64(), u64::try_from(results.len()).ok());
    assert_eq!(session["connectedCalls"], session["processedNumbers"]);
}

/// The rows as they were followed, and as they come out of the whole journal anew.
pub(crate) async fn screens_equal_a_fresh_fold(world: &World) {
    let look = async || {
        let mut session = world.json(&format!("/calls/session/{SESSION}")).await;
        // The only member that moves by itself.
        session.as_object_mut().unwrap().remove("durationSeconds");
        (session, world.json(&format!("/calls/session/{SESSION}/results")).await)
    };
    let followed = look().await;
    let out = world.run(&["rebuild", "--all"]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert_eq!(look().await, followed);
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_lose_nothing_on_sqlite() {
    survives_kills(World::sqlite(), 6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_lose_nothing_on_postgres() {
    survives_kills(World::postgres().await, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "full size: make check-deep"]
async fn deep_kills_lose_nothing_on_sqlite() {
    survives_kills(World::sqlite(), 50).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "full size: make check-deep"]
async fn deep_kills_lose_nothing_on_postgres() {
    survives_kills(World::postgres().await, 50).await;
}

/// R2: the server is shot, stays away, and comes back.
async fn survives_an_absent_postgres(away: Duration) {
    let mut world = World::postgres().await;
    world.start().await;
    let memory = Arc::new(Memory::new());
    let load = Load::begin(&world, &memory);
    tokio::time::sleep(Duration::from_millis(500)).await;

    world.postgres.as_ref().unwrap().stop_immediate();
    let gone = Instant::now();
    while gone.elapsed() < away {
        let answer = world.report(&report(SESSION, 9_000_000)).await.unwrap();
        assert_eq!(answer.status(), 503, "while the store is away");
        assert!(answer.headers().contains_key("retry-after"));
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(!world.ready().await, "not ready while the store is away");
    assert_eq!(world.get("/health/live").await.status(), 200, "alive all the same");

    world.postgres.as_ref().unwrap().start();
    world.until_ready().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    load.end().await;
    finish_sending(&world, &memory).await;
    nothing_is_lost_or_doubled(&world, &memory).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_goes_and_comes_back() {
    survives_an_absent_postgres(Duration::from_secs(3)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "full size: make check-deep"]
async fn deep_postgres_is_away_for_thirty_seconds() {
    survives_an_absent_postgres(Duration::from_secs(30)).await;
}

/// What is being written while one looks is no fault.
#[tokio::test(flavor = "multi_thread")]
async fn a_journal_at_work_verifies() {
    let mut world = World::sqlite();
    world.start().await;
    let memory = Arc::new(Memory::new());
    let load = Load::begin(&world, &memory);
    for _ in 0..12 {
        let verified = world.verify();
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    }
    load.end().await;
}

/// SIGTERM under load: the doors close, what was taken in is answered, and the engine is gone within ten seconds.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_answers_what_was_taken_in() {
    let mut world = World::sqlite();
    world.start().await;
    let memory = Arc::new(Memory::new());
    let load = Load::begin(&world, &memory);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let began = Instant::now();
    assert!(world.stop().success(), "{}", world.said());
    assert!(began.elapsed() < Duration::from_secs(10));
    load.end().await;
    world.start().await;
    finish_sending(&world, &memory).await;
    nothing_is_lost_or_doubled(&world, &memory).await;
    let distinct: BTreeSet<_> =
        memory.acknowledged.lock().unwrap().values().map(|(id, _)| id.clone()).collect();
    assert_eq!(distinct.len(), memory.acknowledged.lock().unwrap().len());
}
