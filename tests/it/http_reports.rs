//! What was said about calls, report by report, as an auditor reads it: each one, of this session, of this organization, after a restart too.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http_world::{Floor, bearer, near};
use crate::postgres::connect;
use crate::world::World;

const PHONE: &str = "+998901234567";
const ALL: &str = "/calls/session/s-1/results?reports=all";

fn said(session: &str, status: &str, more: &Value) -> Value {
    let mut body = json!({ "sessionId": session, "phoneNumber": PHONE, "callStatus": status });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// Busy, then answered, a weaker one that comes late, and the answer again with its recording.
fn four() -> [Value; 4] {
    let answered = json!({ "callDuration": 45, "notes": "izoh" });
    let mut recorded = answered.clone();
    recorded["recordingUrl"] = json!("https://recordings.example.com/1.mp3");
    [
        said("s-1", "BUSY", &json!({})),
        said("s-1", "ANSWERED", &answered),
        said("s-1", "NO_ANSWER", &json!({ "operatorName": "Alisher" })),
        said("s-1", "ANSWERED", &recorded),
    ]
}

async fn told(world: &World, body: &Value) -> Value {
    let answer = world.report(body).await.unwrap();
    assert_eq!(answer.status(), 200, "{body}");
    answer.json().await.unwrap()
}

fn column(rows: &Value, name: &str) -> Vec<Value> {
    rows.as_array().unwrap().iter().map(|row| row[name].clone()).collect()
}

/// Every page from here on, following the links.
async fn pages(world: &World, path: String) -> Vec<Value> {
    let (mut read, mut next) = (vec![], Some(path));
    while let Some(path) = next {
        let answer = world.get(&path).await;
        assert_eq!(answer.status(), 200, "{path}");
        let link = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        assert_eq!(link.is_some(), answer.headers().contains_key("x-next-cursor"));
        next = link.map(|link| link[1..link.find('>').unwrap()].to_owned());
        read.push(answer.json().await.unwrap());
    }
    read
}

async fn each_report_is_shown(mut world: World) {
    world.start().await;
    let mut first = Value::Null;
    for body in four() {
        let stored = told(&world, &body).await;
        first = if first.is_null() { stored["id"].clone() } else { first };
    }
    told(&world, &four()[0]).await;
    told(&world, &said("s-10", "FAILED", &json!({}))).await;

    let all = world.json(ALL).await;
    four_are_shown(&all, &first);
    let results = world.json("/calls/session/s-1/results").await;
    assert_eq!((results.as_array().unwrap().len(), &results[0]["id"]), (1, &first));
    assert_eq!(results[0]["createdAt"], all[0]["createdAt"]);
    let id = world.json("/calls/session/s-1").await["id"].as_str().unwrap().to_owned();
    assert_eq!(world.json(&format!("/calls/session/{id}/results?reports=all")).await, all);
    let other = world.json("/calls/session/s-10/results?reports=all").await;
    assert_eq!(column(&other, "callStatus"), [json!("FAILED")]);
    pages_are_the_whole(&world, &all).await;

    let theirs = world.run(&["token", "--org", "2", "--role", "manager"]);
    let theirs = String::from_utf8(theirs.stdout).unwrap();
    let foreign = world.http.get(world.url(ALL)).bearer_auth(theirs.trim()).send().await.unwrap();
    assert_eq!(foreign.status(), 404, "another organization has no such session");

    assert!(world.stop().success());
    world.start().await;
    assert_eq!(world.json(ALL).await, all);
    assert!(world.stop().success());
    forget(&world).await;
    world.start().await;
    forgotten_is_empty(&world.json(ALL).await, &all);
    assert!(world.stop().success());
}

fn four_are_shown(all: &Value, first: &Value) {
    assert_eq!(column(all, "reportKind"), ["first", "stronger", "weaker", "amendment"].map(Value::from));
    let statuses = [json!("BUSY"), json!("ANSWERED"), json!("NO_ANSWER"), Value::Null];
    assert_eq!(column(all, "callStatus"), statuses);
    assert!(column(all, "id").iter().all(|id| id == first), "one attempt: {all}");
    assert!(column(all, "phoneNumber").iter().all(|phone| phone == PHONE), "{all}");
    assert!(column(all, "sessionId").iter().all(|session| session == "s-1"), "{all}");
    let recording = json!("https://recordings.example.com/1.mp3");
    assert_eq!(column(all, "recordingUrl"), [Value::Null, Value::Null, Value::Null, recording]);
    assert_eq!(column(all, "notes"), [Value::Null, json!("izoh"), Value::Null, Value::Null], "only the news");
    assert_eq!(column(all, "callDuration"), [Value::Null, json!(45), Value::Null, Value::Null]);
    assert_eq!(column(all, "operatorName"), [Value::Null, Value::Null, json!("Alisher"), Value::Null]);
    let places: Vec<u64> = column(all, "position").iter().map(|place| place.as_u64().unwrap()).collect();
    assert!(places.is_sorted_by(|one, next| one < next), "{places:?}");
    let times: HashSet<Value> = column(all, "createdAt").into_iter().collect();
    assert!(times.len() > 1, "each has the time at which it came: {times:?}");
}

async fn pages_are_the_whole(world: &World, all: &Value) {
    let paged = pages(world, format!("{ALL}&limit=1")).await;
    assert_eq!(paged.len(), 4);
    assert!(paged.iter().all(|page| page.as_array().unwrap().len() == 1));
    assert_eq!(&Value::Array(paged.iter().map(|page| page[0].clone()).collect()), all);
    assert_eq!(pages(world, format!("{ALL}&limit=4")).await, std::slice::from_ref(all));
    let after = world.get(&format!("{ALL}&limit=3")).await;
    let cursor = after.headers()["x-next-cursor"].to_str().unwrap().to_owned();
    assert_eq!(world.json(&format!("{ALL}&cursor={cursor}")).await, json!([all[3]]));
    let elsewhere = format!("/calls/session/s-10/results?reports=all&cursor={cursor}");
    let shown = column(&world.json(&elsewhere).await, "sessionId");
    assert!(shown.iter().all(|session| session == "s-10"), "a cursor leads into no other session: {shown:?}");
}

/// Destroys every person's key, as forgetting does.
async fn forget(world: &World) {
    let sql = "DELETE FROM person_keys";
    if world.postgres.is_some() {
        sqlx::query(sql).execute(&mut connect(world.database_url()).await).await.unwrap();
    } else {
        rusqlite::Connection::open(world.data().join("journal.db")).unwrap().execute(sql, []).unwrap();
    }
}

fn forgotten_is_empty(shown: &Value, before: &Value) {
    for name in ["id", "callStatus", "callDuration", "createdAt", "reportKind", "position"] {
        assert_eq!(column(shown, name), column(before, name), "{name} is nobody's");
    }
    assert!(column(shown, "phoneNumber").iter().all(|phone| phone == ""), "{shown}");
    for name in ["operatorName", "recordingUrl", "notes"] {
        assert!(column(shown, name).iter().all(Value::is_null), "{name}: {shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_report_is_shown_on_sqlite() {
    each_report_is_shown(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_report_is_shown_on_postgres() {
    each_report_is_shown(World::postgres().await).await;
}

#[actix_web::test]
async fn sessions_of_one_name_keep_their_reports_apart() {
    let floor = Floor::new().await;
    for organization in ["1", "2", "11"] {
        floor.session(organization, "s-1").await;
    }
    let caller = |organization: i64| bearer(&json!({ "organizationId": organization, "role": "admin" }));
    for (organization, status) in [(1, "BUSY"), (2, "FAILED"), (11, "REJECTED")] {
        let report = near(actix_web::http::Method::POST, "/calls/result").insert_header(caller(organization));
        let report = report.set_payload(said("s-1", status, &json!({})).to_string());
        assert_eq!(floor.ask(report).await.status, 200);
    }
    for (organization, status) in [(1, "BUSY"), (2, "FAILED"), (11, "REJECTED")] {
        let read = near(actix_web::http::Method::GET, ALL).insert_header(caller(organization));
        assert_eq!(column(&floor.ask(read).await.json(), "callStatus"), [json!(status)]);
    }
}

/// More than are read at a time, and none: in both the array is whole.
#[actix_web::test]
async fn a_long_list_of_reports_is_one_array() {
    let floor = Floor::new().await;
    floor.session("1", "s-1").await;
    assert_eq!(floor.get(ALL).await.json(), json!([]));
    let report = |number: usize| {
        let (phone, status) = (format!("+99890{:07}", number / 2), ["BUSY", "ANSWERED"][number % 2]);
        json!({ "sessionId": "s-1", "phoneNumber": phone, "callStatus": status })
    };
    floor.reports((0..1_000).map(report)).await;
    let answer = floor.get(ALL).await;
    assert_eq!(answer.header("x-position"), Some(&*floor.journal.position().to_string()));
    let all = answer.json();
    let places: HashSet<u64> = column(&all, "position").iter().map(|place| place.as_u64().unwrap()).collect();
    assert_eq!((all.as_array().unwrap().len(), places.len()), (1_000, 1_000));
    let kinds = column(&all, "reportKind");
    assert!(kinds.chunks(2).all(|call| call == [json!("first"), json!("stronger")]), "call by call");
}

/// How long every sync of the journal's log is held up.
const HELD_UP: Duration = Duration::from_millis(700);

/// What is committed and not yet synced may be gone after a power cut. Until it is synced nobody is shown it,
/// though it can be read from the file already.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_not_shown_before_it_is_synced() {
    let mut world = World::sqlite();
    let (log, hold) = (world.data().join("journal.db-wal"), HELD_UP.as_micros());
    let hold = format!("inject=fdatasync:delay_enter={hold}");
    let words = ["-P", log.to_str().unwrap(), "-e", "trace=fdatasync", "-e", &hold, "-o", "/dev/null"];
    if !world.strace(&words) {
        return;
    }
    world.start().await;
    told(&world, &said("s-1", "BUSY", &json!({}))).await;
    for attempt in 1.. {
        assert!(attempt <= 10, "no answer came while a sync was held up");
        let sent = Instant::now();
        let report = said("s-1", "ANSWERED", &json!({ "callDuration": attempt }));
        let reporting = tokio::spawn(world.http.post(world.url("/calls/result")).json(&report).send());
        until_committed(&world, 1 + attempt).await;
        let shown = column(&world.json(ALL).await, "position").len();
        // Only an answer that came before any sync of this report could have ended says something.
        let in_time = sent.elapsed() < HELD_UP;
        assert_eq!(reporting.await.unwrap().unwrap().status(), 200);
        assert_eq!(column(&world.json(ALL).await, "position").len(), 1 + attempt);
        if in_time {
            assert_eq!(shown, attempt, "shown before it was synced");
            return;
        }
    }
}

/// Waits until so many reports can be read from the file.
async fn until_committed(world: &World, count: usize) {
    let file = rusqlite::Connection::open(world.data().join("journal.db")).unwrap();
    let sql = "SELECT count(*) FROM events WHERE aggregate_type = 'call'";
    while file.query_row(sql, [], |row| row.get::<_, usize>(0)).unwrap() < count {
        tokio::task::yield_now().await;
    }
}
