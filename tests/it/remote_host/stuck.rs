//! A host that takes what it is sent and never answers: nobody waits for it for ever, people read what to check, and it can be had again.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::json;

use super::bed::{Bed, ON_ITS_WAY, list};
use crate::world::World;

/// Each single step with the host has ten seconds.
const GIVEN_UP_WITHIN: Duration = Duration::from_secs(20);

/// Stopped after so much of the connection that places a session's list, the start fails with these words.
async fn a_stuck_host_fails_the_start(stopped_after: u64, words: &str) {
    let bed = Bed::on(World::sqlite()).await;
    let list = list("+99890");
    bed.uploaded(&list).await;
    bed.wire.hold_after(stopped_after);
    let began = Instant::now();
    let (status, answer) = bed.started(json!({})).await;
    assert!(began.elapsed() < GIVEN_UP_WITHIN, "{:?}", began.elapsed());
    assert_eq!((status, &answer["ok"]), (StatusCode::BAD_GATEWAY, &json!(false)), "{answer}");
    let stuck = answer["sessionId"].as_str().unwrap();
    let shown = bed.world.json(&format!("/calls/session/{stuck}")).await;
    let words = words.replace("HOST", &format!("127.0.0.1:{}", bed.wire.port));
    assert_eq!((&shown["status"], &shown["errorMessage"]), (&json!("FAILED"), &json!(words)));

    // Nobody has it any more: who comes next comes as far, and once it answers again, through.
    let (status, again) = bed.started(json!({})).await;
    assert_eq!((status, &again["code"]), (StatusCode::BAD_GATEWAY, &json!("remote-unreachable")), "{again}");
    bed.wire.let_go();
    let (status, next) = bed.started(json!({})).await;
    assert_eq!((status, &next["ok"]), (StatusCode::OK, &json!(true)), "{next}");
    let next = next["sessionId"].as_str().unwrap();
    assert!(bed.dialled(next) == list && bed.file() == list, "it dials its list");
    assert_eq!(bed.launched(), [next], "and what was given up is not made up for");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_never_greets_fails_the_start() {
    let words = "SSH connection error: HOST takes connections but says nothing for 10 s. \
                 Check REMOTE_PORT, and how busy its SSH server is";
    a_stuck_host_fails_the_start(0, words).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_falls_silent_on_the_way_fails_the_start() {
    let words = "SSH connection error: Connection to HOST lost during the upload; the list before is untouched. \
                 Check network and the SSH server's log";
    a_stuck_host_fails_the_start(ON_ITS_WAY, words).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_to_a_stuck_host_is_kept_and_lets_the_next_start_through() {
    let bed = Bed::on(World::sqlite()).await;
    let list = list("+99890");
    bed.wire.hold_after(ON_ITS_WAY);
    let began = Instant::now();
    let (status, answer) = bed.world.upload("list.txt", list.as_bytes()).await;
    assert!(began.elapsed() < GIVEN_UP_WITHIN, "{:?}", began.elapsed());
    assert_eq!(
        (status, &answer["code"]),
        (StatusCode::BAD_GATEWAY, &json!("remote-unreachable")),
        "{answer}"
    );
    assert!(
        answer["detail"].as_str().unwrap().starts_with("SSH connection error: Connection to "),
        "{answer}"
    );
    assert_eq!(bed.file(), "", "nothing lies there by half");
    bed.wire.let_go();
    let (status, started) = bed.started(json!({ "uploadId": answer["uploadId"] })).await;
    assert_eq!((status, &started["ok"]), (StatusCode::OK, &json!(true)), "{started}");
    assert!(bed.dialled(started["sessionId"].as_str().unwrap()) == list, "it dials its list");
}
