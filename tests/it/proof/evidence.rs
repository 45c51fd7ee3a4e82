//! The evidence about a call: whole as the engine gives it, wrong in every value that is changed, for this program and for another.

use std::path::{Path, PathBuf};
use std::process::Command;

use karnay::journal::evidence::check::check;
use karnay::journal::signing::Public;
use serde_json::{Value, json};

use crate::audit::{Auditor, text};
use crate::world::{World, report};

/// A value in a document, and how it is called.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, inner)| leaves(inner, &format!("{path}/{name}"), found));
        }
        Value::Array(items) => {
            (0..)
                .zip(items)
                .for_each(|(place, inner): (usize, _)| leaves(inner, &format!("{path}/{place}"), found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => found.push(path.to_owned()),
    }
}

/// Another value of the same kind.
fn turned(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_i64().unwrap() + 1),
        Value::String(told) if told.is_empty() => json!("x"),
        Value::String(told) => {
            let mut told: Vec<char> = told.chars().collect();
            let is_plain = |place: &usize| told[*place].is_ascii_alphanumeric();
            let place = (told.len() / 2..told.len()).chain(0..told.len() / 2).find(is_plain).unwrap();
            told[place] = if told[place] == '1' { '2' } else { '1' };
            json!(told.into_iter().collect::<String>())
        }
        other @ (Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
            panic!("{other} is not expected")
        }
    }
}

/// Every document that differs from this one in one value or lacks one member of a list, and what was changed.
fn mutants(whole: &Value) -> Vec<(String, Value)> {
    let mut found = vec![];
    leaves(whole, "", &mut found);
    let mut mutants = vec![];
    for path in found {
        let mut mutant = whole.clone();
        let value = mutant.pointer_mut(&path).unwrap();
        let was = value.clone();
        *value = turned(&was);
        mutants.push((path.clone(), mutant));
        if was.is_number() {
            for edge in [json!(u64::MAX), json!(i64::MAX), json!(i64::MIN)] {
                let mut mutant = whole.clone();
                *mutant.pointer_mut(&path).unwrap() = edge;
                mutants.push((path.clone(), mutant));
            }
        }
    }
    for list in
        ["/events", "/paths", "/keys", "/paths/0/batches", "/paths/0/batches/0/hashes", "/statement/own"]
    {
        let mut mutant = whole.clone();
        mutant.pointer_mut(list).unwrap().as_array_mut().unwrap().remove(0);
        mutants.push((format!("{list} without its first"), mutant));
    }
    let mut mutant = whole.clone();
    mutant["more"] = json!(1);
    mutants.push(("one member more".to_owned(), mutant));
    mutants
}

/// A call that was reported and amended among others, and the id of its result.
async fn called(world: &mut World) -> String {
    world.set("REMOTE_HOST", "simulated");
    world.start().await;
    assert_eq!(world.upload("a.txt", b"+998901234567\n+998901234568\n").await.0, 200);
    let started = world.http.post(world.url("/calls/start")).json(&json!({})).send().await.unwrap();
    assert!(started.status().is_success(), "{}", started.text().await.unwrap());
    for number in 0..5 {
        assert_eq!(world.report(&report("s-1", number)).await.unwrap().status(), 200);
    }
    let mut amended = report("s-1", 3);
    amended["recordingUrl"] = json!("https://recordings.example.com/3.mp3");
    assert_eq!(world.report(&amended).await.unwrap().status(), 200);
    let history = world.json("/calls/history?session=s-1&limit=50").await;
    let rows =
        history.as_array().or_else(|| history["results"].as_array()).or_else(|| history["calls"].as_array());
    let rows = rows.unwrap_or_else(|| panic!("{history}"));
    let row =
        rows.iter().find(|row| row.to_string().contains("/3.mp3")).unwrap_or_else(|| panic!("{history}"));
    text(&row["id"]).to_owned()
}

fn saved(world: &World, name: &str, evidence: &Value) -> PathBuf {
    let path = world.data().parent().unwrap().join(name);
    std::fs::write(&path, evidence.to_string()).unwrap();
    path
}

/// In which ways somebody looked at a call.
async fn looks(auditor: &Auditor<'_>, call: &str) -> Vec<Value> {
    let told = auditor.get(&format!("/audit/call/{call}")).await;
    let looks = told["events"].as_array().unwrap().iter().filter(|event| event["kind"] == "disclosure");
    looks.map(|look| look["data"]["looked"]["how"].clone()).collect()
}

