//! A long journal is verified about as fast as it can be read at all, through little memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use karnay::journal::feed::Reading;

use super::{Bed, Seeds, signer};
use crate::journal::bed::{call, unit};

const PAGE: usize = 4_096;
/// Events of a commit, about as the writer gathers them under load.
const TOGETHER: usize = 500;

/// Kilobytes that this process holds.
fn held() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

async fn filled(bed: &Bed, events: usize) {
    let journal = bed.open().await;
    for part in 0..events / TOGETHER {
        journal.append(unit(&journal, &[(&call(part), 0, TOGETHER)])).await.unwrap();
    }
    signer(&journal, bed.clock.clone(), &Seeds::new(&[1])).sign().await.unwrap();
    journal.close().await;
}

/// Events a second that are read and understood, nothing opened: what any reader of the journal has to do.
async fn scanned(bed: &Bed) -> f64 {
    let journal = bed.open().await;
    let (mut position, began) = (0, Instant::now());
    while position < journal.position() {
        let page = journal.facts(position, PAGE, Reading::Sealed).await.unwrap();
        assert!(page.unreadable.is_empty());
        position = page.last;
    }
    let rate = per_second(position, began);
    journal.close().await;
    rate
}

fn per_second(events: u64, began: Instant) -> f64 {
    f64::from(u32::try_from(events).unwrap()) / began.elapsed().as_secs_f64()
}

/// The rate, and by how many kilobytes the process grew at most.
async fn verified(bed: &Bed) -> (f64, u64) {
    let (most, over, before) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)), held());
    let watching = {
        let (most, over) = (Arc::clone(&most), Arc::clone(&over));
        std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                most.fetch_max(held().saturating_sub(before), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(10));
            }
        })
    };
    let began = Instant::now();
    let report = bed.verify().await.unwrap();
    let rate = per_second(report.events, began);
    over.store(true, Ordering::Relaxed);
    watching.join().unwrap();
    (rate, most.load(Ordering::Relaxed))
}

#[expect(clippy::print_stderr, reason = "what was measured is to be read")]
async fn is_fast(bed: Bed, store: &str, events: usize) {
    filled(&bed, events).await;
    let scan = scanned(&bed).await;
    let (verify, most) = verified(&bed).await;
    let ratio = verify / scan;
    eprintln!(
        "{store}, {events} events: verify {verify:.0}/s, bare scan and parse {scan:.0}/s, ratio {ratio:.2}, {most} kB more held"
    );
    assert!(ratio >= 0.3, "{ratio}");
    assert!(most < 128 << 10, "{most} kB");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn deep_a_long_journal_is_verified_fast_on_sqlite() {
    is_fast(Bed::sqlite(), "sqlite", 1_000_000).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn deep_a_long_journal_is_verified_fast_on_postgres() {
    is_fast(Bed::postgres().await, "postgres", 1_000_000).await;
}

/// The same where it is short: that more is read does not take more memory.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_is_let_go_again() {
    let bed = Bed::sqlite();
    filled(&bed, 40_000).await;
    let (_, most) = verified(&bed).await;
    assert!(most < 128 << 10, "{most} kB");
}
