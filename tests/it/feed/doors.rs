//! Who may read the feed, and what is wrong with what is asked for.

use actix_web::http::Method;
use serde_json::json;

use crate::http_sign_in::key;
use crate::http_world::{Answer, Floor, bearer, near};

async fn ask(floor: &Floor, role: &str, path: &str) -> Answer {
    let claims = json!({ "organizationId": "1", "role": role });
    floor.ask(near(Method::GET, path).insert_header(bearer(&claims))).await
}

#[actix_web::test]
async fn operators_may_not_read_and_managers_not_in_clear() {
    let floor = Floor::new().await;
    for path in ["/events", "/events?follow=stream", "/cursors", "/events?clear=true"] {
        let refused = ask(&floor, "operator", path).await;
        assert_eq!((refused.status, &*refused.problem()), (403, "role-too-low"), "{path}");
    }
    for role in ["auditor", "manager", "admin"] {
        assert_eq!(ask(&floor, role, "/events").await.status, 200, "{role}");
        let expected = if role == "manager" { 403 } else { 200 };
        assert_eq!(ask(&floor, role, "/events?clear=true").await.status, expected, "{role}");
    }
}

#[actix_web::test]
async fn a_key_that_may_look_may_also_keep_its_place() {
    let floor = Floor::new().await;
    let (text, _) = key(&floor, "auditor", &["read"]).await;
    let with = |method: Method, path: &str| {
        near(method, path).insert_header(("authorization", format!("Bearer {text}")))
    };
    assert_eq!(floor.ask(with(Method::GET, "/events")).await.status, 200);
    let put = with(Method::PUT, "/cursors/mine").set_payload(r#"{"position":1}"#);
    assert_eq!(floor.ask(put).await.status, 200);
    assert_eq!(floor.ask(with(Method::DELETE, "/cursors/mine")).await.status, 204);
}

#[actix_web::test]
async fn what_cannot_be_understood_is_named() {
    let floor = Floor::new().await;
    floor.session("1", "s-1").await;
    let head = floor.journal.position();
    let beyond = format!("/events?from={}", head + 2);
    for (path, name) in [
        ("/events?from=0", "from"),
        ("/events?from=x", "from"),
        (&*beyond, "from"),
        ("/events?from=1&cursor=mine", "from"),
        ("/events?limit=0", "limit"),
        ("/events?limit=1001", "limit"),
        ("/events?follow=stream&limit=5", "limit"),
        ("/events?types=", "types"),
        ("/events?types=Call.Reported", "types"),
        ("/events?types=call.reportd", "types"),
        ("/events?follow=maybe", "follow"),
        ("/events?wait=5s", "wait"),
        ("/events?follow=poll&wait=61", "wait"),
        ("/events?follow=poll&wait=soon", "wait"),
        ("/events?clear=yes", "clear"),
        ("/events?cursor=a%20b", "cursor"),
        ("/events?type=reported", "type"),
        ("/events?types=a&types=b", "types"),
    ] {
        let answer = ask(&floor, "admin", path).await;
        assert_eq!((answer.status, answer.json()["parameter"].as_str()), (400, Some(name)), "{path}");
    }
    let unknown = ask(&floor, "admin", "/events?cursor=mine").await;
    assert_eq!((unknown.status, &*unknown.problem()), (404, "cursor-unknown"));
    assert_eq!(ask(&floor, "admin", &format!("/events?from={}", head + 1)).await.status, 200);
}
