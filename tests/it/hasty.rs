//! Clients that do not stay: whoever goes away takes a look with them, and nothing that was begun; whoever reads slowly is waited for.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::contacts::Desk;
use crate::world::World;

const NUMBERS: u64 = 5_000;
const ROWS: usize = 30_000;
/// Longer than a peer of a socket may stand still.
const REST: Duration = Duration::from_secs(11);

fn connected(world: &World, request: &str) -> TcpStream {
    let address = world.url("").replace("http://", "");
    let mut stream = TcpStream::connect(address.trim_end_matches('/')).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

fn head(world: &World, method: &str, path: &str) -> String {
    let token = world.token();
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_goes_on_without_whoever_asked() {
    let mut world = World::sqlite();
    world.start().await;
    let phones: Vec<_> = (0..NUMBERS).map(|nth| format!("+99890{nth:07}")).collect();
    let body = json!({ "phones": phones }).to_string();
    let head = head(&world, "POST", "/auto-calling/do-not-call");
    let length = body.len();
    drop(connected(
        &world,
        &format!("{head}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"),
    ));
    let desk = Desk::of(&world, "1", "manager");
    let began = Instant::now();
    loop {
        let listed = desk.get("/do-not-call?limit=1").await["meta"]["total"].as_u64().unwrap();
        if listed == NUMBERS {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{listed} of {NUMBERS}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(world.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_an_export_slowly_gets_all_of_it() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "manager");
    let notes = "x".repeat(200);
    let rows: Vec<String> = (0..ROWS).map(|nth| format!("Ali,Valiyev,+99890{nth:07},{notes}\n")).collect();
    let (status, answer) = desk
        .import("a.csv", format!("firstName,lastName,phone,notes\n{}", rows.concat()).as_bytes(), "")
        .await;
    assert_eq!(status, 200, "{answer}");
    let head = head(&world, "GET", "/auto-calling/contacts/export?format=csv");
    let mut stream = connected(&world, &format!("{head}connection: close\r\n\r\n"));
    let mut text = vec![0; 1_024];
    let first = stream.read(&mut text).unwrap();
    text.truncate(first);
    tokio::time::sleep(REST).await;
    stream.read_to_end(&mut text).unwrap();
    assert!(text.ends_with(b"0\r\n\r\n"), "it was cut after {} bytes", text.len());
    assert!(text.len() > ROWS * notes.len());
    assert!(world.stop().success());
}
