//! Checkpoints and signing keys on SQLite. The writer alone writes, so looking before is enough.

use domain::fact::Position;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{Reader, Sqlite, schema, select_batches};
use crate::journal::signing::{Checkpoint, Hex, KeyRecord};
use crate::journal::{Batch, Error};

const COLUMNS: &str = "number, position, digest, signed_at, key, signature";

impl Sqlite {
    pub(in crate::journal) async fn signing_keys(&self) -> Result<Vec<KeyRecord>, Error> {
        self.0.readers.read(keys).await
    }

    pub(in crate::journal) async fn checkpoints_before(
        &self,
        number: u64,
        limit: usize,
    ) -> Result<Vec<Checkpoint>, Error> {
        let bound = i64::try_from(number).unwrap_or(i64::MAX);
        self.0.readers.read(move |c| before(c, bound, limit)).await
    }

    pub(in crate::journal) async fn checkpoint_over(
        &self,
        position: Position,
    ) -> Result<Option<Checkpoint>, Error> {
        self.0.readers.read(move |c| over(c, position)).await
    }

    pub(in crate::journal) async fn batches(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Batch>, Error> {
        self.0.readers.read(move |c| select_batches(c, after, limit)).await
    }

    pub(in crate::journal) async fn put_signing_key(&self, key: KeyRecord) -> Result<bool, Error> {
        self.write(move |c| put_key(c, &key)).await
    }

    pub(in crate::journal) async fn put_checkpoints(
        &self,
        checkpoints: Vec<Checkpoint>,
    ) -> Result<bool, Error> {
        self.write(move |c| put(c, &checkpoints)).await
    }
}

impl Reader {
    pub(in crate::journal) async fn signing_keys(&self) -> Result<Vec<KeyRecord>, Error> {
        self.read(|c| if is_signed(c)? { keys(c) } else { Ok(vec![]) }).await
    }

    pub(in crate::journal) async fn checkpoints(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Checkpoint>, Error> {
        self.read(move |c| if is_signed(c)? { from(c, after, limit) } else { Ok(vec![]) }).await
    }

    pub(in crate::journal) async fn newest_checkpoint(&self) -> Result<Option<Checkpoint>, Error> {
        let newest = |c: &Connection| if is_signed(c)? { before(c, i64::MAX, 1) } else { Ok(vec![]) };
        Ok(self.read(newest).await?.pop())
    }
}

fn is_signed(c: &Connection) -> rusqlite::Result<bool> {
    schema::format(c).map(|format| format >= schema::SIGNED_SINCE)
}

fn keys(c: &Connection) -> rusqlite::Result<Vec<KeyRecord>> {
    let sql = "SELECT number, key, made_at, first_checkpoint, vouched_by, signature FROM signing_keys ORDER BY number";
    let key = |row: &Row<'_>| {
        Ok(KeyRecord {
            number: row.get(0)?,
            key: Hex(row.get(1)?),
            made_at: row.get(2)?,
            first_checkpoint: row.get(3)?,
            vouched_by: Hex(row.get(4)?),
            signature: Hex(row.get(5)?),
        })
    };
    c.prepare_cached(sql)?.query_map([], key)?.collect()
}

fn before(c: &Connection, number: i64, limit: usize) -> rusqlite::Result<Vec<Checkpoint>> {
    let sql = format!("SELECT {COLUMNS} FROM checkpoints WHERE number < ?1 ORDER BY number DESC LIMIT ?2");
    c.prepare_cached(&sql)?.query_map(params![number, limit], checkpoint)?.collect()
}

fn from(c: &Connection, after: u64, limit: usize) -> rusqlite::Result<Vec<Checkpoint>> {
    let sql = format!("SELECT {COLUMNS} FROM checkpoints WHERE number > ?1 ORDER BY number LIMIT ?2");
    c.prepare_cached(&sql)?.query_map(params![after, limit], checkpoint)?.collect()
}

fn over(c: &Connection, position: Position) -> rusqlite::Result<Option<Checkpoint>> {
    let sql = format!("SELECT {COLUMNS} FROM checkpoints WHERE position >= ?1 ORDER BY position LIMIT 1");
    c.prepare_cached(&sql)?.query_row(params![position], checkpoint).optional()
}

fn checkpoint(row: &Row<'_>) -> rusqlite::Result<Checkpoint> {
    Ok(Checkpoint {
        number: row.get(0)?,
        position: row.get(1)?,
        digest: Hex(row.get(2)?),
        signed_at: row.get(3)?,
        key: Hex(row.get(4)?),
        signature: Hex(row.get(5)?),
    })
}

fn put_key(c: &Connection, made: &KeyRecord) -> rusqlite::Result<bool> {
    let keys: u64 = c.query_row("SELECT coalesce(max(number), 0) FROM signing_keys", [], |row| row.get(0))?;
    let last: u64 = c.query_row("SELECT coalesce(max(number), 0) FROM checkpoints", [], |row| row.get(0))?;
    if made.number != keys + 1 || made.first_checkpoint != last + 1 {
        return Ok(false);
    }
    let sql = "INSERT INTO signing_keys (number, key, made_at, first_checkpoint, vouched_by, signature)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let KeyRecord { number, key, made_at, first_checkpoint, vouched_by, signature } = made;
    c.execute(sql, params![number, key.0, made_at, first_checkpoint, vouched_by.0, signature.0.as_slice()])?;
    Ok(true)
}

fn put(c: &Connection, checkpoints: &[Checkpoint]) -> rusqlite::Result<bool> {
    let newest: Option<[u8; 32]> = c
        .query_row("SELECT key FROM signing_keys ORDER BY number DESC LIMIT 1", [], |row| row.get(0))
        .optional()?;
    let (last, position): (u64, Position) = c.query_row(
        "SELECT coalesce(max(number), 0), coalesce(max(position), 0) FROM checkpoints",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let next = |made: &Checkpoint| made.number == last + 1 && made.position > position;
    if !checkpoints.first().is_some_and(next) || checkpoints.iter().any(|made| Some(made.key.0) != newest) {
        return Ok(false);
    }
    let sql = format!("INSERT INTO checkpoints ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    let mut insert = c.prepare_cached(&sql)?;
    for Checkpoint { number, position, digest, signed_at, key, signature } in checkpoints {
        insert.execute(params![number, position, digest.0, signed_at, key.0, signature.0.as_slice()])?;
    }
    Ok(true)
}
