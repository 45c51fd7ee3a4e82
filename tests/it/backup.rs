//! Backups as they are taken and needed: beside an engine under load, and put back when everything else is lost. Whatever was
//! acknowledged before the backup's position is there, and nobody is rung again for what was done after it.

mod damage;
mod drill;
mod import;
mod moving;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::crash::{Load, Memory};
use crate::dialling::agent::Agent;
use crate::dialling::{Desk, phone, well};
use crate::forgetting::{all_rows, rebuilt_is_live};
use crate::postgres::{Server, Sync};
use crate::world::World;

const CONTACTS: u32 = 60;
const PATIENCE: Duration = Duration::from_secs(30);

/// What the engine made at its first start and a backup never has.
const KEYS: [&str; 3] = ["data.key", "signing.key", "jwt.secret"];

pub(crate) fn said(out: &Output) -> (Option<i32>, String) {
    let (told, wrong) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    (out.status.code(), format!("{told}{wrong}"))
}

pub(crate) fn backed_up(world: &World, name: &str) -> PathBuf {
    let folder = world.folder.path().join(name);
    let (code, told) = said(&world.run(&["backup", folder.to_str().unwrap()]));
    assert_eq!(code, Some(0), "{told}");
    folder
}

pub(crate) fn manifest(backup: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(backup.join("manifest.json")).unwrap()).unwrap()
}

