//! How often somebody may ask: each key and each address by itself, with whom nobody counts, and whose word is taken for an address.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use chrono::TimeDelta;
use karnay::config::{CallsAuth, Config, Limits, Sources};
use serde_json::json;

use crate::http_sign_in::{key, with};
use crate::http_world::{Answer, Floor, StillClock, bearer, near, options};

const SLOW: [(&str, &str); 2] =
    [("RATE_LIMIT_PER_KEY", "1/s burst 3"), ("RATE_LIMIT_PER_ADDRESS", "1/s burst 5")];

fn limits(said: &[(&str, &str)]) -> Limits {
    Config::read(&Sources::only(said.iter().copied())).unwrap().limits
}

/// A floor in a time that stands still, open to everybody.
async fn floor(said: &[(&str, &str)]) -> (Floor, Arc<StillClock>) {
    let (mut options, clock) = (options(), StillClock::new());
    options.limits = limits(said);
    options.access.calls = CallsAuth::Open;
    (Floor::standing_still(options, clock.clone()).await, clock)
}

fn from(address: &str, path: &str) -> TestRequest {
    near(Method::GET, path).peer_addr(format!("{address}:50000").parse().unwrap())
}

/// The status of so many requests, one after another.
async fn asked<const N: usize>(floor: &Floor, request: impl Fn() -> TestRequest) -> [u16; N] {
    let mut statuses = [0; N];
    for status in &mut statuses {
        *status = floor.ask(request()).await.status;
    }
    statuses
}

fn too_often(answer: &Answer, limit: &str) {
    assert_eq!((answer.status, &*answer.problem()), (429, "too-many-requests"));
    assert_eq!((answer.json()["limit"].as_str(), answer.header("retry-after")), (Some(limit), Some("1")));
}

#[actix_web::test]
async fn an_address_that_asks_too_often_has_to_wait() {
    let (floor, clock) = floor(&SLOW).await;
    let ask = || from("192.0.2.7", "/calls/sessions/all");
    let first = floor.ask(ask()).await;
    assert_eq!(first.header("ratelimit-policy"), Some("\"address\";q=5;w=5"));
    assert_eq!(first.header("ratelimit"), Some("\"address\";r=4;t=1"));
    assert_eq!(asked(&floor, ask).await, [200, 200, 200, 200, 429, 429]);
    let refused = floor.ask(ask()).await;
    too_often(&refused, "address");
    assert_eq!(refused.header("ratelimit"), Some("\"address\";r=0;t=5"));
    assert_eq!(floor.ask(from("192.0.2.8", "/calls/sessions/all")).await.status, 200);
    // Whatever is asked for, and with whatever token, be it none that fits.
    too_often(&floor.ask(ask().insert_header(bearer(&json!({ "organizationId": 1 })))).await, "address");
    too_often(&floor.ask(ask().insert_header(with("nonsense"))).await, "address");
    assert_eq!(asked(&floor, || from("192.0.2.7", "/health/live")).await, [200; 10]);
    clock.pass(TimeDelta::seconds(2));
    assert_eq!(asked(&floor, ask).await, [200, 200, 429]);
}

#[actix_web::test]
async fn a_key_that_asks_too_often_has_to_wait_wherever_it_asks_from() {
    let (floor, clock) = floor(&SLOW).await;
    let (one, _) = key(&floor, "manager", &["calls", "auto-calling"]).await;
    let (other, _) = key(&floor, "manager", &["calls"]).await;
    let ask = |address: &str, key: &str| {
        floor.ask(from(address, "/auto-calling/campaigns").insert_header(with(key)))
    };
    for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        assert_eq!(ask(address, &one).await.status, 200);
    }
    too_often(&ask("192.0.2.4", &one).await, "key");
    // What is refused is counted like what is granted.
    for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        let answer = ask(address, &other).await;
        assert_eq!(answer.problem(), "scope-missing");
        assert!(answer.header("ratelimit").unwrap().contains("\"key\";r="), "{answer:?}");
    }
    too_often(&ask("192.0.2.4", &other).await, "key");
    // Streams and the feed ask who it is in a way of their own.
    for path in ["/events", "/events/stream", "/auth/me"] {
        too_often(&floor.ask(from("192.0.2.5", path).insert_header(with(&other))).await, "key");
    }
    clock.pass(TimeDelta::seconds(1));
    assert_eq!(ask("192.0.2.4", &one).await.status, 200);
    too_often(&ask("192.0.2.4", &one).await, "key");
}

#[actix_web::test]
async fn reports_and_this_machine_are_left_alone_unless_settings_say_otherwise() {
    let report = |peer: &str| {
        let body = json!({ "sessionId": "s-1", "phoneNumber": "+998901234567", "callStatus": "BUSY" });
        let request = near(Method::POST, "/calls/result").peer_addr(format!("{peer}:1").parse().unwrap());
        request.insert_header(bearer(&json!({ "organizationId": 1 }))).set_payload(body.to_string())
    };
    let me = || near(Method::GET, "/auth/me").insert_header(bearer(&json!({ "organizationId": 1 })));
    let (alone, _) = floor(&SLOW).await;
    alone.session("1", "s-1").await;
    assert_eq!(asked(&alone, || report("192.0.2.7")).await, [200; 10]);
    assert_eq!(asked(&alone, me).await, [200; 10]);
    // What comes through a proxy on this machine is its user's.
    let proxied = || me().insert_header(("x-forwarded-for", "203.0.113.9"));
    assert_eq!(asked(&alone, proxied).await, [200, 200, 200, 429]);
    let (all, _) = floor(&[SLOW[0], SLOW[1], ("RATE_LIMIT_EXEMPT", "nobody")]).await;
    all.session("1", "s-1").await;
    assert_eq!(asked(&all, || report("192.0.2.7")).await, [200, 200, 200, 429]);
    assert_eq!(
        asked(&all, || near(Method::GET, "/calls/sessions/all")).await,
        [200, 200, 200, 200, 200, 429]
    );
}

