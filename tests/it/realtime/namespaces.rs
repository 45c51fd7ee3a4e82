//! Who comes in, for how long, and what they are told in which order.

use std::time::Duration;

use karnay::realtime::socket_io::Options;
use reqwest::StatusCode;
use serde_json::Value;

use super::raw::{Frame, Polling, Ws};
use super::stage::{Stage, quick, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_why_and_the_client_may_ask_again() {
    let stage = Stage::new(Options::default());
    let mut ws = Ws::open(stage.port).await;
    ws.send("40/custom,{\"token\":\"bad\"}").await;
    let refused = ws.text().await;
    let told: Value = serde_json::from_str(refused.strip_prefix("44/custom,").unwrap()).unwrap();
    assert_eq!(told, serde_json::json!({ "message": "Not authorized", "data": { "code": "unauthorized" } }));
    ws.send("40/nowhere,").await;
    assert_eq!(ws.text().await, "44/nowhere,{\"message\":\"Invalid namespace\"}");
    ws.send("40/custom,{\"token\":\"good\"}").await;
    assert!(ws.text().await.starts_with("40/custom,{\"sid\""));
    assert_eq!(stage.said(), ["asked /custom", "asked /custom", "in /custom"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_query_is_the_connections_whichever_namespace_asks() {
    let stage = Stage::new(Options::default());
    let mut ws = Ws::over(stage.port, "&organizationId=north%20one&organizationId=two").await;
    ws.text().await;
    for namespace in ["", "/custom,"] {
        ws.send(&format!("40{namespace}{{\"token\":\"t\"}}")).await;
        ws.text().await;
        ws.send(&format!("42{namespace}7[\"whoami\"]")).await;
        let answer = ws.text().await;
        let seen: Value =
            serde_json::from_str(answer.strip_prefix(&format!("43{namespace}7")).unwrap()).unwrap();
        assert_eq!(
            (&seen[0]["organizationId"], &seen[0]["peer"], &seen[0]["auth"]["token"]),
            (&"north one".into(), &"127.0.0.1".into(), &"t".into())
        );
    }
}

/// An answer that comes after its client is gone lets nobody in.
#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_while_being_asked_about_never_comes_in() {
    let stage = Stage::new(Options::default());
    for goodbye in ["1", "41"] {
        let polling = Polling::open(stage.port).await;
        assert_eq!(polling.post("40{\"slow\":300}").await, 200);
        assert_eq!(polling.post(goodbye).await, 200);
    }
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!((stage.said(), stage.server.sockets("/")), (vec!["asked /".to_owned(); 2], 0));
}

/// The client's own library does so when a page calls `disconnect` and `connect` in a row.
#[tokio::test(flavor = "multi_thread")]
async fn who_asks_anew_is_answered_once_for_the_newest() {
    let stage = Stage::new(Options::default());
    let mut ws = Ws::open(stage.port).await;
    ws.send("40{\"slow\":200,\"token\":\"bad\"}").await;
    // Whoever asks anew before that was begun is asked about once.
    stage.says("asked /").await;
    ws.send("40{\"slow\":300}").await;
    assert!(ws.text().await.starts_with("40{"));
    // Who is in stays in until the answer comes, so that nothing said meanwhile is lost.
    ws.send("40{\"slow\":100}").await;
    ws.send("42[\"say\",1]").await;
    assert_eq!(ws.text().await, "42[\"echoed\",1]");
    assert!(ws.text().await.starts_with("40{"));
    stage.says("out / ByClient").await;
    until("the newest", || stage.said().len() == 6).await;
    assert_eq!(stage.said(), ["asked /", "asked /", "in /", "asked /", "out / ByClient", "in /"]);
    assert_eq!(stage.server.sockets("/"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_answer_holds_up_neither_heartbeats_nor_other_namespaces() {
    let stage = Stage::new(quick());
    let mut ws = Ws::open(stage.port).await;
    ws.send("40/custom,{\"slow\":900}").await;
    ws.send("40").await;
    assert!(ws.text().await.starts_with("40{"));
    loop {
        match ws.text().await.as_str() {
            "2" => ws.send("3").await,
            other => break assert!(other.starts_with("40/custom,{"), "{other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_ends_with_its_token_and_the_connection_goes_on() {
    let stage = Stage::new(Options::default());
    let mut ws = Ws::enter(stage.port, "{\"rooms\":[\"r\"]}").await;
    ws.send("40/custom,{\"lasts\":200}").await;
    assert!(ws.text().await.starts_with("40/custom,"));
    assert_eq!(ws.text().await, "41/custom,");
    stage.says("out /custom ByServer").await;
    // What was under way when it ended is no offence.
    ws.send("42/custom,[\"say\",1]").await;
    ws.send("41/custom,").await;
    assert_eq!(stage.push("r", 1), 1);
    assert_eq!(ws.text().await, "42[\"news\",1]");
    ws.send("40/custom,").await;
    assert!(ws.text().await.starts_with("40/custom,"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_application_ends_whom_it_names_and_nobody_else() {
    let stage = Stage::new(Options::default());
    let mut disabled = Ws::enter(stage.port, "{\"user\":\"one\",\"rooms\":[\"r\"]}").await;
    let mut other = Ws::enter(stage.port, "{\"user\":\"two\",\"rooms\":[\"r\"]}").await;
    until("both", || stage.server.sockets("/") == 2).await;
    let of_one = |seen: &Value| seen["auth"]["user"] == "one";
    assert_eq!(stage.server.disconnect_where::<Value>("/", of_one), 1);
    assert_eq!(stage.push("r", 1), 1);
    assert_eq!((disabled.text().await.as_str(), other.text().await.as_str()), ("41", "42[\"news\",1]"));
    stage.says("out / ByServer").await;
    assert_eq!(stage.server.disconnect_where::<Value>("/nowhere", |_| true), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_no_use_is_closed() {
    let stage = Stage::new(Options { unused_wait: Duration::from_millis(300), ..Options::default() });
    let mut used = Ws::enter(stage.port, "").await;
    let mut idle = Ws::open(stage.port).await;
    let mut refused = Ws::open(stage.port).await;
    refused.send("40{\"token\":\"bad\"}").await;
    assert!(refused.text().await.starts_with("44{"));
    assert_eq!(idle.frame().await, Frame::Close(1_001));
    assert_eq!(refused.frame().await, Frame::Close(1_001));
    used.send("42[\"say\",1]").await;
    assert_eq!(used.text().await, "42[\"echoed\",1]");
    used.send("41").await;
    assert_eq!(used.frame().await, Frame::Close(1_001));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_never_in_has_nothing_to_say() {
    let stage = Stage::new(Options::default());
    for said in ["42[\"say\"]", "41", "43[1]", "431[1]", "42/nowhere,[\"say\"]", "4", "47", "4abc"] {
        let mut ws = Ws::open(stage.port).await;
        ws.send(said).await;
        assert_eq!(ws.frame().await, Frame::Close(1_002), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_are_told_and_nobody_beside_them() {
    let stage = Stage::new(Options::default());
    let mut one = Ws::enter(stage.port, "{\"rooms\":[\"north\"]}").await;
    let mut two = Ws::enter(stage.port, "{\"rooms\":[\"south\"]}").await;
    until("both", || stage.server.sockets("/") == 2).await;
    assert_eq!(stage.push("south", 1), 1);
    one.send("42[\"join\",\"south\"]").await;
    one.send("42[\"leave\",\"north\"]").await;
    one.send("421[\"done\"]").await;
    assert_eq!(one.text().await, "431[]");
    assert_eq!((stage.push("south", 2), stage.push("north", 3)), (2, 0));
    assert_eq!(one.text().await, "42[\"news\",2]");
    assert_eq!(
        (two.text().await, two.text().await),
        ("42[\"news\",1]".to_owned(), "42[\"news\",2]".to_owned())
    );
}

/// The join of what was missed and what is new: in order, each once.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_comes_first_and_nothing_twice() {
    let stage = Stage::new(Options::default());
    let mut ws = Ws::enter(stage.port, "{\"rooms\":[\"r\"],\"history\":5}").await;
    stage.says("in /").await;
    until("in the room", || stage.push("r", 3) == 1).await;
    // Told while the history is read: some of it is in the history already.
    for number in 4..=8 {
        stage.push("r", number);
    }
    stage.play.gate.notify_one();
    for wanted in 1..=8 {
        assert_eq!(ws.text().await, format!("42[\"news\",{wanted}]"));
    }
    stage.push("r", 9);
    assert_eq!(ws.text().await, "42[\"news\",9]");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_judged_now_has_to_connect_anew() {
    let stage = Stage::new(Options::default());
    let mut ws = Ws::open(stage.port).await;
    ws.send("40{\"token\":\"later\"}").await;
    assert_eq!(ws.frame().await, Frame::Close(1_001), "a client stays away for good where it is told why");
    let polling = Polling::open(stage.port).await;
    assert_eq!(polling.post("40{\"token\":\"later\"}").await, StatusCode::OK);
    polling.poll().await;
    assert_eq!(polling.poll().await.0, StatusCode::BAD_REQUEST);
}
