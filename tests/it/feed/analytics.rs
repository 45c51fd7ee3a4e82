//! Exported files as analysts read them: `DuckDB` and Polars find the engine's own figures in them.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{SESSION, position, report_in};
use crate::python::{self, said};
use crate::world::{World, report};

/// Numbers that are told of twice, better and worse than before; some are on no list.
async fn traffic(world: &World) {
    let list: Vec<String> = (0..30).map(|number| format!("+99890{number:07}")).collect();
    let list = list.join("\n");
    assert!(world.upload("numbers.txt", list.as_bytes()).await.0.is_success());
    let started = world.http.post(world.url("/calls/start")).send().await.unwrap();
    assert!(started.status().is_success(), "{}", started.text().await.unwrap());
    report_in(world, "1", SESSION, 0..20).await;
    for (number, status) in
        [(3, "CONNECTED_TO_OPERATOR"), (4, "BUSY"), (5, "CONNECTED_TO_OPERATOR"), (40, "BUSY")]
    {
        let mut body = report(SESSION, number);
        (body["callStatus"], body["callDuration"]) = (json!(status), json!(7));
        assert_eq!(world.report(&body).await.unwrap().status(), 200);
    }
}

async fn until_completed(world: &World, session: &str) {
    let began = Instant::now();
    while world.json(&format!("/calls/session/{session}")).await["isCompleted"] != json!(true) {
        assert!(began.elapsed() < Duration::from_mins(1), "the session is not over: {}", world.said());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn counted(session: &Value) -> Value {
    let all = session["byStatus"].as_object().unwrap().iter();
    all.filter(|(_, numbers)| **numbers != json!(0))
        .map(|(status, numbers)| (status.clone(), numbers.clone()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn duckdb_and_polars_find_the_engines_own_figures() {
    let mut world = World::sqlite();
    world.set("REMOTE_HOST", "simulated");
    world.start().await;
    traffic(&world).await;
    let sessions = world.json("/calls/sessions/all").await;
    let dialled = sessions.as_array().unwrap().iter().find(|one| one["sessionId"] != SESSION).unwrap();
    let dialled = dialled["sessionId"].as_str().unwrap().to_owned();
    until_completed(&world, &dialled).await;
    assert!(
        world
            .run(&["events", "export", "--format", "parquet", "--out", "files", "--part", "20"])
            .status
            .success()
    );
    // A report may still come after the cut, so the engine is asked for its figures as they were there.
    let plan = std::fs::read(world.folder.path().join("files/export.json")).unwrap();
    let cut = serde_json::from_slice::<Value>(&plan).unwrap()["to"].as_u64().unwrap();
    let mut events = world.events();
    events.retain(|event| position(event) <= cut);
    let mut types: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
    for event in &events {
        *types
            .entry(format!("{}.{}", event["kind"].as_str().unwrap(), event["type"].as_str().unwrap()))
            .or_default() += 1;
    }
    let files = world.folder.path().join("files").join("*.parquet");
    let python = python::with("analysts", "tests/it/feed/requirements.txt");
    for name in [SESSION, &dialled] {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/feed/figures.py");
        let told = said(Command::new(&python).arg(script).arg(&files).arg(name));
        let told: Value = serde_json::from_str(&told).unwrap();
        let session = world.json(&format!("/calls/session/{name}?asOf={cut}")).await;
        for reader in ["duckdb", "polars"] {
            let found = &told[reader];
            assert_eq!(found["types"], json!(types), "{reader}");
            assert_eq!(found["counted"], counted(&session), "{reader}: {session}");
            let processed: i64 =
                found["counted"].as_object().unwrap().values().filter_map(Value::as_i64).sum();
            assert_eq!(json!(processed), session["processedNumbers"], "{reader}");
            assert_eq!(found["payloads"], events.len(), "{reader}");
        }
        assert_eq!(told["duckdb"]["talked"], told["polars"]["talked"]);
        let shapes = ["position", "recordedAt", "kind", "talkSecs"]
            .map(|column| told["duckdb"]["schema"][column].clone());
        assert_eq!(
            shapes,
            ["BIGINT", "TIMESTAMP WITH TIME ZONE", "VARCHAR", "BIGINT"].map(|shape| json!(shape))
        );
        assert_eq!(told["polars"]["schema"]["recordedAt"], "Datetime(time_unit='us', time_zone='UTC')");
    }
}
