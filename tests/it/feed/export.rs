//! `karnay events export`: the same events in every format, cut where it was said, and the same bytes however often it was broken off.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{SESSION, position, report_in};
use crate::world::World;

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect()
}

/// How many names there are, while somebody is at work on them.
fn names(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

fn export(world: &World, format: &str, out: &str, more: &[&str]) -> Output {
    let words = ["events", "export", "--format", format, "--out", out];
    world.run(&words.iter().chain(more).copied().collect::<Vec<_>>())
}

/// All lines of all parts, as JSON.
fn lines(folder: &Path) -> Vec<Value> {
    let parts = files(folder).into_iter().filter(|(name, _)| name.starts_with("part-"));
    let text: String = parts.map(|(_, bytes)| String::from_utf8(bytes).unwrap()).collect();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn files_hold_what_was_recorded(mut world: World) {
    world.start().await;
    report_in(&world, "1", SESSION, 0..9).await;
    report_in(&world, "2", "session-theirs", 0..3).await;
    let folder = world.folder.path().to_owned();
    let events = world.events();
    let head = position(events.last().unwrap());
    let made = export(&world, "ndjson", "all", &["--part", "5"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let told = lines(&folder.join("all"));
    for (line, event) in told.iter().zip(&events) {
        let whole = event.as_object().unwrap().iter();
        assert!(whole.clone().all(|(name, value)| line[name] == *value), "{line} is not {event}");
    }
    assert_eq!(told.len(), events.len());
    let said = String::from_utf8(made.stdout).unwrap();
    assert!(said.contains(&format!("begins with --from {}", head + 1)), "{said}");
    // Cut at positions, or at a time: what comes after a cut begins where it says.
    assert!(export(&world, "ndjson", "first", &["--to", "7"]).status.success());
    assert!(export(&world, "ndjson", "rest", &["--from", "8", "--part", "3"]).status.success());
    let both = [lines(&folder.join("first")), lines(&folder.join("rest"))].concat();
    assert_eq!(both, told);
    let by_then = events[6]["recordedAt"].as_str().unwrap();
    let last = told.iter().filter(|event| event["recordedAt"].as_str().unwrap() <= by_then).count();
    assert!(export(&world, "ndjson", "then", &["--to", by_then]).status.success());
    assert_eq!(lines(&folder.join("then")), told[..last]);
    assert!(export(&world, "ndjson", "some", &["--types", "call.reported,adopted"]).status.success());
    let some = told.iter().filter(|event| event["type"] == "reported" || event["type"] == "adopted");
    assert_eq!(lines(&folder.join("some")), some.cloned().collect::<Vec<_>>());
    assert!(export(&world, "ndjson", "theirs", &["--org", "2"]).status.success());
    let theirs: Vec<Value> =
        told.iter().filter(|event| event["stream"].as_str().unwrap().starts_with("2/")).cloned().collect();
    assert!(!theirs.is_empty() && theirs.len() < told.len());
    assert_eq!(lines(&folder.join("theirs")), theirs);
    // The same rows and cells under a header.
    assert!(export(&world, "csv", "table", &["--part", "5"]).status.success());
    let mut rows = 0;
    for (name, bytes) in
        files(&folder.join("table")).iter().filter(|(name, _)| name.as_str() != "export.json")
    {
        let mut sheet = csv::Reader::from_reader(&**bytes);
        let header = sheet.headers().unwrap().clone();
        for record in sheet.records() {
            let record = record.unwrap();
            let cell = |name: &str| &record[header.iter().position(|known| known == name).unwrap()];
            let line = &told[rows];
            assert_eq!(
                (cell("position"), cell("stream")),
                (&*line["position"].to_string(), line["stream"].as_str().unwrap()),
                "{name}"
            );
            assert_eq!(serde_json::from_str::<Value>(cell("payload")).unwrap(), line["payload"]);
            assert_eq!(cell("after"), line["after"].as_str().unwrap_or(""), "{line}");
            rows += 1;
        }
    }
    assert_eq!(rows, told.len());
    assert!(world.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_hold_what_was_recorded_beside_a_running_engine() {
    files_hold_what_was_recorded(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_hold_what_was_recorded_on_postgresql() {
    files_hold_what_was_recorded(World::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_is_killed_goes_on_and_ends_with_the_same_bytes() {
    let world = World::sqlite();
    crate::cli::recorded(world.folder.path(), 600).await;
    for format in ["parquet", "csv", "ndjson"] {
        let (whole, broken) = (format!("{format}-whole"), format!("{format}-broken"));
        let parts = ["--part", "7", "--to", "598"];
        assert!(export(&world, format, &whole, &parts).status.success());
        let words = ["events", "export", "--format", format, "--out", &broken];
        let all: Vec<&str> = words.iter().chain(&parts).copied().collect();
        let folder = world.folder.path().join(&broken);
        let mut resumed = all.clone();
        for round in 1..4 {
            let mut child =
                world.karnay(&resumed).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let began = Instant::now();
            while !folder.exists() || names(&folder) < round * 10 {
                assert!(began.elapsed() < Duration::from_secs(30) && child.try_wait().unwrap().is_none());
            }
            child.kill().unwrap();
            child.wait().unwrap();
            let plan: Value = serde_json::from_slice(&files(&folder)["export.json"]).unwrap();
            assert_eq!(plan["complete"], json!(false), "it was over before it was killed");
            if round == 1 {
                resumed.push("--resume");
            }
        }
        let goes_on = world.run(&resumed);
        assert!(goes_on.status.success(), "{}", String::from_utf8_lossy(&goes_on.stderr));
        let (whole, broken) = (files(&world.folder.path().join(whole)), files(&folder));
        assert_eq!(whole.keys().collect::<Vec<_>>(), broken.keys().collect::<Vec<_>>());
        assert!(whole == broken, "{format}: other bytes");
        assert_eq!(whole.len(), 598_usize.div_ceil(7) + 1);
        // Nothing is left to be done.
        assert!(world.run(&resumed).status.success());
        assert!(files(&folder) == broken);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_exported_is_said_and_nothing_is_overwritten() {
    let world = World::sqlite();
    crate::cli::recorded(world.folder.path(), 5).await;
    assert!(export(&world, "csv", "there", &[]).status.success());
    let before = files(&world.folder.path().join("there"));
    let head = 5.to_string();
    for (out, more, word) in [
        ("there", &[][..], "--resume"),
        ("there", &["--resume", "--types", "held"][..], "other words"),
        ("nowhere", &["--resume"], "no export"),
        ("x", &["--to", "6"], &*head),
        ("x", &["--to", "soon"], "a position of the journal"),
        ("x", &["--from", "0"], "0"),
        ("x", &["--from", "4", "--to", "2"], "ends at 2"),
        ("x", &["--from", "7"], "ends at 5"),
        ("x", &["--part", "0"], "0"),
        ("x", &["--types", "No.Type"], "types"),
        ("x", &["--types", "call.reported,hled"], "is held meant?"),
        ("x", &["--org", "a/b"], "organization"),
        ("there", &["--resume", "--org", "1"], "other words"),
        ("data/journal.db", &[], "journal.db"),
    ] {
        let said = export(&world, "csv", out, more);
        let told = String::from_utf8(said.stderr).unwrap();
        let expected = if out == "data/journal.db" { 1 } else { 2 };
        assert_eq!(said.status.code(), Some(expected), "{out} {more:?}: {told}");
        assert!(told.contains(word), "{told}");
    }
    assert!(files(&world.folder.path().join("there")) == before);
    // Another journal than the one it was begun with.
    std::fs::remove_dir_all(world.data()).unwrap();
    crate::cli::recorded(world.folder.path(), 4).await;
    let foreign = export(&world, "csv", "there", &["--resume"]);
    assert_eq!(foreign.status.code(), Some(2));
    assert!(String::from_utf8(foreign.stderr).unwrap().contains("another journal"));
}
