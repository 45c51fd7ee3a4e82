//! Every transport, two namespaces on one connection, and clients that come back: they are told what they missed, in order,
//! nothing twice, or to look anew.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use super::{CALLS, CAMPAIGNS, Desk, Watch, socket, socket_with, token};
use crate::world::{World, report};

const SESSION: &str = "session-1738862891234-abc123";

#[tokio::test(flavor = "multi_thread")]
async fn every_transport_is_told_and_two_namespaces_share_a_connection() {
    let mut world = World::sqlite();
    world.start().await;
    let (desk, token) = (Desk::of(&world, "1", "manager"), token(&world, "1", "operator", &[]));
    let sockets = json!([
        socket(CALLS, &token),
        socket_with(CALLS, &token, &json!({ "transports": ["polling"] })),
        socket_with(CALLS, &token, &json!({ "transports": ["polling", "websocket"] })),
        socket_with(CAMPAIGNS, &token, &json!({ "on": 2 })),
    ]);
    let mut watch = Watch::entered(&world, &sockets).await;
    if watch.of(2, "upgrade").is_empty() {
        watch.until(2, "upgrade").await;
    }
    let contact = desk.contact(1).await;
    let stored: Value = world.report(&report(SESSION, 1)).await.unwrap().json().await.unwrap();
    let told = watch.until(3, "contact-update").await;
    assert_eq!(told.data["id"], contact);
    for client in 0..3 {
        if watch.of(client, "call-result").is_empty() {
            watch.until(client, "call-result").await;
        }
        let results = watch.of(client, "call-result");
        assert_eq!((results.len(), &results[0].data["id"]), (1, &stored["id"]));
        assert!(watch.of(client, "contact-update").is_empty(), "what is told in the other namespace");
    }
    let transports: Vec<&Value> = (0..4).map(|client| &watch.of(client, "connect")[0].data).collect();
    assert_eq!((transports[0], transports[1]), (&json!("websocket"), &json!("polling")));
    watch.disconnect(3);
    assert_eq!(watch.until(3, "disconnect").await.data["reason"], "io client disconnect");
    world.report(&report(SESSION, 2)).await.unwrap();
    watch.until(2, "call-result").await;
}

/// What was acknowledged, in the order of its positions.
#[derive(Default)]
struct Acknowledged(Mutex<BTreeSet<String>>);

impl Acknowledged {
    /// Reports until the engine is gone, so many at once.
    async fn reports(&self, world: &World, next: &AtomicU32, most: u32) {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= most {
                return;
            }
            let Ok(answer) = world.report(&report(SESSION, number)).await else { return };
            let Ok(stored) = answer.json::<Value>().await else { return };
            self.0.lock().unwrap().insert(stored["id"].as_str().unwrap().to_owned());
        }
    }
}

async fn eight_report(world: &World, acknowledged: &Acknowledged, next: &AtomicU32, most: u32) {
    let all = (0..8).map(|_| acknowledged.reports(world, next, most));
    futures_util::future::join_all(all).await;
}

/// Nothing is told twice or out of order, and everything that was acknowledged is told.
fn exactly(watch: &Watch, client: usize, acknowledged: &Acknowledged) -> Result<(), String> {
    let results = watch.of(client, "call-result");
    let ids: Vec<&str> = results.iter().map(|told| told.data["id"].as_str().unwrap()).collect();
    let (distinct, positions): (BTreeSet<&str>, Vec<u64>) =
        (ids.iter().copied().collect(), results.iter().map(|told| told.position()).collect());
    if distinct.len() != ids.len() || !positions.is_sorted() {
        return Err(format!("told twice, or out of order: {positions:?}"));
    }
    let acknowledged = acknowledged.0.lock().unwrap();
    let missing = acknowledged.iter().filter(|id| !distinct.contains(id.as_str())).count();
    if missing > 0 { Err(format!("{missing} of {} are missing", acknowledged.len())) } else { Ok(()) }
}

/// One is connected all along, one was away before the engine was killed, both go on where they were.
async fn who_comes_back_misses_nothing(mut world: World) {
    world.start().await;
    let token = token(&world, "1", "operator", &[]);
    let follows = socket_with(CALLS, &token, &json!({ "follows": true }));
    let mut watch = Watch::entered(&world, &json!([follows, follows])).await;
    let (acknowledged, next) = (Acknowledged::default(), AtomicU32::new(0));
    eight_report(&world, &acknowledged, &next, 60).await;
    while watch.of(0, "call-result").len() < 60 || watch.of(1, "call-result").len() < 60 {
        watch.next().await;
    }
    watch.disconnect(1);
    watch.until(1, "disconnect").await;
    let pid = world.pid().to_string();
    let killed = async {
        while acknowledged.0.lock().unwrap().len() < 400 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        assert!(std::process::Command::new("/bin/kill").args(["-KILL", &pid]).status().unwrap().success());
    };
    tokio::join!(killed, eight_report(&world, &acknowledged, &next, 10_000));
    world.kill();
    world.start().await;
    watch.connect(1, &json!({}));
    let last = report(SESSION, 20_000);
    let stored: Value = world.report(&last).await.unwrap().json().await.unwrap();
    acknowledged.0.lock().unwrap().insert(stored["id"].as_str().unwrap().to_owned());
    for client in 0..2 {
        while !watch.of(client, "call-result").iter().any(|told| told.data["id"] == stored["id"]) {
            watch.next().await;
        }
        assert!(watch.of(client, "resync").is_empty(), "client {client}: {:?}", watch.of(client, "resync"));
        exactly(&watch, client, &acknowledged).unwrap_or_else(|why| panic!("client {client}: {why}"));
        assert_eq!(watch.of(client, "disconnect").len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_after_a_kill_misses_nothing_on_sqlite() {
    who_comes_back_misses_nothing(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_after_a_kill_misses_nothing_on_postgres() {
    who_comes_back_misses_nothing(World::postgres().await).await;
}

/// Five thousand contacts from a workbook lie further back than is looked through after a start.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_away_for_too_long_or_comes_from_elsewhere_is_told_to_look_anew() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = crate::contacts::Desk::of(&world, "1", "manager");
    let rows = (0..5_000).map(|n| format!("Ali,Valiyev,+99890{n:07}\n"));
    let workbook: String = std::iter::once("firstName,lastName,phone\n".to_owned()).chain(rows).collect();
    assert_eq!(desk.import("contacts.csv", workbook.as_bytes(), "").await.0, 200);
    world.kill();
    world.start().await;
    let token = token(&world, "1", "operator", &[]);
    let at = |position: Value| {
        socket_with(CALLS, &token, &json!({ "auth": { "token": token, "position": position } }))
    };
    let sockets = json!([at(json!(1)), at(json!(900_000_000)), at(json!("7")), at(json!("yesterday"))]);
    let mut watch = Watch::open(&world, &sockets).await;
    for client in 0..3 {
        if watch.of(client, "resync").is_empty() {
            watch.until(client, "resync").await;
        }
        assert!(watch.of(client, "resync")[0].position() > 5_000);
        assert!(watch.of(client, "position").is_empty());
    }
    let refused = match watch.of(3, "connect_error").first() {
        Some(told) => (*told).clone(),
        None => watch.until(3, "connect_error").await,
    };
    assert_eq!(
        (&refused.data["data"]["code"], &refused.data["data"]["parameter"]),
        (&json!("bad-parameter"), &json!("position"))
    );
}
