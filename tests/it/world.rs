//! The engine as a user starts it: the real program, a data folder of its own, a free port on loopback, stopped by process id.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::ports::free_port;
use crate::postgres::{Server, Sync};

pub(crate) const KARNAY: &str = env!("CARGO_BIN_EXE_karnay");

/// Long enough for a loaded machine; nothing waits for it where things go well.
const PATIENCE: Duration = Duration::from_secs(30);

/// One engine and what it stands on.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) postgres: Option<Server>,
    settings: Vec<(String, String)>,
    /// What the engine is run under, such as strace.
    pub(crate) under: Vec<String>,
    child: Option<Child>,
    pub(crate) port: u16,
    pub(crate) http: reqwest::Client,
}

impl World {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut world = Self {
            folder,
            postgres: None,
            settings: vec![],
            under: vec![],
            child: None,
            port: free_port(),
            http: reqwest::Client::builder().timeout(PATIENCE).pool_max_idle_per_host(0).build().unwrap(),
        };
        world.set("UNKNOWN_SESSION", "create");
        world
    }

    /// On a PostgreSQL server of its own, which syncs what it commits.
    pub(crate) async fn postgres() -> Self {
        Self::on(Server::own(Sync::On)).await
    }

    pub(crate) async fn on(server: Server) -> Self {
        let mut world = Self::sqlite();
        world.set("DATABASE_URL", &server.database().await);
        world.postgres = Some(server);
        world
    }

    /// Another engine with its settings and its keys, on the same store: that one has run before, and is PostgreSQL.
    pub(crate) fn beside(&self) -> Self {
        let mut other = Self::sqlite();
        other.settings.clone_from(&self.settings);
        std::fs::create_dir_all(other.data()).unwrap();
        for key in ["data.key", "jwt.secret"] {
            std::fs::copy(self.data().join(key), other.data().join(key)).unwrap();
        }
        other
    }

    pub(crate) fn database_url(&self) -> &str {
        self.setting("DATABASE_URL")
    }

    /// What was set before.
    pub(crate) fn setting(&self, name: &str) -> &str {
        let named = self.settings.iter().find(|(known, _)| known == name);
        named.map(|(_, value)| value.as_str()).expect(name)
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn unset(&mut self, name: &str) {
        self.settings.retain(|(known, _)| known != name);
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().expect("the engine runs").id()
    }

    /// `karnay` with this world's settings and nobody else's.
    pub(crate) fn karnay(&self, args: &[&str]) -> Command {
        let mut words = self.under.iter().map(String::as_str).chain([KARNAY]).chain(args.iter().copied());
        let mut command = Command::new(words.next().unwrap());
        command.args(words).current_dir(self.folder.path()).env_clear();
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOST", "127.0.0.1");
        command.env("PORT", self.port.to_string()).env("DATA_DIR", self.data()).env("LOG", "warn");
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// From now on the engine runs under strace with these words; false where there is none, which is said loudly.
    #[expect(clippy::print_stderr, reason = "what was not run is to be heard of")]
    pub(crate) fn strace(&mut self, words: &[&str]) -> bool {
        if Command::new("strace").arg("-V").output().is_err() {
            eprintln!("NOT RUN: strace is missing");
            return false;
        }
        let all = ["strace", "-f", "-qq", "-e", "signal=none"];
        self.under = all.iter().chain(words).map(|word| (*word).to_owned()).collect();
        true
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.karnay(args).stdin(Stdio::null()).output().unwrap()
    }

    pub(crate) fn spawn(&mut self) {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        let mut command = self.karnay(&["serve"]);
        // A group of its own, so that what it runs under and the engine end together.
        command.process_group(0);
        self.child = Some(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap());
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    pub(crate) async fn start(&mut self) {
        self.spawn();
        self.until_ready().await;
    }

    pub(crate) async fn until_ready(&mut self) {
        let began = Instant::now();
        while !self.ready().await {
            if let Some(status) = self.child.as_mut().unwrap().try_wait().unwrap() {
                panic!("the engine ended with {status}: {}", self.said());
            }
            assert!(began.elapsed() < PATIENCE, "the engine is not ready: {}", self.said());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn ready(&self) -> bool {
        let answer = self.http.get(self.url("/health/ready")).send().await;
        answer.is_ok_and(|answer| answer.status() == 200)
    }

    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// The power goes.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            signal("-KILL", child.id());
            child.wait().unwrap();
        }
    }

    /// SIGTERM, and what the engine makes of it.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        signal("-TERM", self.pid());
        self.child.take().unwrap().wait().unwrap()
    }

    /// Waits until the engine has ended by itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.as_mut().unwrap().try_wait().unwrap() {
                self.child = None;
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "the engine goes on: {}", self.said());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        self.http.get(self.url(path)).send().await.unwrap()
    }

    /// Sends a list as a browser's form does.
    pub(crate) async fn upload(&self, name: &str, bytes: &[u8]) -> (StatusCode, Value) {
        let mut body =
            format!("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n")
                .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--edge--\r\n");
        let request = self.http.post(self.url("/calls/upload")).body(body).header("x-request-id", name);
        let answer =
            request.header("content-type", "multipart/form-data; boundary=edge").send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) async fn report(&self, body: &Value) -> reqwest::Result<reqwest::Response> {
        self.http.post(self.url("/calls/result")).json(body).send().await
    }

    /// An admin's token, made by the program itself.
    pub(crate) fn token(&self) -> String {
        let out = self.run(&["token", "--org", "1", "--role", "admin"]);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim().to_owned()
    }

    pub(crate) async fn status(&self) -> Value {
        let answer = self.http.get(self.url("/status")).bearer_auth(self.token()).send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// Every event there is, as the program prints them.
    pub(crate) fn events(&self) -> Vec<Value> {
        let out = self.run(&["events"]);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let text = String::from_utf8(out.stdout).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn verify(&self) -> Output {
        self.run(&["verify"])
    }
}

fn signal(name: &str, group: u32) {
    let group = format!("-{group}");
    assert!(Command::new("/bin/kill").args([name, "--", &group]).status().unwrap().success());
}

impl Drop for World {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A report as call servers send it.
pub(crate) fn report(session: &str, number: u32) -> Value {
    json!({
        "sessionId": session, "phoneNumber": format!("+99890{number:07}"), "callStatus": "ANSWERED",
        "callDuration": 45, "operatorName": "Alisher Valijonov", "operatorId": "7",
        "callStartTime": "2025-10-06T18:30:00.000Z", "callEndTime": "2025-10-06T18:30:45.000Z",
        "recordingUrl": null, "notes": "Mijoz mahsulot haqida so'radi"
    })
}
