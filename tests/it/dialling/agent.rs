//! A voice agent for tests: it remembers whom it rang when, under which name, and says what it was told to say.
//! It lives in the test, so that it outlives every engine that calls it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::web::{Data, Json, Query};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::{Value, json};

/// One request for a call, as it came.
#[derive(Debug, Clone)]
pub(crate) struct Rung {
    pub(crate) phone: String,
    pub(crate) key: String,
    pub(crate) began: Instant,
    /// None while it goes on.
    pub(crate) ended: Option<Instant>,
}

/// What it does with a call: how long it lasts, and what it answers in the end.
pub(crate) type Manner = Box<dyn Fn(&str, usize) -> Act + Send + Sync>;

pub(crate) enum Act {
    Say(Duration, Value),
    /// Taken: it reports later, or never.
    Take,
    /// Taken, under this name.
    TakeAs(&'static str),
    Fail(u16),
    /// Not now, but in so many seconds.
    Later(u32),
}

struct Books {
    manner: Manner,
    rung: Mutex<Vec<Rung>>,
    /// What was answered, by the name of the call.
    said: Mutex<BTreeMap<String, Value>>,
}

pub(crate) struct Agent {
    books: Arc<Books>,
    server: ServerHandle,
    port: u16,
}

pub(crate) fn success() -> Value {
    json!({ "success": true, "outcome": "Payment received", "summary": "Kelishildi", "duration": 40 })
}

impl Agent {
    pub(crate) fn start(manner: impl Fn(&str, usize) -> Act + Send + Sync + 'static) -> Self {
        let books =
            Arc::new(Books { manner: Box::new(manner), rung: Mutex::default(), said: Mutex::default() });
        let data = Data::from(Arc::clone(&books));
        let app = move || {
            let app = App::new().app_data(data.clone());
            app.route("/call", web::post().to(call)).route("/status", web::get().to(status))
        };
        let server = HttpServer::new(app).workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let port = server.addrs()[0].port();
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { books, server: handle, port }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn rung(&self) -> Vec<Rung> {
        self.books.rung.lock().unwrap().clone()
    }

    pub(crate) fn times(&self, phone: &str) -> usize {
        self.rung().iter().filter(|rung| rung.phone == phone).count()
    }

    /// The most calls that went on at the same time.
    pub(crate) fn at_once(&self) -> usize {
        let mut edges = vec![];
        for Rung { began, ended, .. } in self.rung() {
            edges.push((began, 1));
            edges.extend(ended.map(|ended| (ended, -1)));
        }
        edges.sort_unstable();
        let (mut now, mut most) = (0_i32, 0);
        for (_, step) in edges {
            now += step;
            most = most.max(now);
        }
        usize::try_from(most).unwrap()
    }

    /// Nobody was rung while a call to them went on, and no name was used twice.
    pub(crate) fn nobody_was_rung_twice_at_once(&self) {
        let mut by_phone: BTreeMap<String, Vec<Rung>> = BTreeMap::new();
        let mut keys = BTreeSet::new();
        for rung in self.rung() {
            assert!(keys.insert(rung.key.clone()), "a call was asked for twice: {}", rung.key);
            by_phone.entry(rung.phone.clone()).or_default().push(rung);
        }
        for (phone, calls) in by_phone {
            for pair in calls.windows(2) {
                let over = pair[0].ended.is_some_and(|ended| ended <= pair[1].began);
                assert!(over, "{phone} was rung while a call went on: {pair:?}");
            }
        }
    }

    pub(crate) async fn stop(self) {
        self.server.stop(false).await;
    }
}

fn key(request: &HttpRequest) -> String {
    request.headers().get("idempotency-key").unwrap().to_str().unwrap().to_owned()
}

async fn call(books: Data<Books>, request: HttpRequest, body: Json<Value>) -> HttpResponse {
    let (phone, key) = (body["phoneNumber"].as_str().unwrap().to_owned(), key(&request));
    let (place, before) = {
        let mut rung = books.rung.lock().unwrap();
        let before = rung.iter().filter(|one| one.phone == phone).count();
        rung.push(Rung { phone: phone.clone(), key: key.clone(), began: Instant::now(), ended: None });
        (rung.len() - 1, before)
    };
    let act = (books.manner)(&phone, before);
    // A call goes on when whoever asked for it hangs up the line to the agent.
    let ending = {
        let (books, key) = (books.clone(), key.clone());
        async move {
            let said = match act {
                Act::Say(lasts, answer) => {
                    tokio::time::sleep(lasts).await;
                    books.said.lock().unwrap().insert(key, answer.clone());
                    HttpResponse::Ok().json(answer)
                }
                Act::Take => HttpResponse::Accepted().json(json!({ "callId": format!("c-{key}") })),
                Act::TakeAs(name) => HttpResponse::Accepted().json(json!({ "callId": name })),
                Act::Later(secs) => {
                    let mut answer = HttpResponse::ServiceUnavailable();
                    answer.insert_header(("retry-after", secs.to_string())).finish()
                }
                Act::Fail(status) => {
                    let status = actix_web::http::StatusCode::from_u16(status).unwrap();
                    HttpResponse::build(status).body("no")
                }
            };
            books.rung.lock().unwrap()[place].ended = Some(Instant::now());
            said
        }
    };
    actix_web::rt::spawn(ending).await.unwrap()
}

async fn status(books: Data<Books>, query: Query<BTreeMap<String, String>>) -> HttpResponse {
    let key = query.get("idempotencyKey").cloned().unwrap_or_default();
    if let Some(said) = books.said.lock().unwrap().get(&key) {
        return HttpResponse::Ok().json(said);
    }
    let known = books.rung.lock().unwrap().iter().any(|rung| rung.key == key);
    if known {
        return HttpResponse::Accepted().insert_header(("retry-after", "1")).json(json!({ "callId": key }));
    }
    HttpResponse::NotFound().finish()
}
