//! Reading: by position as it was stored, and by stream through postgres-es's own repository.

use cqrs_es::Aggregate;
use cqrs_es::persist::{PersistedEventRepository, SerializedEvent};
use domain::call::Call;
use domain::fact::{Position, Recorded};
use domain::quarantine::Quarantine;
use domain::session::Session;
use futures_util::TryStreamExt as _;
use postgres_es::PostgresEventRepository;
use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};
use uuid::Uuid;

use super::schema::plainly;
use crate::journal::beneath::{Family, Stretch};
use crate::journal::bounds::Bounds;
use crate::journal::chain::{GENESIS, Hash};
use crate::journal::keys::KeyRow;
use crate::journal::{Batch, Error, Named, Stored};

pub(super) const COLUMNS: &str = "position, aggregate_type, aggregate_id, sequence, event_type, event_version, \
                       payload::text, metadata::text, occurred_at, recorded_at, hash";

pub(super) fn unavailable(why: &sqlx::Error) -> Error {
    Error::Unavailable(plainly(why))
}

/// A row at a time, so that a bound on bytes is kept whatever the rows are.
pub(super) async fn after(pool: &PgPool, after: Position, bounds: Bounds) -> sqlx::Result<Vec<Stored>> {
    let sql = format!("SELECT {COLUMNS} FROM events WHERE position > $1 ORDER BY position LIMIT $2");
    let query = sqlx::query(&sql).bind(bound(after)).bind(i64::try_from(bounds.events).unwrap_or(i64::MAX));
    let (mut rows, mut events, mut left) = (query.fetch(pool), vec![], Some(bounds));
    while let Some(row) = rows.try_next().await? {
        let event = stored(&row)?;
        left = left.and_then(|left| left.after(&event));
        events.push(event);
        if left.is_none() {
            break;
        }
    }
    Ok(events)
}

pub(super) async fn stretch(pool: &PgPool, stretch: &Stretch) -> sqlx::Result<Vec<Stored>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM events WHERE aggregate_type = $1 AND (aggregate_id, sequence) > ($2, $3) \
         AND aggregate_id < $4 ORDER BY aggregate_id, sequence LIMIT $5"
    );
    let Stretch { kind, after: (stream, sequence), before, limit } = stretch;
    let query = sqlx::query(&sql).bind(kind).bind(stream).bind(bound(*sequence)).bind(before);
    let query = query.bind(i64::try_from(*limit).unwrap_or(i64::MAX));
    query.fetch_all(pool).await?.iter().map(stored).collect()
}

/// What is joined to nothing keeps the query on positions.
pub(super) async fn family(pool: &PgPool, family: &Family) -> sqlx::Result<Vec<Stored>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM events WHERE position > $1 AND position <= $2 \
         AND ((aggregate_type || '' = $3 AND aggregate_id || '' = $4) \
         OR (aggregate_type || '' = $5 AND aggregate_id || '' > $6 AND aggregate_id || '' < $7)) ORDER BY position LIMIT $8"
    );
    let Family { own: (own, stream), kind, names: (from, before), after, until, limit } = family;
    let query = sqlx::query(&sql).bind(bound(*after)).bind(bound(*until)).bind(own).bind(stream.as_str());
    let query = query.bind(kind).bind(from).bind(before).bind(i64::try_from(*limit).unwrap_or(i64::MAX));
    query.fetch_all(pool).await?.iter().map(stored).collect()
}

pub(super) async fn batches(pool: &PgPool, after: Position, limit: usize) -> sqlx::Result<Vec<Batch>> {
    let sql = "SELECT first, last, recorded_at, digest FROM batches WHERE last > $1 ORDER BY last LIMIT $2";
    let query = sqlx::query(sql).bind(bound(after)).bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let batch = |row: &PgRow| {
        Ok(Batch {
            first: unsigned(row, 0)?,
            last: unsigned(row, 1)?,
            recorded_at: row.try_get(2)?,
            digest: exactly(row, 3)?,
        })
    };
    query.fetch_all(pool).await?.iter().map(batch).collect()
}

