//! Who is let in where: every route, with every kind of token, from near and far.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use karnay::config::{CallsAuth, UnknownSession, WebhookAuth};
use karnay::http::Options;
use serde_json::{Value, json};

use crate::http_sign_in::{key, send, signed_in, user, with};
use crate::http_world::{Answer, Floor, bearer, in_seconds, near, options, token};

/// Every route, how it is asked, and what it takes to be let in.
const ROUTES: [(&str, &str, Door); 118] = [
    ("GET", "/", Door::Open),
    ("GET", "/ui/sessions", Door::Open),
    ("GET", "/docs", Door::Open),
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
    ("GET", "/kerio/calls", Door::Calls),
    ("GET", "/kerio/calls/active", Door::Calls),
    ("GET", "/kerio/calls/s-1", Door::Calls),
    ("GET", "/kerio/calls/s-1/recording", Door::Calls),
    ("GET", "/kerio/status", Door::Calls),
    ("POST", "/kerio/sync", Door::Calls),
    ("GET", "/calls/quarantine", Door::Calls),
    ("GET", "/calls/quarantine/s-1", Door::Calls),
    ("POST", "/calls/quarantine/s-1/bind", Door::Calls),
    ("POST", "/calls/quarantine/s-1/replay", Door::Calls),
    ("POST", "/calls/quarantine/s-1/discard", Door::Calls),
    ("POST", "/calls/quarantine/replay", Door::Calls),
    ("POST", "/auto-calling/contacts/upload-excel", Door::Member),
    ("GET", "/auto-calling/contacts/export", Door::Member),
    ("GET", "/auto-calling/imports", Door::Member),
    ("GET", "/auto-calling/imports/s-1", Door::Member),
    ("GET", "/auto-calling/imports/s-1/report", Door::Member),
    ("DELETE", "/auto-calling/imports/s-1", Door::Member),
    ("POST", "/auto-calling/contacts", Door::Member),
    ("GET", "/auto-calling/contacts", Door::Member),
    ("GET", "/auto-calling/contacts/s-1", Door::Member),
    ("PATCH", "/auto-calling/contacts/s-1", Door::Member),
    ("DELETE", "/auto-calling/contacts/s-1", Door::Member),
    ("DELETE", "/auto-calling/contacts/s-1/personal-data", Door::Admin),
    ("GET", "/auto-calling/do-not-call", Door::Member),
    ("POST", "/auto-calling/do-not-call", Door::Member),
    ("GET", "/auto-calling/do-not-call/check", Door::Member),
    ("DELETE", "/auto-calling/do-not-call/s-1", Door::Member),
    ("POST", "/auto-calling/campaigns", Door::Member),
    ("GET", "/auto-calling/campaigns", Door::Member),
    ("GET", "/auto-calling/campaigns/s-1", Door::Member),
    ("GET", "/auto-calling/campaigns/s-1/contacts", Door::Member),
    ("POST", "/auto-calling/campaigns/s-1/contacts", Door::Member),
    ("DELETE", "/auto-calling/campaigns/s-1", Door::Member),
    ("GET", "/auto-calling/campaigns/s-1/report", Door::Member),
    ("GET", "/events/stream", Door::Live),
    ("GET", "/auto-calling/promises", Door::Member),
    ("GET", "/auto-calling/promises/s-1", Door::Member),
    ("PATCH", "/auto-calling/promises/s-1", Door::Member),
    ("PATCH", "/auto-calling/campaigns/s-1", Door::Member),
    ("POST", "/auto-calling/campaigns/s-1/start", Door::Member),
    ("POST", "/auto-calling/campaigns/s-1/resume", Door::Member),
    ("POST", "/auto-calling/campaigns/s-1/stop", Door::Member),
    ("POST", "/auto-calling/campaigns/s-1/pause", Door::Member),
    ("GET", "/auto-calling/campaigns/s-1/preflight", Door::Member),
    ("GET", "/auto-calling/contacts/s-1/explain", Door::Member),
    ("POST", "/auto-calling/agent/callback", Door::Signature),
    ("POST", "/auth/login", Door::Password),
    ("POST", "/auth/open", Door::Loopback),
    ("POST", "/auth/logout", Door::Bearer),
    ("GET", "/auth/me", Door::Bearer),
    ("GET", "/audit/session/s-1", Door::Member),
    ("GET", "/audit/checkpoints", Door::Member),
    ("POST", "/audit/checkpoints", Door::Member),
    ("GET", "/audit/calls/s-1/evidence", Door::Member),
    ("GET", "/audit/verification", Door::Member),
    ("POST", "/audit/verification", Door::Member),
    ("GET", "/replays", Door::Member),
    ("POST", "/replays", Door::Member),
    ("GET", "/replays/s-1", Door::Member),
    ("PATCH", "/replays/s-1", Door::Member),
    ("DELETE", "/replays/s-1", Door::Member),
    ("GET", "/events", Door::Reader),
    ("GET", "/cursors", Door::Reader),
    ("GET", "/cursors/session_stats", Door::Reader),
    ("PUT", "/cursors/session_stats", Door::Reader),
    ("DELETE", "/cursors/session_stats", Door::Reader),
    ("GET", "/webhooks/endpoints", Door::Member),
    ("POST", "/webhooks/endpoints", Door::Member),
    ("GET", "/webhooks/endpoints/s-1", Door::Member),
    ("PATCH", "/webhooks/endpoints/s-1", Door::Member),
    ("DELETE", "/webhooks/endpoints/s-1", Door::Member),
    ("POST", "/webhooks/endpoints/s-1/secret", Door::Member),
    ("GET", "/webhooks/endpoints/s-1/deliveries", Door::Member),
    ("POST", "/webhooks/endpoints/s-1/deliveries/7/retry", Door::Member),
    ("POST", "/webhooks/endpoints/s-1/replay", Door::Member),
    ("POST", "/webhooks/endpoints/s-1/test", Door::Member),
    ("GET", "/users", Door::Admin),
    ("POST", "/users", Door::Admin),
    ("GET", "/users/session_stats", Door::Admin),
    ("PATCH", "/users/session_stats", Door::Admin),
    ("GET", "/keys", Door::Admin),
    ("POST", "/keys", Door::Admin),
    ("DELETE", "/keys/s-1", Door::Admin),
    ("GET", "/settings", Door::Admin),
    ("GET", "/settings/organization", Door::Admin),
    ("PATCH", "/settings/organization", Door::Admin),
    ("GET", "/status", Door::Admin),
    ("POST", "/restore/confirm", Door::Admin),
    ("POST", "/restore/forgotten", Door::Admin),
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
    /// A password takes the place of a token.
    Password,
    /// A signature does.
    Signature,
    /// Being at this machine does.
    Loopback,
    Bearer,
    Calls,
    /// Of calls, or of campaigns: each is told of its own.
    Live,
    Webhook,
    Member,
    /// Whoever may look, and keep a place in what they read.
    Reader,
    Admin,
}

