//! Ninety days in a minute: the whole engine on a clock that runs faster, with people in zones whose clocks are changed on the way.
//! Whether the rules were kept is counted from the events alone, with arithmetic of its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Datelike as _, TimeDelta, Timelike as _, Utc};
use chrono_tz::Tz;
use domain::conversation::answer::Answer;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use karnay::actors::dialler::Limits;
use karnay::app::{App, Ports};
use karnay::config::{Config, Sources};
use karnay::ports::{AgentCall, AgentKind, Clock, Spoken, Trouble, VoiceAgent};
use serde_json::{Value, json};

use super::phone;
use crate::crash::seeded;
use crate::world::World;

const DAYS: i64 = 90;
/// How long they take.
const REAL_SECS: i64 = 50;
/// Before Europe's clocks are put forward and Australia's back.
const BEGIN: &str = "2026-03-16T00:00:00Z";
const ZONES: [&str; 4] = ["Europe/Berlin", "America/New_York", "Asia/Tashkent", "Australia/Sydney"];
const PEOPLE: u32 = 60;

#[derive(Debug)]
struct Fast(Instant);

impl Clock for Fast {
    fn now(&self) -> DateTime<Utc> {
        let (begin, times) = (BEGIN.parse::<DateTime<Utc>>().unwrap(), DAYS * 86_400 / REAL_SECS);
        begin + TimeDelta::from_std(self.0.elapsed()).unwrap() * i32::try_from(times).unwrap()
    }
}

/// Nobody is rung: what comes of a call is drawn.
#[derive(Debug)]
struct Drawn(Arc<Fast>);

impl VoiceAgent for Drawn {
    fn kind(&self) -> AgentKind {
        AgentKind::Simulated
    }

    fn call<'a>(&'a self, effect: &'a str, _: AgentCall) -> BoxFuture<'a, Result<Spoken, Trouble>> {
        let draw = seeded(effect.bytes().fold(7, |sum, byte| sum * 31 % 1_000_003 + u64::from(byte)), 100);
        let said =
            |success: bool, outcome: &str| json!({ "success": success, "outcome": outcome, "duration": 30 });
        let mut told = match draw {
            0..25 => said(false, "NO_ANSWER"),
            25..45 => said(false, "BUSY"),
            45..60 => said(true, "CALLBACK_REQUESTED"),
            60..70 => said(true, "PROMISE_TO_PAY"),
            70..80 => json!({ "success": false, "cause": "switched_off", "duration": 0 }),
            80..85 => said(true, "REFUSED"),
            85..88 => json!({ "success": false, "optOut": true, "duration": 20 }),
            _ => said(true, "SUCCESS"),
        };
        let now = self.0.now();
        told["callbackAt"] = json!(now + TimeDelta::hours(30));
        told["promise"] = json!({ "amount": 100, "dueDate": (now + TimeDelta::days(4)).date_naive() });
        let answer: Answer = serde_json::from_value(told).unwrap();
        async move { Ok(Spoken::Answered(answer)) }.boxed()
    }

    fn ask<'a>(&'a self, _: &'a str, _: Option<&'a str>) -> BoxFuture<'a, Result<Option<Answer>, Trouble>> {
        async { Ok(None) }.boxed()
    }
}

/// One call, as the events tell it.
#[derive(Debug)]
struct Call {
    at: DateTime<Utc>,
    contact: String,
    spoke: bool,
    counts: bool,
}

