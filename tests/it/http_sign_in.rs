//! Signing in, users and keys through the routes: what is granted, what is refused, and what ends at the next request.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::http_world::{Answer, Floor, StillClock, bearer, near, now, options, token};

pub(crate) const PASSWORD: &str = "correct horse";

pub(crate) fn admin() -> (&'static str, String) {
    bearer(&json!({ "organizationId": 1, "role": "admin" }))
}

pub(crate) fn with(token: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer {token}"))
}

pub(crate) async fn send(
    floor: &Floor,
    (method, path): (Method, &str),
    who: (&'static str, String),
    body: &Value,
) -> Answer {
    floor.ask(near(method, path).insert_header(who).set_payload(body.to_string())).await
}

/// A user of organization 1, made by its admin.
pub(crate) async fn user(floor: &Floor, name: &str, role: &str) {
    let body = json!({ "name": name, "role": role, "password": PASSWORD });
    let answer = send(floor, (Method::POST, "/users"), admin(), &body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

/// The token of a session that begins.
pub(crate) async fn signed_in(floor: &Floor, name: &str) -> String {
    let answer = try_as(floor, name, PASSWORD).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["token"].as_str().unwrap().to_owned()
}

/// A key of organization 1, as it is shown once, and its id.
pub(crate) async fn key(floor: &Floor, role: &str, scopes: &[&str]) -> (String, String) {
    let body = json!({ "name": "a program", "role": role, "scopes": scopes });
    let answer = send(floor, (Method::POST, "/keys"), admin(), &body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let made = answer.json();
    (made["key"].as_str().unwrap().to_owned(), made["id"].as_str().unwrap().to_owned())
}

fn attempt(name: &str, password: &str) -> TestRequest {
    let body = json!({ "username": name, "password": password });
    near(Method::POST, "/auth/login").set_payload(body.to_string())
}

async fn try_as(floor: &Floor, name: &str, password: &str) -> Answer {
    floor.ask(attempt(name, password)).await
}

async fn change(floor: &Floor, name: &str, body: Value) {
    let answer = send(floor, (Method::PATCH, &format!("/users/{name}")), admin(), &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

async fn me(floor: &Floor, token: &str) -> Answer {
    floor.ask(near(Method::GET, "/auth/me").insert_header(with(token))).await
}

async fn code(floor: &Floor, token: &str) -> (u16, String) {
    let answer = me(floor, token).await;
    (answer.status, if answer.status == 200 { String::new() } else { answer.problem() })
}

fn revoked() -> (u16, String) {
    (401, "token-revoked".to_owned())
}

#[actix_web::test]
async fn whoever_signs_in_is_who_they_are() {
    let floor = Floor::new().await;
    user(&floor, "Aziz", "operator").await;
    let answer = try_as(&floor, "AZIZ", PASSWORD).await;
    let session = answer.json();
    assert_eq!((&session["role"], &session["organizationId"]), (&json!("operator"), &json!("1")));
    assert_eq!(session["username"], "aziz", "a capital makes nobody else");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let until: chrono::DateTime<chrono::Utc> = session["expiresAt"].as_str().unwrap().parse().unwrap();
    assert!(until > now() + TimeDelta::hours(11) && until < now() + TimeDelta::hours(13));
    let shown = me(&floor, session["token"].as_str().unwrap()).await.json();
    let expected = json!({
        "username": "aziz", "role": "operator", "organizationId": "1", "signedIn": true,
        "simulated": ["agent", "remote"], "scopes": ["calls", "auto-calling", "webhook", "read", "admin"],
    });
    assert_eq!(shown, expected);
    let plain = me(&floor, &token(&json!({ "organizationId": 1 }))).await.json();
    assert_eq!(plain["signedIn"], false);
}

#[actix_web::test]
async fn every_refusal_to_sign_in_is_the_same_one() {
    let floor = Floor::new().await;
    for name in ["aziz", "bobur"] {
        user(&floor, name, "manager").await;
    }
    change(&floor, "bobur", json!({ "disabled": true })).await;
    let mut told = vec![];
    for (name, password) in
        [("aziz", "correct horsf"), ("aziz", ""), ("bobur", PASSWORD), ("nobody", PASSWORD)]
    {
        let answer = try_as(&floor, name, password).await;
        assert_eq!((answer.status, &*answer.problem()), (401, "sign-in-refused"), "{name}");
        told.push(answer.json());
    }
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{told:?}");
    let elsewhere = json!({ "username": "aziz", "password": PASSWORD, "organizationId": 2 });
    let request = near(Method::POST, "/auth/login").set_payload(elsewhere.to_string());
    assert_eq!(
        floor.ask(request).await.problem(),
        "sign-in-refused",
        "another organization's user is nobody"
    );
}

#[actix_web::test]
async fn an_attempt_that_makes_no_sense_names_its_field() {
    let floor = Floor::new().await;
    for (body, field) in [
        (json!({}), "username"),
        (json!({ "username": 7, "password": PASSWORD }), "username"),
        (json!({ "username": "a/b", "password": PASSWORD }), "username"),
        (json!({ "username": "aziz" }), "password"),
        (json!({ "username": "aziz", "password": 1_234_567_890 }), "password"),
        (json!({ "username": "aziz", "password": "x".repeat(1_025) }), "password"),
        (json!({ "username": "aziz", "password": PASSWORD, "organizationId": "a/b" }), "organizationId"),
        (json!({ "username": "aziz", "password": PASSWORD, "organizationId": [1] }), "organizationId"),
    ] {
        let answer = floor.ask(near(Method::POST, "/auth/login").set_payload(body.to_string())).await;
        assert_eq!((answer.status, &*answer.problem()), (400, "bad-field"), "{body}");
        let said = answer.json();
        assert_eq!(said["field"], field, "{said}");
        assert!(!said.to_string().contains("1234567890"), "what was sent is not repeated");
    }
    let text = near(Method::POST, "/auth/login").set_payload("username=aziz");
    assert_eq!(floor.ask(text).await.problem(), "bad-json");
}

#[actix_web::test]
async fn users_of_two_organizations_may_share_a_name() {
    let floor = Floor::new().await;
    user(&floor, "aziz", "manager").await;
    let theirs = bearer(&json!({ "organizationId": "2", "role": "admin" }));
    let body = json!({ "name": "aziz", "role": "admin", "password": "another horse" });
    assert_eq!(send(&floor, (Method::POST, "/users"), theirs.clone(), &body).await.status, 201);
    let body = json!({ "username": "aziz", "password": "another horse", "organizationId": 2 });
    let answer = floor.ask(near(Method::POST, "/auth/login").set_payload(body.to_string())).await;
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(me(&floor, &token).await.json()["organizationId"], "2");
    let listed = floor.ask(near(Method::GET, "/users").insert_header(theirs)).await.json();
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    let foreign = send(&floor, (Method::PATCH, "/users/bobur"), with(&token), &json!({})).await;
    assert_eq!((foreign.status, &*foreign.problem()), (404, "user-unknown"));
}

#[actix_web::test]
async fn signing_out_ends_one_session_or_all_of_them() {
    let floor = Floor::new().await;
    user(&floor, "aziz", "manager").await;
    let (one, two, three) =
        (signed_in(&floor, "aziz").await, signed_in(&floor, "aziz").await, signed_in(&floor, "aziz").await);
    let out = async |token: &str, body: Value| {
        send(&floor, (Method::POST, "/auth/logout"), with(token), &body).await.status
    };
    assert_eq!(out(&one, json!({})).await, 204);
    assert_eq!(code(&floor, &one).await, revoked());
    assert_eq!(out(&one, json!({})).await, 401, "a session ends once");
    assert_eq!((me(&floor, &two).await.status, me(&floor, &three).await.status), (200, 200));
    assert_eq!(out(&two, json!({ "everywhere": true })).await, 204);
    assert_eq!((code(&floor, &two).await, code(&floor, &three).await), (revoked(), revoked()));
    let plain = send(&floor, (Method::POST, "/auth/logout"), admin(), &json!({})).await;
    assert_eq!((plain.status, &*plain.problem()), (409, "not-signed-in"));
}

#[actix_web::test]
async fn a_user_who_is_disabled_is_out_at_the_next_request() {
    let floor = Floor::new().await;
    user(&floor, "aziz", "admin").await;
    let token = signed_in(&floor, "aziz").await;
    change(&floor, "aziz", json!({ "disabled": true })).await;
    assert_eq!(code(&floor, &token).await, revoked());
    change(&floor, "aziz", json!({ "disabled": false })).await;
    assert_eq!(code(&floor, &token).await, revoked(), "an old session does not come back");
    signed_in(&floor, "aziz").await;
}

#[actix_web::test]
async fn a_new_password_ends_every_session() {
    let floor = Floor::new().await;
    user(&floor, "aziz", "manager").await;
    let token = signed_in(&floor, "aziz").await;
    change(&floor, "aziz", json!({ "password": "another horse" })).await;
    assert_eq!(code(&floor, &token).await, revoked());
    assert_eq!(try_as(&floor, "aziz", PASSWORD).await.status, 401);
    assert_eq!(try_as(&floor, "aziz", "another horse").await.status, 200);
}

#[actix_web::test]
async fn a_role_counts_as_it_is_now() {
    let floor = Floor::new().await;
    user(&floor, "aziz", "admin").await;
    let token = signed_in(&floor, "aziz").await;
    let users = async || floor.ask(near(Method::GET, "/users").insert_header(with(&token))).await.status;
    assert_eq!(users().await, 200);
    change(&floor, "aziz", json!({ "role": "operator" })).await;
    assert_eq!(users().await, 403);
    assert_eq!(me(&floor, &token).await.json()["role"], "operator");
    change(&floor, "aziz", json!({ "role": "admin" })).await;
    assert_eq!(users().await, 200);
}

#[actix_web::test]
async fn a_session_ends_when_its_time_is_over_whatever_the_token_says() {
    let clock = StillClock::new();
    let floor = Floor::standing_still(options(), clock.clone()).await;
    user(&floor, "aziz", "admin").await;
    let token = signed_in(&floor, "aziz").await;
    clock.pass(TimeDelta::hours(12) - TimeDelta::seconds(1));
    assert_eq!(me(&floor, &token).await.status, 200);
    clock.pass(TimeDelta::seconds(1));
    assert_eq!(code(&floor, &token).await, revoked(), "the token's own time is not over yet");
}

#[actix_web::test]
async fn the_seventeenth_session_ends_the_first() {
    let floor = Floor::new().await;
    user(&floor, "aziz", "manager").await;
    let mut tokens = vec![];
    for _ in 0..=domain::user::SESSIONS_MAX {
        tokens.push(signed_in(&floor, "aziz").await);
    }
    assert_eq!(code(&floor, &tokens[0]).await, revoked());
    assert_eq!(me(&floor, &tokens[1]).await.status, 200);
}

#[actix_web::test]
async fn wrong_passwords_are_slowed_by_name() {
    let clock = StillClock::new();
    let floor = Floor::standing_still(options(), clock.clone()).await;
    user(&floor, "aziz", "manager").await;
    user(&floor, "bobur", "manager").await;
    for _ in 0..5 {
        assert_eq!(try_as(&floor, "aziz", "wrong password").await.status, 401);
    }
    let slowed = try_as(&floor, "Aziz", PASSWORD).await;
    assert_eq!(
        (slowed.status, &*slowed.problem()),
        (429, "too-many-tries"),
        "not even the right one is looked at"
    );
    assert_eq!(slowed.header("retry-after"), Some("2"), "a second and what is begun of another");
    assert_eq!(try_as(&floor, "bobur", PASSWORD).await.status, 200, "others sign in meanwhile");
    for _ in 0..5 {
        assert_eq!(try_as(&floor, "nobody", PASSWORD).await.status, 401);
    }
    assert_eq!(try_as(&floor, "nobody", PASSWORD).await.status, 429, "who is nobody is slowed like anybody");
    clock.pass(TimeDelta::seconds(1));
    assert_eq!(try_as(&floor, "aziz", "wrong password").await.status, 401);
    clock.pass(TimeDelta::seconds(1));
    assert_eq!(try_as(&floor, "aziz", PASSWORD).await.status, 429, "the wait doubles");
    clock.pass(TimeDelta::seconds(1));
    for _ in 0..5 {
        assert_eq!(try_as(&floor, "aziz", PASSWORD).await.status, 200, "a right one forgives");
    }
}

#[actix_web::test]
async fn many_tries_at_once_are_no_more_than_many_in_a_row() {
    let floor = Floor::standing_still(options(), StillClock::new()).await;
    user(&floor, "aziz", "manager").await;
    let tries = (0..40).map(|_| try_as(&floor, "aziz", "wrong password"));
    let answers = futures_util::future::join_all(tries).await;
    let looked_at = answers.iter().filter(|answer| answer.status == 401).count();
    assert_eq!(looked_at, 5);
    assert!(answers.iter().all(|answer| [401, 429].contains(&answer.status)));
}

#[actix_web::test]
async fn wrong_passwords_are_slowed_by_address() {
    let floor = Floor::standing_still(options(), StillClock::new()).await;
    user(&floor, "aziz", "manager").await;
    let from = |peer: &str, name: &str| attempt(name, PASSWORD).peer_addr(peer.parse().unwrap());
    for n in 0..20 {
        assert_eq!(floor.ask(from("192.0.2.8:1", &format!("guess-{n}"))).await.status, 401);
    }
    assert_eq!(floor.ask(from("192.0.2.8:2", "aziz")).await.status, 429);
    assert_eq!(floor.ask(from("192.0.2.9:1", "aziz")).await.status, 200);
}

#[actix_web::test]
async fn users_are_listed_as_they_are() {
    let floor = Floor::new().await;
    for name in ["aziz", "bobur", "charos"] {
        user(&floor, name, "operator").await;
    }
    signed_in(&floor, "bobur").await;
    change(&floor, "bobur", json!({ "role": "manager" })).await;
    change(&floor, "charos", json!({ "disabled": true })).await;
    let first = floor.ask(near(Method::GET, "/users?limit=2").insert_header(admin())).await;
    let rows = first.json();
    assert_eq!((&rows[0]["name"], &rows[1]["name"]), (&json!("aziz"), &json!("bobur")));
    assert_eq!((&rows[0]["signedInAt"], &rows[1]["role"]), (&json!(null), &json!("manager")));
    assert!(rows[1]["signedInAt"].is_string());
    let next = first.next_page().unwrap();
    let last = floor.ask(near(Method::GET, &next).insert_header(admin())).await;
    assert_eq!((&last.json()[0]["name"], &last.json()[0]["disabled"]), (&json!("charos"), &json!(true)));
    assert!(last.next_page().is_none());
    let text = String::from_utf8(first.bytes).unwrap();
    assert!(!text.contains("argon2") && !text.contains(PASSWORD), "{text}");
    let wrong = floor.ask(near(Method::GET, "/users?role=admin").insert_header(admin())).await;
    assert_eq!(wrong.problem(), "bad-parameter");
}

#[actix_web::test]
async fn a_user_who_makes_no_sense_is_refused_by_field() {
    let floor = Floor::new().await;
    let good = json!({ "name": "aziz", "role": "operator", "password": PASSWORD });
    for (field, value) in [
        ("name", json!("a b")),
        ("name", json!("+998901234567")),
        ("name", json!("")),
        ("name", json!("x".repeat(65))),
        ("role", json!("emperor")),
        ("role", json!(null)),
        ("password", json!("too short")),
        ("password", json!("x".repeat(1_025))),
        ("password", json!(null)),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let answer = send(&floor, (Method::POST, "/users"), admin(), &body).await;
        assert_eq!((answer.status, &answer.json()["field"]), (400, &json!(field)), "{body}");
    }
    assert_eq!(floor.journal.position(), 0);
    user(&floor, "aziz", "operator").await;
    let again = send(&floor, (Method::POST, "/users"), admin(), &good).await;
    assert_eq!((again.status, &*again.problem()), (409, "user-exists"));
    for (field, value) in [("role", json!("x")), ("disabled", json!("yes")), ("password", json!("short"))] {
        let answer = send(&floor, (Method::PATCH, "/users/aziz"), admin(), &json!({ field: value })).await;
        assert_eq!((answer.status, &answer.json()["field"]), (400, &json!(field)));
    }
}

#[actix_web::test]
async fn a_key_is_shown_once_and_ends_when_it_is_revoked() {
    let floor = Floor::new().await;
    let (text, id) = key(&floor, "manager", &["calls"]).await;
    assert!(text.starts_with(&format!("kn_{}", id.replace('-', ""))), "{text}");
    let shown = me(&floor, &text).await.json();
    assert_eq!((&shown["username"], &shown["scopes"]), (&json!(format!("key:{id}")), &json!(["calls"])));
    let secret = text.rsplit('_').next().unwrap();
    let listed = floor.ask(near(Method::GET, "/keys").insert_header(admin())).await;
    let row = listed.json()[0].clone();
    assert_eq!((&row["id"], &row["revokedAt"]), (&json!(id), &json!(null)));
    assert!(!String::from_utf8(listed.bytes).unwrap().contains(secret));
    let path = format!("/keys/{id}");
    let theirs = bearer(&json!({ "organizationId": 2, "role": "admin" }));
    let foreign = send(&floor, (Method::DELETE, &path), theirs, &json!({})).await;
    assert_eq!((foreign.status, &*foreign.problem()), (404, "key-unknown"));
    assert_eq!(send(&floor, (Method::DELETE, &path), admin(), &json!({})).await.status, 204);
    assert_eq!(code(&floor, &text).await, revoked());
    let listed = floor.ask(near(Method::GET, "/keys").insert_header(admin())).await.json();
    assert!(listed[0]["revokedAt"].is_string(), "{listed}");
}

#[actix_web::test]
async fn a_key_that_expires_is_over() {
    let clock = StillClock::new();
    let floor = Floor::standing_still(options(), clock.clone()).await;
    let until = (now() + TimeDelta::hours(1)).to_rfc3339();
    let body = json!({ "name": "brief", "role": "admin", "scopes": ["read"], "expiresAt": until });
    let made = send(&floor, (Method::POST, "/keys"), admin(), &body).await.json();
    let text = made["key"].as_str().unwrap();
    clock.pass(TimeDelta::minutes(59));
    assert_eq!(me(&floor, text).await.status, 200);
    clock.pass(TimeDelta::minutes(2));
    assert_eq!(code(&floor, text).await, (401, "token-expired".to_owned()));
}

#[actix_web::test]
async fn a_key_that_makes_no_sense_is_refused_by_field() {
    let floor = Floor::new().await;
    let good = json!({ "name": "x", "role": "operator", "scopes": ["calls"] });
    for (field, value) in [
        ("name", json!(null)),
        ("name", json!("x".repeat(101))),
        ("role", json!("root")),
        ("scopes", json!([])),
        ("scopes", json!(["calls", "*"])),
        ("scopes", json!("calls")),
        ("scopes", json!([1])),
        ("expiresAt", json!("tomorrow")),
        ("expiresAt", json!("2020-01-01T00:00:00Z")),
        ("expiresAt", json!("2999-01-01T00:00:00Z")),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let answer = send(&floor, (Method::POST, "/keys"), admin(), &body).await;
        assert_eq!((answer.status, &answer.json()["field"]), (400, &json!(field)), "{body}");
    }
    assert_eq!(floor.journal.position(), 0);
}

#[actix_web::test]
async fn nothing_that_opens_a_door_is_in_the_journal() {
    let floor = Floor::new().await;
    user(&floor, "aziz", "manager").await;
    let token = signed_in(&floor, "aziz").await;
    let (text, _) = key(&floor, "manager", &["calls"]).await;
    let place = karnay::journal::verify::Place::Folder(floor.folder().to_owned());
    let reader = karnay::journal::verify::Reader::open(&place).await.unwrap();
    let stored = reader.stored(0, 100).await.unwrap();
    assert_eq!(stored.len(), 3);
    for event in stored {
        for secret in [PASSWORD, &token, text.rsplit('_').next().unwrap()] {
            assert!(!event.payload.contains(secret), "{}", event.event_type);
        }
    }
}

/// What a sign-in costs is told by nobody's name: a name that is not known is compared with a hash as expensive as any.
#[actix_web::test]
async fn an_unknown_name_takes_as_long_as_a_known_one() {
    let floor = Floor::new().await;
    for n in 0..4 {
        user(&floor, &format!("known-{n}"), "manager").await;
    }
    let took = async |name: String| {
        let began = std::time::Instant::now();
        assert_eq!(try_as(&floor, &name, "wrong password").await.status, 401);
        began.elapsed()
    };
    let (mut known, mut unknown) = (vec![], vec![]);
    for n in 0..12 {
        known.push(took(format!("known-{}", n % 4)).await);
        unknown.push(took(format!("unknown-{n}")).await);
    }
    // The quickest of each: what else goes on only makes slower.
    let (known, unknown) = (known.into_iter().min().unwrap(), unknown.into_iter().min().unwrap());
    assert!(unknown * 2 > known && known * 2 > unknown, "{known:?} and {unknown:?}");
}
