//! One call, played alone: what is said of it is its own, and it is found wherever it took place.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::again;
use crate::dialling::agent::{Act, Agent, success};
use crate::dialling::{Desk, phone};
use crate::live::{Desk as Office, exchange};
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

/// The first of the calls at the exchange, as the journal has it.
fn at_exchange(world: &World) -> (String, Vec<Value>) {
    let events = world.events();
    let first = events.iter().find(|event| event["kind"] == "pbx_call").unwrap();
    let own = events.iter().filter(|event| event["stream"] == first["stream"]).cloned().collect();
    (first["payload"]["seen"]["id"].as_str().unwrap().to_owned(), own)
}

async fn a_call_at_the_exchange_is_told_again_wherever_it_is_asked_for(mut world: World) {
    let journal = exchange::journal(&mut world).await;
    exchange::story(&journal).await;
    journal.close().await;
    world.start().await;
    let (call, own) = at_exchange(&world);
    assert_eq!(own.len(), 4, "{own:?}");

    let told = again(&world, ("call", &call), &json!({})).await;
    assert!(told.iter().any(|told| told.event == "call_status"), "{told:?}");
    for named in [&[][..], &["--kind", "call"]] {
        let output = world.run(&[&["replay", &call, "--speed", "0", "--json"], named].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let positions =
            |events: &[Value]| events.iter().map(|event| event["position"].clone()).collect::<Vec<_>>();
        assert_eq!(positions(&lines), positions(&own), "{lines:?}");
        let statuses: Vec<_> = lines.iter().map(|line| line["figures"]["status"].as_str().unwrap()).collect();
        assert_eq!(statuses, ["RINGING", "TALKING", "ANSWERED", "ANSWERED"]);
        let talked = lines.last().unwrap()["figures"]["talkSecs"].as_u64();
        assert!(talked.is_some(), "{lines:?}");
    }
    let wrong = world.run(&["replay", &call, "--kind", "campaign"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_at_the_exchange_is_told_again_wherever_it_is_asked_for_on_sqlite() {
    a_call_at_the_exchange_is_told_again_wherever_it_is_asked_for(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_at_the_exchange_is_told_again_wherever_it_is_asked_for_on_postgres() {
    a_call_at_the_exchange_is_told_again_wherever_it_is_asked_for(World::postgres().await).await;
}
