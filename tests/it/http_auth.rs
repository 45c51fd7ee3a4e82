//! Who is let in where: every route, with every kind of token, from near and far.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use karnay::config::{CallsAuth, UnknownSession, WebhookAuth};
use karnay::http::Options;
use serde_json::{Value, json};

use crate::http_world::{Answer, Floor, bearer, in_seconds, near, options};

/// Every route, how it is asked, and what it takes to be let in.
const ROUTES: [(&str, &str, Door); 33] = [
    ("GET", "/", Door::Open),
    ("GET", "/health/live", Door::Open),
    ("GET", "/health/ready", Door::Open),
    ("GET", "/metrics", Door::Calls),
    ("GET", "/openapi.json", Door::Calls),
    ("POST", "/calls/start", Door::Calls),
    ("POST", "/calls/result", Door::Webhook),
    ("GET", "/calls/session/s-1", Door::Calls),
    ("GET", "/calls/session/s-1/results", Door::Calls),
    ("GET", "/calls/sessions/all", Door::Calls),
    ("GET", "/calls/history", Door::Calls),
    ("POST", "/calls/upload", Door::Calls),
    ("GET", "/calls/uploads", Door::Calls),
    ("GET", "/calls/uploads/s-1", Door::Calls),
    ("GET", "/calls/uploads/s-1/report", Door::Calls),
    ("GET", "/calls/uploads/s-1/numbers", Door::Calls),
    ("POST", "/calls/session/s-1/close", Door::Calls),
    ("POST", "/calls/session/s-1/stop", Door::Calls),
    ("GET", "/calls/history/export", Door::Calls),
    ("GET", "/calls/results/s-1/recording", Door::Calls),
    ("GET", "/calls/quarantine", Door::Calls),
    ("GET", "/calls/quarantine/s-1", Door::Calls),
    ("POST", "/calls/quarantine/s-1/bind", Door::Calls),
    ("POST", "/calls/quarantine/s-1/replay", Door::Calls),
    ("POST", "/calls/quarantine/s-1/discard", Door::Calls),
    ("POST", "/calls/quarantine/replay", Door::Calls),
    ("GET", "/status", Door::Admin),
    ("GET", "/projections", Door::Admin),
    ("POST", "/projections/session_stats/rebuild", Door::Admin),
    ("GET", "/projections/session_stats/parked", Door::Admin),
    ("POST", "/projections/session_stats/parked/1%2Fs-1/replay", Door::Admin),
    ("POST", "/projections/session_stats/parked/1%2Fs-1/discard", Door::Admin),
    ("POST", "/projections/no_such_screen/rebuild", Door::Admin),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Open,
    Calls,
    Webhook,
    Admin,
}

fn report() -> String {
    json!({ "sessionId": "s-1", "phoneNumber": "+998901234567", "callStatus": "BUSY" }).to_string()
}

fn request(method: &str, path: &str) -> TestRequest {
    let request = near(method.parse::<Method>().unwrap(), path);
    if path == "/calls/result" { request.set_payload(report()) } else { request }
}

async fn floor(change: impl FnOnce(&mut Options)) -> Floor {
    let mut options = options();
    options.start_wait = std::time::Duration::ZERO;
    change(&mut options);
    let floor = Floor::with(options).await;
    floor.session("1", "s-1").await;
    floor
}

#[actix_web::test]
async fn every_route_of_the_document_is_tested_here() {
    let document = serde_json::to_value(karnay::http::document()).unwrap();
    let mut documented: Vec<String> = vec![];
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path =
            path.replace("{id}", "s-1").replace("{name}", "session_stats").replace("{stream}", "1%2Fs-1");
        documented.extend(
            methods.as_object().unwrap().keys().map(|method| format!("{} {path}", method.to_uppercase())),
        );
    }
    assert!(documented.len() > 10, "{documented:?}");
    for route in documented {
        let tested = ROUTES.iter().any(|(method, path, _)| route == format!("{method} {path}"));
        assert!(tested, "{route} is not among the routes whose doors are tested");
    }
}