impl Door {
    fn asks_for_a_token(self) -> bool {
        match self {
            Self::Open | Self::Password | Self::Signature => false,
            Self::Loopback
            | Self::Bearer
            | Self::Calls
            | Self::Live
            | Self::Webhook
            | Self::Member
            | Self::Reader
            | Self::Admin => true,
        }
    }
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
        let path = in_routes(path);
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

/// A token is optional where a setting may ask for it, and what stands in its place is no token.
#[actix_web::test]
async fn the_document_says_where_a_token_is_needed() {
    let document = serde_json::to_value(karnay::http::document()).unwrap();
    for (method, path, door) in ROUTES {
        let Some(operation) = operation(&document, method, path) else { continue };
        let needed = match door {
            Door::Open | Door::Password | Door::Signature => json!(null),
            Door::Calls | Door::Live | Door::Webhook | Door::Loopback => json!([{}, { "token": [] }]),
            Door::Bearer | Door::Member | Door::Reader | Door::Admin => json!([{ "token": [] }]),
        };
        assert_eq!(operation["security"], needed, "{method} {path}");
        let answers = operation["responses"].as_object().unwrap();
        let described = |status: &str| answers.contains_key(status);
        assert!(needed.is_null() || described("401"), "{method} {path}");
        assert!(["400", "403", "503"].into_iter().all(described), "{method} {path}");
        let takes = operation["requestBody"].is_object();
        assert!(!takes || ["408", "413", "415"].into_iter().all(described), "{method} {path}");
    }
}

/// As the document has it; what is no API is not in there.
fn operation<'d>(document: &'d Value, method: &str, path: &str) -> Option<&'d Value> {
    let paths = document["paths"].as_object().unwrap();
    let (_, methods) = paths.iter().find(|(known, _)| in_routes(known) == path)?;
    methods.get(method.to_lowercase())
}

/// A path of the document with the values that the routes here have.
fn in_routes(path: &str) -> String {
    let path = path.replace("{id}", "s-1").replace("{callId}", "s-1").replace("{kind}", "session");
    let path = path.replace("{position}", "7");
    path.replace("{name}", "session_stats").replace("{stream}", "1%2Fs-1")
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
        if door.asks_for_a_token() {
            assert_eq!((answer.status, &*answer.problem()), (401, "token-missing"), "{path}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        } else if door == Door::Signature {
            assert_eq!((answer.status, &*answer.problem()), (401, "signature-missing"), "{path}");
        } else {
            assert!([200, 400, 503].contains(&answer.status), "{path}: {answer:?}");
        }
    }
}

