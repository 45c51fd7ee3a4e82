//! What is not taken: tried again by a clock of the test's own, given up, sent again by hand, and receivers that are left alone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use karnay::app::{App, Ports};
use karnay::config::{Config, Sources};
use reqwest::Method;
use serde_json::{Value, json};

use super::receiver::{Got, Receiver};
use super::{Manager, allow, report, until};
use crate::http_world::StillClock;
use crate::world::World;

const SESSION: &str = "session-1738862891234-abc123";
const OTHER: &str = "session-1738862891234-abc124";

/// An engine inside the test, on a clock that stands still until it is moved.
struct Yard {
    world: World,
    clock: Arc<StillClock>,
    running: actix_web::rt::task::JoinHandle<()>,
}

impl Yard {
    async fn begin(mut world: World) -> Self {
        allow(&mut world);
        let mut settings = vec![
            ("PORT", world.port.to_string()),
            ("DATA_DIR", world.data().to_str().unwrap().to_owned()),
            ("WEBHOOK_PRIVATE_HOSTS", "127.0.0.0/8".to_owned()),
            ("UNKNOWN_SESSION", "create".to_owned()),
        ];
        if world.postgres.is_some() {
            settings.push(("DATABASE_URL", world.database_url().to_owned()));
        }
        let settings = settings.iter().map(|(name, value)| (*name, value.as_str()));
        let config = Config::read(&Sources::only(settings)).unwrap();
        let clock = StillClock::new();
        let app = App::build(config, Ports { clock: clock.clone(), ..Ports::real() }).await.unwrap();
        let running = actix_web::rt::spawn(async { drop(app.run_until_stopped().await) });
        until("the engine", async || world.ready().await).await;
        Self { world, clock, running }
    }

    async fn end(self) {
        self.running.abort();
        let _ = self.running.await;
    }
}

async fn state(manager: &Manager<'_>, path: &str) -> Vec<(String, u64)> {
    let log = manager.get(&format!("{path}/deliveries")).await;
    let told = |one: &Value| (one["state"].as_str().unwrap().to_owned(), one["tries"].as_u64().unwrap());
    log.as_array().unwrap().iter().rev().map(told).collect()
}

/// How often each event came.
fn times(receiver: &Receiver) -> BTreeMap<u64, usize> {
    receiver.got().iter().map(Got::position).fold(BTreeMap::new(), |mut times, at| {
        *times.entry(at).or_default() += 1;
        times
    })
}

/// The first call is never taken, the others are: they do not wait for it, and it is tried for more than a day under one id.
async fn one_that_fails_holds_up_no_other(world: World) {
    let yard = Yard::begin(world).await;
    let manager = Manager::of(&yard.world);
    let receiver = Receiver::willing();
    let (path, _) = manager.register(&receiver.url(), &["call.reported"]).await;
    report(&yard.world, SESSION, 0..1).await;
    until("one call", async || receiver.got().len() == 1).await;
    let bad = receiver.got()[0].json()["data"]["stream"].clone();
    receiver.behave(move |told| (if told["data"]["stream"] == bad { 500 } else { 204 }, Duration::ZERO));
    assert_eq!(manager.post(&format!("{path}/replay"), Some(json!({ "from": 1 }))).await, 202);
    report(&yard.world, SESSION, 1..4).await;
    until("the others", async || receiver.taken().len() == 4).await;
    until("what is written down", async || state(&manager, &path).await.len() == 4).await;
    assert_eq!(manager.get(&path).await["waiting"], 1);

    let bad = receiver.got()[0].position();
    for (tries, pause) in [(2, 5), (3, 5 * 60), (4, 30 * 60), (5, 2 * 3_600), (6, 5 * 3_600), (7, 10 * 3_600)]
    {
        yard.clock.pass(TimeDelta::seconds(pause + pause / 10 + 1));
        // Once it was taken, when nobody minded.
        until("another try", async || times(&receiver)[&bad] == tries + 1).await;
        until("what came of it", async || {
            state(&manager, &path).await[0] == ("waiting".to_owned(), u64::try_from(tries).unwrap())
        })
        .await;
    }
    yard.clock.pass(TimeDelta::hours(11));
    until("the end", async || state(&manager, &path).await[0] == ("dead".to_owned(), 8)).await;
    let ids: std::collections::BTreeSet<String> =
        receiver.got().iter().filter(|got| got.position() == bad).map(|got| got.id().to_owned()).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");

    let dead = manager.get(&format!("{path}/deliveries?state=dead")).await;
    assert_eq!((dead[0]["status"].as_u64(), dead.as_array().unwrap().len()), (Some(500), 1), "{dead}");
    assert!(dead[0]["answer"].as_str().unwrap().starts_with("noted: +99890"), "{dead}");
    assert!(!dead.to_string().contains("901234567"), "{dead}");
    receiver.behave(|_| (200, Duration::ZERO));
    assert_eq!(manager.post(&format!("{path}/deliveries/{bad}/retry"), None).await, 202);
    until("it was taken", async || state(&manager, &path).await[0] == ("delivered".to_owned(), 1)).await;
    assert_eq!(manager.get(&path).await["status"], "active");
    receiver.stop().await;
    yard.end().await;
}

