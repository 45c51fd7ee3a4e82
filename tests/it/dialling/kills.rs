//! Issue 4, "at most once": the engine is killed at every marked point of a dial's way (`kills/moment.rs`), by seed. Nobody is rung twice,
//! which the agent's own book tells and not the engine's journal; nobody is stuck; the journal is whole, and its screens are what it says.

mod agent;
mod moment;
mod scene;
mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use karnay::adapters::system::SystemClock;
use karnay::ports::Clock as _;
use serde_json::Value;

use crate::rebuild::{rebuild, rows};
use agent::Stand;
use moment::Moment;
use scene::{Scene, Tally};

const PATIENCE: Duration = Duration::from_mins(1);

/// Says where to go on looking, when a kill went wrong.
struct At(&'static str, u64, Moment);

impl Drop for At {
    #[expect(clippy::print_stderr, reason = "a failure has to be repeatable")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("it went wrong on {} with seed {}, at {:?}", self.0, self.1, self.2);
        }
    }
}

/// A seed is a moment, and the how many-eth call to come to it.
fn moment_of(seed: u64) -> Moment {
    let all = Moment::ALL;
    all[usize::try_from(seed).unwrap() % all.len()]
}

/// What was seen in a run.
#[derive(Debug, Default)]
struct Seen {
    tally: Tally,
    rung: usize,
    /// Rung again, after what allows it.
    turns: usize,
    unconfirmed: usize,
}

