//! One call of several that a contact had, played alone: what is said of it is its own.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::again;
use crate::dialling::agent::{Act, Agent, success};
use crate::dialling::{Desk, phone};
use crate::live::Desk as Office;
use crate::world::World;

/// Where events stand that tell of a contact's place in a campaign, call by call in their order.
fn calls(world: &World) -> Vec<(String, Vec<u64>)> {
    let mut calls: Vec<(String, Vec<u64>)> = vec![];
    for event in world.events().iter().filter(|event| event["kind"] == "target") {
        let told = &event["payload"][event["type"].as_str().unwrap()];
        let Some(call) = told["call"].as_str() else { continue };
        let position = event["position"].as_u64().unwrap();
        match calls.iter_mut().find(|(id, _)| id == call) {
            Some((_, positions)) => positions.push(position),
            None => calls.push((call.to_owned(), vec![position])),
        }
    }
    calls
}

async fn a_call_is_told_without_the_contacts_others(world: World) {
    let agent = Agent::start(|_, times| {
        let soon = DateTime::<Utc>::from(SystemTime::now()) + TimeDelta::seconds(1);
        let later = json!({ "success": true, "outcome": "CALLBACK_REQUESTED", "callbackAt": soon });
        Act::Say(Duration::from_millis(5), if times == 0 { later } else { success() })
    });
    let desk = Desk::start(world, agent).await;
    let campaign = desk.campaign(0..1, &json!({})).await;
    desk.begin(&campaign).await;
    desk.until_status(&campaign, "COMPLETED").await;
    assert_eq!(desk.agent.times(&phone(0)), 2);

    let calls = calls(&desk.world);
    assert_eq!(calls.len(), 2, "{calls:?}");
    let office = Office::of(&desk.world, "1", "manager");
    for (call, positions) in &calls {
        let told = again(&desk.world, ("call", call), &json!({})).await;
        assert!(told.iter().any(|told| told.event == "campaign-update"), "{told:?}");
        let own = json!([positions.len(), positions.first(), positions.last()]);
        let extent =
            |replay: &Value| json!([replay["events"], replay["firstPosition"], replay["lastPosition"]]);
        let replay = office.replay("call", call, &json!({})).await;
        assert_eq!(extent(&replay), own, "{replay}");
        // Going on at the call's last event passes its own others by, and nobody else's.
        let replay = office.steer(&replay, &json!({ "from": positions.last() })).await;
        assert_eq!(replay["eventsPlayed"], positions.len() - 1, "{replay}");
    }
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_told_without_the_contacts_others_on_sqlite() {
    a_call_is_told_without_the_contacts_others(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_told_without_the_contacts_others_on_postgres() {
    a_call_is_told_without_the_contacts_others(World::postgres().await).await;
}
