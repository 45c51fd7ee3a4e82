//! Lists' chunks on SQLite, written by the journal's writer in its commits.

use chrono::{DateTime, Utc};
use domain::ids::{Organization, StreamId};
use rusqlite::{Connection, OptionalExtension as _, Row, params, types::Type};
use uuid::Uuid;

use super::{Reader, Sqlite};
use crate::journal::keys::KeyRow;
use crate::journal::lists::{CLAIMING, Chunks, ListName, REMOVED_TOGETHER, StoredChunk};
use crate::journal::{Error, micros};

impl Sqlite {
    pub(in crate::journal) async fn put_chunks(&self, chunks: Chunks) -> Result<(), Error> {
        self.write(move |c| put(c, &chunks)).await
    }

    pub(in crate::journal) async fn chunks(
        &self,
        name: ListName,
        from: u32,
        limit: u32,
    ) -> Result<Vec<StoredChunk>, Error> {
        self.0.readers.read(move |c| get(c, &name, from, limit)).await
    }

    pub(in crate::journal) async fn unclaimed_lists(
        &self,
        before: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<ListName>, Error> {
        self.0.readers.read(move |c| unclaimed(c, micros(before), limit)).await
    }

    /// Zero where nothing is left of it, or where it is somebody's by now.
    pub(in crate::journal) async fn remove_chunks(
        &self,
        name: ListName,
        before: DateTime<Utc>,
    ) -> Result<u64, Error> {
        self.write(move |c| remove(c, &name, micros(before))).await
    }
}

impl Reader {
    pub(in crate::journal) async fn chunks(
        &self,
        name: ListName,
        from: u32,
        limit: u32,
    ) -> Result<Vec<StoredChunk>, Error> {
        self.read(move |c| get(c, &name, from, limit)).await
    }
}

fn bytes(id: &Uuid) -> &[u8] {
    id.as_bytes().as_slice()
}

pub(super) fn put_key(c: &Connection, key: &KeyRow) -> rusqlite::Result<()> {
    let sql = "INSERT INTO person_keys (id, organization, person, wrapped) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    c.prepare_cached(sql)?
        .execute(params![bytes(&key.id), key.organization, key.person, key.wrapped])
        .map(drop)
}

fn put(c: &Connection, chunks: &Chunks) -> rusqlite::Result<()> {
    let Chunks { name, chunks, key, stored_at } = chunks;
    key.iter().try_for_each(|key| put_key(c, key))?;
    let sql = "INSERT INTO list_chunks (organization, list, number, fingerprints, sealed, stored_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut insert = c.prepare_cached(sql)?;
    for chunk in chunks {
        insert.execute(params![
            name.organization.as_str(),
            bytes(&name.list),
            chunk.number,
            chunk.fingerprints,
            chunk.sealed,
            micros(*stored_at)
        ])?;
    }
    Ok(())
}

fn get(c: &Connection, name: &ListName, from: u32, limit: u32) -> rusqlite::Result<Vec<StoredChunk>> {
    let sql = "SELECT number, fingerprints, sealed FROM list_chunks
               WHERE organization = ?1 AND list = ?2 AND number >= ?3 ORDER BY number LIMIT ?4";
    let chunk = |row: &Row<'_>| {
        Ok(StoredChunk { number: row.get(0)?, fingerprints: row.get(1)?, sealed: row.get(2)? })
    };
    let args = params![name.organization.as_str(), bytes(&name.list), from, limit];
    c.prepare_cached(sql)?.query_map(args, chunk)?.collect()
}

/// Steps from list to list along the key, for the chunks themselves are large. What is accepted costs no look at any of them.
fn unclaimed(c: &Connection, before: i64, limit: usize) -> rusqlite::Result<Vec<ListName>> {
    let mut step = c.prepare_cached(
        "SELECT organization, list FROM list_chunks WHERE (organization, list) > (?1, ?2)
         ORDER BY organization, list LIMIT 1",
    )?;
    let (mut found, mut last) = (vec![], (String::new(), vec![]));
    while found.len() < limit {
        let next = step.query_row(params![last.0, last.1], |row| Ok((row.get(0)?, row.get(1)?)));
        let Some(next) = next.optional()? else { break };
        last = next;
        let name = name(&last)?;
        if is_unclaimed(c, &name, before)? {
            found.push(name);
        }
    }
    Ok(found)
}

fn name((organization, list): &(String, Vec<u8>)) -> rusqlite::Result<ListName> {
    let organization = Organization::parse(organization)
        .map_err(|why| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(why)))?;
    let list = Uuid::from_slice(list)
        .map_err(|why| rusqlite::Error::FromSqlConversionFailure(1, Type::Blob, Box::new(why)))?;
    Ok(ListName { organization, list })
}

fn is_unclaimed(c: &Connection, name: &ListName, before: i64) -> rusqlite::Result<bool> {
    let stream = StreamId::number_list(&name.organization, name.list);
    let sql = "SELECT 1 FROM events WHERE aggregate_type = ?1 AND aggregate_id = ?2";
    for kind in CLAIMING {
        if c.prepare_cached(sql)?.exists(params![kind, stream.as_str()])? {
            return Ok(false);
        }
    }
    let sql = "SELECT 1 FROM list_chunks WHERE organization = ?1 AND list = ?2 AND stored_at >= ?3";
    let fresh = c.prepare_cached(sql)?.exists(params![name.organization.as_str(), bytes(&name.list), before]);
    fresh.map(|fresh| !fresh)
}

/// A chunk begins with the id of its key.
fn remove(c: &Connection, name: &ListName, before: i64) -> rusqlite::Result<u64> {
    if !is_unclaimed(c, name, before)? {
        return Ok(0);
    }
    let some =
        "SELECT number FROM list_chunks WHERE organization = ?1 AND list = ?2 ORDER BY number LIMIT ?3";
    let chunks = format!("list_chunks WHERE organization = ?1 AND list = ?2 AND number IN ({some})");
    let args = params![name.organization.as_str(), bytes(&name.list), REMOVED_TOGETHER];
    let keys = format!("DELETE FROM person_keys WHERE id IN (SELECT substr(sealed, 1, 16) FROM {chunks})");
    c.execute(&keys, args)?;
    let removed = c.execute(&format!("DELETE FROM {chunks}"), args)?;
    Ok(u64::try_from(removed).unwrap_or(u64::MAX))
}
