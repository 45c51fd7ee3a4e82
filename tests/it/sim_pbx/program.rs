//! `karnay sim pbx` as a program of its own: what it prints, and how it is steered.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::*;

/// Stopped by its id.
pub(crate) struct Program {
    child: Child,
    pub(crate) url: String,
    pub(crate) pin: String,
    control: String,
    said: Vec<String>,
    folder: tempfile::TempDir,
}

impl Program {
    pub(crate) fn start(more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let mut command = Command::new(crate::world::KARNAY);
        command.args(["sim", "pbx", "--port", "0", "--control", "0"]).args(more);
        command.current_dir(folder.path()).env_clear().env("KERIO_API_PASSWORD", PASSWORD);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().take(3);
        let said: Vec<String> = lines.map(Result::unwrap).collect();
        let [box_at, user, steered] = said.as_slice() else { panic!("{said:?}") };
        assert_eq!(user, "user monitor", "a password that was given is not printed");
        let (url, pin) =
            box_at.strip_prefix("SIMULATED exchange at ").unwrap().split_once(", KERIO_TLS=").unwrap();
        let control = steered.strip_prefix("steered at ").unwrap();
        Self { url: url.to_owned(), pin: pin.to_owned(), control: control.to_owned(), child, said, folder }
    }

    async fn visitor(&self) -> Visitor {
        let visitor = Visitor::new(self.url.clone());
        visitor.log_in().await;
        visitor
    }

    pub(crate) async fn steer(&self, path: &str, order: Value) -> Value {
        let answer =
            reqwest::Client::new().post(format!("{}{path}", self.control)).json(&order).send().await.unwrap();
        let status = answer.status();
        let said: Value = answer.json().await.unwrap();
        assert_eq!(status, 200, "{path} {order}: {said}");
        assert_eq!(said["simulated"], true);
        said
    }

    async fn look(&self, path: &str) -> Value {
        reqwest::get(format!("{}{path}", self.control)).await.unwrap().json().await.unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "it does not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_steered_from_ring_to_recording() {
    let program = Program::start(&[
        "--per-minute",
        "0",
        "--log-delay",
        "10",
        "--recording-delay",
        "10",
        "--unrecorded",
        "0",
    ]);
    let visitor = program.visitor().await;
    assert!(program.pin.strip_prefix("pin:").unwrap().len() == 64, "{:?}", program.said);
    let begun = program.steer("/calls", json!({ "from": "998900000001", "to": "158" })).await;
    let id = begun["id"].as_str().unwrap().to_owned();
    let calls = visitor.calls().await;
    assert_eq!((&calls[0]["id"], &calls[0]["STATUS"]), (&json!(id), &json!(2)));
    let path = format!("/calls/{id}");
    let answered = program.steer(&path, json!({ "do": "transfer", "to": "1001" })).await;
    let stamps = answered["steps"].as_array().unwrap();
    assert_eq!((&stamps[1]["status"], &stamps[1]["to"]), (&json!(9), &json!("1001")));
    assert!(stamps[0]["at"].as_i64().unwrap() <= stamps[1]["at"].as_i64().unwrap());
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    program.steer(&path, json!({ "do": "hang_up" })).await;
    let row = until(async || visitor.log().await.into_iter().next()).await;
    assert_eq!((&row["STATUS"], &row["TO_NUM"]), (&json!(4), &json!("158")));
    until(async || program.look("/recordings").await["recordings"].as_array().unwrap().first().cloned())
        .await;
    assert_eq!(program.look("/log").await["rows"][0]["id"], id.as_str());
    let gone =
        reqwest::Client::new().post(format!("{}{path}", program.control)).json(&json!({ "do": "answer" }));
    assert_eq!(gone.send().await.unwrap().status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_takes_faults_forgets_sessions_and_counts() {
    let program = Program::start(&["--per-minute", "0", "--faults", "forbidden:CallHistory.get"]);
    let visitor = program.visitor().await;
    assert_eq!(visitor.refusal("CallHistory.get", all()).await, 1004);
    program.steer("/faults", json!({ "faults": "cap:10" })).await;
    program.steer("/log", json!({ "rows": 1_000, "over_secs": 86_400 })).await;
    let said = visitor.result("CallHistory.get", all()).await;
    assert_eq!((&said["totalItems"], said["callHistory"].as_array().unwrap().len()), (&json!(1_000), 10));
    let truth = program.look("/log?skip=998&limit=5").await;
    assert_eq!((&truth["total"], truth["rows"].as_array().unwrap().len()), (&json!(1_000), 2));
    program.steer("/expire", json!({})).await;
    assert_eq!(visitor.refusal("Session.whoAmI", json!({})).await, -32001);
    program.steer("/restart", json!({ "away_ms": 60_000 })).await;
    assert!(visitor.sent(String::new()).await.is_err());
    let wrong =
        reqwest::Client::new().post(format!("{}/faults", program.control)).json(&json!({ "faults": "fire" }));
    assert_eq!(wrong.send().await.unwrap().status(), 400);
    let foreign = reqwest::Client::new().post(format!("{}/expire", program.control)).body("{}");
    assert_eq!(foreign.send().await.unwrap().status(), 400, "a page of a browser cannot send JSON unasked");
    let counts = program.look("/counts").await;
    assert_eq!((&counts["logins"], &counts["requests"]["CallHistory.get"]), (&json!(1), &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_a_program_come_by_themselves_and_no_number_is_logged() {
    let program = Program::start(&["--per-minute", "600", "--speed", "100", "--log-delay", "0"]);
    let visitor = program.visitor().await;
    until(async || (visitor.log().await.len() > 20).then_some(())).await;
    let log = std::fs::read_to_string(program.folder.path().join("log")).unwrap();
    assert!(log.contains("SIMULATED") && !log.contains("99890") && !log.contains(PASSWORD), "{log}");
}
