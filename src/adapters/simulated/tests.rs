//! The port's front: answers as the real remote gives them, the list that is kept, nobody dialled without one.

use futures_util::TryStreamExt as _;
use serde_json::Value;

use super::*;
use crate::adapters::system::SystemClock;

fn host(folder: PathBuf) -> Simulated {
    let url = "http://127.0.0.1:9/calls/result".parse().unwrap();
    let options = Options {
        seed: 7,
        pace: PACE,
        webhook: Webhook { url, proof: None },
        recordings: "/r/".to_owned(),
        clock: Arc::new(SystemClock),
    };
    Simulated::open(options, folder).unwrap()
}

fn session() -> SessionId {
    SessionId::parse("session-1-abc").unwrap()
}

#[tokio::test]
async fn it_answers_as_the_remote_does_and_without_a_list_dials_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path().join("simulated"));
    let exit = host.launch("launch/1/session-1-abc/1", &session()).await.unwrap();
    assert!(exit.success());
    let said: Value = serde_json::from_str(&exit.stdout).unwrap();
    let expected =
        json!({ "message": "Call process started", "sessionId": "session-1-abc", "simulated": true });
    assert_eq!(said, expected);
    assert_eq!(host.ask("launch/1/session-1-abc/1").await, Ok(Known::Untold));
    assert!(host.server().progress().is_empty());
    assert!(!folder.path().join("simulated").exists(), "nothing was placed, nothing is kept");
}

#[tokio::test]
async fn a_list_replaces_the_one_before_and_outlives_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let first = host(folder.path().to_owned());
    first.place(Bytes::from_static(b"+998901234567\n+998901234568\n")).await.unwrap();
    first.place(Bytes::from_static(b"+998901234569\n")).await.unwrap();
    assert_eq!(std::fs::read(folder.path().join("numbers.txt")).unwrap(), b"+998901234569\n");
    let second = host(folder.path().to_owned());
    second.launch("launch/1/session-1-abc/1", &session()).await.unwrap();
    assert_eq!(second.server().progress()[0].tally.total, 1);
}

#[tokio::test]
async fn one_session_is_not_dialled_twice_at_once_and_can_be_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path().to_owned());
    host.place(Bytes::from_static(b"+998901234567\n")).await.unwrap();
    for attempt in ["launch/1/session-1-abc/1", "launch/1/session-1-abc/2"] {
        host.launch(attempt, &session()).await.unwrap();
    }
    assert_eq!(host.server().progress().len(), 1);
    let exit = host.stop(&session()).await.unwrap().unwrap();
    assert!(exit.success() && exit.stdout.contains("Call process stopped"));
}

#[tokio::test]
async fn a_recording_is_read_from_any_byte_on() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(folder.path().to_owned());
    let read = |from| {
        let host = &host;
        async move {
            let recording = host.recording("abc.wav", from).await.unwrap().unwrap();
            let pieces: Vec<Bytes> = recording.bytes.try_collect().await.unwrap();
            (recording.size, recording.version, pieces.concat())
        }
    };
    let (whole, rest, nothing) = (read(0).await, read(100).await, read(u64::MAX).await);
    assert_eq!((rest.0, &rest.1), (whole.0, &whole.1));
    assert_eq!(rest.2, whole.2[100..]);
    assert!(nothing.2.is_empty());
    assert!(host.recording("../secret", 0).await.unwrap().is_none());
}
