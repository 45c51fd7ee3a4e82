//! What was under way when the engine was killed: on SQLite nobody else can be at it, so that it goes on as soon as the engine is back.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::sshd::Sshd;
use crate::world::World;

/// Far less than a lease takes to run out, and enough for a loaded machine.
const SOON: Duration = Duration::from_secs(20);

async fn start(world: &World) -> (StatusCode, Value) {
    let start = world.http.post(world.url("/calls/start")).json(&json!({})).send().await.unwrap();
    (start.status(), start.json().await.unwrap())
}

async fn start_a_session(world: &World) -> String {
    let (_, answer) = start(world).await;
    answer["sessionId"].as_str().unwrap().to_owned()
}

/// Waits until the command has left a trace: what was not begun yet cannot be told about later.
async fn begun(home: &Path) {
    let began = Instant::now();
    while !home.join("runs").exists() {
        assert!(began.elapsed() < SOON, "the command does not begin");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// How the session stands once it is over, and that this was soon enough.
async fn over(world: &World, session: &str, within: Duration) -> Value {
    let began = Instant::now();
    loop {
        let shown = world.json(&format!("/calls/session/{session}")).await;
        if shown["isCompleted"] == true {
            return shown;
        }
        assert!(began.elapsed() < within, "{shown} {}", world.said());
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
    begun(&server.home()).await;
    world.kill();
    world.start().await;
    let shown = over(&world, &session, SOON).await;
    assert_eq!(shown["status"], "COMPLETED", "{shown}");
    assert_eq!(std::fs::read_to_string(server.home().join("runs")).unwrap(), "x\n", "it was run once");
}

/// So long a start is refused at least: more than what a lost command took to be given up, and a question over SSH to be asked twice.
const HELD_FOR: Duration = Duration::from_secs(8);
/// Begins, and ends badly when it is told to, or when its folder is gone.
const UNTIL_TOLD: &str = "echo begin >>\"{home}/runs\"; while [ -e \"{home}/runs\" ] && [ ! -e \"{home}/go\" ]; do sleep 0.05; done; echo no line >&2; exit 3";

/// Nobody is rung twice, and nobody waits a moment longer than the command.
async fn a_command_that_still_runs_keeps_the_host(mut world: World, home: &Path) {
    world.set("REMOTE_COMMAND", &UNTIL_TOLD.replace("{home}", &home.display().to_string()));
    world.set("REMOTE_PATH", &home.join("numbers.txt").display().to_string());
    world.set("START_WAIT_SECONDS", "1");
    world.start().await;
    world.upload("a.txt", b"+998901234567\n").await;
    let session = start_a_session(&world).await;
    begun(home).await;
    world.kill();
    world.start().await;
    let back = Instant::now();
    while back.elapsed() < HELD_FOR {
        let (status, refused) = start(&world).await;
        let told = (status, &refused["code"], &refused["sessionId"]);
        assert_eq!(told, (StatusCode::CONFLICT, &json!("remote-in-use"), &json!(session)), "{refused}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let shown = world.json(&format!("/calls/session/{session}")).await;
    assert_eq!((&shown["status"], &shown["errorMessage"]), (&json!("RUNNING"), &Value::Null), "{shown}");
    let runs = || std::fs::read_to_string(home.join("runs")).unwrap();
    assert_eq!(runs(), "begin\n");

    std::fs::write(home.join("go"), "").unwrap();
    // Nodes on PostgreSQL wait until a lease has run out.
    let within = if world.postgres.is_some() { 4 * SOON } else { SOON };
    let shown = over(&world, &session, within).await;
    let why = shown["errorMessage"].as_str().unwrap();
    assert!(why.starts_with("Remote command failed: exit code 3"), "{shown}");
    let (status, next) = start(&world).await;
    assert_eq!((status, &next["code"]), (StatusCode::OK, &json!(3)), "{next}");
    assert_eq!(runs(), "begin\nbegin\n");
}

fn local(mut world: World) -> (World, PathBuf) {
    world.set("REMOTE_HOST", "local");
    let home = world.folder.path().to_owned();
    (world, home)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_of_this_machine_that_still_runs_keeps_the_host_on_sqlite() {
    let (world, home) = local(World::sqlite());
    a_command_that_still_runs_keeps_the_host(world, &home).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_of_this_machine_that_still_runs_keeps_the_host_on_postgres() {
    let (world, home) = local(World::postgres().await);
    a_command_that_still_runs_keeps_the_host(world, &home).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_over_ssh_that_still_runs_keeps_the_host() {
    let (server, mut world) = (Sshd::start(), World::sqlite());
    server.is_the_remote_host_of(&mut world);
    a_command_that_still_runs_keeps_the_host(world, &server.home()).await;
}

/// What it printed while the engine was away is there, too.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_command_said_meanwhile_is_shown() {
    let (mut world, home) = local(World::sqlite());
    world.set(
        "REMOTE_COMMAND",
        "echo begin; touch here; while [ -e here ] && [ ! -e go ]; do sleep 0.05; done; echo end",
    );
    world.set("START_WAIT_SECONDS", "1");
    world.start().await;
    let session = start_a_session(&world).await;
    world.kill();
    std::fs::write(home.join("go"), "").unwrap();
    world.start().await;
    let shown = over(&world, &session, SOON).await;
    assert_eq!((&shown["status"], &shown["remoteResponse"]), (&json!("COMPLETED"), &json!("begin\nend\n")));
}

/// As after a power cut: the engine is gone, and its command with it.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_tell_is_said_at_once() {
    let (mut world, home) = local(World::sqlite());
    world.set("REMOTE_COMMAND", "echo $PPID >group; echo x >>runs; sleep 60");
    world.set("START_WAIT_SECONDS", "1");
    world.start().await;
    let session = start_a_session(&world).await;
    world.kill();
    let group = std::fs::read_to_string(home.join("group")).unwrap();
    let kill = ["-c", "kill -s KILL -- -$1", "sh", group.trim()];
    assert!(Command::new("sh").args(kill).status().unwrap().success());
    world.start().await;
    let shown = over(&world, &session, SOON).await;
    assert!(shown["errorMessage"].as_str().unwrap().contains("not run again"), "{shown}");
    assert_eq!(std::fs::read_to_string(home.join("runs")).unwrap(), "x\n");
    assert_eq!(start(&world).await.0, StatusCode::OK, "and the host is free");
}

/// The far end has booted since: whatever has the number of the command by now is another process.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_boot_of_the_far_end_ended_is_said_at_once() {
    let (server, mut world) = (Sshd::start(), World::sqlite());
    server.is_the_remote_host_of(&mut world);
    world.set("REMOTE_COMMAND", "echo x >>\"$HOME/runs\"; sleep 10");
    world.set("START_WAIT_SECONDS", "1");
    world.start().await;
    let session = start_a_session(&world).await;
    begun(&server.home()).await;
    world.kill();
    let marks = std::fs::read_dir(server.home().join(".karnay")).unwrap();
    let marks: Vec<PathBuf> = marks.map(|mark| mark.unwrap().path()).collect();
    let [mark] = &marks[..] else { panic!("{marks:?}") };
    let text = std::fs::read_to_string(mark).unwrap();
    let (_, process) = text.split_once(' ').unwrap();
    std::fs::write(mark, format!("00000000-0000-0000-0000-000000000000 {process}")).unwrap();
    world.start().await;
    let shown = over(&world, &session, SOON).await;
    assert!(shown["errorMessage"].as_str().unwrap().contains("not run again"), "{shown}");
    assert_eq!(std::fs::read_to_string(server.home().join("runs")).unwrap(), "x\n");
}
