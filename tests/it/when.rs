//! A place in the journal is said in one way wherever one can be said: as a position, as a time in any of its spellings, or as a day.
//! Every place is told the same one in all of them, and shows the same.

use std::process::Output;

use chrono::{DateTime, FixedOffset, SecondsFormat, TimeDelta, Utc};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::dialling::agent::Agent;
use crate::dialling::{Desk, well};
use crate::http_world::now;
use crate::world::World;

const WORDS: &str = "a position of the journal, a time (2025-10-06T18:30:00Z; in the engine's zone where it names none) or a day there (2025-10-06)";

/// Where people are, whose clocks never change.
fn zone() -> FixedOffset {
    FixedOffset::east_opt(5 * 3_600).unwrap()
}

fn position(event: &Value) -> u64 {
    event["position"].as_u64().unwrap()
}

fn at(event: &Value) -> DateTime<Utc> {
    event["recordedAt"].as_str().unwrap().parse().unwrap()
}

/// A campaign whose story has a middle.
struct Story {
    desk: Desk,
    campaign: String,
    all: Vec<Value>,
    /// Positions of what is told of the campaign itself.
    own: Vec<u64>,
}

/// What was recorded at once: from where to where, and in all the ways to say so.
struct Middle {
    first: u64,
    last: u64,
    ways: Vec<String>,
}

impl Story {
    async fn new() -> Self {
        let mut world = World::sqlite();
        world.set("TZ", "Asia/Tashkent");
        let desk = Desk::start(world, Agent::start(well(5))).await;
        let campaign = desk.campaign(0..4, &json!({ "concurrency": 1 })).await;
        desk.begin(&campaign).await;
        desk.until_status(&campaign, "COMPLETED").await;
        let all = desk.world.events();
        let theirs = |event: &&Value| {
            ["campaign", "target"].contains(&event["kind"].as_str().unwrap())
                && event["stream"].as_str().unwrap().contains(&campaign)
        };
        let own = all.iter().filter(theirs).map(position).collect();
        Self { desk, campaign, all, own }
    }

    fn middle(&self) -> Middle {
        let dialled: Vec<&Value> = self.all.iter().filter(|event| event["type"] == "dialled").collect();
        let time = at(dialled[1]);
        let at_once: Vec<u64> = self.all.iter().filter(|event| at(event) == time).map(position).collect();
        let local = time.with_timezone(&zone());
        let ways = vec![
            time.to_rfc3339_opts(SecondsFormat::Micros, true),
            local.to_rfc3339_opts(SecondsFormat::Micros, false),
            local.format("%Y-%m-%dT%H:%M:%S%.6f").to_string(),
            local.format("%Y-%m-%d %H:%M:%S%.6f").to_string(),
        ];
        Middle { first: at_once[0], last: at_once[at_once.len() - 1], ways }
    }

    /// The days on which the journal begins and ends.
    fn days(&self) -> [String; 2] {
        let day = |event: &Value| at(event).with_timezone(&zone()).format("%F").to_string();
        [day(&self.all[0]), day(self.all.last().unwrap())]
    }

    fn head(&self) -> u64 {
        position(self.all.last().unwrap())
    }

    fn lines(&self, args: &[&str]) -> Vec<u64> {
        let output = out(self.desk.world.run(args));
        output.lines().map(|line| position(&serde_json::from_str(line).unwrap())).collect()
    }

