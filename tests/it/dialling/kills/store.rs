//! The engine's store, looked at from beside the engine, and held so that it takes nothing for a while.

use std::path::Path;

use rusqlite::Connection;
use serde_json::Value;
use sqlx::postgres::PgConnection;
use sqlx::{Executor as _, Row as _};

use super::moment::Moment;
use crate::postgres::connect;

/// What the agent is told to ring, once: how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Effect {
    /// The name that the agent knows it by.
    pub(super) key: String,
    pub(super) state: String,
    pub(super) fence: i64,
}

/// An event that marks a moment, and the call that it is of, where it is one's.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) key: Option<String>,
    pub(super) stream: String,
}

pub(super) enum Store {
    Sqlite(Box<Connection>),
    Postgres(PgConnection),
}

impl Store {
    pub(super) fn sqlite(data: &Path) -> Self {
        let file = Connection::open(data.join("journal.db")).unwrap();
        file.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
        Self::Sqlite(Box::new(file))
    }

    pub(super) async fn postgres(url: &str) -> Self {
        Self::Postgres(connect(url).await)
    }

    /// Rows of text.
    async fn ask(&mut self, sql: &str) -> Vec<Vec<String>> {
        match self {
            Self::Sqlite(file) => {
                let mut select = file.prepare_cached(sql).unwrap();
                let width = select.column_count();
                let row = |row: &rusqlite::Row<'_>| (0..width).map(|n| row.get::<_, String>(n)).collect();
                select.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
            }
            Self::Postgres(connection) => {
                let rows = connection.fetch_all(sqlx::raw_sql(sql)).await.unwrap();
                let row = |row: &sqlx::postgres::PgRow| (0..row.len()).map(|n| row.get(n)).collect();
                rows.iter().map(row).collect()
            }
        }
    }

    async fn tell(&mut self, sql: &str) {
        match self {
            Self::Sqlite(file) => file.execute_batch(sql).unwrap(),
            Self::Postgres(connection) => drop(connection.execute(sqlx::raw_sql(sql)).await.unwrap()),
        }
    }

    /// From now on nothing is stored. PostgreSQL lets an append write its rows and waits with the whole of it, uncommitted.
    pub(super) async fn hold(&mut self) {
        let sql = match self {
            Self::Sqlite(_) => "BEGIN IMMEDIATE",
            Self::Postgres(_) => {
                "BEGIN; LOCK TABLE policies, effects IN SHARE ROW EXCLUSIVE MODE; SELECT 1 FROM journal_head FOR UPDATE"
            }
        };
        self.tell(sql).await;
    }

    /// Only what policies want is not stored.
    pub(super) async fn hold_policies(&mut self) {
        if matches!(self, Self::Postgres(_)) {
            self.tell("BEGIN; LOCK TABLE policies, effects IN SHARE ROW EXCLUSIVE MODE").await;
        }
    }

    pub(super) async fn let_go(&mut self) {
        match self {
            Self::Sqlite(file) if file.is_autocommit() => {}
            Self::Sqlite(_) | Self::Postgres(_) => self.tell("ROLLBACK").await,
        }
    }

