//! Whoever was forgotten after a backup was made comes back with it, and is forgotten again by the list that was kept beside it.

use std::path::Path;
use std::process::Output;

use reqwest::Method;
use serde_json::{Value, json};

use super::planted::{Planted, hits, hits_of, needles_of};
use super::{all_rows, forget, rebuilt_is_live};
use crate::contacts::Desk;
use crate::world::World;

/// Of whom a list and a report tell, and who becomes a contact after the backup.
const LATER: &str = "+998901110001";
/// Of whom nobody tells but contacts: one of the backup, and another after it.
const PASSED_ON: &str = "+998907770001";

fn copied(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (old, new) = (entry.path(), to.join(entry.file_name()));
        if old.is_dir() { copied(&old, &new) } else { assert!(std::fs::copy(old, new).is_ok()) }
    }
}

/// A copy of everything, while the engine stands still.
async fn backed_up(world: &World) {
    copied(&world.data(), &world.folder.path().join("backup"));
    if let Some(server) = &world.postgres {
        let database = world.database_url().rsplit('/').next().unwrap();
        server.run("postgres", &format!("CREATE DATABASE backup TEMPLATE {database}")).await;
    }
}

fn restore(world: &mut World) {
    std::fs::remove_dir_all(world.data()).unwrap();
    std::fs::rename(world.folder.path().join("backup"), world.data()).unwrap();
    if let Some(url) = world.postgres.as_ref().map(|server| server.url("backup")) {
        world.set("DATABASE_URL", &url);
    }
}

fn said(out: &Output) -> (Option<i32>, String) {
    (
        out.status.code(),
        format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr)),
    )
}

pub(super) async fn somebody(world: &World, name: &str, phone: &str) -> String {
    let made = json!({ "firstName": name, "lastName": "Olimov", "phone": phone });
    Desk::of(world, "1", "admin").created(&made).await["id"].as_str().unwrap().to_owned()
}

/// Writes down whom the journal has forgotten.
fn listed(world: &World, count: usize) -> String {
    let printed = world.run(&["forgotten", "export"]);
    assert_eq!(printed.status.code(), Some(0), "{}", said(&printed).1);
    assert_eq!(String::from_utf8_lossy(&printed.stdout).lines().count(), count);
    let file = world.folder.path().join("forgotten.ndjson");
    let kept = said(&world.run(&["forgotten", "export", "--to", file.to_str().unwrap()]));
    assert_eq!(kept.0, Some(0), "{}", kept.1);
    assert_eq!(std::fs::read(&file).unwrap(), printed.stdout);
    file.to_str().unwrap().to_owned()
}

async fn is_forgotten_again(mut world: World) {
    let planted = Planted::everywhere(&mut world).await;
    let before = somebody(&world, "Karim", PASSED_ON).await;
    assert!(world.stop().success());
    backed_up(&world).await;

    world.start().await;
    let desk = Desk::of(&world, "1", "admin");
    let (status, _) = desk.ask(Method::DELETE, &format!("/contacts/{before}"), None).await;
    assert_eq!(status, 200);
    let (later, owner) =
        (somebody(&world, "Salima", LATER).await, somebody(&world, "Salima", PASSED_ON).await);
    for contact in [&planted.contact, &later, &owner] {
        forget(&world, contact).await;
    }
    let list = listed(&world, 3);
    assert!(world.stop().success());

    restore(&mut world);
    let apply = |world: &World| said(&world.run(&["forgotten", "apply", &list]));
    assert_eq!(apply(&world).0, Some(1), "no engine runs");
    world.start().await;
    let theirs = needles_of(&["998901110001", "901110001"]);
    assert!(!hits(&world).is_empty() && !hits_of(&world, &theirs).is_empty(), "the backup brought them back");
    let (code, told) = apply(&world);
    assert_eq!(code, Some(1), "{told}");
    for whose in [&planted.contact, &later] {
        assert!(told.contains(&format!("1/{whose} is forgotten again\n")), "{told}");
    }
    says_who_asked_first(&world, &list, &later);
    let partly = format!("1/{owner} NOT wholly forgotten: has a number with {before} here");
    assert!(told.contains(&partly), "{told}");
    assert!(
        told.ends_with("listed: 3, forgotten again: 2, known before: 0, not known here: 0, left: 1\n"),
        "{told}"
    );

    forget(&world, &before).await;
    let (code, told) = apply(&world);
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.ends_with("listed: 3, forgotten again: 1, known before: 2, not known here: 0, left: 0\n"),
        "{told}"
    );
    let passed_on = needles_of(&["998907770001", "Olimov"]);
    let found = [hits(&world), hits_of(&world, &theirs), hits_of(&world, &passed_on)].concat();
    assert!(found.is_empty(), "{found:?}");
    planted.is_told_nowhere(&world).await;
    assert!(world.verify().status.success());
    rebuilt_is_live(&world, &all_rows(&world).await).await;
    names_strangers(&world, &list);
    a_list_does_no_more(&world, &list).await;
}

