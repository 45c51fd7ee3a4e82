//! Lists' chunks on PostgreSQL, a few together in one transaction.

use chrono::{DateTime, Utc};
use domain::ids::{Organization, StreamId};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool, PgRow};

use super::read::unavailable;
use super::{Postgres, Reader};
use crate::journal::keys::KeyRow;
use crate::journal::lists::{CLAIMING, Chunks, ListName, REMOVED_TOGETHER, StoredChunk};
use crate::journal::{Error, micros};

impl Postgres {
    pub(in crate::journal) async fn put_chunks(&self, chunks: Chunks) -> Result<(), Error> {
        self.at_home(put(self.pool()?, &chunks)).await.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn chunks(
        &self,
        name: ListName,
        from: u32,
        limit: u32,
    ) -> Result<Vec<StoredChunk>, Error> {
        self.at_home(get(self.pool()?, &name, from, limit)).await.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn unclaimed_lists(
        &self,
        before: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<ListName>, Error> {
        let found = unclaimed(self.pool()?, micros(before), limit);
        self.at_home(found).await.map_err(|why| unavailable(&why))
    }

    /// Zero where nothing is left of it, or where it is somebody's by now.
    pub(in crate::journal) async fn remove_chunks(
        &self,
        name: &ListName,
        before: DateTime<Utc>,
    ) -> Result<u64, Error> {
        let removed = remove(self.pool()?, name, micros(before));
        self.at_home(removed).await.map_err(|why| unavailable(&why))
    }
}

impl Reader {
    pub(in crate::journal) async fn chunks(
        &self,
        name: ListName,
        from: u32,
        limit: u32,
    ) -> Result<Vec<StoredChunk>, Error> {
        get(&self.0, &name, from, limit).await.map_err(|why| unavailable(&why))
    }
}

pub(super) async fn put_key(connection: &mut PgConnection, key: Option<&KeyRow>) -> sqlx::Result<()> {
    let Some(key) = key else { return Ok(()) };
    let sql = "INSERT INTO person_keys (id, organization, person, wrapped) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    let insert = sqlx::query(sql).bind(key.id).bind(&key.organization);
    insert.bind(key.person.as_slice()).bind(&key.wrapped).execute(connection).await.map(drop)
}

async fn put(pool: &PgPool, chunks: &Chunks) -> sqlx::Result<()> {
    let Chunks { name, chunks, key, stored_at } = chunks;
    let mut transaction = pool.begin().await?;
    put_key(&mut transaction, key.as_deref()).await?;
    let (mut numbers, mut fingerprints, mut sealed) = (vec![], vec![], vec![]);
    for chunk in chunks {
        numbers.push(i32::try_from(chunk.number).unwrap_or(i32::MAX));
        fingerprints.push(chunk.fingerprints.as_slice());
        sealed.push(chunk.sealed.as_slice());
    }
    let sql = "INSERT INTO list_chunks (organization, list, number, fingerprints, sealed, stored_at)
               SELECT $1, $2, number, fingerprints, sealed, $3
               FROM unnest($4::int4[], $5::bytea[], $6::bytea[]) AS chunks (number, fingerprints, sealed)";
    let insert = sqlx::query(sql).bind(name.organization.as_str()).bind(name.list).bind(micros(*stored_at));
    insert.bind(numbers).bind(fingerprints).bind(sealed).execute(&mut *transaction).await?;
    transaction.commit().await
}

async fn get(pool: &PgPool, name: &ListName, from: u32, limit: u32) -> sqlx::Result<Vec<StoredChunk>> {
    let sql = "SELECT number, fingerprints, sealed FROM list_chunks
               WHERE organization = $1 AND list = $2 AND number >= $3 ORDER BY number LIMIT $4";
    let query = sqlx::query(sql).bind(name.organization.as_str()).bind(name.list);
    let query = query.bind(i32::try_from(from).unwrap_or(i32::MAX)).bind(i64::from(limit));
    let rows = query.fetch_all(pool).await?;
    let chunk = |row: &PgRow| {
        let number = u32::try_from(row.try_get::<i32, _>(0)?).unwrap_or(0);
        Ok(StoredChunk { number, fingerprints: row.try_get(1)?, sealed: row.try_get(2)? })
    };
    rows.iter().map(chunk).collect()
}

/// What a chunk seals lies apart from its row, so that looking at all rows costs little.
async fn unclaimed(pool: &PgPool, before: i64, limit: usize) -> sqlx::Result<Vec<ListName>> {
    let sql = "SELECT organization, list FROM list_chunks AS chunks GROUP BY organization, list
               HAVING max(stored_at) < $1 AND NOT EXISTS (
                   SELECT 1 FROM events WHERE aggregate_type = ANY($2)
                   AND aggregate_id = chunks.organization || '/' || chunks.list::text)
               ORDER BY organization, list LIMIT $3";
    let query = sqlx::query(sql).bind(before).bind(CLAIMING.as_slice());
    let rows = query.bind(i64::try_from(limit).unwrap_or(i64::MAX)).fetch_all(pool).await?;
    let name = |row: &PgRow| {
        let organization = Organization::parse(row.try_get(0)?);
        let organization = organization.map_err(|why| sqlx::Error::Decode(Box::new(why)))?;
        Ok(ListName { organization, list: row.try_get(1)? })
    };
    rows.iter().map(name).collect()
}

/// A chunk begins with the id of its key.
async fn remove(pool: &PgPool, name: &ListName, before: i64) -> sqlx::Result<u64> {
    let sql = "WITH removed AS (
                   DELETE FROM list_chunks WHERE organization = $1 AND list = $2 AND number IN (
                       SELECT number FROM list_chunks WHERE organization = $1 AND list = $2 ORDER BY number LIMIT $3)
                   AND NOT EXISTS (
                       SELECT 1 FROM list_chunks WHERE organization = $1 AND list = $2 AND stored_at >= $4)
                   AND NOT EXISTS (SELECT 1 FROM events WHERE aggregate_type = ANY($5) AND aggregate_id = $6)
                   RETURNING sealed
               ), forgotten AS (
                   DELETE FROM person_keys WHERE id IN (
                       SELECT encode(substring(sealed FROM 1 FOR 16), 'hex')::uuid FROM removed)
               )
               SELECT count(*) FROM removed";
    let stream = StreamId::number_list(&name.organization, name.list);
    let query = sqlx::query_scalar::<_, i64>(sql).bind(name.organization.as_str()).bind(name.list);
    let query = query.bind(i64::from(REMOVED_TOGETHER)).bind(before);
    let removed = query.bind(CLAIMING.as_slice()).bind(stream.as_str()).fetch_one(pool).await?;
    Ok(u64::try_from(removed).unwrap_or(0))
}