async fn an_evidence_stands_alone(mut world: World) {
    let id = called(&mut world).await;
    let auditor = Auditor::of(&world, "1", "auditor");
    let path = format!("/audit/calls/{id}/evidence?personal=open");
    let whole = auditor.get(&path).await;
    let key = text(&whole["statement"]["key"]).to_owned();
    let file = saved(&world, "evidence.json", &whole);
    let other_role = Auditor::of(&world, "1", "manager").ask(&path).await;
    assert_eq!(other_role.0, 403);
    assert_eq!(Auditor::of(&world, "2", "auditor").ask(&path).await.0, 404, "another organization's");
    assert_eq!(looks(&auditor, &id).await, ["opened"], "it is recorded who asked, and for what");
    assert!(world.stop().success());
    // Neither journal nor settings are there any more.
    std::fs::remove_dir_all(world.data()).unwrap();
    let run = |args: &[&str]| {
        let out = world.run(&[&["verify-bundle", file.to_str().unwrap()], args].concat());
        let said = String::from_utf8(out.stdout).unwrap() + &String::from_utf8(out.stderr).unwrap();
        (out.status.code(), said)
    };
    let (code, said) = run(&[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains(&format!("call {id} of organization 1 is whole")) && said.contains("Not proven:"),
        "{said}"
    );
    assert!(said.contains("+998900000003") && said.contains("/3.mp3"), "opened: {said}");
    let (code, said) = run(&["--key", &key]);
    assert!(code == Some(0) && said.contains("That key is the one that you know."), "{said}");
    let (code, said) = run(&["--key", &"ab".repeat(32)]);
    assert!(code == Some(1) && said.contains("does not carry"), "{said}");
    refuses_what_is_changed(&whole, file.parent().unwrap());
}

/// The other program knows nothing of this one but the document.
fn refuses_what_is_changed(whole: &Value, folder: &Path) {
    let mut names = vec![];
    for (place, (path, mutant)) in mutants(whole).into_iter().enumerate() {
        let refused = check(&mutant.to_string(), None);
        assert!(refused.is_err(), "{path} was changed and nobody noticed");
        if !path.starts_with("/personalKeys") {
            let name = folder.join(format!("{place}.json"));
            std::fs::write(&name, mutant.to_string()).unwrap();
            names.push(name);
        }
    }
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/check_bundle.py");
    let python = |names: &[PathBuf]| {
        let out = Command::new("python3").arg(&program).args(names).output().unwrap();
        assert!(out.stderr.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
        (out.status.code(), String::from_utf8(out.stdout).unwrap())
    };
    let (code, said) = python(&[folder.join("evidence.json")]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(": whole: call "), "{said}");
    let (code, said) = python(&names);
    let missed: Vec<&str> = said.lines().filter(|line| !line.contains(": WRONG, ")).collect();
    assert!(code == Some(1) && missed.is_empty() && said.lines().count() == names.len(), "{missed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evidence_from_sqlite_stands_alone() {
    an_evidence_stands_alone(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evidence_from_postgres_stands_alone() {
    an_evidence_stands_alone(World::postgres().await).await;
}

/// Whoever hands out a file may have written anything into it.
#[tokio::test(flavor = "multi_thread")]
async fn fuzz_evidences() {
    let mut world = World::sqlite();
    let id = called(&mut world).await;
    let auditor = Auditor::of(&world, "1", "auditor");
    let mut good = vec![];
    for personal in ["sealed", "open"] {
        good.push(auditor.get(&format!("/audit/calls/{id}/evidence?personal={personal}")).await.to_string());
    }
    assert!(world.stop().success());
    let good: Vec<&[u8]> = good.iter().map(String::as_bytes).collect();
    fuzz::fuzz("evidences", &good, |bytes| match check(&String::from_utf8_lossy(bytes), None) {
        Ok(_) => "whole".to_owned(),
        // Where it is wrong, but for the line and the column.
        Err(wrong) => wrong.to_string().replace(|letter: char| letter.is_ascii_digit(), ""),
    });
}

/// Names and numbers stay closed where that is wished, and the key is not in the file.
#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_a_person_may_stay_closed() {
    let mut world = World::sqlite();
    let id = called(&mut world).await;
    let auditor = Auditor::of(&world, "1", "admin");
    let path = format!("/audit/calls/{id}/evidence");
    let closed = auditor.get(&path).await;
    assert_eq!(closed["personalKeys"], json!([]));
    for personal in ["sealed", "open", "open"] {
        auditor.get(&format!("{path}?personal={personal}")).await;
    }
    assert_eq!(looks(&auditor, &id).await, ["sealed", "sealed", "opened", "opened"], "each time");
    let proven = check(&closed.to_string(), None).unwrap();
    assert!(proven.personal.is_empty() && !closed.to_string().contains("+998900000003"));
    let (status, _, _) = auditor.ask(&format!("/audit/calls/{id}/evidence?personal=some")).await;
    assert_eq!(status, 400);
}

/// Trust carries over a rotation, from the key that is known to the one that signs now.
#[tokio::test(flavor = "multi_thread")]
async fn trust_carries_over_a_rotation() {
    let mut world = World::sqlite();
    let id = called(&mut world).await;
    let auditor = Auditor::of(&world, "1", "auditor");
    let path = format!("/audit/calls/{id}/evidence");
    let before = auditor.get(&path).await;
    let out = world.run(&["signing-key", "rotate"]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let after = auditor.get(&path).await;
    let key = |evidence: &Value| Public::parse(text(&evidence["statement"]["key"])).unwrap();
    let (old, new) = (key(&before), key(&after));
    assert_ne!(old, new);
    let (before, after) = (before.to_string(), after.to_string());
    assert!(check(&after, Some(&old)).is_ok() && check(&after, Some(&new)).is_ok());
    assert!(check(&before, Some(&old)).is_ok());
    assert!(check(&before, Some(&new)).unwrap_err().to_string().contains("does not carry"));
}

/// What was changed below the engine is not handed out as if it proved something.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_what_was_written_is_no_evidence() {
    let mut world = World::sqlite();
    let id = called(&mut world).await;
    let auditor = Auditor::of(&world, "1", "auditor");
    let path = format!("/audit/calls/{id}/evidence");
    auditor.get(&path).await;
    let journal = rusqlite::Connection::open(world.data().join("journal.db")).unwrap();
    let changed =
        "UPDATE events SET payload = replace(payload, 'ANSWERED', 'BUSY') WHERE event_type = 'reported'";
    journal.execute_batch("DROP TRIGGER events_are_not_changed").unwrap();
    assert!(journal.execute(changed, []).unwrap() > 0);
    let (status, problem, _) = auditor.ask(&path).await;
    assert_eq!((status.as_u16(), &problem["code"]), (409, &json!("journal-damaged")), "{problem}");
}
