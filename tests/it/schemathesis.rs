//! The description against the engine: Schemathesis makes requests of it, good and bad ones and chains of them, and looks whether each
//! answer is one that the description has. Nobody is rung: the call server, the exchange and the voice agent are simulated.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};

use crate::contacts::{Desk, id, somebody};
use crate::python;
use crate::world::{World, report};

/// What is looked at in every answer. What the description says of good input is looser than what the engine takes, so that it is
/// not asked whether everything the description allows is accepted.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,unsupported_method,allow_header_conformance,missing_required_header,\
                      ignored_auth,use_after_free,ensure_resource_availability";
const SEED: &str = "19";

/// What stands behind paths of a kind, so that not every request asks for what does not exist.
pub(crate) type Known = Vec<(&'static str, Vec<String>)>;

fn texts(values: &[&Value]) -> Vec<String> {
    values.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
}

pub(crate) async fn known(world: &World) -> Known {
    let desk = Desk::of(world, "1", "admin");
    let one = desk.created(&somebody("Aziz", "+998901112233")).await;
    let two = desk.created(&somebody("Botir", "+998901112234")).await;
    let plan = json!({ "name": "Qarzdorlar", "campaignType": "SURVEY", "contactIds": [id(&one), id(&two)] });
    let campaign = desk.ask(Method::POST, "/campaigns", Some(&plan)).await.1;
    let import =
        desk.import("some.csv", b"firstName,lastName,phone\nDilnoza,Karimova,+998901112235\n", "").await.1;
    let listed = desk.ask(Method::POST, "/do-not-call", Some(&json!({ "phone": "+998901112236" }))).await.1;
    let (_, upload) = world.upload("numbers.txt", b"+998901112237\n+998901112238\n").await;
    let started = world.http.post(world.url("/calls/start")).send().await.unwrap();
    let started: Value = started.json().await.unwrap();
    let session = started["sessionId"].as_str().unwrap();
    let result: Value = world.report(&report(session, 1)).await.unwrap().json().await.unwrap();
    let held = world.report(&report("session-of-nobody", 2)).await.unwrap();
    assert_eq!(held.status(), 404);
    let held = world.json("/calls/quarantine").await;
    let order = json!({ "kind": "session", "id": session, "paused": true });
    let replay = world.http.post(world.url("/replays")).bearer_auth(world.token()).json(&order);
    let replay: Value = replay.send().await.unwrap().json().await.unwrap();
    // A name that nothing is called by: what is sent there is sent to nobody.
    let order = json!({ "url": "https://hooks.invalid/calls", "types": ["session"] });
    let endpoint = world.http.post(world.url("/webhooks/endpoints")).bearer_auth(world.token()).json(&order);
    let endpoint: Value = endpoint.send().await.unwrap().json().await.unwrap();
    let sessions = texts(&[&started["sessionId"]]);
    vec![
        ("/auto-calling/contacts/", texts(&[&one["id"], &two["id"]])),
        ("/auto-calling/campaigns/", texts(&[&campaign["id"]])),
        ("/auto-calling/imports/", texts(&[&import["importId"]])),
        ("/auto-calling/do-not-call/", texts(&[&listed["ids"][0]])),
        ("/calls/uploads/", texts(&[&upload["uploadId"]])),
        ("/calls/session/", sessions.clone()),
        ("/audit/\\{kind\\}", sessions),
        ("/audit/calls/", texts(&[&result["id"]])),
        ("/calls/results/", texts(&[&result["id"]])),
        ("/calls/quarantine/", texts(&[&held[0]["id"]])),
        ("/replays/", texts(&[&replay["id"]])),
        ("/webhooks/endpoints/", texts(&[&endpoint["id"]])),
    ]
}

/// What Schemathesis reads beside its command line.
fn settings(known: &Known) -> String {
    // A stream does not end by itself.
    let mut text = "max-stream-events = 1\nrequest-timeout = 10\n\n".to_owned();
    for (number, (_, values)) in known.iter().enumerate() {
        writeln!(text, "[dictionaries.known{number}]\nvalues = {}\n", json!(values)).unwrap();
    }
    for (number, (path, _)) in known.iter().enumerate() {
        let of = json!(format!("^{path}"));
        writeln!(text, "[[operations]]\ninclude-path-regex = {of}").unwrap();
        writeln!(text, "parameters.\"path.id\" = {{ dictionary = \"known{number}\", probability = 0.6 }}\n")
            .unwrap();
    }
    text
}

fn schemathesis(world: &World, settings: &str, examples: &str) -> (bool, String, Value) {
    let python = python::with("schemathesis", "tests/it/schemathesis/requirements.txt");
    let folder = world.folder.path().join("schemathesis");
    std::fs::create_dir(&folder).unwrap();
    let file = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    file("schemathesis.toml", settings);
    file("openapi.json", &karnay::http::document().to_json().unwrap());
    let program: PathBuf = python.with_file_name("schemathesis");
    let mut command = Command::new(program);
    command.current_dir(&folder).args(["run", "openapi.json", "--url", &world.url("")]);
    command.args(["--header", &format!("Authorization: Bearer {}", world.token())]);
    command.args(["--checks", CHECKS, "--seed", SEED, "--max-examples", examples]);
    // One worker: Python 3.11 counts how deep it is in a syntax tree for all threads together, and a second one that describes a
    // strategy meanwhile ends the run with "AST constructor recursion depth mismatch".
    command.args(["--phases", "examples,coverage,fuzzing,stateful", "--workers", "1"]);
    command.args(["--no-shrink", "--continue-on-failure", "--warnings", "off"]);
    command.args(["--generation-database", "none", "--report", "json", "--report-json-path", "report.json"]);
    let out = command.output().unwrap();
    let told = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    let report = std::fs::read(folder.join("report.json")).unwrap_or_default();
    (out.status.success(), told, serde_json::from_slice(&report).unwrap_or_default())
}

/// Operations of which at least one request was carried out.
fn carried_out(report: &Value) -> usize {
    let rates = report["valid_rates"].as_object().unwrap().values();
    let accepted = |rate: &Value| rate["accepted"].as_u64().is_some_and(|accepted| accepted > 0);
    rates.filter(|phases| phases.as_object().unwrap().values().any(accepted)).count()
}

/// Everything is tried, three quarters of it gets as far as to be carried out, and nothing comes back that is not described.
async fn is_as_described(examples: &str) {
    let mut world = World::sqlite();
    for (name, value) in [
        ("REMOTE_HOST", "simulated"),
        ("KERIO_PBX_HOST", "simulated"),
        ("START_WAIT_SECONDS", "1"),
        ("UNKNOWN_SESSION", "404"),
    ] {
        world.set(name, value);
    }
    world.start().await;
    let settings = settings(&known(&world).await);
    let (well, told, report) = schemathesis(&world, &settings, examples);
    assert!(well, "{told}\n{}", world.said());
    let all = report["operations"]["total"].as_u64().unwrap();
    assert!(all > 100, "{report}");
    assert_eq!(report["operations"]["tested"], all, "{report}");
    assert_eq!((&report["stop_reason"], &report["errors"]), (&json!("completed"), &json!([])));
    let carried_out = carried_out(&report);
    assert!(
        carried_out * 4 > usize::try_from(all).unwrap() * 3,
        "{carried_out} of {all} were carried out: {report}"
    );
    assert!(!world.said().contains("panicked"), "{}", world.said());
    assert!(world.ready().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_one_that_is_described() {
    is_as_described("6").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "full size: make check-deep"]
async fn deep_every_answer_is_one_that_is_described() {
    is_as_described("200").await;
}
