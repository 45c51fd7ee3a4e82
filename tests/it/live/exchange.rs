//! Calls of an exchange, told as they happen. Nobody watches an exchange here: another node of the test's says what a watcher would.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::pbx_call::Status;
use karnay::adapters::system::{SystemClock, SystemIds};
use karnay::dispatch::Dispatch;
use karnay::journal::keys::DataKey;
use karnay::journal::verify::Place;
use karnay::journal::{Journal, Options};
use serde_json::{Value, json};

use super::streams::Events;
use super::{CALLS, CAMPAIGNS, PATIENCE, Watch, socket, socket_with, token};
use crate::kerio_calls::{Exchange, OUTSIDE};
use crate::world::World;

const DATA_KEY: [u8; 32] = [9; 32];

/// A journal that is written by the test itself.
pub(super) async fn journal(world: &mut World) -> Journal {
    world.set("DATA_KEY", &STANDARD.encode(DATA_KEY));
    let place = if world.postgres.is_some() {
        Place::Url(world.database_url().to_owned())
    } else {
        Place::Folder(world.data())
    };
    let options = Options { place, clock: Arc::new(SystemClock), ids: Arc::new(SystemIds) };
    Journal::open(options, |_| Ok(DataKey(DATA_KEY))).await.unwrap()
}

/// Everything that becomes of calls.
pub(super) async fn story(journal: &Journal) {
    let exchange = Exchange::new(&Dispatch::start(journal, &[]));
    let talked = exchange.seen("1700000000.1", 0, (OUTSIDE, "600"), false).await;
    talked.answered(5).await;
    talked.ended(40).await;
    talked.confirmed(1, Status::Answered).await;
    // It was taken for missed, and the log says that it was not.
    let missed = exchange.seen("1700000000.2", 60, (OUTSIDE, "1001"), false).await;
    missed.missed(20).await;
    missed.confirmed(2, Status::Answered).await;
    // Nobody hears of those that ring elsewhere, but of what becomes of them.
    exchange.seen("1700000000.3", 120, ("1001", "998935550000"), false).await.answered(3).await;
    exchange.seen("1700000000.4", 180, ("1001", "1002"), false).await.missed(9).await;
    // It talked when somebody first looked, and the log told of its end before anybody saw it.
    let late = exchange.seen("1700000000.5", 240, (OUTSIDE, "1001"), true).await;
    late.confirmed(3, Status::Answered).await;
    // What only the log knows is over, and news to nobody.
    exchange.logged(4, 300, Status::Busy).await;
    exchange.seen("1700000000.6", 360, (OUTSIDE, "1001"), false).await;
}

/// As they are told: the name, the call's last digit, the state.
const TOLD: [&str; 11] = [
    "incoming_call 1 kelyapti",
    "call_status 1 suhbatda",
    "call_status 1 yakunlandi",
    "incoming_call 2 kelyapti",
    "call_status 2 javobsiz",
    "call_status 2 yakunlandi",
    "call_status 3 suhbatda",
    "call_status 4 javobsiz",
    "call_status 5 suhbatda",
    "call_status 5 yakunlandi",
    "incoming_call 6 kelyapti",
];

fn line(event: &str, data: &Value) -> String {
    let (call, state) = (data["callId"].as_str().unwrap(), data["state"].as_str().unwrap());
    format!("{event} {} {state}", &call[call.len() - 1..])
}

/// A stream from the beginning tells all of it, and nothing else of the exchange.
async fn assert_streamed(world: &World, token: &str) {
    let mut events = Events::open(world, token, Some("0")).await;
    let mut told = vec![];
    while told.len() < TOLD.len() {
        let next = tokio::time::timeout(PATIENCE, events.next()).await;
        let event = next.unwrap_or_else(|_| panic!("nothing more after {told:?}")).unwrap();
        if ["incoming_call", "call_status"].contains(&event.name.as_str()) {
            if told.is_empty() {
                let incoming = json!({
                    "callId": "1700000000.1", "fromNumber": OUTSIDE, "toNumber": "600", "direction": "kiruvchi",
                    "startTime": "2025-10-06T18:30:00.000Z", "state": "kelyapti", "position": event.data["position"],
                });
                assert_eq!(event.data, incoming);
            }
            told.push(line(&event.name, &event.data));
        }
    }
    assert_eq!(told, TOLD);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_back_is_told_what_became_of_calls_at_the_exchange() {
    let mut world = World::sqlite();
    let journal = journal(&mut world).await;
    story(&journal).await;
    journal.close().await;
    world.start().await;
    assert_streamed(&world, &token(&world, "1", "operator", &[])).await;
    let other = token(&world, "2", "operator", &[]);
    let mut foreign = Events::open(&world, &other, Some("0")).await;
    assert_eq!(foreign.next().await.unwrap().name, "position", "nothing of another organization's");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_at_the_exchange_are_told_in_order_and_shown_when_they_are_told() {
    let mut world = World::postgres().await;
    let journal = journal(&mut world).await;
    world.start().await;
    let (token, other) = (token(&world, "1", "operator", &[]), token(&world, "2", "operator", &[]));
    let looks = json!({ "incoming_call": "/kerio/calls/{callId}", "call_status": "/kerio/calls/{callId}" });
    let sockets = json!([
        socket_with(CALLS, &token, &json!({ "looks": looks })),
        socket(CAMPAIGNS, &token),
        socket(CALLS, &other)
    ]);
    let mut watch = Watch::entered(&world, &sockets).await;
    story(&journal).await;
    let mine = |told: &&super::Told| {
        told.socket == 0 && ["incoming_call", "call_status"].contains(&told.event.as_str())
    };
    while watch.heard.iter().filter(mine).count() < TOLD.len() {
        watch.next().await;
    }
    let told: Vec<_> = watch.heard.iter().filter(mine).cloned().collect();
    let lines: Vec<String> = told.iter().map(|told| line(&told.event, &told.data)).collect();
    assert_eq!(lines, TOLD);
    assert!(told.is_sorted_by_key(super::Told::position));
    let seen = |watch: &Watch| ["seen incoming_call", "seen call_status"].map(|name| watch.of(0, name).len());
    while seen(&watch).into_iter().sum::<usize>() < TOLD.len() {
        watch.next().await;
    }
    for name in ["seen incoming_call", "seen call_status"] {
        for look in watch.of(0, name) {
            let (push, shown) = (&look.data["push"], &look.data["shown"]);
            assert_eq!(push["callId"], shown["callId"], "not shown: {look:?}");
            if name == "seen call_status" {
                assert_ne!(shown["state"], "kelyapti", "{push} was told before {shown}");
            }
        }
    }
    let foreign = watch.heard.iter().filter(|told| told.socket != 0 && told.event.contains("call"));
    assert_eq!(foreign.count(), 0, "{:?}", watch.heard);
    assert_streamed(&world, &token).await;
    journal.close().await;
}
