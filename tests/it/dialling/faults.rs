//! An agent that is slow, dead, broken or says things twice.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use karnay::adapters::system::SystemClock;
use karnay::ports::Clock as _;

use super::agent::{Act, Agent, success};
use super::{Desk, PATIENCE, phone, well};
use crate::world::World;

/// A time on the wire.
const MILLIS_LEN: usize = "2025-10-06T18:30:00.000Z".len();

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_fails_pauses_the_campaign_with_the_reason() {
    let desk = Desk::start(World::sqlite(), Agent::start(|_, _| Act::Fail(500))).await;
    let settings = json!({ "concurrency": 1, "breaker": { "inARow": 5, "percent": 100, "ofLast": 100 } });
    let campaign = desk.campaign(0..20, &settings).await;
    desk.begin(&campaign).await;
    let paused = desk.until_status(&campaign, "PAUSED").await;
    assert_eq!(paused["why"]["breaker"]["inARow"], 5, "{paused}");
    assert_eq!(desk.agent.rung().len(), 5, "not one call more");
    let said = desk.world.said();
    let refused: Vec<&str> = said.lines().filter(|line| line.contains("refused a call")).collect();
    assert!(refused.len() == 5 && refused.iter().all(|line| line.contains(&campaign)), "{said}");
    let why = desk
        .get(&format!(
            "/auto-calling/contacts/{}/explain?campaign={campaign}",
            paused["contacts"][19]["contactId"].as_str().unwrap()
        ))
        .await;
    assert_eq!((why["rule"].as_str(), why["campaignStatus"].as_str()), (Some("breaker"), Some("PAUSED")));
    let last = &why["rules"][13]["figures"]["failures"];
    assert_eq!((last, last["at"].as_str().map(str::len)), (&paused["why"]["breaker"], Some(MILLIS_LEN)));
    assert_eq!(
        why["rules"][2]["figures"],
        Value::Null,
        "there is nothing to tell of a number that is not retired"
    );
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
    let start = format!("/auto-calling/campaigns/{campaign}/start");
    let (status, said) = desk.ask(Method::POST, &start, &Value::Null).await;
    assert_eq!((status.as_u16(), &said["code"]), (409, &json!("campaign-spent")), "{said}");
    assert_eq!(said["detail"], "6 of 6 calls are used up; nothing was started");
    let more = json!({ "settings": { "budget": { "calls": 8 } } });
    let path = format!("/auto-calling/campaigns/{campaign}");
    assert_eq!(desk.ask(Method::PATCH, &path, &more).await.0, StatusCode::OK);
    desk.begin(&campaign).await;
    desk.until(&campaign, "two more", |shown| shown["attempts"] == 8).await;
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
            "recordingUrl": "javascript:alert(1)",
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
    let (status, said) = send(&desk, &report(&rung[0].key, "SUCCESS"), secret).await;
    assert_eq!((status, said), (StatusCode::OK, json!({ "ok": true, "duplicate": true })));
    // By the agent's own name for it.
    let by_name = json!({ "callId": format!("c-{}", rung[1].key), "success": false, "outcome": "REFUSED" });
    let (status, said) = send(&desk, &by_name, secret).await;
    assert_eq!((status, said), (StatusCode::OK, json!({ "ok": true, "duplicate": false })));
    let (status, said) = send(&desk, &json!({ "callId": "nobody's", "success": true }), secret).await;
    assert_eq!((status, said["code"].as_str()), (StatusCode::NOT_FOUND, Some("call-unknown")));
    let (status, said) = send(&desk, &json!({ "callId": "x" }), secret).await;
    assert_eq!((status, said["field"].as_str()), (StatusCode::BAD_REQUEST, Some("success")));
    let unclear = json!({ "idempotencyKey": rung[0].key, "success": "yes" });
    let (status, said) = send(&desk, &unclear, secret).await;
    assert_eq!((status, said["field"].as_str()), (StatusCode::BAD_REQUEST, Some("success")));
    let over = desk.until_status(&campaign, "COMPLETED").await;
    assert_eq!((over["successfulCalls"].as_u64(), over["failedCalls"].as_u64()), (Some(1), Some(1)));
    assert_eq!((desk.agent.times(&phone(0)), desk.agent.times(&phone(1))), (1, 1));
    assert!(over["contacts"].as_array().unwrap().iter().all(|one| one["recordingUrl"].is_null()), "{over}");
    desk.agent.stop().await;
}

/// What stands there is a link on people's screens.
#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_kept_where_it_is_an_address_of_the_web() {
    let told = |phone_number: &str, _: usize| {
        let recording =
            if phone_number == phone(0) { "javascript:alert(1)" } else { "https://x.example.com/1.mp3" };
        Act::Say(Duration::ZERO, json!({ "success": true, "duration": 40, "recordingUrl": recording }))
    };
    let desk = Desk::start(World::sqlite(), Agent::start(told)).await;
    let campaign = desk.campaign(0..2, &json!({})).await;
    desk.begin(&campaign).await;
    let over = desk.until_status(&campaign, "COMPLETED").await;
    let shown = |place: usize| over["contacts"][place]["recordingUrl"].clone();
    assert_eq!((shown(0), shown(1)), (Value::Null, json!("https://x.example.com/1.mp3")));
    desk.agent.stop().await;
}

