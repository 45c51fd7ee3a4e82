//! However a replay ends, whoever watches it is told why and let go of, and nobody waits for it.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use actix_web::http::Method as Verb;
use futures_util::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};

use super::{REPLAY, SESSION, seated};
use crate::http_world::{Floor, bearer, near, options};
use crate::live::{Desk, Watch, token};
use crate::realtime::raw::Ws;
use crate::world::{World, report};

/// One that takes for ever.
async fn long(world: &World, desk: &Desk<'_>) -> Value {
    world.report(&report(SESSION, 0)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    for number in 1..200 {
        world.report(&report(SESSION, number)).await.unwrap();
    }
    let order = json!({ "speed": 1, "maxPauseSeconds": 600 });
    desk.replay("session", SESSION, &order).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stopped_while_it_plays_tells_nothing_more() {
    let mut world = World::sqlite();
    world.start().await;
    let (desk, token) = (Desk::of(&world, "1", "manager"), token(&world, "1", "manager", &[]));
    let replay = long(&world, &desk).await;
    let mut watch = seated(&world, &token, &replay, 2).await;
    desk.steer(&replay, &json!({ "paused": false })).await;
    watch.until(1, "call-result").await;
    let path = format!("/replays/{}", replay["id"].as_str().unwrap());
    desk.ask(Method::DELETE, &path, &Value::Null).await;
    for socket in 0..2 {
        assert_eq!(watch.over(socket).await, "stopped");
        let told: Vec<&str> =
            watch.heard.iter().filter(|told| told.socket == socket).map(|told| told.event.as_str()).collect();
        assert_eq!(told[told.len() - 2..], ["replay-state", "disconnect"], "{told:?}");
    }
    assert!(watch.of(0, "call-result").len() < 200);
    let gone = world.http.get(world.url(&path)).bearer_auth(&token).send().await.unwrap();
    assert_eq!(gone.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_stops_takes_its_replays_along() {
    let mut world = World::sqlite();
    world.start().await;
    let (desk, token) = (Desk::of(&world, "1", "manager"), token(&world, "1", "manager", &[]));
    let replay = long(&world, &desk).await;
    let mut watch = seated(&world, &token, &replay, 1).await;
    desk.steer(&replay, &json!({ "paused": false })).await;
    watch.until(0, "call-result").await;
    let began = Instant::now();
    assert!(world.stop().success());
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(watch.over(0).await, "closing");
}

/// Kernels take some megabytes before anything waits in the engine.
#[tokio::test(flavor = "multi_thread")]
async fn who_stops_reading_holds_up_nobody_and_is_let_go_of() {
    let mut world = World::sqlite();
    world.start().await;
    let (desk, token) = (Desk::of(&world, "1", "manager"), token(&world, "1", "manager", &[]));
    let reports = (0..2_000).map(async |number| {
        let mut body = report(SESSION, number);
        body["notes"] = json!("x".repeat(4_000));
        assert_eq!(world.report(&body).await.unwrap().status(), 200);
    });
    futures_util::stream::iter(reports).buffer_unordered(32).collect::<Vec<()>>().await;
    let replay = desk.replay("session", SESSION, &json!({})).await;
    let mut stuck = Ws::open(world.port).await;
    let entry = json!({ "token": token, "replay": replay["id"] });
    stuck.send(&format!("40{REPLAY},{entry}")).await;
    assert!(stuck.text().await.starts_with(&format!("40{REPLAY},{{")));
    let mut watch = seated(&world, &token, &replay, 1).await;
    assert_eq!(desk.shown(&replay).await["watchers"], 2);
    let began = Instant::now();
    desk.steer(&replay, &json!({ "paused": false })).await;
    assert_eq!(watch.over(0).await, "through");
    assert!(began.elapsed() < Duration::from_mins(1), "{:?}", began.elapsed());
    assert_eq!(watch.of(0, "call-result").len(), 2_000, "whoever reads is told everything");
    assert!(stuck.is_let_go().await);
}

#[actix_web::test]
async fn what_nobody_watches_ends_by_itself() {
    let mut options = options();
    options.replays.unwatched = Duration::from_millis(300);
    let floor = Floor::with(options).await;
    floor.session("1", "s-1").await;
    let manager = || bearer(&json!({ "organizationId": 1, "role": "manager" }));
    let order = json!({ "kind": "session", "id": "s-1", "paused": true }).to_string();
    let begun = floor.ask(near(Verb::POST, "/replays").set_payload(order).insert_header(manager())).await;
    assert_eq!(begun.status, 202, "{begun:?}");
    let path = format!("/replays/{}", begun.json()["id"].as_str().unwrap());
    let began = Instant::now();
    loop {
        let shown = floor.ask(near(Verb::GET, &path).insert_header(manager())).await.json();
        if shown["state"] == "over" {
            assert_eq!(shown["ended"], "unwatched", "{shown}");
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "{shown}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(began.elapsed() > Duration::from_millis(200), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_has_it_played_and_takes_it_along() {
    let mut world = World::sqlite();
    world.start().await;
    let (desk, token) = (Desk::of(&world, "1", "manager"), token(&world, "1", "manager", &[]));
    for number in 0..5 {
        world.report(&report(SESSION, number)).await.unwrap();
    }
    let url = world.url("");
    // Nobody watches: it waits, and whoever leaves takes it along.
    let begin = |more: &[&str]| {
        let args = [&["replay", SESSION, "--into", &url, "--speed", "0"], more].concat();
        let mut command = world.karnay(&args);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let first = lines.next().unwrap();
        let id = first.split_whitespace().nth(1).unwrap().to_owned();
        (child, lines, id)
    };
    let (mut child, mut lines, id) = begin(&[]);
    let how = lines.next().unwrap();
    assert!(how.contains(&format!("io('{url}{REPLAY}'")) && how.contains(&id), "{how}");
    let waits = lines.next().unwrap();
    assert!(waits.ends_with("waiting for somebody to watch"), "{waits}");
    assert_eq!(desk.shown(&json!({ "id": id })).await["watchers"], 0);
    let interrupt = ["-INT", &child.id().to_string()];
    assert!(std::process::Command::new("/bin/kill").args(interrupt).status().unwrap().success());
    assert_eq!(lines.last().unwrap(), "stopped");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(desk.ask(Method::GET, "/replays", &Value::Null).await, json!([]));

    // Somebody watches: it is played to its end.
    let (mut child, lines, id) = begin(&["--token", &token]);
    let mut watch: Watch = seated(&world, &token, &json!({ "id": id }), 1).await;
    assert_eq!(watch.over(0).await, "through");
    assert_eq!(watch.of(0, "call-result").len(), 5);
    let last = lines.last().unwrap();
    assert!(last.ends_with("over: through"), "{last}");
    assert_eq!(child.wait().unwrap().code(), Some(0));

    let operator = crate::live::token(&world, "1", "operator", &[]);
    for (more, code, told) in [
        (&["--token", operator.as_str()][..], 1, "auditor, manager or admin"),
        (&["--token", token.as_str(), "--kind", "call"], 2, "knows no call called"),
        (&["--step"], 2, "cannot be used with"),
    ] {
        let said = world.run(&[&["replay", SESSION, "--into", url.as_str()], more].concat());
        let err = String::from_utf8_lossy(&said.stderr).into_owned();
        assert_eq!((said.status.code(), err.contains(told)), (Some(code), true), "{more:?}: {err}");
    }
}
