//! Starts that cannot succeed: one clear line, an exit code, and nothing changed.

use std::path::Path;

use rusqlite::Connection;

use crate::world::World;

/// Runs `serve`, which has to refuse in one line that says what matters.
fn refuses(world: &World, says: &[&str]) {
    let out = world.run(&["serve"]);
    let said = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(2), "{said}");
    assert_eq!(said.trim_end().lines().count(), 1, "one line: {said}");
    for word in says {
        assert!(said.contains(word), "no word of {word:?}: {said}");
    }
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[tokio::test]
async fn a_file_that_is_no_database() {
    let world = World::sqlite();
    std::fs::create_dir_all(world.data()).unwrap();
    let file = world.data().join("journal.db");
    std::fs::write(&file, b"These are the times that try men's souls.".repeat(200)).unwrap();
    let before = bytes(&file);
    refuses(&world, &["journal.db", "not a database"]);
    assert_eq!(bytes(&file), before);
}

#[tokio::test]
async fn a_database_of_a_newer_version() {
    let mut world = World::sqlite();
    world.start().await;
    assert!(world.stop().success());
    let file = world.data().join("journal.db");
    let connection = Connection::open(&file).unwrap();
    connection.execute_batch("PRAGMA user_version = 99").unwrap();
    connection.close().unwrap();
    let before = bytes(&file);
    refuses(&world, &["format 99", "newer"]);
    assert_eq!(bytes(&file), before);
}

#[tokio::test]
async fn a_database_of_another_program() {
    let world = World::sqlite();
    std::fs::create_dir_all(world.data()).unwrap();
    let file = world.data().join("journal.db");
    let connection = Connection::open(&file).unwrap();
    connection.execute_batch("CREATE TABLE notes (text TEXT)").unwrap();
    connection.close().unwrap();
    let before = bytes(&file);
    refuses(&world, &["another program"]);
    assert_eq!(bytes(&file), before);
}

#[tokio::test]
async fn the_wrong_data_key() {
    let mut world = World::sqlite();
    world.start().await;
    assert_eq!(world.report(&crate::world::report("session-1-abc123", 1)).await.unwrap().status(), 200);
    assert!(world.stop().success());
    world.set("DATA_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    refuses(&world, &["DATA_KEY"]);
}

#[tokio::test]
async fn a_url_that_leads_nowhere() {
    let mut world = World::sqlite();
    let nobody = crate::ports::free_port();
    world.set("DATABASE_URL", &format!("postgres://karnay:s3cret@127.0.0.1:{nobody}/karnay"));
    refuses(&world, &["DATABASE_URL"]);
    let said = String::from_utf8(world.run(&["serve"]).stderr).unwrap();
    assert!(!said.contains("s3cret"), "a password is not printed: {said}");
    world.set("DATABASE_URL", "mysql://127.0.0.1/karnay");
    refuses(&world, &["DATABASE_URL", "postgres://"]);
}

#[tokio::test]
async fn a_port_in_use() {
    let world = World::sqlite();
    let _taken = std::net::TcpListener::bind(("127.0.0.1", world.port)).unwrap();
    refuses(&world, &["PORT", &world.port.to_string()]);
}

#[tokio::test]
async fn a_folder_in_use() {
    let mut first = World::sqlite();
    first.start().await;
    let mut second = World::sqlite();
    second.set("DATA_DIR", first.data().to_str().unwrap());
    refuses(&second, &["DATA_DIR", "in use"]);
    assert!(first.ready().await, "the first one does not mind");
}

#[tokio::test]
async fn a_newer_postgres_journal() {
    use sqlx::Executor;
    let mut world = World::postgres().await;
    world.start().await;
    assert!(world.stop().success());
    let pool = sqlx::PgPool::connect(world.database_url()).await.unwrap();
    pool.execute("UPDATE journal_head SET format = 99").await.unwrap();
    refuses(&world, &["format 99", "newer"]);
}

/// The mask asks the telephone library about every number in the log; at this level the library talks as well.
#[tokio::test]
async fn the_loudest_log_is_masked_and_ends() {
    let mut world = World::sqlite();
    world.set("LOG", "trace");
    world.start().await;
    let sent = world.report(&crate::world::report("session-1-abc123", 1_234_567)).await.unwrap();
    assert_eq!(sent.status(), 200);
    assert!(world.ready().await);
    let said = world.said();
    assert!(said.len() > 1_000, "it was loud");
    assert!(!said.contains("998901234567"), "and named nobody");
}

#[tokio::test]
async fn a_second_node_with_another_data_key() {
    let mut first = World::postgres().await;
    first.start().await;
    // Another data folder, so it has no key; and nobody has reported anything yet.
    let mut second = World::sqlite();
    second.set("DATABASE_URL", first.database_url());
    refuses(&second, &["DATA_KEY", "missing"]);
    second.set("DATA_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    refuses(&second, &["DATA_KEY", "same"]);
    assert!(first.ready().await, "the first one does not mind");
}

#[tokio::test]
async fn a_rebuild_where_there_is_nothing() {
    let world = World::sqlite();
    let out = world.run(&["rebuild", "--all"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("there is no journal"));
    assert!(!world.data().exists(), "and nothing was made");
}

#[tokio::test]
async fn what_is_stored_is_nobody_elses() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut world = World::sqlite();
    world.start().await;
    for file in ["journal.db", "journal.db-wal", "data.key", "jwt.secret"] {
        let mode = std::fs::metadata(world.data().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file} has mode {mode:o}");
    }
}
