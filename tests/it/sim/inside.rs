//! The simulated call server inside an engine, as `make run` has it: it reports to its own engine's door, with what that door asks for.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{PATIENCE, everybody_is_accounted_for, numbers, start};
use crate::world::{World, report};

const SECRET: &str = "the call server's secret";

/// A list that lies where an upload puts it.
fn placed(world: &World, list: &str) {
    let folder = world.data().join("simulated");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("numbers.txt"), list).unwrap();
}

async fn until_reported(world: &World, session: &str, list: &str) {
    let began = Instant::now();
    let path = format!("/calls/session/{session}");
    while world.json(&path).await["processedNumbers"] != list.lines().count() {
        assert!(began.elapsed() < PATIENCE, "{} {}", world.json(&path).await, world.said());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// As `make run` has it, and on whatever port was free.
#[tokio::test(flavor = "multi_thread")]
async fn a_simulated_host_reports_to_its_own_engine() {
    let (mut world, list) = (World::sqlite(), numbers(12));
    placed(&world, &list);
    for (name, value) in
        [("REMOTE_HOST", "simulated"), ("PORT", "0"), ("LOG", "info"), ("UNKNOWN_SESSION", "404")]
    {
        world.set(name, value);
    }
    world.spawn();
    let began = Instant::now();
    world.port = loop {
        let said = world.said();
        let found = said.split("listens at http://127.0.0.1:").nth(1).and_then(|rest| rest.lines().next());
        if let Some(port) = found {
            break port.trim().parse().unwrap();
        }
        assert!(began.elapsed() < PATIENCE, "{said}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    world.until_ready().await;
    let session = start(&world).await;
    until_reported(&world, &session, &list).await;
    everybody_is_accounted_for(&world, &session, &list).await;
    assert!(world.stop().success());
}

/// Whether the engine is killed or stopped, the next one dials the rest, and nobody again who was done.
async fn simulated_calls_go_on_with_the_next_engine(mut world: World) {
    let list = numbers(40);
    placed(&world, &list);
    world.set("REMOTE_HOST", "simulated");
    world.start().await;
    let session = start(&world).await;
    let path = format!("/calls/session/{session}");
    for (done, is_killed) in [(5, true), (15, false)] {
        let began = Instant::now();
        while world.json(&path).await["processedNumbers"].as_u64().unwrap() < done {
            assert!(began.elapsed() < PATIENCE, "{}", world.said());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        if is_killed {
            world.kill();
        } else {
            assert!(world.stop().success());
        }
        world.start().await;
    }
    until_reported(&world, &session, &list).await;
    let folder = world.data().join("simulated").join(format!("run-{session}"));
    let began = Instant::now();
    while folder.exists() {
        assert!(began.elapsed() < PATIENCE, "{}", world.said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let results = everybody_is_accounted_for(&world, &session, &list).await;
    // Five lines are cut off twice at most, and some busy lines were tried again.
    assert!(results.len() < 40 + 10 + 10, "{}", results.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn simulated_calls_go_on_with_the_next_engine_on_sqlite() {
    simulated_calls_go_on_with_the_next_engine(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn simulated_calls_go_on_with_the_next_engine_on_postgres() {
    simulated_calls_go_on_with_the_next_engine(World::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_reports_need_a_token_the_simulated_host_has_one() {
    let (mut world, list) = (World::sqlite(), numbers(8));
    placed(&world, &list);
    for (name, value) in [("REMOTE_HOST", "simulated"), ("WEBHOOK_AUTH", "token")] {
        world.set(name, value);
    }
    world.start().await;
    assert_eq!(world.report(&report("session-1-abc", 1)).await.unwrap().status(), 401);
    let session = start(&world).await;
    until_reported(&world, &session, &list).await;
    everybody_is_accounted_for(&world, &session, &list).await;
}

/// A report from somebody who knows the engine's token and another secret, or none.
async fn forged(world: &World, session: &str, secret: Option<&str>) -> (u16, Value) {
    let body = report(session, 1_000_000).to_string();
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut request = world.http.post(world.url("/calls/result")).bearer_auth(world.token());
    if let Some(secret) = secret {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let tag = STANDARD.encode(hmac::sign(&key, format!("m-1.{seconds}.{body}").as_bytes()));
        request = request.header("webhook-id", "m-1").header("webhook-timestamp", seconds);
        request = request.header("webhook-signature", format!("v1,{tag}"));
    }
    let answer = request.header("content-type", "application/json").body(body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Its reports are signed with the first of the live secrets; whoever has none of them is not heard.
#[tokio::test(flavor = "multi_thread")]
async fn where_reports_are_signed_the_simulated_host_signs_its_own() {
    let (mut world, list) = (World::sqlite(), numbers(8));
    placed(&world, &list);
    let secrets = format!("{SECRET},the secret before that one");
    for (name, value) in
        [("REMOTE_HOST", "simulated"), ("WEBHOOK_AUTH", "hmac"), ("WEBHOOK_SECRETS", &secrets)]
    {
        world.set(name, value);
    }
    world.start().await;
    let session = start(&world).await;
    until_reported(&world, &session, &list).await;
    everybody_is_accounted_for(&world, &session, &list).await;

    let before = world.json(&format!("/calls/session/{session}")).await;
    for (secret, code) in
        [(Some("a secret of somebody else"), "signature-invalid"), (None, "signature-missing")]
    {
        let (status, refused) = forged(&world, &session, secret).await;
        assert_eq!((status, &refused["code"]), (401, &code.into()), "{refused}");
    }
    let after = world.json(&format!("/calls/session/{session}")).await;
    assert_eq!(after["byStatus"], before["byStatus"]);
    // The same report with the right secret is taken, so that it was the signature that was refused.
    let (status, taken) = forged(&world, &session, Some(SECRET)).await;
    assert_eq!((status, &taken["sessionId"]), (200, &session.into()), "{taken}");
    assert!(!world.said().contains(SECRET), "no secret in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_ends_at_once_while_its_simulated_calls_go_on() {
    let mut world = World::sqlite();
    placed(&world, &numbers(500));
    world.set("REMOTE_HOST", "simulated");
    world.start().await;
    let session = start(&world).await;
    let began = Instant::now();
    while world.json(&format!("/calls/session/{session}")).await["processedNumbers"] == 0 {
        assert!(began.elapsed() < PATIENCE, "{}", world.said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let asked = Instant::now();
    assert!(world.stop().success());
    assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
    assert!(world.said().contains("end early"), "and says so: {}", world.said());
}
