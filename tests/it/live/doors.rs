//! Who may watch: the token decides, the query may only agree, and whoever shows nothing sees what this machine may see.

use jsonwebtoken::{EncodingKey, Header};
use serde_json::{Value, json};

use super::{CALLS, CAMPAIGNS, Desk, Watch, socket, socket_with};
use crate::world::World;

const SECRET: &str = "a secret that is long enough to be one";

fn signed(secret: &str, claims: &Value) -> String {
    jsonwebtoken::encode(&Header::default(), claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

async fn key(desk: &Desk<'_>, scope: &str) -> String {
    let made = desk.post("/keys", &json!({ "name": scope, "role": "operator", "scopes": [scope] })).await;
    made["key"].as_str().unwrap().to_owned()
}

/// What became of each socket: `in`, or the code of what it was refused with.
async fn fates(world: &World, sockets: &[Value]) -> Vec<String> {
    let mut watch = Watch::open(world, &json!(sockets)).await;
    let fate = |watch: &Watch, client| {
        let refused = watch.of(client, "connect_error");
        let entered = watch.of(client, "position");
        match (refused.first(), entered.first()) {
            (Some(told), None) => {
                let (message, data) = (&told.data["message"], &told.data["data"]);
                let code = data["code"].as_str().unwrap_or_else(|| panic!("{told:?}")).to_owned();
                // The message names the code and says what is wrong, the data is the problem as REST tells it.
                assert_eq!(message, &format!("{code}: {}", data["detail"].as_str().unwrap()));
                assert_eq!((&data["message"], &told.data["active"]), (&data["detail"], &json!(false)));
                assert!(data["statusCode"].is_u64() && data["title"].is_string(), "{data}");
                Some(code)
            }
            (None, Some(_)) => Some("in".to_owned()),
            (None, None) => None,
            (Some(_), Some(_)) => panic!("refused and let in: {:?}", watch.last()),
        }
    };
    while (0..sockets.len()).any(|client| fate(&watch, client).is_none()) {
        watch.next().await;
    }
    (0..sockets.len()).map(|client| fate(&watch, client).unwrap()).collect()
}

fn bare(namespace: &str, more: &Value) -> Value {
    let mut socket = socket_with(namespace, "", more);
    socket.as_object_mut().unwrap().remove("auth");
    socket
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_what_it_is_for_and_a_refusal_says_why() {
    let mut world = World::sqlite();
    world.set("JWT_SECRET", SECRET);
    world.start().await;
    let admin = Desk::of(&world, "1", "admin");
    let good = signed(SECRET, &json!({ "organizationId": 1 }));
    let asks = |organization: &str| json!({ "query": { "organizationId": organization } });
    let expired =
        signed(SECRET, &json!({ "organizationId": "1", "exp": crate::http_world::in_seconds(-60) }));
    let (calls, campaigns, read, webhook) = (
        key(&admin, "calls").await,
        key(&admin, "auto-calling").await,
        key(&admin, "read").await,
        key(&admin, "webhook").await,
    );
    let cases = [
        (socket(CAMPAIGNS, &good), "in"),
        (socket_with(CAMPAIGNS, &good, &asks("1")), "in"),
        (socket_with(CAMPAIGNS, &good, &asks("2")), "bad-parameter"),
        (socket_with(CALLS, &good, &asks("2")), "bad-parameter"),
        (
            socket_with(CALLS, &good, &json!({ "auth": { "token": good, "organizationId": 2 } })),
            "bad-parameter",
        ),
        (
            socket(
                CAMPAIGNS,
                &signed("another secret that is long enough", &json!({ "organizationId": "1" })),
            ),
            "token-invalid",
        ),
        (socket(CALLS, "nonsense"), "token-invalid"),
        (socket_with(CALLS, "", &json!({ "auth": { "token": 7 } })), "token-invalid"),
        (socket(CAMPAIGNS, &expired), "token-expired"),
        (socket(CALLS, &expired), "token-expired"),
        (bare(CAMPAIGNS, &asks("1")), "token-missing"),
        (bare(CALLS, &json!({})), "in"),
        (bare(CALLS, &json!({ "transports": ["polling"] })), "in"),
        (bare(CALLS, &asks("1")), "in"),
        (bare(CALLS, &asks("2")), "bad-parameter"),
        // Whoever comes through a proxy is not this machine.
        (bare(CALLS, &json!({ "extraHeaders": { "x-forwarded-for": "203.0.113.9" } })), "token-missing"),
        (socket(CALLS, &calls), "in"),
        (socket(CAMPAIGNS, &calls), "scope-missing"),
        (socket(CAMPAIGNS, &campaigns), "in"),
        (socket(CALLS, &campaigns), "scope-missing"),
        (socket(CALLS, &read), "in"),
        (socket(CAMPAIGNS, &read), "in"),
        (socket(CALLS, &webhook), "scope-missing"),
        (socket(CALLS, &format!("{calls}x")), "token-invalid"),
    ];
    let (sockets, wanted): (Vec<Value>, Vec<&str>) = cases.into_iter().unzip();
    for (client, (fate, wanted)) in fates(&world, &sockets).await.iter().zip(wanted).enumerate() {
        assert_eq!(fate, wanted, "{}", sockets[client]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_watches_without_a_token_where_calls_need_one() {
    let mut world = World::sqlite();
    world.set("CALLS_AUTH", "token");
    world.start().await;
    let sockets = [bare(CALLS, &json!({})), bare(CAMPAIGNS, &json!({}))];
    assert_eq!(fates(&world, &sockets).await, ["token-missing", "token-missing"]);
    assert_eq!(world.get("/events/stream").await.status(), 401);
}

/// Pages of other origins poll with the browser's own checks; what they may read is said by `CORS_ORIGINS`.
#[tokio::test(flavor = "multi_thread")]
async fn pages_poll_from_origins_that_are_named_and_from_no_others() {
    let mut world = World::sqlite();
    world.set("CORS_ORIGINS", "https://dashboard.example.com");
    world.start().await;
    let url = world.url("/socket.io/?EIO=4&transport=polling");
    let from = |origin: &str| world.http.get(&url).header("origin", origin);
    let open = from("https://dashboard.example.com").send().await.unwrap();
    assert_eq!(open.headers()["access-control-allow-origin"], "https://dashboard.example.com");
    assert_eq!(open.headers()["access-control-allow-credentials"], "true");
    let text = open.text().await.unwrap();
    let sid = serde_json::from_str::<Value>(&text[1..]).unwrap()["sid"].as_str().unwrap().to_owned();
    let post = world
        .http
        .post(format!("{url}&sid={sid}"))
        .body("40")
        .header("origin", "https://dashboard.example.com");
    let posted = post.send().await.unwrap();
    assert_eq!(posted.headers()["access-control-allow-origin"], "https://dashboard.example.com");
    for method in ["GET", "POST"] {
        let preflight = world.http.request(reqwest::Method::OPTIONS, &url);
        let preflight = preflight
            .header("origin", "https://dashboard.example.com")
            .header("access-control-request-method", method);
        let allowed =
            preflight.header("access-control-request-headers", "content-type").send().await.unwrap();
        assert!(allowed.status().is_success(), "{}", allowed.status());
        assert_eq!(allowed.headers()["access-control-allow-credentials"], "true");
    }
    let refused = from("https://elsewhere.example.com").send().await.unwrap();
    assert!(!refused.headers().contains_key("access-control-allow-origin"), "{:?}", refused.headers());
    assert_eq!(refused.status(), 400);
}