pub(super) async fn send(desk: &Desk, body: &Value, secret: Option<&str>) -> (StatusCode, Value) {
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

/// Whatever goes wrong with it, one call at a time rings a person, and what nobody can tell about is not tried again.
#[tokio::test(flavor = "multi_thread")]
async fn every_fault_at_once_rings_nobody_twice() {
    let mut world = World::sqlite();
    let port = crate::ports::free_port().to_string();
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let sim =
        ["sim", "agent", "--port", &port, "--speed", "400", "--late-by", "3", "--callback-secret", secret];
    let faults = ["--faults", "slow:10,dead:8,500:10,half:8,twice:10,late:8,callback:20"];
    let mut agent =
        world.karnay(&[&sim[..], &faults[..]].concat()).stdout(std::process::Stdio::null()).spawn().unwrap();
    world.set("AGENT_TIMEOUT_SECONDS", "2");
    world.set("WEBHOOK_SECRETS", secret);
    let unused = Agent::start(well(1));
    let desk = Desk::start_with(world, unused, |world| {
        world.set("AGENT_URL", &format!("http://127.0.0.1:{port}/call"));
        world.set("AGENT_STATUS_URL", "");
    })
    .await;
    let settings = json!({
        "concurrency": 20,
        "breaker": { "inARow": 100, "percent": 100, "ofLast": 100 },
        "rules": { "retry": { "busy": { "after": ["1s"], "atMost": 1 }, "no_answer": { "after": ["1s"], "atMost": 1 },
            "agent_refused": { "after": ["1s"], "atMost": 1 }, "network_error": { "after": ["1s"], "atMost": 1 },
            "unavailable": { "after": ["1s"], "atMost": 0 }, "rejected": { "after": ["1s"], "atMost": 0 },
            "dropped": { "after": ["1s"], "atMost": 0 } } }
    });
    let campaign = desk.campaign(0..150, &settings).await;
    desk.begin(&campaign).await;
    desk.until(&campaign, "tried", |shown| shown["calling"] == 0 && shown["attempts"].as_u64() >= Some(150))
        .await;
    let ends = ends(&desk.world.events());
    for fault in ["unconfirmed", "agent_refused", "reached"] {
        assert!(ends.contains_key(fault), "no {fault} among {ends:?}");
    }
    agent.kill().unwrap();
    agent.wait().unwrap();
    desk.agent.stop().await;
}

/// How calls ended, by name. On the way nobody is rung beside a call that goes on, or after one that nobody can tell about.
fn ends(events: &[Value]) -> BTreeMap<String, u32> {
    let (mut live, mut unsure) = (BTreeSet::new(), BTreeSet::new());
    let mut ends = BTreeMap::<String, u32>::new();
    for event in events {
        if event["kind"] != "target" {
            continue;
        }
        let stream = event["stream"].as_str().unwrap().to_owned();
        match event["type"].as_str().unwrap() {
            "dialled" => {
                assert!(live.insert(stream.clone()), "{stream} was rung while a call went on");
                assert!(
                    !unsure.contains(&stream),
                    "{stream} was rung again though nobody knows what came of it"
                );
            }
            "ended" | "corrected" => {
                live.remove(&stream);
                let body = &event["payload"][event["type"].as_str().unwrap()];
                let reach = &body["outcome"]["reach"];
                let name = reach.as_str().map_or_else(|| "reached".to_owned(), str::to_owned);
                if name == "unconfirmed" {
                    unsure.insert(stream)
                } else {
                    unsure.remove(&stream)
                };
                *ends.entry(name).or_default() += 1;
            }
            _ => {}
        }
    }
    ends
}

/// Between the wish and the agent something may change: then nobody is asked to ring.
#[tokio::test(flavor = "multi_thread")]
async fn what_changes_before_the_agent_is_asked_is_heeded() {
    let desk = Desk::start(World::sqlite(), Agent::start(well(5))).await;
    let campaign = desk.campaign(0..1, &json!({})).await;
    let contact = desk.shown(&campaign).await["contacts"][0]["contactId"].as_str().unwrap().to_owned();
    let marked = format!("/auto-calling/contacts/{contact}");
    let (start, wish) =
        (format!("/auto-calling/campaigns/{campaign}/start"), json!({ "status": "DO_NOT_CALL" }));
    let (begun, opted) =
        tokio::join!(desk.ask(Method::POST, &start, &Value::Null), desk.ask(Method::PATCH, &marked, &wish),);
    assert!(begun.0.is_success() && opted.0.is_success(), "{begun:?} {opted:?}");
    desk.until(&campaign, "over", |shown| shown["calling"] == 0 && shown["status"] == "COMPLETED").await;
    // Either the call was before the wish not to be called, or there was none: the journal's order tells.
    let events = desk.world.events();
    let place = |kind: &str, name: &str| {
        events.iter().position(|event| event["kind"] == kind && event["type"] == name)
    };
    let (out, asked) = (place("person", "opted_out").unwrap(), place("target", "dialled"));
    match (asked, desk.agent.times(&phone(0))) {
        (None, rung) => assert_eq!(rung, 0),
        (Some(asked), rung) => {
            assert!(asked < out, "wanted after the person had opted out");
            let withdrawn = place("target", "withdrawn").is_some();
            assert_eq!(rung, usize::from(!withdrawn));
        }
    }
    desk.agent.stop().await;
}
