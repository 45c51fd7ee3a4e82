//! The evidence about a call that a list led to: it proves the report, the session, its launch and the list that was uploaded.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::audit::{Auditor, text};
use crate::world::World;

/// Two numbers that a simulated call server dials; the result of one of them.
async fn dialled(world: &mut World) -> String {
    world.set("REMOTE_HOST", "simulated");
    world.start().await;
    let (status, list) =
        world.upload("numbers.txt", b"Telefon\n+998901234567\nno number\n+998901234568\n").await;
    assert!(status.is_success(), "{list}");
    let session = world.started(json!({ "uploadId": list["uploadId"] })).await;
    world.session_when(&session, |session| session["isCompleted"] == true).await;
    let results = world.json(&format!("/calls/session/{session}/results")).await;
    text(&results[0]["id"]).to_owned()
}

/// As the chain tells it: which events, and each thing's name.
fn links(told: &Value) -> (BTreeSet<u64>, Vec<&str>) {
    let links = told["chain"].as_array().unwrap_or_else(|| panic!("{told}"));
    let positions = links.iter().filter_map(|link| link["position"].as_u64()).collect();
    (positions, links.iter().map(|link| text(&link["what"])).collect())
}

async fn a_chain_is_proven_to_its_list(mut world: World) {
    let id = dialled(&mut world).await;
    let auditor = Auditor::of(&world, "1", "auditor");
    let told = auditor.get(&format!("/audit/call/{id}")).await;
    let (positions, things) = links(&told);
    for what in ["report", "call", "session", "effect", "start", "list", "row"] {
        assert!(things.contains(&what), "{what} is none of {things:?}: {told}");
    }
    let evidence = auditor.get(&format!("/audit/calls/{id}/evidence?personal=open")).await;
    let proven: BTreeSet<u64> = evidence["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["position"].as_u64().unwrap())
        .collect();
    assert!(proven.is_superset(&positions), "{positions:?} are not all among {proven:?}");
    let file = world.folder.path().join("evidence.json");
    std::fs::write(&file, evidence.to_string()).unwrap();
    assert!(world.stop().success());
    // On a machine without the database.
    std::fs::remove_dir_all(world.data()).unwrap();
    let out = world.run(&["verify-bundle", "--json", file.to_str().unwrap()]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let lines = String::from_utf8(out.stdout).unwrap();
    let events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (kind, event_type) in
        [("call", "reported"), ("session", "opened"), ("session", "launched"), ("number_list", "accepted")]
    {
        let there = events.iter().any(|event| event["kind"] == kind && event["type"] == event_type);
        assert!(there, "{kind}.{event_type} is none of {lines}");
    }
    assert!(lines.contains("+99890123456"), "the report is opened: {lines}");
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/check_bundle.py");
    let python = Command::new("python3").arg(&program).arg(&file).output().unwrap();
    let said = String::from_utf8(python.stdout).unwrap();
    assert!(python.status.success() && said.contains(": whole: call "), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_is_proven_to_its_list_on_sqlite() {
    a_chain_is_proven_to_its_list(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_is_proven_to_its_list_on_postgres() {
    a_chain_is_proven_to_its_list(World::postgres().await).await;
}
