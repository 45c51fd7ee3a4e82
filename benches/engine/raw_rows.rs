//! The raw limit of a screen with a row an event: the rows that the engine made, inserted again into a table of the same shape,
//! with its indexes made at the end, as a rebuild does.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use futures_util::TryStreamExt as _;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};
use sqlx::postgres::{PgConnection, PgPoolCopyExt as _};
use sqlx::{Connection as _, Executor as _, PgPool};

use crate::figures::float;

const ROWS_A_COMMIT: usize = 10_000;
const COPY_CHUNK: usize = 1 << 20;
const FIND: &str =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'call\\_history\\_v%' ESCAPE '\\'";

/// Rows a second, from one file into a fresh one in `folder`.
pub(crate) fn on_sqlite(data: &Path, folder: &Path) -> Result<f64> {
    let from = Connection::open_with_flags(data.join("screens.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let table: String = from.query_row(FIND, [], |row| row.get(0))?;
    let made = "SELECT sql FROM sqlite_schema WHERE name = ?1";
    let create: String = from.query_row(made, [&table], |row| row.get(0))?;
    let indexes = "SELECT sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?1 AND sql IS NOT NULL";
    let mut indexes = from.prepare(indexes)?;
    let indexes: Vec<String> =
        indexes.query_map([&table], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut select = from.prepare(&format!("SELECT * FROM {table} ORDER BY position"))?;
    let width = select.column_count();
    let row = |row: &rusqlite::Row<'_>| (0..width).map(|at| row.get(at)).collect();
    let rows: Vec<Vec<Value>> = select.query_map([], row)?.collect::<rusqlite::Result<_>>()?;
    ensure!(!rows.is_empty(), "there are no rows");

    let into = Connection::open(folder.join("rows.db"))?;
    // The settings that the screens' own file is written with.
    into.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 8192;
         PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;",
    )?;
    into.execute_batch(&create)?;
    let began = Instant::now();
    let marks = ",?".repeat(width.saturating_sub(1));
    let mut insert = into.prepare(&format!("INSERT INTO {table} VALUES (?{marks})"))?;
    for rows in rows.chunks(ROWS_A_COMMIT) {
        into.execute_batch("BEGIN")?;
        for row in rows {
            insert.execute(params_from_iter(row))?;
        }
        into.execute_batch("COMMIT")?;
    }
    for index in indexes {
        into.execute_batch(&index)?;
    }
    Ok(float(rows.len()) / began.elapsed().as_secs_f64())
}

/// Rows a second, from one table into another of the same database.
pub(crate) async fn on_postgres(url: &str) -> Result<f64> {
    let pool = PgPool::connect(url).await?;
    let find = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'screens' AND tablename LIKE 'call\\_history\\_v%'";
    let table: String = sqlx::query_scalar(find).fetch_one(&pool).await?;
    let columns = "SELECT regexp_replace(indexdef, '^.* USING ', '') FROM pg_indexes
         WHERE schemaname = 'screens' AND tablename = $1 AND indexname NOT LIKE '%\\_pkey'";
    let indexes: Vec<String> = sqlx::query_scalar(columns).bind(&table).fetch_all(&pool).await?;
    let out = format!("COPY (SELECT * FROM screens.{table} ORDER BY position) TO STDOUT (FORMAT binary)");
    let mut rows = vec![];
    let mut copied = pool.copy_out_raw(&out).await?;
    while let Some(chunk) = copied.try_next().await? {
        rows.extend_from_slice(&chunk);
    }
    drop(copied);
    let fresh = format!(
        "DROP TABLE IF EXISTS raw_rows; CREATE TABLE raw_rows (LIKE screens.{table}, PRIMARY KEY (id)); CHECKPOINT"
    );
    for statement in fresh.split("; ") {
        pool.execute(statement).await?;
    }
    let began = Instant::now();
    let mut into = PgConnection::connect(url).await?;
    let mut copy = into.copy_in_raw("COPY raw_rows FROM STDIN (FORMAT binary)").await?;
    for chunk in rows.chunks(COPY_CHUNK) {
        copy.send(chunk).await?;
    }
    let count = copy.finish().await?;
    for index in &indexes {
        into.execute(format!("CREATE INDEX ON raw_rows USING {index}").as_str()).await?;
    }
    into.execute("ANALYZE raw_rows").await?;
    let rate = float(usize::try_from(count).context("rows")?) / began.elapsed().as_secs_f64();
    into.execute("DROP TABLE raw_rows").await?;
    into.close().await?;
    pool.close().await;
    Ok(rate)
}
