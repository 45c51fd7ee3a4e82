//! Who may manage endpoints, and what is wrong with what is asked for.

use actix_web::http::Method;
use serde_json::{Value, json};

use crate::http_world::{Answer, Floor, bearer, near};

async fn ask(floor: &Floor, who: (&str, &str), request: (Method, &str), body: Option<Value>) -> Answer {
    let (organization, role) = who;
    let (method, path) = request;
    let claims = json!({ "organizationId": organization, "role": role });
    let request = near(method, path).insert_header(bearer(&claims));
    floor.ask(if let Some(body) = body { request.set_payload(body.to_string()) } else { request }).await
}

const MANAGER: (&str, &str) = ("1", "manager");

fn endpoint(url: &str) -> Value {
    json!({ "url": url })
}

#[actix_web::test]
async fn endpoints_are_the_managers_of_their_organization() {
    let floor = Floor::new().await;
    let path = "/webhooks/endpoints";
    for role in ["auditor", "operator"] {
        for (method, body) in [(Method::GET, None), (Method::POST, Some(endpoint("https://example.com/")))] {
            let refused = ask(&floor, ("1", role), (method, path), body).await;
            assert_eq!((refused.status, &*refused.problem()), (403, "role-too-low"), "{role}");
        }
    }
    let made = ask(&floor, MANAGER, (Method::POST, path), Some(endpoint("https://example.com/"))).await;
    assert_eq!(made.status, 201, "{made:?}");
    let own = format!("{path}/{}", made.json()["id"].as_str().unwrap());
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let (log, replay) = (format!("{own}/deliveries"), format!("{own}/replay"));
    let (retry, secret) = (format!("{own}/deliveries/1/retry"), format!("{own}/secret"));
    let test = format!("{own}/test");
    for (method, path, body) in [
        (Method::GET, &own, None),
        (Method::PATCH, &own, Some(json!({ "status": "paused" }))),
        (Method::DELETE, &own, None),
        (Method::GET, &log, None),
        (Method::POST, &replay, Some(json!({ "from": 1 }))),
        (Method::POST, &retry, None),
        (Method::POST, &secret, None),
        (Method::POST, &test, None),
    ] {
        let foreign = ask(&floor, ("2", "admin"), (method.clone(), path), body).await;
        let told = (foreign.status, foreign.problem());
        assert_eq!(told, (404, "webhook-endpoint-unknown".to_owned()), "{method} {path}");
    }
    assert_eq!(ask(&floor, ("2", "admin"), (Method::GET, path), None).await.json(), json!([]));

    let shown = ask(&floor, MANAGER, (Method::GET, &own), None).await.json();
    assert_eq!((&shown["status"], &shown["waiting"]), (&json!("active"), &json!(0)), "{shown}");
    assert!(shown.get("secret").is_none() && shown["failingSince"].is_null(), "{shown}");
    let change = json!({ "status": "paused", "types": ["session"], "description": null });
    let changed = ask(&floor, MANAGER, (Method::PATCH, &own), Some(change)).await.json();
    assert_eq!((&changed["status"], &changed["types"]), (&json!("paused"), &json!(["session"])));
    let unknown = ask(&floor, MANAGER, (Method::POST, &retry), None).await;
    assert_eq!((unknown.status, &*unknown.problem()), (404, "webhook-delivery-unknown"));
    assert_eq!(ask(&floor, MANAGER, (Method::DELETE, &own), None).await.status, 204);
    assert_eq!(ask(&floor, MANAGER, (Method::GET, &own), None).await.status, 404);
    assert_eq!(ask(&floor, MANAGER, (Method::GET, path), None).await.json(), json!([]));

    // What it was is told when it is no more, and to nobody else.
    let audit = format!("/audit/webhook-endpoint/{}", made.json()["id"].as_str().unwrap());
    let told = ask(&floor, MANAGER, (Method::GET, &audit), None).await.json();
    let types: Vec<&Value> = told["events"].as_array().unwrap().iter().map(|event| &event["type"]).collect();
    assert_eq!(types, ["registered", "changed", "paused", "removed"], "{told}");
    assert_eq!(ask(&floor, ("2", "admin"), (Method::GET, &audit), None).await.status, 404);
}

