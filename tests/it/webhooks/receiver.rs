//! A receiver for tests: it remembers what it was sent, and answers as it was told to. It lives in the test, so that it outlives every
//! engine that sends to it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::{Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::Value;

/// One message, as it came.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    pub(crate) path: String,
    /// What it was answered with.
    pub(crate) status: u16,
}

impl Got {
    pub(crate) fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn position(&self) -> u64 {
        self.json()["data"]["position"].as_u64().unwrap()
    }
}

/// The status of its answer, and how long it takes for it.
type Manner = Box<dyn Fn(&Value) -> (u16, Duration) + Send + Sync>;

struct Books {
    manner: Mutex<Manner>,
    got: Mutex<Vec<Got>>,
}

pub(crate) struct Receiver {
    books: Arc<Books>,
    server: ServerHandle,
    pub(crate) port: u16,
}

impl Receiver {
    pub(crate) fn start(manner: impl Fn(&Value) -> (u16, Duration) + Send + Sync + 'static) -> Self {
        let books = Arc::new(Books { manner: Mutex::new(Box::new(manner)), got: Mutex::default() });
        let data = Data::from(Arc::clone(&books));
        let app = move || App::new().app_data(data.clone()).default_service(web::to(take));
        let server = HttpServer::new(app).workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let port = server.addrs()[0].port();
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { books, server: handle, port }
    }

    /// Takes everything.
    pub(crate) fn willing() -> Self {
        Self::start(|_| (204, Duration::ZERO))
    }

    pub(crate) fn behave(&self, manner: impl Fn(&Value) -> (u16, Duration) + Send + Sync + 'static) {
        *self.books.manner.lock().unwrap() = Box::new(manner);
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.books.got.lock().unwrap().clone()
    }

    /// What it answered with 2xx.
    pub(crate) fn taken(&self) -> Vec<Got> {
        self.got().into_iter().filter(|got| got.status / 100 == 2).collect()
    }

    pub(crate) async fn stop(self) {
        self.server.stop(false).await;
    }
}

async fn take(request: HttpRequest, body: Bytes, books: Data<Books>) -> HttpResponse {
    let told = serde_json::from_slice(&body).unwrap_or_default();
    let (status, wait) = (books.manner.lock().unwrap())(&told);
    let header = |(name, value): (&actix_web::http::header::HeaderName, _)| {
        let value: &actix_web::http::header::HeaderValue = value;
        (name.as_str().to_owned(), value.to_str().unwrap().to_owned())
    };
    let path = request.path().to_owned();
    let headers = request.headers().iter().map(header).collect();
    books.got.lock().unwrap().push(Got { headers, body: body.to_vec(), path, status });
    tokio::time::sleep(wait).await;
    let mut answer = HttpResponse::build(status.try_into().unwrap());
    if status == 503 {
        answer.insert_header(("retry-after", "3600"));
    }
    if status == 302 {
        answer.insert_header(("location", "/elsewhere"));
    }
    answer.body("noted: +998901234567")
}
