//! Event streams: the same pushes, without Socket.IO.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Desk, PATIENCE, token};
use crate::world::{World, report};

const SESSION: &str = "session-1738862891234-abc123";

/// A stream that is read, as its text comes.
pub(super) struct Events {
    answer: reqwest::Response,
    text: String,
    /// Whatever was said that is no event.
    pub(super) comments: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) data: Value,
}

/// Who waits for long; the world's own client gives up after a while.
fn patient() -> reqwest::Client {
    reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap()
}

impl Events {
    pub(super) async fn open(world: &World, token: &str, last: Option<&str>) -> Self {
        let request = patient().get(world.url("/events/stream")).bearer_auth(token);
        let request = match last {
            Some(last) => request.header("last-event-id", last),
            None => request,
        };
        Self::of(request.send().await.unwrap())
    }

    fn of(answer: reqwest::Response) -> Self {
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        Self { answer, text: String::new(), comments: 0 }
    }

    /// None where it is over.
    pub(super) async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((one, rest)) = self.text.split_once("\n\n") {
                let (one, rest) = (one.to_owned(), rest.to_owned());
                self.text = rest;
                if one.starts_with(':') {
                    self.comments += 1;
                } else {
                    return Some(parsed(&one));
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.answer.chunk()).await.expect("nothing comes");
            self.text += std::str::from_utf8(&chunk.ok()??).unwrap();
        }
    }

    pub(super) async fn until(&mut self, name: &str) -> Event {
        loop {
            let event = self.next().await.unwrap_or_else(|| panic!("it ended before {name}"));
            if event.name == name {
                return event;
            }
        }
    }

    pub(super) async fn ended(&mut self) {
        while self.next().await.is_some() {}
    }
}

fn parsed(text: &str) -> Event {
    let lines: Vec<&str> = text.lines().collect();
    let [id, name, data] = lines[..] else { panic!("not three lines: {text}") };
    let value = |line: &str, field: &str| line.strip_prefix(field).unwrap().to_owned();
    let data: Value = serde_json::from_str(&value(data, "data: ")).unwrap();
    let event = Event { id: value(id, "id: "), name: value(name, "event: "), data };
    assert_eq!(event.id, event.data["position"].to_string(), "{text}");
    event
}

/// What happened, without how something stands at the moment.
async fn happened(events: &mut Events, count: usize) -> Vec<Event> {
    let mut all = vec![];
    while all.len() < count {
        let event = events.next().await.unwrap();
        if ["call-result", "contact-update"].contains(&event.name.as_str()) {
            all.push(event);
        }
    }
    all
}

async fn a_stream_goes_on_where_it_was(mut world: World) {
    world.start().await;
    let (desk, token) = (Desk::of(&world, "1", "manager"), token(&world, "1", "operator", &[]));
    let mut events = Events::open(&world, &token, None).await;
    assert_eq!(events.next().await.unwrap().name, "position");
    for number in 0..5 {
        world.report(&report(SESSION, number)).await.unwrap();
        desk.contact(number).await;
    }
    let first = happened(&mut events, 10).await;
    assert!(first.is_sorted_by_key(|event| event.data["position"].as_u64()));
    drop(events);
    for number in 5..20 {
        world.report(&report(SESSION, number)).await.unwrap();
        desk.contact(number).await;
    }
    let mut whole = Events::open(&world, &token, Some(&first[9].id)).await;
    let missed = happened(&mut whole, 30).await;
    world.kill();
    world.start().await;
    // The same from the middle, from a header or the query, after the engine was killed.
    let mut events = Events::open(&world, &token, Some(&first[4].id)).await;
    let all: Vec<Event> = first[5..].iter().chain(&missed).cloned().collect();
    assert_eq!(happened(&mut events, 35).await, all);
    let here = events.until("position").await;
    assert!(here.data["position"].as_u64() >= all[34].data["position"].as_u64());
    let path = format!("/events/stream?position={}", all[33].id);
    let answer = patient().get(world.url(&path)).bearer_auth(&token).send().await.unwrap();
    assert_eq!(happened(&mut Events::of(answer), 1).await, all[34..]);
    let mut lost = Events::open(&world, &token, Some("900000000")).await;
    assert_eq!(lost.next().await.unwrap().name, "resync");
    world.report(&report(SESSION, 99)).await.unwrap();
    lost.until("call-result").await;
    let wrong =
        patient().get(world.url("/events/stream?position=x")).bearer_auth(&token).send().await.unwrap();
    assert_eq!(wrong.status(), 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_on_where_it_was_on_sqlite() {
    a_stream_goes_on_where_it_was(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_on_where_it_was_on_postgres() {
    a_stream_goes_on_where_it_was(World::postgres().await).await;
}

/// Proxies close what is silent for longer.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_in_which_nothing_happens_breathes() {
    let mut world = World::sqlite();
    world.start().await;
    let token = token(&world, "1", "auditor", &[]);
    let mut events = Events::open(&world, &token, None).await;
    assert_eq!(events.next().await.unwrap().name, "position");
    let began = Instant::now();
    let chunk = tokio::time::timeout(PATIENCE, events.answer.chunk()).await.unwrap().unwrap().unwrap();
    assert_eq!(&chunk[..], b":\n\n");
    assert!(began.elapsed() > Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_with_sockets_and_streams_stops_within_a_second() {
    let mut world = World::sqlite();
    world.start().await;
    let token = token(&world, "1", "manager", &[]);
    let polling = super::socket_with(super::CALLS, &token, &json!({ "transports": ["polling"] }));
    let upgraded =
        super::socket_with(super::CALLS, &token, &json!({ "transports": ["polling", "websocket"] }));
    let mut sockets = vec![super::socket(super::CAMPAIGNS, &token); 20];
    sockets.extend(vec![polling; 15]);
    sockets.extend(vec![upgraded; 15]);
    let mut watch = super::Watch::entered(&world, &json!(sockets)).await;
    let mut streams = vec![];
    for _ in 0..10 {
        streams.push(Events::open(&world, &token, None).await);
    }
    for stream in &mut streams {
        stream.until("position").await;
    }
    let began = Instant::now();
    assert!(world.stop().success());
    let took = began.elapsed();
    assert!(took <= Duration::from_secs(1), "{took:?}");
    for stream in &mut streams {
        stream.ended().await;
    }
    for client in 0..sockets.len() {
        while watch.of(client, "disconnect").is_empty() {
            watch.next().await;
        }
        // They come back by themselves.
        assert_eq!(watch.of(client, "disconnect")[0].data["active"], true);
    }
}
