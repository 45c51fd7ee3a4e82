//! Recordings read from where one asks, and only from their folder.

use std::fs;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use karnay::adapters::ssh::{Options, Ssh};
use karnay::ports::{Recording, RemoteHost as _, Trouble};

use crate::sshd::Sshd;

async fn bytes(recording: Recording) -> Vec<u8> {
    let pieces: Vec<_> = recording.bytes.collect().await;
    pieces.into_iter().flat_map(|piece| piece.unwrap().to_vec()).collect()
}

#[tokio::test]
async fn a_recording_is_read_from_where_one_asks() {
    let server = Sshd::start();
    let (ssh, folder) = (server.ssh("true"), server.home().join("recordings"));
    assert!(ssh.recording("call.mp3", 0).await.unwrap().is_none(), "not there yet");
    let sound: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
    fs::create_dir_all(folder.join("today")).unwrap();
    fs::write(folder.join("today/call.mp3"), &sound).unwrap();
    let size = u64::try_from(sound.len()).unwrap();
    for from in [0, 1, 7_654_321, size] {
        let recording = ssh.recording("today/call.mp3", from).await.unwrap().unwrap();
        assert_eq!(recording.size, size);
        assert!(bytes(recording).await == sound[usize::try_from(from).unwrap()..], "from {from}");
    }
    assert!(ssh.recording("today", 0).await.unwrap().is_none(), "a folder is no recording");
}

#[tokio::test]
async fn a_recording_that_changed_has_another_version() {
    let server = Sshd::start();
    let (ssh, folder) = (server.ssh("true"), server.home().join("recordings"));
    fs::create_dir(&folder).unwrap();
    let mut versions = vec![];
    for sound in ["short", "longer"] {
        fs::write(folder.join("call.mp3"), sound).unwrap();
        versions.push(ssh.recording("call.mp3", 0).await.unwrap().unwrap().version);
    }
    assert_ne!(versions[0], versions[1]);
}

#[tokio::test]
async fn no_name_leads_out_of_the_folder() {
    let server = Sshd::start();
    let (ssh, folder) = (server.ssh("true"), server.home().join("recordings"));
    fs::create_dir(&folder).unwrap();
    fs::write(server.home().join("secret"), "a secret").unwrap();
    fs::write(folder.join("call.mp3"), "a call").unwrap();
    assert!(ssh.recording("call.mp3", 0).await.unwrap().is_some());
    let outside = server.home().join("secret").display().to_string();
    for name in ["../secret", "x/../../secret", outside.as_str(), "", ".", "..", "call.mp3\0"] {
        assert!(ssh.recording(name, 0).await.unwrap().is_none(), "{name:?}");
    }
}

/// Whoever has gone away holds no connection, and a crowd is asked to come again.
#[tokio::test]
async fn few_are_read_at_the_same_time_and_places_are_given_back() {
    let server = Sshd::start();
    let (ssh, folder) = (server.ssh("true"), server.home().join("recordings"));
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("call.mp3"), vec![7; 4 << 20]).unwrap();
    let mut heard = vec![];
    let refusal = loop {
        match ssh.recording("call.mp3", 0).await {
            Ok(recording) => heard.push(recording.unwrap()),
            Err(why) => break why,
        }
        assert!(heard.len() < 20, "there is no limit");
    };
    assert!(matches!(refusal, Trouble::Later { .. }), "{refusal:?}");
    heard.clear();
    let began = Instant::now();
    while let Err(why) = ssh.recording("call.mp3", 0).await {
        assert!(began.elapsed() < Duration::from_secs(20), "no place is given back: {why}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_recording_is_removed_once_and_nothing_else_is() {
    let server = Sshd::start();
    let (ssh, folder) = (server.ssh("true"), server.home().join("recordings"));
    assert!(!ssh.remove_recording("call.mp3").await.unwrap(), "there is no folder");
    fs::create_dir_all(folder.join("today")).unwrap();
    fs::write(folder.join("today/call.mp3"), "RIFF").unwrap();
    fs::write(server.home().join("secret"), "secret").unwrap();
    for name in ["", "..", "../secret", "today/../../secret", "/etc/passwd", "today/call.mp3\0"] {
        assert!(!ssh.remove_recording(name).await.unwrap(), "{name:?}");
    }
    assert!(ssh.remove_recording("today").await.is_err(), "a folder is no recording");
    for was_there in [true, false] {
        assert_eq!(ssh.remove_recording("today/call.mp3").await.unwrap(), was_there);
    }
    assert!(server.home().join("secret").exists() && folder.join("today").exists());
}

#[tokio::test]
async fn a_host_that_dies_while_it_is_listened_to_ends_in_an_error() {
    let server = Sshd::start();
    let folder = server.home().join("recordings");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("call.mp3"), vec![7; 16 << 20]).unwrap();
    let ssh = Ssh::new(Options { patience: Duration::from_secs(2), ..server.options("true") });
    let mut recording = ssh.recording("call.mp3", 0).await.unwrap().unwrap();
    assert!(recording.bytes.next().await.unwrap().is_ok());
    assert!(server.signal_sessions("-KILL"));
    let mut last = None;
    while let Some(piece) = recording.bytes.next().await {
        last = Some(piece);
    }
    assert!(last.unwrap().is_err(), "it looks like a short recording");
}
