//! The feed as a stream: what was recorded, then what is recorded, from where a reader was; and what a slow one costs.

use std::time::{Duration, Instant};

use reqwest::Response;
use serde_json::{Value, json};

use super::{Reader, SESSION, long_report, position, report_in};
use crate::world::World;

/// The lines of a stream as they come.
struct Lines {
    answer: Response,
    rest: String,
}

impl Lines {
    async fn of(reader: &Reader<'_>, path: &str, headers: &[(&str, &str)]) -> Self {
        let client = reqwest::Client::new();
        let mut request = client.get(reader.world.url(path)).bearer_auth(&reader.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        Self { answer, rest: String::new() }
    }

    /// None where the stream is over.
    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some((line, rest)) = self.rest.split_once('\n') {
                let (line, rest) = (line.to_owned(), rest.to_owned());
                self.rest = rest;
                return Some(line);
            }
            let piece = tokio::time::timeout(Duration::from_secs(40), self.answer.chunk()).await;
            let piece = piece.expect("the stream is silent").ok()??;
            self.rest.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }

    async fn event(&mut self) -> Value {
        serde_json::from_str(&self.next().await.expect("the stream goes on")).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_tells_what_was_recorded_and_goes_on_until_the_engine_stops() {
    let mut world = World::sqlite();
    world.start().await;
    report_in(&world, "1", SESSION, 0..3).await;
    let token = Reader::of(&world, "1", "auditor").token;
    let (mut lines, began) = {
        let reader = Reader { world: &world, token };
        let before = reader.all(100, "").await;
        let mut lines = Lines::of(&reader, "/events?follow=stream", &[]).await;
        assert_eq!(lines.answer.headers()["content-type"], "application/x-ndjson");
        for event in &before {
            assert_eq!(lines.event().await, *event);
        }
        report_in(&world, "2", "session-theirs", 0..3).await;
        report_in(&world, "1", SESSION, 3..4).await;
        let next = lines.event().await;
        assert_eq!((&next["type"], &next["organization"]), (&json!("reported"), &json!("1")), "{next}");
        assert!(position(&next) > position(&before[before.len() - 1]) + 1, "theirs lie between");
        (lines, Instant::now())
    };
    assert!(world.stop().success());
    assert_eq!(lines.next().await, None);
    assert!(began.elapsed() < Duration::from_secs(10), "the stop waited: {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_source_comes_back_to_where_it_was_and_hears_that_nothing_happens() {
    let mut world = World::sqlite();
    world.start().await;
    report_in(&world, "1", SESSION, 0..3).await;
    let reader = Reader::of(&world, "1", "auditor");
    let all = reader.all(100, "").await;
    let (first, last) = (position(&all[0]), position(&all[all.len() - 1]));
    let headers = [("accept", "text/event-stream"), ("last-event-id", &*first.to_string())];
    // `from` stands in the address that an EventSource keeps asking for: what it was told since counts.
    let mut lines = Lines::of(&reader, "/events?follow=stream&from=1", &headers).await;
    for event in &all[1..] {
        assert_eq!(lines.next().await.unwrap(), format!("id: {}", position(event)));
        let data = lines.next().await.unwrap();
        assert_eq!(serde_json::from_str::<Value>(data.strip_prefix("data: ").unwrap()).unwrap(), *event);
        assert_eq!(lines.next().await.unwrap(), "");
    }
    // What is others' moves it on without a word but the heartbeat's.
    report_in(&world, "2", "session-theirs", 0..3).await;
    let head = reader.page("/events?limit=1").await.head;
    assert!(head > last);
    let mut beat = vec![];
    for _ in 0..3 {
        beat.push(lines.next().await.unwrap());
    }
    assert_eq!(beat[..2], [format!("id: {head}"), "event: heartbeat".to_owned()]);
    let told: Value = serde_json::from_str(beat[2].strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(told, json!({ "heartbeat": true, "nextPosition": head + 1, "head": head }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_whose_sign_in_ends_is_let_go_of() {
    let mut world = World::sqlite();
    world.start().await;
    let admin = Reader::of(&world, "1", "admin");
    let post = async |path: &str, token: Option<&str>, body: Value| {
        let request = world.http.post(world.url(path)).json(&body);
        let request = if let Some(token) = token { request.bearer_auth(token) } else { request };
        request.send().await.unwrap()
    };
    let person = json!({ "name": "lola", "password": "a long password", "role": "auditor" });
    assert_eq!(post("/users", Some(&admin.token), person).await.status(), 201);
    let sign_in = json!({ "username": "lola", "password": "a long password" });
    let signed: Value = post("/auth/login", None, sign_in).await.json().await.unwrap();
    let token = signed["token"].as_str().unwrap_or_else(|| panic!("{signed}")).to_owned();
    let lola = Reader { world: &world, token };
    let mut lines = Lines::of(&lola, "/events?follow=stream", &[]).await;
    lines.event().await;
    assert_eq!(post("/auth/logout", Some(&lola.token), json!({})).await.status(), 204);
    let began = Instant::now();
    while let Some(line) = lines.next().await {
        assert!(!line.contains("heartbeat"), "it goes on: {line}");
    }
    assert!(began.elapsed() < Duration::from_secs(10));
}

fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

/// Eight readers that take nothing, of a journal of some 40 MB: the engine waits for them instead of keeping it for them.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_does_not_take_costs_a_page_and_misses_nothing() {
    const EVENTS: u32 = 200;
    let mut world = World::sqlite();
    world.set("UNKNOWN_SESSION", "404");
    world.start().await;
    for number in 0..EVENTS {
        long_report(&world, number, 200 << 10).await;
    }
    let reader = Reader::of(&world, "1", "auditor");
    let events = reader.all(1_000, "&types=held").await.len();
    assert_eq!(events, usize::try_from(EVENTS).unwrap());
    let before = resident(world.pid());
    let mut waiting = vec![];
    for _ in 0..8 {
        waiting.push(Lines::of(&reader, "/events?follow=stream&types=held", &[]).await);
    }
    let began = Instant::now();
    let mut most = 0;
    while began.elapsed() < Duration::from_secs(3) {
        most = most.max(resident(world.pid()));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let grown = most.saturating_sub(before) >> 20;
    assert!(grown < 48, "eight readers of 55 MB each cost {grown} MB");
    let mut slow = waiting.remove(0);
    for _ in 0..EVENTS {
        assert_eq!(slow.event().await["type"], "held");
    }
}
