//! R14: every event version that was ever written still makes the same rows of every screen, in the program of today.
//! No engine runs meanwhile, so that nothing but these events is in the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use karnay::adapters::system::SystemIds;
use karnay::journal::keys::DataKey;
use karnay::journal::verify::Place;
use karnay::journal::{Journal, Options};
use rusqlite::Connection;

use crate::rebuild::{DATA_KEY, LongAgo, SCREENS, STREAMS, shown, write};
use crate::world::World;

/// What is not among the streams that an engine is started on.
const OTHERS: [(&str, &str, &[&str]); 14] = [
    (
        "session",
        "1/session-1738862891236-abc125",
        &["opened.v1", "stop_asked.v1", "stop_failed.v1", "reopened.v1"],
    ),
    (
        "campaign",
        "1/0199b9f4-6f00-7000-8000-0000000000d2",
        &["created.v1", "changed.v1", "completed.v1", "failed.v1", "removed.v1"],
    ),
    ("contact", "1/0199b9f4-6f00-7000-8000-0000000000c2", &["created.v1", "removed.v1"]),
    ("contact", "1/0199b9f4-6f00-7000-8000-0000000000c3", &["created.v1", "forgotten.v1"]),
    ("import", "1/0199b9f4-6f00-7000-8000-0000000000f2", &["begun.v1", "finished.v1", "redacted.v1"]),
    (
        "number_list",
        "1/0199b9f4-6f00-7000-8000-0000000000e1",
        &["accepted.v1", "placed.v1", "place_failed.v1", "put_off.v1", "redacted.v1"],
    ),
    ("pbx", "2/pbx", &["synced.v1", "left.v1"]),
    ("pbx_call", "1/pbx/1759775400.43", &["seen.v1", "missed.v1"]),
    (
        "person",
        "1/~f65be5d4dbf76660b0e9155290795e71",
        &["claimed.v1", "recounted.v1", "opted_out.v1", "opted_in.v1", "released.v1", "retired.v1"],
    ),
    ("promise", "1/0199b9f4-6f00-7000-8000-0000000000c2", &["superseded.v1", "withdrawn.v1"]),
    ("remote", "*/calls.example.com", &["taken.v1", "released.v1"]),
    (
        "target",
        "1/0199b9f4-6f00-7000-8000-0000000000d1/0199b9f4-6f00-7000-8000-0000000000c2",
        &["enlisted.v1", "corrected.v1", "corrected.v2", "withdrawn.v1", "dropped.v1"],
    ),
    ("denial", "1/denied/2025-10-06", &["refused.v1"]),
    ("settings", "1/settings", &["changed.v1"]),
];

#[test]
fn every_golden_event_is_among_the_streams() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden");
    let name = |file: std::fs::DirEntry| file.file_name().into_string().unwrap();
    let known: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| name(file.unwrap()).trim_end_matches(".json").to_owned())
        .collect();
    let told = STREAMS.iter().chain(&OTHERS);
    let told = told.flat_map(|(kind, _, events)| events.iter().map(move |event| format!("{kind}.{event}")));
    assert_eq!(known.difference(&told.collect()).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_golden_event_makes_the_same_rows() {
    let mut world = World::sqlite();
    world.set("DATA_KEY", &STANDARD.encode(DATA_KEY));
    let place = Place::Folder(world.data());
    let options = Options { place, clock: Arc::new(LongAgo), ids: Arc::new(SystemIds) };
    let journal = Journal::open(options, |_| Ok(DataKey(DATA_KEY))).await.unwrap();
    write(&journal, &STREAMS).await;
    write(&journal, &OTHERS).await;
    journal.close().await;
    let out = world.run(&["rebuild", "--all"]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let file = Connection::open(world.data().join("screens.db")).unwrap();
    let parked = "SELECT projection || ' parked ' || stream || ': ' || reason FROM parked";
    let parked: Vec<String> =
        file.prepare(parked).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(parked, Vec::<String>::new(), "every event was understood");
    let rows: BTreeMap<_, _> = SCREENS.iter().map(|screen| (screen, rows(&file, screen))).collect();
    assert!(rows.values().all(|rows| !rows.is_empty()), "each screen has something to show");
    insta::assert_json_snapshot!("every_golden_event_makes_the_same_rows", rows);
}

/// The rows of a screen as text, in an order of their own.
fn rows(file: &Connection, screen: &str) -> Vec<String> {
    let find = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB ?1 || '_v[0-9]*' ORDER BY name DESC";
    let table: String = file.query_row(find, [screen], |row| row.get(0)).unwrap();
    let mut select = file.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let names: Vec<String> = select.column_names().into_iter().map(ToOwned::to_owned).collect();
    let row = |row: &rusqlite::Row<'_>| {
        let cell = |(at, name): (usize, &String)| Ok(format!("{name}={}", shown(&row.get(at)?)));
        names.iter().enumerate().map(cell).collect::<rusqlite::Result<Vec<_>>>().map(|cells| cells.join(" "))
    };
    let mut rows: Vec<String> = select.query_map([], row).unwrap().map(Result::unwrap).collect();
    rows.sort();
    rows
}
