//! `karnay kerio-probe` against the simulated exchange: what it tells, what it keeps to itself, and that it changes nothing.

use std::process::{Command, Output};

use serde_json::Value;

use super::*;

/// Against a box, with the environment of one and nothing else. Blocks, so that the box needs threads of its own.
async fn probe(pbx: &SimulatedPbx, password: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_karnay"));
    command.env_clear().current_dir(folder.path()).arg("kerio-probe").args(arguments);
    command.env("KERIO_PBX_HOST", "127.0.0.1").env("KERIO_PORT", pbx.port().to_string());
    command.env("KERIO_TLS", pbx.pin()).env("KERIO_API_USERNAME", pbx.user());
    command.env("KERIO_API_PASSWORD", password);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_probe_tells_names_and_kinds_and_no_value() {
    let (pbx, hand) = start("");
    talked(&pbx, &hand, (CALLER, "158"), (7, 35));
    pbx.ring(CALLER, "101");
    let said = probe(&pbx, PASSWORD, &[]).await;
    let out = text(&said.stdout);
    assert_eq!((said.status.code(), text(&said.stderr).as_str()), (Some(0), ""), "{out}");
    for line in [
        "Kerio Operator (SIMULATED) 2.6.4",
        "a live call:",
        "  FROM.NUMBER: text that is a number",
        "  STATUS: whole number",
        "a row of the log:",
        "  TIMESTAMP: whole number",
        "a recording:",
        "  CALLER_ID: text that is a number",
        "numbers in its directory: 12",
        "conditions on TIMESTAMP: work",
        "Batch.run: works",
    ] {
        assert!(out.lines().any(|told| told == line), "{line}: {out}");
    }
    assert!(out.contains("KTS_CALL_STATUS_RINGING"), "{out}");
    for value in [CALLER, "158", PASSWORD, "17000", "Karimov"] {
        assert!(!out.contains(value), "{value}: {out}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_probe_only_reads_and_leaves() {
    let (pbx, _) = start("");
    probe(&pbx, PASSWORD, &[]).await;
    let counts = pbx.counts();
    assert_eq!((counts.logins, counts.of("Session.logout")), (1, 1));
    let reads = |method: &str| {
        ["Session.log", "Version.get", "Batch.run"].iter().any(|known| method.starts_with(known))
    };
    for method in counts.requests.keys() {
        assert!(reads(method) || method.contains(".get"), "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_box_cannot_do_is_told_in_its_place() {
    let (pbx, hand) = start("");
    talked(&pbx, &hand, (CALLER, "158"), (7, 35));
    change(&pbx, "ignore,missing:Batch.run,missing:Server.getConstantList,forbidden:Recordings.get");
    let said = probe(&pbx, PASSWORD, &["--json"]).await;
    let told: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!((&told["timestampConditions"], &told["batches"]), (&false.into(), &false.into()), "{told}");
    assert_eq!(told["liveCall"], Value::Null, "{told}");
    assert!(told["recording"]["error"].as_str().unwrap().contains("may not"), "{told}");
    assert!(told["constants"]["error"].is_string() && told["logRow"].is_array(), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_that_is_not_let_in_says_why_in_a_sentence() {
    let (pbx, _) = start("");
    let said = probe(&pbx, "another one", &[]).await;
    let told = text(&said.stderr);
    assert_eq!(said.status.code(), Some(1), "{told}");
    assert_eq!(told.trim(), "karnay: the exchange does not accept the user name or password");
    assert_eq!(pbx.counts().refused_logins, 1);
    let unset = Command::new(env!("CARGO_BIN_EXE_karnay")).env_clear().arg("kerio-probe").output().unwrap();
    assert_eq!(unset.status.code(), Some(2));
    assert!(text(&unset.stderr).starts_with("karnay: KERIO_PBX_HOST: "), "{}", text(&unset.stderr));
}
