//! A large journal exported beside a bare reading of the same rows: how fast, and in how much memory.

use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::Value;

use super::{SESSION, report_in};
use crate::world::World;

/// Where nobody says otherwise by `KARNAY_EXPORT_EVENTS`.
const EVENTS: u64 = 1_000_000;
/// Reports that the engine itself recorded, of which the rest are copies.
const REAL: u32 = 1_000;

/// Copies of what was recorded, each under a session of its own, until there are so many.
fn multiply(journal: &Path, wanted: u64) -> u64 {
    let journal = Connection::open(journal).unwrap();
    // Nothing here is read by stream, and nothing has to survive.
    journal.execute_batch("PRAGMA synchronous = OFF; DROP INDEX events_stream;").unwrap();
    let real: u64 = journal.query_row("SELECT max(position) FROM events", [], |row| row.get(0)).unwrap();
    let copy = "INSERT INTO events SELECT position + ?1 * ?2, aggregate_type,
                '1/session-' || ?1 || substr(aggregate_id, 31), sequence, event_type, event_version, payload, metadata,
                occurred_at, recorded_at, hash FROM events WHERE position <= ?2";
    for nth in 1..wanted.div_ceil(real) {
        journal.execute(copy, [nth, real]).unwrap();
    }
    journal.query_row("SELECT max(position) FROM events", [], |row| row.get(0)).unwrap()
}

/// Every row and every payload, and nothing made of them.
fn bare(journal: &Path) -> Duration {
    let began = Instant::now();
    let journal = Connection::open(journal).unwrap();
    let mut select = journal.prepare("SELECT * FROM events ORDER BY position").unwrap();
    let mut rows = select.query([]).unwrap();
    let mut objects = 0;
    while let Some(row) = rows.next().unwrap() {
        let payload: Value = serde_json::from_str(row.get_ref("payload").unwrap().as_str().unwrap()).unwrap();
        objects += u64::from(payload.is_object());
    }
    assert!(objects > 0);
    began.elapsed()
}

/// How long the export took and the most memory that it had, in kB.
fn exported(world: &World, format: &str) -> (Duration, u64) {
    let began = Instant::now();
    let mut command = world.karnay(&["events", "export", "--format", format, "--out", format]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut most = 0;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        let about = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let high = about
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
        most = high.unwrap_or(0).max(most);
        std::thread::sleep(Duration::from_millis(10));
    };
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(status.success(), "{said}");
    (began.elapsed(), most)
}

/// `KARNAY_EXPORT_EVENTS` says how many events; ten million take some 6 GB of disk. `make check-deep` runs it.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
#[expect(clippy::print_stderr, reason = "what was measured is to be read")]
async fn deep_an_export_is_a_tenth_of_a_bare_reading_or_faster_in_bounded_memory() {
    let wanted = std::env::var_os("KARNAY_EXPORT_EVENTS");
    let wanted = wanted.map_or(EVENTS, |wanted| wanted.to_str().unwrap().parse().unwrap());
    let mut world = World::sqlite();
    world.start().await;
    report_in(&world, "1", SESSION, 0..REAL).await;
    assert!(world.stop().success());
    let journal = world.data().join("journal.db");
    let events = multiply(&journal, wanted);
    let rate = |took: Duration| u64::try_from(u128::from(events) * 1_000 / took.as_millis().max(1)).unwrap();
    let scanned = rate(bare(&journal));
    eprintln!("{events} events: bare scan and parse {scanned}/s");
    for format in ["parquet", "csv", "ndjson"] {
        let (took, most) = exported(&world, format);
        let written = rate(took);
        eprintln!(
            "{format}: {written}/s, {} % of the bare reading, {} MB at most",
            written * 100 / scanned,
            most >> 10
        );
        assert!(written * 10 >= scanned, "{format}: {written}/s beside {scanned}/s");
        assert!(most < 256 << 10, "{format}: {most} kB");
        std::fs::remove_dir_all(world.folder.path().join(format)).unwrap();
    }
}