#[actix_web::test]
async fn one_that_fails_holds_up_no_other_on_sqlite() {
    one_that_fails_holds_up_no_other(World::sqlite()).await;
}

#[actix_web::test]
async fn one_that_fails_holds_up_no_other_on_postgres() {
    one_that_fails_holds_up_no_other(World::postgres().await).await;
}

/// Nothing is taken: a bounded number of events waits, the others stay in the journal; when the receiver is back all of it arrives, each
/// stream's in its order. When it is never back it is left alone.
#[actix_web::test]
async fn a_receiver_that_is_away_is_told_everything_when_it_is_back() {
    const CALLS: u32 = 130;
    let yard = Yard::begin(World::sqlite()).await;
    let manager = Manager::of(&yard.world);
    let receiver = Receiver::start(|_| (302, Duration::ZERO));
    let (path, _) = manager.register(&receiver.url(), &["call"]).await;
    report(&yard.world, SESSION, 0..CALLS).await;
    // The same numbers again, otherwise: each stream has two events.
    for number in 0..5 {
        let mut stronger = crate::world::report(SESSION, number);
        stronger["callStatus"] = json!("CONNECTED_TO_OPERATOR");
        yard.world.report(&stronger).await.unwrap();
    }
    until("as many as may wait", async || manager.get(&path).await["waiting"] == 100).await;
    assert!(receiver.got().iter().all(|got| got.path == "/hook"), "nobody is led elsewhere");
    assert!(manager.get(&path).await["failingSince"].is_string());
    yard.clock.pass(TimeDelta::minutes(6));
    receiver.behave(|_| (204, Duration::ZERO));
    let wanted = usize::try_from(CALLS).unwrap() + 5;
    until("all of it", async || receiver.taken().len() == wanted).await;
    let mut streams: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for got in receiver.taken() {
        streams
            .entry(got.json()["data"]["stream"].as_str().unwrap().to_owned())
            .or_default()
            .push(got.position());
    }
    assert!(streams.values().all(|at| at.is_sorted()), "{streams:?}");
    until("nothing waits", async || manager.get(&path).await["waiting"] == 0).await;
    assert!(manager.get(&path).await["failingSince"].is_null());

    receiver.behave(|_| (500, Duration::ZERO));
    report(&yard.world, SESSION, CALLS..CALLS + 1).await;
    until("it fails", async || manager.get(&path).await["failingSince"].is_string()).await;
    yard.clock.pass(TimeDelta::days(6));
    until("it is left alone", async || manager.get(&path).await["status"] == "disabled").await;
    assert_eq!(manager.get(&path).await["why"], "failing");
    receiver.behave(|_| (204, Duration::ZERO));
    let (status, told) = manager.ask(Method::PATCH, &path, Some(json!({ "status": "active" }))).await;
    assert_eq!((status, &told["status"]), (200, &json!("active")));
    receiver.stop().await;
    yard.end().await;
}

/// One type is refused for what it is, more of it than may wait: the others arrive all the same.
#[actix_web::test]
async fn what_is_refused_for_what_it_is_holds_up_no_other() {
    const CALLS: u32 = 130;
    let yard = Yard::begin(World::sqlite()).await;
    let manager = Manager::of(&yard.world);
    let receiver =
        Receiver::start(|told| (if told["type"] == "call.reported" { 422 } else { 204 }, Duration::ZERO));
    let (path, _) = manager.register(&receiver.url(), &["call.reported", "session"]).await;
    report(&yard.world, SESSION, 0..CALLS).await;
    report(&yard.world, OTHER, 0..1).await;
    let refused = || receiver.got().iter().filter(|got| got.status == 422).count();
    until("as many as may wait", async || refused() == 100).await;
    let waiting = async || manager.get(&path).await["waiting"].as_u64().unwrap();
    for (tries, pause) in [(2, 6), (3, 6 * 60), (4, 34 * 60)] {
        until("that it is written down", async || waiting().await == 100).await;
        yard.clock.pass(TimeDelta::seconds(pause));
        until("another try", async || refused() >= tries * 100).await;
    }
    let is_of_other = |got: &Got| got.json()["data"]["stream"].as_str().unwrap().ends_with(OTHER);
    until("the other session", async || receiver.taken().iter().any(is_of_other)).await;
    let dead = manager.get(&format!("{path}/deliveries?state=dead&limit=100")).await;
    let dead = dead.as_array().unwrap();
    assert!(!dead.is_empty() && dead.iter().all(|one| one["status"] == 422 && one["tries"] == 4), "{dead:?}");
    assert_eq!(manager.get(&path).await["status"], "active");
    receiver.stop().await;
    yard.end().await;
}

