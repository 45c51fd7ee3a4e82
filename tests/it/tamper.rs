//! R13: one byte changed, one event dropped: `karnay verify` names the place, whatever the column.

use rusqlite::Connection;

use crate::contacts::Desk;
use crate::world::{World, report};

const SESSION: &str = "session-1738862891234-abc123";
const EVENTS: u32 = 40;

/// Each change, and the position that verify has to name. The 20th event is somewhere in the middle.
const CHANGES: &[&str] = &[
    "UPDATE events SET aggregate_type = 'cell' WHERE position = 20",
    "UPDATE events SET aggregate_id = replace(aggregate_id, 'session', 'sessiom') WHERE position = 20",
    "UPDATE events SET sequence = sequence + 1 WHERE position = 20",
    "UPDATE events SET event_type = 'repeated' WHERE position = 20",
    "UPDATE events SET event_version = '2' WHERE position = 20",
    "UPDATE events SET metadata = replace(metadata, 'webhook', 'webhooj') WHERE position = 20",
    "UPDATE events SET occurred_at = occurred_at + 1 WHERE position = 20",
    "UPDATE events SET recorded_at = recorded_at + 1 WHERE position = 20",
    "DELETE FROM events WHERE position = 20",
];

const PAYLOAD: &str =
    "UPDATE events SET payload = replace(payload, 'ANSWERED', 'ANSWEREE') WHERE position = 20";

async fn filled(world: &mut World) {
    world.start().await;
    for number in 0..EVENTS {
        assert_eq!(world.report(&report(SESSION, number)).await.unwrap().status(), 200);
    }
    assert!(world.stop().success());
    let untouched = world.verify();
    assert!(untouched.status.success(), "{}", String::from_utf8_lossy(&untouched.stderr));
}

