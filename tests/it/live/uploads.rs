//! What moves without being recorded: uploads under way, and screens that are being built anew.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::stream;
use reqwest::Method;
use serde_json::{Value, json};

use super::{CALLS, CAMPAIGNS, Desk, Told, Watch, socket, token};
use crate::world::{World, report};

/// A form whose file comes in pieces, with a pause in between.
async fn slowly(world: &World, token: &str, path: &str, (name, rows): (&str, Vec<String>)) -> Value {
    let head =
        format!("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    let pieces: Vec<String> =
        std::iter::once(head).chain(rows).chain(["\r\n--edge--\r\n".to_owned()]).collect();
    let body = reqwest::Body::wrap_stream(stream::unfold(pieces.into_iter(), async |mut pieces| {
        let piece = pieces.next()?;
        tokio::time::sleep(Duration::from_millis(400)).await;
        Some((Ok::<_, std::io::Error>(piece), pieces))
    }));
    let request = world.http.post(world.url(path)).bearer_auth(token).body(body);
    let answer = request.header("content-type", "multipart/form-data; boundary=edge").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

fn of_kind<'a>(watch: &'a Watch, client: usize, kind: &str) -> Vec<&'a Told> {
    let all = watch.of(client, "upload-progress").into_iter();
    all.filter(|told| told.data["kind"] == kind).collect()
}

