//! History from a database of postgres-es, whose rows are written here by postgres-es's own repository: all of it or nothing, each once.

use std::fs;

use cqrs_es::persist::{PersistedEventRepository as _, SerializedEvent};
use postgres_es::PostgresEventRepository;
use serde_json::{Value, json};
use sqlx::{Executor as _, PgPool};

use super::said;
use crate::postgres::{Server, Sync};
use crate::world::World;

const SESSION: &str = "session-7-abc123";

/// As postgres-es 0.5 ships it.
const TABLE: &str = "CREATE TABLE events (aggregate_type text NOT NULL, aggregate_id text NOT NULL,
    sequence bigint CHECK (sequence >= 0) NOT NULL, event_type text NOT NULL, event_version text NOT NULL,
    payload json NOT NULL, metadata json NOT NULL, PRIMARY KEY (aggregate_type, aggregate_id, sequence))";

const MAPPING: &str = r#"
[[report]]
aggregate_type = "call"
event_type = "CallEnded"
fields = { sessionId = "/payload/CallEnded/run", phoneNumber = "/payload/CallEnded/phone", callStatus = "/payload/CallEnded/how", callDuration = "/payload/CallEnded/seconds", callStartTime = "/metadata/at" }
statuses = { done = "ANSWERED", silent = "NO_ANSWER" }
"#;

fn event(id: &str, sequence: usize, name: &str, payload: &Value) -> SerializedEvent {
    SerializedEvent {
        aggregate_id: id.to_owned(),
        sequence,
        aggregate_type: "call".to_owned(),
        event_type: name.to_owned(),
        event_version: "1.0".to_owned(),
        payload: json!({ name: payload }),
        metadata: json!({ "at": "2024-03-01T10:00:00Z" }),
    }
}

/// Calls that rang, and ended.
async fn planted(url: &str) {
    let pool = PgPool::connect(url).await.unwrap();
    pool.execute(TABLE).await.unwrap();
    let repository = PostgresEventRepository::new(pool.clone());
    let mut events = vec![];
    for number in 0..10 {
        let (id, how) = (format!("call-{number}"), if number % 2 == 0 { "done" } else { "silent" });
        let ended = json!({ "run": SESSION, "phone": format!("+99890123450{number}"), "how": how, "seconds": 30 * (number % 2) });
        events.push(event(&id, 1, "CallRang", &json!({})));
        events.push(event(&id, 2, "CallEnded", &ended));
    }
    repository.persist::<domain::call::Call>(&events, None).await.unwrap();
    pool.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_taken_in_whole_and_once() {
    let server = Server::own(Sync::Off);
    let url = server.database().await;
    planted(&url).await;
    let mut world = World::sqlite();
    let file = world.folder.path().join("calls.toml");
    let import = |world: &World, more: &[&str]| {
        let mut words = vec!["import", "--from", &url, "--mapping", file.to_str().unwrap()];
        words.extend(more);
        said(&world.run(&words))
    };
    fs::write(&file, MAPPING).unwrap();
    let (code, told) = import(&world, &["--dry-run"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(
        told.contains(
            "call call-0 event 1 (CallRang): is not mapped, nor are others of its type\nand 9 more\n"
        ),
        "{told}"
    );

    let left = format!("{MAPPING}\n[[leave]]\naggregate_type = \"call\"\nevent_type = \"CallRang\"\n");
    fs::write(&file, left.replace("silent = ", "quiet = ")).unwrap();
    let (code, told) = import(&world, &[]);
    assert!(
        code == Some(1)
            && told.contains("silent is not among the statuses")
            && told.contains("nothing was imported"),
        "{told}"
    );
    fs::write(&file, left).unwrap();
    let (code, told) = import(&world, &["--dry-run"]);
    assert!(code == Some(0) && told.ends_with("a dry run: nothing was imported\n"), "{told}");
    assert_eq!(import(&world, &[]).0, Some(1), "no engine runs");

    world.set("UNKNOWN_SESSION", "404");
    world.start().await;
    let (code, told) = import(&world, &[]);
    assert!(
        code == Some(0) && told.contains("imported: 0, known before: 0, kept in quarantine: 10, refused: 0"),
        "{told}"
    );
    assert!(world.stop().success());
    world.set("UNKNOWN_SESSION", "create");
    world.start().await;
    for (new, known) in [(10, 0), (0, 10)] {
        let (code, told) = import(&world, &[]);
        let expected = format!("imported: {new}, known before: {known}, kept in quarantine: 0, refused: 0");
        assert!(code == Some(0) && told.contains(&expected), "{told}");
    }
    let session = world.json(&format!("/calls/session/{SESSION}")).await;
    assert_eq!([&session["processedNumbers"], &session["connectedCalls"]], [10, 5], "{session}");
    let results = world.json(&format!("/calls/session/{SESSION}/results")).await;
    assert_eq!(results[0]["callStartTime"], "2024-03-01T10:00:00.000Z", "it happened then: {results}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_said_without_the_password() {
    let world = World::sqlite();
    let file = world.folder.path().join("calls.toml");
    let import =
        |from: &str| said(&world.run(&["import", "--from", from, "--mapping", file.to_str().unwrap()]));
    let (code, told) = import("postgres://karnay:s3cret@127.0.0.1:1/old");
    assert!(code == Some(2) && told.contains("calls.toml: cannot be read"), "{told}");
    fs::write(&file, MAPPING).unwrap();
    for from in ["postgres://karnay:s3cret@127.0.0.1:1/old", "s3cret"] {
        let (code, told) = import(from);
        assert!(code == Some(2) && told.contains("--from: ") && !told.contains("s3cret"), "{told}");
    }
}
