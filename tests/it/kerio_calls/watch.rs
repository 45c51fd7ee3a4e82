//! How the watch stands, and asking for a synchronization.

use actix_web::http::Method;
use domain::pbx::{Gap, Refusal, Synced};
use karnay::actors::pbx::handle::{self, Ask, Progress, Standing, WatchEnd};
use karnay::adapters::disk::Disk;

use super::listening::Box_;
use super::*;

/// A floor with a watch over organization 1's exchange, and the watcher's end of it.
async fn watched() -> (Floor, WatchEnd) {
    let (watch, end) = handle::watch(Organization::parse("1").unwrap(), Standing::new("jsonrpc", true));
    let folder = std::env::temp_dir();
    let disk = Arc::new(Disk::new(folder.clone(), 0));
    let exchange = karnay::adapters::recordings::Exchange { pbx: Arc::new(Box_::silent()), folder, disk };
    (Floor::at_exchange(exchange, watch).await, end)
}

async fn say(floor: &Floor, command: domain::pbx::Command) {
    let meta = Meta { circumstances: Arc::new(Circumstances::default()), command: None };
    let stream = StreamId::pbx(&Organization::parse("1").unwrap());
    floor.dispatch.pbx(stream, command, meta).await.unwrap();
}

#[actix_web::test]
async fn without_an_exchange_there_is_nothing_to_synchronize() {
    let floor = Floor::new().await;
    let status = floor.get("/kerio/status").await.json();
    assert_eq!((&status["configured"], &status["connected"]), (&json!(false), &json!(false)));
    assert_eq!((&status["driver"], &status["gaps"]), (&json!(null), &json!([])));
    let answer = floor.ask(near(Method::POST, "/kerio/sync")).await;
    assert_eq!((answer.status, &*answer.problem()), (409, "exchange-unset"));
}

#[actix_web::test]
async fn the_status_is_what_the_watcher_and_the_journal_know() {
    let (floor, end) = watched().await;
    let why = Gap::Unreachable;
    say(&floor, domain::pbx::Command::Miss { from: at(0), to: at(60), why, at: at(60) }).await;
    let synced = Synced { through: Some(at(50)), rows: 7, new: 3, at: at(70) };
    say(&floor, domain::pbx::Command::Sync(synced)).await;
    let before = floor.get("/kerio/status").await.json();
    assert_eq!(
        [&before["configured"], &before["watching"], &before["connected"], &before["simulated"]],
        [true, false, false, true].map(|one| json!(one)).each_ref()
    );
    assert_eq!(
        (&before["lastSync"], &before["organization"]),
        (&json!("2025-10-06T18:31:10.000Z"), &json!("1"))
    );
    let gap =
        json!({ "from": "2025-10-06T18:30:00.000Z", "to": "2025-10-06T18:31:00.000Z", "why": "unreachable" });
    assert_eq!((&before["gaps"], &before["gapsTotal"]), (&json!([gap]), &json!(1)));

    end.tell(|standing| {
        (standing.watching, standing.connected, standing.last_poll) = (true, true, Some(at(80)));
        (standing.next_sync, standing.clock_offset_ms) = (Some(at(370)), Some(-1_250));
        standing.syncing = Some(Progress { rows: 400, total: Some(1_000) });
    });
    let now = floor.get("/kerio/status").await.json();
    for (name, wanted) in [
        ("watching", json!(true)),
        ("connected", json!(true)),
        ("driver", json!("jsonrpc")),
        ("lastPoll", json!("2025-10-06T18:31:20.000Z")),
        ("nextSync", json!("2025-10-06T18:36:10.000Z")),
        ("clockOffsetMs", json!(-1_250)),
        ("progress", json!({ "rows": 400, "total": 1_000 })),
        ("refused", json!(null)),
    ] {
        assert_eq!(now[name], wanted, "{name}");
    }
    say(&floor, domain::pbx::Command::Refuse { why: Refusal::Password, at: at(90) }).await;
    let refused = floor.get("/kerio/status").await.json();
    assert_eq!(
        (&refused["refused"], &refused["refusedAt"]),
        (&json!("password"), &json!("2025-10-06T18:31:30.000Z"))
    );
}

#[actix_web::test]
async fn a_synchronization_is_asked_for_once_and_only_where_somebody_watches() {
    let (floor, end) = watched().await;
    let ask = async || floor.ask(near(Method::POST, "/kerio/sync")).await;
    let early = ask().await;
    assert_eq!((early.status, &*early.problem()), (503, "exchange-unwatched"));
    end.tell(|standing| standing.watching = true);
    let (first, second) = (ask().await, ask().await);
    assert_eq!((first.status, second.status), (202, 202));
    assert_ne!(first.json()["message"], second.json()["message"]);
    assert_eq!(end.asked().await, Some(Ask::SyncNow));
    let again = tokio::time::timeout(std::time::Duration::from_millis(50), end.asked()).await;
    assert!(again.is_err(), "what is asked for twice is asked for once");
    let auditor = bearer(
        &json!({ "organizationId": "1", "role": "auditor", "exp": crate::http_world::in_seconds(60) }),
    );
    let refused = floor.ask(near(Method::POST, "/kerio/sync").insert_header(auditor)).await;
    assert_eq!(refused.problem(), "role-too-low");
    let theirs =
        bearer(&json!({ "organizationId": "2", "role": "admin", "exp": crate::http_world::in_seconds(60) }));
    let other = floor.ask(near(Method::POST, "/kerio/sync").insert_header(theirs.clone())).await;
    assert_eq!(other.problem(), "exchange-unset");
    let seen = floor.ask(near(Method::GET, "/kerio/status").insert_header(theirs)).await.json();
    assert_eq!((&seen["configured"], &seen["organization"]), (&json!(false), &json!("2")));
}
