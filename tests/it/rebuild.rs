//! A screen built anew equals the one that was followed, byte for byte, also while reports keep coming;
//! and events of every version ever written make the same screens as on the day they were written (R14).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use chrono::{DateTime, Utc};
use domain::fact::{self, Circumstances};
use domain::ids::StreamId;
use karnay::adapters::system::SystemIds;
use karnay::journal::keys::{DataKey, KeyRow};
use karnay::journal::verify::Place;
use karnay::journal::{Append, Entry, Journal, Options, Unit};
use karnay::ports::Clock;
use rusqlite::types::Value as Cell;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::contacts::Desk;
use crate::world::{World, report};

pub(crate) const SCREENS: [&str; 17] = [
    "session_stats",
    "call_history",
    "quarantine",
    "users",
    "api_keys",
    "webhook_endpoints",
    "contact_book",
    "do_not_call",
    "imports",
    "campaign_board",
    "targets",
    "promises",
    "campaign_hours",
    "campaign_calls",
    "pbx_calls",
    "pbx_watch",
    "number_lists",
];
const STATUSES: [&str; 4] = ["BUSY", "NO_ANSWER", "ANSWERED", "CONNECTED_TO_OPERATOR"];

/// Reports of every sort: first ones, stronger and weaker ones, repetitions, repetitions that add something.
fn mixed(n: u32) -> Value {
    let mut body = report(&format!("session-173886289123{}-abc123", n % 3), n % 97);
    body["callStatus"] = json!(STATUSES[usize::try_from(n / 97 + n).unwrap() % STATUSES.len()]);
    if n.is_multiple_of(5) {
        body["callStartTime"] = json!("2025-10-06T19:00:00+05:00");
    }
    if n.is_multiple_of(7) {
        body["recordingUrl"] = json!(format!("https://recordings.example.com/{n}.mp3"));
    }
    body
}

async fn send(world: &World, next: &AtomicU32, count: u32) {
    for _ in 0..count {
        let n = next.fetch_add(1, Ordering::Relaxed);
        assert_eq!(world.report(&mixed(n)).await.unwrap().status(), 200);
    }
}

/// The rows of a screen's live generation, in the order of their keys, with which generation it is.
pub(crate) async fn rows(world: &World, screen: &str) -> (u64, Vec<Vec<String>>) {
    let (version, generation) = live(world, screen).await;
    let key = if ["call_history", "promises", "campaign_calls"].contains(&screen) { "id" } else { "stream" };
    let query = format!("SELECT * FROM {{}}{screen}_v{version}_{generation} ORDER BY {key}");
    if world.postgres.is_none() {
        let file = rusqlite::Connection::open(world.data().join("screens.db")).unwrap();
        let mut select = file.prepare(&query.replace("{}", "")).unwrap();
        let width = select.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..width).map(|n| Ok(shown(&row.get(n)?))).collect();
        return (generation, select.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap());
    }
    let pool = sqlx::PgPool::connect(world.database_url()).await.unwrap();
    let text = format!("SELECT r::text FROM ({}) AS r", query.replace("{}", "screens."));
    let found: Vec<(String,)> = sqlx::query_as(&text).fetch_all(&pool).await.unwrap();
    (generation, found.into_iter().map(|(row,)| vec![row]).collect())
}

pub(crate) fn shown(cell: &Cell) -> String {
    format!("{cell:?}")
}

/// Version and generation of what is shown.
async fn live(world: &World, screen: &str) -> (u64, u64) {
    let status = world.status().await;
    let shown = status["projections"].as_array().unwrap().clone();
    let live = shown.into_iter().find(|row| row["name"] == screen && row["state"] == "live").unwrap();
    (live["version"].as_u64().unwrap(), live["generation"].as_u64().unwrap())
}

