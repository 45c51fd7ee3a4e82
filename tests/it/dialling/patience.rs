//! What becomes of calls when the engine is told to stop: those that end soon are waited for, the others are given up in time.

use std::time::{Duration, Instant};

use serde_json::json;

use super::agent::{Act, Agent, success};
use super::{Desk, PATIENCE, well};
use crate::world::World;

/// What it says of itself.
const STOPPED_WITHIN: Duration = Duration::from_secs(10);

async fn calling(lasts: u64, timeout_secs: &str) -> (Desk, String) {
    let mut world = World::sqlite();
    world.set("AGENT_TIMEOUT_SECONDS", timeout_secs);
    // Nobody can be asked later what came of a call.
    let nobody = |world: &mut World| world.set("AGENT_STATUS_URL", "");
    let desk = Desk::start_with(world, Agent::start(well(lasts)), nobody).await;
    let campaign = desk.campaign(0..5, &json!({ "concurrency": 5 })).await;
    desk.begin(&campaign).await;
    let began = Instant::now();
    while desk.agent.rung().len() < 5 {
        assert!(began.elapsed() < PATIENCE, "{}", desk.world.said());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    (desk, campaign)
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_end_soon_are_waited_for_at_a_stop() {
    let (mut desk, campaign) = calling(3_000, "8").await;
    let began = Instant::now();
    assert!(desk.world.stop().success(), "{}", desk.world.said());
    assert!(began.elapsed() < STOPPED_WITHIN, "{:?}", began.elapsed());
    assert!(desk.agent.rung().iter().all(|one| one.ended.is_some()), "{:?}", desk.agent.rung());
    desk.world.start().await;
    let over = desk.until_status(&campaign, "COMPLETED").await;
    let counted = ["calledContacts", "successfulCalls", "failedCalls", "attempts"];
    assert_eq!(counted.map(|name| over[name].as_u64().unwrap()), [5, 5, 0, 5], "{over}");
    assert_eq!(desk.agent.rung().len(), 5);
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_minutes_do_not_hold_up_a_stop() {
    let (mut desk, campaign) = calling(60_000, "120").await;
    let began = Instant::now();
    assert!(desk.world.stop().success(), "{}", desk.world.said());
    assert!(began.elapsed() < STOPPED_WITHIN, "{:?}", began.elapsed());
    let said = desk.world.said();
    assert!(said.contains("something is still under way in the world"), "{said}");
    desk.world.start().await;
    let over = desk.until_status(&campaign, "COMPLETED").await;
    assert!(over["contacts"].as_array().unwrap().iter().all(|one| one["reason"] == "UNCONFIRMED"), "{over}");
    assert_eq!(desk.agent.rung().len(), 5, "nobody is rung again blindly");
    desk.agent.stop().await;
}

/// An agent that asks for patience of more than a moment has refused: neither the line nor the person waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_asks_for_an_hour_holds_nobody() {
    let agent = Agent::start(|_, before| match before {
        0 => Act::Later(3_600),
        _ => Act::Say(Duration::ZERO, success()),
    });
    let desk = Desk::start(World::sqlite(), agent).await;
    let before = std::time::SystemTime::now();
    let campaign = desk.campaign(0..2, &json!({ "concurrency": 1 })).await;
    desk.begin(&campaign).await;
    let waits = |shown: &serde_json::Value| {
        shown["calling"] == 0
            && shown["contacts"].as_array().unwrap().iter().all(|one| one["reason"] == "AGENT_REFUSED")
    };
    let shown = desk.until(&campaign, "refused", waits).await;
    let asked: chrono::DateTime<chrono::Utc> = before.into();
    for one in shown["contacts"].as_array().unwrap() {
        let next: chrono::DateTime<chrono::Utc> = one["nextAttemptAt"].as_str().unwrap().parse().unwrap();
        let ahead = (next - asked).num_seconds();
        assert!((3_590..3_720).contains(&ahead), "after {ahead} s: {one}");
        let path = format!(
            "/auto-calling/contacts/{}/explain?campaign={campaign}",
            one["contactId"].as_str().unwrap()
        );
        let why = desk.get(&path).await;
        assert_eq!(why["rule"], "retry_due", "{why}");
    }
    assert!(desk.world.said().contains("asks for patience"), "{}", desk.world.said());
    assert_eq!(desk.agent.rung().len(), 2);
    desk.agent.stop().await;
}

/// An agent that wants a moment is tried again within the same call.
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_asks_for_a_moment_is_asked_again() {
    let agent = Agent::start(|_, before| match before {
        0 => Act::Later(1),
        _ => Act::Say(Duration::ZERO, success()),
    });
    let desk = Desk::start(World::sqlite(), agent).await;
    let campaign = desk.campaign(0..1, &json!({})).await;
    desk.begin(&campaign).await;
    let over = desk.until_status(&campaign, "COMPLETED").await;
    assert_eq!((over["successfulCalls"].as_u64(), over["attempts"].as_u64()), (Some(1), Some(1)));
    desk.agent.stop().await;
}

/// A line that is free is taken at once, and not when the dialler was going to look.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_is_taken_as_soon_as_it_is_free() {
    let desk = Desk::start(World::sqlite(), Agent::start(well(500))).await;
    let campaign = desk.campaign(0..6, &json!({ "concurrency": 1 })).await;
    desk.begin(&campaign).await;
    desk.until_status(&campaign, "COMPLETED").await;
    let rung = desk.agent.rung();
    let mut gaps: Vec<_> = rung.windows(2).map(|pair| pair[1].began - pair[0].ended.unwrap()).collect();
    gaps.sort_unstable();
    assert!(gaps[gaps.len() / 2] < Duration::from_millis(250), "{gaps:?}");
    desk.agent.stop().await;
}
