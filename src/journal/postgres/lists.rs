//! Lists' chunks on PostgreSQL, a few together in one transaction.

use sqlx::Row;
use sqlx::postgres::PgPool;

use super::read::unavailable;
use super::{Postgres, Reader};
use crate::journal::lists::{Chunks, ListName, StoredChunk};
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

async fn put(pool: &PgPool, chunks: &Chunks) -> sqlx::Result<()> {
    let Chunks { name, chunks, key, stored_at } = chunks;
    let mut transaction = pool.begin().await?;
    if let Some(key) = key {
        let sql = "INSERT INTO person_keys (id, organization, person, wrapped) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
        let insert = sqlx::query(sql).bind(key.id).bind(&key.organization);
        insert.bind(key.person.as_slice()).bind(&key.wrapped).execute(&mut *transaction).await?;
    }
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
    let chunk = |row: &sqlx::postgres::PgRow| {
        let number = u32::try_from(row.try_get::<i32, _>(0)?).unwrap_or(0);
        Ok(StoredChunk { number, fingerprints: row.try_get(1)?, sealed: row.try_get(2)? })
    };
    rows.iter().map(chunk).collect()
}
