//! How it is asked, what is refused, and the same on both stores.

use actix_web::http::Method;
use chrono::TimeDelta;
use chrono_tz::Asia::Tashkent;
use serde_json::{Value, json};

use super::{ask, later, with};
use crate::audit::Auditor;
use crate::called::Called;
use crate::http_world::{Floor, bearer, near, now};
use crate::world::World;

async fn a_session_is_told_as_it_was(mut world: World) {
    world.start().await;
    let said =
        |status: &str| json!({ "sessionId": "s-1", "phoneNumber": "+998901234567", "callStatus": status });
    let auditor = Auditor::of(&world, "1", "auditor");
    let mut known: Vec<(u64, Value, Value)> = vec![];
    for status in ["NO_ANSWER", "ANSWERED", "CONNECTED_TO_OPERATOR"] {
        let answer = world.report(&said(status)).await.unwrap();
        let position = answer.headers()["x-position"].to_str().unwrap().parse().unwrap();
        let results = world.json("/calls/session/s-1/results").await;
        known.push((position, world.json("/calls/session/s-1").await, results));
    }
    let events = auditor.get("/audit/session/s-1?with=calls").await["events"].clone();
    for (position, session, results) in &known {
        let event = events.as_array().unwrap().iter().find(|event| event["position"] == *position).unwrap();
        let time = event["recordedAt"].as_str().unwrap().parse().unwrap();
        // The journal's times are finer than those that are shown.
        for moment in [position.to_string(), later(time, 1)] {
            let mut then = world.json(&format!("/calls/session/s-1?asOf={moment}")).await;
            let mut session = session.clone();
            for answer in [&mut then, &mut session] {
                answer["durationSeconds"].take();
            }
            assert_eq!(then, session, "{moment}");
            let then = world.json(&format!("/calls/session/s-1/results?asOf={moment}")).await;
            assert_eq!(&then, results, "{moment}");
        }
        let answer = world.get(&format!("/calls/session/s-1?asOf={position}")).await;
        assert_eq!(answer.headers()["x-position"].to_str().unwrap(), position.to_string());
    }
    assert!(world.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_told_as_it_was_on_sqlite() {
    a_session_is_told_as_it_was(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_told_as_it_was_on_postgres() {
    a_session_is_told_as_it_was(World::postgres().await).await;
}

#[actix_web::test]
async fn what_did_not_exist_yet_is_told_apart_from_what_never_did() {
    let floor = Floor::new().await;
    floor.session("1", "s-0").await;
    let before = now();
    floor.session("1", "s-1").await;
    let called = Called::of(&floor, "1").await;
    let contact = called.contact("+998901234567").await;
    let campaign = format!("/auto-calling/campaigns/{}", called.campaign);
    let contact = format!("/auto-calling/contacts/{contact}");
    for path in ["/calls/session/s-1", "/calls/session/s-1/results", &campaign, &contact] {
        for moment in ["0".to_owned(), "2".to_owned(), later(before, 0), "2001-01-01T00:00:00Z".to_owned()] {
            let (status, told) = ask(&floor, Method::GET, &with(path, &format!("asOf={moment}"))).await;
            assert_eq!((status, &told["code"]), (404, &json!("not-yet")), "{path} at {moment}");
        }
        let stranger = bearer(&json!({ "organizationId": 2, "role": "manager" }));
        let asked = near(Method::GET, &with(path, "asOf=1")).insert_header(stranger);
        let answer = floor.ask(asked).await;
        assert!(answer.status == 404 && answer.problem().ends_with("-unknown"), "{path}: {answer:?}");
    }
    let nil = uuid::Uuid::nil();
    for (path, code) in [
        ("/calls/session/s-9".to_owned(), "session-unknown"),
        (format!("/auto-calling/campaigns/{nil}"), "campaign-unknown"),
        (format!("/auto-calling/contacts/{nil}"), "contact-unknown"),
    ] {
        let (status, told) = ask(&floor, Method::GET, &with(&path, "asOf=1")).await;
        assert_eq!((status, &told["code"]), (404, &json!(code)), "{path}");
    }
}

#[actix_web::test]
async fn nobody_looks_ahead_and_nobody_searches_the_past() {
    let floor = Floor::new().await;
    floor.session("1", "s-1").await;
    let beyond = floor.journal.position() + 1;
    for (query, parameter) in [
        (format!("asOf={beyond}"), "asOf"),
        (format!("asOf={}", later(now(), 60_000)), "asOf"),
        ("asOf=yesterday".to_owned(), "asOf"),
        ("asOf=".to_owned(), "asOf"),
        ("asOf=99999999999999999999".to_owned(), "asOf"),
        ("asOf=1&asOf=2".to_owned(), "asOf"),
        ("asOf=1&q=x".to_owned(), "q"),
        ("asOf=1&reports=all".to_owned(), "reports"),
    ] {
        let (status, told) = ask(&floor, Method::GET, &format!("/calls/session/s-1/results?{query}")).await;
        assert_eq!((status, &told["code"]), (400, &json!("bad-parameter")), "{query}: {told}");
        assert_eq!(told["parameter"], parameter, "{query}");
    }
    let day = |days| (now() + TimeDelta::days(days)).with_timezone(&Tashkent).date_naive();
    let of = |day| format!("/calls/session/s-1?asOf={day}");
    assert_eq!(ask(&floor, Method::GET, &of(day(0))).await.0, 200, "what there was of today");
    assert_eq!(ask(&floor, Method::GET, &of(day(1))).await.0, 400, "tomorrow");
}

#[actix_web::test]
async fn what_was_removed_is_shown_as_it_was() {
    let floor = Floor::new().await;
    let called = Called::of(&floor, "1").await;
    let contact = called.contact("+998901234567").await;
    let position = floor.journal.position();
    let path = format!("/auto-calling/contacts/{contact}");
    let (_, before) = ask(&floor, Method::GET, &path).await;
    assert_eq!(ask(&floor, Method::DELETE, &path).await.0, 200);
    let (status, then) = ask(&floor, Method::GET, &with(&path, &format!("asOf={position}"))).await;
    assert_eq!((status, then), (200, before));
    let after = floor.journal.position();
    let (status, told) = ask(&floor, Method::GET, &with(&path, &format!("asOf={after}"))).await;
    assert_eq!((status, &told["code"]), (404, &json!("contact-unknown")));
}