/// With the version that somebody has seen.
async fn ask_as(floor: &Floor, version: &str, request: (Method, &str), body: Option<Value>) -> Answer {
    let (method, path) = request;
    let claims = json!({ "organizationId": MANAGER.0, "role": MANAGER.1 });
    let request = near(method, path).insert_header(bearer(&claims)).insert_header(("if-match", version));
    floor.ask(if let Some(body) = body { request.set_payload(body.to_string()) } else { request }).await
}

#[actix_web::test]
async fn nobody_changes_unawares_what_another_has_changed() {
    let floor = Floor::new().await;
    let path = "/webhooks/endpoints";
    let made = ask(&floor, MANAGER, (Method::POST, path), Some(endpoint("https://example.com/"))).await;
    let first = made.header("etag").unwrap().to_owned();
    let own = format!("{path}/{}", made.json()["id"].as_str().unwrap());
    assert_eq!(ask(&floor, MANAGER, (Method::GET, &own), None).await.header("etag"), Some(&*first));
    let secret = format!("{own}/secret");
    let paused = || Some(json!({ "status": "paused" }));
    let changed = ask_as(&floor, &first, (Method::PATCH, &own), paused()).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    let second = changed.header("etag").unwrap().to_owned();
    assert_ne!(first, second);
    for (method, path, body) in [(Method::PATCH, &own, paused()), (Method::POST, &secret, None)] {
        let late = ask_as(&floor, &first, (method, path), body).await;
        assert_eq!((late.status, &*late.problem()), (412, "changed-meanwhile"), "{path}");
    }
    let rotated = ask_as(&floor, &second, (Method::POST, &secret), None).await;
    assert_eq!((rotated.status, rotated.header("etag") == Some(&*second)), (200, false));
    assert_eq!(ask_as(&floor, "W/x", (Method::PATCH, &own), paused()).await.status, 400);
}

/// Whatever leads to this machine or to the network around it, in every way that it can be written.
#[actix_web::test]
async fn an_endpoint_that_makes_no_sense_is_refused_by_field() {
    let floor = Floor::new().await;
    for url in [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.1.2.3/",
        "https://2130706433/",
        "https://017700000001/",
        "https://0x7f.1/",
        "http://example.com/",
        "https://me:secret@example.com/",
        "example.com",
        "gopher://example.com/",
        " ",
    ] {
        let refused = ask(&floor, MANAGER, (Method::POST, "/webhooks/endpoints"), Some(endpoint(url))).await;
        assert_eq!((refused.status, &*refused.problem()), (400, "bad-field"), "{url}: {refused:?}");
        assert_eq!(refused.json()["field"], "url", "{url}: {refused:?}");
    }
    for (body, field) in [
        (json!({}), "url"),
        (json!({ "url": "https://example.com/", "types": ["user.created"] }), "types"),
        (json!({ "url": "https://example.com/", "types": ["call.reportd"] }), "types"),
        (json!({ "url": "https://example.com/", "types": "call" }), "types"),
        (json!({ "url": "https://example.com/", "secret": "mine" }), "secret"),
        (json!({ "url": "https://example.com/", "description": "x".repeat(201) }), "description"),
    ] {
        let refused = ask(&floor, MANAGER, (Method::POST, "/webhooks/endpoints"), Some(body)).await;
        assert_eq!((refused.status, &refused.json()["field"]), (400, &json!(field)), "{refused:?}");
    }
}

#[actix_web::test]
async fn an_organization_has_at_most_so_many() {
    let floor = Floor::new().await;
    let path = "/webhooks/endpoints";
    for _ in 0..20 {
        assert_eq!(
            ask(&floor, MANAGER, (Method::POST, path), Some(endpoint("https://example.com/"))).await.status,
            201
        );
    }
    let refused = ask(&floor, MANAGER, (Method::POST, path), Some(endpoint("https://example.com/"))).await;
    assert_eq!((refused.status, &*refused.problem()), (409, "too-many-webhook-endpoints"));
    let other =
        ask(&floor, ("2", "manager"), (Method::POST, path), Some(endpoint("https://example.com/"))).await;
    assert_eq!(other.status, 201);
}