    /// Whether somebody waits for what is held; SQLite does not tell.
    pub(super) async fn has_a_waiter(&mut self) -> Option<bool> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(_) => {
                let sql = "SELECT CAST(count(*) AS text) FROM pg_locks WHERE NOT granted";
                Some(self.ask(sql).await[0][0] != "0")
            }
        }
    }

    /// From now on nobody who has taken an effect comes to renew its lease, which is what goes before asking the agent. PostgreSQL's alone.
    pub(super) async fn hold_renewals(&mut self) {
        let sql = "SELECT pg_advisory_lock(1); \
                   CREATE FUNCTION stand_still() RETURNS trigger LANGUAGE plpgsql AS \
                   'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NEW; END'; \
                   CREATE TRIGGER stand_still BEFORE UPDATE ON effects FOR EACH ROW \
                   WHEN (OLD.state = 'sent' AND NEW.state = 'sent') EXECUTE FUNCTION stand_still()";
        self.tell(sql).await;
    }

    pub(super) async fn until_a_renewal_waits(&mut self) {
        let sql = "SELECT CAST(pid AS text) FROM pg_stat_activity WHERE wait_event = 'advisory'";
        for _ in 0..3_000 {
            if !self.ask(sql).await.is_empty() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("no lease is renewed");
    }

    /// Of those who are connected from now on.
    pub(super) async fn let_renewals_go(&mut self) {
        self.tell(
            "DROP TRIGGER stand_still ON effects; DROP FUNCTION stand_still; SELECT pg_advisory_unlock(1)",
        )
        .await;
    }

    /// Nobody else is connected any more. PostgreSQL's alone.
    pub(super) async fn cut_off(&mut self) {
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        self.tell(sql).await;
    }

    /// The engine is dead: its leases run out. SQLite's start does as much by itself, PostgreSQL's nodes would wait for them.
    pub(super) async fn leases_run_out(&mut self) {
        if matches!(self, Self::Postgres(_)) {
            self.tell("UPDATE effects SET due_at = 0 WHERE state = 'sent'; DELETE FROM leases").await;
        }
    }

    pub(super) async fn end(&mut self) -> i64 {
        let sql = "SELECT CAST(coalesce(max(position), 0) AS text) FROM events";
        self.ask(sql).await[0][0].parse().unwrap()
    }

    /// What marks a moment among the events after a position, which moves on to the last one.
    pub(super) async fn marks(&mut self, moment: Moment, after: &mut i64) -> Vec<Mark> {
        let sql = format!(
            "SELECT CAST(position AS text), aggregate_type, event_type, aggregate_id, CAST(payload AS text) \
             FROM events WHERE position > {after} ORDER BY position"
        );
        let mut marks = vec![];
        for row in self.ask(&sql).await {
            *after = row[0].parse().unwrap();
            let payload: Value = serde_json::from_str(&row[4]).unwrap();
            if moment.is_marked_by(&row[1], &row[2], &payload) {
                let call = payload[&row[2]]["call"].as_str();
                let key = call.filter(|_| row[1] == "target").map(|call| format!("{}/{call}", row[3]));
                marks.push(Mark { key, stream: row[3].clone() });
            }
        }
        marks
    }

    /// Every effect that has the agent ring, and is not done.
    pub(super) async fn open_calls(&mut self) -> Vec<Effect> {
        let sql = "SELECT intent, state, CAST(fence AS text) FROM effects WHERE state <> 'done' \
                   AND intent LIKE '{\"place_call\"%' ORDER BY id";
        let rows = self.ask(sql).await;
        rows.into_iter().map(|row| effect(&row)).collect()
    }

    /// The one of a call; none where none was made of it. Of one that is over, too.
    pub(super) async fn call(&mut self, key: &str) -> Option<Effect> {
        let call = key.rsplit('/').next().unwrap();
        let sql = format!(
            "SELECT intent, state, CAST(fence AS text) FROM effects WHERE intent LIKE '{{\"place_call\"%{call}%'"
        );
        self.ask(&sql).await.first().map(|row| effect(row))
    }

    /// The names of what is stored of a call's contact, or of everything in a campaign: the stream begins so.
    pub(super) async fn stored(&mut self, stream: &str, call: &str) -> Vec<String> {
        let sql = format!(
            "SELECT event_type FROM events WHERE aggregate_type = 'target' AND aggregate_id LIKE '{stream}%' \
             AND CAST(payload AS text) LIKE '%{call}%' ORDER BY position"
        );
        self.ask(&sql).await.into_iter().map(|mut row| row.remove(0)).collect()
    }

    /// Effects of any kind that somebody took and has not done with.
    pub(super) async fn held_leases(&mut self) -> usize {
        self.ask("SELECT id FROM effects WHERE state = 'sent'").await.len()
    }
}

fn effect(row: &[String]) -> Effect {
    let intent: Value = serde_json::from_str(&row[0]).unwrap();
    let part = |name: &str| intent["place_call"][name].as_str().unwrap().to_owned();
    let key = ["organization", "campaign", "contact", "call"].map(part).join("/");
    Effect { key, state: row[1].clone(), fence: row[2].parse().unwrap() }
}
