//! A remote host that several want at once: each session dials its own list, and nobody keeps the host for ever.

mod bed;
mod closed;
mod killed;
mod stuck;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::world::World;

fn world(command: &str) -> World {
    let mut world = World::sqlite();
    let path = world.folder.path().join("numbers.txt");
    world.set("REMOTE_HOST", "local");
    world.set("REMOTE_PATH", path.to_str().unwrap());
    world.set("REMOTE_COMMAND", command);
    world
}

async fn started(world: &World, body: Value) -> (StatusCode, Value) {
    let answer = world.http.post(world.url("/calls/start")).json(&body).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

/// Two lists, two sessions beside each other, again and again: each call server reads what its session has pinned.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_beside_each_other_dial_their_own_lists() {
    let mut world = world("cp numbers.txt got-{sessionId}");
    world.set("ALLOW_PARALLEL_SESSIONS", "true");
    world.start().await;
    let mut lists = vec![];
    for list in ["+998901234567\n", "+998907654321\n+998907654322\n"] {
        let (status, uploaded) = world.upload("a.txt", list.as_bytes()).await;
        assert_eq!(status, 200, "{uploaded}");
        lists.push((uploaded["uploadId"].clone(), list));
    }
    for _ in 0..6 {
        let start = |(id, list): &(Value, &'static str)| {
            let (body, list) = (json!({ "uploadId": id }), *list);
            let world = &world;
            async move { (started(world, body).await, list) }
        };
        for ((status, answer), list) in futures_util::future::join_all(lists.iter().map(start)).await {
            assert_eq!((status, &answer["code"]), (StatusCode::OK, &json!(0)), "{answer}");
            let got = world.folder.path().join(format!("got-{}", answer["sessionId"].as_str().unwrap()));
            assert_eq!(std::fs::read_to_string(got).unwrap(), list);
        }
    }
}

/// What is not understood must not ring everybody on the latest list.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_is_not_understood_starts_nothing() {
    let mut world = world("true");
    world.start().await;
    world.upload("a.txt", b"+998901234567\n").await;
    for body in [json!({ "statuses": ["BUSY"] }), json!({ "retry_of": "s" }), json!("s"), json!([]), json!(7)]
    {
        let (status, answer) = started(&world, body.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}: {answer}");
        assert_eq!((&answer["ok"], answer.get("sessionId")), (&json!(false), Some(&Value::Null)), "{answer}");
    }
    assert!(world.json("/calls/sessions/all").await.as_array().unwrap().is_empty());
    let (status, _) = started(&world, Value::Null).await;
    assert_eq!(status, StatusCode::OK);
}

/// A start whose client goes away is whole or nothing: the host is never taken for a session that nobody opened.
#[tokio::test(flavor = "multi_thread")]
async fn clients_that_go_away_lock_nobody_out() {
    use std::io::Write as _;
    let mut world = world("true");
    world.start().await;
    for round in 0..40_u64 {
        let mut client = std::net::TcpStream::connect(("127.0.0.1", world.port)).unwrap();
        client
            .write_all(b"POST /calls/start HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
            .unwrap();
        std::thread::sleep(std::time::Duration::from_micros(round * 100));
        drop(client);
    }
    let began = std::time::Instant::now();
    loop {
        let (status, answer) = started(&world, json!({})).await;
        if status == StatusCode::OK {
            break;
        }
        // One of them may be under way, and is then a session that can be looked at.
        let session = answer["sessionId"].as_str().unwrap();
        assert_eq!(world.get(&format!("/calls/session/{session}")).await.status(), 200, "{answer}");
        assert!(began.elapsed().as_secs() < 20, "{answer}");
    }
}

/// The host is taken before a list is made.
#[tokio::test(flavor = "multi_thread")]
async fn a_retry_that_is_refused_leaves_no_list() {
    let mut world = world("true");
    world.start().await;
    world.upload("a.txt", b"+998901234567\n").await;
    let (_, first) = started(&world, json!({})).await;
    for _ in 0..3 {
        let (status, answer) = started(&world, json!({ "retryOf": first["sessionId"] })).await;
        assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("remote-in-use")));
    }
    assert_eq!(world.json("/calls/uploads").await.as_array().unwrap().len(), 1);
}
