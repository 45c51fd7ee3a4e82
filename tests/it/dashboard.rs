//! The dashboard as the engine serves it, built or not; the description that its client is made of; and who is let in without a password.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use karnay::config::CallsAuth;
use karnay::http::Options;

use crate::http_sign_in::with;
use crate::http_world::{Floor, near, options};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/web/openapi.json");

/// `UPDATE_DOCS=1` writes it.
#[test]
fn the_client_is_made_of_the_engines_own_description() {
    let described = karnay::http::document().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(DOCUMENT, &described).unwrap();
    }
    let known = std::fs::read_to_string(DOCUMENT).unwrap_or_default();
    assert!(
        known == described,
        "web/openapi.json is out of date: UPDATE_DOCS=1 cargo test --test it dashboard"
    );
}

#[test]
fn no_two_operations_have_one_name() {
    let document = serde_json::to_value(karnay::http::document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.values().flat_map(|methods| methods.as_object().unwrap().values());
    let mut names: Vec<&str> = operations.map(|one| one["operationId"].as_str().unwrap()).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert!(count > 80 && names.len() == count, "{count} operations have {} names", names.len());
}

#[actix_web::test]
async fn every_screen_is_the_same_page_and_nobody_may_frame_it() {
    let floor = Floor::new().await;
    let home = floor.get("/").await;
    for path in ["/ui", "/ui/", "/ui/sessions", "/ui/campaigns/7?tab=live"] {
        let page = floor.get(path).await;
        assert_eq!(
            (page.status, page.header("content-type")),
            (200, Some("text/html; charset=utf-8")),
            "{path}"
        );
        assert_eq!(page.header("etag"), home.header("etag"), "{path}");
        assert_eq!(page.header("cache-control"), Some("no-cache"), "{path}");
        for (name, part) in [
            ("content-security-policy", "frame-ancestors 'none'"),
            ("content-security-policy", "default-src 'none'"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert!(page.header(name).is_some_and(|value| value.contains(part)), "{path}: {name}");
        }
        let policy = page.header("content-security-policy").unwrap();
        assert!(!policy.contains("unsafe-eval") && !policy.contains("http"), "{policy}");
        assert!(!policy.contains("script-src 'unsafe-inline'"), "{policy}");
    }
}

#[actix_web::test]
async fn a_page_that_is_known_already_is_not_sent_again() {
    let floor = Floor::new().await;
    let page = floor.get("/ui/").await;
    let tag = page.header("etag").unwrap().to_owned();
    let asked = |tag: &str| near(Method::GET, "/ui/").insert_header(("if-none-match", tag));
    let known = floor.ask(asked(&tag)).await;
    assert_eq!((known.status, known.bytes.len(), known.header("etag")), (304, 0, Some(tag.as_str())));
    let other = floor.ask(asked("\"another\"")).await;
    assert_eq!((other.status, &other.bytes), (200, &page.bytes));
}

#[actix_web::test]
async fn a_page_is_sent_small_to_whoever_can_read_that() {
    let floor = Floor::new().await;
    let plain = floor.get("/ui/").await;
    let small = floor.ask(near(Method::GET, "/ui/").insert_header(("accept-encoding", "gzip"))).await;
    assert_eq!((plain.header("content-encoding"), small.header("content-encoding")), (None, Some("gzip")));
    assert!(small.bytes.len() < plain.bytes.len());
}

#[actix_web::test]
async fn a_part_that_is_gone_is_no_page() {
    let floor = Floor::new().await;
    let gone = floor.get("/ui/assets/index-0000.js").await;
    assert_eq!((gone.status, &*gone.problem()), (404, "not-found"));
    for path in ["/ui/../Cargo.toml", "/ui/%2e%2e/placeholder.html"] {
        let answer = floor.get(path).await;
        assert!(!String::from_utf8_lossy(&answer.bytes).contains("[package]"), "{path}");
    }
}

async fn opened(
    change: impl FnOnce(&mut Options),
    how: impl FnOnce(TestRequest) -> TestRequest,
) -> (u16, Floor, String) {
    let mut options = options();
    change(&mut options);
    let floor = Floor::with(options).await;
    let answer = floor.ask(how(near(Method::POST, "/auth/open"))).await;
    let told = if answer.status == 200 {
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        answer.json()["token"].as_str().unwrap().to_owned()
    } else {
        answer.problem()
    };
    (answer.status, floor, told)
}

#[actix_web::test]
async fn whoever_is_at_this_machine_is_in_by_itself() {
    for calls in [CallsAuth::Auto, CallsAuth::Open] {
        let own_page = |request: TestRequest| {
            let request = request.insert_header(("origin", "http://localhost:3000"));
            request.insert_header(("sec-fetch-site", "same-origin"))
        };
        let (status, floor, token) = opened(|options| options.access.calls = calls, own_page).await;
        assert_eq!(status, 200, "{calls:?}");
        let me = floor.ask(near(Method::GET, "/auth/me").insert_header(with(&token))).await.json();
        assert_eq!((&me["role"], &me["organizationId"]), (&"admin".into(), &"1".into()));
        assert_eq!((&me["username"], &me["signedIn"]), (&"loopback".into(), &false.into()));
        let users = floor.ask(near(Method::GET, "/users").insert_header(with(&token))).await;
        assert_eq!(users.status, 200);
    }
}

#[actix_web::test]
async fn nobody_is_in_by_itself_where_others_can_reach_the_engine_or_a_token_is_asked_for() {
    let changes: [fn(&mut Options); 3] = [
        |options| options.loopback_only = false,
        |options| (options.loopback_only, options.access.calls) = (false, CallsAuth::Open),
        |options| options.access.calls = CallsAuth::Token,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let (status, _, told) = opened(change, |near| near).await;
        assert_eq!((status, &*told), (401, "token-missing"), "{number}");
    }
}

#[actix_web::test]
async fn a_foreign_page_or_a_proxy_gets_nobody_in() {
    for (name, value) in [
        ("host", "evil.example:3000"),
        ("origin", "http://localhost:5173"),
        ("origin", "http://127.0.0.1:3000"),
        ("origin", "null"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "cross-site"),
        ("x-forwarded-for", "203.0.113.1"),
        ("forwarded", "for=203.0.113.1"),
    ] {
        let (status, _, told) = opened(|_| {}, |near| near.insert_header((name, value))).await;
        let refused = [(401, "token-missing"), (400, "origin-refused"), (403, "origin-refused")];
        assert!(refused.contains(&(status, &*told)), "{name}: {value}: {status} {told}");
    }
    let (status, _, told) = opened(|_| {}, |near| near.peer_addr("192.0.2.8:1".parse().unwrap())).await;
    assert_eq!((status, &*told), (401, "token-missing"), "from elsewhere");
}