pub(super) async fn keys(pool: &PgPool, ids: &[Uuid]) -> sqlx::Result<Vec<KeyRow>> {
    let sql = "SELECT id, organization, person, wrapped FROM person_keys WHERE id = ANY ($1)";
    sqlx::query(sql).bind(ids).fetch_all(pool).await?.iter().map(key).collect()
}

pub(super) async fn data_key_mark(pool: &PgPool, first: Option<Hash>) -> sqlx::Result<Option<Hash>> {
    if let Some(first) = first {
        let insert = "INSERT INTO data_key (one, mark) VALUES (true, $1) ON CONFLICT DO NOTHING";
        sqlx::query(insert).bind(first.as_slice()).execute(pool).await?;
    }
    let found = sqlx::query("SELECT mark FROM data_key").fetch_optional(pool).await?;
    found.map(|row| exactly(&row, 0)).transpose()
}

fn key(row: &PgRow) -> sqlx::Result<KeyRow> {
    Ok(KeyRow {
        id: row.try_get(0)?,
        organization: row.try_get(1)?,
        person: exactly(row, 2)?,
        wrapped: row.try_get(3)?,
    })
}

pub(super) async fn head(executor: impl sqlx::PgExecutor<'_>) -> sqlx::Result<Position> {
    unsigned(&sqlx::query("SELECT position FROM journal_head").fetch_one(executor).await?, 0)
}

/// One stream in order. What postgres-es does not read comes by a second query beside it;
/// the shorter of both answers counts, for a stream only ever grows at its end.
pub(super) async fn stream(pool: &PgPool, kind: &'static str, stream: &str) -> Result<Vec<Stored>, Error> {
    let (events, places) = tokio::join!(events(pool, kind, stream), places(pool, kind, stream));
    match events? {
        Some(events) => {
            let places = places.map_err(|why| unavailable(&why))?;
            Ok(events.into_iter().zip(places).map(|(event, place)| place.of(event)).collect())
        }
        None => plain_stream(pool, kind, stream).await.map_err(|why| unavailable(&why)),
    }
}

/// None where postgres-es cannot read the stream; then the plain way names the event that is to blame.
async fn events(
    pool: &PgPool,
    kind: &'static str,
    stream: &str,
) -> Result<Option<Vec<SerializedEvent>>, Error> {
    match kind {
        Session::TYPE => events_of::<Session>(pool, stream).await,
        Call::TYPE => events_of::<Call>(pool, stream).await,
        Quarantine::TYPE => events_of::<Quarantine>(pool, stream).await,
        _ => Ok(None),
    }
}

/// In a task of its own: postgres-es panics at a payload that `serde_json` does not take.
async fn events_of<A: Recorded>(pool: &PgPool, stream: &str) -> Result<Option<Vec<SerializedEvent>>, Error> {
    let (repository, stream) = (PostgresEventRepository::new(pool.clone()), stream.to_owned());
    let reading = tokio::spawn(async move { repository.get_events::<A>(&stream).await });
    match reading.await {
        Ok(events) => events.map(Some).map_err(|why| Error::Unavailable(why.to_string())),
        Err(_) => Ok(None),
    }
}

/// What postgres-es does not know of an event.
struct Place {
    position: Position,
    occurred_at: i64,
    recorded_at: i64,
    hash: Hash,
}

impl Place {
    /// The texts are made again from parsed values: right for decoding, not for checking hashes.
    fn of(self, event: SerializedEvent) -> Stored {
        Stored {
            position: self.position,
            kind: event.aggregate_type,
            stream: event.aggregate_id,
            sequence: u64::try_from(event.sequence).unwrap_or(0),
            event_type: event.event_type,
            event_version: event.event_version,
            payload: event.payload.to_string(),
            metadata: event.metadata.to_string(),
            occurred_at: self.occurred_at,
            recorded_at: self.recorded_at,
            hash: self.hash,
        }
    }
}

