//! R3: a disk that is full, a folder that cannot be written: a clear error, nothing corrupted, and recovery when there is room again.
//! The small disk is a tmpfs of its own, which needs root; without it these tests say so and end.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use serde_json::json;

use crate::contacts::Desk;
use crate::postgres::{Server, Sync};
use crate::world::{World, report};

const SESSION: &str = "session-1738862891234-abc123";

/// A file system of its own, gone when this is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    #[expect(clippy::print_stderr, reason = "what was not run is to be heard of")]
    fn mount(at: &Path, options: &str) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at).status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(at.to_owned()));
        }
        eprintln!("NOT RUN: a small disk needs root to be mounted");
        None
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        assert!(Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_and_recovers_on_sqlite() {
    let world = World::sqlite();
    let Some(disk) = SmallDisk::mount(&world.data(), "size=6m") else { return };
    refuses_and_recovers(world, &disk, "size=64m").await;
}

/// PostgreSQL gives up when it cannot write its log: somebody makes room and starts it again, the engine does the rest.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_and_recovers_on_postgres() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(folder.path(), "size=60m,mode=755") else { return };
    let world = World::on(Server::own_in(folder.path(), Sync::On)).await;
    refuses_and_recovers(world, &disk, "size=512m").await;
}

async fn refuses_and_recovers(mut world: World, disk: &SmallDisk, more_room: &str) {
    world.start().await;
    let mut acknowledged = vec![];
    let refusal = loop {
        let number = u32::try_from(acknowledged.len()).unwrap();
        let answer = world.report(&report(SESSION, number)).await.unwrap();
        if answer.status() != 200 {
            break answer;
        }
        acknowledged.push(answer.json::<serde_json::Value>().await.unwrap()["id"].clone());
        assert!(acknowledged.len() < 50_000, "a small disk is not endless");
    };
    assert_eq!(refusal.status(), 503);
    assert!(refusal.headers().contains_key("retry-after"));
    let problem: serde_json::Value = refusal.json().await.unwrap();
    assert_eq!(problem["code"], "journal-unavailable", "{problem}");
    assert!(!world.ready().await, "readiness fails while nothing can be stored");
    assert_eq!(world.get("/health/live").await.status(), 200);

    disk.remount(more_room);
    if let Some(server) = &world.postgres {
        server.stop_immediate();
        server.start();
    }
    let began = Instant::now();
    while !world.ready().await {
        assert!(began.elapsed() < Duration::from_secs(15), "no recovery: {}", world.said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let more = world.report(&report(SESSION, 8_000_000)).await.unwrap();
    assert_eq!(more.status(), 200, "there is room again");
    acknowledged.push(more.json::<serde_json::Value>().await.unwrap()["id"].clone());

    world.kill();
    world.start().await;
    let results = world.json(&format!("/calls/session/{SESSION}/results")).await;
    let mut there: Vec<_> = results.as_array().unwrap().iter().map(|r| r["id"].clone()).collect();
    acknowledged.sort_by_key(ToString::to_string);
    there.sort_by_key(ToString::to_string);
    assert_eq!(there, acknowledged, "what was acknowledged and nothing else");
    assert!(world.stop().success());
    let verified = world.verify();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}

/// Long before it is full: what can wait is refused, so that reports have what is left.
#[tokio::test(flavor = "multi_thread")]
async fn little_room_is_told_and_kept_for_reports() {
    let mut world = World::sqlite();
    let Some(_disk) = SmallDisk::mount(&world.data(), "size=48m") else { return };
    world.set("DISK_FREE_MIN_MB", "16");
    world.set("REMOTE_HOST", "simulated");
    world.set("LOG", "info");
    world.start().await;
    let ready = world.json("/health/ready").await;
    assert_eq!(ready, json!({ "status": "ok" }));
    assert_eq!(world.upload("before.txt", b"998901234567").await.0, 200);

    let ballast = world.data().join("ballast");
    std::fs::write(&ballast, vec![0; 36 << 20]).unwrap();
    let (status, problem) = world.upload("meanwhile.txt", b"998901234568").await;
    assert_eq!((status.as_u16(), &problem["code"]), (507, &json!("disk-low")), "{problem}");
    let admin = Desk::of(&world, "1", "admin");
    let (status, problem) =
        admin.import("some.csv", b"firstName,lastName,phone\nA,B,998901234569\n", "").await;
    assert_eq!((status.as_u16(), &problem["code"]), (507, &json!("disk-low")), "{problem}");
    let ready = world.json("/health/ready").await;
    assert!(ready["warnings"][0].as_str().unwrap().contains("little room"), "{ready}");
    let disk = world.status().await["disk"].clone();
    assert!(disk["isLow"] == true && disk["freeBytes"].as_u64().unwrap() < 16_000_000, "{disk}");
    let figures = world.get("/metrics").await.text().await.unwrap();
    assert!(figures.contains("karnay_disk_low 1") && figures.contains("karnay_disk_free_bytes"));
    let told = world.karnay(&["status"]).output().unwrap();
    assert!(String::from_utf8(told.stdout).unwrap().contains("DISK"), "karnay status says so");
    assert_eq!(world.report(&report(SESSION, 1)).await.unwrap().status(), 200, "reports are taken as ever");
    until(&world, || world.said().contains("little room is left")).await;

    std::fs::remove_file(&ballast).unwrap();
    assert_eq!(world.upload("after.txt", b"998901234568").await.0, 200);
    until(&world, || world.said().contains("there is room on the disk again")).await;
    assert_eq!(world.json("/health/ready").await, json!({ "status": "ok" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn recordings_are_kept_for_so_many_days_and_no_longer() {
    let mut world = World::sqlite();
    let folder = world.data().join("exchange-recordings");
    std::fs::create_dir_all(&folder).unwrap();
    let plant = |call: u128, ending: &str, days: u64| {
        let path = folder.join(format!("{}.{ending}", uuid::Uuid::from_u128(call)));
        std::fs::write(&path, "a sound").unwrap();
        let written = SystemTime::now() - Duration::from_hours(24 * days);
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(written).unwrap();
        path
    };
    let (old, broken, young) = (plant(1, "wav", 31), plant(2, "wav.part", 31), plant(3, "wav", 29));
    world.start().await;
    assert!(world.stop().success());
    assert!(old.exists() && broken.exists(), "nobody has said for how long");
    world.set("RECORDINGS_DAYS", "30");
    world.set("LOG", "info");
    world.start().await;
    until(&world, || !old.exists() && !broken.exists()).await;
    until(&world, || world.said().contains("removed 2 recordings")).await;
    assert!(young.exists());
}

async fn until(world: &World, reached: impl Fn() -> bool) {
    let began = Instant::now();
    while !reached() {
        assert!(began.elapsed() < Duration::from_secs(30), "it was waited for in vain: {}", world.said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_folder_stops_the_start() {
    let world = World::sqlite();
    let Some(disk) = SmallDisk::mount(&world.data(), "size=2m") else { return };
    disk.remount("ro");
    let out = world.run(&["serve"]);
    assert_eq!(out.status.code(), Some(2));
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(said.contains("DATA_DIR") && said.trim_end().lines().count() == 1, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_onto_a_full_disk_names_it() {
    let mut world = World::sqlite();
    let elsewhere = world.folder.path().join("elsewhere");
    let Some(_disk) = SmallDisk::mount(&elsewhere, "size=64k") else { return };
    world.start().await;
    assert_eq!(world.report(&report(SESSION, 1)).await.unwrap().status(), 200);
    let out = world.run(&["backup", elsewhere.join("copy").to_str().unwrap()]);
    let said = String::from_utf8(out.stderr).unwrap();
    let place = elsewhere.display().to_string();
    assert!(out.status.code() == Some(2) && said.contains(&place) && said.contains("full"), "{said}");
    assert!(!said.contains("the journal cannot be reached"), "it is the other disk: {said}");
    assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 0, "nothing is left of it");
}