    fn exported(&self, more: &[&str]) -> Vec<u64> {
        let folder = tempfile::tempdir_in(self.desk.world.folder.path()).unwrap();
        let path = folder.path().to_str().unwrap();
        let words = ["events", "export", "--format", "ndjson", "--out", path];
        out(self.desk.world.run(&[&words[..], more].concat()));
        let part = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        let part = part.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "ndjson"));
        let text = std::fs::read_to_string(part.unwrap()).unwrap();
        text.lines().map(|line| position(&serde_json::from_str(line).unwrap())).collect()
    }

    async fn replayed(&self, span: &Value) -> Value {
        let mut order = json!({ "kind": "campaign", "id": self.campaign, "paused": true });
        order.as_object_mut().unwrap().extend(span.as_object().unwrap().clone());
        let replay = self.desk.post("/replays", &order).await;
        self.gone(&replay).await;
        json!([replay["firstPosition"], replay["lastPosition"], replay["events"]])
    }

    async fn steered(&self, from: &Value) -> Value {
        let order = json!({ "kind": "campaign", "id": self.campaign, "paused": true });
        let replay = self.desk.post("/replays", &order).await;
        let path = format!("/replays/{}", replay["id"].as_str().unwrap());
        let (status, said) = self.desk.ask(Method::PATCH, &path, &json!({ "from": from })).await;
        assert!(status.is_success(), "{said}");
        self.gone(&replay).await;
        said["eventsPlayed"].clone()
    }

    async fn gone(&self, replay: &Value) {
        let path = format!("/replays/{}", replay["id"].as_str().unwrap());
        self.desk.ask(Method::DELETE, &path, &Value::Null).await;
    }

    async fn first_event(&self, from: &str) -> u64 {
        position(&self.desk.get(&format!("/events?from={}", escaped(from))).await[0])
    }

    /// Of which position the answer is.
    async fn as_of(&self, when: &str) -> u64 {
        let path = format!("/auto-calling/campaigns/{}?asOf={}", self.campaign, escaped(when));
        let world = &self.desk.world;
        let answer = world.http.get(world.url(&path)).bearer_auth(world.token()).send().await.unwrap();
        let position = answer.headers()["x-position"].to_str().unwrap().parse().unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{when}");
        position
    }

    fn what_if(&self, until: &str) -> Value {
        let words =
            ["what-if", "--json", "--pack", "us_reg_f", "--campaign", &self.campaign, "--until", until];
        serde_json::from_str(&out(self.desk.world.run(&words))).unwrap()
    }
}

/// A space cannot stand in an address; a plus that stands there is a space.
fn escaped(text: &str) -> String {
    text.replace(' ', "%20")
}

