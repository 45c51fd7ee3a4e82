//! Every answer that the API's description has is given: to a walk over all routes here, or in a test that is named for it.
//! What nobody gives is not to be described.

mod bodies;
mod elsewhere;
mod limits;
mod slow;

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::contacts::somebody;
use crate::documents::{document, has_test};
use crate::schemathesis::{Known, known};
use crate::world::World;
use bodies::Body;
use elsewhere::ELSEWHERE;

const SETTINGS: [(&str, &str); 5] = [
    ("WEBHOOK_SECRETS", SECRET),
    ("REMOTE_HOST", "simulated"),
    ("KERIO_PBX_HOST", "simulated"),
    ("START_WAIT_SECONDS", "1"),
    ("UNKNOWN_SESSION", "404"),
];
/// Larger than any body that is no file.
const TOO_LARGE: usize = 9 << 20;
/// Of requests that are made in a hurry, and how often that is tried.
const AT_ONCE: usize = 8;
const ROUNDS_MAX: usize = 50;
const NAMED: &str = "idempotency-key";
const NAME: &str = "a name that was given to something else";
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

/// A route as the description has it.
#[derive(Debug, Clone)]
struct Route {
    method: Method,
    path: String,
    operation: Value,
}

/// Whose signature is only looked at when its body has come.
const CALLBACK: &str = "/auto-calling/agent/callback";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Method, path and status.
type Given = (String, String, u16);

