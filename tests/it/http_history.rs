//! The history as dashboards and spreadsheets meet it: filters, pages that stay whole while calls come in, files that can be read back.

use std::future::poll_fn;
use std::io::Cursor;
use std::process::{Command, Stdio};
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::Service;
use actix_web::http::Method;
use calamine::{Reader, Xlsx};
use chrono::{DateTime, TimeDelta, Utc};
use domain::call::{self, Details, Listing, Told};
use domain::fact::{Circumstances, Event, Fact};
use domain::ids::StreamId;
use domain::outcome::CallStatus;
use domain::personal::Personal;
use domain::phone::{Home, Phone};
use projections::call_history::CallHistory;
use projections::follow::{Follower, Page};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http_world::{Floor, bearer, near, options};
use crate::world::World;

const STATUSES: [&str; 4] = ["ANSWERED", "BUSY", "NO_ANSWER", "FAILED"];
const PHONES: [&str; 3] = ["+998901234567", "90 123-45-67", "+998935550000"];

/// A report with its own time, so that each is an attempt of its own.
fn report(number: usize) -> Value {
    json!({
        "sessionId": format!("s-{}", number / 2 % 2), "phoneNumber": PHONES[number % 3], "callStatus": STATUSES[number % 4],
        "callStartTime": format!("2025-10-06T18:{:02}:00Z", number % 60), "operatorName": "Ольга", "notes": "=1+1",
    })
}

async fn told(world: &World, number: usize) {
    assert_eq!(world.report(&report(number)).await.unwrap().status(), 200);
}

