//! A voice agent that keeps a book of whom it rang under which name, and stops at a moment until the engine is dead.
//! It lives in the test, so that it outlives every engine that calls it. What must never be asked of it, it notes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::{Bytes, Data, Json, Query};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use futures_util::stream::{self, StreamExt as _};
use karnay::adapters::system::SystemClock;
use karnay::config::SigningSecret;
use karnay::config::signature::SigningKey;
use karnay::ports::Clock as _;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot, watch};

use super::moment::Moment;

pub(super) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// After this outcome alone a number is called again: in a minute, which is the soonest there is.
const ANOTHER_TURN: &str = "NETWORK_ERROR";

/// How far a call has come, as the agent knows it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Stand {
    /// The request came, and its sender went before anybody was rung.
    Dropped,
    /// Refused for the moment: nobody was rung.
    Refused,
    Ringing,
    /// What came of it, which the agent says to whoever asks.
    Over(Value),
}

impl Stand {
    pub(super) fn brings_another_turn(&self) -> bool {
        matches!(self, Self::Over(said) if said["outcome"] == ANOTHER_TURN)
    }
}

/// One call, by the name that the engine gave it.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) phone: String,
    pub(super) rings: u32,
    pub(super) stand: Stand,
    /// Its report was received, and whether the engine had it before.
    pub(super) acknowledged: Option<bool>,
}

#[derive(Default)]
pub(super) struct Book {
    pub(super) calls: BTreeMap<String, Entry>,
    /// Of which calls the agent said that it does not know them.
    pub(super) denied: BTreeSet<String>,
    /// Whose reports were sent, and the answers to them never read.
    pub(super) unanswered: BTreeSet<String>,
    pub(super) offences: Vec<String>,
}

/// Somebody has come to the moment, and waits.
pub(super) struct Stop {
    pub(super) key: String,
    pub(super) go: oneshot::Sender<()>,
}

struct Shared {
    book: Mutex<Book>,
    trap: watch::Sender<Option<Moment>>,
    /// How many more have to come to the moment.
    left: Mutex<u32>,
    stops: mpsc::UnboundedSender<Stop>,
    engine: AtomicU16,
    http: reqwest::Client,
}

pub(super) struct Agent {
    shared: Arc<Shared>,
    server: ServerHandle,
    port: u16,
    pub(super) stops: mpsc::UnboundedReceiver<Stop>,
}

/// What a contact's number has the agent do: its last figure.
pub(super) const KINDS: std::ops::Range<u32> = 0..10;

fn answer(kind: u32, before: usize) -> Value {
    let told =
        json!({ "success": true, "outcome": "Payment received", "summary": "Kelishildi", "duration": 40 });
    match kind {
        3 | 4 => json!({ "success": true, "outcome": "PROMISE_TO_PAY", "duration": 60,
            "promise": { "amount": "150000", "dueDate": "2999-01-01" } }),
        5 | 7 if before == 0 => json!({ "success": false, "outcome": ANOTHER_TURN }),
        8 => json!({ "success": true, "outcome": "REFUSED", "duration": 30 }),
        _ => told,
    }
}

fn takes(kind: u32) -> bool {
    matches!(kind, 2 | 3 | 7 | 9)
}

fn wants_patience(kind: u32) -> bool {
    matches!(kind, 6 | 9)
}

