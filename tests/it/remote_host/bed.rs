//! An engine whose host is reached over SSH, along a wire that can be stopped. The host's command keeps the list that it found.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::ssh::wire::Wire;
use crate::sshd::Sshd;
use crate::world::World;

/// Longer than an engine's lease on what another one has begun.
const PATIENCE: Duration = Duration::from_secs(90);
/// A list is on its way when so much of its connection was carried: the login takes a tenth of that.
pub(super) const ON_ITS_WAY: u64 = 40_000;
/// So long that a connection that places it carries a lot more.
const LONG: u32 = 14_000;

/// A long list of numbers that begin like this.
pub(super) fn list(prefix: &str) -> String {
    crate::sim::numbers(LONG).replace("+99890", prefix)
}

pub(super) struct Bed {
    pub(super) world: World,
    pub(super) wire: Wire,
    server: Sshd,
}

impl Bed {
    pub(super) async fn on(mut world: World) -> Self {
        let server = Sshd::start();
        let wire = Wire::to(server.port, u64::MAX).await;
        server.is_the_remote_host_of(&mut world);
        world.set("REMOTE_PORT", &wire.port.to_string());
        let home = server.home().display().to_string();
        world.set("REMOTE_PATH", &format!("{home}/numbers.txt"));
        let command = format!(
            "cp {home}/numbers.txt {home}/got-{{sessionId}} && echo {{sessionId}} >> {home}/launched"
        );
        world.set("REMOTE_COMMAND", &command);
        world.start().await;
        Self { world, wire, server }
    }

    /// Where the engine puts lists.
    pub(super) fn path(&self) -> PathBuf {
        self.server.home().join("numbers.txt")
    }

    pub(super) fn file(&self) -> String {
        std::fs::read_to_string(self.path()).unwrap_or_default()
    }

    /// Every session that the host's command was run for, as often as it was.
    pub(super) fn launched(&self) -> Vec<String> {
        self.found("launched").lines().map(str::to_owned).collect()
    }

    /// The list that a session's command found.
    pub(super) fn dialled(&self, session: &str) -> String {
        self.found(&format!("got-{session}"))
    }

    fn found(&self, name: &str) -> String {
        std::fs::read_to_string(self.server.home().join(name)).unwrap_or_default()
    }

    pub(super) async fn uploaded(&self, list: &str) -> Value {
        let (status, answer) = self.world.upload("list.txt", list.as_bytes()).await;
        assert_eq!((status, &answer["placement"]), (StatusCode::OK, &json!("placed")), "{answer}");
        answer["uploadId"].clone()
    }

    pub(super) async fn started(&self, body: Value) -> (StatusCode, Value) {
        super::started(&self.world, body).await
    }

    /// A start that nobody waits for.
    pub(super) fn begin_start(&self) -> JoinHandle<()> {
        let start = self.world.http.post(self.world.url("/calls/start")).send();
        tokio::spawn(async move { drop(start.await) })
    }

    /// An upload that nobody waits for.
    pub(super) fn begin_upload(&self, list: &str) -> JoinHandle<()> {
        let (url, http, list) = (self.world.url("/calls/upload"), self.world.http.clone(), list.to_owned());
        let part = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"list.txt\"\r\n\r\n";
        let body = format!("{part}{list}\r\n--edge--\r\n");
        let upload = http.post(url).header("content-type", "multipart/form-data; boundary=edge").body(body);
        tokio::spawn(async move { drop(upload.send().await) })
    }

    /// Until the host's command was run so often.
    pub(super) async fn until_launched(&self, times: usize) {
        let began = Instant::now();
        while self.launched().len() < times {
            assert!(began.elapsed() < PATIENCE, "{:?} {}", self.launched(), self.world.said());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(super) async fn close(&self, session: &str) -> Value {
        let url = self.world.url(&format!("/calls/session/{session}/close"));
        self.world.http.post(url).send().await.unwrap().json().await.unwrap()
    }

    /// The one session that there is.
    pub(super) async fn only_session(&self) -> String {
        let all = self.until("/calls/sessions/all", |all| all.as_array().unwrap().len() == 1).await;
        all[0]["sessionId"].as_str().unwrap().to_owned()
    }

    pub(super) async fn session_when(&self, name: &str, done: impl Fn(&Value) -> bool) -> Value {
        self.until(&format!("/calls/session/{name}"), done).await
    }

    /// What is shown there, once it is as it should be.
    pub(super) async fn until(&self, path: &str, done: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let shown = self.world.json(path).await;
            if done(&shown) {
                return shown;
            }
            assert!(began.elapsed() < PATIENCE, "{shown} {}", self.world.said());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What happened to a session or to the host, in order.
    pub(super) fn history(&self, of: &str) -> Vec<String> {
        let events = self.world.events();
        let of = events.iter().filter(|event| event["stream"].as_str().unwrap().ends_with(of));
        of.map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }
}