#[actix_web::test]
async fn a_bad_token_is_401_even_where_none_is_needed() {
    let floor = floor(|_| {}).await;
    let expired = bearer(&json!({ "organizationId": 1, "role": "admin", "exp": in_seconds(-60) }));
    let early = bearer(&json!({ "organizationId": 1, "role": "admin", "nbf": in_seconds(3_600) }));
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
    for (method, path, door) in ROUTES.into_iter().filter(|(_, _, door)| door.asks_for_a_token()) {
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
        assert!([200, 202, 400, 404].contains(&answer.status), "{path}: {answer:?}");
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

/// A proxy in front of it reports from the same address, for everybody.
#[actix_web::test]
async fn a_call_server_on_this_machine_is_no_proxy_on_it() {
    let floor = floor(|options| options.call_servers = vec!["127.0.0.1".parse().unwrap()]).await;
    assert_eq!(status(&floor, "/calls/result", |plain| plain).await, 200);
    let proxied = |request: TestRequest| request.insert_header(("x-forwarded-for", "203.0.113.1"));
    assert_eq!(status(&floor, "/calls/result", proxied).await, 401);
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

/// Whether a door lets a token in: whatever is answered then is no refusal of the token.
async fn opens(floor: &Floor, (method, path): (&str, &str), token: &str) -> Result<(), (u16, String)> {
    let answer = floor.ask(request(method, path).insert_header(with(token))).await;
    let problem = if answer.status < 400 { String::new() } else { answer.problem() };
    let told = ["token-", "role-", "scope-"].iter().any(|family| problem.starts_with(family));
    if told { Err((answer.status, problem)) } else { Ok(()) }
}

fn guarded() -> impl Iterator<Item = (&'static str, &'static str, Door)> {
    // A sign-out would end the session that the others are tried with.
    ROUTES.into_iter().filter(|(_, path, door)| door.asks_for_a_token() && *path != "/auth/logout")
}

#[actix_web::test]
async fn a_sign_in_opens_every_door_until_it_is_ended_and_then_none() {
    let floor = floor(|_| {}).await;
    user(&floor, "aziz", "admin").await;
    let token = signed_in(&floor, "aziz").await;
    for (method, path, _) in guarded() {
        assert_eq!(opens(&floor, (method, path), &token).await, Ok(()), "{method} {path}");
    }
    let out = floor.ask(request("POST", "/auth/logout").insert_header(with(&token))).await;
    assert_eq!(out.status, 204);
    for (method, path, _) in ROUTES.into_iter().filter(|(_, _, door)| door.asks_for_a_token()) {
        let refused = opens(&floor, (method, path), &token).await;
        assert_eq!(refused, Err((401, "token-revoked".to_owned())), "{method} {path}");
    }
}

#[actix_web::test]
async fn a_session_that_nobody_opened_opens_nothing() {
    let floor = floor(|_| {}).await;
    user(&floor, "aziz", "admin").await;
    user(&floor, "bobur", "admin").await;
    let own = signed_in(&floor, "aziz").await;
    let sid = sid(&own);
    let forged = [
        json!({ "organizationId": 1, "sub": "aziz", "role": "admin", "sid": uuid::Uuid::from_u128(7) }),
        json!({ "organizationId": 1, "sub": "nobody", "role": "admin", "sid": sid }),
        json!({ "organizationId": 1, "sub": "bobur", "role": "admin", "sid": sid }),
        json!({ "organizationId": 2, "sub": "aziz", "role": "admin", "sid": sid }),
    ];
    for claims in forged {
        for (method, path, _) in guarded() {
            let refused = opens(&floor, (method, path), &token(&claims)).await;
            assert_eq!(refused, Err((401, "token-revoked".to_owned())), "{path} with {claims}");
        }
    }
    for strange in [json!("x"), json!(7), json!([])] {
        let claims = json!({ "organizationId": 1, "sub": "aziz", "role": "admin", "sid": strange });
        let refused = opens(&floor, ("GET", "/auth/me"), &token(&claims)).await;
        assert_eq!(refused, Err((401, "token-invalid".to_owned())), "{claims}");
    }
}

fn sid(token: &str) -> String {
    use base64::Engine as _;
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap());
    serde_json::from_slice::<Value>(&claims.unwrap()).unwrap()["sid"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_key_opens_what_its_scopes_say_and_nothing_else() {
    let floor = floor(|_| {}).await;
    for scope in ["calls", "auto-calling", "webhook", "read", "admin"] {
        let (text, _) = key(&floor, "admin", &[scope]).await;
        for (method, path, door) in guarded() {
            let within = match door {
                Door::Open | Door::Password | Door::Signature | Door::Loopback | Door::Bearer => true,
                Door::Calls => scope == "calls" || (scope == "read" && method == "GET"),
                Door::Live => ["calls", "auto-calling", "read"].contains(&scope),
                Door::Member => scope == "auto-calling" || (scope == "read" && method == "GET"),
                Door::Reader => ["auto-calling", "read"].contains(&scope),
                Door::Webhook => scope == "webhook",
                Door::Admin => scope == "admin",
            };
            let expected = if within { Ok(()) } else { Err((403, "scope-missing".to_owned())) };
            assert_eq!(opens(&floor, (method, path), &text).await, expected, "{scope}: {method} {path}");
        }
    }
}

#[actix_web::test]
async fn a_key_is_held_to_its_role_as_well() {
    let floor = floor(|_| {}).await;
    let all = ["calls", "auto-calling", "webhook", "read", "admin"];
    let (text, _) = key(&floor, "auditor", &all).await;
    for (method, path) in [
        ("POST", "/calls/start"),
        ("POST", "/calls/result"),
        ("POST", "/auto-calling/contacts"),
        ("DELETE", "/auto-calling/campaigns/s-1"),
        ("GET", "/users"),
        ("POST", "/keys"),
    ] {
        let refused = opens(&floor, (method, path), &text).await;
        assert_eq!(refused, Err((403, "role-too-low".to_owned())), "{path}");
    }
    assert_eq!(opens(&floor, ("GET", "/calls/session/s-1"), &text).await, Ok(()));
}

#[actix_web::test]
async fn a_key_that_is_none_opens_nothing() {
    let floor = floor(|_| {}).await;
    let (text, id) = key(&floor, "admin", &["calls", "webhook", "read", "admin"]).await;
    let (other, _) = key(&floor, "admin", &["calls", "webhook", "read", "admin"]).await;
    let (name, secret) = text.rsplit_once('_').unwrap();
    let (others_name, others_secret) = other.rsplit_once('_').unwrap();
    let number = id.replace('-', "");
    let bad = [
        format!("{name}_{others_secret}"),
        format!("{others_name}_{secret}"),
        format!("{name}_"),
        name.to_owned(),
        text[..text.len() - 1].to_owned(),
        format!("{text}0"),
        text.to_uppercase(),
        // The same key in another organization, in none, and under a name that is none.
        format!("kn_{number}{}_{secret}", hex::encode("2")),
        format!("kn_{number}_{secret}"),
        format!("kn_{number}{}_{secret}", hex::encode("1/x")),
        format!("kn_{id}_{secret}"),
        "kn_".to_owned(),
        format!("kn_{}", "0".repeat(9_000)),
    ];
    for text in bad {
        for (method, path) in [("GET", "/calls/session/s-1"), ("POST", "/calls/result"), ("GET", "/users")] {
            let refused = opens(&floor, (method, path), &text).await;
            assert_eq!(refused, Err((401, "token-invalid".to_owned())), "{path} with {text:.90}");
        }
    }
    let gone = floor.ask(request("DELETE", &format!("/keys/{id}")).insert_header(with(&other))).await;
    assert_eq!(gone.status, 204);
    for (method, path, _) in guarded() {
        let refused = opens(&floor, (method, path), &text).await;
        assert_eq!(refused, Err((401, "token-revoked".to_owned())), "{method} {path}");
    }
}

#[actix_web::test]
async fn a_key_sees_its_own_organization_alone() {
    let floor = floor(|_| {}).await;
    let theirs = bearer(&json!({ "organizationId": "2", "role": "admin" }));
    let body = json!({ "name": "theirs", "role": "admin", "scopes": ["calls", "admin"] });
    let made = send(&floor, (Method::POST, "/keys"), theirs, &body).await.json();
    let theirs = || with(made["key"].as_str().unwrap());
    let session = floor.ask(request("GET", "/calls/session/s-1").insert_header(theirs())).await;
    assert_eq!((session.status, &*session.problem()), (404, "session-unknown"));
    user(&floor, "aziz", "manager").await;
    assert_eq!(floor.ask(request("GET", "/users").insert_header(theirs())).await.json(), json!([]));
    let foreign = send(&floor, (Method::PATCH, "/users/aziz"), theirs(), &json!({ "role": "admin" })).await;
    assert_eq!((foreign.status, &*foreign.problem()), (404, "user-unknown"));
}
