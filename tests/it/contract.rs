//! Part A of the contract, word for word: every request that dashboards and call servers make, against the program as it is started,
//! its call server behind a real SSH server, on both stores.

use std::time::{Duration, Instant};

use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};

use crate::sim::Sim;
use crate::sshd::Sshd;
use crate::world::World;

const NUMBERS: u32 = 12;

/// Phones as people keep them: stored as numbers and as text, with a heading.
fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "Telefon raqami").unwrap();
    for row in 1..=NUMBERS {
        match row % 3 {
            0 => sheet.write(row, 0, format!("90 {:03}-00-{row:02}", 100 + row)).unwrap(),
            1 => sheet.write(row, 0, f64::from(row) + 998_901_000_000.0).unwrap(),
            _ => sheet.write(row, 0, format!("+9989020000{row:02}")).unwrap(),
        };
    }
    book.save_to_buffer().unwrap()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn is_time(value: &Value) -> bool {
    let text = value.as_str().unwrap_or("");
    text.len() == 24 && text.ends_with('Z') && text.as_bytes()[19] == b'.'
}

/// Every documented field, in its documented type.
fn is_a_session(session: &Value) {
    for name in ["id", "sessionId", "status", "statusDescription"] {
        assert!(session[name].is_string(), "{name}: {session}");
    }
    for name in [
        "totalNumbers",
        "processedNumbers",
        "connectedCalls",
        "failedCalls",
        "durationSeconds",
        "progressPercentage",
    ] {
        assert!(session[name].is_u64(), "{name}: {session}");
    }
    for name in ["isRunning", "isCompleted", "hasError"] {
        assert!(session[name].is_boolean(), "{name}: {session}");
    }
    for name in ["startedAt", "createdAt", "updatedAt"] {
        assert!(is_time(&session[name]), "{name}: {session}");
    }
    for name in ["remoteResponse", "errorMessage"] {
        assert!(
            keys(session).contains(&name) && (session[name].is_null() || session[name].is_string()),
            "{name}"
        );
    }
    assert!(keys(session).contains(&"completedAt"), "{session}");
    assert_eq!(session["hasError"], json!(session["errorMessage"].is_string()));
    let number = |name: &str| session[name].as_u64().unwrap();
    assert_eq!(number("processedNumbers"), number("connectedCalls") + number("failedCalls"), "{session}");
    assert!(
        number("processedNumbers") <= number("totalNumbers") && number("progressPercentage") <= 100,
        "{session}"
    );
}

const RESULT: [&str; 13] = [
    "id",
    "sessionId",
    "phoneNumber",
    "callStatus",
    "statusDescription",
    "callDuration",
    "operatorName",
    "operatorId",
    "callStartTime",
    "callEndTime",
    "recordingUrl",
    "notes",
    "createdAt",
];

async fn part_a(mut world: World) {
    let server = Sshd::start();
    let sim = Sim::start(&world, "", &["--speed", "2000", "--at-once", "4", "--per-second", "50"]);
    server.is_the_remote_host_of(&mut world);
    world.set("REMOTE_PATH", sim.list().to_str().unwrap());
    world.set("REMOTE_COMMAND", &format!("curl -s '{}/start?session_id={{sessionId}}'", sim.url()));
    world.start().await;

    let file = a_workbook_replaces_the_remote_file(&world, &sim).await;
    let session = a_start_answers_with_its_session(&world).await;
    let over = a_dashboard_polls_to_the_end(&world, &sim, &session).await;
    every_number_has_its_result(&world, &session, &file).await;
    by_uuid_and_by_hand(&world, &session, &over).await;
}

/// The file as the call server reads it.
async fn a_workbook_replaces_the_remote_file(world: &World, sim: &Sim) -> String {
    let (status, uploaded) = world.upload("numbers.xlsx", &workbook()).await;
    assert_eq!(status, 200, "{uploaded}");
    assert_eq!(uploaded["ok"], true);
    assert_eq!(uploaded["message"], "Excel file processed and uploaded successfully.");
    assert_eq!(uploaded["remotePath"], json!(sim.list()));
    assert_eq!((&uploaded["totalNumbers"], &uploaded["placement"]), (&json!(NUMBERS), &json!("placed")));
    let file = std::fs::read_to_string(sim.list()).unwrap();
    assert_eq!(file.lines().count(), usize::try_from(NUMBERS).unwrap());
    assert!(
        file.lines().all(|line| line.starts_with("+998") && line.len() == 13) && file.ends_with('\n'),
        "{file}"
    );
    assert!(!file.contains('\r') && file.starts_with("+998901000001\n"), "{file}");
    file
}