impl Route {
    fn all() -> Vec<Self> {
        let document = serde_json::to_value(karnay::http::document()).unwrap();
        let mut routes = vec![];
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let method = method.to_uppercase().parse().unwrap();
                routes.push(Self { method, path: path.clone(), operation: operation.clone() });
            }
        }
        routes
    }

    fn statuses(&self) -> impl Iterator<Item = u16> {
        self.operation["responses"].as_object().unwrap().keys().map(|status| status.parse().unwrap())
    }

    fn has(&self, status: u16) -> bool {
        self.statuses().any(|known| known == status)
    }

    fn given(&self, status: u16) -> Given {
        (self.method.to_string(), self.path.clone(), status)
    }

    fn takes(&self, header: &str) -> bool {
        let parameters = self.operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
        parameters
            .iter()
            .any(|parameter| parameter["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(header)))
    }

    fn has_body(&self) -> bool {
        self.operation["requestBody"].is_object()
    }

    fn takes_a_form(&self) -> bool {
        self.operation["requestBody"]["content"]["multipart/form-data"].is_object()
    }

    /// Where what is known is, or where nothing is.
    fn address(&self, known: &[(&str, Vec<String>)]) -> String {
        let of_it = |known: &&(&str, Vec<String>)| self.path.starts_with(&known.0.replace('\\', ""));
        let id = known.iter().find(of_it).map_or(NOBODY, |(_, ids)| ids[0].as_str());
        let path = self.path.replace("{id}", id).replace("{kind}", "session").replace("{callId}", id);
        let path = path.replace("{stream}", "1%2Fnobody").replace("{position}", "1");
        let name =
            if self.path.starts_with("/projections") && !known.is_empty() { "session_stats" } else { "biri" };
        let path = path.replace("{name}", name);
        let of = |kind: &str| {
            known.iter().find(|(known, _)| *known == kind).map_or(NOBODY, |(_, ids)| ids[0].as_str())
        };
        match self.path.rsplit('/').next() {
            Some("check") => path + "?phone=%2B998901112233",
            Some("explain") => format!("{path}?campaign={}", of("/auto-calling/campaigns/")),
            Some("events") if known.is_empty() => path + "?cursor=nobody",
            _ => path,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Well,
    /// Of what is not there.
    Nobody,
    /// With what no text may hold.
    Unstorable,
}

/// Somebody who tries everything.
struct Walk {
    world: World,
    token: String,
    known: Known,
    given: BTreeSet<Given>,
}

impl Walk {
    async fn start() -> Self {
        let mut world = World::sqlite();
        for (name, value) in SETTINGS {
            world.set(name, value);
        }
        world.start().await;
        let (token, known) = (world.token(), known(&world).await);
        let contact = somebody("Sardor", "+998901112260");
        let named = world.http.post(world.url("/auto-calling/contacts")).bearer_auth(&token);
        assert_eq!(named.header(NAMED, NAME).json(&contact).send().await.unwrap().status(), 201);
        Self { world, token, known, given: BTreeSet::new() }
    }

    /// A good request but for what is changed about it.
    async fn ask(&mut self, route: &Route, how: How, change: impl FnOnce(RequestBuilder) -> RequestBuilder) {
        let known = if how == How::Nobody { &[][..] } else { &self.known };
        let address = route.address(known);
        let more = if address.contains('?') { '&' } else { '?' };
        let address = if how == How::Unstorable { format!("{address}{more}nothing=%00") } else { address };
        let request = self.world.http.request(route.method.clone(), self.world.url(&address));
        let request = match bodies::of(route, known) {
            Body::None => request,
            Body::Json(body) => request.json(&body),
            Body::Form(body) => request.header("content-type", bodies::FORM).body(body),
        };
        let request = if route.path == "/auth/login" { request } else { request.bearer_auth(&self.token) };
        let request = if route.path == CALLBACK { request.headers(slow::signature()) } else { request };
        let answer = change(request).send().await.unwrap();
        let status = answer.status().as_u16();
        // A stream has no end.
        if !route.path.ends_with("/stream") {
            let _ = answer.bytes().await;
        }
        self.given.insert(route.given(status));
    }

    /// As it should be asked, in an order in which one thing makes the next possible; what is removed is removed last.
    async fn well(&mut self, routes: &[Route]) {
        // Before it was ever started.
        for route in routes.iter().filter(|route| route.path.ends_with("/campaigns/{id}/stop")) {
            self.ask(route, How::Well, |request| request).await;
        }
        // Commands twice, the second time the other way round.
        let (there, back): (Vec<_>, Vec<_>) = (routes.iter().collect(), routes.iter().rev().collect());
        let order = ["GET", "PUT", "POST", "PATCH"].map(|method| (method, &there));
        for (method, routes) in
            order.into_iter().chain([("POST", &back), ("GET", &there), ("DELETE", &there)])
        {
            for route in routes.iter().filter(|route| route.method == method) {
                if route.takes("if-match") {
                    self.ask(route, How::Well, |request| request.header("if-match", "\"0\"")).await;
                }
                self.ask(route, How::Well, |request| request).await;
            }
        }
    }

    /// So often at once that it is under way when it is asked for again.
    async fn hurriedly(&mut self, path: &str) {
        let route = Route::all()
            .into_iter()
            .find(|route| route.path == path && route.method == Method::POST)
            .unwrap();
        for _ in 0..ROUNDS_MAX {
            let url = self.world.url(&route.address(&self.known));
            let asked = (0..AT_ONCE).map(|_| self.world.http.post(&url).bearer_auth(&self.token).send());
            let answers = join_all(asked).await.into_iter().map(|answer| answer.unwrap().status().as_u16());
            self.given.extend(answers.map(|status| route.given(status)));
            if self.given.contains(&route.given(409)) {
                return;
            }
        }
    }

    async fn badly(&mut self, route: &Route) {
        self.ask(route, How::Unstorable, |request| request).await;
        self.ask(route, How::Well, |request| request.header("origin", "https://elsewhere.example")).await;
        if route.has(401) {
            self.ask(route, How::Well, |request| request.header("authorization", "Bearer x")).await;
        }
        if route.has(404) {
            self.ask(route, How::Nobody, |request| request).await;
        }
        if route.has_body() {
            self.ask(route, How::Well, |request| request.header("content-encoding", "gzip")).await;
            self.ask(route, How::Well, |request| request.body(vec![b' '; TOO_LARGE])).await;
        }
        if route.takes(NAMED) {
            self.ask(route, How::Well, |request| request.header(NAMED, NAME)).await;
        }
    }
}

fn described(routes: &[Route]) -> BTreeSet<Given> {
    routes.iter().flat_map(|route| route.statuses().map(|status| route.given(status))).collect()
}

fn elsewhere() -> BTreeSet<Given> {
    ELSEWHERE.iter().map(|(method, path, status, _)| ((*method).into(), (*path).into(), *status)).collect()
}

#[test]
fn answers_that_are_shown_elsewhere_name_tests_that_exist() {
    for (method, path, status, (file, name)) in ELSEWHERE {
        let source = document(&format!("tests/it/{file}"));
        assert!(has_test(&source, name), "{method} {path} {status}: {name} is no test of {file}");
    }
}

#[actix_web::test]
async fn every_answer_that_is_described_is_given() {
    let routes = Route::all();
    let mut walk = Walk::start().await;
    let slow = slow::late(&walk, &routes);
    for route in &routes {
        walk.badly(route).await;
    }
    walk.well(&routes).await;
    for path in ["/audit/verification", "/projections/{name}/rebuild"] {
        walk.hurriedly(path).await;
    }
    walk.given.extend(limits::too_often(&routes).await);
    walk.given.extend(limits::too_many(&routes).await);
    walk.given.extend(slow.join().unwrap());
    let (described, elsewhere) = (described(&routes), elsewhere());
    let missing: Vec<_> =
        described.iter().filter(|one| !walk.given.contains(one) && !elsewhere.contains(one)).collect();
    assert!(missing.is_empty(), "described, and given nowhere: {missing:#?}");
    let needless: Vec<_> = elsewhere.difference(&described).collect();
    assert!(needless.is_empty(), "named, and not described: {needless:#?}");
    let untold: Vec<_> = walk.given.iter().filter(|one| !described.contains(one)).collect();
    assert!(untold.is_empty(), "given, and not described: {untold:#?}");
    assert!(!walk.world.said().contains("panicked"), "{}", walk.world.said());
}
