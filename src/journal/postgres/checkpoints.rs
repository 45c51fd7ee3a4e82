//! Checkpoints and signing keys on PostgreSQL. Whoever writes one holds a lock of their own to the commit, so that of two nodes one looks
//! again; appends never wait for it.

use domain::fact::Position;
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use sqlx::{PgExecutor, Row as _};

use super::read::{batches, bound, exactly, unavailable, unsigned};
use super::schema::SIGNED_SINCE;
use super::{Postgres, Reader};
use crate::journal::signing::{Checkpoint, Hex, KeyRecord};
use crate::journal::{Batch, Error};

/// "sign", the lock that those who sign meet in.
const SIGNING: i64 = 0x7369_676e;

const COLUMNS: &str = "number, position, digest, signed_at, key, signature";

impl Postgres {
    pub(in crate::journal) async fn signing_keys(&self) -> Result<Vec<KeyRecord>, Error> {
        self.at_home(keys(self.pool()?)).await.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn checkpoints_before(
        &self,
        number: u64,
        limit: usize,
    ) -> Result<Vec<Checkpoint>, Error> {
        let sql = "WHERE number < $1 ORDER BY number DESC LIMIT $2";
        self.at_home(some(self.pool()?, sql, number, limit)).await.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn checkpoint_over(
        &self,
        position: Position,
    ) -> Result<Option<Checkpoint>, Error> {
        let sql = "WHERE position >= $1 ORDER BY position LIMIT $2";
        let found = self.at_home(some(self.pool()?, sql, position, 1)).await;
        found.map(|found| found.into_iter().next()).map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn batches(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Batch>, Error> {
        self.at_home(batches(self.pool()?, after, limit)).await.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn put_signing_key(&self, key: KeyRecord) -> Result<bool, Error> {
        self.at_home(put_key(self.pool()?, &key)).await.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn put_checkpoints(
        &self,
        checkpoints: Vec<Checkpoint>,
    ) -> Result<bool, Error> {
        self.at_home(put(self.pool()?, &checkpoints)).await.map_err(|why| unavailable(&why))
    }
}

impl Reader {
    pub(in crate::journal) async fn signing_keys(&self) -> Result<Vec<KeyRecord>, Error> {
        if !self.is_signed().await? {
            return Ok(vec![]);
        }
        keys(&self.0).await.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn checkpoints(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Checkpoint>, Error> {
        if !self.is_signed().await? {
            return Ok(vec![]);
        }
        let sql = "WHERE number > $1 ORDER BY number LIMIT $2";
        some(&self.0, sql, after, limit).await.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn newest_checkpoint(&self) -> Result<Option<Checkpoint>, Error> {
        if !self.is_signed().await? {
            return Ok(None);
        }
        let newest = some(&self.0, "WHERE number < $1 ORDER BY number DESC LIMIT $2", u64::MAX, 1).await;
        newest.map(|mut found| found.pop()).map_err(|why| unavailable(&why))
    }

    async fn is_signed(&self) -> Result<bool, Error> {
        let format = sqlx::query_scalar::<_, i32>("SELECT format FROM journal_head").fetch_one(&self.0).await;
        format.map(|format| format >= SIGNED_SINCE).map_err(|why| unavailable(&why))
    }
}

async fn keys(executor: impl PgExecutor<'_>) -> sqlx::Result<Vec<KeyRecord>> {
    let sql = "SELECT number, key, made_at, first_checkpoint, vouched_by, signature FROM signing_keys ORDER BY number";
    let key = |row: &PgRow| {
        Ok(KeyRecord {
            number: unsigned(row, 0)?,
            key: Hex(exactly(row, 1)?),
            made_at: row.try_get(2)?,
            first_checkpoint: unsigned(row, 3)?,
            vouched_by: Hex(exactly(row, 4)?),
            signature: Hex(exactly(row, 5)?),
        })
    };
    sqlx::query(sql).fetch_all(executor).await?.iter().map(key).collect()
}

async fn some(pool: &PgPool, which: &str, bounded: u64, limit: usize) -> sqlx::Result<Vec<Checkpoint>> {
    let sql = format!("SELECT {COLUMNS} FROM checkpoints {which}");
    let query = sqlx::query(&sql).bind(bound(bounded)).bind(i64::try_from(limit).unwrap_or(i64::MAX));
    query.fetch_all(pool).await?.iter().map(checkpoint).collect()
}

fn checkpoint(row: &PgRow) -> sqlx::Result<Checkpoint> {
    Ok(Checkpoint {
        number: unsigned(row, 0)?,
        position: unsigned(row, 1)?,
        digest: Hex(exactly(row, 2)?),
        signed_at: row.try_get(3)?,
        key: Hex(exactly(row, 4)?),
        signature: Hex(exactly(row, 5)?),
    })
}

/// The numbers of the last key and of the last checkpoint and its position, under the lock.
async fn last(connection: &mut PgConnection) -> sqlx::Result<(u64, u64, Position)> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(SIGNING).execute(&mut *connection).await?;
    let sql = "SELECT (SELECT coalesce(max(number), 0) FROM signing_keys), coalesce(max(number), 0),
               coalesce(max(position), 0) FROM checkpoints";
    let row = sqlx::query(sql).fetch_one(connection).await?;
    Ok((unsigned(&row, 0)?, unsigned(&row, 1)?, unsigned(&row, 2)?))
}

async fn put_key(pool: &PgPool, made: &KeyRecord) -> sqlx::Result<bool> {
    let mut transaction = pool.begin().await?;
    let (keys, checkpoints, _) = last(&mut transaction).await?;
    if made.number != keys + 1 || made.first_checkpoint != checkpoints + 1 {
        return Ok(false);
    }
    let sql = "INSERT INTO signing_keys (number, key, made_at, first_checkpoint, vouched_by, signature)
               VALUES ($1, $2, $3, $4, $5, $6)";
    let KeyRecord { number, key, made_at, first_checkpoint, vouched_by, signature } = made;
    let insert = sqlx::query(sql).bind(bound(*number)).bind(key.0.as_slice()).bind(made_at);
    let insert = insert.bind(bound(*first_checkpoint)).bind(vouched_by.0.as_slice());
    insert.bind(signature.0.as_slice()).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(true)
}

async fn put(pool: &PgPool, checkpoints: &[Checkpoint]) -> sqlx::Result<bool> {
    let mut transaction = pool.begin().await?;
    let (_, number, position) = last(&mut transaction).await?;
    let newest = keys(&mut *transaction).await?.last().map(|record| record.key);
    let next = |made: &Checkpoint| made.number == number + 1 && made.position > position;
    if !checkpoints.first().is_some_and(next) || checkpoints.iter().any(|made| Some(made.key) != newest) {
        return Ok(false);
    }
    let sql = format!("INSERT INTO checkpoints ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6)");
    for Checkpoint { number, position, digest, signed_at, key, signature } in checkpoints {
        let insert = sqlx::query(&sql).bind(bound(*number)).bind(bound(*position)).bind(digest.0.as_slice());
        let insert = insert.bind(signed_at).bind(key.0.as_slice()).bind(signature.0.as_slice());
        insert.execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(true)
}