/// Under way it is told of again and again, and then that it is over; nothing else after that.
fn assert_ran(told: &[&Told], id: &str, over: &str) {
    let statuses: Vec<&str> = told.iter().map(|told| told.data["status"].as_str().unwrap()).collect();
    assert!(
        told.iter().all(|told| told.data["uploadId"] == id && told.data["position"].is_u64()),
        "{told:?}"
    );
    assert!(statuses.len() > 3 && statuses[0] == "receiving", "{statuses:?}");
    let rest: Vec<&&str> = statuses.iter().skip_while(|status| **status != over).collect();
    assert!(!rest.is_empty() && rest.iter().all(|status| **status == over), "{statuses:?}");
    let done = told.iter().filter_map(|told| told.data["bytes"]["done"].as_u64());
    let done: Vec<u64> = done.collect();
    assert!(done.is_sorted() && done.iter().collect::<BTreeSet<_>>().len() > 1, "{done:?}");
    let moving: Vec<&&Told> = told.iter().filter(|told| told.data["bytes"].is_object()).collect();
    // At most four times a second, whatever else happens; arrivals vary a little.
    let span = moving[moving.len() - 1].at - moving[0].at;
    let most = 2 + usize::try_from(span.as_millis() / 250).unwrap();
    assert!(moving.len() <= most, "{} in {span:?}", moving.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_are_told_while_they_come_and_when_they_are_there() {
    let mut world = World::sqlite();
    world.set("REMOTE_HOST", "simulated");
    world.start().await;
    let (token, foreign) = (token(&world, "1", "manager", &[]), token(&world, "2", "manager", &[]));
    let sockets = json!([
        socket(CALLS, &token),
        socket(CAMPAIGNS, &token),
        socket(CALLS, &foreign),
        socket(CAMPAIGNS, &foreign),
    ]);
    let mut watch = Watch::entered(&world, &sockets).await;
    let rows = |head: &str| {
        let rows = (0..6)
            .map(|part| (0..300).map(|n| format!("Ali,+99890{part}{n:06}\n")).collect::<Vec<_>>().concat());
        std::iter::once(head.to_owned()).chain(rows).collect::<Vec<_>>()
    };
    let numbers = rows("").into_iter().map(|rows| rows.replace("Ali,", "")).collect();
    let numbers = slowly(&world, &token, "/calls/upload", ("numbers.txt", numbers));
    let contacts = rows("firstName,phone\n");
    let contacts = slowly(&world, &token, "/auto-calling/contacts/upload-excel", ("contacts.csv", contacts));
    let (numbers, contacts) = tokio::join!(numbers, contacts);
    let over = |watch: &Watch, client, kind, status: &str| {
        of_kind(watch, client, kind).iter().any(|told| told.data["status"] == status)
    };
    while !over(&watch, 0, "numbers", "stored") || !over(&watch, 1, "contacts", "FINISHED") {
        watch.next().await;
    }
    assert_ran(&of_kind(&watch, 0, "numbers"), numbers["uploadId"].as_str().unwrap(), "stored");
    let stored = of_kind(&watch, 0, "numbers").pop().unwrap();
    assert_eq!(stored.data["totalNumbers"], numbers["totalNumbers"]);
    assert_ran(&of_kind(&watch, 1, "contacts"), contacts["importId"].as_str().unwrap(), "FINISHED");
    let finished = of_kind(&watch, 1, "contacts").pop().unwrap();
    assert_eq!((&finished.data["created"], &finished.data["id"]), (&json!(1_800), &contacts["importId"]));
    assert!(of_kind(&watch, 0, "contacts").is_empty() && of_kind(&watch, 1, "numbers").is_empty());
    assert!(watch.of(2, "upload-progress").is_empty() && watch.of(3, "upload-progress").is_empty());
    assert!(watch.of(1, "contact-update").is_empty(), "an import is one piece of news");
}

/// The connection is gone in the middle of a form, and a form's file is none that can be read.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_comes_to_nothing_is_told_so() {
    let mut world = World::sqlite();
    world.start().await;
    let token = token(&world, "1", "manager", &[]);
    let mut watch = Watch::entered(&world, &json!([socket(CALLS, &token), socket(CAMPAIGNS, &token)])).await;
    let ways =
        [(0, "/calls/upload", "numbers.txt"), (1, "/auto-calling/contacts/upload-excel", "contacts.csv")];
    for (client, path, file) in ways {
        let rows = vec!["+998901234567\n".to_owned(); 60];
        let upload = slowly(&world, &token, path, (file, rows));
        assert!(tokio::time::timeout(Duration::from_secs(2), upload).await.is_err(), "it goes on");
        watch.until_such(client, "upload-progress", |data| data["status"] == "receiving").await;
        watch.until_such(client, "upload-progress", |data| data["status"] == "failed").await;
        let quiet = std::time::Instant::now() + Duration::from_secs(1);
        let after = tokio::time::timeout_at(quiet.into(), watch.until(client, "upload-progress")).await;
        assert!(after.is_err(), "{after:?}");
    }
}

/// Keeps what is built anew from taking its place until the transaction is dropped.
async fn hold_up(admin: &Desk<'_>, pool: &sqlx::PgPool) -> sqlx::Transaction<'static, sqlx::Postgres> {
    let mut held = pool.begin().await.unwrap();
    let live = "select 1 from screens.projections where name = 'call_history' and state = 'live' for update";
    sqlx::query(live).execute(&mut *held).await.unwrap();
    admin.post("/projections/call_history/rebuild", &Value::Null).await;
    held
}

/// Sees a rebuild of PostgreSQL's screens that somebody's lock holds up, as admins do and nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_is_told_to_admins_for_as_long_as_they_are_admins() {
    let mut world = World::postgres().await;
    world.start().await;
    let admin = Desk::of(&world, "1", "admin");
    let user = json!({ "name": "aziz", "role": "admin", "password": "correct horse" });
    admin.post("/users", &user).await;
    let body = json!({ "username": "aziz", "password": "correct horse" });
    let aziz = admin.post("/auth/login", &body).await["token"].as_str().unwrap().to_owned();
    for number in 0..50 {
        world.report(&report("session-1738862891234-abc123", number)).await.unwrap();
    }
    let manager = token(&world, "1", "manager", &[]);
    let sockets = json!([
        socket(CALLS, &admin.token),
        socket(CALLS, &aziz),
        socket(CALLS, &manager),
        socket(CAMPAIGNS, &admin.token),
    ]);
    let mut watch = Watch::entered(&world, &sockets).await;
    let pool = sqlx::PgPool::connect(world.database_url()).await.unwrap();
    let held = hold_up(&admin, &pool).await;
    let told = watch.until(0, "projection-progress").await;
    let mut names: Vec<&str> = told.data.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["eventsPerSecond", "fraction", "generation", "name", "position", "remainingSeconds"]);
    assert_eq!((&told.data["name"], &told.data["generation"]), (&json!("call_history"), &json!(2)));
    assert!((0.0..=1.0).contains(&told.data["fraction"].as_f64().unwrap()));
    if watch.of(1, "projection-progress").is_empty() {
        watch.until(1, "projection-progress").await;
    }
    admin.ask(Method::PATCH, "/users/aziz", &json!({ "role": "operator" })).await;
    let patched = std::time::Instant::now();
    while watch.heard[watch.heard.len() - 1].at < patched + Duration::from_secs(2) {
        watch.next().await;
    }
    let late = |told: &&&Told| told.at > patched + Duration::from_secs(1);
    assert!(watch.of(0, "projection-progress").iter().filter(late).count() >= 3);
    assert_eq!(watch.of(1, "projection-progress").iter().filter(late).count(), 0);
    assert!(watch.of(1, "disconnect").is_empty(), "an operator may go on watching");
    assert!(watch.of(2, "projection-progress").is_empty() && watch.of(3, "projection-progress").is_empty());
    held.rollback().await.unwrap();
    watch.until_such(0, "projection-progress", |data| data["fraction"] == 1.0).await;
    world.report(&report("session-1738862891234-abc123", 99)).await.unwrap();
    watch.until(1, "call-result").await;
}

/// However fast a screen is built, that it was is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_that_takes_no_time_is_told_too() {
    let mut world = World::sqlite();
    world.start().await;
    let admin = Desk::of(&world, "1", "admin");
    let mut watch = Watch::entered(&world, &json!([socket(CALLS, &admin.token)])).await;
    admin.post("/projections/do_not_call/rebuild", &Value::Null).await;
    let built = |data: &Value| data["name"] == "do_not_call" && data["fraction"] == 1.0;
    let told = watch.until_such(0, "projection-progress", built).await;
    assert_eq!((&told.data["generation"], &told.data["remainingSeconds"]), (&json!(2), &json!(0)));
}
