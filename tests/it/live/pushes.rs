//! What is told, with the names that clients rely on.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{CALLS, CAMPAIGNS, Desk as Office, Told, Watch, socket, token};
use crate::dialling::agent::{Act, Agent, success};
use crate::dialling::{Desk, phone};
use crate::world::{World, report};

const SESSION: &str = "session-1738862891234-abc123";

fn names(data: &Value) -> BTreeSet<&str> {
    data.as_object().unwrap().keys().map(String::as_str).collect()
}

/// What is shown by REST, with the position besides.
fn assert_told(told: &Told, shown: &Value) {
    assert!(told.position() > 0, "{told:?}");
    for (name, value) in shown.as_object().unwrap() {
        assert_eq!(&told.data[name], value, "{name} of {}", told.event);
    }
    let names = names(shown).into_iter().chain(["position"]).collect::<BTreeSet<_>>();
    assert_eq!(self::names(&told.data), names, "{}", told.event);
}

async fn a_campaign_is_told_from_its_start_to_its_end(world: World) {
    let agent = Agent::start(|number, _| {
        let answer =
            if number == phone(1) { json!({ "success": true, "outcome": "REFUSED" }) } else { success() };
        Act::Say(Duration::from_millis(20), answer)
    });
    let desk = Desk::start(world, agent).await;
    let mut watch = Watch::entered(&desk.world, &json!([socket(CAMPAIGNS, &desk.world.token())])).await;
    let campaign = desk.campaign(0..3, &json!({})).await;
    let made = watch.of(0, "contact-update").len();
    desk.begin(&campaign).await;
    let complete = watch.until(0, "campaign-complete").await;
    let position = complete.position();
    let message = "Campaign completed successfully";
    assert_eq!(complete.data, json!({ "campaignId": campaign, "message": message, "position": position }));
    let started = watch.of(0, "campaign-status")[0];
    let position = started.position();
    assert_eq!(started.data, json!({ "campaignId": campaign, "status": "RUNNING", "position": position }));
    assert!(made <= 3);

    let updates = watch.of(0, "campaign-update");
    assert_eq!(updates.len(), 6);
    let wanted = ["campaignId", "contact", "contactId", "outcome", "position", "status", "summary"];
    for told in &updates {
        assert_eq!(names(&told.data), BTreeSet::from(wanted), "{told:?}");
        assert_eq!(told.data["campaignId"], campaign);
        assert_eq!(told.data["contact"]["id"], told.data["contactId"]);
        assert!(started.position() < told.position() && told.position() < complete.position());
    }
    for number in 0..3 {
        let of = |told: &&&Told| told.data["contact"]["phone"] == phone(number);
        let [first, last] = updates.iter().filter(of).collect::<Vec<_>>()[..] else { panic!("{updates:?}") };
        assert_eq!(
            ["status", "outcome", "summary"].map(|name| first.data[name].clone()),
            [json!("calling"), Value::Null, Value::Null]
        );
        let result = ["status", "outcome", "summary"].map(|name| last.data[name].clone());
        let wanted = if number == 1 {
            [json!("REFUSED"), json!("REFUSED"), Value::Null]
        } else {
            [json!("SUCCESS"), json!("Payment received"), json!("Kelishildi")]
        };
        assert_eq!(result, wanted);
        assert!(first.position() < last.position());
    }
    let everything = watch.heard.iter().filter(|told| told.event != "connect");
    assert!(everything.map(Told::position).is_sorted(), "{:?}", watch.heard);
    desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_is_told_from_its_start_to_its_end_on_sqlite() {
    a_campaign_is_told_from_its_start_to_its_end(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_is_told_from_its_start_to_its_end_on_postgres() {
    a_campaign_is_told_from_its_start_to_its_end(World::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_are_told_when_they_are_made_changed_and_removed() {
    let mut world = World::sqlite();
    world.start().await;
    let (desk, token) = (Office::of(&world, "1", "manager"), token(&world, "1", "auditor", &[]));
    let mut watch = Watch::entered(&world, &json!([socket(CAMPAIGNS, &token)])).await;
    let id = desk.contact(1).await;
    let path = format!("/auto-calling/contacts/{id}");
    let shown = desk.ask(Method::GET, &path, &Value::Null).await;
    assert_told(&watch.until(0, "contact-update").await, &shown);
    let more = json!({ "notes": "VIP", "customData": { "totalDebt": 5420.5 }, "lastConversationOutcome": "Payment received" });
    desk.ask(Method::PATCH, &path, &more).await;
    let shown = desk.ask(Method::GET, &path, &Value::Null).await;
    let changed =
        watch.until_such(0, "contact-update", |data| data["lastConversationOutcome"] != Value::Null).await;
    assert_told(&changed, &shown);
    desk.ask(Method::DELETE, &path, &Value::Null).await;
    let removed = watch.until_such(0, "contact-update", |data| data["removed"] == true).await;
    assert_eq!(removed.data, json!({ "id": id, "removed": true, "position": removed.position() }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_that_is_stopped_is_told_so() {
    let agent = Agent::start(|_, _| Act::Say(Duration::from_millis(200), success()));
    let desk = Desk::start(World::sqlite(), agent).await;
    let mut watch = Watch::entered(&desk.world, &json!([socket(CAMPAIGNS, &desk.world.token())])).await;
    let campaign = desk.campaign(0..20, &json!({ "concurrency": 1 })).await;
    for (verb, status) in [("start", "RUNNING"), ("stop", "PAUSED"), ("start", "RUNNING")] {
        desk.post(&format!("/auto-calling/campaigns/{campaign}/{verb}"), &Value::Null).await;
        let told = watch.until(0, "campaign-status").await;
        assert_eq!((&told.data["campaignId"], &told.data["status"]), (&json!(campaign), &json!(status)));
    }
    desk.agent.stop().await;
}

/// A storm of reports: each is told, the sessions at most four times a second each, and at last how they stand.
async fn reports_are_told_one_by_one_and_sessions_now_and_then(mut world: World) {
    world.start().await;
    let token = token(&world, "1", "operator", &[]);
    let mut watch = Watch::entered(&world, &json!([socket(CALLS, &token)])).await;
    let sessions = ["session-1738862891234-abc123", "session-1738862891235-abc123"];
    let storm = async |session: &str, part: u32| {
        for number in 0..100 {
            let answer = world.report(&report(session, part * 1_000 + number)).await.unwrap();
            assert_eq!(answer.status(), 200);
        }
    };
    let storms =
        sessions.iter().flat_map(|session| [storm(session, 0), storm(session, 1), storm(session, 2)]);
    futures_util::future::join_all(storms).await;
    for session in sessions {
        watch.last_state(session, 300).await;
        let updates =
            watch.of(0, "session-update").into_iter().filter(|told| told.data["sessionId"] == session);
        let updates: Vec<&Told> = updates.collect();
        let processed = |told: &Told| told.data["processedNumbers"].as_u64().unwrap();
        assert!(updates.is_sorted_by_key(|told| processed(told)) && updates.len() > 2, "{}", updates.len());
        for told in &updates {
            // What was told within a second of it, this one included; a fifth may have been held up on its way.
            let since =
                |other: &&&Told| other.at >= told.at && other.at - told.at < Duration::from_millis(950);
            let beside = updates.iter().filter(since).count();
            assert!(beside <= 5, "{beside} within a second");
        }
        let span = updates[updates.len() - 1].at - updates[0].at;
        let most = 2 + usize::try_from(span.as_millis() / 250).unwrap();
        assert!(updates.len() <= most, "{} in {span:?}", updates.len());
        let shown = world.json(&format!("/calls/session/{session}")).await;
        let mut last = updates[updates.len() - 1].clone();
        // The only one that moves by itself.
        last.data["durationSeconds"] = shown["durationSeconds"].clone();
        assert_told(&last, &shown);
    }
    while watch.of(0, "call-result").len() < 600 {
        watch.next().await;
    }
    for session in sessions {
        let shown = world.json(&format!("/calls/session/{session}/results")).await;
        let shown = shown.as_array().unwrap();
        let told = watch.of(0, "call-result").into_iter().filter(|told| told.data["sessionId"] == session);
        let told: Vec<&Told> = told.collect();
        assert_eq!((told.len(), shown.len()), (300, 300));
        for told in told {
            assert_told(told, shown.iter().find(|result| result["id"] == told.data["id"]).unwrap());
        }
    }
}

impl Watch {
    /// Waits for the update that shows so many numbers as processed, the last one.
    async fn last_state(&mut self, session: &str, processed: u64) {
        let whole = |data: &Value| data["sessionId"] == session && data["processedNumbers"] == processed;
        if !self.of(0, "session-update").iter().any(|told| whole(&told.data)) {
            self.until_such(0, "session-update", whole).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_told_one_by_one_and_sessions_now_and_then_on_sqlite() {
    reports_are_told_one_by_one_and_sessions_now_and_then(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_told_one_by_one_and_sessions_now_and_then_on_postgres() {
    reports_are_told_one_by_one_and_sessions_now_and_then(World::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_amended_later_is_told_again() {
    let mut world = World::sqlite();
    world.start().await;
    let token = token(&world, "1", "operator", &[]);
    let mut watch = Watch::entered(&world, &json!([socket(CALLS, &token)])).await;
    let mut body = report(SESSION, 1);
    world.report(&body).await.unwrap();
    let first = watch.until(0, "call-result").await;
    body["recordingUrl"] = json!("https://recordings.example.com/call-1.mp3");
    world.report(&body).await.unwrap();
    let again = watch.until(0, "call-result").await;
    assert_eq!((&again.data["id"], &first.data["recordingUrl"]), (&first.data["id"], &Value::Null));
    assert_eq!(again.data["recordingUrl"], body["recordingUrl"]);
    assert!(first.position() < again.position());
}
