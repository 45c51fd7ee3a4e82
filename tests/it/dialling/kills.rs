//! Issue 4, "at most once": the engine is killed at every marked point of a dial's way (`kills/moment.rs`), by seed. Nobody is rung twice,
//! which the agent's own book tells and not the engine's journal; nobody is stuck; the journal is whole, and its screens are what it says.

mod agent;
mod moment;
mod scene;
mod store;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
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

/// `remembers`: the agent can be asked what became of a call.
async fn survives((name, remembers): (&'static str, bool), mut scene: Scene, seeds: Range<u64>) -> Tally {
    for seed in seeds {
        let at = At(name, seed, moment_of(seed));
        if remembers || !at.2.asks() {
            scene.die_at(at.2, seed).await;
            scene.meet(at.2).await;
        }
    }
    scene.start().await;
    nobody_is_stuck(&mut scene).await;
    nobody_was_rung_twice(&mut scene, remembers);
    its_screens_are_what_it_says(scene.world()).await;
    assert!(scene.world().stop().success());
    let verified = scene.world().verify();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let Scene { agent, tally, .. } = scene;
    agent.stop().await;
    tally
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
    to_come && shown["calling"] == 0 && over + turns.len() as u64 == contacts.len() as u64
}

/// By the agent's own book. What the engine believes of a call is what came of it, or that nobody knows.
fn nobody_was_rung_twice(scene: &mut Scene, remembers: bool) {
    let mut believed = BTreeMap::new();
    for event in scene.world().events() {
        let name = event["type"].as_str().unwrap();
        if event["kind"] == "target" && ["ended", "corrected"].contains(&name) {
            let said = &event["payload"][name];
            let key = format!("{}/{}", event["stream"].as_str().unwrap(), said["call"].as_str().unwrap());
            believed.insert(key, said["outcome"]["reach"].clone());
        }
    }
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
        let twice = book.unanswered.contains(key);
        assert!(!twice || call.acknowledged.is_some(), "{key} was reported and never heard: {call:?}");
        if reach == "unconfirmed" {
            assert!(!remembers || book.denied.contains(key), "{key} could have been learnt of: {call:?}");
        } else {
            assert!(matches!(call.stand, Stand::Over(_)), "{key} is {reach}, and nobody was rung: {call:?}");
            assert_eq!(reach == "network_error", turn, "{key}: {reach} {call:?}");
        }
    }
}

async fn its_screens_are_what_it_says(world: &crate::world::World) {
    for screen in ["targets", "campaign_board", "campaign_calls", "campaign_hours", "promises", "contact_book"] {
        let (before, followed) = rows(world, screen).await;
        rebuild(world, screen);
        let (after, fresh) = rows(world, screen).await;
        assert!(after > before && !fresh.is_empty());
        assert_eq!(fresh, followed, "{screen}");
    }
}

/// What was seen, for those who look on.
#[expect(clippy::print_stderr, reason = "the figures are what a full run is for")]
fn tell(name: &str, tally: &Tally, began: Instant) {
    let kills: u32 = tally.values().map(|(hits, near)| hits + near).sum();
    eprintln!("{name}: {kills} kills in {} s", began.elapsed().as_secs());
    for (moment, (hits, near)) in tally {
        eprintln!("  {moment:?}: {hits}, near it {near}");
    }
}

/// Each moment was met, and not only come near.
fn each_was_hit(tally: &Tally, but: impl Fn(Moment) -> bool) {
    for moment in Moment::ALL.into_iter().filter(|moment| !but(*moment)) {
        assert!(tally.get(&moment).is_some_and(|(hits, _)| *hits > 0), "never at {moment:?}: {tally:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_every_moment_rings_nobody_twice_on_sqlite() {
    let began = Instant::now();
    let tally = survives(("SQLite", true), Scene::sqlite(true).await, 0..23).await;
    tell("SQLite", &tally, began);
    each_was_hit(&tally, |_| false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_every_moment_rings_nobody_twice_on_postgres() {
    let began = Instant::now();
    let tally = survives(("PostgreSQL", true), Scene::postgres(true).await, 0..23).await;
    tell("PostgreSQL", &tally, began);
    each_was_hit(&tally, |_| false);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_anybody_to_ask_nobody_is_rung_again() {
    survives(("SQLite, without asking", false), Scene::sqlite(false).await, 4..19).await;
}