/// `remembers`: the agent can be asked what became of a call. The run ends early where enough were killed in all.
async fn survives(
    (name, remembers): (&'static str, bool),
    mut scene: Scene,
    seeds: Range<u64>,
    is_enough: impl Fn(u32) -> bool,
) -> Seen {
    let mut kills = 0;
    for seed in seeds {
        let at = At(name, seed, moment_of(seed));
        if remembers || !at.2.asks() {
            scene.die_at(at.2, seed).await;
            scene.meet(at.2).await;
        }
        let before = std::mem::replace(&mut kills, scene.kills());
        if is_enough(kills - before) {
            break;
        }
    }
    judge(scene, remembers).await
}

/// Whatever happened, in the end everybody is called who was to be, once.
async fn judge(mut scene: Scene, remembers: bool) -> Seen {
    scene.start_for_good().await;
    nobody_is_stuck(&mut scene).await;
    let mut seen = nobody_was_rung_twice(&mut scene, remembers);
    its_screens_are_what_it_says(scene.world()).await;
    assert!(scene.world().stop().success());
    let verified = scene.world().verify();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let Scene { agent, tally, .. } = scene;
    agent.stop().await;
    seen.tally = tally;
    seen
}

/// Every campaign comes to its end, no effect is held by the dead, and every number that was rung is let go.
async fn nobody_is_stuck(scene: &mut Scene) {
    let began = Instant::now();
    for id in scene.campaigns.clone() {
        loop {
            let shown = scene.campaign(&id).await;
            // A start that died with the engine that was asked for it leaves the campaign as it was.
            if shown["status"] == "COMPLETED" || shown["status"] == "PENDING" || waits_for_a_turn(&shown) {
                assert_eq!(shown["calling"], 0, "{shown}");
                break;
            }
            assert!(began.elapsed() < PATIENCE, "stuck: {shown} {}", scene.world().said());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    scene.pause().await;
    while scene.store.held_leases().await > 0 {
        assert!(began.elapsed() < PATIENCE, "held for ever: {:?}", scene.store.open_calls().await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut open = BTreeMap::new();
    for event in scene.world().events() {
        let name = event["type"].as_str().unwrap();
        let call = event["payload"][name]["call"].as_str().unwrap_or_default().to_owned();
        let place = (event["stream"].as_str().unwrap().to_owned(), call);
        match (event["kind"].as_str().unwrap(), name) {
            ("person", "rung") | ("target", "dialled") => {
                assert!(open.insert(place, name.to_owned()).is_none(), "wanted twice: {event}");
            }
            ("person", "let_go") | ("target", "ended" | "withdrawn") => {
                assert!(open.remove(&place).is_some(), "over twice: {event}");
            }
            _ => {}
        }
    }
    assert!(open.is_empty(), "never let go: {open:?}");
}

/// Whether those whose calls are not over are to be called again at a time that is yet to come.
fn waits_for_a_turn(shown: &Value) -> bool {
    let contacts = shown["contacts"].as_array().unwrap();
    let turns: Vec<_> = contacts.iter().filter_map(|one| one["nextAttemptAt"].as_str()).collect();
    let now = SystemClock.now();
    let to_come = turns.iter().all(|at| at.parse::<chrono::DateTime<chrono::Utc>>().unwrap() > now);
    let over = shown["calledContacts"].as_u64().unwrap();
    to_come && shown["calling"] == 0 && usize::try_from(over).unwrap() + turns.len() == contacts.len()
}

/// By the agent's own book. What the engine believes of a call is what came of it, or that nobody knows.
fn nobody_was_rung_twice(scene: &mut Scene, remembers: bool) -> Seen {
    let mut seen = Seen::default();
    let mut believed = BTreeMap::new();
    for event in scene.world().events() {
        let name = event["type"].as_str().unwrap();
        if event["kind"] == "target" && ["ended", "corrected"].contains(&name) {
            let said = &event["payload"][name];
            let key = format!("{}/{}", event["stream"].as_str().unwrap(), said["call"].as_str().unwrap());
            believed.insert(key, said["outcome"]["reach"].clone());
        }
    }
    seen.unconfirmed = believed.values().filter(|reach| **reach == "unconfirmed").count();
    let book = scene.agent.book();
    assert!(book.offences.is_empty(), "{:?}", book.offences);
    let mut rung = BTreeSet::new();
    for (key, call) in &book.calls {
        assert!(call.rings <= 1, "{key} rang {} times", call.rings);
        let reach = &believed[key];
        let turn = call.stand.brings_another_turn();
        if call.rings == 1 && !turn {
            assert!(rung.insert(call.phone.clone()), "{} was reached twice", call.phone);
        }
        assert_ne!(call.stand, Stand::Ringing, "{key} rings for ever");
        seen.rung += usize::from(call.rings == 1);
        seen.turns +=
            usize::from(book.calls.values().filter(|one| one.phone == call.phone).count() > 1 && !turn);
        assert!(
            !book.unanswered.contains(key) || call.acknowledged.is_some(),
            "{key} was reported and never heard: {call:?}"
        );
        if reach == "unconfirmed" {
            assert!(!remembers || book.denied.contains(key), "{key} could have been learnt of: {call:?}");
        } else {
            assert!(matches!(call.stand, Stand::Over(_)), "{key} is {reach}, and nobody was rung: {call:?}");
            assert_eq!(reach == "network_error", turn, "{key}: {reach} {call:?}");
        }
    }
    seen
}

pub(super) async fn its_screens_are_what_it_says(world: &crate::world::World) {
    for screen in
        ["targets", "campaign_board", "campaign_calls", "campaign_hours", "promises", "contact_book"]
    {
        let (before, followed) = rows(world, screen).await;
        rebuild(world, screen);
        let (after, fresh) = rows(world, screen).await;
        assert!(after > before && (screen == "promises" || !fresh.is_empty()), "{screen}");
        assert_eq!(fresh, followed, "{screen}");
    }
}

impl Seen {
    fn kills(&self) -> u32 {
        self.tally.values().map(|(hits, near)| hits + near).sum()
    }

    fn add(&mut self, other: Self) {
        for (moment, (hits, near)) in other.tally {
            let sum = self.tally.entry(moment).or_default();
            *sum = (sum.0 + hits, sum.1 + near);
        }
        self.rung += other.rung;
        self.turns += other.turns;
        self.unconfirmed += other.unconfirmed;
    }

    /// Each moment was met, and not only come near.
    fn each_was_hit(&self) {
        for moment in Moment::ALL {
            let hits = self.tally.get(&moment).map_or(0, |(hits, _)| *hits);
            assert!(hits > 0, "never at {moment:?}: {self:?}");
        }
    }

    #[expect(clippy::print_stderr, reason = "the figures are what a full run is for")]
    fn tell(&self, began: Instant) {
        let Self { rung, turns, unconfirmed, .. } = self;
        let (kills, secs) = (self.kills(), began.elapsed().as_secs());
        eprintln!(
            "{kills} kills in {secs} s: {rung} calls rung, {turns} of them another turn, {unconfirmed} unconfirmed, none twice, nobody stuck"
        );
        for (moment, (hits, near)) in &self.tally {
            eprintln!("  {moment:?}: {hits}, and {near} near it");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_every_moment_rings_nobody_twice_on_sqlite() {
    survives(("SQLite", true), Scene::sqlite(true).await, 0..23, |_| false).await.each_was_hit();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_every_moment_rings_nobody_twice_on_postgres() {
    survives(("PostgreSQL", true), Scene::postgres(true).await, 0..23, |_| false).await.each_was_hit();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_anybody_to_ask_nobody_is_rung_again() {
    let scene = Scene::sqlite(false).await;
    let seen = survives(("SQLite, nobody to ask", false), scene, 4..19, |_| false).await;
    assert!(seen.unconfirmed > 0, "there was nothing to ask about: {seen:?}");
}

/// What it holds belongs to another by then: it asks nobody to ring.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_sleeps_through_its_lease_rings_nobody() {
    let mut scene = Scene::postgres(true).await;
    let keys = scene.sleep_through_a_lease().await;
    assert!(!keys.is_empty(), "it had taken nothing");
    for key in keys {
        let asked = scene.agent.book().calls.contains_key(&key);
        assert!(!asked, "{key} was asked for after it had been taken over");
    }
    let seen = judge(scene, true).await;
    assert!(seen.unconfirmed > 0, "nobody took it over: {seen:?}");
}

const KILLS: u32 = 1_000;
/// One after another on one journal.
const ON_ONE_JOURNAL: u64 = 69;

/// Journal after journal, each with seeds of its own, until there were enough in all.
async fn a_lane(lane: u64, killed: Arc<AtomicU32>) -> Seen {
    let mut seen = Seen::default();
    for turn in 0.. {
        if killed.load(Ordering::Relaxed) >= KILLS {
            break;
        }
        let from = 1_000_000 * lane + ON_ONE_JOURNAL * turn;
        let is_enough = |more| killed.fetch_add(more, Ordering::Relaxed) + more >= KILLS;
        let (kind, scene) = match lane {
            0 => (("SQLite", true), Scene::sqlite(true).await),
            1 => (("SQLite, nobody to ask", false), Scene::sqlite(false).await),
            _ => (("PostgreSQL", true), Scene::postgres(true).await),
        };
        seen.add(survives(kind, scene, from..from + ON_ONE_JOURNAL, is_enough).await);
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "full size: make check-deep"]
async fn deep_a_thousand_kills_ring_nobody_twice() {
    let (began, killed) = (Instant::now(), Arc::new(AtomicU32::new(0)));
    let lanes = (0..3).map(|lane| tokio::spawn(a_lane(lane, Arc::clone(&killed))));
    let mut seen = Seen::default();
    for lane in futures_util::future::join_all(lanes).await {
        seen.add(lane.unwrap());
    }
    seen.tell(began);
    seen.each_was_hit();
    assert!(seen.kills() >= KILLS);
}
