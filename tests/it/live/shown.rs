//! A push is never seen before what it tells is shown: whoever looks by REST at the very moment, without naming a position, sees it.

use std::time::Duration;

use serde_json::{Value, json};

use super::{CALLS, CAMPAIGNS, Watch, socket_with, token};
use crate::dialling::agent::{Act, Agent, success};
use crate::dialling::{Desk, phone};
use crate::world::{World, report};

const SESSION: &str = "session-1738862891234-abc123";
const RESULTS: u32 = 300;
const CONTACTS: u32 = 80;

/// Waits for so many looks, and hands out what was pushed and what was shown then.
async fn looks(watch: &mut Watch, client: usize, event: &str, count: usize) -> Vec<(Value, Value)> {
    let name = format!("seen {event}");
    while watch.of(client, &name).len() < count {
        watch.next().await;
    }
    let of = |told: &&super::Told| (told.data["push"].clone(), told.data["shown"].clone());
    watch.of(client, &name).iter().map(of).collect()
}

/// Everything of that name that a socket had been told by then.
fn until(watch: &Watch, client: usize, event: &str, push: &Value) -> Vec<Value> {
    let told = watch.of(client, event).into_iter().map(|told| &told.data);
    told.filter(|told| told["position"].as_u64() <= push["position"].as_u64()).cloned().collect()
}

fn counts(shown: &Value, name: &str) -> usize {
    let count = shown[name].as_u64().unwrap_or_else(|| panic!("no {name}: {shown}"));
    usize::try_from(count).unwrap()
}

async fn storm(world: &World) {
    let one = async |part: u32| {
        for number in 0..RESULTS / 6 {
            let answer = world.report(&report(SESSION, part * 1_000 + number)).await.unwrap();
            assert_eq!(answer.status(), 200);
        }
    };
    tokio::join!(one(0), one(1), one(2), one(3), one(4), one(5));
}

async fn results_are_shown_when_they_are_told(mut world: World) {
    world.start().await;
    let token = token(&world, "1", "operator", &[]);
    let session = format!("/calls/session/{SESSION}");
    let sockets = json!([
        socket_with(CALLS, &token, &json!({ "looks": { "call-result": format!("{session}/results") } })),
        socket_with(
            CALLS,
            &token,
            &json!({ "looks": { "call-result": session, "session-update": session } })
        ),
    ]);
    let mut watch = Watch::entered(&world, &sockets).await;
    storm(&world).await;
    let count = usize::try_from(RESULTS).unwrap();
    for (push, shown) in looks(&mut watch, 0, "call-result", count).await {
        assert!(shown.is_object(), "not shown: {push}");
        for (name, value) in shown.as_object().unwrap() {
            assert_eq!(&push[name], value, "{name}");
        }
    }
    for (push, shown) in looks(&mut watch, 1, "call-result", count).await {
        let told = until(&watch, 1, "call-result", &push).len();
        assert!(counts(&shown, "processedNumbers") >= told, "{shown} where {told} were told");
    }
    for (push, shown) in looks(&mut watch, 1, "session-update", 1).await {
        assert!(push["processedNumbers"].as_u64() <= shown["processedNumbers"].as_u64(), "{push} {shown}");
    }
    // So many of a session as were told of are counted.
    let mut told = 0;
    for line in watch.heard.iter().filter(|told| told.socket == 1) {
        match line.event.as_str() {
            "call-result" => told += 1,
            "session-update" => assert!(line.data["processedNumbers"].as_u64().unwrap() >= told),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_shown_when_they_are_told_on_sqlite() {
    results_are_shown_when_they_are_told(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_shown_when_they_are_told_on_postgres() {
    results_are_shown_when_they_are_told(World::postgres().await).await;
}

/// How far somebody has come in a campaign.
fn stage(status: &str) -> u8 {
    match status {
        "PENDING" => 0,
        "calling" | "CALLING" => 1,
        _ => 2,
    }
}

async fn calls_are_shown_when_they_are_told(world: World) {
    let agent = Agent::start(|_, _| Act::Say(Duration::from_millis(30), success()));
    let desk = Desk::start(world, agent).await;
    let token = desk.world.token();
    let campaign = desk.campaign(0..CONTACTS, &json!({ "concurrency": 16 })).await;
    let path = format!("/auto-calling/campaigns/{campaign}");
    let sees = |looks: Value| socket_with(CAMPAIGNS, &token, &json!({ "looks": looks }));
    let sockets = json!([
        sees(json!({ "campaign-update": format!("{path}/contacts?limit=100"), "campaign-status": path })),
        sees(json!({ "campaign-update": path, "campaign-complete": path })),
        sees(json!({ "campaign-update": "/auto-calling/contacts/{contactId}" })),
    ]);
    let mut watch = Watch::entered(&desk.world, &sockets).await;
    desk.begin(&campaign).await;
    let count = 2 * usize::try_from(CONTACTS).unwrap();
    for (push, shown) in looks(&mut watch, 0, "campaign-update", count).await {
        let (told, met) = (push["status"].as_str().unwrap(), shown["callStatus"].as_str().unwrap());
        assert!(stage(met) >= stage(told), "{met} where {told} was told");
        if told == "SUCCESS" {
            assert_eq!(
                (&shown["conversationOutcome"], &shown["conversationSummary"]),
                (&push["outcome"], &push["summary"])
            );
        }
    }
    for (push, shown) in looks(&mut watch, 1, "campaign-update", count).await {
        let told = until(&watch, 1, "campaign-update", &push);
        let over = told.iter().filter(|told| told["status"] == "SUCCESS").count();
        assert!(counts(&shown, "successfulCalls") >= over, "{shown} where {over} were told");
    }
    for (push, shown) in looks(&mut watch, 2, "campaign-update", count).await {
        assert_eq!(
            (&shown["isCalled"], &push["contact"]["isCalled"]),
            (&json!(true), &json!(true)),
            "{push}"
        );
    }
    for (_, shown) in looks(&mut watch, 0, "campaign-status", 1).await {
        assert_ne!(shown["status"], "PENDING");
    }
    for (_, shown) in looks(&mut watch, 1, "campaign-complete", 1).await {
        assert_eq!(shown["status"], "COMPLETED");
        assert_eq!(shown["calledContacts"], CONTACTS);
    }
    assert_eq!(desk.agent.times(&phone(0)), 1);
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_shown_when_they_are_told_on_sqlite() {
    calls_are_shown_when_they_are_told(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_shown_when_they_are_told_on_postgres() {
    calls_are_shown_when_they_are_told(World::postgres().await).await;
}
