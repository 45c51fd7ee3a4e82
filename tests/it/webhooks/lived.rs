//! Endpoints as they are lived with: what arrives, under which signatures, and after a crash.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::json;

use super::receiver::{Got, Receiver};
use super::{Manager, allow, report, until};
use crate::python;
use crate::world::World;

/// What the receivers' own library says of each message.
fn verdicts(messages: &[(&Got, &str)]) -> Vec<String> {
    // Two tests that install it at the same time would be in each other's way.
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    let python = PYTHON.get_or_init(|| python::with("webhooks-python", "tests/it/webhooks/requirements.txt"));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/webhooks/verify.py");
    let mut verify = Command::new(python);
    let mut verify = verify.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = verify.stdin.take().unwrap();
    for (got, secret) in messages {
        let body = STANDARD.encode(&got.body);
        writeln!(lines, "{}", json!({ "secret": secret, "headers": got.headers, "body": body })).unwrap();
    }
    drop(lines);
    let out = verify.wait_with_output().unwrap();
    assert!(out.status.success());
    String::from_utf8(out.stdout).unwrap().lines().map(ToOwned::to_owned).collect()
}

async fn signed_events_arrive_once(mut world: World) {
    let receiver = Receiver::willing();
    allow(&mut world);
    world.start().await;
    let manager = Manager::of(&world);
    let (path, secret) = manager.register(&receiver.url(), &["call.reported"]).await;
    assert!(secret.starts_with("whsec_"), "{secret}");
    report(&world, "session-1738862891234-abc123", 0..3).await;
    until("three calls", async || receiver.got().len() >= 3).await;

    let got = receiver.got();
    for one in &got {
        let (told, text) = (one.json(), String::from_utf8(one.body.clone()).unwrap());
        assert_eq!((&told["type"], &told["data"]["kind"]), (&json!("call.reported"), &json!("call")));
        // What is sent is what the feed tells, and that without a word of a person.
        let feed = manager.get(&format!("/events?from={}&limit=1", one.position())).await;
        assert_eq!(told["data"], feed[0]);
        assert_eq!(told["timestamp"], feed[0]["occurredAt"]);
        assert!(!text.contains("+9989") && !text.contains("Alisher"), "{text}");
    }
    let (status, rotated) = manager.ask(Method::POST, &format!("{path}/secret"), None).await;
    assert_eq!(status, 200, "{rotated}");
    let new = rotated["secret"].as_str().unwrap();
    report(&world, "session-1738862891234-abc123", 3..4).await;
    until("a fourth call", async || receiver.got().len() >= 4).await;
    let got = receiver.got();
    let last = &got[3];
    assert_eq!(last.headers["webhook-signature"].split(' ').count(), 2, "{last:?}");
    let mut forged = got[0].clone();
    forged.body.push(b' ');
    let said = verdicts(&[
        (&got[0], &secret),
        (&got[1], &secret),
        (last, &secret),
        (last, new),
        (&got[0], new),
        (&forged, &secret),
    ]);
    let good = said.iter().map(|verdict| verdict == "good call.reported").collect::<Vec<_>>();
    assert_eq!(good, [true, true, true, true, false, false], "{said:?}");

    // In order, each once, and the log says so; the secret is shown nowhere.
    let positions: Vec<u64> = got.iter().map(Got::position).collect();
    assert!(positions.iter().collect::<BTreeSet<_>>().len() == 4, "{positions:?}");
    let log = manager.get(&format!("{path}/deliveries")).await;
    let told = log.as_array().unwrap();
    assert_eq!(told.len(), 4, "{log}");
    assert!(told.iter().all(|one| one["state"] == "delivered" && one["status"] == 204 && one["tries"] == 1));
    assert!(told[0]["position"].as_u64() > told[3]["position"].as_u64(), "{log}");
    let everything = format!(
        "{log}{}{}",
        manager.get(&path).await,
        manager.get("/events?types=webhook_endpoint.registered").await
    );
    assert!(!everything.contains(&secret) && !everything.contains("+998"), "{everything}");
    receiver.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_events_arrive_once_on_sqlite() {
    signed_events_arrive_once(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_events_arrive_once_on_postgres() {
    signed_events_arrive_once(World::postgres().await).await;
}

/// The power goes in the middle of it: nothing is lost, and what comes twice is the same twice.
async fn a_crash_loses_nothing(mut world: World) {
    const CALLS: u32 = 120;
    let receiver = Receiver::start(|_| (200, Duration::from_millis(60)));
    allow(&mut world);
    world.start().await;
    let (path, _) = Manager::of(&world).register(&receiver.url(), &["call"]).await;
    report(&world, "session-1738862891234-abc123", 0..CALLS).await;
    until("some of them", async || receiver.got().len() >= 20).await;
    world.kill();
    let before = receiver.got().len();
    assert!(before < usize::try_from(CALLS).unwrap(), "the crash came too late: {before}");
    world.start().await;
    let wanted: BTreeSet<u64> = world
        .events()
        .iter()
        .filter(|event| event["kind"] == "call")
        .map(|event| event["position"].as_u64().unwrap())
        .collect();
    let arrived = || receiver.got().iter().map(Got::position).collect::<BTreeSet<u64>>();
    until("all of them", async || arrived() == wanted).await;
    let mut ids: BTreeMap<u64, BTreeSet<(String, Vec<u8>)>> = BTreeMap::new();
    for got in receiver.got() {
        ids.entry(got.position()).or_default().insert((got.id().to_owned(), got.body));
    }
    assert!(ids.values().all(|seen| seen.len() == 1), "an event came under two ids");
    let manager = Manager::of(&world);
    until("its place", async || manager.get(&path).await["behind"].as_u64().unwrap() < 10).await;
    assert_eq!(manager.get(&path).await["waiting"], 0);
    receiver.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_loses_nothing_on_sqlite() {
    a_crash_loses_nothing(World::sqlite()).await;
}

/// The node that sends is killed: the other one goes on in a few seconds.
#[tokio::test(flavor = "multi_thread")]
async fn when_the_node_that_sends_is_gone_another_one_does() {
    let receiver = Receiver::willing();
    let mut world = World::postgres().await;
    allow(&mut world);
    world.start().await;
    let _ = Manager::of(&world).register(&receiver.url(), &["call.reported"]).await;
    report(&world, "session-1738862891234-abc123", 0..1).await;
    until("the first", async || receiver.got().len() == 1).await;
    let mut other = world.beside();
    other.start().await;
    world.kill();
    let killed = Instant::now();
    report(&other, "session-1738862891234-abc123", 1..2).await;
    until("the second", async || receiver.got().len() == 2).await;
    // Five seconds, and enough for a loaded machine.
    assert!(killed.elapsed() < Duration::from_secs(12), "{:?}", killed.elapsed());
    receiver.stop().await;
}

/// Two nodes share the store: one of them sends, and each event once.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_nodes_one_sends() {
    const CALLS: u32 = 40;
    let receiver = Receiver::willing();
    let mut world = World::postgres().await;
    allow(&mut world);
    world.start().await;
    let mut other = world.beside();
    other.start().await;
    let _ = Manager::of(&world).register(&receiver.url(), &["call.reported"]).await;
    for (node, numbers) in [(&world, 0..CALLS / 2), (&other, CALLS / 2..CALLS)] {
        report(node, "session-1738862891234-abc123", numbers).await;
    }
    let count = usize::try_from(CALLS).unwrap();
    until("all of them", async || receiver.got().len() >= count).await;
    // Whoever sends beside the other would have done it by now.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let ids: BTreeSet<String> = receiver.got().iter().map(|got| got.id().to_owned()).collect();
    assert_eq!((ids.len(), receiver.got().len()), (count, count));
    receiver.stop().await;
}
