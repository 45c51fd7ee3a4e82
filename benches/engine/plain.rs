//! The plain way to store the same reports: `postgres-es` as it is shipped, its own table, its own pool, one transaction a command.
//! Its events carry the very payloads that the journal stores, so that only the way of storing differs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Result, anyhow};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use karnay::journal::Unit;
use postgres_es::{PostgresCqrs, default_postgress_pool, postgres_cqrs};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{Executor as _, PgPool};
use tokio::task::JoinSet;

use crate::figures::float;

/// As in the crate's `db/init.sql`.
const TABLE: &str = "CREATE TABLE events (
    aggregate_type text                         NOT NULL,
    aggregate_id   text                         NOT NULL,
    sequence       bigint CHECK (sequence >= 0) NOT NULL,
    event_type     text                         NOT NULL,
    event_version  text                         NOT NULL,
    payload        json                         NOT NULL,
    metadata       json                         NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, sequence))";

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Call {
    reports: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Reported(Value);

#[derive(Debug, thiserror::Error)]
#[error("a call refuses nothing")]
struct Never;

impl DomainEvent for Reported {
    fn event_type(&self) -> String {
        "reported".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Call {
    const TYPE: &'static str = "call";
    type Command = Value;
    type Event = Reported;
    type Error = Never;
    type Services = ();

    async fn handle(&mut self, command: Value, (): &(), sink: &EventSink<Self>) -> Result<(), Never> {
        sink.write(Reported(command), self).await;
        Ok(())
    }

    fn apply(&mut self, _: Reported) {
        self.reports += 1;
    }
}

type Command = (String, Value);

/// Commands a second.
pub(crate) async fn run(url: &str, units: Vec<Unit>, clients: usize) -> Result<f64> {
    let pool = default_postgress_pool(url).await;
    pool.execute(TABLE).await?;
    let circumstances = units.first().map(|unit| serde_json::to_value(&*unit.circumstances)).transpose()?;
    let metadata: HashMap<String, String> = serde_json::from_value(circumstances.unwrap_or_default())?;
    let commands: Vec<Command> = units.into_iter().map(command).collect::<Result<_>>()?;
    let count = commands.len();
    let queue = Arc::new(Mutex::new(commands.into_iter()));
    let cqrs: Arc<PostgresCqrs<Call>> = Arc::new(postgres_cqrs(pool.clone(), vec![], ()));
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..clients {
        tasks.spawn(client(Arc::clone(&cqrs), Arc::clone(&queue), metadata.clone()));
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let rate = float(count) / began.elapsed().as_secs_f64();
    demand(&pool, count).await?;
    pool.close().await;
    Ok(rate)
}

fn command(unit: Unit) -> Result<Command> {
    let append = unit.appends.into_iter().next().ok_or_else(|| anyhow!("an empty unit"))?;
    let event = append.events.into_iter().next().ok_or_else(|| anyhow!("an empty append"))?;
    Ok((append.stream.as_str().to_owned(), serde_json::from_str(&event.payload)?))
}

async fn client(
    cqrs: Arc<PostgresCqrs<Call>>,
    queue: Arc<Mutex<std::vec::IntoIter<Command>>>,
    metadata: HashMap<String, String>,
) -> Result<()> {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some((id, command)) = next else { return Ok(()) };
        cqrs.execute_with_metadata(&id, command, metadata.clone()).await?;
    }
}

async fn demand(pool: &PgPool, count: usize) -> Result<()> {
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM events").fetch_one(pool).await?;
    anyhow::ensure!(usize::try_from(stored) == Ok(count), "{stored} of {count} are stored");
    Ok(())
}