/// The disk is gone, and so is the database; the keys were kept elsewhere.
pub(crate) async fn lose_everything(world: &mut World, onto: Store) {
    let elsewhere = world.folder.path().join("keys");
    fs::create_dir(&elsewhere).unwrap();
    for key in KEYS {
        fs::copy(world.data().join(key), elsewhere.join(key)).unwrap();
    }
    fs::remove_dir_all(world.data()).unwrap();
    fs::rename(elsewhere, world.data()).unwrap();
    match onto {
        Store::Sqlite => {
            world.unset("DATABASE_URL");
            world.postgres = None;
        }
        Store::Postgres => {
            let server = world.postgres.take().unwrap_or_else(|| Server::own(Sync::Off));
            let url = server.database().await;
            world.set("DATABASE_URL", &url);
            world.postgres = Some(server);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Store {
    Sqlite,
    Postgres,
}

/// How often each of the campaign's people was rung.
fn rung(agent: &Agent) -> Vec<usize> {
    (0..CONTACTS).map(|number| agent.times(&phone(number))).collect()
}

/// A campaign that calls, a call server that reports, and a session that was begun, all at once.
async fn busy(mut world: World) -> (Desk, String) {
    let lines = world.folder.path().join("launched");
    world.set("REMOTE_HOST", "local");
    world.set("REMOTE_COMMAND", &format!("echo $SESSION_ID >> {}; sleep 30", lines.display()));
    world.set("REMOTE_PATH", world.folder.path().join("numbers.txt").to_str().unwrap());
    world.set("START_WAIT_SECONDS", "1");
    let desk = Desk::start(world, Agent::start(well(120))).await;
    let campaign = desk.campaign(0..CONTACTS, &json!({ "concurrency": 3 })).await;
    let answer = desk.world.http.post(desk.world.url("/calls/start")).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    desk.begin(&campaign).await;
    (desk, campaign)
}

async fn drill(world: World, onto: Store) {
    let (mut desk, campaign) = busy(world).await;
    let kept = desk.world.folder.path().join("kept.ndjson");
    desk.post("/audit/checkpoints", &Value::Null).await;
    fs::write(&kept, desk.world.run(&["checkpoint"]).stdout).unwrap();
    let memory = Arc::new(Memory::new());
    let load = Load::begin(&desk.world, &memory);
    desk.until(&campaign, "under way", |shown| shown["calledContacts"].as_u64() > Some(5)).await;
    let backup = backed_up(&desk.world, "backup");
    let position = manifest(&backup)["position"].as_u64().unwrap();
    let before = rung(&desk.agent).iter().sum::<usize>();
    desk.until(&campaign, "further on", |_| rung(&desk.agent).iter().sum::<usize>() > before + 6).await;
    let then = desk.world.events();
    desk.world.kill();
    load.end().await;
    // What rang goes on ringing.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let rung_then = rung(&desk.agent);

    lose_everything(&mut desk.world, onto).await;
    let (code, told) = said(&desk.world.run(&["restore", backup.to_str().unwrap()]));
    assert_eq!(code, Some(0), "{told}");
    let (code, told) = said(&desk.world.run(&["verify", "--checkpoint", kept.to_str().unwrap()]));
    assert!(code == Some(0) && told.contains("agrees with the checkpoint kept elsewhere"), "{told}");
    assert_eq!(events_up_to(&desk.world.events(), position), events_up_to(&then, position));
    everything_acknowledged_is_there(&desk.world, &memory, position);

    desk.world.start().await;
    is_held(&desk, &campaign, position).await;
    assert_eq!(rung(&desk.agent), rung_then, "nobody is rung again");
    let launched = fs::read_to_string(desk.world.folder.path().join("launched")).unwrap();
    assert_eq!(launched.lines().count(), 1, "no session is launched again");
    rebuilt_is_live(&desk.world, &all_rows(&desk.world).await).await;
    goes_on_when_it_is_confirmed(&desk, &campaign).await;
    assert!(desk.world.stop().success());
    assert!(desk.world.verify().status.success());
    desk.agent.stop().await;
}

fn events_up_to(events: &[Value], position: u64) -> &[Value] {
    &events[..usize::try_from(position).unwrap()]
}

fn everything_acknowledged_is_there(world: &World, memory: &Memory, position: u64) {
    let events = world.events();
    assert_eq!(events.len(), usize::try_from(position).unwrap(), "everything, and nothing more");
    let acknowledged = memory.acknowledged.lock().unwrap().clone();
    let before: BTreeMap<_, _> = acknowledged.iter().filter(|(_, (_, at))| *at <= position).collect();
    assert!(before.len() > 20 && before.len() < acknowledged.len(), "the load went on all the time");
    for (id, at) in before.values() {
        let event = &events[usize::try_from(at - 1).unwrap()];
        assert_eq!(event["payload"]["reported"]["id"], **id, "what was acknowledged");
    }
}

/// Everything comes to rest: the campaign paused and the session asked about, each with the reason, and the engine says why.
async fn is_held(desk: &Desk, campaign: &str, position: u64) {
    let shown = desk.until_status(campaign, "PAUSED").await;
    assert_eq!(shown["why"], json!({ "restored": { "position": position } }));
    desk.until(campaign, "at rest", |shown| shown["calling"] == 0).await;
    let began = Instant::now();
    loop {
        let status = desk.world.status().await;
        let open = [&status["effects"]["ready"], &status["effects"]["sent"]];
        if open == [0, 0] {
            assert_eq!(status["restored"]["position"], position);
            assert_eq!(status["ready"], true, "reports are taken all the same");
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{status}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (code, told) = said(&desk.world.run(&["status"]));
    assert!(code == Some(0) && told.contains("nobody is rung until karnay restore --confirm"), "{told}");
    let answer = desk.world.http.post(desk.world.url("/calls/start")).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let session = desk.world.json(&format!("/calls/session/{}", answer["sessionId"].as_str().unwrap())).await;
    assert_eq!(session["status"], "FAILED", "{session}");
    assert!(session["errorMessage"].as_str().unwrap().contains("restored from a backup"), "{session}");
    desk.begin(campaign).await;
    desk.until_status(campaign, "PAUSED").await;
}

async fn goes_on_when_it_is_confirmed(desk: &Desk, campaign: &str) {
    let (code, told) = said(&desk.world.run(&["restore", "--confirm"]));
    assert!(code == Some(1) && told.contains("karnay forgotten apply <list>"), "{told}");
    let confirm = ["restore", "--confirm", "--nobody-was-forgotten"];
    let (code, told) = said(&desk.world.run(&confirm));
    assert!(code == Some(0) && told.starts_with("confirmed"), "{told}");
    let (code, told) = said(&desk.world.run(&confirm));
    assert!(code == Some(0) && told.starts_with("nothing was to be confirmed"), "{told}");
    assert_eq!(desk.world.status().await["restored"], Value::Null);
    assert_eq!(desk.shown(campaign).await["status"], "PAUSED", "people start campaigns, one by one");
    desk.begin(campaign).await;
    desk.until_status(campaign, "COMPLETED").await;
    let (status, _) = desk.ask(Method::GET, "/health/ready", &Value::Null).await;
    assert_eq!(status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_comes_back_on_sqlite() {
    drill(World::sqlite(), Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_comes_back_on_postgres() {
    drill(World::postgres().await, Store::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_on_sqlite_comes_back_on_postgres() {
    drill(World::sqlite(), Store::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_on_postgres_comes_back_on_sqlite() {
    drill(World::postgres().await, Store::Sqlite).await;
}
