//! Those who watch, against the engine as it is started: sockets of the client that front ends have, event streams, and raw ones
//! that behave badly. What the protocol layer owes by itself stands in `realtime`.

mod bursts;
mod coming_back;
mod doors;
mod ends;
mod exchange;
mod foreign;
mod nodes;
mod pushes;
mod reborn;
mod replays;
mod ringing;
mod shown;
mod slow;
mod stalls;
mod streams;
mod traces;
mod uploads;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::realtime::program::{install, root};
use crate::world::World;

const PATIENCE: Duration = Duration::from_secs(20);
const PATIENCE_WITH_ALL: Duration = Duration::from_mins(3);
const CAMPAIGNS: &str = "/auto-calling";
pub(crate) const CALLS: &str = "/";

/// What a socket of the real client was told, or what became of it.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    socket: usize,
    pub(crate) event: String,
    pub(crate) data: Value,
    pub(crate) at: Instant,
}

impl Told {
    pub(crate) fn position(&self) -> u64 {
        self.data["position"].as_u64().unwrap_or_else(|| panic!("no position: {self:?}"))
    }
}

/// A front end: Node with the real client. It goes when it is dropped.
pub(crate) struct Watch {
    child: Child,
    input: ChildStdin,
    lines: mpsc::UnboundedReceiver<Told>,
    /// Everything that was taken from the lines so far.
    pub(crate) heard: Vec<Told>,
    opened: Instant,
}

impl Watch {
    async fn open(world: &World, sockets: &Value) -> Self {
        Self::at(&world.url(""), sockets, None).await
    }

    /// At another address than the engine's own, which proves itself by this authority.
    pub(crate) async fn at(url: &str, sockets: &Value, authority: Option<&Path>) -> Self {
        let folder = root().join("tests/realtime");
        install(&folder).await;
        let told = json!({ "url": url, "sockets": sockets }).to_string();
        let mut node = Command::new("node");
        node.arg("watch.mjs").current_dir(folder).env("KARNAY_WATCH", told);
        node.envs(authority.map(|file| ("NODE_EXTRA_CA_CERTS", file)));
        let mut child = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (say, lines) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let line: Value = serde_json::from_str(&line).unwrap();
                let socket = usize::try_from(line["socket"].as_u64().unwrap()).unwrap();
                let event = line["event"].as_str().unwrap().to_owned();
                let told = Told { socket, event, data: line["data"].clone(), at: Instant::now() };
                if say.send(told).is_err() {
                    return;
                }
            }
        });
        Self { child, input, lines, heard: vec![], opened: Instant::now() }
    }

    /// The same, once each socket knows where it stands.
    pub(crate) async fn entered(world: &World, sockets: &Value) -> Self {
        let mut watch = Self::open(world, sockets).await;
        watch.each("position", sockets.as_array().unwrap().len()).await;
        watch
    }

    /// Until each of so many sockets has been told of it, now or before.
    pub(crate) async fn each(&mut self, event: &str, sockets: usize) {
        while (0..sockets).any(|socket| self.of(socket, event).is_empty()) {
            self.next().await;
        }
    }

    pub(crate) async fn next(&mut self) -> Told {
        // Whoever tries in vain to connect again has something to tell for ever.
        assert!(self.opened.elapsed() < PATIENCE_WITH_ALL, "still nothing after {:#?}", self.last());
        let next = tokio::time::timeout(PATIENCE, self.lines.recv()).await;
        let told = next.unwrap_or_else(|_| panic!("nothing more after {:#?}", self.last()));
        let told = told.expect("Node goes on");
        self.heard.push(told.clone());
        told
    }

    fn last(&self) -> &[Told] {
        &self.heard[self.heard.len().saturating_sub(8)..]
    }

    /// The next of that name that a socket is told.
    async fn until(&mut self, socket: usize, event: &str) -> Told {
        self.until_such(socket, event, |_| true).await
    }

    async fn until_such(&mut self, socket: usize, event: &str, holds: impl Fn(&Value) -> bool) -> Told {
        loop {
            let told = self.next().await;
            if told.socket == socket && told.event == event && holds(&told.data) {
                return told;
            }
        }
    }

    /// What was heard of an event so far.
    pub(crate) fn of(&self, socket: usize, event: &str) -> Vec<&Told> {
        self.heard.iter().filter(|told| told.socket == socket && told.event == event).collect()
    }

    /// Shows something else from now on, and connects.
    fn connect(&mut self, socket: usize, auth: &Value) {
        writeln!(self.input, "{}", json!({ "socket": socket, "auth": auth })).unwrap();
    }

    fn disconnect(&mut self, socket: usize) {
        writeln!(self.input, "{}", json!({ "socket": socket })).unwrap();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody who asks by REST.
struct Desk<'a> {
    world: &'a World,
    token: String,
}

impl<'a> Desk<'a> {
    fn of(world: &'a World, organization: &str, role: &str) -> Self {
        Self { world, token: token(world, organization, role, &[]) }
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> Value {
        let request = self.world.http.request(method, self.world.url(path)).bearer_auth(&self.token);
        let request = if body.is_null() { request } else { request.json(body) };
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        self.ask(Method::POST, path, body).await
    }

    async fn contact(&self, number: u32) -> String {
        let body =
            json!({ "firstName": "Ali", "lastName": "Valiyev", "phone": format!("+99890{number:07}") });
        self.post("/auto-calling/contacts", &body).await["id"].as_str().unwrap().to_owned()
    }
}

/// A token that the program itself made.
pub(crate) fn token(world: &World, organization: &str, role: &str, more: &[&str]) -> String {
    let out = world.run(&[&["token", "--org", organization, "--role", role], more].concat());
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

/// A socket, as the real client opens it.
fn socket(namespace: &str, token: &str) -> Value {
    json!({ "namespace": namespace, "transports": ["websocket"], "auth": { "token": token } })
}

/// The same with something else besides.
pub(crate) fn socket_with(namespace: &str, token: &str, more: &Value) -> Value {
    let mut socket = socket(namespace, token);
    for (name, value) in more.as_object().unwrap() {
        socket[name] = value.clone();
    }
    socket
}
