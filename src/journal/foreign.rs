//! The events of another program that stands on postgres-es 0.5, read in one snapshot and never written: `karnay import` makes of them
//! what its mapping says. They are not of this journal, and nothing in here believes them.

use std::str::FromStr as _;

use futures_util::TryStreamExt as _;
use serde_json::Value;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, Row as _};
use tokio::sync::mpsc;

use super::Error;

/// A row of postgres-es's table `events`.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignEvent {
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub sequence: i64,
    pub event_type: String,
    pub event_version: String,
    pub payload: Value,
    pub metadata: Value,
}

/// There is no order over all of them: each aggregate's come in theirs.
const ALL: &str =
    "SELECT aggregate_type::text, aggregate_id::text, sequence::int8, event_type::text, event_version::text,
                          payload::text, metadata::text
                   FROM events ORDER BY aggregate_type, aggregate_id, sequence";

/// Sends every event there is; ends without a word where nobody listens.
pub async fn read(url: &str, to: mpsc::Sender<ForeignEvent>) -> Result<(), Error> {
    let options = PgConnectOptions::from_str(url);
    // What the parser says may quote the URL, so it is left out.
    let options = options.map_err(|_| {
        Error::Open("--from: it is not of the form postgres://user:password@host:port/database".into())
    })?;
    let options = options.application_name("karnay import").disable_statement_logging();
    let refused = |why: sqlx::Error| Error::Open(format!("--from: {}", super::postgres::plainly(&why)));
    let mut connection = PgConnection::connect_with(&options).await.map_err(refused)?;
    let sent = send_all(&mut connection, &to).await;
    let _ = connection.close().await;
    sent.map_err(refused)
}

async fn send_all(connection: &mut PgConnection, to: &mpsc::Sender<ForeignEvent>) -> sqlx::Result<()> {
    let mut transaction = connection.begin().await?;
    transaction.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
    let mut rows = sqlx::query(ALL).fetch(&mut *transaction);
    while let Some(row) = rows.try_next().await? {
        if to.send(event(&row)?).await.is_err() {
            break;
        }
    }
    Ok(())
}

fn event(row: &PgRow) -> sqlx::Result<ForeignEvent> {
    let json = |column: usize| {
        let text: &str = row.try_get(column)?;
        serde_json::from_str(text).map_err(|why| sqlx::Error::Decode(Box::new(why)))
    };
    Ok(ForeignEvent {
        aggregate_type: row.try_get(0)?,
        aggregate_id: row.try_get(1)?,
        sequence: row.try_get(2)?,
        event_type: row.try_get(3)?,
        event_version: row.try_get(4)?,
        payload: json(5)?,
        metadata: json(6)?,
    })
}
