//! A list that replaces another: whole, whatever happens on the way.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use karnay::adapters::ssh::{Options, Ssh};
use karnay::ports::RemoteHost as _;

use super::said;
use super::wire::Wire;
use crate::sshd::Sshd;

const OLD: &str = "+998900000000\n";

/// Numbers of so many bytes together.
fn list(len: usize) -> Bytes {
    let line = |number| format!("+998{number:09}\n").into_bytes();
    (0..len / 14).flat_map(line).collect::<Vec<u8>>().into()
}

fn numbers(server: &Sshd) -> Vec<u8> {
    fs::read(server.home().join("numbers.txt")).unwrap()
}

/// What is left over of uploads.
fn drafts(server: &Sshd) -> usize {
    let names = fs::read_dir(server.home()).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().contains("karnay-")).count()
}

#[tokio::test]
async fn a_list_replaces_the_one_before_it_whole() {
    let server = Sshd::start();
    let ssh = server.ssh("true");
    for list in [list(1_400), list(14), Bytes::new()] {
        ssh.place(list.clone()).await.unwrap();
        assert_eq!(numbers(&server), list);
    }
    assert_eq!(drafts(&server), 0);
}

#[tokio::test]
async fn a_list_of_forty_mebibytes_arrives_as_it_was_sent() {
    let server = Sshd::with(&["ed25519"], "RekeyLimit 4M");
    let list = list(40 << 20);
    server.ssh("true").place(list.clone()).await.unwrap();
    assert!(numbers(&server) == list, "it is another list");
}

#[tokio::test]
async fn a_path_is_a_word_whatever_is_in_it() {
    let server = Sshd::start();
    let folder = server.home().join("it's $(id); -n *");
    fs::create_dir(&folder).unwrap();
    let path = folder.join("-rf \"numbers\".txt");
    let options = Options { path: path.display().to_string(), ..server.options("true") };
    Ssh::new(options).place(list(140)).await.unwrap();
    assert_eq!(fs::read(path).unwrap(), list(140));
}

#[tokio::test]
async fn the_new_list_may_be_read_by_whoever_might_read_the_old_one() {
    let server = Sshd::start();
    let (ssh, path) = (server.ssh("true"), server.home().join("numbers.txt"));
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
    ssh.place(list(14)).await.unwrap();
    assert_eq!(mode(), 0o644);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    ssh.place(list(28)).await.unwrap();
    assert_eq!(mode(), 0o640);
}

#[tokio::test]
async fn what_stands_in_the_way_is_named() {
    let server = Sshd::start();
    let place = async |path: &str| {
        let options = Options { path: path.to_owned(), ..server.options("true") };
        said(Ssh::new(options).place(list(14)).await)
    };
    let nowhere = server.home().join("nowhere");
    let why = place(&format!("{}/numbers.txt", nowhere.display())).await;
    let expected = format!("REMOTE_PATH: the folder {} does not exist at 127.0.0.1:", nowhere.display());
    assert!(why.starts_with(&expected), "{why}");
    // Nobody may make a file there, not even root.
    let why = place("/sys/numbers.txt").await;
    assert!(why.contains("may not write in /sys at"), "{why}");
    let taken = server.home().join("folder");
    fs::create_dir_all(taken.join("full")).unwrap();
    let why = place(&taken.display().to_string()).await;
    assert!(why.contains("cannot be replaced") && why.contains("directory"), "{why}");
    assert_eq!(drafts(&server), 0, "nothing is left over");
}

/// A file system of its own, gone when this is dropped.
struct SmallDisk<'a>(&'a Path);

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[expect(clippy::print_stderr, reason = "what was not run is to be heard of")]
#[tokio::test]
async fn a_full_disk_there_is_named_and_keeps_the_old_list() {
    let server = Sshd::start();
    let home = server.home();
    let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(&home).status();
    if !mount.is_ok_and(|status| status.success()) {
        eprintln!("NOT RUN: a small disk needs root to be mounted");
        return;
    }
    let _disk = SmallDisk(&home);
    let ssh = server.ssh("true");
    ssh.place(OLD.into()).await.unwrap();
    let why = said(ssh.place(list(4 << 20)).await);
    assert!(why.starts_with("REMOTE_PATH: the disk under") && why.contains("is full"), "{why}");
    assert_eq!((numbers(&server), drafts(&server)), (OLD.into(), 0));
    ssh.place(list(140)).await.unwrap();
}

