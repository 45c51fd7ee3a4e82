//! The raw limit on PostgreSQL: the rows that the journal wrote, written again into the same tables, in the same batches,
//! one `unnest` statement and one commit a batch on one connection. Nothing is checked and nothing is computed.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::{Context, Result};
use karnay::journal::keys::Keyring;
use karnay::journal::verify::Place;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Connection as _, Row as _};
use uuid::Uuid;

use crate::figures::float;
use crate::forge;

const INSERT: &str = "
WITH moving AS (
    UPDATE journal_head SET position = $1, recorded_at = $3, digest = $4
), sealing AS (
    INSERT INTO batches (last, first, recorded_at, digest) VALUES ($1, $2, $3, $4)
), keeping AS (
    INSERT INTO person_keys (id, organization, person, wrapped)
    SELECT * FROM unnest($5::uuid[], $6::text[], $7::bytea[], $8::bytea[])
)
INSERT INTO events (position, aggregate_type, aggregate_id, sequence, event_type, event_version,
                    payload, metadata, occurred_at, recorded_at, hash)
SELECT position, kind, stream, sequence, event_type, event_version, payload::json, metadata::json,
       occurred_at, $3, hash
FROM unnest($9::int8[], $10::text[], $11::text[], $12::int8[], $13::text[], $14::text[], $15::text[],
            $16::text[], $17::int8[], $18::bytea[])
     AS e (position, kind, stream, sequence, event_type, event_version, payload, metadata, occurred_at, hash)";

/// What one commit wrote, laid out as the statement's arrays.
#[derive(Debug, Default)]
struct Batch {
    last: i64,
    first: i64,
    recorded_at: i64,
    digest: Vec<u8>,
    events: Events,
    keys: Keys,
}

#[derive(Debug, Default)]
struct Keys {
    id: Vec<Uuid>,
    organization: Vec<String>,
    person: Vec<Vec<u8>>,
    wrapped: Vec<Vec<u8>>,
}

#[derive(Debug, Default)]
struct Events {
    position: Vec<i64>,
    kind: Vec<String>,
    stream: Vec<String>,
    sequence: Vec<i64>,
    event_type: Vec<String>,
    event_version: Vec<String>,
    payload: Vec<String>,
    metadata: Vec<String>,
    occurred_at: Vec<i64>,
    hash: Vec<Vec<u8>>,
}

#[derive(Debug)]
pub(crate) struct Rows {
    batches: Vec<Batch>,
    events: usize,
}

impl Rows {
    pub(crate) fn mean_batch(&self) -> f64 {
        float(self.events) / float(self.batches.len())
    }
}

/// Everything that stands in a journal.
pub(crate) async fn rows(url: &str) -> Result<Rows> {
    let mut from = PgConnection::connect(url).await?;
    let mut keys: HashMap<Uuid, PgRow> = HashMap::new();
    let select = "SELECT id, organization, person, wrapped FROM person_keys";
    for row in sqlx::query(select).fetch_all(&mut from).await? {
        keys.insert(row.try_get(0)?, row);
    }
    let select = "SELECT position, aggregate_type, aggregate_id, sequence, event_type, event_version,
                  payload::text, metadata::text, occurred_at, hash FROM events ORDER BY position";
    let mut events = sqlx::query(select).fetch_all(&mut from).await?.into_iter();
    let mut rows = Rows { batches: vec![], events: 0 };
    let select = "SELECT last, first, recorded_at, digest FROM batches ORDER BY last";
    for row in sqlx::query(select).fetch_all(&mut from).await? {
        let (last, first) = (row.try_get(0)?, row.try_get(1)?);
        let mut batch =
            Batch { last, first, recorded_at: row.try_get(2)?, digest: row.try_get(3)?, ..Batch::default() };
        for _ in first..=last {
            batch.take(&events.next().context("a batch without its events")?, &mut keys)?;
            rows.events += 1;
        }
        rows.batches.push(batch);
    }
    from.close().await?;
    Ok(rows)
}

impl Batch {
    fn take(&mut self, event: &PgRow, keys: &mut HashMap<Uuid, PgRow>) -> Result<()> {
        let payload: String = event.try_get(6)?;
        if let Some(key) = key_id(&payload).and_then(|id| keys.remove(&id)) {
            self.keys.id.push(key.try_get(0)?);
            self.keys.organization.push(key.try_get(1)?);
            self.keys.person.push(key.try_get(2)?);
            self.keys.wrapped.push(key.try_get(3)?);
        }
        let events = &mut self.events;
        events.position.push(event.try_get(0)?);
        events.kind.push(event.try_get(1)?);
        events.stream.push(event.try_get(2)?);
        events.sequence.push(event.try_get(3)?);
        events.event_type.push(event.try_get(4)?);
        events.event_version.push(event.try_get(5)?);
        events.payload.push(payload);
        events.metadata.push(event.try_get(7)?);
        events.occurred_at.push(event.try_get(8)?);
        events.hash.push(event.try_get(9)?);
        Ok(())
    }

    async fn insert(&self, into: &mut PgConnection) -> Result<()> {
        let (keys, events) = (&self.keys, &self.events);
        let query = sqlx::query(INSERT).bind(self.last).bind(self.first).bind(self.recorded_at);
        let query = query
            .bind(&self.digest)
            .bind(&keys.id)
            .bind(&keys.organization)
            .bind(&keys.person)
            .bind(&keys.wrapped);
        let query = query.bind(&events.position).bind(&events.kind).bind(&events.stream);
        let query = query.bind(&events.sequence).bind(&events.event_type).bind(&events.event_version);
        let query = query.bind(&events.payload).bind(&events.metadata).bind(&events.occurred_at);
        query.bind(&events.hash).execute(into).await?;
        Ok(())
    }
}

/// The key that an event's personal part was sealed with.
fn key_id(payload: &str) -> Option<Uuid> {
    let (_, sealed) = payload.split_once(r#""personal":""#)?;
    Keyring::key_id(sealed.split_once('"')?.0)
}

/// Events a second into a fresh database.
pub(crate) async fn run(url: &str, rows: &Rows) -> Result<f64> {
    // The journal makes its own tables; after that it is not used any more.
    forge::open(Place::Url(url.to_owned())).await?.close().await;
    let mut into = PgConnection::connect(url).await?;
    let began = Instant::now();
    for batch in &rows.batches {
        batch.insert(&mut into).await?;
    }
    let rate = float(rows.events) / began.elapsed().as_secs_f64();
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM events").fetch_one(&mut into).await?;
    anyhow::ensure!(usize::try_from(stored) == Ok(rows.events), "{stored} of {} are stored", rows.events);
    into.close().await?;
    Ok(rate)
}
