//! What an agent says of a call after it has said something: fuller words, another outcome, a wish not to be called.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::agent::{Act, Agent};
use super::faults::send;
use super::{Desk, PATIENCE, phone, well};
use crate::world::World;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn desk(agent: Agent) -> Desk {
    let mut world = World::sqlite();
    world.set("WEBHOOK_SECRETS", SECRET);
    Desk::start(world, agent).await
}

/// Tells a report, and gives whether it was a duplicate.
async fn tell(desk: &Desk, report: &Value) -> bool {
    let (status, said) = send(desk, report, Some(SECRET)).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    said["duplicate"].as_bool().unwrap()
}

fn with(key: &str, more: &Value) -> Value {
    let mut report = more.clone();
    report["idempotencyKey"] = json!(key);
    report
}

async fn rung(desk: &Desk) -> String {
    let began = Instant::now();
    while desk.agent.rung().is_empty() {
        assert!(began.elapsed() < PATIENCE, "{}", desk.world.said());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    desk.agent.rung()[0].key.clone()
}

async fn is_listed(desk: &Desk, number: u32) -> bool {
    let list = desk.get("/auto-calling/do-not-call").await;
    list.to_string().contains(phone(number).trim_start_matches('+'))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_later_report_adds_is_taken_in_and_counted_once() {
    let desk = desk(Agent::start(|_, _| Act::Take)).await;
    let ids = [desk.contact(0).await];
    let campaign = desk.campaign_of(&ids, &json!({})).await;
    desk.begin(&campaign).await;
    let key = rung(&desk).await;
    let short = with(&key, &json!({ "success": true }));
    assert!(!tell(&desk, &short).await);
    desk.until_status(&campaign, "COMPLETED").await;
    let full = json!({
        "success": true, "outcome": "Payment received", "summary": "Kelishildi", "duration": 42,
        "recordingUrl": "https://x.example.com/1.mp3",
    });
    let full = with(&key, &full);
    assert!(!tell(&desk, &full).await, "it says more than was known");
    let shown = desk
        .until(&campaign, "told", |shown| shown["contacts"][0]["conversationSummary"] == "Kelishildi")
        .await;
    let contact = &shown["contacts"][0];
    assert_eq!(
        (contact["callStatus"].as_str(), contact["conversationOutcome"].as_str()),
        (Some("SUCCESS"), Some("Payment received"))
    );
    assert_eq!(
        (contact["callDuration"].as_u64(), contact["recordingUrl"].as_str()),
        (Some(42), Some("https://x.example.com/1.mp3"))
    );
    for known in [&short, &full, &with(&key, &json!({ "success": false, "outcome": "NO_ANSWER" }))] {
        let before = desk.world.events().len();
        assert!(tell(&desk, known).await, "that is known, or is less than is known: {known}");
        assert_eq!(desk.world.events().len(), before, "nothing is stored: {known}");
    }

    // Nobody calls again, whatever was said before.
    let out = with(&key, &json!({ "success": true, "outcome": "REFUSED", "optOut": true }));
    assert!(!tell(&desk, &out).await);
    let over = desk.until(&campaign, "refused", |shown| shown["contacts"][0]["reason"] == "OPTED_OUT").await;
    let counted = ["calledContacts", "successfulCalls", "failedCalls", "attempts", "calling"];
    assert_eq!(counted.map(|name| over[name].as_u64().unwrap()), [1, 0, 1, 1, 0], "{over}");
    assert_eq!(over["contacts"][0]["conversationSummary"], "Kelishildi", "what was said before stands");
    assert!(tell(&desk, &out).await);
    let known = desk.get(&format!("/auto-calling/contacts/{}", ids[0])).await;
    assert_eq!(known["status"], "DO_NOT_CALL");
    assert!(is_listed(&desk, 0).await);
    let again = desk.campaign_of(&ids, &json!({})).await;
    let begun = desk.begin(&again).await;
    assert_eq!(begun["skipped"], json!({ "contact_status": 1 }));
    assert_eq!(desk.agent.times(&phone(0)), 1);
    desk.until_status(&again, "COMPLETED").await;
    super::kills::its_screens_are_what_it_says(&desk.world).await;
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_not_to_be_called_holds_after_an_answer_and_while_another_call_waits() {
    let agent = Agent::start(|_, _| Act::Say(Duration::ZERO, json!({ "success": false, "outcome": "BUSY" })));
    let desk = desk(agent).await;
    let ids = [desk.contact(0).await];
    let campaign = desk.campaign_of(&ids, &json!({})).await;
    desk.begin(&campaign).await;
    let key = rung(&desk).await;
    desk.until(&campaign, "busy", |shown| shown["contacts"][0]["callStatus"] == "BUSY").await;
    let out = with(&key, &json!({ "success": true, "optOut": true }));
    assert!(!tell(&desk, &out).await);
    let over = desk.until_status(&campaign, "COMPLETED").await;
    let counted = ["calledContacts", "failedCalls", "attempts", "skippedContacts"];
    assert_eq!(counted.map(|name| over[name].as_u64().unwrap()), [1, 1, 1, 0], "{over}");
    assert!(over["contacts"][0]["nextAttemptAt"].is_null(), "{over}");
    assert!(is_listed(&desk, 0).await);
    assert!(tell(&desk, &out).await);
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_that_comes_with_a_later_report_is_made_once() {
    let desk = desk(Agent::start(well(0))).await;
    let campaign = desk.campaign(0..1, &json!({})).await;
    desk.begin(&campaign).await;
    let key = rung(&desk).await;
    desk.until_status(&campaign, "COMPLETED").await;
    let promise = json!({ "amount": "150000", "dueDate": "2999-01-01" });
    let promised = with(&key, &json!({ "success": true, "outcome": "PROMISE_TO_PAY", "promise": promise }));
    assert!(!tell(&desk, &promised).await);
    let over = desk
        .until(&campaign, "promised", |shown| shown["contacts"][0]["callStatus"] == "PROMISE_TO_PAY")
        .await;
    assert_eq!((over["successfulCalls"].as_u64(), over["calledContacts"].as_u64()), (Some(1), Some(1)));
    assert!(tell(&desk, &promised).await);
    let made = desk.world.events();
    let made = made.iter().filter(|event| event["kind"] == "promise" && event["type"] == "made");
    assert_eq!(made.count(), 1);
    desk.agent.stop().await;
}

/// Whose call it is that is over, nobody can tell: nothing is made of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_two_calls_go_by_settles_neither() {
    let desk = desk(Agent::start(|_, _| Act::TakeAs("same"))).await;
    let campaign = desk.campaign(0..2, &json!({})).await;
    desk.begin(&campaign).await;
    let began = Instant::now();
    while desk.world.events().iter().filter(|event| event["type"] == "accepted").count() < 2 {
        assert!(began.elapsed() < PATIENCE, "{}", desk.world.said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let report = json!({ "callId": "same", "success": true });
    let (status, said) = send(&desk, &report, Some(SECRET)).await;
    assert_eq!((status, said["field"].as_str()), (StatusCode::BAD_REQUEST, Some("callId")), "{said}");
    assert_eq!(desk.shown(&campaign).await["calling"], 2);
    let rung = desk.agent.rung();
    assert!(!tell(&desk, &with(&rung[0].key, &json!({ "success": true }))).await);
    assert!(!tell(&desk, &report).await, "one of them goes on");
    desk.until_status(&campaign, "COMPLETED").await;
    desk.agent.stop().await;
}
