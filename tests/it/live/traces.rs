//! Traces, as a collector takes them: one of a report, from the door to the sockets, and nothing of people in it.
//! A collector that is away, or takes its time, costs traces and nothing else.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use serde_json::{Value, json};

use super::{CALLS, Watch, socket};
use crate::ports::free_port;
use crate::world::{World, report};

const SESSION: &str = "session-1738862891234-abc123";
/// As the one who calls has begun it, and where they stand in it.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const START: &str = "6bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";
/// Of somebody who does not want it collected.
const UNTRACED: &str = "00-5bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

/// What collects spans on loopback.
struct Collector {
    port: u16,
    requests: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Takes,
    /// Listens, and says nothing.
    Hangs,
}

impl Collector {
    fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, requests) = (listener.local_addr().unwrap().port(), Arc::default());
        let taken = Arc::clone(&requests);
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let taken = Arc::clone(&taken);
                std::thread::spawn(move || serve(connection, manner, &taken));
            }
        });
        Self { port, requests }
    }

    fn spans(&self) -> Vec<Span> {
        let requests = self.requests.lock().unwrap();
        let scopes = requests.iter().flat_map(|one| &one.resource_spans).flat_map(|one| &one.scope_spans);
        scopes.flat_map(|scope| scope.spans.clone()).collect()
    }

    /// Whatever could name somebody.
    fn texts(&self) -> Vec<String> {
        let spans = self.spans();
        let values = spans.iter().flat_map(|span| &span.attributes).filter_map(|one| one.value.as_ref());
        let texts = values.map(|value| format!("{value:?}"));
        let statuses = spans.iter().filter_map(|span| span.status.as_ref()).map(|one| one.message.clone());
        assert!(spans.iter().all(|span| span.events.is_empty()), "{spans:?}");
        texts.chain(statuses).chain(spans.iter().map(|span| span.name.clone())).collect()
    }

    fn resource(&self) -> Vec<KeyValue> {
        self.requests.lock().unwrap()[0].resource_spans[0].resource.as_ref().unwrap().attributes.clone()
    }
}

fn serve(connection: TcpStream, manner: Manner, taken: &Mutex<Vec<ExportTraceServiceRequest>>) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let mut connection = connection;
    while let Some(body) = body(&mut reader) {
        if manner == Manner::Hangs {
            std::thread::sleep(Duration::from_mins(1));
            return;
        }
        taken.lock().unwrap().push(ExportTraceServiceRequest::decode(body.as_slice()).unwrap());
        connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    }
}

/// Of the next request of a connection.
fn body(reader: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let (mut length, mut first) = (0, true);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if std::mem::take(&mut first) {
            assert_eq!(line.trim(), "POST /v1/traces HTTP/1.1");
        }
        if let Some((name, value)) = line.split_once(':') {
            let (name, value) = (name.to_ascii_lowercase(), value.trim());
            assert!(name != "content-type" || value == "application/x-protobuf", "{value}");
            length = if name == "content-length" { value.parse().unwrap() } else { length };
        }
        if line.trim().is_empty() {
            let mut body = vec![0; length];
            reader.read_exact(&mut body).ok()?;
            return Some(body);
        }
    }
}

fn value(attributes: &[KeyValue], key: &str) -> Value {
    let found = attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|attribute| attribute.value.clone()).and_then(|value| value.value) {
        Some(any_value::Value::StringValue(text)) => json!(text),
        Some(any_value::Value::IntValue(number)) => json!(number),
        other => panic!("{key}: {other:?}"),
    }
}

fn named<'s>(spans: &'s [Span], name: &str) -> Vec<&'s Span> {
    spans.iter().filter(|span| span.name == name).collect()
}

/// Each follows on the append that holds its position.
fn follow(spans: &[Span], name: &str) {
    let following = named(spans, name);
    assert!(!following.is_empty(), "no {name}: {:?}", names(spans));
    for span in following {
        let position = value(&span.attributes, "position");
        let of = |append: &&&Span| value(&append.attributes, "position") == position;
        let append = named(spans, "append");
        let append = append.iter().find(of).unwrap_or_else(|| panic!("{name} of {position}: {append:?}"));
        assert_eq!(span.parent_span_id, append.span_id, "{name}");
        assert!(span.start_time_unix_nano >= append.start_time_unix_nano, "{name}");
    }
}

fn names(spans: &[Span]) -> Vec<&str> {
    spans.iter().map(|span| span.name.as_str()).collect()
}

async fn ask_strangely(world: &World) {
    // A method may be anything, a number as well.
    let strange = reqwest::Method::from_bytes(b"FOO998901234567").unwrap();
    assert!(
        world
            .http
            .request(strange, world.url("/calls/history"))
            .send()
            .await
            .unwrap()
            .status()
            .is_client_error()
    );
    // What was never asked for is not to be told of, and what people are called is in some paths.
    assert_eq!(world.get("/calls/history?number=998900000001").await.status(), 200);
    let named_path = world.url("/users/alisher.valijonov");
    assert_eq!(world.http.get(named_path).bearer_auth(world.token()).send().await.unwrap().status(), 404);
}