/// Whatever a proxy on this machine adds: nobody behind it is this machine.
#[actix_web::test]
async fn what_comes_through_a_proxy_on_this_machine_is_limited_as_it_comes() {
    const FIVE_AND_NO_MORE: [u16; 6] = [200, 200, 200, 200, 200, 429];
    let path = "/calls/sessions/all";
    let through = |name: &'static str, value: &'static str| {
        move || near(Method::GET, path).insert_header((name, value))
    };
    let (believing, _) = floor(&SLOW[1..]).await;
    // The default believes it.
    assert_eq!(asked(&believing, through("x-forwarded-for", "203.0.113.9")).await, FIVE_AND_NO_MORE);
    assert_eq!(asked(&believing, through("x-forwarded-for", "203.0.113.10")).await, FIVE_AND_NO_MORE);
    assert_eq!(
        asked(&believing, through("x-forwarded-for", "127.0.0.1")).await,
        FIVE_AND_NO_MORE,
        "or a lie"
    );
    // What tells no address is the proxy's, and this machine itself stays free.
    assert_eq!(asked(&believing, through("via", "1.1 proxy")).await, [429; 6], "the same address as before");
    assert_eq!(asked(&believing, || near(Method::GET, path)).await, [200; 10]);
    let (doubting, _) = floor(&[SLOW[1], ("TRUSTED_PROXIES", "none")]).await;
    assert_eq!(asked(&doubting, through("x-forwarded-for", "203.0.113.9")).await, FIVE_AND_NO_MORE);
    too_often(&doubting.ask(through("x-forwarded-for", "203.0.113.10")()).await, "address");
}

#[actix_web::test]
async fn a_page_reads_that_it_has_to_wait() {
    let (floor, _) = floor(&SLOW[1..]).await;
    let page = ("origin", "http://localhost:5173");
    let preflight = || {
        let asked = TestRequest::with_uri("/calls/sessions/all").method(Method::OPTIONS).insert_header(page);
        asked
            .peer_addr("192.0.2.7:50000".parse().unwrap())
            .insert_header(("access-control-request-method", "GET"))
    };
    // Asking whether one may ask costs nothing.
    assert_eq!(asked(&floor, preflight).await, [200; 10]);
    let ask = || from("192.0.2.7", "/calls/sessions/all").insert_header(page);
    assert_eq!(asked(&floor, ask).await, [200, 200, 200, 200, 200, 429]);
    let refused = floor.ask(ask()).await;
    too_often(&refused, "address");
    assert_eq!(refused.header("access-control-allow-origin"), Some(page.1));
    let exposed = refused.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("retry-after") && exposed.contains("ratelimit"), "{exposed}");
    assert_eq!(asked(&floor, preflight).await, [200; 3]);
    // So does a page whose address no store can hold.
    let strange = floor.ask(from("192.0.2.8", "/calls/history?phone=%00").insert_header(page)).await;
    assert_eq!((strange.status, strange.header("access-control-allow-origin")), (400, Some(page.1)));
}

#[actix_web::test]
async fn whoever_is_behind_a_trusted_proxy_is_counted_alone() {
    let (floor, _) = floor(&[SLOW[1], ("TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8")]).await;
    let through = |proxy: &str, client: &str| {
        from(proxy, "/calls/sessions/all").insert_header(("x-forwarded-for", client))
    };
    assert_eq!(asked(&floor, || through("127.0.0.1", "203.0.113.9")).await, [200, 200, 200, 200, 200, 429]);
    assert_eq!(floor.ask(through("10.0.0.3", "203.0.113.9")).await.status, 429, "by whichever proxy");
    assert_eq!(
        floor.ask(through("127.0.0.1", "198.51.100.1, 203.0.113.9")).await.status,
        429,
        "whatever it says"
    );
    assert_eq!(floor.ask(through("127.0.0.1", "203.0.113.10")).await.status, 200);
    // A stranger's word changes nothing.
    for client in ["203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4", "203.0.113.5"] {
        assert_eq!(floor.ask(through("192.0.2.7", client)).await.status, 200);
    }
    too_often(&floor.ask(through("192.0.2.7", "203.0.113.6")).await, "address");
}

#[actix_web::test]
async fn wrong_passwords_are_counted_by_the_address_behind_a_trusted_proxy() {
    let (floor, _) = floor(&[("TRUSTED_PROXIES", "127.0.0.1")]).await;
    let attempt = |client: &str, name: usize| {
        let body = json!({ "username": format!("user-{name}"), "password": "wrong password" });
        let request = near(Method::POST, "/auth/login").insert_header(("x-forwarded-for", client));
        floor.ask(request.set_payload(body.to_string()))
    };
    let mut statuses = vec![];
    for name in 0..22 {
        statuses.push(attempt("203.0.113.9", name).await.status);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 2, "{statuses:?}");
    assert_eq!(attempt("203.0.113.10", 23).await.status, 401);
}

#[actix_web::test]
async fn off_is_as_often_as_they_like() {
    let (floor, _) = floor(&[("RATE_LIMIT_PER_KEY", "off"), ("RATE_LIMIT_PER_ADDRESS", "off")]).await;
    let ask = || from("192.0.2.7", "/auth/me").insert_header(bearer(&json!({ "organizationId": 1 })));
    assert_eq!(floor.ask(ask()).await.header("ratelimit"), None);
    assert_eq!(asked(&floor, ask).await, [200; 50]);
}
