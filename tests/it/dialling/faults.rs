//! An agent that is slow, dead, broken or says things twice.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};

use karnay::adapters::system::SystemClock;
use karnay::ports::Clock as _;

use super::agent::{Act, Agent, success};
use super::{Desk, PATIENCE, phone, well};
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_fails_pauses_the_campaign_with_the_reason() {
    let desk = Desk::start(World::sqlite(), Agent::start(|_, _| Act::Fail(500))).await;
    let settings = json!({ "concurrency": 1, "breaker": { "inARow": 5, "percent": 100, "ofLast": 100 } });
    let campaign = desk.campaign(0..20, &settings).await;
    desk.begin(&campaign).await;
    let paused = desk.until_status(&campaign, "PAUSED").await;
    assert_eq!(paused["why"]["breaker"]["in_a_row"], 5, "{paused}");
    assert_eq!(desk.agent.rung().len(), 5, "not one call more");
    let why = desk
        .get(&format!(
            "/auto-calling/contacts/{}/explain?campaign={campaign}",
            paused["contacts"][19]["contactId"].as_str().unwrap()
        ))
        .await;
    assert_eq!((why["rule"].as_str(), why["campaignStatus"].as_str()), (Some("breaker"), Some("PAUSED")));
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_up_budget_pauses_the_campaign_with_its_figures() {
    let desk = Desk::start(World::sqlite(), Agent::start(well(10))).await;
    let campaign = desk.campaign(0..20, &json!({ "budget": { "calls": 6 } })).await;
    desk.begin(&campaign).await;
    let paused = desk.until_status(&campaign, "PAUSED").await;
    assert_eq!(paused["why"]["budget"]["figures"], "6 of 6 calls");
    assert_eq!((desk.agent.rung().len(), paused["skippedContacts"].as_u64()), (6, Some(0)));
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_after_a_call_was_taken_is_unconfirmed_and_never_rung_again() {
    let mut world = World::sqlite();
    world.set("AGENT_TIMEOUT_SECONDS", "1");
    let agent = Agent::start(|_, _| Act::Say(Duration::from_secs(30), success()));
    let desk = Desk::start(world, agent).await;
    // Nobody answers for it at the status address either.
    let campaign = desk.campaign(0..2, &json!({})).await;
    desk.begin(&campaign).await;
    desk.until(&campaign, "rung", |shown| shown["calling"] == 2).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(desk.agent.rung().len(), 2);
    let going = desk.shown(&campaign).await;
    assert_eq!(going["calling"], 2, "the agent says that it goes on: {going}");
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_agent_reports_later_is_taken_once_and_only_signed() {
    let mut world = World::sqlite();
    world.set("WEBHOOK_SECRETS", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let desk = Desk::start(world, Agent::start(|_, _| Act::Take)).await;
    let campaign = desk.campaign(0..2, &json!({})).await;
    desk.begin(&campaign).await;
    // The engine knows the agent's names for them once it has stored that they were taken.
    let accepted = || desk.world.events().iter().filter(|event| event["type"] == "accepted").count();
    let began = Instant::now();
    while accepted() < 2 {
        assert!(began.elapsed() < PATIENCE, "{}", desk.world.said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let rung = desk.agent.rung();
    let report = |key: &str, outcome: &str| {
        json!({
            "idempotencyKey": key, "success": true, "outcome": outcome, "summary": "ok", "duration": 12,
        })
    };
    let (status, said) = send(&desk, &report(&rung[0].key, "SUCCESS"), None).await;
    assert_eq!((status, said["code"].as_str()), (StatusCode::UNAUTHORIZED, Some("signature-missing")));
    let (status, said) =
        send(&desk, &report(&rung[0].key, "SUCCESS"), Some("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")).await;
    assert_eq!((status, said["code"].as_str()), (StatusCode::UNAUTHORIZED, Some("signature-invalid")));
    let secret = Some("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let (status, said) = send(&desk, &report(&rung[0].key, "SUCCESS"), secret).await;
    assert_eq!((status, said), (StatusCode::OK, json!({ "ok": true, "duplicate": false })));
    let (status, said) = send(&desk, &report(&rung[0].key, "REFUSED"), secret).await;
    assert_eq!((status, said), (StatusCode::OK, json!({ "ok": true, "duplicate": true })));
    // By the agent's own name for it.
    let by_name = json!({ "callId": format!("c-{}", rung[1].key), "success": false, "outcome": "REFUSED" });
    let (status, said) = send(&desk, &by_name, secret).await;
    assert_eq!((status, said), (StatusCode::OK, json!({ "ok": true, "duplicate": false })));
    let (status, said) = send(&desk, &json!({ "callId": "nobody's", "success": true }), secret).await;
    assert_eq!((status, said["code"].as_str()), (StatusCode::NOT_FOUND, Some("call-unknown")));
    let (status, said) = send(&desk, &json!({ "callId": "x" }), secret).await;
    assert_eq!((status, said["field"].as_str()), (StatusCode::BAD_REQUEST, Some("success")));
    let over = desk.until_status(&campaign, "COMPLETED").await;
    assert_eq!((over["successfulCalls"].as_u64(), over["failedCalls"].as_u64()), (Some(1), Some(1)));
    assert_eq!((desk.agent.times(&phone(0)), desk.agent.times(&phone(1))), (1, 1));
    desk.agent.stop().await;
}

async fn send(desk: &Desk, body: &Value, secret: Option<&str>) -> (StatusCode, Value) {
    let url = desk.world.url("/auto-calling/agent/callback");
    let bytes = body.to_string().into_bytes();
    let request = desk.world.http.post(url).header("content-type", "application/json");
    let request = match secret {
        Some(secret) => {
            let key = karnay::config::signature::SigningKey::new(
                &karnay::config::SigningSecret::parse(secret).unwrap(),
            );
            request.headers(key.headers("msg_1", SystemClock.now().timestamp(), &bytes))
        }
        None => request,
    };
    let answer = request.body(bytes).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}
