//! Databases that cannot be used: one clear line, no password in it, and nothing changed.

use std::sync::Arc;
use std::time::Duration;

use karnay::journal::verify::{Place, Reader};
use sqlx::{Executor, Row};
use tokio::time::timeout;

use crate::journal::bed::{Skewed, open};
use crate::postgres::{Server, connect};

async fn complaint(url: &str) -> String {
    let opening = open(Place::Url(url.to_owned()), Arc::new(Skewed::default()));
    let why = timeout(Duration::from_secs(6), opening).await.unwrap().unwrap_err().to_string();
    assert!(!why.contains("secret-of-tests") && !why.contains('\n'), "{why}");
    assert!(why.starts_with("DATABASE_URL: "), "{why}");
    why
}

#[tokio::test]
async fn a_wrong_url_is_named_without_its_password() {
    let server = Server::shared();
    for (url, says) in [
        ("mysql://u:secret-of-tests@h/d".to_owned(), "must begin with postgres://"),
        ("postgres://u:secret-of-tests@h:port/d".into(), "not of the form"),
        (
            "postgres://u:secret-of-tests@127.0.0.1:1/d".into(),
            "database d at 127.0.0.1:1: the server cannot be reached",
        ),
        ("postgres://u:secret-of-tests@no-such-host.invalid/d".into(), "the server cannot be reached"),
        (server.url("absent"), "database \"absent\" does not exist"),
        (
            server.url("postgres").replace("postgres:secret", "nobody:secret"),
            "role \"nobody\" does not exist",
        ),
    ] {
        let why = complaint(&url).await;
        assert!(why.contains(says), "{why}");
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let why = complaint(&format!("postgres://u:secret-of-tests@127.0.0.1:{port}/d")).await;
    assert!(why.contains("timed out"), "{why}");
}

/// Every table with its row count, to see that nothing was changed.
async fn inventory(url: &str) -> Vec<(String, String)> {
    let sql = "SELECT c.relname::text, (SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute
                                        WHERE attrelid = c.oid AND attnum > 0)
               FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') ORDER BY 1";
    let rows = connect(url).await.fetch_all(sql).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get::<Option<String>, _>(1).unwrap_or_default())).collect()
}

#[tokio::test]
async fn another_programs_tables_are_left_alone() {
    let server = Server::shared();
    for table in
        ["CREATE TABLE events (id int)", "CREATE TABLE effects (id int)", "CREATE TABLE journal_head (x int)"]
    {
        let url = server.database().await;
        connect(&url).await.execute(table).await.unwrap();
        let before = inventory(&url).await;
        let why = complaint(&url).await;
        assert!(why.contains("that is not karnay's"), "{why}");
        assert_eq!(inventory(&url).await, before);
    }
}

#[tokio::test]
async fn a_newer_format_is_left_alone() {
    let server = Server::shared();
    let url = server.database().await;
    let journal = open(Place::Url(url.clone()), Arc::new(Skewed::default())).await.unwrap();
    journal.close().await;
    connect(&url).await.execute("UPDATE journal_head SET format = format + 1").await.unwrap();
    let before = inventory(&url).await;
    let why = complaint(&url).await;
    assert!(why.contains("written by a newer karnay"), "{why}");
    assert!(Reader::open(&Place::Url(url.clone())).await.unwrap_err().to_string().contains("newer karnay"));
    assert_eq!(inventory(&url).await, before);
}

#[tokio::test]
async fn a_database_that_cannot_keep_every_letter_is_refused() {
    let server = Server::shared();
    let make = "CREATE DATABASE ascii ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0";
    server.run("postgres", make).await;
    let why = complaint(&server.url("ascii")).await;
    assert!(why.contains("LATIN1"), "{why}");
    assert!(inventory(&server.url("ascii")).await.is_empty());
}

#[tokio::test]
async fn a_reader_changes_nothing() {
    let server = Server::shared();
    let url = server.database().await;
    let why = Reader::open(&Place::Url(url.clone())).await.unwrap_err().to_string();
    assert!(why.contains("there is no journal in it"), "{why}");
    assert!(inventory(&url).await.is_empty());
}
