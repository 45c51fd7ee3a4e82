//! How a session with a list ends before its numbers do, and what brings it back.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::counts;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_reaches_the_remote_host() {
    let mut world = World::sqlite().with_local_remote("echo started");
    let stopped = world.folder.path().join("stopped");
    // The first stop fails, as where no dialler is found; the second one succeeds.
    let command = format!(
        "if [ -e {0}.once ]; then echo {{sessionId}} > {0}; else touch {0}.once; echo none here >&2; exit 1; fi",
        stopped.display()
    );
    world.set("REMOTE_STOP_COMMAND", &command);
    world.start().await;
    world.upload("a.txt", b"+998901234567\n").await;
    let session = world.started(json!({})).await;
    let path = format!("/calls/session/{session}/stop");
    let (status, answer) = world.post(&path, json!({})).await;
    assert_eq!((status, &answer["code"]), (StatusCode::BAD_GATEWAY, &json!("not-stopped")), "{answer}");
    assert!(answer["detail"].as_str().unwrap().contains("none here"), "{answer}");
    assert_eq!(world.session(&session).await["status"], "RUNNING");
    let (status, answer) = world.post(&path, json!({})).await;
    assert_eq!(
        (status, &answer["status"], &answer["unreportedNumbers"]),
        (StatusCode::OK, &json!("COMPLETED"), &json!(1))
    );
    assert_eq!(std::fs::read_to_string(stopped).unwrap().trim(), session);
    assert_eq!(world.post(&path, json!({})).await.0, StatusCode::OK, "said twice it is heard once");
}

/// Decision 2: a session that failed goes on when a result comes.
async fn a_result_brings_back_what_was_given_up(world: World) {
    let mut world = world.with_local_remote("echo no line >&2; exit 3");
    world.start().await;
    world.upload("a.txt", b"+998901234567\n+998901234568\n").await;
    let (status, answer) = world.post("/calls/start", json!({})).await;
    assert_eq!(
        (status, &answer["ok"], &answer["code"]),
        (StatusCode::OK, &json!(false), &json!(3)),
        "{answer}"
    );
    let session = answer["sessionId"].as_str().unwrap();
    assert_eq!(world.session(session).await["status"], "FAILED");
    world.reported(session, "+998901234567", "ANSWERED").await;
    let back = world.session_when(session, |session| session["status"] == "RUNNING").await;
    assert_eq!(
        (&back["errorMessage"], &back["completedAt"], &back["hasError"]),
        (&Value::Null, &Value::Null, &json!(false))
    );
    world.reported(session, "+998901234568", "BUSY").await;
    let over = world.session_when(session, |session| session["isCompleted"] == true).await;
    assert_eq!((counts(&over), &over["status"]), ([2, 2, 1, 1, 0, 0], &json!("COMPLETED")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_brings_back_what_was_given_up_on_sqlite() {
    a_result_brings_back_what_was_given_up(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_brings_back_what_was_given_up_on_postgres() {
    a_result_brings_back_what_was_given_up(World::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_command_decides_its_return_completes() {
    let mut world = World::sqlite().with_local_remote("echo all dialled");
    world.set("SESSION_COMPLETION", "command");
    world.start().await;
    world.upload("a.txt", b"+998901234567\n").await;
    let session = world.started(json!({})).await;
    let over = world.session(&session).await;
    assert_eq!((&over["status"], &over["unreportedNumbers"]), (&json!("COMPLETED"), &json!(1)), "{over}");
}