async fn places(pool: &PgPool, kind: &str, stream: &str) -> sqlx::Result<Vec<Place>> {
    let sql = "SELECT position, occurred_at, recorded_at, hash FROM events
               WHERE aggregate_type = $1 AND aggregate_id = $2 ORDER BY sequence";
    let place = |row: &PgRow| {
        Ok(Place {
            position: unsigned(row, 0)?,
            occurred_at: row.try_get(1)?,
            recorded_at: row.try_get(2)?,
            hash: exactly(row, 3)?,
        })
    };
    sqlx::query(sql).bind(kind).bind(stream).fetch_all(pool).await?.iter().map(place).collect()
}

async fn plain_stream(pool: &PgPool, kind: &str, stream: &str) -> sqlx::Result<Vec<Stored>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM events WHERE aggregate_type = $1 AND aggregate_id = $2 ORDER BY sequence"
    );
    sqlx::query(&sql).bind(kind).bind(stream).fetch_all(pool).await?.iter().map(stored).collect()
}

/// Several streams in one go.
pub(super) async fn streams(pool: &PgPool, streams: &[Named]) -> sqlx::Result<Vec<Stored>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM events \
         WHERE (aggregate_type, aggregate_id) IN (SELECT * FROM unnest($1::text[], $2::text[])) \
         ORDER BY aggregate_type, aggregate_id, sequence"
    );
    let (kinds, ids): (Vec<&str>, Vec<&str>) =
        streams.iter().map(|(kind, stream)| (*kind, stream.as_str())).unzip();
    sqlx::query(&sql).bind(kinds).bind(ids).fetch_all(pool).await?.iter().map(stored).collect()
}

/// The same from after a position on, at most so many of each.
pub(super) async fn streams_after(
    pool: &PgPool,
    streams: &[Named],
    after: Position,
    limit: usize,
) -> sqlx::Result<Vec<Stored>> {
    let sql = format!(
        "SELECT found.* FROM unnest($1::text[], $2::text[]) AS wanted(kind, id) CROSS JOIN LATERAL \
         (SELECT {COLUMNS} FROM events WHERE aggregate_type = wanted.kind AND aggregate_id = wanted.id \
          AND position > $3 ORDER BY sequence LIMIT $4) AS found"
    );
    let (kinds, ids): (Vec<&str>, Vec<&str>) =
        streams.iter().map(|(kind, stream)| (*kind, stream.as_str())).unzip();
    let query = sqlx::query(&sql).bind(kinds).bind(ids).bind(bound(after));
    query.bind(i64::try_from(limit).unwrap_or(i64::MAX)).fetch_all(pool).await?.iter().map(stored).collect()
}

pub(super) fn stored(row: &PgRow) -> sqlx::Result<Stored> {
    Ok(Stored {
        position: unsigned(row, 0)?,
        kind: row.try_get(1)?,
        stream: row.try_get(2)?,
        sequence: unsigned(row, 3)?,
        event_type: row.try_get(4)?,
        event_version: row.try_get(5)?,
        payload: row.try_get(6)?,
        metadata: row.try_get(7)?,
        occurred_at: row.try_get(8)?,
        recorded_at: row.try_get(9)?,
        hash: exactly(row, 10).unwrap_or(GENESIS),
    })
}

/// Positions and sequences, which are never negative.
pub(super) fn unsigned(row: &PgRow, column: usize) -> sqlx::Result<u64> {
    let number: i64 = row.try_get(column)?;
    u64::try_from(number).map_err(|why| sqlx::Error::Decode(Box::new(why)))
}

pub(super) fn exactly<const N: usize>(row: &PgRow, column: usize) -> sqlx::Result<[u8; N]> {
    let bytes: &[u8] = row.try_get(column)?;
    bytes.try_into().map_err(|why| sqlx::Error::Decode(Box::new(why)))
}

pub(super) fn bound(position: Position) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}
