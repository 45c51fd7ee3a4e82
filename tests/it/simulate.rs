//! `karnay simulate` as its users meet it: the same arguments make the same events, what is wrong with the settings is named,
//! and the page says what would come of a campaign, and that nobody was rung.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use domain::{campaign, contact, person, target};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tempfile::TempDir;

fn simulate(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_karnay"));
    command.env_clear().current_dir(folder).arg("simulate").args(arguments).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    kind: String,
    r#type: String,
    version: String,
    stream: String,
    sequence: u64,
    at: String,
    payload: Value,
}

/// Over four zones, in the weeks in which two of them change their clocks.
const PLAN: [&str; 7] = [
    r#"{"concurrency": 4, "callsPerSecond": 0.5, "rules": {"caps": [{"count": "attempts", "within": "2d", "atMost": 2}]}}"#,
    "--contacts=60",
    "--days=40",
    "--start=2026-10-20T00:00:00Z",
    "--zones=Europe/Berlin,America/New_York,Asia/Tashkent,Australia/Sydney",
    "--pack=us_reg_f",
    "--events=events.ndjson",
];

fn events(folder: &Path, more: &[&str]) -> String {
    let output = simulate(folder, &[&PLAN, more].concat());
    assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""));
    std::fs::read_to_string(folder.join("events.ndjson")).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_events_byte_for_byte() {
    let folder = folder();
    let first = events(folder.path(), &["--seed=7"]);
    assert!(first.lines().count() > 400, "{}", first.lines().count());
    assert!(first == events(folder.path(), &["--seed=7", "--json"]), "the same seed, and other events");
    assert!(first != events(folder.path(), &["--seed=8"]), "another seed, and the same events");
}

/// Once what is personal is sealed.
fn is_the_journals<E: DeserializeOwned>(payload: &Value) -> bool {
    serde_json::from_value::<E>(payload.clone()).is_ok()
}

