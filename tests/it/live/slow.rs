//! R9 for the engine as it is started: clients that stop reading cost little, and their connections end by themselves.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::{Desk, token};
use crate::realtime::raw::Ws;
use crate::realtime::slow::held;
use crate::world::World;

const STUCK: usize = 12;
/// What one of them may hold, and what the engine's memory moves by without them.
const EACH: usize = (1 << 20) + (256 << 10);
const NOISE: usize = 16 << 20;

/// A socket that enters and never reads again.
async fn stuck_socket(world: &World, token: &str) -> Ws {
    let mut ws = Ws::open(world.port).await;
    ws.send(&format!("40/auto-calling,{}", json!({ "token": token }))).await;
    assert!(ws.text().await.starts_with("40/auto-calling,{"));
    ws
}

async fn stuck_stream(world: &World, token: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", world.port)).await.unwrap();
    let head =
        format!("GET /events/stream HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut first = [0; 12];
    stream.readable().await.unwrap();
    assert_eq!(stream.try_read(&mut first).unwrap(), 12);
    assert_eq!(&first, b"HTTP/1.1 200");
    stream
}

/// The memory that the engine holds, as the kernel counts it.
fn memory(world: &World) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", world.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() << 10
}

/// The most that was held while so many large pushes were told, by turns of several contacts.
async fn storm(desk: &Desk<'_>, contacts: &[String], pushes: usize) -> usize {
    let one = async |contact: &String| {
        let (path, mut most) = (format!("/auto-calling/contacts/{contact}"), 0);
        for number in 0..pushes / contacts.len() {
            let changes = json!({ "customData": { "number": number, "text": "x".repeat(60_000) } });
            desk.ask(Method::PATCH, &path, &changes).await;
            most = most.max(memory(desk.world));
        }
        most
    };
    let most = futures_util::future::join_all(contacts.iter().map(one)).await;
    most.into_iter().max().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_reading_costs_a_mebibyte_and_is_gone_within_ten_seconds() {
    let mut world = World::sqlite();
    world.start().await;
    let (desk, token) = (Desk::of(&world, "1", "manager"), token(&world, "1", "operator", &[]));
    let contacts =
        [desk.contact(1).await, desk.contact(2).await, desk.contact(3).await, desk.contact(4).await];
    let first = storm(&desk, &contacts, 120).await;
    // How much it moves by with nobody stuck.
    let before = storm(&desk, &contacts, 120).await.max(first);
    let (mut sockets, mut streams) = (vec![], vec![]);
    for _ in 0..STUCK {
        sockets.push(stuck_socket(&world, &token).await);
        streams.push(stuck_stream(&world, &token).await);
    }
    assert_eq!(held(world.port), 2 * STUCK);
    // Kernels take some megabytes for each before anything waits in the engine.
    let most = storm(&desk, &contacts, 120).await;
    // Caches of large contacts grow in any case.
    let (cost, grows) = (most.saturating_sub(before), before.saturating_sub(first));
    let most = grows + STUCK * EACH + NOISE;
    assert!(cost < most, "{} KiB after {} and {}", cost >> 10, first >> 10, before >> 10);
    let over = Instant::now();
    while held(world.port) > 0 {
        assert!(over.elapsed() < Duration::from_secs(10), "{} of {} are there", held(world.port), 2 * STUCK);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for ws in &mut sockets {
        assert!(ws.is_let_go().await);
    }
    drop(streams);
    // Whoever reads is told as ever.
    let mut reads = super::streams::Events::open(&world, &token, None).await;
    desk.contact(5).await;
    reads.until("contact-update").await;
}
