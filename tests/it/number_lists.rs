//! A list from its upload to its session's end, on both stores, with a call server on this machine that the test plays itself.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::world::World;

const NUMBERS: &str =
    "Telefon\r\n+998901234567\r\n90 123-45-68\r\n\r\n998901234567\r\nqwerty\r\n+998901234569\r\n";
const LIST: &str = "+998901234567\n+998901234568\n+998901234569\n";

impl World {
    fn with_local_remote(mut self, command: &str) -> Self {
        let path = self.folder.path().join("numbers.txt");
        self.set("REMOTE_HOST", "local");
        self.set("REMOTE_PATH", path.to_str().unwrap());
        self.set("REMOTE_COMMAND", command);
        self
    }

    fn remote_file(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("numbers.txt")).unwrap_or_default()
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let answer = self.http.post(self.url(path)).json(&body).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    async fn started(&self, body: Value) -> String {
        let (status, answer) = self.post("/calls/start", body).await;
        assert_eq!((status, &answer["ok"]), (StatusCode::OK, &json!(true)), "{answer}");
        answer["sessionId"].as_str().unwrap().to_owned()
    }

    async fn reported(&self, session: &str, number: &str, status: &str) -> Value {
        let body = json!({ "sessionId": session, "phoneNumber": number, "callStatus": status });
        let (code, answer) = self.post("/calls/result", body).await;
        assert_eq!(code, StatusCode::OK, "{answer}");
        answer
    }

    async fn session(&self, name: &str) -> Value {
        self.json(&format!("/calls/session/{name}")).await
    }

