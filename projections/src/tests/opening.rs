//! Opening what cannot be used: one clear line, and nothing changed.

use std::sync::Arc;

use super::facts::{Happening, Journal};
use super::world::{World, feed, options};
use crate::error::Error;
use crate::follow::Follower;
use crate::screens::{Screens, Store};
use crate::session_stats::SessionStats;

async fn refused(store: &Store) -> String {
    let Err(Error::Open(line)) = Screens::open(options(store)).await else { panic!("it was opened") };
    assert!(!line.contains('\n'), "{line}");
    line
}

#[tokio::test]
async fn a_file_of_another_kind_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("screens.db");
    std::fs::write(&path, "not a database, but somebody's only copy of something".repeat(40)).unwrap();
    let before = std::fs::read(&path).unwrap();
    assert!(refused(&Store::Sqlite(path.clone())).await.contains("not a database"));
    assert_eq!(std::fs::read(&path).unwrap(), before);

    let path = folder.path().join("other.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("create table theirs (a)").unwrap();
    assert!(refused(&Store::Sqlite(path)).await.contains("something else"));
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    assert!(refused(&Store::Sqlite("/nowhere/at/all/screens.db".into())).await.contains("/nowhere/at/all"));
}

#[tokio::test]
async fn a_newer_format_is_refused() {
    for world in World::each().await {
        match &world.store {
            Store::Sqlite(path) => {
                rusqlite::Connection::open(path)
                    .unwrap()
                    .execute_batch("update format set version = 99")
                    .unwrap();
            }
            Store::Postgres(pool) => {
                sqlx::query("update screens.format set version = 99").execute(pool).await.unwrap();
            }
        }
        assert!(refused(&world.store).await.contains("start the newer one"));
    }
}

#[tokio::test]
async fn a_table_in_the_way_of_a_view_is_named() {
    let Some(pool) = super::postgres::database().await else { return };
    sqlx::query("create table public.call_results (id text)").execute(&pool).await.unwrap();
    assert!(refused(&Store::Postgres(pool)).await.contains("public.call_results exists and is no view"));
}

/// The names that operators were promised, each with the times they ask for; the names of before are gone.
#[tokio::test]
async fn operators_find_views_under_their_promised_names() {
    let Some(pool) = super::postgres::database().await else { return };
    let store = Store::Postgres(pool.clone());
    drop(Screens::open(options(&store)).await.unwrap());
    let formers = [("auto_contacts", "contact_book"), ("auto_campaigns", "campaign_board")];
    for (former, screen) in formers {
        let view = format!("create view public.{former} as select stream, created_at from screens.{screen}");
        sqlx::query(&view).execute(&pool).await.unwrap();
    }
    drop(Screens::open(options(&store)).await.unwrap());
    for view in ["auto_call_contacts", "auto_call_campaigns", "call_sessions", "call_results"] {
        let kind = format!("select pg_typeof(max(created_at))::text from public.{view}");
        let kind: String = sqlx::query_scalar(&kind).fetch_one(&pool).await.unwrap();
        assert_eq!(kind, "timestamp with time zone", "{view}");
    }
    for (former, _) in formers {
        assert!(!there(&pool, former).await, "{former}");
    }
}

/// Somebody else's view may have the name, and somebody may have built on ours.
#[tokio::test]
async fn a_former_view_that_is_needed_stays() {
    let Some(pool) = super::postgres::database().await else { return };
    let store = Store::Postgres(pool.clone());
    drop(Screens::open(options(&store)).await.unwrap());
    for view in [
        "auto_contacts as select 1 as theirs",
        "auto_campaigns as select stream from screens.campaign_board",
        "theirs as select stream from public.auto_campaigns",
    ] {
        sqlx::query(&format!("create view public.{view}")).execute(&pool).await.unwrap();
    }
    drop(Screens::open(options(&store)).await.unwrap());
    for view in ["auto_contacts", "auto_campaigns", "theirs"] {
        assert!(there(&pool, view).await, "{view}");
    }
}

async fn there(pool: &sqlx::PgPool, view: &str) -> bool {
    let there = "select to_regclass('public.' || $1) is not null";
    sqlx::query_scalar(there).bind(view).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn nodes_may_start_at_once() {
    let Some(pool) = super::postgres::database().await else { return };
    let store = Arc::new(Store::Postgres(pool));
    let starts = (0..6).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { Screens::open(options(&store)).await.map(drop) })
    });
    for start in starts.collect::<Vec<_>>() {
        start.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn screens_of_another_journal_are_begun_anew() {
    let journal = Journal::of(&[Happening::Open { session: 0 }, Happening::Launch { session: 0 }]);
    for world in World::each().await {
        feed(&mut Follower::<SessionStats>::open(&world.screens).await.unwrap(), &journal, &[9]).await;
        assert!(world.screens.forget_beyond(2).await.unwrap().is_empty());
        assert_eq!(world.screens.forget_beyond(1).await.unwrap(), ["session_stats"]);
        assert!(world.sessions().await.is_empty());
        let mut follower = Follower::<SessionStats>::open(&world.screens).await.unwrap();
        assert_eq!(follower.position(), 0);
        feed(&mut follower, &journal, &[9]).await;
        assert_eq!(world.sessions().await.len(), 1);
        world.screens.close().await.unwrap();
    }
}