#[test]
fn events_are_written_as_the_journal_has_them() {
    let folder = folder();
    let (mut last, mut kinds) = (BTreeMap::<(String, String), u64>::new(), BTreeMap::<String, u32>::new());
    for line in events(folder.path(), &[]).lines() {
        let Line { kind, r#type, version, stream, sequence, at, payload } =
            serde_json::from_str(line).unwrap();
        let read = match kind.as_str() {
            "campaign" => is_the_journals::<campaign::Event>(&payload),
            "contact" => is_the_journals::<contact::Event>(&payload),
            "person" => is_the_journals::<person::Event>(&payload),
            "target" => is_the_journals::<target::Event>(&payload),
            _ => false,
        };
        assert!(read, "{line}");
        let newest = if r#type == "opted_out" { "2" } else { "1" };
        assert_eq!(
            (version.as_str(), payload[&r#type]["at"].as_str()),
            (newest, Some(at.as_str())),
            "{line}"
        );
        let before = last.insert((kind.clone(), stream), sequence).unwrap_or(0);
        assert_eq!(sequence, before + 1, "{line}");
        *kinds.entry(format!("{kind}.{type}")).or_default() += 1;
        if kind == "target" && r#type == "ended" {
            let words: Value = serde_json::from_str(payload["ended"]["personal"].as_str().unwrap()).unwrap();
            assert!(words["summary"].as_str().unwrap().contains("(simulated)"), "{line}");
        }
    }
    assert_eq!((kinds["campaign.started"], kinds["contact.created"], kinds["target.enlisted"]), (1, 60, 60));
    assert_eq!(
        (kinds["target.dialled"], kinds["target.ended"]),
        (kinds["person.rung"], kinds["person.let_go"])
    );
}

#[test]
fn what_is_wrong_with_the_settings_is_named() {
    let folder = folder();
    let file = folder.path().join("wrong.json");
    std::fs::write(&file, r#"{"rules": {"caps": [{"count": "attempts", "within": "0s", "atMost": 2}]}}"#)
        .unwrap();
    for (settings, told) in [
        ("wrong.json", "rules.caps[0].within: "),
        (r#"{"lines": 4}"#, "lines: is not known here"),
        (r#"{"callsPerSecond": 0}"#, "callsPerSecond: "),
        (r#"{"breaker": {"inARow": 3, "percent": 101, "ofLast": 5}}"#, "breaker.percent: "),
        (
            r#"{"rules": {"windows": [{"days": ["mon"], "from": "9", "until": "20:00"}]}}"#,
            "rules.windows[0].from: ",
        ),
        ("{", "the settings are no JSON: "),
        ("nowhere.json", "nowhere.json: No such file"),
    ] {
        let said = simulate(folder.path(), &[settings, "--events", "events.ndjson"]);
        assert_eq!((said.status.code(), out(&said).as_str()), (Some(2), ""), "{settings}");
        assert!(
            err(&said).starts_with("karnay: ") && err(&said).contains(told),
            "{settings}: {}",
            err(&said)
        );
        assert!(!folder.path().join("events.ndjson").exists(), "{settings}");
    }
}

#[test]
fn the_page_says_what_would_come_of_it_and_that_nobody_was_rung() {
    let folder = folder();
    let page = out(&simulate(folder.path(), &["{}", "--contacts=300", "--seed=2"]));
    let json = out(&simulate(folder.path(), &["{}", "--contacts=300", "--seed=2", "--json"]));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert!(page.starts_with("SIMULATED: nobody was rung"), "{page}");
    assert_eq!(json["simulated"], true);
    let figure = |name: &str| {
        let line = page
            .lines()
            .find(|line| line.starts_with(&format!("{name} ")))
            .unwrap_or_else(|| panic!("{name}: {page}"));
        line.trim_end().rsplit(' ').next().unwrap().replace(',', "")
    };
    let report = &json["report"];
    for (name, value) in [
        ("contacts", &report["contacts"]["total"]),
        ("calls", &report["calls"]),
        ("conversations", &report["conversations"]),
        ("promises", &report["promises"]["made"]),
        ("callbacks asked for", &report["callbacks"]["askedFor"]),
        ("PROMISE_TO_PAY", &report["outcomes"]["PROMISE_TO_PAY"]),
        ("FAILED INVALID_NUMBER", &report["outcomes"]["FAILED INVALID_NUMBER"]),
        ("window", &report["deferred"]["window"]),
    ] {
        assert_eq!(figure(name), value.to_string(), "{name}");
        assert!(value.as_u64().unwrap() > 0, "{name}");
    }
    assert!(report["end"]["completed"]["at"].is_string() && page.contains(", completed 2027-01-"), "{page}");
}

#[test]
fn a_campaign_that_pauses_or_does_not_end_says_why() {
    let folder = folder();
    for (settings, days, told) in [
        (r#"{"budget": {"calls": 25}}"#, "30", "the budget is used up (25 of 25 calls)"),
        (
            r#"{"breaker": {"inARow": 1, "percent": 100, "ofLast": 200}}"#,
            "30",
            "the agent fails too often (1 in a row",
        ),
        (r#"{"callsPerSecond": 0.001}"#, "1", "NOT THROUGH after 1 day: "),
    ] {
        let said = simulate(folder.path(), &[settings, "--contacts=200", "--days", days]);
        assert_eq!(said.status.code(), Some(0));
        assert!(out(&said).contains(told), "{told}: {}", out(&said));
    }
}

#[test]
fn settings_may_come_from_a_pipe() {
    let folder = folder();
    let mut command = Command::new(env!("CARGO_BIN_EXE_karnay"));
    command.env_clear().current_dir(folder.path()).args(["simulate", "-", "--contacts=50"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(br#"{"budget": {"calls": 10}}"#).unwrap();
    let said = child.wait_with_output().unwrap();
    assert_eq!(said.status.code(), Some(0));
    assert!(out(&said).contains("(10 of 10 calls)"), "{}", out(&said));
}

#[test]
fn events_that_cannot_be_written_are_no_success() {
    let folder = folder();
    let said = simulate(folder.path(), &["{}", "--contacts=500", "--events", "/dev/full"]);
    assert_eq!((said.status.code(), out(&said).as_str()), (Some(1), ""));
    assert!(err(&said).contains("/dev/full cannot be written"), "{}", err(&said));
}