impl Agent {
    pub(super) fn start() -> Self {
        let (stops, stopped) = mpsc::unbounded_channel();
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).timeout(Duration::from_secs(10));
        let shared = Arc::new(Shared {
            book: Mutex::default(),
            trap: watch::Sender::new(None),
            left: Mutex::new(0),
            stops,
            engine: AtomicU16::new(0),
            http: http.build().unwrap(),
        });
        let data = Data::from(Arc::clone(&shared));
        let app = move || {
            let app = App::new().app_data(data.clone());
            app.route("/call", web::post().to(call)).route("/status", web::get().to(status))
        };
        let server = HttpServer::new(app).workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let port = server.addrs()[0].port();
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { shared, server: handle, port, stops: stopped }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.shared.book.lock().unwrap()
    }

    /// Where it reports to from now on.
    pub(super) fn reports_to(&self, port: u16) {
        self.shared.engine.store(port, Ordering::Relaxed);
    }

    /// Whoever comes to this moment as the `nth` waits.
    pub(super) fn arm(&self, moment: Moment, nth: u32) {
        *self.shared.left.lock().unwrap() = nth;
        self.shared.trap.send_replace(Some(moment));
    }

    /// Whoever waits goes on.
    pub(super) fn disarm(&mut self) {
        self.shared.trap.send_replace(None);
        while self.stops.try_recv().is_ok() {}
    }

    pub(super) async fn stop(self) {
        self.server.stop(false).await;
    }
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    /// True where this is who had to wait.
    async fn reached(&self, moment: Moment, key: &str) -> bool {
        let (go, gone) = oneshot::channel();
        {
            let mut left = self.left.lock().unwrap();
            if *self.trap.borrow() != Some(moment) || *left == 0 {
                return false;
            }
            *left -= 1;
            if *left > 0 || self.stops.send(Stop { key: key.to_owned(), go }).is_err() {
                return false;
            }
        }
        let _ = gone.await;
        true
    }

    /// Notes a request. How often the number was rung before under other names, or none where nobody may be rung.
    fn note(&self, key: &str, phone: &str) -> Option<usize> {
        let mut book = self.book();
        let others = book.calls.iter().filter(|(name, one)| *name != key && one.phone == phone);
        let mut before = 0;
        let mut offences = vec![];
        for (name, other) in others {
            before += 1;
            if !other.stand.brings_another_turn() {
                offences.push(format!(
                    "{key} would ring {phone} after {name}, which stands at {:?}",
                    other.stand
                ));
            }
        }
        let known = book.calls.get(key).map(|one| one.stand.clone());
        if let Some(stand) = known.filter(|stand| *stand != Stand::Refused) {
            offences.push(format!("{key} was asked for twice, and stood at {stand:?}"));
        }
        let fine = offences.is_empty();
        book.offences.extend(offences);
        fine.then_some(before)
    }

    fn put(&self, key: &str, phone: &str, stand: Stand) {
        let mut book = self.book();
        let new = || Entry { phone: phone.to_owned(), rings: 0, stand: Stand::Dropped, acknowledged: None };
        let entry = book.calls.entry(key.to_owned()).or_insert_with(new);
        entry.rings += u32::from(stand == Stand::Ringing);
        entry.stand = stand;
    }

    /// Tells what came of a call until the engine says that it knows.
    async fn report(&self, key: &str, said: &Value) {
        let mut body = said.clone();
        body["idempotencyKey"] = json!(key);
        let bytes = body.to_string().into_bytes();
        self.reached(Moment::ReportUnstored, key).await;
        loop {
            let mut trap = self.trap.subscribe();
            let held = *trap.borrow() == Some(Moment::ReportUnacknowledged);
            if held {
                self.book().unanswered.insert(key.to_owned());
            }
            let sent = tokio::spawn(self.send(bytes.clone()));
            if held {
                // Whatever the engine says now, it does not arrive.
                let _ = trap.wait_for(Option::is_none).await;
                sent.abort();
            } else if let Ok(Some(duplicate)) = sent.await {
                self.book().calls.get_mut(key).unwrap().acknowledged = Some(duplicate);
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn send(&self, bytes: Vec<u8>) -> impl Future<Output = Option<bool>> + Send + 'static {
        let port = self.engine.load(Ordering::Relaxed);
        let url = format!("http://127.0.0.1:{port}/auto-calling/agent/callback");
        let key = SigningKey::new(&SigningSecret::parse(SECRET).unwrap());
        let request = self.http.post(url).header("content-type", "application/json");
        let request =
            request.headers(key.headers("msg_1", SystemClock.now().timestamp(), &bytes)).body(bytes);
        async move {
            let answer = request.send().await.ok().filter(|answer| answer.status() == 200)?;
            answer.json::<Value>().await.ok()?["duplicate"].as_bool()
        }
    }
}

async fn call(shared: Data<Shared>, request: HttpRequest, body: Json<Value>) -> HttpResponse {
    let key = request.headers().get("idempotency-key").unwrap().to_str().unwrap().to_owned();
    let phone = body["phoneNumber"].as_str().unwrap().to_owned();
    // A call goes on when whoever asked for it hangs up the line to the agent.
    actix_web::rt::spawn(async move { ring(shared.into_inner(), key, phone).await }).await.unwrap()
}

async fn ring(shared: Arc<Shared>, key: String, phone: String) -> HttpResponse {
    let kind: u32 = phone[phone.len() - 1..].parse().unwrap();
    let first = !shared.book().calls.contains_key(&key);
    let Some(before) = shared.note(&key, &phone) else { return HttpResponse::Conflict().finish() };
    shared.put(&key, &phone, Stand::Dropped);
    if shared.reached(Moment::Asked, &key).await {
        return HttpResponse::Ok().finish();
    }
    if first && before == 0 && wants_patience(kind) {
        shared.put(&key, &phone, Stand::Refused);
        shared.reached(Moment::PatienceUnstored, &key).await;
        return HttpResponse::ServiceUnavailable().insert_header(("retry-after", "1")).finish();
    }
    shared.put(&key, &phone, Stand::Ringing);
    shared.reached(Moment::Ringing, &key).await;
    let lasts = Duration::from_millis(5 + crate::crash::seeded(u64::from(kind), 35));
    let said = answer(kind, before);
    if takes(kind) && before == 0 {
        let taken = HttpResponse::Accepted().json(json!({ "callId": format!("c-{key}") }));
        shared.reached(Moment::TakenUnstored, &key).await;
        tokio::spawn(async move {
            tokio::time::sleep(lasts).await;
            shared.put(&key, &phone, Stand::Over(said.clone()));
            shared.report(&key, &said).await;
        });
        return taken;
    }
    tokio::time::sleep(lasts).await;
    shared.put(&key, &phone, Stand::Over(said.clone()));
    shared.reached(Moment::AnswerUnstored, &key).await;
    in_halves(shared, key, &said)
}

fn in_halves(shared: Arc<Shared>, key: String, said: &Value) -> HttpResponse {
    let text = said.to_string();
    let (one, other) = text.split_at(text.len() / 2);
    let (one, other) = (Bytes::from(one.to_owned()), Bytes::from(other.to_owned()));
    let rest = async move {
        shared.reached(Moment::HalfAnswered, &key).await;
        other
    };
    let body = stream::once(async move { one }).chain(stream::once(rest));
    HttpResponse::Ok().content_type("application/json").streaming(body.map(Ok::<_, actix_web::Error>))
}

async fn status(shared: Data<Shared>, query: Query<BTreeMap<String, String>>) -> HttpResponse {
    let key = query["idempotencyKey"].clone();
    shared.reached(Moment::AskedAbout, &key).await;
    let known = shared.book().calls.get(&key).map(|one| one.stand.clone());
    let answer = match known {
        Some(Stand::Ringing) => {
            return HttpResponse::Accepted()
                .insert_header(("retry-after", "0"))
                .json(json!({ "callId": key }));
        }
        Some(Stand::Over(said)) => HttpResponse::Ok().json(said),
        Some(Stand::Dropped | Stand::Refused) | None => {
            shared.book().denied.insert(key.clone());
            HttpResponse::NotFound().finish()
        }
    };
    shared.reached(Moment::ToldUnstored, &key).await;
    answer
}
