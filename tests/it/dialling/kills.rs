//! The engine dies at any moment while a campaign is dialled: nobody is rung twice, and nobody is stuck.

use std::time::Duration;

use serde_json::json;

use super::agent::{Act, Agent, success};
use super::{Desk, phone};
use crate::crash::seeded;
use crate::world::World;

const CONTACTS: u32 = 60;

/// `remembers`: the agent can be asked what became of a call.
async fn survives(mut world: World, kills: u64, remembers: bool) {
    world.set("LOG", "error");
    let agent = Agent::start(|_, before| {
        assert_eq!(before, 0, "nobody is called again after a call that ended well");
        Act::Say(Duration::from_millis(120), success())
    });
    let mut desk = Desk::start(world, agent).await;
    if !remembers {
        desk.world.set("AGENT_STATUS_URL", "");
    }
    let (mut called, mut round) = (0, 0);
    while round < kills {
        let numbers = called..called + CONTACTS;
        let campaign = desk.campaign(numbers.clone(), &json!({ "concurrency": 8 })).await;
        desk.begin(&campaign).await;
        for _ in 0..10.min(kills - round) {
            tokio::time::sleep(Duration::from_millis(seeded(round, 160))).await;
            desk.world.kill();
            desk.world.start().await;
            round += 1;
        }
        let over = desk.until_status(&campaign, "COMPLETED").await;
        assert_eq!(
            (over["calledContacts"].as_u64(), over["calling"].as_u64()),
            (Some(CONTACTS.into()), Some(0))
        );
        desk.agent.nobody_was_rung_twice_at_once();
        for number in numbers.clone() {
            assert!(desk.agent.times(&phone(number)) <= 1, "{number} was rung twice");
        }
        let unconfirmed = over["failedCalls"].as_u64().unwrap();
        let whole = over["contacts"].as_array().unwrap();
        let told = whole.iter().filter(|one| one["reason"] == "UNCONFIRMED").count();
        assert_eq!(u64::try_from(told).unwrap(), unconfirmed, "nothing else went wrong");
        if remembers {
            let rung = numbers.filter(|number| desk.agent.times(&phone(*number)) == 1).count();
            assert_eq!(
                over["successfulCalls"].as_u64(),
                Some(u64::try_from(rung).unwrap()),
                "whoever was rung is known"
            );
        }
        called += CONTACTS;
    }
    assert!(desk.world.stop().success());
    let verified = desk.world.verify();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_remembers_tells_what_became_of_everybody() {
    survives(World::sqlite(), 20, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_anybody_to_ask_nobody_is_rung_again() {
    survives(World::sqlite(), 20, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_its_own_changes_nothing() {
    survives(World::postgres().await, 5, true).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a thousand kills take a while"]
async fn deep_a_thousand_kills_ring_nobody_twice() {
    survives(World::sqlite(), 1_000, true).await;
}
