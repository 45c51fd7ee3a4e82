//! The simulated call server as a program of its own beside a real engine: every number has its result, whatever dies meanwhile.
//! Inside an engine it is looked at in `sim/inside.rs`.

mod inside;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::world::World;

const PATIENCE: Duration = Duration::from_mins(1);

/// Fast enough for a test, slow enough to be interrupted.
const PACE: [&str; 6] = ["--speed", "1000", "--at-once", "8", "--per-second", "200"];

/// `karnay sim remote` with a list of its own, stopped by its id.
pub(crate) struct Sim {
    child: Child,
    url: String,
    folder: tempfile::TempDir,
}

pub(crate) fn numbers(count: u32) -> String {
    let lines: Vec<String> = (0..count).map(|index| format!("+99890{:07}", 1_000_000 + index)).collect();
    lines.join("\n") + "\n"
}

impl Sim {
    pub(crate) fn start(world: &World, list: &str, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("numbers.txt");
        std::fs::write(&file, list).unwrap();
        let mut command = Command::new(crate::world::KARNAY);
        command.args(["sim", "remote", "--listen", "127.0.0.1:0", "--webhook", &world.url("/calls/result")]);
        command.arg("--numbers").arg(&file).args(more).current_dir(folder.path()).env_clear();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert!(said.starts_with("SIMULATED call server at "), "{said}");
        let url = said.split([' ', ',']).find(|word| word.starts_with("http://")).unwrap().to_owned();
        Self { child, url, folder }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The file that it reads its numbers from.
    pub(crate) fn list(&self) -> std::path::PathBuf {
        self.folder.path().join("numbers.txt")
    }

    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// As the engine's settings have it, so that a start at the engine is a start here.
    fn listens_to(&self, world: &mut World) {
        world.set("REMOTE_HOST", "local");
        world.set("REMOTE_COMMAND", &format!("curl -s {}/start?session_id={{sessionId}}", self.url));
    }

    async fn status(&self) -> Value {
        reqwest::get(format!("{}/status", self.url)).await.unwrap().json().await.unwrap()
    }

    async fn until_ended(&self) -> Value {
        let began = Instant::now();
        loop {
            let status = self.status().await;
            if status["running"] == false {
                return status["sessions"][0].clone();
            }
            assert!(began.elapsed() < PATIENCE, "it dials and dials: {status} {}", self.said());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

async fn start(world: &World) -> String {
    let answer = world.http.post(world.url("/calls/start")).send().await.unwrap();
    let said: Value = answer.json().await.unwrap();
    assert_eq!(said["ok"], true, "{said}");
    assert!(said["stdout"].as_str().unwrap().contains("Call process started"), "{said}");
    // Whoever starts calls that ring nobody is told so.
    let played = world.setting("REMOTE_HOST") == "simulated";
    assert_eq!(said.get("simulated"), played.then_some(&json!(true)), "{said}");
    said["sessionId"].as_str().unwrap().to_owned()
}

/// Every result of a session, once its screen holds what is recorded.
async fn results(world: &World, session: &str) -> Vec<Value> {
    let path = format!("/calls/session/{session}/results");
    let began = Instant::now();
    while world.get(&path).await.headers()["x-behind"] != "0" {
        assert!(began.elapsed() < PATIENCE, "the screen stays behind: {}", world.said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    world.json(&path).await.as_array().unwrap().clone()
}

fn is_connected(result: &Value) -> bool {
    ["ANSWERED", "CONNECTED_TO_OPERATOR"].contains(&result["callStatus"].as_str().unwrap())
}

/// Each number of the list has results and nobody else has; the session's counters are what the results say.
async fn everybody_is_accounted_for(world: &World, session: &str, list: &str) -> Vec<Value> {
    let results = results(world, session).await;
    let phones: BTreeSet<&str> =
        results.iter().map(|result| result["phoneNumber"].as_str().unwrap()).collect();
    assert_eq!(phones, list.lines().collect::<BTreeSet<_>>());
    let connected: BTreeSet<&str> = results
        .iter()
        .filter(|result| is_connected(result))
        .map(|result| result["phoneNumber"].as_str().unwrap())
        .collect();
    let row = world.json(&format!("/calls/session/{session}")).await;
    let counted = json!([row["processedNumbers"], row["connectedCalls"], row["failedCalls"]]);
    let (all, reached) = (phones.len(), connected.len());
    assert_eq!(counted, json!([all, reached, all - reached]), "{row}");
    results
}

async fn every_number_of_a_list_is_reported_and_counted(mut world: World) {
    let list = numbers(300);
    let sim = Sim::start(&world, &list, &PACE);
    sim.listens_to(&mut world);
    world.start().await;
    let session = start(&world).await;
    let ended = sim.until_ended().await;
    assert_eq!((&ended["done"], &ended["undelivered"]), (&300.into(), &0.into()), "{}", sim.said());
    assert_eq!(ended["reports"].as_object().unwrap().len(), 8, "all statuses occur: {ended}");

    let results = everybody_is_accounted_for(&world, &session, &list).await;
    let mut attempts = BTreeMap::new();
    for result in &results {
        *attempts.entry(result["phoneNumber"].as_str().unwrap()).or_insert(0) += 1;
        assert!(result["notes"].as_str().unwrap().contains("simulated"), "{result}");
        let ended: chrono::DateTime<chrono::Utc> = result["callEndTime"].as_str().unwrap().parse().unwrap();
        assert!(ended <= chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()), "{result}");
    }
    assert!(attempts.values().any(|attempts| *attempts == 2), "some busy line was tried again");
    let reported: u64 = ended["reports"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert!(usize::try_from(reported).unwrap() > results.len(), "some call was reported in two steps");
    assert!(!sim.said().contains("+998"), "no number in the log: {}", sim.said());
    a_call_can_be_listened_to(&results).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_of_a_list_is_reported_and_counted_on_sqlite() {
    every_number_of_a_list_is_reported_and_counted(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_of_a_list_is_reported_and_counted_on_postgres() {
    every_number_of_a_list_is_reported_and_counted(World::postgres().await).await;
}

async fn a_call_can_be_listened_to(results: &[Value]) {
    let talked = results.iter().find(|result| is_connected(result)).unwrap();
    let url = talked["recordingUrl"].as_str().unwrap();
    let whole = reqwest::get(url).await.unwrap();
    assert_eq!(
        (whole.status().as_u16(), &whole.headers()["content-type"]),
        (200, &"audio/wav".parse().unwrap())
    );
    let whole = whole.bytes().await.unwrap();
    assert!(whole.starts_with(b"RIFF"));
    let client = reqwest::Client::new();
    let part = client.get(url).header("Range", "bytes=44-143").send().await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()["content-range"], format!("bytes 44-143/{}", whole.len()).as_str());
    assert_eq!(part.bytes().await.unwrap(), whole[44..144]);
    let beyond = client.get(url).header("Range", "bytes=99999999-").send().await.unwrap();
    assert_eq!(beyond.status(), 416);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_killed_meanwhile_loses_nothing() {
    let (mut world, list) = (World::sqlite(), numbers(300));
    let sim = Sim::start(&world, &list, &PACE);
    sim.listens_to(&mut world);
    world.start().await;
    let session = start(&world).await;
    for kills in 1..=3 {
        let began = Instant::now();
        while sim.status().await["sessions"][0]["done"].as_u64().unwrap() < kills * 60 {
            assert!(began.elapsed() < PATIENCE, "{}", sim.said());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        world.kill();
        assert_eq!(sim.status().await["running"], true, "the kill came too late to mean anything");
        world.start().await;
    }
    let ended = sim.until_ended().await;
    assert_eq!((&ended["done"], &ended["undelivered"]), (&300.into(), &0.into()), "{}", sim.said());
    everybody_is_accounted_for(&world, &session, &list).await;
}

/// What became of each number, times aside.
async fn outcomes(seed: &str) -> Vec<(String, String, u64)> {
    let (mut world, list) = (World::sqlite(), numbers(60));
    let sim = Sim::start(&world, &list, &[&PACE[..], &["--seed", seed]].concat());
    sim.listens_to(&mut world);
    world.start().await;
    let session = start(&world).await;
    sim.until_ended().await;
    let results = everybody_is_accounted_for(&world, &session, &list).await;
    let text = |result: &Value, name: &str| result[name].as_str().unwrap().to_owned();
    let one = |result: &Value| {
        let talked = result["callDuration"].as_u64().unwrap();
        (text(result, "phoneNumber"), text(result, "callStatus"), talked)
    };
    let mut outcomes: Vec<_> = results.iter().map(one).collect();
    outcomes.sort();
    outcomes
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_gives_the_same_outcomes() {
    let (one, again, other) = tokio::join!(outcomes("7"), outcomes("7"), outcomes("8"));
    assert_eq!(one, again);
    assert_ne!(one, other);
}

#[tokio::test(flavor = "multi_thread")]
async fn its_door_is_the_real_ones() {
    let (world, list) = (World::sqlite(), numbers(50));
    // Nobody listens at the webhook: what is dialled waits.
    let sim = Sim::start(&world, &list, &["--speed", "10000", "--at-once", "2"]);
    let client = reqwest::Client::new();
    let ask = |path: &str, post: bool| {
        let url = format!("{}{path}", sim.url);
        let request = if post { client.post(url) } else { client.get(url) };
        async move {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
        }
    };
    let (status, said) = ask("/start", false).await;
    assert_eq!(status, 400, "it knows no session yet: {said}");
    for (path, post) in [("/start?session_id=session-1-abc123", true), ("/start", false)] {
        let (status, said) = ask(path, post).await;
        assert_eq!((status, &said["sessionId"]), (200, &"session-1-abc123".into()));
        assert_eq!(said["simulated"], true);
    }
    let (_, status) = ask("/status", false).await;
    assert_eq!(status["sessions"].as_array().unwrap().len(), 1, "nobody is dialled twice: {status}");
    assert_eq!((&status["running"], &status["sessions"][0]["total"]), (&true.into(), &50.into()));
    let (_, said) = ask("/stop?session_id=session-1-abc123", true).await;
    assert_eq!((&said["message"], &said["stopped"]), (&"Call process stopped".into(), &1.into()));
    let (status, _) = ask("/recordings/nothing.mp3", false).await;
    assert_eq!(status, 404);
    assert!(sim.said().contains("SIMULATED"), "{}", sim.said());
}
