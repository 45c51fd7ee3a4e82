//! R3: a disk that is full, a folder that cannot be written: a clear error, nothing corrupted, and recovery when there is room again.
//! The small disk is a tmpfs of its own, which needs root; without it these tests say so and end.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

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
