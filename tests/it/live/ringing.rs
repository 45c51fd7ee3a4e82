//! Calls at an exchange as those who watch hear of them, from the box to the screen: the engine is the real program, the box the
//! simulated one, and its own stamps are what it is measured by.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use karnay::adapters::simulated_pbx::{self, Row, SimulatedPbx, status};
use karnay::adapters::system::{SystemClock, SystemIds};
use karnay::ports::Clock as _;
use reqwest::Method;
use serde_json::{Value, json};

use super::{CALLS, Desk, Told, Watch, socket, token};
use crate::world::World;

/// A look, and half a second.
const LATE_MAX: TimeDelta = TimeDelta::milliseconds(1_500);
/// What the machine that tests may be late with by itself.
const BUSY: TimeDelta = TimeDelta::milliseconds(250);
/// How long somebody talks, in ms: whoever hangs up is met by the next look at once, or much later, or is gone by then.
const TALKS: [u64; 5] = [100, 300, 500, 700, 950];

fn exchange() -> SimulatedPbx {
    let options = simulated_pbx::Options::new(Arc::new(SystemClock), Arc::new(SystemIds));
    simulated_pbx::start(options).unwrap()
}

fn watching(mut world: World, exchange: &SimulatedPbx) -> World {
    world.set("KERIO_PBX_HOST", "127.0.0.1");
    world.set("KERIO_PORT", &exchange.port().to_string());
    world.set("KERIO_TLS", &exchange.pin());
    world.set("KERIO_API_USERNAME", exchange.user());
    world.set("KERIO_API_PASSWORD", exchange.password());
    world.set("KERIO_POLL_INTERVAL", "1");
    world.set("KERIO_SYNC_INTERVAL", "1");
    world.set("LOG", "info");
    world
}

/// When it was heard, by the clock that the box goes by.
fn heard_at(told: &Told) -> DateTime<Utc> {
    SystemClock.now() - TimeDelta::from_std(told.at.elapsed()).unwrap()
}

fn stamped(exchange: &SimulatedPbx, call: &str, status: Option<u16>) -> DateTime<Utc> {
    let step = exchange.steps(call).into_iter().find(|step| step.status == status).unwrap();
    DateTime::from_timestamp_millis(step.at).unwrap()
}

async fn until_connected(desk: &Desk<'_>) {
    let began = Instant::now();
    loop {
        let standing = desk.ask(Method::GET, "/kerio/status", &Value::Null).await;
        if standing["connected"] == true && !standing["lastSync"].is_null() {
            return;
        }
        assert!(began.elapsed() < super::PATIENCE, "{standing} {}", desk.world.said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn a_call_is_told_as_it_happens(world: World) {
    let exchange = exchange();
    let mut world = watching(world, &exchange);
    world.start().await;
    let desk = Desk::of(&world, "1", "operator");
    until_connected(&desk).await;
    let mut watch =
        Watch::entered(&world, &json!([socket(CALLS, &token(&world, "1", "operator", &[]))])).await;
    for (number, talks) in TALKS.into_iter().enumerate() {
        let from = format!("99890111000{number}");
        let call = exchange.ring(&from, "158");
        let rings = watch.until_such(0, "incoming_call", |data| data["callId"] == call).await;
        assert_eq!(rings.data["fromNumber"], from);
        assert_eq!((&rings.data["toNumber"], &rings.data["state"]), (&json!("158"), &json!("kelyapti")));
        assert_eq!(rings.data["direction"], "kiruvchi");
        exchange.answer(&call);
        let answered = watch.until_such(0, "call_status", |data| data["callId"] == call).await;
        assert_eq!(answered.data["state"], "suhbatda");
        tokio::time::sleep(Duration::from_millis(talks)).await;
        exchange.hang_up(&call);
        let ended = watch.until_such(0, "call_status", |data| data["callId"] == call).await;
        assert_eq!(ended.data["state"], "yakunlandi");
        for (told, status) in
            [(&rings, status::RINGING), (&answered, status::CONNECTED), (&ended, status::DISCONNECTING)]
        {
            let late = heard_at(told) - stamped(&exchange, &call, Some(status));
            assert!(late <= LATE_MAX + BUSY, "{} came {late} late", told.event);
        }
        assert!(rings.position() < answered.position() && answered.position() < ended.position());
    }
    the_history_is_the_log(&desk, &exchange).await;
    let said = world.said();
    for line in [
        "Kerio Operator service initialized",
        "Starting real-time polling every 1 second",
        "Starting auto-sync every 1 minute",
        "Fetched 0 call records from Kerio Operator",
        "Synced 0 new call records",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert!(!said.contains("99890111000"), "a number stands in the log");
    assert_eq!(exchange.counts().logins, 1);
}

/// Row by row, as `/kerio/calls` shows it.
async fn the_history_is_the_log(desk: &Desk<'_>, exchange: &SimulatedPbx) {
    let began = Instant::now();
    loop {
        desk.post("/kerio/sync", &Value::Null).await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        let calls = desk.ask(Method::GET, "/kerio/calls?limit=1000", &Value::Null).await;
        let shown = counted(calls.as_array().unwrap().iter().map(shown));
        let log = counted(exchange.log().iter().map(told));
        if shown == log {
            return;
        }
        assert!(began.elapsed() < super::PATIENCE, "{shown:#?} {log:#?}");
    }
}

fn shown(call: &Value) -> String {
    let text = |name: &str| call[name].as_str().unwrap_or_default().to_owned();
    let start: DateTime<Utc> = text("startTime").parse().unwrap();
    let talked = call["duration"].as_i64().unwrap_or(-1);
    format!("{} {} {} {} {talked}", start.timestamp(), text("fromNumber"), text("toNumber"), text("status"))
}

fn told(row: &Row) -> String {
    let status = match row.status {
        2 => "band",
        3 | 6 => "javobsiz",
        4 => "javob berildi",
        _ => "xatolik",
    };
    format!("{} {} {} {status} {}", row.timestamp, row.from, row.to, row.answered_secs)
}

fn counted(calls: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    calls.fold(BTreeMap::new(), |mut counted, call| {
        *counted.entry(call).or_default() += 1;
        counted
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_at_the_exchange_is_told_as_it_happens() {
    a_call_is_told_as_it_happens(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_at_the_exchange_is_told_as_it_happens_on_postgresql() {
    a_call_is_told_as_it_happens(World::postgres().await).await;
}