fn names_the_place(world: &World, change: &str, place: &str) {
    let out = world.verify();
    let said = String::from_utf8_lossy(&out.stderr).into_owned() + &String::from_utf8_lossy(&out.stdout);
    assert_eq!(out.status.code(), Some(1), "{change}: {said}");
    assert!(said.contains(place), "{change} was not placed: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_to_sqlite_shows() {
    let mut world = World::sqlite();
    filled(&mut world).await;
    let file = world.data().join("journal.db");
    let whole = std::fs::read(&file).unwrap();
    let blobs = [
        ("UPDATE events SET hash = zeroblob(32) WHERE position = 20", "20"),
        (
            "UPDATE batches SET digest = zeroblob(32) WHERE last = (SELECT min(last) FROM batches WHERE last >= 20)",
            "20",
        ),
        (
            "UPDATE batches SET recorded_at = recorded_at - 1 WHERE last = (SELECT min(last) FROM batches WHERE last >= 20)",
            "20",
        ),
        ("DELETE FROM batches WHERE last = (SELECT min(last) FROM batches WHERE last >= 20)", "20"),
    ];
    let texts = CHANGES.iter().chain([&PAYLOAD]).map(|change| (*change, "20"));
    for (change, place) in texts.chain(blobs) {
        std::fs::write(&file, &whole).unwrap();
        let connection = Connection::open(&file).unwrap();
        let drop = "DROP TRIGGER events_are_not_changed; DROP TRIGGER events_are_not_removed;
                    DROP TRIGGER batches_are_not_changed; DROP TRIGGER batches_are_not_removed;";
        connection.execute_batch(drop).unwrap();
        assert_eq!(connection.execute(change, []).unwrap(), 1, "{change}");
        connection.close().unwrap();
        names_the_place(&world, change, place);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_byte_in_the_file_shows() {
    let mut world = World::sqlite();
    filled(&mut world).await;
    let file = world.data().join("journal.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let needle = b"\"status\":\"ANSWERED\"";
    let place = bytes.windows(needle.len()).rposition(|window| window == needle).unwrap();
    bytes[place + 12] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    names_the_place(&world, "a flipped bit", "position");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_defends_itself() {
    let mut world = World::sqlite();
    filled(&mut world).await;
    let connection = Connection::open(world.data().join("journal.db")).unwrap();
    for change in ["UPDATE events SET payload = '{}'", "DELETE FROM events", "DELETE FROM batches"] {
        let refused = connection.execute(change, []).unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{change}: {refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_to_postgres_shows() {
    use sqlx::Executor;
    let mut world = World::postgres().await;
    filled(&mut world).await;
    let pool = sqlx::PgPool::connect(world.database_url()).await.unwrap();
    let undo = "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT * FROM events;
                ALTER TABLE events DISABLE TRIGGER USER; ALTER TABLE batches DISABLE TRIGGER USER;";
    pool.execute(undo).await.unwrap();
    let payload = "UPDATE events SET payload = replace(payload::text, 'ANSWERED', 'ANSWEREE')::json WHERE position = 20";
    for change in CHANGES.iter().chain([&payload]) {
        let change = change.replace(
            "metadata = replace(metadata, 'webhook', 'webhooj')",
            "metadata = replace(metadata::text, 'webhook', 'webhooj')::json",
        );
        assert_eq!(pool.execute(change.as_str()).await.unwrap().rows_affected(), 1, "{change}");
        names_the_place(&world, &change, "20");
        pool.execute("DELETE FROM events; INSERT INTO events SELECT * FROM kept").await.unwrap();
    }
    names_the_place(&world, "switching the triggers off", "append-only");
    let enable = "ALTER TABLE events ENABLE TRIGGER USER; ALTER TABLE batches ENABLE TRIGGER USER";
    pool.execute(enable).await.unwrap();
    assert!(world.verify().status.success(), "undone");
}

/// A list lies beside the events, and every byte of it is in the digest of the event that accepted it.
const LIST_CHANGES: [&str; 4] = [
    "UPDATE list_chunks SET number = 7 WHERE number = 0",
    "UPDATE list_chunks SET fingerprints = sealed WHERE number = 0",
    "UPDATE list_chunks SET sealed = fingerprints WHERE number = 0",
    "DELETE FROM list_chunks WHERE number = 0",
];

async fn uploaded(world: &mut World) {
    world.set("REMOTE_HOST", "simulated");
    world.start().await;
    assert_eq!(world.upload("a.txt", b"+998901234567\n+998901234568\n").await.0, 200);
    assert!(world.stop().success());
    assert!(world.verify().status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_to_a_list_on_sqlite_shows() {
    let mut world = World::sqlite();
    uploaded(&mut world).await;
    let file = world.data().join("journal.db");
    let whole = std::fs::read(&file).unwrap();
    for change in LIST_CHANGES {
        std::fs::write(&file, &whole).unwrap();
        let connection = Connection::open(&file).unwrap();
        assert_eq!(connection.execute(change, []).unwrap(), 1, "{change}");
        connection.close().unwrap();
        names_the_place(&world, change, "position 1: the list");
    }
}

/// What is told of an import's rows lies there too, and the event that finishes it has the digest.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_to_what_is_told_of_an_import_shows() {
    let mut world = World::sqlite();
    world.start().await;
    let rows = b"firstName,phone\nAli,90 123-45-67\n";
    let (status, answer) = Desk::of(&world, "1", "manager").import("a.csv", rows, "").await;
    assert_eq!(status, 200, "{answer}");
    assert!(world.stop().success());
    assert!(world.verify().status.success());
    let file = world.data().join("journal.db");
    let whole = std::fs::read(&file).unwrap();
    for change in LIST_CHANGES {
        std::fs::write(&file, &whole).unwrap();
        let connection = Connection::open(&file).unwrap();
        assert_eq!(connection.execute(change, []).unwrap(), 1, "{change}");
        connection.close().unwrap();
        names_the_place(&world, change, "position 4: the list");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_to_a_list_on_postgres_shows() {
    use sqlx::Executor;
    let mut world = World::postgres().await;
    uploaded(&mut world).await;
    let pool = sqlx::PgPool::connect(world.database_url()).await.unwrap();
    pool.execute("CREATE TABLE kept AS SELECT * FROM list_chunks").await.unwrap();
    for change in LIST_CHANGES {
        assert_eq!(pool.execute(change).await.unwrap().rows_affected(), 1, "{change}");
        names_the_place(&world, change, "position 1: the list");
        pool.execute("DELETE FROM list_chunks; INSERT INTO list_chunks SELECT * FROM kept").await.unwrap();
    }
    assert!(world.verify().status.success(), "undone");
}
