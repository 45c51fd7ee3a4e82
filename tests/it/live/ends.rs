//! Whoever may not watch any longer is let go of at once, and nobody else.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::streams::Events;
use super::{CALLS, CAMPAIGNS, Desk, Watch, socket, token};
use crate::world::{World, report};

const AT_ONCE: Duration = Duration::from_secs(1);
const PASSWORD: &str = "correct horse";

async fn login(world: &World, name: &str) -> String {
    let body = json!({ "username": name, "password": PASSWORD });
    let answer = world.http.post(world.url("/auth/login")).json(&body).send().await.unwrap();
    let said: Value = answer.json().await.unwrap();
    said["token"].as_str().unwrap_or_else(|| panic!("{said}")).to_owned()
}

async fn user(admin: &Desk<'_>, name: &str, role: &str) -> String {
    admin.post("/users", &json!({ "name": name, "role": role, "password": PASSWORD })).await;
    login(admin.world, name).await
}

/// Sockets in both namespaces and an event stream.
struct Seat {
    sockets: [usize; 2],
    stream: Events,
}

impl Seat {
    async fn ended(&mut self, watch: &mut Watch, since: Instant) {
        for socket in self.sockets {
            while watch.of(socket, "disconnect").is_empty() {
                watch.next().await;
            }
            let told = watch.of(socket, "disconnect")[0];
            assert_eq!(told.data, json!({ "reason": "io server disconnect", "active": false }));
            assert!(told.at - since < AT_ONCE, "{:?}", told.at - since);
        }
        self.stream.ended().await;
        assert!(since.elapsed() < AT_ONCE, "{:?}", since.elapsed());
    }
}

async fn who_is_sent_away_goes_at_once(mut world: World) {
    world.start().await;
    let admin = Desk::of(&world, "1", "admin");
    let (aziz, bobur) = (user(&admin, "aziz", "operator").await, user(&admin, "bobur", "operator").await);
    let (again, dilnoza) = (login(&world, "bobur").await, user(&admin, "dilnoza", "manager").await);
    let terms = json!({ "name": "x", "role": "operator", "scopes": ["calls", "auto-calling"] });
    let made = admin.post("/keys", &terms).await;
    let key = made["key"].as_str().unwrap();
    // Two users, one of whom has signed in twice, a key, and one who stays.
    let tokens = [aziz.as_str(), &bobur, &again, key, &dilnoza];
    let both = |token: &&str| [socket(CALLS, token), socket(CAMPAIGNS, token)];
    let sockets: Vec<Value> = tokens.iter().flat_map(both).collect();
    let mut watch = Watch::entered(&world, &json!(sockets)).await;
    let mut seats = vec![];
    for (number, token) in tokens.iter().enumerate() {
        let stream = Events::open(&world, token, None).await;
        seats.push(Seat { sockets: [2 * number, 2 * number + 1], stream });
    }

    let since = Instant::now();
    admin.ask(Method::PATCH, "/users/aziz", &json!({ "disabled": true })).await;
    seats[0].ended(&mut watch, since).await;

    let since = Instant::now();
    let out = world.http.post(world.url("/auth/logout")).bearer_auth(&bobur).send().await.unwrap();
    assert_eq!(out.status(), 204);
    seats[1].ended(&mut watch, since).await;

    let since = Instant::now();
    admin.ask(Method::DELETE, &format!("/keys/{}", made["id"].as_str().unwrap()), &Value::Null).await;
    seats[3].ended(&mut watch, since).await;

    // Those who stay are told what happens, and were never disturbed.
    world.report(&report("session-1738862891234-abc123", 1)).await.unwrap();
    admin.contact(1).await;
    for number in [2, 4] {
        let [calls, campaigns] = seats[number].sockets;
        for (client, event) in [(calls, "call-result"), (campaigns, "contact-update")] {
            while watch.of(client, event).is_empty() {
                watch.next().await;
            }
            assert!(watch.of(client, "disconnect").is_empty());
        }
        seats[number].stream.until("contact-update").await;
    }
    let gone = |client| watch.of(client, "call-result").len() + watch.of(client, "contact-update").len();
    assert_eq!([0, 1, 2, 3, 6, 7].map(gone), [0; 6]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_disabled_signed_out_or_revoked_goes_at_once_on_sqlite() {
    who_is_sent_away_goes_at_once(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_disabled_signed_out_or_revoked_goes_at_once_on_postgres() {
    who_is_sent_away_goes_at_once(World::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_and_streams_end_with_their_token() {
    let mut world = World::sqlite();
    world.start().await;
    let (brief, lasting) =
        (token(&world, "1", "operator", &["--ttl", "3s"]), token(&world, "1", "operator", &[]));
    let made = Instant::now();
    let sockets = json!([socket(CALLS, &brief), socket(CAMPAIGNS, &brief), socket(CALLS, &lasting)]);
    let mut watch = Watch::entered(&world, &sockets).await;
    let mut stream = Events::open(&world, &brief, None).await;
    for client in 0..2 {
        while watch.of(client, "disconnect").is_empty() {
            watch.next().await;
        }
        let told = watch.of(client, "disconnect")[0];
        assert_eq!(told.data["reason"], "io server disconnect");
        let lived = told.at - made;
        assert!(lived > Duration::from_millis(1_900) && lived < Duration::from_secs(4), "{lived:?}");
    }
    stream.ended().await;
    assert!(made.elapsed() < Duration::from_secs(4), "{:?}", made.elapsed());
    assert!(watch.of(2, "disconnect").is_empty());
}
