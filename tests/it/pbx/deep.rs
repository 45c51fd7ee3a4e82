//! A log of any length is read through little memory, with progress, and later only what is new.

use std::time::{Duration, Instant};

use karnay::actors::pbx::Limits;
use karnay::adapters::simulated_pbx::SimulatedPbx;

use super::{Ground, Node, quick, simulated};

/// Kilobytes that this process holds.
fn held() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Reads a log of so many rows; the largest growth of the process in kilobytes on the way, and how long it took.
async fn first_reading(node: &Node, rows: u64, patience: Duration) -> (u64, Duration) {
    let (began, before, mut most, mut shown) = (Instant::now(), held(), 0, vec![]);
    while node.watch.standing().last_sync.is_none() {
        assert!(began.elapsed() < patience, "{:?}", node.watch.standing());
        most = most.max(held().saturating_sub(before));
        shown.extend(node.watch.standing().syncing.map(|progress| progress.rows));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(shown.is_sorted() && shown.len() > 3, "it says how far it is: {shown:?}");
    assert_eq!(node.counter("log rows new"), rows);
    (most, began.elapsed())
}

fn limits() -> Limits {
    Limits { sync: Duration::from_hours(1), page: 400, poll: Duration::from_millis(500), ..quick() }
}

/// Two readings, each of which goes back two hours before the newest row.
async fn later_readings_are_short(node: &Node, exchange: &SimulatedPbx, most: u64) {
    let before = exchange.counts().of("CallHistory.get");
    let call = exchange.ring("998901110001", "158");
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    exchange.hang_up(&call);
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    node.synced().await;
    let pages = exchange.counts().of("CallHistory.get") - before;
    assert!(pages <= most, "{pages} pages for one new call");
}

#[actix::test]
async fn a_long_log_is_read_and_then_only_what_is_new() {
    let (ground, exchange) = (Ground::sqlite(), simulated(""));
    exchange.make_log(20_000, Duration::from_hours(24 * 25));
    let node = Node::start(&ground, &exchange, limits()).await;
    first_reading(&node, 20_000, Duration::from_mins(3)).await;
    later_readings_are_short(&node, &exchange, 8).await;
    node.stop().await;
}

/// A million rows. Takes minutes: `make check-deep`.
#[actix::test]
#[ignore = "takes minutes"]
#[expect(clippy::print_stderr, reason = "what was measured is to be read")]
async fn deep_a_million_rows_are_read_through_little_memory() {
    let (ground, exchange) = (Ground::sqlite(), simulated(""));
    exchange.make_log(1_000_000, Duration::from_hours(24 * 29));
    let node = Node::start(&ground, &exchange, limits()).await;
    let (most, took) = first_reading(&node, 1_000_000, Duration::from_mins(90)).await;
    eprintln!("a million rows in {} s, {} MB more held at most", took.as_secs(), most >> 10);
    assert!(most < 512 << 10, "{most} kB");
    later_readings_are_short(&node, &exchange, 24).await;
    node.stop().await;
}