#[actix_web::test]
async fn ninety_days_break_no_rule() {
    let world = World::sqlite();
    let settings = [
        ("PORT", world.port.to_string()),
        ("DATA_DIR", world.data().to_str().unwrap().to_owned()),
        ("RULES_PACK", "us_reg_f".to_owned()),
    ];
    let config =
        Config::read(&Sources::only(settings.iter().map(|(name, value)| (*name, value.as_str())))).unwrap();
    let clock = Arc::new(Fast(Instant::now()));
    let dialling =
        Limits { pause: Duration::from_millis(5), idle: Duration::from_millis(5), ..Limits::default() };
    let agent: Arc<dyn VoiceAgent> = Arc::new(Drawn(Arc::clone(&clock)));
    let ports = Ports { clock: clock.clone(), agent: Some(agent), dialling, ..Ports::real() };
    let app = App::build(config, ports).await.unwrap();
    let running = actix_web::rt::spawn(app.run_until_stopped());
    let zones = plan(&world).await;
    tokio::time::sleep(Duration::from_secs(REAL_SECS.unsigned_abs())).await;
    // What is stored is all that is looked at.
    running.abort();
    let _ = running.await;
    let mut calls = vec![];
    for _ in 0..50 {
        let out = world.run(&["events"]);
        if out.status.success() {
            calls = told(&String::from_utf8(out.stdout).unwrap());
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(calls.len() > 2 * usize::try_from(PEOPLE).unwrap(), "only {} calls", calls.len());
    every_call_is_within_its_hours(&calls, &zones);
    no_cap_is_broken(&calls);
}

/// Contacts, and three campaigns one after another that all of them are in. Gives the zone of each contact.
async fn plan(world: &World) -> BTreeMap<String, Tz> {
    let token = world.token();
    let post = |path: String, body: Value| {
        let request = world.http.post(world.url(&path)).bearer_auth(&token).json(&body);
        async move {
            let answer = request.send().await.unwrap();
            let status = answer.status();
            let said: Value = answer.json().await.unwrap();
            assert!(status.is_success(), "{path}: {status} {said}");
            said
        }
    };
    let mut zones = BTreeMap::new();
    for number in 0..PEOPLE {
        let zone = ZONES[usize::try_from(number).unwrap() % ZONES.len()];
        let body = json!({ "firstName": "A", "lastName": "B", "phone": phone(number), "timezone": zone });
        let said = post("/auto-calling/contacts".to_owned(), body).await;
        zones.insert(said["id"].as_str().unwrap().to_owned(), zone.parse().unwrap());
    }
    for name in ["one", "two", "three"] {
        let ids: Vec<_> = zones.keys().collect();
        let body = json!({ "name": name, "campaignType": "GENERAL", "contactIds": ids });
        let said = post("/auto-calling/campaigns".to_owned(), body).await;
        post(format!("/auto-calling/campaigns/{}/start", said["id"].as_str().unwrap()), json!({})).await;
    }
    zones
}

/// Calls in the order in which they began. Two calls to a person never overlap.
fn told(events: &str) -> Vec<Call> {
    let (mut calls, mut live): (Vec<Call>, BTreeMap<String, usize>) = (vec![], BTreeMap::new());
    for line in events.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let (kind, name) = (event["kind"].as_str().unwrap(), event["type"].as_str().unwrap());
        let stream = event["stream"].as_str().unwrap().to_owned();
        let contact = stream.rsplit('/').next().unwrap().to_owned();
        match (kind, name) {
            ("target", "dialled") => {
                let at = event["payload"]["dialled"]["at"].as_str().unwrap().parse().unwrap();
                let known = live.insert(contact.clone(), calls.len());
                assert_eq!(known, None, "{contact} was rung while a call went on");
                calls.push(Call { at, contact, spoke: false, counts: false });
            }
            ("target", "withdrawn") => {
                live.remove(&contact);
            }
            ("target", "ended") => {
                let reach = &event["payload"]["ended"]["outcome"]["reach"];
                let call = &mut calls[live.remove(&contact).unwrap()];
                (call.spoke, call.counts) = (reach.get("reached").is_some(), true);
            }
            _ => {}
        }
    }
    calls
}

/// Eight to twenty-one where the person is, whatever their clocks do.
fn every_call_is_within_its_hours(calls: &[Call], zones: &BTreeMap<String, Tz>) {
    let mut met = BTreeMap::new();
    for call in calls {
        let wall = call.at.with_timezone(&zones[&call.contact]);
        assert!((8..21).contains(&wall.hour()), "{call:?} at {wall}");
        *met.entry(wall.weekday().num_days_from_monday()).or_insert(0) += 1;
    }
    assert_eq!(met.len(), 7, "{met:?}");
}

/// Seven attempts in seven days over all campaigns, and seven days of silence after a conversation, save for who asked to be called.
fn no_cap_is_broken(calls: &[Call]) {
    let mut by_person: BTreeMap<&str, Vec<&Call>> = BTreeMap::new();
    for call in calls {
        by_person.entry(&call.contact).or_default().push(call);
    }
    for (person, calls) in by_person {
        for (place, call) in calls.iter().enumerate() {
            let before = &calls[..place];
            let within = |one: &&&Call| one.counts && call.at - one.at < TimeDelta::days(7);
            let tried = before.iter().filter(within).count();
            assert!(tried < 7, "{person} was tried {tried} times in seven days before {call:?}");
        }
    }
}
