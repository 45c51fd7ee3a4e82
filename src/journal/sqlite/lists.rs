//! Lists' chunks on SQLite, written by the journal's writer in its commits.

use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::{Reader, Sqlite};
use crate::journal::lists::{Chunks, ListName, StoredChunk};
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

fn put(c: &Connection, chunks: &Chunks) -> rusqlite::Result<()> {
    let Chunks { name, chunks, key, stored_at } = chunks;
    if let Some(key) = key {
        let sql = "INSERT INTO person_keys (id, organization, person, wrapped) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
        c.prepare_cached(sql)?.execute(params![bytes(&key.id), key.organization, key.person, key.wrapped])?;
    }
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
