//! Sessions that fall silent are closed, and others are not. Time passes by a clock of the test's own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{Organization, StreamId};
use domain::number_list::{self, Chunk, Counts, Line, Origin, Verdict};
use domain::phone::Phone;
use domain::session::{Command, Completion, Exit, Pinned, Remote};
use karnay::actors::{guardian, watchdog};
use karnay::adapters::system::{SystemClock, SystemIds};
use karnay::dispatch::Meta;
use karnay::journal::lists::ListName;
use karnay::ports::{Clock, Ids as _};
use serde_json::Value;

use crate::http_world::{Floor, now};

/// The system's clock, an hour ahead.
#[derive(Debug)]
struct Ahead(TimeDelta);

impl Clock for Ahead {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + self.0
    }
}

fn open(total: Option<u32>) -> Command {
    let list = total.map(|total| Pinned { id: SystemIds.uuid(), total });
    let (id, completion) = (SystemIds.uuid(), Completion::Results);
    Command::Open { id, remote: Remote::Local, list, completion, at: now() }
}

fn back() -> Command {
    Command::Return { exit: Exit { code: Some(0), ..Exit::default() }, heard: false, at: now() }
}

async fn floor() -> Floor {
    let floor = Floor::new().await;
    for (name, commands) in [
        ("listed", vec![open(Some(2)), Command::Launch { at: now() }, back()]),
        ("commanding", vec![open(None), Command::Launch { at: now() }]),
        ("pending", vec![open(Some(2))]),
        ("reopened", vec![open(None), Command::Launch { at: now() }, fail(), Command::Reopen { at: now() }]),
    ] {
        for command in commands {
            floor.command("1", name, command).await;
        }
    }
    floor
}

fn fail() -> Command {
    Command::Fail { reason: "lost".to_owned(), at: now() }
}

async fn statuses(floor: &Floor) -> [Value; 4] {
    let status =
        async |name: &str| floor.get(&format!("/calls/session/{name}")).await.json()["status"].clone();
    [status("listed").await, status("commanding").await, status("pending").await, status("reopened").await]
}

fn watch(floor: &Floor, ahead: TimeDelta) -> guardian::Handle {
    let ward = watchdog::ward(watchdog::Options {
        since: DateTime::UNIX_EPOCH,
        journal: floor.journal.clone(),
        screens: floor.screens.clone(),
        dispatch: floor.dispatch.clone(),
        clock: Arc::new(Ahead(ahead)),
        idle: TimeDelta::hours(1),
        kept: floor.kept(),
    });
    guardian::start(guardian::Limits::default(), vec![ward]).unwrap()
}

#[actix_web::test]
async fn a_silent_session_is_closed_and_counts_what_is_missing() {
    let floor = floor().await;
    let (guardian, began) = (watch(&floor, TimeDelta::hours(1)), Instant::now());
    loop {
        let known = statuses(&floor).await;
        if known == ["COMPLETED", "RUNNING", "PENDING", "COMPLETED"] {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{known:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let closed = floor.get("/calls/session/listed").await.json();
    assert_eq!((&closed["unreportedNumbers"], &closed["hasError"]), (&2.into(), &false.into()));
    assert_eq!(
        closed["remoteResponse"],
        "Call process completed successfully. Total: 2, Connected: 0, Failed: 0"
    );
    guardian.stop().await;
}

#[actix_web::test]
async fn a_session_that_was_heard_of_lately_is_left_alone() {
    let floor = floor().await;
    let guardian = watch(&floor, TimeDelta::minutes(59));
    let began = Instant::now();
    // Until it has looked at least once.
    while guardian.progress().iter().all(|ward| ward.beats < 3) {
        assert!(began.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(statuses(&floor).await, ["RUNNING", "RUNNING", "PENDING", "RUNNING"]);
    guardian.stop().await;
}

/// An upload whose client is gone, and one that became a list: a day later the first is gone too.
#[actix_web::test]
async fn what_uploads_left_behind_is_removed_a_day_later() {
    let floor = Floor::new().await;
    let organization = Organization::parse("1").unwrap();
    let (broken, accepted) = (SystemIds.uuid(), SystemIds.uuid());
    let mut digests = vec![];
    for list in [broken, accepted] {
        let mut making = floor.dispatch.lists().make(organization.clone(), list).unwrap();
        let verdict = Verdict::Accepted(Phone::stored("+998901234567"));
        let lines = vec![Line { row: 1, value: "+998901234567".to_owned(), verdict }];
        let chunks = making.seal(vec![Chunk { number: 0, lines }], now()).unwrap();
        making.store(chunks).await.unwrap();
        digests.push(making.finish());
    }
    let counts = Counts { rows: 1, numbers: 1, chunks: 1, ..Counts::default() };
    let digest = digests.remove(1);
    let accept =
        number_list::Command::Accept { id: accepted, origin: Origin::Text, counts, digest, at: now() };
    let meta = Meta { circumstances: Arc::default(), command: None };
    let stream = StreamId::number_list(&organization, accepted);
    floor.dispatch.number_list(stream, accept, meta).await.unwrap();
    let stored = async |list| {
        let name = ListName { organization: organization.clone(), list };
        floor.journal.chunks(&name, 0, 9).await.unwrap().len()
    };

    let (guardian, began) = (watch(&floor, TimeDelta::hours(25)), Instant::now());
    while stored(broken).await > 0 {
        assert!(began.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(stored(accepted).await, 1);
    guardian.stop().await;
}
