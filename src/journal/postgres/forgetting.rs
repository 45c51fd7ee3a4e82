//! Forgetting on PostgreSQL. What the server's own files still hold of what was removed is the server's business.

use domain::fact::Position;
use domain::ids::{Fingerprint, Organization};
use sqlx::Row as _;
use sqlx::postgres::{PgPool, PgRow};
use uuid::Uuid;

use super::Postgres;
use super::lists::put_key;
use super::read::unavailable;
use crate::journal::Error;
use crate::journal::forgetting::Candidate;
use crate::journal::lists::Chunks;

impl Postgres {
    pub(in crate::journal) async fn keys_of(
        &self,
        organization: &str,
        persons: &[Fingerprint],
    ) -> Result<Vec<Uuid>, Error> {
        let persons: Vec<&[u8]> = persons.iter().map(|person| person.0.as_slice()).collect();
        let sql = "SELECT id FROM person_keys WHERE organization = $1 AND person = ANY ($2)";
        let query = sqlx::query_scalar(sql).bind(organization).bind(persons);
        self.at_home(query.fetch_all(self.pool()?)).await.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn sealed_with(
        &self,
        texts: Vec<String>,
        (after, to): (Position, Position),
    ) -> Result<Vec<Candidate>, Error> {
        let sql = "SELECT position, aggregate_type, aggregate_id, payload::text FROM events
                   WHERE position > $1 AND position <= $2
                   AND EXISTS (SELECT 1 FROM unnest($3::text[]) AS begins WHERE strpos(payload::text, begins) > 0)
                   ORDER BY position";
        let bound = |position| i64::try_from(position).unwrap_or(i64::MAX);
        let query = sqlx::query(sql).bind(bound(after)).bind(bound(to)).bind(texts);
        let rows = self.at_home(query.fetch_all(self.pool()?)).await.map_err(|why| unavailable(&why))?;
        let found: sqlx::Result<_> = rows.iter().map(candidate).collect();
        found.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn destroy_keys(&self, keys: &[Uuid]) -> Result<(), Error> {
        let query = sqlx::query("DELETE FROM person_keys WHERE id = ANY ($1)").bind(keys);
        self.at_home(query.execute(self.pool()?)).await.map(drop).map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn stored_lists(
        &self,
        organization: &Organization,
    ) -> Result<Vec<Uuid>, Error> {
        let sql = "SELECT DISTINCT list FROM list_chunks WHERE organization = $1";
        let query = sqlx::query_scalar(sql).bind(organization.as_str());
        self.at_home(query.fetch_all(self.pool()?)).await.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn replace_chunks(&self, chunks: &Chunks) -> Result<(), Error> {
        self.at_home(replace(self.pool()?, chunks)).await.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn effect_done(&self, id: &str) -> Result<Option<bool>, Error> {
        let query = sqlx::query_scalar("SELECT state = 'done' FROM effects WHERE id = $1").bind(id);
        self.at_home(query.fetch_optional(self.pool()?)).await.map_err(|why| unavailable(&why))
    }
}

fn candidate(row: &PgRow) -> sqlx::Result<Candidate> {
    let position = u64::try_from(row.try_get::<i64, _>(0)?).unwrap_or(0);
    Ok(Candidate { position, kind: row.try_get(1)?, stream: row.try_get(2)?, payload: row.try_get(3)? })
}

async fn replace(pool: &PgPool, chunks: &Chunks) -> sqlx::Result<()> {
    let Chunks { name, chunks, key, .. } = chunks;
    let mut transaction = pool.begin().await?;
    put_key(&mut transaction, key.as_deref()).await?;
    let numbers: Vec<i32> =
        chunks.iter().map(|chunk| i32::try_from(chunk.number).unwrap_or(i32::MAX)).collect();
    let sealed: Vec<&[u8]> = chunks.iter().map(|chunk| chunk.sealed.as_slice()).collect();
    let sql = "UPDATE list_chunks AS known SET sealed = new.sealed
               FROM unnest($3::int4[], $4::bytea[]) AS new (number, sealed)
               WHERE known.organization = $1 AND known.list = $2 AND known.number = new.number";
    let query = sqlx::query(sql).bind(name.organization.as_str()).bind(name.list).bind(numbers).bind(sealed);
    query.execute(&mut *transaction).await?;
    transaction.commit().await
}