#[actix_web::test]
async fn where_a_token_is_needed_no_token_is_401() {
    let floor = floor(|options| {
        options.access.calls = CallsAuth::Token;
        options.access.webhook = WebhookAuth::Token;
    })
    .await;
    for (method, path, door) in ROUTES {
        let answer = floor.ask(request(method, path)).await;
        if door == Door::Open {
            assert!([200, 503].contains(&answer.status), "{path}: {answer:?}");
        } else {
            assert_eq!((answer.status, &*answer.problem()), (401, "token-missing"), "{path}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        }
    }
}

#[actix_web::test]
async fn a_bad_token_is_401_even_where_none_is_needed() {
    let floor = floor(|_| {}).await;
    let expired = bearer(&json!({ "organizationId": 1, "role": "admin", "exp": in_seconds(-60) }));
    let early = bearer(&json!({ "organizationId": 1, "role": "admin", "nbf": in_seconds(60) }));
    let nobody = bearer(&json!({ "role": "admin" }));
    // {"alg":"none"} . {"organizationId":1,"role":"admin"} .
    let unsigned = "Bearer eyJhbGciOiJub25lIn0.eyJvcmdhbml6YXRpb25JZCI6MSwicm9sZSI6ImFkbWluIn0.".to_owned();
    let cut = bearer(&json!({ "organizationId": 1 })).1.trim_end_matches(|c| c != '.').to_owned();
    let bad = [
        expired.1,
        early.1,
        nobody.1,
        unsigned,
        cut,
        "Bearer".to_owned(),
        "Bearer x".to_owned(),
        "Basic YTpi".to_owned(),
    ];
    for (method, path, door) in ROUTES.into_iter().filter(|(_, _, door)| *door != Door::Open) {
        for value in &bad {
            let answer =
                floor.ask(request(method, path).insert_header(("authorization", value.as_str()))).await;
            assert_eq!(answer.status, 401, "{door:?} {path} with {value}: {answer:?}");
            assert!(["token-invalid", "token-expired"].contains(&&*answer.problem()), "{answer:?}");
        }
        let two =
            request(method, path).append_header(bearer(&json!({ "organizationId": 1, "role": "admin" })));
        let answer = floor.ask(two.append_header(("authorization", "Bearer x"))).await;
        assert_eq!(answer.status, 401, "{path} with two tokens");
    }
}

#[actix_web::test]
async fn the_houses_own_rooms_need_an_admin_even_on_loopback() {
    let floor = floor(|options| options.access.calls = CallsAuth::Open).await;
    for (method, path, _) in ROUTES.into_iter().filter(|(_, _, door)| *door == Door::Admin) {
        assert_eq!(floor.ask(request(method, path)).await.status, 401, "{path}");
        for role in [json!(null), json!("manager"), json!("operator"), json!("auditor")] {
            let answer = floor
                .ask(
                    request(method, path)
                        .insert_header(bearer(&json!({ "organizationId": 1, "role": role }))),
                )
                .await;
            assert_eq!((answer.status, &*answer.problem()), (403, "role-too-low"), "{path}");
        }
        let admin =
            request(method, path).insert_header(bearer(&json!({ "organizationId": 1, "role": "admin" })));
        let answer = floor.ask(admin).await;
        assert!([200, 202, 404].contains(&answer.status), "{path}: {answer:?}");
    }
}

#[actix_web::test]
async fn another_organizations_sessions_do_not_exist() {
    let floor = floor(|_| {}).await;
    let stranger = || bearer(&json!({ "organizationId": "2", "role": "admin" }));
    for path in ["/calls/session/s-1", "/calls/session/s-1/results"] {
        let answer = floor.ask(near(Method::GET, path).insert_header(stranger())).await;
        assert_eq!((answer.status, &*answer.problem()), (404, "session-unknown"), "{path}");
    }
    let all = floor.ask(near(Method::GET, "/calls/sessions/all").insert_header(stranger())).await;
    assert_eq!(all.json(), json!([]));
    // First when nobody has asked for the session yet, then when it is remembered.
    for _ in 0..2 {
        let report = request("POST", "/calls/result").insert_header(stranger());
        let answer = floor.ask(report).await;
        assert_eq!((answer.status, &*answer.problem()), (404, "session-unknown"));
        assert_eq!(floor.ask(request("POST", "/calls/result")).await.status, 200);
    }
    let own = floor
        .ask(request("POST", "/calls/result").insert_header(bearer(&json!({ "organizationId": 1 }))))
        .await;
    assert_eq!(own.status, 200, "{own:?}");
}

#[actix_web::test]
async fn one_name_in_two_organizations_is_two_sessions() {
    let floor = floor(|_| {}).await;
    floor.session("2", "s-1").await;
    let theirs = bearer(&json!({ "organizationId": 2 }));
    assert_eq!(floor.ask(request("POST", "/calls/result").insert_header(theirs.clone())).await.status, 200);
    let shown = floor.ask(near(Method::GET, "/calls/session/s-1").insert_header(theirs)).await;
    assert_eq!(shown.json()["processedNumbers"], 1);
    assert_eq!(floor.get("/calls/session/s-1").await.json()["processedNumbers"], 0);
}

#[actix_web::test]
async fn nobody_draws_another_organizations_reports_to_itself() {
    let floor = floor(|options| options.unknown_session = UnknownSession::Create).await;
    let theirs = || bearer(&json!({ "organizationId": 2 }));
    let answer = floor.ask(request("POST", "/calls/result").insert_header(theirs())).await;
    assert_eq!((answer.status, &*answer.problem()), (404, "session-unknown"));
    assert_eq!(answer.json()["quarantined"], true);
    // Even where both have a session of that name, and theirs was asked for last.
    floor.session("2", "s-1").await;
    for _ in 0..2 {
        let answer = floor.ask(request("POST", "/calls/result").insert_header(theirs())).await;
        assert_eq!(answer.status, 200);
        assert_eq!(floor.ask(request("POST", "/calls/result")).await.status, 200);
    }
    for owner in [1, 2] {
        let asked = near(Method::GET, "/calls/session/s-1/results");
        let results =
            floor.ask(asked.insert_header(bearer(&json!({ "organizationId": owner })))).await.json();
        assert_eq!(results.as_array().map(Vec::len), Some(1), "organization {owner}: {results}");
    }
    // What nobody has may still be made, by whoever reports it first.
    let body =
        json!({ "sessionId": "s-2", "phoneNumber": "+998901234567", "callStatus": "BUSY" }).to_string();
    let made = near(Method::POST, "/calls/result").insert_header(theirs()).set_payload(body.clone());
    assert_eq!(floor.ask(made).await.status, 200);
    assert_eq!(
        floor.ask(near(Method::POST, "/calls/result").set_payload(body)).await.json()["duplicate"],
        true
    );
}

async fn status(floor: &Floor, path: &str, change: impl FnOnce(TestRequest) -> TestRequest) -> u16 {
    let method = if path == "/calls/result" { "POST" } else { "GET" };
    let answer: Answer = floor.ask(change(request(method, path))).await;
    answer.status
}

#[actix_web::test]
async fn auto_trusts_this_machine_and_nobody_who_hides_behind_it() {
    let floor = floor(|options| options.call_servers = vec!["192.0.2.7".parse().unwrap()]).await;
    for path in ["/calls/session/s-1", "/calls/result"] {
        assert_eq!(status(&floor, path, |plain| plain).await, 200);
        let own_name = |request: TestRequest| request.insert_header(("host", "[::1]:3000"));
        assert_eq!(status(&floor, path, own_name).await, 200);
        for name in ["forwarded", "x-forwarded-for", "x-real-ip", "via"] {
            let proxied = |request: TestRequest| request.insert_header((name, "203.0.113.1"));
            assert_eq!(status(&floor, path, proxied).await, 401, "{path} through a proxy");
        }
        let rebound = |request: TestRequest| request.insert_header(("host", "evil.example:3000"));
        assert_eq!(status(&floor, path, rebound).await, 401, "{path} under a foreign name");
    }
    let from = |peer: &'static str| move |request: TestRequest| request.peer_addr(peer.parse().unwrap());
    assert_eq!(status(&floor, "/calls/result", from("192.0.2.7:1")).await, 200, "the call server reports");
    assert_eq!(status(&floor, "/calls/result", from("[::ffff:192.0.2.7]:1")).await, 200);
    assert_eq!(status(&floor, "/calls/result", from("192.0.2.8:1")).await, 401);
}

#[actix_web::test]
async fn auto_is_closed_where_others_can_reach_it() {
    let floor = floor(|options| options.loopback_only = false).await;
    assert_eq!(status(&floor, "/calls/session/s-1", |plain| plain).await, 401);
    let signed = |request: TestRequest| request.insert_header(bearer(&json!({ "organizationId": 1 })));
    assert_eq!(status(&floor, "/calls/session/s-1", signed).await, 200);
    assert_eq!(
        status(&floor, "/calls/result", |plain| plain).await,
        200,
        "a report from this machine itself"
    );
}

#[actix_web::test]
async fn what_is_opened_on_purpose_is_open() {
    let open = floor(|options| {
        options.loopback_only = false;
        options.access.calls = CallsAuth::Open;
        options.access.webhook = WebhookAuth::Open;
    })
    .await;
    let far = |request: TestRequest| {
        request.peer_addr("192.0.2.8:1".parse().unwrap()).insert_header(("host", "calls.example"))
    };
    assert_eq!(status(&open, "/calls/session/s-1", far).await, 200);
    assert_eq!(status(&open, "/calls/result", far).await, 200);
}

#[actix_web::test]
async fn an_auditor_looks_and_does_nothing() {
    let floor = floor(|_| {}).await;
    let auditor = || bearer(&json!({ "organizationId": 1, "role": "auditor" }));
    for (path, expected) in [("/calls/start", 403), ("/calls/result", 403), ("/calls/quarantine/replay", 403)]
    {
        let answer = floor.ask(request("POST", path).insert_header(auditor())).await;
        assert_eq!((answer.status, &*answer.problem()), (expected, "role-too-low"), "{path}");
    }
    let looks = floor.ask(request("GET", "/calls/session/s-1").insert_header(auditor())).await;
    assert_eq!(looks.status, 200);
    let nothing: Value = floor.get("/calls/session/s-1").await.json();
    assert_eq!(nothing["processedNumbers"], 0);
}