/// The moment at which the law's time began, and whoever asked, are in the list, and in the reason that is recorded now.
fn says_who_asked_first(world: &World, list: &str, contact: &str) {
    let lines = std::fs::read_to_string(list).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let line = lines.into_iter().find(|line| line["contact"] == contact).unwrap();
    let (at, by) = (line["at"].as_str().unwrap(), line["by"].as_str().unwrap());
    let events = world.events();
    let is_theirs =
        |event: &&Value| event["stream"] == format!("1/{contact}") && event["type"] == "forgotten";
    let said = events.iter().rfind(is_theirs).unwrap();
    let reason = said["payload"]["forgotten"]["reason"].as_str().unwrap();
    let (second, _) = at.split_once('.').unwrap_or((at, ""));
    assert_eq!(reason, format!("restored from a backup; asked for first at {second}Z by {by}"));
}

/// Of whom nothing was ever here, nobody says that the backup brought them back.
fn names_strangers(world: &World, list: &str) {
    let kept = std::fs::read_to_string(list).unwrap();
    let stranger = kept.lines().next().unwrap().replace("\"organization\":\"1\"", "\"organization\":\"9\"");
    let file = world.folder.path().join("strangers.ndjson");
    std::fs::write(&file, stranger).unwrap();
    for (told, counted) in [
        (" was not known here", "forgotten again: 0, known before: 0, not known here: 1, left: 0"),
        (" was forgotten here before", "forgotten again: 0, known before: 1, not known here: 0, left: 0"),
    ] {
        let (code, said) = said(&world.run(&["forgotten", "apply", file.to_str().unwrap()]));
        assert!(code == Some(0) && said.contains(told) && said.contains(counted), "{said}");
    }
}

/// Whoever has a number next is somebody new, whom the list leaves alone; and it is of this journal, and of no other.
async fn a_list_does_no_more(world: &World, list: &str) {
    let apply = || said(&world.run(&["forgotten", "apply", list]));
    let next = somebody(world, "Dilshod", LATER).await;
    let (code, told) = apply();
    assert!(code == Some(0) && told.ends_with("known before: 3, not known here: 0, left: 0\n"), "{told}");
    let desk = Desk::of(world, "1", "admin");
    assert_eq!(desk.get(&format!("/contacts/{next}")).await["phone"], LATER);
    let other = std::fs::read_to_string(list).unwrap().replace("\"dataKey\":\"", "\"dataKey\":\"00");
    std::fs::write(list, other).unwrap();
    let (code, told) = apply();
    assert!(code == Some(2) && told.contains("line 1: is of another data key"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_backup_brings_back_is_forgotten_again_on_sqlite() {
    is_forgotten_again(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_backup_brings_back_is_forgotten_again_on_postgres() {
    is_forgotten_again(World::postgres().await).await;
}
