//! The layouts on `SQLite`: one writer, WAL, `synchronous=FULL`, checkpoints between batches.
//! Nobody reads meanwhile, so a checkpoint always reaches the log's end.

use std::{fs, os::unix::fs::FileExt, time::Instant};

use anyhow::{Result, ensure};
use aws_lc_rs::digest::{SHA256, digest};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, TransactionBehavior, params, params_from_iter};

use crate::{COLUMNS, Event, Layout, Run, reports::Reports};

/// Past this the write-ahead log is copied into the database between two batches.
const WAL_BOUND: u64 = 16 << 20;
const PAGE: u64 = 4096;
const PROBE: &str =
    "SELECT 1 FROM events WHERE aggregate_type = 'call' AND aggregate_id = ? AND sequence = ?";
const STREAM: &str = "INSERT INTO streams VALUES('call', ?1, ?2)
    ON CONFLICT DO UPDATE SET version = ?2 WHERE version = ?2 - 1";
/// Both take the position first, so that one call fills either; only an ascending key keeps it.
const PERSON_ASCENDING: &str = "INSERT INTO person_keys VALUES(?1, ?2, ?3)";
const PERSON: &str = "INSERT INTO person_keys SELECT ?2, ?3 WHERE ?1 > 0";

fn tables(layout: &Layout) -> String {
    let kept = COLUMNS.iter().filter(|column| layout.kept(column.0));
    let kept = kept.map(|(name, kind, _)| format!(", {name} {kind} NOT NULL")).collect::<Vec<_>>().concat();
    let stream = "(aggregate_type, aggregate_id, sequence)";
    let (position, keys) = if layout.has("clustered") {
        (
            "NOT NULL",
            format!(
                ", PRIMARY KEY {stream}) STRICT, WITHOUT ROWID; CREATE UNIQUE INDEX p ON events(position);"
            ),
        )
    } else {
        ("PRIMARY KEY", format!(") STRICT; CREATE UNIQUE INDEX s ON events {stream};"))
    };
    let person = if layout.has("ascending") {
        "INTEGER PRIMARY KEY, person BLOB, wrapped BLOB) STRICT"
    } else {
        "BLOB PRIMARY KEY, wrapped BLOB) STRICT, WITHOUT ROWID"
    };
    let cache = if layout.has("smallcache") { 2 << 10 } else { 64 << 10 };
    format!(
        "PRAGMA page_size={}; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-{cache};
         CREATE TABLE events(position INTEGER {position}, aggregate_type TEXT NOT NULL, event_type TEXT NOT NULL,
           event_version TEXT NOT NULL, recorded_at INTEGER NOT NULL{kept}{keys}
         CREATE TABLE batches(first INTEGER PRIMARY KEY, last INTEGER NOT NULL, digest BLOB NOT NULL) STRICT;
         CREATE TABLE streams(aggregate_type TEXT, aggregate_id TEXT, version INTEGER NOT NULL,
           PRIMARY KEY(aggregate_type, aggregate_id)) STRICT, WITHOUT ROWID;
         CREATE TABLE commands(command BLOB PRIMARY KEY, outcome INTEGER NOT NULL) STRICT, WITHOUT ROWID;
         CREATE TABLE person_keys(id {person};",
        page(layout)
    )
}

fn page(layout: &Layout) -> u64 {
    let own = [("page1k", 1_024), ("page2k", 2_048), ("page8k", 8_192)];
    own.into_iter().find(|(name, _)| layout.has(name)).map_or(PAGE, |(_, len)| len)
}

fn write(
    db: &mut Connection,
    layout: &Layout,
    batch: &[Event],
    first: i64,
    chain: &mut Vec<u8>,
) -> Result<()> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let kept = COLUMNS.map(|column| layout.kept(column.0));
    let marks = ", ?".repeat(kept.iter().filter(|kept| **kept).count());
    let insert = format!(
        "INSERT INTO events(position, recorded_at, aggregate_type, event_type, event_version, {}) VALUES(?, ?, 'call', 'CallReported', '1.0'{marks})",
        layout.names()
    );
    let mut probe = transaction.prepare_cached(PROBE)?;
    let mut event_row = transaction.prepare_cached(&insert)?;
    let mut stream_row = transaction.prepare_cached(STREAM)?;
    let mut command_row = transaction.prepare_cached("INSERT INTO commands VALUES(?, ?)")?;
    let ascending = layout.has("ascending");
    let person = if ascending { PERSON_ASCENDING } else { PERSON };
    let mut person_row = transaction.prepare_cached(person)?;
    for (position, event) in (first..).zip(batch) {
        let [id, sequence, at, .., hash, command, person, wrapped] = event;
        // With a table of streams its row is the check; without it the unique key is asked.
        let free = if layout.has("streams") {
            stream_row.execute([id, sequence])? == 1
        } else {
            !probe.exists([id, sequence])?
        };
        ensure!(free, "a conflict at {position}");
        let at_position = Value::Integer(position);
        let values = event.iter().zip(kept).filter(|(_, kept)| *kept);
        let values = [&at_position, at].into_iter().chain(values.map(|(value, _)| value));
        event_row.execute(params_from_iter(values))?;
        if layout.has("commands") {
            command_row.execute(params![command, position])?;
        }
        if layout.has("person") {
            person_row.execute(params![position, person, wrapped])?;
        }
        chain.extend_from_slice(ValueRef::from(hash).as_bytes()?);
        chain.extend_from_slice(&position.to_be_bytes());
    }
    *chain = digest(&SHA256, chain).as_ref().to_vec();
    let last = first + i64::try_from(batch.len())? - 1;
    transaction.execute("INSERT INTO batches VALUES(?, ?, ?)", params![first, last, *chain])?;
    drop((probe, event_row, stream_row, command_row, person_row));
    Ok(transaction.commit()?)
}

pub(crate) fn run(layout: &Layout, rows: usize) -> Result<Run> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("journal.db");
    let mut db = Connection::open(&path)?;
    db.execute_batch(&tables(layout))?;
    // The log's length in frames stands at byte 16 of the shared index. The file stays open longer
    // than the connection: closing it earlier would drop the locks SQLite holds on it.
    let index = fs::File::open(folder.path().join("journal.db-shm"))?;
    let (mut reports, mut run, mut frames) = (Reports::new(layout), Run::default(), [0; 4]);
    let (mut done, mut chain) = (0, Vec::new());
    while done < rows {
        let batch = reports.batch(layout.batch.min(rows - done))?;
        let started = Instant::now();
        write(&mut db, layout, &batch, i64::try_from(done)? + 1, &mut chain)?;
        done += batch.len();
        index.read_exact_at(&mut frames, 16)?;
        let log = u64::from(u32::from_ne_bytes(frames)) * page(layout);
        if log > WAL_BOUND {
            let committed = Instant::now();
            db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
            run.checkpoints += committed.elapsed().as_secs_f64();
        }
        run.batches.push((batch.len(), started.elapsed().as_secs_f64()));
        run.wal += if log > WAL_BOUND || done == rows { log } else { 0 };
    }
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    let counts = "SELECT count(*), max(position) FROM events";
    let counts: (usize, usize) = db.query_row(counts, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    ensure!(counts == (rows, rows), "not {rows} rows without gaps but {counts:?}");
    run.disk = fs::metadata(&path)?.len();
    drop(db);
    Ok(run)
}