    /// The session once it is as it should be.
    async fn session_when(&self, name: &str, done: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let session = self.session(name).await;
            if done(&session) {
                return session;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "{session} {}", self.said());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn text(&self, path: &str) -> String {
        self.http.get(self.url(path)).send().await.unwrap().text().await.unwrap()
    }
}

fn counts(session: &Value) -> [i64; 6] {
    [
        "totalNumbers",
        "processedNumbers",
        "connectedCalls",
        "failedCalls",
        "unlistedResults",
        "unreportedNumbers",
    ]
    .map(|name| session[name].as_i64().unwrap())
}

async fn a_list_is_dialled_and_its_last_result_completes(world: World) {
    let mut world = world.with_local_remote("echo started {sessionId}");
    world.start().await;
    let (status, answer) = world.upload("numbers.csv", NUMBERS.as_bytes()).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let path = world.folder.path().join("numbers.txt");
    assert_eq!(
        (&answer["ok"], &answer["message"], &answer["remotePath"], &answer["placement"]),
        (&json!(true), &json!("Text file uploaded successfully."), &json!(path), &json!("placed"))
    );
    let told = [&answer["totalNumbers"], &answer["repaired"], &answer["duplicates"], &answer["invalidCount"]];
    assert_eq!(told, [&json!(3), &json!(1), &json!(1), &json!(1)]);
    assert_eq!(
        (&answer["invalid"][0]["line"], &answer["invalid"][0]["value"]),
        (&json!(6), &json!("qwerty"))
    );
    assert_eq!(world.remote_file(), LIST);

    // Whatever lies there by now, the session's own list is dialled.
    std::fs::write(&path, "+998907777777\n").unwrap();
    let session = world.started(json!({})).await;
    assert_eq!(world.remote_file(), LIST);
    let running = world.session(&session).await;
    assert_eq!((counts(&running), &running["status"]), ([3, 0, 0, 0, 0, 0], &json!("RUNNING")));
    assert_eq!((&running["remoteResponse"], &running["progressPercentage"]), (&Value::Null, &json!(0)));

    world.reported(&session, "90 123 45 67", "BUSY").await;
    world.reported(&session, "+998901234567", "ANSWERED").await;
    world.reported(&session, "+998907777777", "ANSWERED").await;
    world.reported(&session, "+998901234568", "NO_ANSWER").await;
    let running = world.session(&session).await;
    assert_eq!((counts(&running), &running["isRunning"]), ([3, 2, 1, 1, 1, 0], &json!(true)));
    assert_eq!(running["progressPercentage"], 66);

    world.reported(&session, "+998901234569", "REJECTED").await;
    let over = world.session_when(&session, |session| session["isCompleted"] == true).await;
    assert_eq!((counts(&over), &over["status"]), ([3, 3, 1, 2, 1, 0], &json!("COMPLETED")));
    assert_eq!(
        over["remoteResponse"],
        "Call process completed successfully. Total: 3, Connected: 1, Failed: 2"
    );
    assert!(over["completedAt"].is_string() && over["progressPercentage"] == 100);

    // A better result that comes late still counts, and what is said of the session follows.
    world.reported(&session, "+998901234568", "CONNECTED_TO_OPERATOR").await;
    let late = world.session(&session).await;
    assert_eq!((counts(&late), &late["status"]), ([3, 3, 2, 1, 1, 0], &json!("COMPLETED")));
    assert_eq!(
        late["remoteResponse"],
        "Call process completed successfully. Total: 3, Connected: 2, Failed: 1"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_dialled_and_its_last_result_completes_on_sqlite() {
    a_list_is_dialled_and_its_last_result_completes(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_dialled_and_its_last_result_completes_on_postgres() {
    a_list_is_dialled_and_its_last_result_completes(World::postgres().await).await;
}

/// Packed it would be read as it came, and its bytes be taken for rows.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_comes_packed_is_refused() {
    let mut world = World::sqlite().with_local_remote("true");
    world.start().await;
    for (request, part, status) in [
        ("gzip", "", 415),
        ("GZIP, identity", "", 415),
        ("br", "", 415),
        ("", "deflate", 415),
        ("identity", "Identity", 200),
        ("", "", 200),
    ] {
        let part = if part.is_empty() { String::new() } else { format!("Content-Encoding: {part}\r\n") };
        // Whoever is refused hears of it in the middle of sending, too.
        let list = LIST.repeat(if status == 415 { 200_000 } else { 1 });
        let body = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"numbers.csv\"\r\n{part}\r\n{list}\r\n--edge--\r\n"
        );
        let mut upload = world.http.post(world.url("/calls/upload")).body(body);
        upload = upload.header("content-type", "multipart/form-data; boundary=edge");
        if !request.is_empty() {
            upload = upload.header("content-encoding", request);
        }
        let answer = upload.send().await.unwrap();
        assert_eq!(answer.status(), status, "{request} {part}");
        let told: Value = answer.json().await.unwrap();
        if status == 415 {
            assert_eq!((&told["code"], &told["ok"]), (&json!("encoding-unknown"), &json!(false)), "{told}");
            assert_eq!(world.json("/calls/uploads").await, json!([]), "{request} {part}");
        }
    }
    assert_eq!(world.remote_file(), LIST);
}

/// A spreadsheet must not calculate what somebody wrote into a list, and must not lose a number's plus.
#[tokio::test(flavor = "multi_thread")]
async fn no_cell_of_a_report_is_a_formula() {
    let mut world = World::sqlite().with_local_remote("true");
    world.start().await;
    let list = "+998901234567\n=1+1\n+1+cmd\n-2\n@SUM(1)\n＝1+1\n＋1\n－1\n＠x\n+\n";
    let (_, answer) = world.upload("numbers.csv", list.as_bytes()).await;
    let report = world.text(&format!("/calls/uploads/{}/report", answer["uploadId"].as_str().unwrap())).await;
    let values: Vec<&str> = report.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
    assert_eq!(
        values,
        ["+998901234567", "'=1+1", "'+1+cmd", "'-2", "'@SUM(1)", "'＝1+1", "'＋1", "'－1", "'＠x", "'+"]
    );
}

/// Told row by row, after a restart as well, and nothing of it in clear in the journal's file.
#[tokio::test(flavor = "multi_thread")]
async fn every_row_is_told_and_stored_sealed() {
    let mut world = World::sqlite().with_local_remote("true");
    world.start().await;
    let (_, answer) = world.upload("numbers.csv", NUMBERS.as_bytes()).await;
    let id = answer["uploadId"].as_str().unwrap();
    assert!(world.stop().success());
    world.start().await;
    assert_eq!(
        world.text(&format!("/calls/uploads/{id}/report")).await,
        "line,value,outcome,number,reason\n1,Telefon,header,,\n2,+998901234567,accepted,+998901234567,\n\
         3,90 123-45-68,repaired,+998901234568,\n5,998901234567,duplicate,,The number stands in line 2.\n\
         6,qwerty,refused,,The cell holds no number.\n7,+998901234569,accepted,+998901234569,\n"
    );
    assert_eq!(world.text(&format!("/calls/uploads/{id}/numbers")).await, LIST);
    let shown = world.json(&format!("/calls/uploads/{id}")).await;
    assert_eq!(
        (&shown["status"], &shown["totalNumbers"], &shown["rows"]),
        (&json!("stored"), &json!(3), &json!(6))
    );
    assert_eq!(world.json("/calls/uploads").await.as_array().unwrap().len(), 1);
    assert!(world.stop().success());
    let file = std::fs::read(world.data().join("journal.db")).unwrap();
    for text in ["901234567", "qwerty"] {
        assert!(
            !file.windows(text.len()).any(|bytes| bytes == text.as_bytes()),
            "{text} lies there in clear"
        );
    }
    assert!(
        std::fs::read_dir(world.data().join("uploads")).map_or(true, |mut left| left.next().is_none()),
        "no file is left behind"
    );
}

/// Decisions 4 and 6: one session at a time, an upload meanwhile waits for the next start.
async fn a_remote_host_has_one_session_at_a_time(world: World) {
    let mut world = world.with_local_remote("echo started");
    world.start().await;
    world.upload("a.txt", b"+998901234567\n").await;
    let first = world.started(json!({})).await;
    let (status, answer) = world.post("/calls/start", json!({})).await;
    assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("remote-in-use")), "{answer}");
    assert_eq!((&answer["ok"], &answer["sessionId"]), (&json!(false), &json!(first)));

    let (status, later) = world.upload("b.txt", b"+998907654321\n").await;
    assert_eq!((status, &later["placement"]), (StatusCode::OK, &json!("next-start")), "{later}");
    assert_eq!(world.remote_file(), "+998901234567\n", "the session that runs is left its list");

    let (status, closed) = world.post(&format!("/calls/session/{first}/close"), json!({})).await;
    assert_eq!((status, &closed["status"]), (StatusCode::OK, &json!("COMPLETED")), "{closed}");
    assert_eq!(counts(&closed), [1, 0, 0, 0, 0, 1]);
    assert_eq!(
        closed["remoteResponse"],
        "Call process completed successfully. Total: 1, Connected: 0, Failed: 0"
    );

    let second = world.started(json!({})).await;
    assert_eq!(world.remote_file(), "+998907654321\n");
    world.post(&format!("/calls/session/{second}/close"), json!({})).await;
    let third = world.started(json!({ "uploadId": later["uploadId"] })).await;
    assert_eq!(world.session(&third).await["totalNumbers"], 1);
    // What was closed too early still counts, once.
    world.reported(&first, "+998901234567", "ANSWERED").await;
    world.reported(&first, "+998901234567", "ANSWERED").await;
    assert_eq!(counts(&world.session(&first).await), [1, 1, 1, 0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_host_has_one_session_at_a_time_on_sqlite() {
    a_remote_host_has_one_session_at_a_time(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_host_has_one_session_at_a_time_on_postgres() {
    a_remote_host_has_one_session_at_a_time(World::postgres().await).await;
}

/// Of many starts at the same moment one wins.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_starts_one_wins() {
    let mut world = World::sqlite().with_local_remote("echo started");
    world.start().await;
    world.upload("a.txt", b"+998901234567\n").await;
    let start = || world.post("/calls/start", json!({}));
    let answers = futures_util::future::join_all((0..8).map(|_| start())).await;
    let won: Vec<_> = answers.iter().filter(|(status, _)| *status == StatusCode::OK).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    assert_eq!(world.json("/calls/sessions/all").await.as_array().unwrap().len(), 1);
    for (_, answer) in answers.iter().filter(|(status, _)| *status == StatusCode::CONFLICT) {
        assert_eq!(answer["sessionId"], won[0].1["sessionId"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_sessions_are_a_setting() {
    let mut world = World::sqlite().with_local_remote("echo started");
    world.set("ALLOW_PARALLEL_SESSIONS", "true");
    world.start().await;
    world.upload("a.txt", b"+998901234567\n").await;
    assert_ne!(world.started(json!({})).await, world.started(json!({})).await);
}

async fn the_unreached_are_tried_again(world: World) {
    let mut world = world.with_local_remote("echo started");
    world.start().await;
    world.upload("a.txt", b"+998901234561\n+998901234562\n+998901234563\n+998901234564\n").await;
    let first = world.started(json!({})).await;
    world.reported(&first, "+998901234563", "BUSY").await;
    world.reported(&first, "+998901234561", "NO_ANSWER").await;
    world.reported(&first, "+998901234562", "BUSY").await;
    world.reported(&first, "+998901234562", "ANSWERED").await;
    world.post(&format!("/calls/session/{first}/close"), json!({})).await;

    let again = world.started(json!({ "retryOf": first })).await;
    assert_eq!(
        world.remote_file(),
        "+998901234561\n+998901234563\n",
        "in the list's order, the reached one left out"
    );
    assert_eq!(world.session(&again).await["totalNumbers"], 2);
    world.post(&format!("/calls/session/{again}/close"), json!({})).await;

    let body = json!({ "retryOf": first, "statuses": ["UNREPORTED"] });
    let rest = world.started(body).await;
    assert_eq!(world.remote_file(), "+998901234564\n");
    world.post(&format!("/calls/session/{rest}/close"), json!({})).await;

    let (status, answer) =
        world.post("/calls/start", json!({ "retryOf": first, "statuses": ["REJECTED"] })).await;
    assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("nothing-to-retry")));
    let (status, answer) = world.post("/calls/start", json!({ "retryOf": "session-1-nobody" })).await;
    assert_eq!((status, &answer["code"]), (StatusCode::NOT_FOUND, &json!("session-unknown")));
    let (status, answer) =
        world.post("/calls/start", json!({ "uploadId": "01996f2c-7d40-7000-8000-000000000001" })).await;
    assert_eq!((status, &answer["code"]), (StatusCode::NOT_FOUND, &json!("upload-unknown")));
    // A list made for a session is nobody's latest upload.
    world.started(json!({})).await;
    assert_eq!(world.remote_file().lines().count(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_unreached_are_tried_again_on_sqlite() {
    the_unreached_are_tried_again(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_unreached_are_tried_again_on_postgres() {
    the_unreached_are_tried_again(World::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_reaches_the_remote_host() {
    let mut world = World::sqlite().with_local_remote("echo started");
    let stopped = world.folder.path().join("stopped");
    // The first stop fails, as where no dialler is found; the second one succeeds.
    let command = format!(
        "if [ -e {0}.once ]; then echo {{sessionId}} > {0}; else touch {0}.once; echo none here >&2; exit 1; fi",
        stopped.display()
    );
    world.set("REMOTE_STOP_COMMAND", &command);
    world.start().await;
    world.upload("a.txt", b"+998901234567\n").await;
    let session = world.started(json!({})).await;
    let path = format!("/calls/session/{session}/stop");
    let (status, answer) = world.post(&path, json!({})).await;
    assert_eq!((status, &answer["code"]), (StatusCode::BAD_GATEWAY, &json!("not-stopped")), "{answer}");
    assert!(answer["detail"].as_str().unwrap().contains("none here"), "{answer}");
    assert_eq!(world.session(&session).await["status"], "RUNNING");
    let (status, answer) = world.post(&path, json!({})).await;
    assert_eq!(
        (status, &answer["status"], &answer["unreportedNumbers"]),
        (StatusCode::OK, &json!("COMPLETED"), &json!(1))
    );
    assert_eq!(std::fs::read_to_string(stopped).unwrap().trim(), session);
    assert_eq!(world.post(&path, json!({})).await.0, StatusCode::OK, "said twice it is heard once");
}

/// Decision 2: a session that failed goes on when a result comes.
async fn a_result_brings_back_what_was_given_up(world: World) {
    let mut world = world.with_local_remote("echo no line >&2; exit 3");
    world.start().await;
    world.upload("a.txt", b"+998901234567\n+998901234568\n").await;
    let (status, answer) = world.post("/calls/start", json!({})).await;
    assert_eq!(
        (status, &answer["ok"], &answer["code"]),
        (StatusCode::OK, &json!(false), &json!(3)),
        "{answer}"
    );
    let session = answer["sessionId"].as_str().unwrap();
    assert_eq!(world.session(session).await["status"], "FAILED");
    world.reported(session, "+998901234567", "ANSWERED").await;
    let back = world.session_when(session, |session| session["status"] == "RUNNING").await;
    assert_eq!(
        (&back["errorMessage"], &back["completedAt"], &back["hasError"]),
        (&Value::Null, &Value::Null, &json!(false))
    );
    world.reported(session, "+998901234568", "BUSY").await;
    let over = world.session_when(session, |session| session["isCompleted"] == true).await;
    assert_eq!((counts(&over), &over["status"]), ([2, 2, 1, 1, 0, 0], &json!("COMPLETED")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_brings_back_what_was_given_up_on_sqlite() {
    a_result_brings_back_what_was_given_up(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_brings_back_what_was_given_up_on_postgres() {
    a_result_brings_back_what_was_given_up(World::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_command_decides_its_return_completes() {
    let mut world = World::sqlite().with_local_remote("echo all dialled");
    world.set("SESSION_COMPLETION", "command");
    world.start().await;
    world.upload("a.txt", b"+998901234567\n").await;
    let session = world.started(json!({})).await;
    let over = world.session(&session).await;
    assert_eq!((&over["status"], &over["unreportedNumbers"]), (&json!("COMPLETED"), &json!(1)), "{over}");
}

/// A kill in the middle of a session loses neither its list nor its place on it.
async fn a_killed_engine_goes_on_with_its_list(world: World) {
    let mut world = world.with_local_remote("echo started");
    world.start().await;
    world.upload("a.txt", b"+998901234567\n+998901234568\n").await;
    let session = world.started(json!({})).await;
    world.reported(&session, "+998901234567", "ANSWERED").await;
    world.kill();
    world.start().await;
    let (status, _) = world.post("/calls/start", json!({})).await;
    assert_eq!(status, StatusCode::CONFLICT, "the session still has the host");
    world.reported(&session, "+998901234567", "ANSWERED").await;
    world.reported(&session, "+998901234568", "ANSWERED").await;
    let over = world.session_when(&session, |session| session["isCompleted"] == true).await;
    assert_eq!(counts(&over), [2, 2, 2, 0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_engine_goes_on_with_its_list_on_sqlite() {
    a_killed_engine_goes_on_with_its_list(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_engine_goes_on_with_its_list_on_postgres() {
    a_killed_engine_goes_on_with_its_list(World::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_list_changes_nothing() {
    let mut world = World::sqlite().with_local_remote("echo started");
    world.start().await;
    world.upload("a.txt", b"+998901234567\n").await;
    for (name, bytes, code) in [
        ("empty.txt", b"".as_slice(), "bad-sheet"),
        ("words.csv", b"Telefon\nqwerty\n".as_slice(), "bad-sheet"),
        ("broken.xlsx", b"PK\x03\x04 and nothing else".as_slice(), "bad-sheet"),
    ] {
        let (status, answer) = world.upload(name, bytes).await;
        assert_eq!((status, &answer["code"]), (StatusCode::BAD_REQUEST, &json!(code)), "{name}: {answer}");
    }
    assert_eq!(world.remote_file(), "+998901234567\n");
    assert_eq!(world.json("/calls/uploads").await.as_array().unwrap().len(), 1);
    let (status, answer) = world.post("/calls/upload", json!({})).await;
    assert!(status.is_client_error(), "{answer}");
}

/// A file that replaces the remote one is there whole or not at all, and where it cannot be put, the upload says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_put_there_is_kept() {
    let mut world = World::sqlite().with_local_remote("echo started");
    world.set("REMOTE_PATH", "/proc/karnay/numbers.txt");
    world.start().await;
    let (status, answer) = world.upload("a.txt", b"+998901234567\n").await;
    assert_eq!(
        (status, &answer["code"], &answer["ok"]),
        (StatusCode::BAD_GATEWAY, &json!("remote-unreachable"), &json!(false))
    );
    assert!(answer["detail"].as_str().unwrap().contains("REMOTE_PATH"), "{answer}");
    let id = answer["uploadId"].as_str().unwrap();
    assert_eq!(world.json(&format!("/calls/uploads/{id}")).await["placement"], "failed");
    let (status, answer) = world.post("/calls/start", json!({})).await;
    assert_eq!((status, &answer["ok"]), (StatusCode::BAD_GATEWAY, &json!(false)), "{answer}");
    let failed = world.session(answer["sessionId"].as_str().unwrap()).await;
    assert_eq!(failed["status"], "FAILED");
    assert!(failed["errorMessage"].as_str().unwrap().contains("REMOTE_PATH"), "{failed}");
}

/// Whoever uploads a long list sees how far it has come, by the name of their own request.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_upload_shows_how_far_it_has_come() {
    let mut world = World::sqlite().with_local_remote("echo started");
    world.start().await;
    let list = crate::sim::numbers(60_000);
    let upload = world.upload("long.txt", list.as_bytes());
    let mut seen = vec![];
    let watching = async {
        loop {
            let answer = world.http.get(world.url("/calls/uploads/long.txt")).send().await.unwrap();
            if answer.status().is_success() {
                let shown: Value = answer.json().await.unwrap();
                assert_eq!(world.json("/calls/uploads").await[0]["uploadId"], shown["uploadId"]);
                seen.push(shown["rows"].as_u64().unwrap());
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    };
    let (status, answer) = tokio::select! {
        done = upload => done,
        () = watching => unreachable!(),
    };
    assert_eq!((status, &answer["totalNumbers"]), (StatusCode::OK, &json!(60_000)), "{answer}");
    assert!(seen.is_sorted(), "{seen:?}");
    seen.dedup();
    assert!(seen.len() >= 5, "{seen:?}");
    assert_eq!(world.remote_file(), list);
}