async fn a_start_answers_with_its_session(world: &World) -> String {
    let started: Value =
        world.http.post(world.url("/calls/start")).send().await.unwrap().json().await.unwrap();
    for name in ["ok", "message", "sessionId", "stdout", "stderr", "code", "signal"] {
        assert!(keys(&started).contains(&name), "{name}: {started}");
    }
    assert_eq!((&started["message"], &started["code"]), (&json!("Remote process started."), &json!(0)));
    let session = started["sessionId"].as_str().unwrap();
    let said: Value = serde_json::from_str(started["stdout"].as_str().unwrap()).unwrap();
    assert_eq!((&said["message"], &said["sessionId"]), (&json!("Call process started"), &json!(session)));
    session.to_owned()
}

async fn a_dashboard_polls_to_the_end(world: &World, sim: &Sim, session: &str) -> Value {
    let (path, began) = (format!("/calls/session/{session}"), Instant::now());
    let over = loop {
        let polled = world.json(&path).await;
        is_a_session(&polled);
        assert_ne!(polled["status"], "PENDING", "who saw that would not ask again");
        if polled["isCompleted"] == true {
            break polled;
        }
        assert!(began.elapsed() < Duration::from_mins(1), "{polled} {}", sim.said());
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert_eq!(
        (&over["status"], &over["statusDescription"]),
        (&json!("COMPLETED"), &json!("Muvaffaqiyatli tugallandi"))
    );
    assert_eq!((&over["totalNumbers"], &over["processedNumbers"]), (&json!(NUMBERS), &json!(NUMBERS)));
    let summary = format!(
        "Call process completed successfully. Total: {NUMBERS}, Connected: {}, Failed: {}",
        over["connectedCalls"], over["failedCalls"]
    );
    // Better results may come a moment later, and the summary follows them.
    let after = world.json(&path).await;
    assert!(
        over["remoteResponse"] == summary.as_str() || after["connectedCalls"] != over["connectedCalls"],
        "{over}"
    );
    over
}

async fn every_number_has_its_result(world: &World, session: &str, file: &str) {
    let path = format!("/calls/session/{session}");
    let results = world.json(&format!("{path}/results")).await;
    let results = results.as_array().unwrap();
    assert!(results.len() >= usize::try_from(NUMBERS).unwrap());
    for result in results {
        for name in RESULT {
            assert!(keys(result).contains(&name), "{name}: {result}");
        }
        assert_eq!(result["sessionId"], session);
        assert!(
            file.contains(result["phoneNumber"].as_str().unwrap()) && is_time(&result["createdAt"]),
            "{result}"
        );
    }
    let all = world.json("/calls/sessions/all?limit=20").await;
    assert_eq!(all.as_array().unwrap().len(), 1);
    is_a_session(&all[0]);
}

/// The documents' own sample of a result, and the manual test with a session that it made up.
async fn by_uuid_and_by_hand(world: &World, session: &str, over: &Value) {
    let by_id = world.json(&format!("/calls/session/{}", over["id"].as_str().unwrap())).await;
    assert_eq!(by_id["sessionId"], session);
    let mut sample = json!({
        "sessionId": session, "phoneNumber": "+998901234567", "callStatus": "ANSWERED", "callDuration": 45,
        "operatorName": "Alisher Valijonov", "operatorId": "uuid", "callStartTime": "2025-10-06T18:30:00.000Z",
        "callEndTime": "2025-10-06T18:30:45.000Z", "recordingUrl": "https://recordings.example.com/call-12345.mp3",
        "notes": "Mijoz mahsulot haqida so'radi"
    });
    let stored: Value = world.report(&sample).await.unwrap().json().await.unwrap();
    for name in sample.as_object().unwrap().keys() {
        assert_eq!(stored[name], sample[name], "{name}");
    }
    assert_eq!(stored["statusDescription"], "Telefon ko'tarildi");
    assert_eq!(world.json(&format!("/calls/session/{session}")).await["unlistedResults"], 1);
    sample["sessionId"] = json!("session-made-up");
    let unknown = world.report(&sample).await.unwrap();
    assert_eq!(unknown.status(), 404);
    let held = world.json("/calls/quarantine").await;
    assert_eq!(held.as_array().unwrap().len(), 1, "{held}");
}

#[tokio::test(flavor = "multi_thread")]
async fn part_a_on_sqlite() {
    let mut world = World::sqlite();
    world.set("UNKNOWN_SESSION", "404");
    part_a(world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn part_a_on_postgres() {
    let mut world = World::postgres().await;
    world.set("UNKNOWN_SESSION", "404");
    part_a(world).await;
}