fn is_one_trace_of_a_report(all: &[Span]) {
    let spans: Vec<Span> = all.iter().filter(|span| hex::encode(&span.trace_id) == TRACE).cloned().collect();
    let [request] = named(&spans, "POST /calls/result")[..] else { panic!("{:?}", names(all)) };
    assert_eq!(hex::encode(&request.parent_span_id), CALLER);
    for (key, wanted) in [
        ("http.request.method", json!("POST")),
        ("http.route", json!("/calls/result")),
        ("http.response.status_code", json!(200)),
        ("request.id", json!("r-1")),
    ] {
        assert_eq!(value(&request.attributes, key), wanted);
    }
    for append in named(&spans, "append") {
        assert_eq!(append.parent_span_id, request.span_id);
        assert!(append.end_time_unix_nano <= request.end_time_unix_nano, "{append:?} {request:?}");
    }
    for name in ["project session_stats", "project call_history", "push"] {
        follow(&spans, name);
    }
    let told = ["POST /calls/result", "append", "push"];
    let known = |name: &str| told.contains(&name) || name.starts_with("project ");
    assert!(names(&spans).into_iter().all(known), "{:?}", names(&spans));
    assert!(!names(&spans).contains(&"project contact_book"), "{:?}", names(&spans));
}

fn is_one_trace_of_a_start(all: &[Span]) {
    let spans: Vec<Span> = all.iter().filter(|span| hex::encode(&span.trace_id) == START).cloned().collect();
    let [start] = named(&spans, "POST /calls/start")[..] else { panic!("{:?}", names(all)) };
    let appends = named(&spans, "append");
    assert!(!appends.is_empty(), "{:?}", names(&spans));
    assert!(appends.iter().all(|append| append.parent_span_id == start.span_id), "{spans:?}");
    follow(&spans, "project session_stats");
}

async fn a_report_is_one_trace(mut world: World) {
    let collector = Collector::start(Manner::Takes);
    world.set("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://127.0.0.1:{}", collector.port));
    world.set("OTEL_SERVICE_NAME", "call-engine");
    // Which is for the world outside, and nobody listens there.
    world.set("HTTP_PROXY", &format!("http://127.0.0.1:{}", free_port()));
    world.set("REMOTE_HOST", "simulated");
    world.start().await;
    let mut watch = Watch::entered(&world, &json!([socket(CALLS, &world.token())])).await;
    let sent = async |traceparent: &str, number: u32| {
        let request = world.http.post(world.url("/calls/result")).json(&report(SESSION, number));
        let answer = request.header("traceparent", traceparent).header("x-request-id", "r-1").send().await;
        assert_eq!(answer.unwrap().status(), 200);
    };
    sent(&format!("00-{TRACE}-{CALLER}-01"), 1).await;
    watch.until(0, "call-result").await;
    sent(UNTRACED, 2).await;
    watch.until(0, "call-result").await;
    // Whoever goes away takes no half of a start along: it is a task of its own, and in the same trace.
    assert_eq!(world.upload("numbers.txt", b"+998901234567\n").await.0, 200);
    let start = world.http.post(world.url("/calls/start")).bearer_auth(world.token());
    let started = start.header("traceparent", format!("00-{START}-{CALLER}-01")).send().await.unwrap();
    assert_eq!(started.status(), 200, "{}", started.text().await.unwrap());
    ask_strangely(&world).await;
    assert!(world.stop().success(), "{}", world.said());

    let all = collector.spans();
    is_one_trace_of_a_report(&all);
    is_one_trace_of_a_start(&all);
    assert!(all.iter().any(|span| span.name.starts_with("_OTHER ")), "{:?}", names(&all));

    assert_eq!(value(&collector.resource(), "service.name"), json!("call-engine"));
    assert!(all.iter().all(|span| !UNTRACED.contains(&hex::encode(&span.trace_id))), "{:?}", names(&all));
    assert_eq!(named(&all, "GET /users/{name}").len(), 1, "{:?}", names(&all));
    let noise = ["GET /health/ready", "GET /metrics"];
    assert!(noise.iter().all(|name| named(&all, name).is_empty()), "{:?}", names(&all));
    for text in collector.texts() {
        for of_people in ["99890", "alisher", "valijonov", "mijoz", SESSION] {
            assert!(!text.to_lowercase().contains(of_people), "{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_one_trace_from_the_door_to_the_sockets_on_sqlite() {
    a_report_is_one_trace(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_one_trace_from_the_door_to_the_sockets_on_postgres() {
    a_report_is_one_trace(World::postgres().await).await;
}

/// How long so many reports take, one after the other.
async fn reports(world: &World, numbers: std::ops::Range<u32>) -> Duration {
    let began = Instant::now();
    for number in numbers {
        assert_eq!(world.report(&report(SESSION, number)).await.unwrap().status(), 200);
    }
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_says_nothing_holds_up_neither_reports_nor_the_end() {
    let collector = Collector::start(Manner::Hangs);
    let mut world = World::sqlite();
    world.set("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://127.0.0.1:{}/", collector.port));
    world.start().await;
    assert!(reports(&world, 0..50).await < Duration::from_secs(5));
    let began = Instant::now();
    assert!(world.stop().success(), "{}", world.said());
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(world.said().matches("the last traces were not sent").count(), 1, "{}", world.said());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_is_told_of_once() {
    let mut world = World::sqlite();
    world.set("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://127.0.0.1:{}", free_port()));
    world.start().await;
    let told = |world: &World| world.said().matches("the collector does not take traces").count();
    let began = Instant::now();
    let (mut number, mut lost) = (0, 0);
    // Until it was tried in vain more than once.
    while lost < 2 {
        assert!(began.elapsed() < Duration::from_secs(30), "{}", world.said());
        assert!(reports(&world, number..number + 10).await < Duration::from_secs(5));
        number += 10;
        let before = lost_spans(&world).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        lost += u32::from(lost_spans(&world).await > before);
    }
    assert!(world.stop().success(), "{}", world.said());
    assert_eq!(told(&world), 1, "{}", world.said());
}

async fn lost_spans(world: &World) -> u64 {
    let text = world.get("/metrics").await.text().await.unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("karnay_spans_lost_total "));
    line.unwrap().parse().unwrap()
}
