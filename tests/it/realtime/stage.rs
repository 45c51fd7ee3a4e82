//! A server of its own for each test, in this process, with namespaces that do what clients ask them to.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, rt};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use karnay::adapters::system::SystemIds;
use karnay::realtime::socket_io::{
    Admission, Ended, Event, Handshake, Namespace, Options, Payload, Push, Refusal, Server, Socket,
};
use karnay::realtime::{self, Origins};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::raw::PATIENCE;

/// The page that may poll from elsewhere.
pub(super) const ORIGIN: &str = "http://pages.example";

pub(super) struct Stage {
    pub(super) port: u16,
    pub(super) server: Server,
    pub(super) play: Arc<Play>,
    http: ServerHandle,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// What clients may ask of the namespaces, in `auth`: `token: "bad"`, `slow` and `lasts` in milliseconds, `rooms`, and
/// `history`, a number of events that were missed, told once the test opens the gate.
#[derive(Default)]
pub(super) struct Play {
    said: Mutex<Vec<String>>,
    pub(super) gate: Notify,
}

pub(super) fn quick() -> Options {
    Options {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        ..Options::default()
    }
}

impl Stage {
    pub(super) fn new(options: Options) -> Self {
        let play = Arc::new(Play::default());
        let namespace: Arc<dyn Namespace> = play.clone();
        let namespaces = vec![("/", Arc::clone(&namespace)), ("/custom", namespace)];
        let options = Options { headers: &["user-agent"], ..options };
        let server = Server::new(options, Arc::new(SystemIds), namespaces);
        let (told, heard) = std::sync::mpsc::channel();
        let shown = server.clone();
        let thread = std::thread::spawn(move || {
            rt::System::new().block_on(async move {
                let http = HttpServer::new(move || {
                    let origins: Origins = Arc::new(|origin: &str| origin == ORIGIN);
                    App::new().configure(|routes| {
                        realtime::configure(routes, "/socket.io", shown.engine(), Some(origins));
                    })
                })
                .workers(2)
                .h1_allow_half_closed(false)
                .on_connect(realtime::on_connect)
                .client_disconnect_timeout(Duration::from_secs(1))
                .shutdown_timeout(5)
                .disable_signals()
                .bind(("127.0.0.1", 0))
                .unwrap();
                let port = http.addrs()[0].port();
                let running = http.run();
                told.send((port, running.handle())).unwrap();
                running.await.unwrap();
            });
        });
        let (port, http) = heard.recv().unwrap();
        Self { port, server, play, http, thread: Some(thread) }
    }

    /// What namespaces were told, in order: `in /custom`, `out /custom PingTimeout`.
    pub(super) fn said(&self) -> Vec<String> {
        self.play.said.lock().unwrap().clone()
    }

    pub(super) async fn says(&self, wanted: &str) {
        let began = Instant::now();
        while !self.said().iter().any(|said| said == wanted) {
            assert!(began.elapsed() < PATIENCE, "never: {wanted} in {:?}", self.said());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(super) fn push(&self, room: &str, number: u64) -> usize {
        let push = Push::try_new("/", "news", &json!(number).into()).unwrap();
        self.server.emit(room, &push.marked(number))
    }

    /// How long the whole server takes to stop, its sessions first.
    pub(super) async fn stop(mut self) -> Duration {
        let began = Instant::now();
        self.server.close_all();
        self.http.stop(true).await;
        let thread = self.thread.take().unwrap();
        tokio::task::spawn_blocking(move || thread.join()).await.unwrap().unwrap();
        began.elapsed()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if self.thread.is_some() {
            drop(self.http.stop(false));
        }
    }
}

/// Waits for what must come to be, and says what did not.
pub(super) async fn until(what: &str, mut is: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is() {
        assert!(began.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

impl Play {
    fn say(&self, what: String) {
        self.said.lock().unwrap().push(what);
    }

    async fn admit(&self, handshake: Handshake) -> Result<Admission, Refusal> {
        let auth = handshake.auth.clone();
        self.say(format!("asked {}", handshake.namespace));
        if let Some(slow) = auth["slow"].as_u64() {
            tokio::time::sleep(Duration::from_millis(slow)).await;
        }
        if auth["token"] == "later" {
            return Err(Refusal::NotNow);
        }
        if auth["token"] == "bad" {
            let data = Some(json!({ "code": "unauthorized" }));
            return Err(Refusal::Told { message: "Not authorized".to_owned(), data });
        }
        let rooms = auth["rooms"].as_array().cloned().unwrap_or_default();
        let seen = json!({
            "auth": auth,
            "organizationId": handshake.query("organizationId"),
            "agent": handshake.header("user-agent"),
            "peer": handshake.peer().map(|peer| peer.ip().to_string()),
        });
        Ok(Admission {
            rooms: rooms.iter().filter_map(|room| room.as_str().map(str::to_owned)).collect(),
            data: Arc::new(seen),
            lasts: auth["lasts"].as_u64().map(Duration::from_millis),
        })
    }
}

impl Namespace for Play {
    fn authorize(&self, handshake: Handshake) -> BoxFuture<'_, Result<Admission, Refusal>> {
        self.admit(handshake).boxed()
    }

    fn connected<'a>(&'a self, socket: &'a Socket) -> BoxFuture<'a, Option<u64>> {
        async {
            self.say(format!("in {}", socket.namespace()));
            let missed = socket.data::<Value>().and_then(|seen| seen["auth"]["history"].as_u64())?;
            self.gate.notified().await;
            for number in 1..=missed {
                socket.emit(&Push::try_new(socket.namespace(), "news", &json!(number).into()).unwrap());
            }
            Some(missed)
        }
        .boxed()
    }

    fn event(&self, socket: &Socket, event: Event) {
        let back = |name: &str, payload: &Payload| {
            socket.emit(&Push::try_new(socket.namespace(), name, payload).unwrap())
        };
        match (event.name.as_str(), event.ack) {
            ("whoami", Some(ack)) => {
                ack.send(&socket.data::<Value>().cloned().unwrap().into());
            }
            ("leave me", _) => socket.disconnect(),
            ("join", _) => socket.join(event.payload.args[0].as_str().unwrap()),
            ("leave", _) => socket.leave(event.payload.args[0].as_str().unwrap()),
            ("count", _) => {
                for number in 0..event.payload.args[0].as_u64().unwrap() {
                    back("number", &json!(number).into());
                }
            }
            (_, Some(ack)) => {
                ack.send(&event.payload);
            }
            (_, None) => {
                back("echoed", &event.payload);
            }
        }
    }

    fn disconnected(&self, socket: &Socket, why: Ended) {
        self.say(format!("out {} {why:?}", socket.namespace()));
    }
}
