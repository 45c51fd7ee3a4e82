//! R5: ten thousand reports, at full size all at once, each said twice and in no order. All are taken, whoever is told to come back does,
//! and the session counts every number once, as its strongest.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::wire::Wire;
use crate::world::World;

const REPORTS: u64 = 10_000;
const NUMBERS: u64 = REPORTS / 4;
const SESSION: &str = "session-1738862891234-abc123";
/// The test's own files and what else it has open.
const OTHER_FILES: u64 = 500;

/// As many connections as reports, or as many as this process may have open.
fn as_many_as_reports() -> u64 {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let open = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let limit = open.split_whitespace().nth(3).unwrap().parse().unwrap_or(u64::MAX);
    REPORTS.min(limit.saturating_sub(OTHER_FILES) / 2)
}

/// Four reports of each number: busy and then answered, each said twice, in an order that has nothing to do with it.
fn request(index: u64) -> Vec<u8> {
    let shuffled = index * 7_919 % REPORTS;
    let (number, status) =
        (shuffled % NUMBERS, ["BUSY", "ANSWERED"][usize::try_from(shuffled / NUMBERS % 2).unwrap()]);
    let body =
        json!({ "sessionId": SESSION, "phoneNumber": format!("+99890{number:07}"), "callStatus": status });
    let body = body.to_string();
    let head = "POST /calls/result HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// Sends until it is taken, as a call server does. How often it was told to come back, and whether it had been said before.
async fn deliver(wire: &mut Wire, address: SocketAddr, index: u64) -> (u64, bool) {
    let (request, mut turned_away) = (request(index), 0);
    loop {
        let Ok(answer) = wire.exchange(&request).await else {
            // A connection that was silent for too long is closed, and a call server opens another.
            *wire = Wire::connect(address).await.unwrap();
            continue;
        };
        match answer.status {
            200 => {
                let stored: Value = serde_json::from_slice(answer.body).unwrap();
                return (turned_away, stored["duplicate"] == true);
            }
            503 => turned_away += 1,
            other => panic!("{other}: {}", String::from_utf8_lossy(answer.body)),
        }
        let after = answer.header("retry-after").unwrap().parse().unwrap();
        tokio::time::sleep(Duration::from_secs(after)).await;
    }
}

#[expect(clippy::print_stdout, reason = "the figures are worth seeing")]
async fn all_are_taken(mut world: World, connections: u64) {
    world.start().await;
    let address = SocketAddr::from(([127, 0, 0, 1], world.port));
    let next = Arc::new(AtomicU64::new(0));
    let mut wires = vec![];
    for _ in 0..connections {
        wires.push(Wire::connect(address).await.unwrap());
    }
    let clients: Vec<_> = wires
        .into_iter()
        .map(|mut wire| {
            let next = Arc::clone(&next);
            tokio::spawn(async move {
                let mut seen = vec![];
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= REPORTS {
                        return seen;
                    }
                    seen.push(deliver(&mut wire, address, index).await);
                }
            })
        })
        .collect();
    let mut seen = vec![];
    for client in clients {
        seen.extend(client.await.unwrap());
    }
    let turned_away: u64 = seen.iter().map(|(times, _)| times).sum();
    println!("{connections} connections, told to come back {turned_away} times");
    assert_eq!(
        seen.iter().filter(|(_, duplicate)| *duplicate).count(),
        usize::try_from(REPORTS / 2).unwrap()
    );

    let session = world.json(&format!("/calls/session/{SESSION}")).await;
    let counted = ["processedNumbers", "connectedCalls", "failedCalls"].map(|name| session[name].clone());
    assert_eq!(counted, [json!(NUMBERS), json!(NUMBERS), json!(0)]);
    assert_eq!(session["byStatus"]["ANSWERED"], NUMBERS);
    let results = world.json(&format!("/calls/session/{SESSION}/results")).await;
    assert_eq!(results.as_array().unwrap().len(), usize::try_from(NUMBERS).unwrap());
    let mut kinds = HashMap::new();
    for event in world.events() {
        *kinds.entry(event["type"].as_str().unwrap().to_owned()).or_insert(0) += 1;
    }
    let late = |kind: &str| kinds.get(kind).copied().unwrap_or(0);
    let all = u64::try_from(late("strengthened") + late("overtaken")).unwrap();
    assert_eq!((kinds["reported"], all), (i32::try_from(NUMBERS).unwrap(), NUMBERS), "{kinds:?}");
}

/// Few enough connections to leave the tests beside it some room.
const BESIDE_OTHERS: u64 = 500;

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_reports_on_sqlite() {
    all_are_taken(World::sqlite(), BESIDE_OTHERS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_reports_on_postgres() {
    all_are_taken(World::postgres().await, BESIDE_OTHERS).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "full size: make check-deep"]
async fn deep_ten_thousand_at_once_on_sqlite() {
    all_are_taken(World::sqlite(), as_many_as_reports()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "full size: make check-deep"]
async fn deep_ten_thousand_at_once_on_postgres() {
    all_are_taken(World::postgres().await, as_many_as_reports()).await;
}
