//! Clients that do not read, and bursts for those that do.

use std::time::{Duration, Instant};

use karnay::realtime::socket_io::{Options, Payload, Push};
use serde_json::Value;

use super::raw::Ws;
use super::stage::{Stage, until};

/// Actix would flush for ever what such a peer does not take, so its connection is the kernel's to end.
#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_is_let_go_connection_and_all() {
    let stage = Stage::new(Options::default());
    let mut stuck = Ws::enter(stage.port, "{\"rooms\":[\"r\"]}").await;
    until("in the room", || stage.push("r", 0) == 1).await;
    let push = Push::try_new("/", "news", &Payload::from(Value::from("x".repeat(100_000)))).unwrap();
    let began = Instant::now();
    until("too much", || stage.server.emit("r", &push) == 0).await;
    stage.says("out / TooSlow").await;
    assert_eq!(stage.server.sockets("/"), 0);
    // It holds its end open and takes nothing; within ten seconds the other end is gone.
    until("the connection's end", || held(stage.port) == 0).await;
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
    assert!(stuck.is_let_go().await);
}

/// How many connections the server's side of a port still has, as the kernel counts them.
pub(crate) fn held(port: u16) -> usize {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let here = format!(":{port:04X}");
    let alive = |line: &&str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        // Those that no process holds any more have no inode.
        fields[1].ends_with(&here) && fields[3] != "0A" && fields[9] != "0"
    };
    table.lines().skip(1).filter(alive).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_socket_that_is_told_its_history_is_bounded_too() {
    let stage = Stage::new(Options::default());
    let mut ws = Ws::enter(stage.port, "{\"rooms\":[\"r\"],\"history\":1}").await;
    until("in the room", || stage.push("r", 0) == 1).await;
    let push = Push::try_new("/", "news", &Payload::from(Value::from("x".repeat(100_000)))).unwrap();
    let told = (0..20).filter(|_| stage.server.emit("r", &push) == 1).count();
    assert_eq!(told, 10);
    stage.says("out / TooSlow").await;
    assert!(ws.is_let_go().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_no_client_could_take_is_refused_to_whoever_tells_it() {
    let payload = Payload::from(Value::from("x".repeat(1_100_000)));
    assert!(Push::try_new("/", "news", &payload).is_err());
}

/// A contact import is such a loop.
#[tokio::test(flavor = "multi_thread")]
async fn a_burst_reaches_everybody_in_order() {
    const CLIENTS: usize = 50;
    const EVENTS: u64 = 1_000;
    let stage = Stage::new(Options::default());
    let mut clients = vec![];
    for _ in 0..CLIENTS {
        clients.push(Ws::enter(stage.port, "{\"rooms\":[\"r\"]}").await);
    }
    until("everybody", || stage.server.sockets("/") == CLIENTS).await;
    for number in 0..EVENTS {
        assert_eq!(stage.push("r", number), CLIENTS);
    }
    for ws in &mut clients {
        for number in 0..EVENTS {
            assert_eq!(ws.text().await, format!("42[\"news\",{number}]"));
        }
    }
}

/// What is asked for while earlier answers are under way.
#[tokio::test(flavor = "multi_thread")]
async fn answers_never_wait_for_the_next_heartbeat() {
    let stage = Stage::new(Options::default());
    for _ in 0..20 {
        let mut ws = Ws::enter(stage.port, "").await;
        for part in 1..=4 {
            ws.send("42[\"count\",1000]").await;
            tokio::time::sleep(Duration::from_millis(part)).await;
        }
        for index in 0..4_000 {
            assert_eq!(ws.text().await, format!("42[\"number\",{}]", index % 1_000));
        }
    }
}