fn out(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_the_same_however_and_wherever_it_is_said() {
    let story = Story::new().await;
    let Middle { first, last, ways } = story.middle();
    let own = |holds: &dyn Fn(u64) -> bool| -> Vec<u64> {
        story.own.iter().copied().filter(|position| holds(*position)).collect()
    };
    let (from, to) = (own(&|position| position >= first), own(&|position| position <= last));
    let both = own(&|position| (first..=last).contains(&position));
    let at_first = [&[first.to_string()][..], &ways].concat();
    let at_last = [&[last.to_string()][..], &ways].concat();
    let campaign = &*story.campaign;
    let replay = ["replay", campaign, "--speed", "0", "--json"];
    for (from_there, to_there) in at_first.iter().zip(&at_last) {
        assert_eq!(story.lines(&["events", "--from", from_there])[0], first, "{from_there}");
        let exported = story.exported(&["--from", from_there, "--to", to_there]);
        assert_eq!(exported, (first..=last).collect::<Vec<_>>(), "{from_there}");
        let played = story.lines(&[&replay[..], &["--from", from_there, "--to", to_there]].concat());
        assert_eq!(played, both, "{from_there}");
        assert_eq!(story.first_event(from_there).await, first, "{from_there}");
        assert_eq!(story.as_of(to_there).await, last, "{to_there}");
        let replayed = story.replayed(&json!({ "from": from_there, "to": to_there })).await;
        assert_eq!(replayed, json!([both.first(), both.last(), both.len()]), "{from_there}");
        let steered = story.steered(&json!(from_there)).await;
        assert_eq!(steered, story.own.len() - from.len(), "{from_there}");
        assert_eq!(story.what_if(to_there), story.what_if(&last.to_string()), "{to_there}");
    }
    assert!(to.len() < story.own.len() && from.len() < story.own.len(), "it is in the middle");
    assert_ne!(story.what_if(&last.to_string()), story.what_if(&story.head().to_string()));
    assert_eq!(story.steered(&json!(first)).await, story.own.len() - from.len());
    story.desk.agent.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_meant_from_its_beginning_to_its_end() {
    let story = Story::new().await;
    let ([first, last], head) = (story.days(), story.head());
    let tomorrow = (now() + TimeDelta::days(2)).format("%F").to_string();
    assert_eq!(story.lines(&["events", "--from", &first])[0], 1);
    assert!(story.lines(&["events", "--from", &tomorrow]).is_empty());
    assert_eq!(story.exported(&["--from", &first, "--to", &last]), (1..=head).collect::<Vec<_>>());
    let replay = ["replay", &*story.campaign, "--speed", "0", "--json"];
    assert_eq!(story.lines(&[&replay[..], &["--from", &first, "--to", &last]].concat()), story.own);
    assert_eq!(story.first_event(&first).await, 1);
    let replayed = story.replayed(&json!({ "from": first, "to": last })).await;
    assert_eq!(replayed, json!([story.own.first(), story.own.last(), story.own.len()]));
    assert_eq!(story.steered(&json!(first)).await, 0);
    assert_eq!(story.what_if(&last), story.what_if(&head.to_string()));
    // Of a day that is not over there is what there was of it by now, and of one that is to come nothing is known.
    let as_of = |day: &str| format!("/auto-calling/campaigns/{}?asOf={day}", story.campaign);
    for (path, status, code) in [
        (as_of("2025-10-06"), 404, "not-yet"),
        (as_of(&tomorrow), 400, "bad-parameter"),
        (format!("/events?from={tomorrow}"), 400, "bad-parameter"),
    ] {
        let (said, problem) = story.desk.ask(Method::GET, &path, &Value::Null).await;
        assert_eq!((said.as_u16(), problem["code"].as_str()), (status, Some(code)), "{problem}");
    }
    let now = as_of(&head.to_string());
    assert_eq!(
        story.desk.ask(Method::GET, &as_of(&last), &Value::Null).await,
        story.desk.ask(Method::GET, &now, &Value::Null).await
    );
    story.desk.agent.stop().await;
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_place_says_in_the_same_words_what_it_takes() {
    let mut world = World::sqlite();
    world.start().await;
    let id = "0199b9f4-6f00-7000-8000-0000000000c1";
    let what_if = ["what-if", "--pack", "always", "--campaign", id, "--until"];
    let export = ["events", "export", "--format", "csv", "--out", "x"];
    for (args, times) in [
        (&["events", "--from"][..], 1),
        (&[&export[..], &["--from"]].concat(), 2),
        (&[&export[..], &["--to"]].concat(), 2),
        (&["replay", id, "--from"], 2),
        (&["replay", id, "--to"], 2),
        (&what_if, 1),
    ] {
        let wrong = world.run(&[args, &["soon"]].concat());
        let told = plain(&String::from_utf8_lossy(&wrong.stderr));
        assert_eq!(
            (wrong.status.code(), told.contains(&format!("has to be {WORDS}"))),
            (Some(2), true),
            "{told}"
        );
        let command: Vec<&str> = args.iter().copied().take_while(|word| !word.starts_with("--")).collect();
        let command: Vec<&str> = command.into_iter().filter(|word| *word != id).collect();
        let help = plain(&out(world.run(&[&command[..], &["--help"]].concat())));
        assert_eq!(help.matches(WORDS).count(), times, "{command:?}: {help}");
    }

    let token = world.token();
    let order = |name: &str| json!({ "kind": "session", "id": "x", name: "soon" });
    for (method, path, body) in [
        (Method::GET, "/calls/session/x?asOf=soon".to_owned(), Value::Null),
        (Method::GET, "/calls/session/x/results?asOf=soon".to_owned(), Value::Null),
        (Method::GET, format!("/auto-calling/campaigns/{id}?asOf=soon"), Value::Null),
        (Method::GET, format!("/auto-calling/contacts/{id}?asOf=soon"), Value::Null),
        (Method::GET, "/events?from=soon".to_owned(), Value::Null),
        (Method::POST, "/replays".to_owned(), order("from")),
        (Method::POST, "/replays".to_owned(), order("to")),
    ] {
        let request = world.http.request(method, world.url(&path)).bearer_auth(&token);
        let answer = if body.is_null() { request } else { request.json(&body) }.send().await.unwrap();
        let (status, problem) = (answer.status(), answer.json::<Value>().await.unwrap());
        let told = problem["detail"].as_str().unwrap();
        assert!(status == 400 && told.ends_with(&format!("has to be {WORDS}")), "{path}: {problem}");
    }

    let document = serde_json::to_value(karnay::http::document()).unwrap();
    let described = |of: &Value| plain(of["description"].as_str().unwrap());
    for schema in ["ReplayOrder/from", "ReplayOrder/to", "ReplayWish/from"] {
        let (schema, name) = schema.split_once('/').unwrap();
        let property = &document["components"]["schemas"][schema]["properties"][name];
        assert!(described(property).contains(WORDS), "{schema}: {property}");
    }
    let mut places = 0;
    for (path, ways) in document["paths"].as_object().unwrap() {
        for parameter in ways["get"]["parameters"].as_array().into_iter().flatten() {
            if parameter["name"] == "asOf" || (path == "/events" && parameter["name"] == "from") {
                assert!(described(parameter).contains(WORDS), "{path}: {parameter}");
                places += 1;
            }
        }
    }
    assert_eq!(places, 5);
}
