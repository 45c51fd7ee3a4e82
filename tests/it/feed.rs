//! The journal as programs outside read it: over HTTP by page, poll and stream, from cursors; as files; and in figures of their own.

mod analytics;
mod cursors;
mod deep;
mod doors;
mod export;
mod own;
mod pages;
mod streams;

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::world::{World, report};

pub(crate) const SESSION: &str = "session-1738862891234-abc123";

/// A program that reads, with a token that the engine's own made.
pub(crate) struct Reader<'a> {
    pub(crate) world: &'a World,
    pub(crate) token: String,
}

/// One page, and what its headers say.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) events: Vec<Value>,
    pub(crate) next: u64,
    pub(crate) head: u64,
    pub(crate) behind: u64,
}

impl<'a> Reader<'a> {
    pub(crate) fn of(world: &'a World, organization: &str, role: &str) -> Self {
        let out = world.run(&["token", "--org", organization, "--role", role]);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        Self { world, token: String::from_utf8(out.stdout).unwrap().trim().to_owned() }
    }

    pub(crate) async fn ask(&self, path: &str) -> Response {
        self.world.http.get(self.world.url(path)).bearer_auth(&self.token).send().await.unwrap()
    }

    pub(crate) async fn page(&self, path: &str) -> Page {
        let answer = self.ask(path).await;
        assert_eq!(answer.status(), 200, "{path}: {}", self.world.said());
        let number = |name: &str| answer.headers()[name].to_str().unwrap().parse().unwrap();
        let (next, head, behind) = (number("x-next-position"), number("x-position"), number("x-behind"));
        Page { events: answer.json().await.unwrap(), next, head, behind }
    }

    /// Everything there is for it, `limit` at a time.
    pub(crate) async fn all(&self, limit: u32, rest: &str) -> Vec<Value> {
        let (mut all, mut from) = (vec![], 1);
        loop {
            let page = self.page(&format!("/events?from={from}&limit={limit}{rest}")).await;
            assert!(page.next >= from && page.events.len() <= usize::try_from(limit).unwrap(), "{page:?}");
            all.extend(page.events);
            from = page.next;
            if page.behind == 0 {
                assert_eq!(page.head + 1, from);
                return all;
            }
        }
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = self.world.http.put(self.world.url(path)).bearer_auth(&self.token).json(body);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }
}

pub(crate) fn position(event: &Value) -> u64 {
    event["position"].as_u64().unwrap_or_else(|| panic!("{event} has no position"))
}

/// Reports of these numbers, in the name of an organization.
pub(crate) async fn report_in(
    world: &World,
    organization: &str,
    session: &str,
    numbers: std::ops::Range<u32>,
) {
    let token = Reader::of(world, organization, "operator").token;
    for number in numbers {
        let request = world.http.post(world.url("/calls/result")).bearer_auth(&token);
        let answer = request.json(&report(session, number)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    }
}

/// A report that nobody's session is named in: it is held, word for word.
pub(crate) async fn long_report(world: &World, number: u32, len: usize) {
    let mut body = report("nobody-s", number);
    body["more"] = json!("x".repeat(len));
    assert_eq!(world.report(&body).await.unwrap().status(), 404);
}