#[actix_web::test]
async fn whoever_asks_for_time_is_given_it() {
    let yard = Yard::begin(World::sqlite()).await;
    let manager = Manager::of(&yard.world);
    let receiver = Receiver::start(|_| (503, Duration::ZERO));
    let (path, _) = manager.register(&receiver.url(), &["call.reported"]).await;
    report(&yard.world, SESSION, 0..1).await;
    until("a try", async || state(&manager, &path).await == [("waiting".to_owned(), 1)]).await;
    let log = manager.get(&format!("{path}/deliveries")).await;
    let time = |name: &str| log[0][name].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    let pause = (time("dueAt") - time("triedAt")).num_minutes();
    assert!((60..=66).contains(&pause), "{log}");
    receiver.stop().await;
    yard.end().await;
}

/// Disabled for days of failures, and resumed or moved while it fails still: its first failure then is no reason to disable it again.
async fn whoever_begins_anew_is_given_time(world: World) {
    let yard = Yard::begin(world).await;
    let manager = Manager::of(&yard.world);
    let receiver = Receiver::start(|_| (500, Duration::ZERO));
    let (path, _) = manager.register(&receiver.url(), &["call.reported"]).await;
    report(&yard.world, SESSION, 0..1).await;
    for change in
        [json!({ "status": "active" }), json!({ "status": "active", "url": receiver.url() + "/new" })]
    {
        until("it fails", async || manager.get(&path).await["failingSince"].is_string()).await;
        yard.clock.pass(TimeDelta::days(6));
        until("it is left alone", async || manager.get(&path).await["status"] == "disabled").await;
        yard.clock.pass(TimeDelta::seconds(1));
        let tried = receiver.got().len();
        let (status, told) = manager.ask(Method::PATCH, &path, Some(change)).await;
        assert_eq!((status, &told["status"]), (200, &json!("active")), "{told}");
        report(&yard.world, SESSION, 1..2).await;
        until("another try", async || receiver.got().len() > tried).await;
        until("it fails anew", async || manager.get(&path).await["failingSince"].is_string()).await;
        assert_eq!(manager.get(&path).await["status"], "active");
    }
    receiver.stop().await;
    yard.end().await;
}

#[actix_web::test]
async fn whoever_begins_anew_is_given_time_on_sqlite() {
    whoever_begins_anew_is_given_time(World::sqlite()).await;
}

#[actix_web::test]
async fn whoever_begins_anew_is_given_time_on_postgres() {
    whoever_begins_anew_is_given_time(World::postgres().await).await;
}

#[actix_web::test]
async fn whoever_says_that_it_is_gone_is_sent_nothing_more() {
    let yard = Yard::begin(World::sqlite()).await;
    let manager = Manager::of(&yard.world);
    let receiver = Receiver::start(|_| (410, Duration::ZERO));
    let (path, _) = manager.register(&receiver.url(), &["call.reported"]).await;
    report(&yard.world, SESSION, 0..1).await;
    let (status, tried) = manager.ask(Method::POST, &format!("{path}/test"), None).await;
    assert_eq!((status, &tried["delivered"], &tried["status"]), (200, &json!(false), &json!(410)), "{tried}");
    until("it is disabled", async || manager.get(&path).await["status"] == "disabled").await;
    assert_eq!(manager.get(&path).await["why"], "gone");
    report(&yard.world, SESSION, 1..2).await;
    receiver.behave(|_| (204, Duration::ZERO));
    let (_, told) = manager.ask(Method::PATCH, &path, Some(json!({ "status": "active" }))).await;
    assert_eq!(told["status"], "active");
    yard.clock.pass(TimeDelta::minutes(1));
    until("what it missed", async || receiver.taken().len() == 2).await;
    assert_eq!(manager.ask(Method::POST, &format!("{path}/test"), None).await.1["delivered"], true);
    assert_eq!(receiver.taken()[2].json()["type"], "webhook.test");
    receiver.stop().await;
    yard.end().await;
}