pub(crate) fn rebuild(world: &World, screen: &str) {
    let out = world.run(&["rebuild", screen]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

/// Reports that no session can have sent: some are held, the others bound or discarded.
async fn quarantine(world: &World) {
    for n in 0..6 {
        assert_eq!(world.report(&report("no name", n)).await.unwrap().status(), 404);
    }
    let held = world.json("/calls/quarantine").await;
    let said = json!({ "sessionId": "session-1738862891230-abc123", "reason": "a test" });
    for (n, verb) in [(0, "bind"), (1, "bind"), (2, "discard"), (3, "discard")] {
        let path = format!("/calls/quarantine/{}/{verb}", held[n]["id"].as_str().unwrap());
        assert_eq!(world.http.post(world.url(&path)).json(&said).send().await.unwrap().status(), 200);
    }
}

/// Some who sign in, some keys, and what becomes of them.
async fn people(world: &World) {
    let admin = world.token();
    let ask = async |method: &str, path: &str, body: Value| {
        let request = world.http.request(method.parse().unwrap(), world.url(path)).bearer_auth(&admin);
        let answer = request.json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.text().await.unwrap()
    };
    for name in ["aziz", "bobur"] {
        ask("POST", "/users", json!({ "name": name, "role": "operator", "password": "correct horse" })).await;
        ask("POST", "/auth/login", json!({ "username": name, "password": "correct horse" })).await;
        let key = json!({ "name": name, "role": "operator", "scopes": ["calls", "webhook"] });
        let made: Value = serde_json::from_str(&ask("POST", "/keys", key).await).unwrap();
        if name == "bobur" {
            ask("PATCH", "/users/bobur", json!({ "role": "admin", "disabled": true })).await;
            ask("DELETE", &format!("/keys/{}", made["id"].as_str().unwrap()), json!({})).await;
        }
    }
}

/// Who is told outside, of what never happens here, and what becomes of them.
async fn receivers(world: &World) {
    let token = world.token();
    for (number, method) in [(1, "PATCH"), (2, "DELETE")] {
        let to =
            json!({ "url": format!("http://127.0.0.1/{number}"), "types": ["promise"], "description": "r" });
        let made = world.http.post(world.url("/webhooks/endpoints")).bearer_auth(&token).json(&to);
        let made: Value = made.send().await.unwrap().json().await.unwrap();
        let path = format!("/webhooks/endpoints/{}", made["id"].as_str().unwrap());
        let told = world.http.request(method.parse().unwrap(), world.url(&path)).bearer_auth(&token);
        let told = told.json(&json!({ "status": "paused" })).send().await.unwrap();
        assert!(told.status().is_success(), "{method}: {}", told.status());
    }
}

/// Somebody who may be called, in a campaign, until it is said otherwise.
async fn campaign(world: &World) {
    let token = world.token();
    let post = async |path: &str, body: Value| -> Value {
        let made = world.http.post(world.url(path)).bearer_auth(&token).json(&body).send().await.unwrap();
        assert_eq!(made.status(), 201);
        made.json().await.unwrap()
    };
    let contact = json!({ "firstName": "A", "lastName": "B", "phone": "+998901110000" });
    let contact = post("/auto-calling/contacts", contact).await;
    let numbers = json!({ "phones": ["+998901234567", "+998901234568"], "note": "asked by letter" });
    let listed = world.http.post(world.url("/auto-calling/do-not-call")).bearer_auth(&token).json(&numbers);
    assert_eq!(listed.send().await.unwrap().status(), 200);
    let plan = json!({ "name": "C", "campaignType": "SURVEY", "contactIds": [contact["id"]] });
    post("/auto-calling/campaigns", plan).await;
}

/// A workbook of contacts, and its undoing.
async fn import(world: &World) {
    let desk = Desk::of(world, "1", "manager");
    let rows = b"firstName,phone\nVali,90 123-45-68\nNobody,none\n";
    let (status, answer) = desk.import("contacts.csv", rows, "").await;
    assert_eq!((status.as_u16(), &answer["created"]), (200, &json!(1)), "{answer}");
    let path = format!("/imports/{}", answer["importId"].as_str().unwrap());
    assert_eq!(desk.ask(reqwest::Method::DELETE, &path, None).await.0, 200);
}

async fn rebuilt_equals_live(mut world: World) {
    world.set("REMOTE_HOST", "simulated");
    world.set("WEBHOOK_PRIVATE_HOSTS", "127.0.0.1");
    // Calls of a campaign, and what was promised in one; calls of an exchange, and the watch over it.
    write_goldens(&mut world, &["contact", "person", "campaign", "target", "promise", "pbx", "pbx_call"])
        .await;
    world.start().await;
    let (stored, _) = world.upload("numbers.txt", b"+998901234567\n").await;
    assert!(stored.is_success());
    let next = AtomicU32::new(0);
    send(&world, &next, 400).await;
    quarantine(&world).await;
    people(&world).await;
    receivers(&world).await;
    campaign(&world).await;
    import(&world).await;

    let (world, next, stop) = (Arc::new(world), Arc::new(next), Arc::new(AtomicBool::new(false)));
    let traffic = {
        let (world, next, stop) = (Arc::clone(&world), Arc::clone(&next), Arc::clone(&stop));
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                send(&world, &next, 5).await;
            }
        })
    };
    for screen in SCREENS {
        let world = Arc::clone(&world);
        tokio::task::spawn_blocking(move || rebuild(&world, screen)).await.unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    traffic.await.unwrap();
    // The reads of the sessions wait until the screens have everything.
    world.json("/calls/session/session-1738862891230-abc123").await;
    world.json("/calls/session/session-1738862891230-abc123/results").await;

    for screen in SCREENS {
        let (before, followed) = rows(&world, screen).await;
        assert!(before > 1, "{screen} was rebuilt under traffic");
        rebuild(&world, screen);
        let (after, fresh) = rows(&world, screen).await;
        assert!(after > before && !fresh.is_empty());
        assert_eq!(fresh, followed, "{screen}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rebuilt_equals_live_on_sqlite() {
    rebuilt_equals_live(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rebuilt_equals_live_on_postgres() {
    rebuilt_equals_live(World::postgres().await).await;
}

/// What the golden events were sealed with, so long ago that only this is left of it.
pub(crate) const DATA_KEY: [u8; 32] = [7; 32];
const PERSON_KEY: &str = include_str!("golden_key.json");

/// The streams that the golden events once made, each event's version beside it.
pub(crate) const STREAMS: [(&str, &str, &[&str]); 20] = [
    (
        "session",
        "1/session-1738862891234-abc123",
        &["opened.v1", "launched.v1", "returned.v1", "completed.v1"],
    ),
    (
        "call",
        "1/session-1738862891234-abc123/0000001",
        &["reported.v1", "strengthened.v1", "overtaken.v1", "amended.v1"],
    ),
    ("session", "1/session-1738862891235-abc124", &["adopted.v1", "failed.v1"]),
    ("quarantine", "1/0199b9f4-6f00-7000-8000-000000000009", &["held.v1", "bound.v1"]),
    ("quarantine", "1/0199b9f4-6f00-7000-8000-00000000000a", &["held.v1", "discarded.v1"]),
    ("contact", "1/0199b9f4-6f00-7000-8000-0000000000c1", &["created.v1", "changed.v1", "status_set.v1"]),
    (
        "campaign",
        "1/0199b9f4-6f00-7000-8000-0000000000d1",
        &["created.v1", "enlisted.v1", "started.v1", "paused.v1"],
    ),
    (
        "target",
        "1/0199b9f4-6f00-7000-8000-0000000000d1/0199b9f4-6f00-7000-8000-0000000000c1",
        &["enlisted.v1", "deferred.v1", "dialled.v1", "accepted.v1", "ended.v1"],
    ),
    (
        "person",
        "1/~f65be5d4dbf76660b0e9155290795e6f",
        &["claimed.v1", "rung.v1", "let_go.v1", "kept_quiet.v1", "opted_out.v2"],
    ),
    ("person", "1/~f65be5d4dbf76660b0e9155290795e70", &["opted_out.v1"]),
    (
        "promise",
        "1/0199b9f4-6f00-7000-8000-0000000000c1",
        &["made.v1", "rescheduled.v1", "paid.v1", "broken.v1", "kept.v1"],
    ),
    (
        "user",
        "1/aziz",
        &[
            "created.v1",
            "password_set.v1",
            "role_set.v1",
            "disabled.v1",
            "enabled.v1",
            "signed_in.v1",
            "signed_out.v1",
        ],
    ),
    (
        "import",
        "1/0199b9f4-6f00-7000-8000-0000000000f1",
        &["begun.v1", "failed.v1", "finished.v1", "undone.v1"],
    ),
    ("api_key", "1/0199b9f4-6f00-7000-8000-000000000023", &["made.v1", "revoked.v1"]),
    (
        "webhook_endpoint",
        "1/0199b9f4-6f00-7000-8000-0000000000e1",
        &[
            "registered.v1",
            "changed.v1",
            "secret_rotated.v1",
            "paused.v1",
            "resumed.v1",
            "disabled.v1",
            "removed.v1",
        ],
    ),
    ("pbx", "1/pbx", &["synced.v1", "monitor_gap.v1", "refused.v1", "accepted.v1"]),
    (
        "pbx_call",
        "1/pbx/1759775400.42",
        &["seen.v1", "answered.v1", "ended.v1", "confirmed.v1", "recording_found.v1", "listened.v1"],
    ),
    ("pbx_call", "1/pbx/k1:5f2a9c0d41b7e83c66d019fa7be4c215-0", &["matched.v1"]),
    ("pbx_call", "1/pbx/k1:5f2a9c0d41b7e83c66d019fa7be4c215-1", &["logged.v1", "corrected.v1"]),
    ("disclosure", "1/seen/contact/0199b9f4-6f00-7000-8000-0000000000c1", &["looked.v1"]),
];

#[derive(Debug)]
pub(crate) struct LongAgo;

impl Clock for LongAgo {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(1_759_775_460, 0).unwrap()
    }
}

pub(crate) fn golden(kind: &str, event: &str) -> String {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/golden/{kind}.{event}.json"));
    let spaced: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    spaced.to_string()
}

fn entry(kind: &str, event: &str) -> Entry {
    let (event_type, version) = event.split_once(".v").unwrap();
    Entry {
        event_type: event_type.to_owned(),
        event_version: version.to_owned(),
        payload: golden(kind, event),
        occurred_at: LongAgo.now(),
        // Only the tail looks at it, and the tail is gone before anybody reads.
        fact: fact::Event::Session(domain::session::Event::Launched { at: LongAgo.now() }),
    }
}

fn person_key() -> KeyRow {
    let row: BTreeMap<String, String> = serde_json::from_str(PERSON_KEY).unwrap();
    KeyRow {
        id: row["id"].parse::<Uuid>().unwrap(),
        organization: row["organization"].clone(),
        person: hex::decode(&row["person"]).unwrap().try_into().unwrap(),
        wrapped: hex::decode(&row["wrapped"]).unwrap(),
    }
}

/// The journal of a world before its engine opens it, under the key of the golden events.
pub(crate) async fn opened(world: &mut World) -> Journal {
    use base64::Engine as _;
    world.set("DATA_KEY", &base64::engine::general_purpose::STANDARD.encode(DATA_KEY));
    let place = if world.postgres.is_some() {
        Place::Url(world.database_url().to_owned())
    } else {
        Place::Folder(world.data())
    };
    let options = Options { place, clock: Arc::new(LongAgo), ids: Arc::new(SystemIds) };
    Journal::open(options, |_| Ok(DataKey(DATA_KEY))).await.unwrap()
}

/// Streams of these kinds, before anybody else writes.
pub(crate) async fn write_goldens(world: &mut World, kinds: &[&str]) {
    let journal = opened(world).await;
    let streams = STREAMS.into_iter().filter(|(kind, ..)| kinds.contains(kind));
    write(&journal, &streams.collect::<Vec<_>>()).await;
    journal.close().await;
}

pub(crate) async fn write(journal: &Journal, streams: &[(&'static str, &str, &[&str])]) {
    for (kind, stream, events) in streams {
        let append = Append {
            kind,
            stream: StreamId::stored((*stream).to_owned()),
            expected: 0,
            events: events.iter().map(|event| entry(kind, event)).collect(),
        };
        let circumstances = Circumstances { organization: "1".into(), ..Circumstances::default() };
        let unit = Unit {
            command: None,
            circumstances: Arc::new(circumstances),
            appends: vec![append],
            keys: vec![Arc::new(person_key())],
        };
        journal.append(unit).await.unwrap();
    }
}

async fn old_events_make_the_same_screens(mut world: World) {
    write_goldens(&mut world, &STREAMS.map(|(kind, ..)| kind)).await;
    world.start().await;
    let mut seen = BTreeMap::new();
    for session in ["session-1738862891234-abc123", "session-1738862891235-abc124"] {
        let mut row = world.json(&format!("/calls/session/{session}")).await;
        row.as_object_mut().unwrap().remove("durationSeconds");
        seen.insert(session.to_owned(), row);
        let results = format!("/calls/session/{session}/results");
        seen.insert(format!("{session} results"), world.json(&results).await);
    }
    for state in ["bound", "discarded"] {
        let listed = world.json(&format!("/calls/quarantine?state={state}")).await;
        let one = format!("/calls/quarantine/{}", listed[0]["id"].as_str().unwrap());
        seen.insert(format!("quarantine {state}"), world.json(&one).await);
    }
    for path in ["/users", "/keys", "/auto-calling/do-not-call"] {
        let answer = world.http.get(world.url(path)).bearer_auth(world.token()).send().await.unwrap();
        seen.insert(path.to_owned(), answer.json().await.unwrap());
    }
    for screen in world.status().await["projections"].as_array().unwrap() {
        assert_eq!(screen["parked"], 0, "every event was understood");
    }
    insta::assert_json_snapshot!("old_events_make_the_same_screens", seen);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_events_make_the_same_screens_on_sqlite() {
    old_events_make_the_same_screens(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_events_make_the_same_screens_on_postgres() {
    old_events_make_the_same_screens(World::postgres().await).await;
}
