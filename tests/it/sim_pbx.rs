//! The simulated exchange as a stranger meets it: over HTTPS, with JSON written here by hand from what is known of the real box.
//! No driver of ours takes part, so that the two cannot be wrong together.

mod calls;
mod lists;
mod login;
pub(crate) mod program;
mod recordings;
mod rest;
mod wire;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use karnay::adapters::simulated_pbx::{self, Faults, Options, SimulatedPbx, USER};
use karnay::adapters::system::SystemIds;
use karnay::ports::Clock;
use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

pub(crate) const PASSWORD: &str = "not a real one";
/// Noon of some day, in milliseconds.
pub(crate) const NOON: i64 = 1_700_049_600_000;

/// Goes when it is told to.
#[derive(Debug, Clone)]
pub(crate) struct Hand(Arc<AtomicI64>);

impl Clock for Hand {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

impl Hand {
    pub(crate) fn at(millis: i64) -> Self {
        Self(Arc::new(AtomicI64::new(millis)))
    }

    pub(crate) fn on(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

fn options() -> (Options, Hand) {
    let hand = Hand::at(NOON);
    let mut options = Options::new(Arc::new(hand.clone()), Arc::new(SystemIds));
    options.password = Some(PASSWORD.to_owned());
    (options, hand)
}

fn with(faults: &str) -> (SimulatedPbx, Hand) {
    let (mut options, hand) = options();
    options.faults = faults.parse().unwrap();
    (simulated_pbx::start(options).unwrap(), hand)
}

fn healthy() -> (SimulatedPbx, Hand) {
    with("")
}

/// As every public client of the box is: it looks at no certificate.
fn careless() -> reqwest::Client {
    let builder = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).tls_info(true);
    builder.redirect(reqwest::redirect::Policy::none()).timeout(Duration::from_secs(20)).build().unwrap()
}

/// Somebody who speaks to the box, with the whole jar of cookies.
#[derive(Debug)]
struct Visitor {
    http: reqwest::Client,
    url: String,
    jar: Mutex<Option<(String, String)>>,
}

impl Visitor {
    fn new(url: String) -> Self {
        Self { http: careless(), url, jar: Mutex::default() }
    }

    async fn logged_in(pbx: &SimulatedPbx) -> Self {
        let visitor = Self::new(pbx.url());
        visitor.log_in().await;
        visitor
    }

    async fn log_in(&self) {
        let answer = self.log_in_with(USER, PASSWORD).await;
        assert_eq!(answer.status(), 200);
        let jar = jar(&answer);
        let said: Value = answer.json().await.unwrap();
        *self.jar.lock().unwrap() = Some((jar, said["result"]["token"].as_str().unwrap().to_owned()));
    }

    async fn log_in_with(&self, user: &str, password: &str) -> Response {
        let params = json!({ "userName": user, "password": password,
            "application": { "name": "test", "vendor": "", "version": "" } });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "Session.login", "params": params });
        self.http.post(self.rpc_url()).body(body.to_string()).send().await.unwrap()
    }

    fn rpc_url(&self) -> String {
        format!("{}/admin/api/jsonrpc/", self.url)
    }

    /// With cookies and token, if there are any.
    fn request(&self, method: reqwest::Method, url: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, url);
        match &*self.jar.lock().unwrap() {
            Some((jar, token)) => request.header(COOKIE, jar).header("X-Token", token),
            None => request,
        }
    }

    async fn sent(&self, body: String) -> reqwest::Result<Response> {
        self.request(reqwest::Method::POST, &self.rpc_url())
            .header("Content-Type", "application/json-rpc; charset=UTF-8")
            .body(body)
            .send()
            .await
    }

    async fn told(&self, body: String) -> Value {
        let answer = self.sent(body).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.unwrap()
    }

    async fn ask(&self, method: &str, params: Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
        self.told(body.to_string()).await
    }

    async fn result(&self, method: &str, params: Value) -> Value {
        let said = self.ask(method, params).await;
        assert_eq!((&said["id"], &said["jsonrpc"]), (&json!(7), &json!("2.0")));
        assert!(said.get("error").is_none(), "{method}: {said}");
        said["result"].clone()
    }

    async fn refusal(&self, method: &str, params: Value) -> i64 {
        let said = self.ask(method, params).await;
        assert!(said.get("result").is_none(), "{method}: {said}");
        assert!(said["error"]["data"]["messageParameters"].is_object(), "{said}");
        said["error"]["code"].as_i64().unwrap()
    }

    async fn calls(&self) -> Vec<Value> {
        let said = self.result("Status.getCalls", all()).await;
        said["calls"].as_array().unwrap().clone()
    }

    async fn log(&self) -> Vec<Value> {
        let said = self.result("CallHistory.get", all()).await;
        said["callHistory"].as_array().unwrap().clone()
    }
}

/// What a browser would send back.
fn jar(answer: &Response) -> String {
    let cookies = answer.headers().get_all(SET_COOKIE).iter();
    let pairs = cookies.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap());
    pairs.collect::<Vec<_>>().join("; ")
}

fn all() -> Value {
    json!({ "query": { "start": 0, "limit": -1 } })
}

fn newest(start: usize, limit: i64) -> Value {
    json!({ "query": { "orderBy": [{ "columnName": "TIMESTAMP", "direction": "Desc" }], "start": start, "limit": limit } })
}

fn change(pbx: &SimulatedPbx, faults: &str) {
    let parsed: Faults = faults.parse().unwrap();
    pbx.faults(|faults| *faults = parsed);
}
