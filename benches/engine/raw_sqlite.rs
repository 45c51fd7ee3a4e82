//! The raw limit on SQLite: the rows that the journal wrote, written again into the same tables, in the same batches,
//! by nothing but prepared inserts on one connection. Nothing is computed, nobody waits, nobody is told.

use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use karnay::journal::keys::Keyring;
use karnay::journal::sqlite::FILE;
use karnay::journal::verify::Place;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};
use uuid::Uuid;

use crate::figures::float;
use crate::forge;

/// Between commits, as the journal's writer does it, but not as often: nobody waits here.
const CHECKPOINT_BYTES: usize = 8 << 20;

/// What one commit wrote.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    events: Vec<Vec<Value>>,
    keys: Vec<Vec<Value>>,
    seal: Vec<Value>,
    bytes: usize,
}

#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) batches: Vec<Batch>,
    pub(crate) events: usize,
}

impl Rows {
    pub(crate) fn mean_batch(&self) -> f64 {
        float(self.events) / float(self.batches.len())
    }
}

/// Everything that stands in a journal.
pub(crate) fn rows(folder: &Path) -> Result<Rows> {
    let file = Connection::open_with_flags(folder.join(FILE), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut keys: HashMap<Vec<u8>, Vec<Value>> = HashMap::new();
    for row in select(&file, "SELECT id, organization, person, wrapped FROM person_keys")? {
        if let Some(Value::Blob(id)) = row.first() {
            keys.insert(id.clone(), row);
        }
    }
    let mut events = select(&file, "SELECT * FROM events ORDER BY position")?.into_iter();
    let mut rows = Rows { batches: vec![], events: 0 };
    for batch in select(&file, "SELECT * FROM batches ORDER BY last")? {
        let last = batch.first().cloned();
        let mut written = Batch { seal: batch, ..Batch::default() };
        for event in events.by_ref() {
            written.bytes += event.iter().map(len).sum::<usize>();
            written.keys.extend(key_id(&event).and_then(|id| keys.remove(id.as_bytes().as_slice())));
            let full = event.first() == last.as_ref();
            written.events.push(event);
            if full {
                break;
            }
        }
        rows.events += written.events.len();
        rows.batches.push(written);
    }
    Ok(rows)
}

fn select(file: &Connection, sql: &str) -> Result<Vec<Vec<Value>>> {
    let mut select = file.prepare(sql)?;
    let width = select.column_count();
    let row = |row: &rusqlite::Row<'_>| (0..width).map(|at| row.get(at)).collect();
    Ok(select.query_map([], row)?.collect::<rusqlite::Result<_>>()?)
}

fn len(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Blob(bytes) => bytes.len(),
        Value::Null | Value::Integer(_) | Value::Real(_) => 0,
    }
}

/// The key that an event's personal part was sealed with.
fn key_id(event: &[Value]) -> Option<Uuid> {
    let Some(Value::Text(payload)) = event.get(6) else { return None };
    let (_, sealed) = payload.split_once(r#""personal":""#)?;
    Keyring::key_id(sealed.split_once('"')?.0)
}

/// Events a second into a fresh file in `folder`.
pub(crate) async fn run(folder: &Path, rows: &Rows) -> Result<f64> {
    // The journal makes its own tables; after that it is not used any more.
    forge::open(Place::Folder(folder.to_owned())).await?.close().await;
    let file = Connection::open(folder.join(FILE))?;
    file.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;
         PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;",
    )?;
    let began = Instant::now();
    insert(&file, rows)?;
    let rate = float(rows.events) / began.elapsed().as_secs_f64();
    let stored: usize = file.query_row("SELECT count(*) FROM events", [], |row| row.get(0))?;
    anyhow::ensure!(stored == rows.events, "{stored} of {} are stored", rows.events);
    Ok(rate)
}

fn insert(file: &Connection, rows: &Rows) -> Result<()> {
    let sql = |table: &str, width: usize| {
        format!("INSERT INTO {table} VALUES (?{})", ",?".repeat(width.saturating_sub(1)))
    };
    let first = rows.batches.first().context("an empty journal")?;
    let width = first.events.first().map_or(0, Vec::len);
    let mut event = file.prepare(&sql("events", width))?;
    let mut key = file.prepare(&sql("person_keys", 4))?;
    let mut batch = file.prepare(&sql("batches", first.seal.len()))?;
    let mut unchecked = 0;
    for rows in &rows.batches {
        file.execute_batch("BEGIN IMMEDIATE")?;
        for row in &rows.keys {
            key.execute(params_from_iter(row))?;
        }
        for row in &rows.events {
            event.execute(params_from_iter(row))?;
        }
        batch.execute(params_from_iter(&rows.seal))?;
        file.execute_batch("COMMIT")?;
        unchecked += rows.bytes;
        if unchecked >= CHECKPOINT_BYTES {
            unchecked = 0;
            file.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        }
    }
    Ok(())
}