fn ids(rows: &Value) -> Vec<String> {
    rows.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

async fn count(world: &World, query: &str) -> usize {
    world.json(&format!("/calls/history?{query}")).await.as_array().unwrap().len()
}

/// Every page from here on, following the links, while something happens between two of them.
async fn pages(world: &World, path: &str, between: impl AsyncFn()) -> Vec<String> {
    let (mut read, mut next) = (vec![], Some(path.to_owned()));
    while let Some(path) = next {
        let answer = world.get(&path).await;
        assert_eq!(answer.status(), 200, "{path}");
        let link = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        assert_eq!(link.is_some(), answer.headers().contains_key("x-next-cursor"));
        let place = |link: String| link[1..link.find('>').unwrap()].to_owned();
        next = link.map(place);
        read.extend(ids(&answer.json().await.unwrap()));
        between().await;
    }
    read
}

async fn the_history_is_filtered_and_paged(mut world: World) {
    world.start().await;
    for number in 0..24 {
        told(&world, number).await;
    }
    let theirs = world.run(&["token", "--org", "2", "--role", "manager"]);
    let theirs = String::from_utf8(theirs.stdout).unwrap();
    let foreign = json!({ "sessionId": "s-9", "phoneNumber": PHONES[0], "callStatus": "BUSY" });
    let post = world.http.post(world.url("/calls/result")).bearer_auth(theirs.trim());
    assert_eq!(post.json(&foreign).send().await.unwrap().status(), 200);

    let all = world.json("/calls/history").await;
    assert_eq!(all.as_array().unwrap().len(), 24, "those of another organization are not among them");
    let newest = &all[0];
    assert_eq!(
        ["sessionId", "phoneNumber", "callStatus", "source", "direction"].map(|name| newest[name].clone()),
        [json!("s-1"), json!(PHONES[2]), json!("FAILED"), json!("remote"), json!("chiquvchi")]
    );
    let own = world.http.get(world.url("/calls/history")).bearer_auth(theirs.trim()).send().await.unwrap();
    assert_eq!(ids(&own.json().await.unwrap()).len(), 1);

    filters_hold(&world, &all).await;
    let next = std::cell::Cell::new(24);
    let paged = pages(&world, "/calls/history?limit=5&source=remote", async || {
        told(&world, next.replace(next.get() + 1)).await;
    })
    .await;
    assert_eq!(paged, ids(&all), "what comes in moves no page");
    let results = world.json("/calls/session/s-1/results?status=FAILED,BUSY&q=1234567").await;
    let paged =
        pages(&world, "/calls/session/s-1/results?limit=2&status=FAILED,BUSY&q=1234567", async || {}).await;
    assert_eq!((paged.len() > 2, paged), (true, ids(&results)));
    assert_eq!(
        world.json("/calls/session/s-1/results?q=ольг").await.as_array().unwrap().len(),
        count(&world, "session=s-1").await
    );
    exports_are_read_back(&world).await;
    assert!(world.stop().success());
}

async fn filters_hold(world: &World, all: &Value) {
    let middle = all[11]["createdAt"].as_str().unwrap();
    let later =
        all.as_array().unwrap().iter().filter(|row| row["createdAt"].as_str().unwrap() >= middle).count();
    let session = world.json("/calls/session/s-1").await["id"].as_str().unwrap().to_owned();
    for (query, expected) in [
        ("number=%2B998901234567", 16),
        ("number=+998901234567", 16),
        ("number=901234567", 16),
        ("number=00998901234567&status=BUSY,FAILED", 8),
        ("number=5-0000", 8),
        ("number=4567&session=s-1", 8),
        ("status=busy", 6),
        ("source=remote,pbx&direction=chiquvchi&limit=7", 7),
        ("source=campaign", 0),
        ("direction=kiruvchi", 0),
        ("campaign=0199b9f4-6f00-7000-8000-000000000001", 0),
        ("session=s-0", 12),
        ("session=s-7", 0),
        (&format!("session={session}&status=FAILED"), 6),
        (&format!("from={middle}"), later),
        (&format!("to={middle}"), 24 - later),
        (&format!("from={middle}&to={middle}"), 0),
        ("from=2025-10-06T18:30:00+05:00&to=2025-10-07T00:00:00", 0),
    ] {
        assert_eq!(count(world, query).await, expected, "{query}");
    }
}

async fn exports_are_read_back(world: &World) {
    let rows = world.json("/calls/history?status=BUSY").await;
    let answer = world.get("/calls/history/export?format=csv&status=BUSY").await;
    assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"calls.csv\"");
    let bytes = answer.bytes().await.unwrap();
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").expect("a mark at the beginning");
    let mut reader = csv::Reader::from_reader(text);
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let csv: Vec<Vec<String>> =
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    let home = Home::parse("UZ").unwrap();
    assert_eq!(csv.len(), rows.as_array().unwrap().len());
    for (row, shown) in csv.iter().zip(rows.as_array().unwrap()) {
        for (cell, name) in row.iter().zip(&names) {
            assert!(!cell.starts_with(['=', '-', '@', '\t', '\r']), "{name}: {cell}");
            assert_eq!(cell.trim_start_matches('\''), shown[name].as_str().unwrap_or(""), "{name}");
        }
        let phone = names.iter().position(|name| name == "phoneNumber").unwrap();
        let (written, meant) = (Phone::dialable(&row[phone], home), shown["phoneNumber"].as_str().unwrap());
        assert!(written.is_some() && written == Phone::dialable(meant, home), "{}", row[phone]);
        assert_eq!(row[phone], meant, "a number stays as it is, its plus included");
        assert_eq!(row[names.iter().position(|name| name == "notes").unwrap()], "'=1+1");
    }

    let answer = world.get("/calls/history/export?format=xlsx&status=BUSY").await;
    assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"calls.xlsx\"");
    let length: usize = answer.headers()["content-length"].to_str().unwrap().parse().unwrap();
    let bytes = answer.bytes().await.unwrap();
    assert_eq!(bytes.len(), length);
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes.to_vec())).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let cells: Vec<Vec<String>> =
        sheet.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect();
    assert_eq!(cells[0], names);
    let plain = |row: &Vec<String>| -> Vec<String> {
        row.iter().map(|cell| cell.trim_start_matches('\'').to_owned()).collect()
    };
    assert_eq!(cells[1..], csv.iter().map(plain).collect::<Vec<_>>()[..], "texts stand there as they are");
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes.to_vec())).unwrap();
    let name = book.sheet_names()[0].clone();
    assert!(book.worksheet_formula(&name).unwrap().is_empty(), "nothing is a formula");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_is_filtered_and_paged_on_sqlite() {
    the_history_is_filtered_and_paged(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_is_filtered_and_paged_on_postgres() {
    the_history_is_filtered_and_paged(World::postgres().await).await;
}

#[actix_web::test]
async fn a_wrong_parameter_of_a_list_is_named() {
    let floor = Floor::new().await;
    floor.session("1", "s-1").await;
    for (path, query, parameter) in [
        ("history", "limit=many", "limit"),
        ("history", "cursor=12", "cursor"),
        ("history", "status=SLEPT", "status"),
        ("history", "status=BUSY&status=FAILED", "status"),
        ("history", "direction=up", "direction"),
        ("history", "source=radio", "source"),
        ("history", "number=123", "number"),
        ("history", "from=yesterday", "from"),
        ("history", "to=2025-10", "to"),
        ("history", "from=2025-02-29", "from"),
        ("history/export", "format=pdf", "format"),
        ("history/export", "format=csv,xlsx", "format"),
        ("history/export", "status=", "status"),
        ("sessions/all", "status=BUSY", "status"),
        ("session/s-1/results", "status=RUNNING", "status"),
        ("session/s-1/results", "cursor=1.2", "cursor"),
        ("session/s-1/results", "reports=some", "reports"),
        ("session/s-1/results", "reports=all&reports=all", "reports"),
        ("session/s-1/results", "reports=all&status=BUSY", "status"),
        ("session/s-1/results", "reports=all&q=1", "q"),
        ("session/s-1/results", "reports=all&cursor=12", "cursor"),
    ] {
        let answer = floor.get(&format!("/calls/{path}?{query}")).await;
        assert_eq!((answer.status, &*answer.problem()), (400, "bad-parameter"), "{path}?{query}");
        assert_eq!(answer.json()["parameter"], parameter, "{path}?{query}");
    }
    let long = format!("/calls/sessions/all?q={}", "x".repeat(101));
    assert_eq!(floor.get(&long).await.json()["parameter"], "q");
}

#[actix_web::test]
async fn a_session_of_another_organization_filters_to_nothing() {
    let floor = Floor::new().await;
    floor.session("1", "s-1").await;
    floor
        .reports([json!({ "sessionId": "s-1", "phoneNumber": PHONES[0], "callStatus": "BUSY" })].into_iter())
        .await;
    let stranger = near(Method::GET, "/calls/history?session=s-1")
        .insert_header(bearer(&json!({ "organizationId": 2 })));
    assert_eq!(floor.ask(stranger).await.json(), json!([]));
    assert_eq!(floor.get("/calls/history?session=s-1").await.json().as_array().unwrap().len(), 1);
}

/// In the engine's own zone, five hours ahead of UTC here.
#[actix_web::test]
async fn a_date_alone_is_its_whole_day() {
    let floor = Floor::built(options(), false).await;
    let mut follower = Follower::<CallHistory>::open(&floor.screens).await.unwrap();
    let times = [
        "2025-10-05T18:59:59.999999Z",
        "2025-10-05T19:00:00Z",
        "2025-10-06T18:59:59.999999Z",
        "2025-10-06T19:00:00Z",
    ];
    let facts: Vec<_> = (1..).zip(times).map(|(nth, at)| call_at(nth, at.parse().unwrap())).collect();
    follower.advance(Page { after: 0, facts: &facts, unreadable: &[], last: 4 }).await.unwrap();
    for (query, expected) in [
        ("from=2025-10-06&to=2025-10-06", 2),
        ("from=2025-10-06", 3),
        ("to=2025-10-06", 3),
        ("from=2025-10-05&to=2025-10-06", 3),
        ("from=2025-10-07&to=2025-10-06", 0),
        ("from=2025-10-06&to=2025-10-06T23:59:59", 1),
        ("from=2025-10-06T00:00:00Z&to=2025-10-06", 1),
    ] {
        let rows = floor.get(&format!("/calls/history?{query}")).await.json();
        assert_eq!(rows.as_array().unwrap().len(), expected, "{query}");
        let file = floor.get(&format!("/calls/history/export?{query}")).await;
        assert_eq!(String::from_utf8(file.bytes).unwrap().lines().count(), expected + 1, "{query}");
    }
}

const MANY: u64 = 100_000;
/// All rows together are several times as large.
const MEMORY_MAX_KIB: u64 = 16 * 1024;

fn call(position: u64) -> Arc<Fact> {
    let begin = DateTime::from_timestamp(1_759_775_400, 0).unwrap();
    call_at(position, begin + TimeDelta::milliseconds(i64::try_from(position).unwrap()))
}

fn call_at(position: u64, at: DateTime<Utc>) -> Arc<Fact> {
    let status = CallStatus::ALL[usize::try_from(position % 8).unwrap()];
    let told = Told {
        id: Uuid::from_u128(u128::from(position)),
        event_id: None,
        listing: Listing::NoList,
        status,
        before: None,
        after: status,
        talk_secs: Some(45),
        started_at: Some(at),
        ended_at: Some(at),
        at,
        personal: Personal::Clear(Details {
            phone: format!("+99890{position:07}"),
            operator_name: Some("Alisher Valijonov".to_owned()),
            notes: Some("Mijoz mahsulot haqida so'radi; ".repeat(8)),
            ..Details::default()
        }),
    };
    Arc::new(Fact {
        position,
        stream: StreamId::stored(format!("1/s-1/{position:07}")),
        sequence: 1,
        recorded_at: at,
        occurred_at: at,
        circumstances: Arc::new(Circumstances::default()),
        event: Event::Call(call::Event::Reported(told)),
    })
}

/// Kibibytes, as the kernel counts them.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Reads an answer piece by piece and keeps nothing but how long it was, how many lines it had and the largest piece.
async fn drained(floor: &Floor, path: &str) -> (usize, usize, usize) {
    let service = actix_web::test::init_service(karnay::http::app(floor.engine.clone(), None)).await;
    let answer = service.call(near(Method::GET, path).to_request()).await.unwrap();
    assert_eq!(answer.status(), 200);
    let mut body = Box::pin(answer.into_body());
    let (mut length, mut lines, mut largest) = (0, 0, 0);
    while let Some(piece) = poll_fn(|context| body.as_mut().poll_next(context)).await {
        let piece = piece.unwrap_or_else(|_| panic!("the export broke off"));
        length += piece.len();
        lines += String::from_utf8_lossy(&piece).matches('\n').count();
        largest = largest.max(piece.len());
    }
    (length, lines, largest)
}

/// Run by the test below, alone in its process, whose memory is measured.
#[actix_web::test]
#[ignore = "another test runs it in a process of its own"]
async fn alone_an_export_is_small() {
    let floor = Floor::built(options(), false).await;
    let mut follower = Follower::<CallHistory>::open(&floor.screens).await.unwrap();
    while follower.position() < MANY {
        let after = follower.position();
        let facts: Vec<_> = (after + 1..=after + 2_000).map(call).collect();
        let last = facts.last().unwrap().position;
        follower.advance(Page { after, facts: &facts, unreadable: &[], last }).await.unwrap();
    }
    drop(follower);
    // That somebody took calls with him is written down at the first time, which is not the export's to pay for.
    drained(&floor, "/calls/history/export?from=2100-01-01T00:00:00Z").await;
    // The first one warms up what is kept between requests.
    for format in ["csv", "csv", "xlsx"] {
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
        let before = memory("VmRSS");
        let (length, lines, largest) =
            drained(&floor, &format!("/calls/history/export?format={format}")).await;
        let grown = memory("VmHWM").saturating_sub(before);
        assert!(grown < MEMORY_MAX_KIB, "{format}: {length} bytes took {grown} KiB");
        match format {
            "csv" => assert_eq!(
                (lines, length > 40 << 20, largest < 1 << 20),
                (100_001, true, true),
                "{length}, {largest}"
            ),
            _ => assert!(length > 1 << 20 && largest <= 64 << 10, "{length}, {largest}"),
        }
    }
}

#[test]
fn a_hundred_thousand_calls_are_exported_in_little_memory() {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "http_history::alone_an_export_is_small", "--ignored", "--nocapture"]);
    let out = child.stdin(Stdio::null()).output().unwrap();
    let (said, complained) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success() && said.contains("1 passed"), "{said}\n{complained}");
}
