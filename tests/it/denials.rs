//! Who was refused, as the audit tells it: at once, a flood as a few lines with their count, and to nobody but those who may ask.

use std::time::Duration;

use actix_web::dev::Service as _;
use actix_web::http::Method;
use actix_web::test::{self, TestRequest};
use karnay::config::{CallsAuth, Config, Sources};
use karnay::ports::Clock;
use serde_json::{Value, json};

use crate::http_sign_in::{PASSWORD, admin, key, send, user, with};
use crate::http_world::{Floor, StillClock, bearer, near, now, options};

/// In a time that stands still, since what is told is told by the day; nobody is slowed.
async fn floor() -> (Floor, String) {
    let (mut options, clock) = (options(), StillClock::new());
    let off = Sources::only([("RATE_LIMIT_PER_KEY", "off"), ("RATE_LIMIT_PER_ADDRESS", "off")]);
    options.limits = Config::read(&off).unwrap().limits;
    options.access.calls = CallsAuth::Open;
    let path = format!("/audit/denied/{}?limit=500&lang=en", clock.now().date_naive());
    (Floor::standing_still(options, clock).await, path)
}

/// What an organization's admin is told, as soon as there are so many lines.
async fn told(floor: &Floor, path: &str, organization: &str, lines: usize) -> Vec<Value> {
    let began = now();
    loop {
        let who = bearer(&json!({ "organizationId": organization, "role": "admin" }));
        let answer = floor.ask(near(Method::GET, path).insert_header(who)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let events = answer.json()["events"].as_array().unwrap().clone();
        if events.len() >= lines {
            return events;
        }
        assert!(
            (now() - began).num_seconds() < 60,
            "{lines} lines were waited for, {} are there",
            events.len()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn refused(event: &Value) -> &Value {
    &event["data"]["refused"]
}

fn from(address: &str, path: &str) -> TestRequest {
    near(Method::GET, path).peer_addr(format!("{address}:50000").parse().unwrap())
}

#[actix_web::test]
async fn who_is_refused_is_told_at_once_and_then_with_a_count() {
    let (floor, path) = floor().await;
    let (text, id) = key(&floor, "operator", &["calls"]).await;
    for _ in 0..15 {
        let answer = floor.ask(from("192.0.2.7", "/auto-calling/contacts").insert_header(with(&text))).await;
        assert_eq!(answer.problem(), "scope-missing");
    }
    let first = told(&floor, &path, "1", 1).await;
    let line = refused(&first[0]);
    let expected = json!({ "by": format!("key:{id}"), "from": "192.0.2.7", "area": "/auto-calling",
                           "reason": "scope-missing", "count": 1, "since": line["since"], "at": line["at"] });
    assert_eq!((line, first.len()), (&expected, 1));
    assert_eq!(first[0]["actor"], format!("key:{id}"));
    assert_eq!(first[0]["words"], format!("key:{id} was refused in /auto-calling: scope-missing"));
    assert!(!first[0]["correlation"].as_str().unwrap().is_empty());
    floor.engine.close().await;
    let both = told(&floor, &path, "1", 2).await;
    assert_eq!((&refused(&both[1])["count"], both.len()), (&json!(14), 2));
    assert!(both[1]["words"].as_str().unwrap().ends_with("14 times: scope-missing"), "{}", both[1]["words"]);
}

#[actix_web::test]
async fn each_refusal_is_told_where_it_belongs() {
    let (floor, path) = floor().await;
    floor.session("1", "s-1").await;
    user(&floor, "aziz", "operator").await;
    let theirs = |role: &str| bearer(&json!({ "organizationId": "2", "role": role, "sub": "bobur" }));
    for (request, code) in [
        (from("192.0.2.1", "/users").insert_header(with("nonsense")), "token-invalid"),
        (from("192.0.2.2", "/users").insert_header(theirs("manager")), "role-too-low"),
        (from("192.0.2.3", "/calls/session/s-1").insert_header(theirs("manager")), "session-unknown"),
    ] {
        assert_eq!(floor.ask(request).await.problem(), code);
    }
    let sign_in = json!({ "username": "aziz", "password": "not that one" });
    let answer = floor.ask(near(Method::POST, "/auth/login").set_payload(sign_in.to_string())).await;
    assert_eq!(answer.problem(), "sign-in-refused");
    let line = |event: &Value| {
        let line = refused(event);
        (line["by"].clone(), line["from"].clone(), line["area"].clone(), line["reason"].clone())
    };
    let mut ours: Vec<_> = told(&floor, &path, "1", 2).await.iter().map(line).collect();
    ours.sort_by_key(|line| line.3.to_string());
    let nobody = (Value::Null, json!("192.0.2.1"), json!("/users"), json!("token-invalid"));
    let aziz = (json!("aziz"), json!("127.0.0.1"), json!("/auth"), json!("sign-in-refused"));
    assert_eq!(ours, [aziz, nobody]);
    let mut others: Vec<_> = told(&floor, &path, "2", 2).await.iter().map(line).collect();
    others.sort_by_key(|line| line.3.to_string());
    let low = (json!("bobur"), json!("192.0.2.2"), json!("/users"), json!("role-too-low"));
    let unknown = (json!("bobur"), json!("192.0.2.3"), json!("/calls"), json!("session-unknown"));
    assert_eq!(others, [low, unknown]);
}

#[actix_web::test]
async fn a_flood_is_a_few_lines_and_no_refusal_is_missing() {
    let (floor, path) = floor().await;
    let service = test::init_service(karnay::http::app(floor.engine.clone(), None)).await;
    for address in 0..600 {
        let address = format!("198.51.{}.{}", 100 + address / 250, address % 250);
        let request = from(&address, "/users").insert_header(with("nonsense"));
        assert_eq!(service.call(request.to_request()).await.unwrap().status(), 401);
    }
    floor.engine.close().await;
    let lines = told(&floor, &path, "1", 258).await;
    assert_eq!(lines.len(), 258, "256 apart, and those of many together, the first and the others");
    let count: u64 = lines.iter().map(|event| refused(event)["count"].as_u64().unwrap()).sum();
    assert_eq!(count, 600);
    let many = lines.iter().filter(|event| refused(event)["from"].is_null()).count();
    assert_eq!(many, 2);
}

#[actix_web::test]
async fn what_is_everyday_is_not_told() {
    let (floor, path) = floor().await;
    let body = json!({ "sessionId": "s-9", "phoneNumber": "+998901234567", "callStatus": "BUSY" });
    assert_eq!(floor.report(&body).await.problem(), "session-unknown");
    assert_eq!(floor.get("/users").await.problem(), "token-missing");
    assert_eq!(floor.get("/no/such/path").await.problem(), "not-found");
    assert_eq!(floor.get("/calls/session/s-9").await.problem(), "session-unknown");
    floor.engine.close().await;
    let read = floor.ask(near(Method::GET, &path).insert_header(admin())).await;
    assert_eq!(read.json()["events"], json!([]));
}

#[actix_web::test]
async fn only_auditors_and_admins_are_told_and_each_of_their_own() {
    let (floor, path) = floor().await;
    let as_ = |role: &str| bearer(&json!({ "organizationId": "1", "role": role, "sub": role }));
    for (role, status) in [("operator", 403), ("manager", 403), ("auditor", 200), ("admin", 200)] {
        assert_eq!(
            floor.ask(near(Method::GET, &path).insert_header(as_(role))).await.status,
            status,
            "{role}"
        );
    }
    told(&floor, &path, "1", 2).await;
    let stranger = bearer(&json!({ "organizationId": "2", "role": "admin" }));
    let theirs = floor.ask(near(Method::GET, &path).insert_header(stranger)).await;
    assert_eq!(theirs.json()["events"], json!([]));
    let nonsense = floor.ask(near(Method::GET, "/audit/denied/yesterday").insert_header(as_("admin"))).await;
    assert_eq!(nonsense.problem(), "not-found");
}

#[actix_web::test]
async fn what_is_told_of_a_refusal_holds_nothing_that_was_sent() {
    let (floor, path) = floor().await;
    let body = json!({ "username": "aziz", "password": PASSWORD });
    user(&floor, "bobur", "operator").await;
    send(&floor, (Method::POST, "/auth/login"), ("x-secret", "hunter2".to_owned()), &body).await;
    floor.ask(from("192.0.2.7", "/users?number=%2B998901234567").insert_header(with("kx-hunter2"))).await;
    let lines = told(&floor, &path, "1", 2).await;
    let text = serde_json::to_string(&lines).unwrap();
    for sent in [PASSWORD, "hunter2", "998901234567", "aziz"] {
        assert!(!text.contains(sent), "{sent}: {text}");
    }
}
