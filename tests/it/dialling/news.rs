//! What changes while a campaign waits is heeded at once, and not when it was going to look again.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::agent::{Act, Agent};
use super::{Desk, phone, success, well};
use crate::world::World;

/// Open at no hour in which the test may run.
fn never_now() -> Value {
    use chrono::{Datelike as _, TimeDelta};
    use karnay::ports::Clock as _;
    let today = karnay::adapters::system::SystemClock.now() + TimeDelta::hours(5);
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let far = days[usize::try_from((today.weekday().num_days_from_monday() + 3) % 7).unwrap()];
    json!({ "windows": [{ "days": [far], "from": "09:00", "until": "10:00" }] })
}

async fn change(desk: &Desk, path: &str, body: Value) -> Value {
    let (status, said) = desk.ask(Method::PATCH, path, &body).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_put_off_is_called_when_the_rules_are_loosened() {
    let desk = Desk::start(World::sqlite(), Agent::start(well(5))).await;
    let campaign = desk.campaign(0..5, &json!({ "rules": never_now() })).await;
    desk.begin(&campaign).await;
    let put_off = |shown: &Value| {
        shown["contacts"].as_array().unwrap().iter().all(|one| !one["nextAttemptAt"].is_null())
    };
    desk.until(&campaign, "put off", |shown| put_off(shown) && shown["updatedAt"] != shown["startedAt"])
        .await;
    change(&desk, &format!("/auto-calling/campaigns/{campaign}"), json!({ "settings": { "rules": null } }))
        .await;
    desk.until_status(&campaign, "COMPLETED").await;
    assert!((0..5).all(|number| desk.agent.times(&phone(number)) == 1));
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_while_put_off_keeps_no_campaign_open() {
    let desk = Desk::start(World::sqlite(), Agent::start(well(5))).await;
    let campaign = desk.campaign(0..2, &json!({ "rules": never_now() })).await;
    desk.begin(&campaign).await;
    let shown = desk.until(&campaign, "put off", |shown| shown["updatedAt"] != shown["startedAt"]).await;
    let ids: Vec<_> =
        shown["contacts"].as_array().unwrap().iter().map(|one| one["contactId"].as_str().unwrap()).collect();
    let (status, said) =
        desk.ask(Method::DELETE, &format!("/auto-calling/contacts/{}", ids[0]), &Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    change(&desk, &format!("/auto-calling/contacts/{}", ids[1]), json!({ "status": "DO_NOT_CALL" })).await;
    let over = desk.until_status(&campaign, "COMPLETED").await;
    assert_eq!((over["totalContacts"].as_u64(), over["skippedContacts"].as_u64()), (Some(1), Some(1)));
    assert_eq!(desk.agent.rung().len(), 0);
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_campaign_calls_as_soon_as_the_first_has_hung_up() {
    let desk = Desk::start(World::sqlite(), Agent::start(well(300))).await;
    let ids = [desk.contact(0).await];
    let (one, other) = (desk.campaign_of(&ids, &json!({})).await, desk.campaign_of(&ids, &json!({})).await);
    tokio::join!(desk.begin(&one), desk.begin(&other));
    let began = Instant::now();
    desk.until_status(&one, "COMPLETED").await;
    desk.until_status(&other, "COMPLETED").await;
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(desk.agent.times(&phone(0)), 2);
    desk.agent.nobody_was_rung_twice_at_once();
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_a_second_are_held_on_both_sides() {
    let desk = Desk::start(World::sqlite(), Agent::start(well(2_000))).await;
    let campaign = desk.campaign(0..80, &json!({ "concurrency": 200, "callsPerSecond": 8 })).await;
    desk.begin(&campaign).await;
    desk.until(&campaign, "dialled", |shown| shown["attempts"] == 80).await;
    let dialled: Vec<chrono::DateTime<chrono::Utc>> = desk
        .world
        .events()
        .iter()
        .filter(|event| event["kind"] == "target" && event["type"] == "dialled")
        .map(|event| event["payload"]["dialled"]["at"].as_str().unwrap().parse().unwrap())
        .collect();
    let took = (*dialled.last().unwrap() - dialled[0]).as_seconds_f64();
    let rate = 79.0 / took;
    assert!((7.0..=8.2).contains(&rate), "{rate} a second");
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_was_given_up_counts_for_what_it_was() {
    let mut world = World::sqlite();
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    world.set("WEBHOOK_SECRETS", secret);
    // Neither an answer nor a name for it: nobody can tell what became of the call.
    let agent = Agent::start(|_, before| match before {
        0 => Act::Fail(502),
        _ => Act::Say(Duration::from_millis(5), success()),
    });
    let desk = Desk::start_with(world, agent, |world| world.set("AGENT_STATUS_URL", "")).await;
    let ids = [desk.contact(0).await, desk.contact(1).await];
    let rules = json!({ "rules": { "caps": [{ "count": "conversations", "atMost": 1, "within": "1d" }] } });
    let first = desk.campaign_of(&ids[..1], &rules).await;
    desk.begin(&first).await;
    let over = desk.until_status(&first, "COMPLETED").await;
    assert_eq!(over["contacts"][0]["reason"], "UNCONFIRMED");
    let key = desk.agent.rung()[0].key.clone();
    let late =
        json!({ "idempotencyKey": key, "success": true, "outcome": "CALLBACK_REQUESTED", "duration": 60 });
    let (status, said) = super::faults::send(&desk, &late, Some(secret)).await;
    assert_eq!((status, said["duplicate"].as_bool()), (StatusCode::OK, Some(false)));
    // Somebody spoke after all: another campaign holds to that, and this one goes on for the callback.
    desk.until_status(&first, "RUNNING").await;
    let second = desk.campaign_of(&ids[..1], &rules).await;
    desk.begin(&second).await;
    let explain = format!("/auto-calling/contacts/{}/explain?campaign={second}", ids[0]);
    let why = desk.get(&explain).await;
    assert_eq!(why["rule"], "caps", "{why}");
    assert_eq!(desk.agent.times(&phone(0)), 1);
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_change_a_campaign_at_once_both_have_their_way() {
    let desk = Desk::start(World::sqlite(), Agent::start(well(5))).await;
    let campaign = desk.campaign(0..1, &json!({})).await;
    let path = format!("/auto-calling/campaigns/{campaign}");
    for turn in 0..10 {
        let (name, words) =
            (json!({ "name": format!("n{turn}") }), json!({ "description": format!("d{turn}") }));
        tokio::join!(change(&desk, &path, name), change(&desk, &path, words));
        let shown = desk.shown(&campaign).await;
        assert_eq!(
            (&shown["name"], &shown["description"]),
            (&json!(format!("n{turn}")), &json!(format!("d{turn}")))
        );
    }
    desk.agent.stop().await;
}
