//! What was under way when the engine was killed: on SQLite nobody else can be at it, so that it goes on as soon as the engine is back.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::sshd::Sshd;
use crate::world::World;

/// Far less than a lease takes to run out, and enough for a loaded machine.
const SOON: Duration = Duration::from_secs(20);

async fn start_a_session(world: &World) -> String {
    let start = world.http.post(world.url("/calls/start")).json(&json!({})).send().await.unwrap();
    let answer: Value = start.json().await.unwrap();
    answer["sessionId"].as_str().unwrap().to_owned()
}

/// How the session stands once it is over, and that this was soon.
async fn over(world: &World, session: &str) -> Value {
    let began = Instant::now();
    loop {
        let shown = world.json(&format!("/calls/session/{session}")).await;
        if shown["isCompleted"] == true {
            return shown;
        }
        assert!(began.elapsed() < SOON, "{shown} {}", world.said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The far end is asked before its command has ended, and again when it has.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_was_under_way_is_asked_about_at_once() {
    let (server, mut world) = (Sshd::start(), World::sqlite());
    server.is_the_remote_host_of(&mut world);
    world.set("REMOTE_COMMAND", "echo x >>\"$HOME/runs\"; sleep 4");
    world.set("START_WAIT_SECONDS", "1");
    world.start().await;
    let session = start_a_session(&world).await;
    world.kill();
    world.start().await;
    let shown = over(&world, &session).await;
    assert_eq!(shown["status"], "COMPLETED", "{shown}");
    assert_eq!(std::fs::read_to_string(server.home().join("runs")).unwrap(), "x\n", "it was run once");
}

/// Nobody keeps how a command of this machine ended whose engine was killed: that much is said soon.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_tell_is_said_at_once() {
    let mut world = World::sqlite();
    world.set("REMOTE_HOST", "local");
    world.set("REMOTE_COMMAND", "echo x >>runs; sleep 2");
    world.set("START_WAIT_SECONDS", "1");
    world.start().await;
    let session = start_a_session(&world).await;
    world.kill();
    world.start().await;
    let shown = over(&world, &session).await;
    assert!(shown["errorMessage"].as_str().unwrap().contains("not run again"), "{shown}");
    assert_eq!(std::fs::read_to_string(world.folder.path().join("runs")).unwrap(), "x\n");
}
