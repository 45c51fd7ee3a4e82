//! A list from its upload to its session's end, on both stores, with a call server on this machine that the test plays itself.

mod endings;
mod retries;
mod sessions;
mod uploads;

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::world::World;

pub(crate) const NUMBERS: &str =
    "Telefon\r\n+998901234567\r\n90 123-45-68\r\n\r\n998901234567\r\nqwerty\r\n+998901234569\r\n";
const LIST: &str = "+998901234567\n+998901234568\n+998901234569\n";

impl World {
    pub(crate) fn with_local_remote(mut self, command: &str) -> Self {
        let path = self.folder.path().join("numbers.txt");
        self.set("REMOTE_HOST", "local");
        self.set("REMOTE_PATH", path.to_str().unwrap());
        self.set("REMOTE_COMMAND", command);
        self
    }

    fn remote_file(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("numbers.txt")).unwrap_or_default()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let answer = self.http.post(self.url(path)).json(&body).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    pub(crate) async fn started(&self, body: Value) -> String {
        let (status, answer) = self.post("/calls/start", body).await;
        assert_eq!((status, &answer["ok"]), (StatusCode::OK, &json!(true)), "{answer}");
        answer["sessionId"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn reported(&self, session: &str, number: &str, status: &str) -> Value {
        let body = json!({ "sessionId": session, "phoneNumber": number, "callStatus": status });
        let (code, answer) = self.post("/calls/result", body).await;
        assert_eq!(code, StatusCode::OK, "{answer}");
        answer
    }

    pub(crate) async fn session(&self, name: &str) -> Value {
        self.json(&format!("/calls/session/{name}")).await
    }

    /// The session once it is as it should be.
    pub(crate) async fn session_when(&self, name: &str, done: impl Fn(&Value) -> bool) -> Value {
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