/// The wire breaks after so many bytes; whatever it carried, the list is the old one whole or the new one whole.
#[tokio::test]
async fn a_connection_that_breaks_anywhere_leaves_no_half_list() {
    let server = Sshd::start();
    let (old, new) = (Bytes::from(OLD), list(1 << 20));
    server.ssh("true").place(new.clone()).await.unwrap();
    let whole = {
        let wire = Wire::to(server.port, u64::MAX).await;
        let ssh = Ssh::new(Options { port: wire.port, ..server.options("true") });
        ssh.place(new.clone()).await.unwrap();
        wire.carried.load(std::sync::atomic::Ordering::SeqCst)
    };
    let (mut broken, mut kept) = (0, 0);
    for len_max in (0..10).map(|part| whole * part / 10).chain((0..6).map(|step| whole - step * 256)) {
        server.ssh("true").place(old.clone()).await.unwrap();
        let wire = Wire::to(server.port, len_max).await;
        let options = Options { port: wire.port, patience: Duration::from_secs(5), ..server.options("true") };
        let placed = Ssh::new(options).place(new.clone()).await;
        let there = numbers(&server);
        assert!(there == old || there == new, "{} bytes of {}", there.len(), new.len());
        match placed {
            Ok(()) => assert!(there == new, "it was said to be there"),
            Err(_) => broken += 1,
        }
        kept += u32::from(there == old);
    }
    assert!(broken >= 10 && kept >= 9, "{broken} broken, {kept} kept");
}

#[tokio::test]
async fn a_session_killed_in_the_middle_leaves_the_old_list() {
    let server = Sshd::start();
    let ssh = server.ssh("true");
    ssh.place(OLD.into()).await.unwrap();
    let grown = || {
        let entries = fs::read_dir(server.home()).unwrap().map(Result::unwrap);
        let draft = entries.filter(|entry| entry.file_name().to_string_lossy().contains("karnay-"));
        draft.filter_map(|entry| entry.metadata().ok()).any(|known| known.len() > 1 << 20)
    };
    let kill = async {
        while !grown() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(server.signal_sessions("-KILL"));
    };
    let (placed, ()) = tokio::join!(ssh.place(list(128 << 20)), kill);
    let why = said(placed);
    assert!(why.contains("lost during the upload; the list before is untouched"), "{why}");
    assert_eq!((numbers(&server), drafts(&server)), (OLD.into(), 1));

    // What it left behind goes with a later upload, once it is old enough to be nobody's.
    ssh.place(list(14)).await.unwrap();
    assert_eq!(drafts(&server), 1);
    let old = "for f in numbers.txt.karnay-*; do touch -d '2 hours ago' \"$f\"; done";
    assert!(Command::new("sh").args(["-c", old]).current_dir(server.home()).status().unwrap().success());
    ssh.place(list(14)).await.unwrap();
    assert_eq!(drafts(&server), 0);
}

/// Where the far end has no `sha256sum`, the list is read back.
#[tokio::test]
async fn a_digest_is_compared_even_without_a_program_for_it() {
    let server = Sshd::start();
    let bin = server.path("bin");
    fs::create_dir(&bin).unwrap();
    for program in ["sh", "mv", "find", "rm"] {
        std::os::unix::fs::symlink(format!("/bin/{program}"), bin.join(program)).unwrap();
    }
    let bare = Sshd::with(&["ed25519"], &format!("SetEnv PATH={} HOME=/", bin.display()));
    let options = Options { path: bare.path("numbers.txt").display().to_string(), ..bare.options("true") };
    Ssh::new(options).place(list(1 << 20)).await.unwrap();
    assert_eq!(fs::read(bare.path("numbers.txt")).unwrap(), list(1 << 20));
}

#[tokio::test]
async fn what_arrived_damaged_is_not_put_in_place() {
    let server = Sshd::start();
    let bin = server.path("bin");
    fs::create_dir(&bin).unwrap();
    for program in ["sh", "mv", "find", "rm"] {
        std::os::unix::fs::symlink(format!("/bin/{program}"), bin.join(program)).unwrap();
    }
    let liar = bin.join("sha256sum");
    fs::write(&liar, "#!/bin/sh\necho 00\n").unwrap();
    fs::set_permissions(&liar, fs::Permissions::from_mode(0o755)).unwrap();
    let host = Sshd::with(&["ed25519"], &format!("SetEnv PATH={} HOME=/", bin.display()));
    let path = host.home().join("numbers.txt");
    fs::write(&path, OLD).unwrap();
    let why = said(host.ssh("true").place(list(140)).await);
    assert!(why.contains("(digest differs)"), "{why}");
    assert_eq!((numbers(&host), drafts(&host)), (OLD.into(), 0));
}
