//! Forgetting on SQLite. What is removed is overwritten in the file (`secure_delete`), and the log that still has it is emptied.

use domain::fact::Position;
use domain::ids::{Fingerprint, Organization};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, params, params_from_iter};
use uuid::Uuid;

use super::Sqlite;
use super::lists::put_key;
use crate::journal::Error;
use crate::journal::forgetting::Candidate;
use crate::journal::lists::{Chunks, StoredChunk};

impl Sqlite {
    pub(in crate::journal) async fn keys_of(
        &self,
        organization: &str,
        persons: &[Fingerprint],
    ) -> Result<Vec<Uuid>, Error> {
        let (organization, persons) = (organization.to_owned(), persons.to_vec());
        self.0.readers.read(move |c| keys_of(c, &organization, &persons)).await
    }

    pub(in crate::journal) async fn sealed_with(
        &self,
        texts: Vec<String>,
        between: (Position, Position),
    ) -> Result<Vec<Candidate>, Error> {
        self.0.readers.read(move |c| sealed_with(c, texts, between)).await
    }

    pub(in crate::journal) async fn destroy_keys(&self, keys: Vec<Uuid>) -> Result<(), Error> {
        self.write(move |c| {
            let mut destroy = c.prepare_cached("DELETE FROM person_keys WHERE id = ?1")?;
            keys.iter().try_for_each(|key| destroy.execute([key.as_bytes().as_slice()]).map(drop))
        })
        .await
    }

    /// The writer empties the log between two commits; a reader in the middle of something keeps it from that.
    pub(in crate::journal) async fn wipe(&self) -> Result<bool, Error> {
        let before = self.0.emptying.ask();
        // Whatever is written next is followed by it, and the one after that by its being known.
        self.write(|_| Ok(())).await?;
        self.write(|_| Ok(())).await?;
        Ok(self.0.emptying.done() > before)
    }

    pub(in crate::journal) async fn stored_lists(
        &self,
        organization: Organization,
    ) -> Result<Vec<Uuid>, Error> {
        self.0.readers.read(move |c| stored_lists(c, organization.as_str())).await
    }

    pub(in crate::journal) async fn replace_chunks(&self, chunks: Chunks) -> Result<(), Error> {
        self.write(move |c| replace(c, &chunks)).await
    }

    pub(in crate::journal) async fn effect_done(&self, id: String) -> Result<Option<bool>, Error> {
        let sql = "SELECT state = 'done' FROM effects WHERE id = ?1";
        self.0.readers.read(move |c| c.query_row(sql, [id], |row| row.get(0)).optional()).await
    }
}

fn keys_of(c: &Connection, organization: &str, persons: &[Fingerprint]) -> rusqlite::Result<Vec<Uuid>> {
    let mut find = c.prepare_cached("SELECT id FROM person_keys WHERE person = ?1 AND organization = ?2")?;
    let mut found = vec![];
    for person in persons {
        let keys =
            find.query_map(params![person.0.as_slice(), organization], |row| row.get::<_, Vec<u8>>(0))?;
        for key in keys {
            found.extend(Uuid::from_slice(&key?).ok());
        }
    }
    Ok(found)
}

fn sealed_with(
    c: &Connection,
    texts: Vec<String>,
    (after, to): (Position, Position),
) -> rusqlite::Result<Vec<Candidate>> {
    let any: Vec<String> = (3..).take(texts.len()).map(|at| format!("instr(payload, ?{at})")).collect();
    let sql = format!(
        "SELECT position, aggregate_type, aggregate_id, payload FROM events
         WHERE position > ?1 AND position <= ?2 AND ({}) ORDER BY position",
        any.join(" OR ")
    );
    let position = |position| Value::Integer(i64::try_from(position).unwrap_or(i64::MAX));
    let args = [position(after), position(to)].into_iter().chain(texts.into_iter().map(Value::Text));
    let candidate = |row: &Row<'_>| {
        Ok(Candidate { position: row.get(0)?, kind: row.get(1)?, stream: row.get(2)?, payload: row.get(3)? })
    };
    c.prepare(&sql)?.query_map(params_from_iter(args), candidate)?.collect()
}

/// Steps from list to list along the key, for the chunks themselves are large.
fn stored_lists(c: &Connection, organization: &str) -> rusqlite::Result<Vec<Uuid>> {
    let sql = "SELECT list FROM list_chunks WHERE organization = ?1 AND list > ?2 ORDER BY list LIMIT 1";
    let mut step = c.prepare_cached(sql)?;
    let (mut found, mut last) = (vec![], Vec::<u8>::new());
    while let Some(next) = step.query_row(params![organization, last], |row| row.get(0)).optional()? {
        last = next;
        found.extend(Uuid::from_slice(&last).ok());
    }
    Ok(found)
}

fn replace(c: &Connection, chunks: &Chunks) -> rusqlite::Result<()> {
    let Chunks { name, chunks, key, .. } = chunks;
    key.iter().try_for_each(|key| put_key(c, key))?;
    let sql = "UPDATE list_chunks SET sealed = ?4 WHERE organization = ?1 AND list = ?2 AND number = ?3";
    let mut update = c.prepare_cached(sql)?;
    for StoredChunk { number, sealed, .. } in chunks {
        let list = name.list.as_bytes().as_slice();
        update.execute(params![name.organization.as_str(), list, number, sealed])?;
    }
    Ok(())
}
