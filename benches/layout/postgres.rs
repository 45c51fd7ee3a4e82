//! The layouts on `PostgreSQL`: one connection, one statement a batch, positions from a head row.
//! How the server is set up is the caller's matter; the settings of the session are set here.

use std::time::Instant;

use anyhow::{Result, ensure};
use rusqlite::types::ValueRef;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::{Connection as _, Postgres, Row, query::Query};

use crate::{COLUMNS, Event, Layout, Run, reports::Reports};

type Bound<'q> = Query<'q, Postgres, PgArguments>;

fn tables(layout: &Layout) -> String {
    let kept = COLUMNS.iter().filter(|column| layout.kept(column.0));
    let kind = |name, kind| {
        if name == "payload" { layout.payload_type() } else { kind }
    };
    let kept = kept
        .map(|(name, _, of)| format!(", {name} {} NOT NULL", kind(*name, of)))
        .collect::<Vec<_>>()
        .concat();
    let stream = "(aggregate_type, aggregate_id, sequence)";
    let keys = if layout.has("streamprimary") {
        format!("PRIMARY KEY {stream}, UNIQUE (position)")
    } else {
        format!("PRIMARY KEY (position), UNIQUE {stream}")
    };
    let person = if layout.has("ascending") {
        "id bigint PRIMARY KEY, person bytea NOT NULL"
    } else {
        "person bytea PRIMARY KEY"
    };
    // Plans made over empty tables are kept: they must not be scans of whole tables.
    format!(
        "DROP SCHEMA IF EXISTS layout CASCADE; CREATE SCHEMA layout; SET search_path = layout;
         SET enable_seqscan = off; SET enable_bitmapscan = off; SET jit = off;
         CREATE TABLE events(position bigint NOT NULL, aggregate_type text NOT NULL, event_type text NOT NULL,
           event_version text NOT NULL, recorded_at bigint NOT NULL{kept}, {keys});
         CREATE TABLE batches(first bigint PRIMARY KEY, last bigint NOT NULL, digest bytea NOT NULL);
         CREATE TABLE head(position bigint NOT NULL, recorded_at bigint NOT NULL, digest bytea NOT NULL);
         INSERT INTO head VALUES(0, 0, '');
         CREATE TABLE streams(aggregate_type text, aggregate_id text, version bigint NOT NULL, PRIMARY KEY(aggregate_type, aggregate_id));
         CREATE TABLE commands(command bytea PRIMARY KEY, outcome bigint NOT NULL);
         CREATE TABLE person_keys({person}, wrapped bytea NOT NULL)"
    )
}

/// One statement a batch: the check, then the head row's lock, then all that needs a position.
/// The check is a correlated subquery: `NOT EXISTS` becomes a join, planned once over empty tables,
/// that walks all events.
fn statement(layout: &Layout) -> String {
    let sent: Vec<_> = COLUMNS.iter().filter(|column| layout.sent(column.0)).collect();
    let names: Vec<_> = sent.iter().map(|column| column.0).collect();
    let arrays: Vec<_> = sent
        .iter()
        .zip(1..)
        .map(|(column, at)| format!("${at}::{}[]", wire(layout, column.0, column.2)))
        .collect();
    let taken = if layout.has("streams") {
        "streams t WHERE t.version >= r.sequence"
    } else {
        "events t WHERE t.sequence = r.sequence"
    };
    let (payload, kept) = (format!("payload::{}", layout.payload_type()), layout.names());
    let values = kept
        .replace("payload", &payload)
        .replace("metadata", "metadata::json")
        .replace("hash", "fresh.hash")
        .replace("occurred_at", "fresh.occurred_at");
    let mut further = String::new();
    if layout.has("streams") {
        further += ", s AS (INSERT INTO streams SELECT 'call', aggregate_id, sequence FROM fresh ON CONFLICT (aggregate_type, aggregate_id) DO UPDATE SET version = excluded.version WHERE streams.version = excluded.version - 1)";
    }
    if layout.has("commands") {
        further += ", c AS (INSERT INTO commands SELECT command, base + rn FROM fresh, h)";
    }
    if layout.has("person") {
        further += if layout.has("ascending") {
            ", p AS (INSERT INTO person_keys SELECT base + rn, person, wrapped FROM fresh, h)"
        } else {
            ", p AS (INSERT INTO person_keys SELECT person, wrapped FROM fresh)"
        };
    }
    format!(
        "WITH r AS (SELECT * FROM unnest({}) WITH ORDINALITY AS r({}, ord)),
         fresh AS (SELECT r.*, row_number() OVER (ORDER BY ord) AS rn FROM r
           WHERE (SELECT true FROM {taken} AND t.aggregate_type = 'call' AND t.aggregate_id = r.aggregate_id LIMIT 1) IS NULL),
         h AS (UPDATE head SET position = head.position + (SELECT count(*) FROM fresh),
           recorded_at = greatest(head.recorded_at, (SELECT max(occurred_at) FROM fresh)),
           digest = sha256(head.digest || (SELECT string_agg(hash || int8send(head.position + rn), '' ORDER BY rn) FROM fresh))
           RETURNING position, position - (SELECT count(*) FROM fresh) AS base, recorded_at, digest),
         e AS (INSERT INTO events(position, aggregate_type, event_type, event_version, recorded_at, {kept})
           SELECT base + rn, 'call', 'CallReported', '1.0', h.recorded_at, {values} FROM fresh, h),
         b AS (INSERT INTO batches SELECT base + 1, position, digest FROM h){further} SELECT position FROM h",
        arrays.join(", "), names.join(", ")
    )
}

/// The type an array of this column crosses the wire with; the statement casts it to the column's.
fn wire(layout: &Layout, column: &str, kind: &'static str) -> &'static str {
    match (column, kind) {
        ("payload", _) if layout.has("bytea") => "bytea",
        (_, "json") => "text",
        _ => kind,
    }
}

fn bind<'q>(query: Bound<'q>, kind: &str, at: usize, batch: &'q [Event]) -> Result<Bound<'q>> {
    let values = batch.iter().filter_map(|event| event.get(at)).map(ValueRef::from);
    Ok(match kind {
        "bigint" => query.bind(values.map(|value| value.as_i64()).collect::<Result<Vec<_>, _>>()?),
        "bytea" => query.bind(values.map(|value| value.as_bytes()).collect::<Result<Vec<_>, _>>()?),
        _ => query.bind(values.map(|value| value.as_str()).collect::<Result<Vec<_>, _>>()?),
    })
}

async fn append(db: &mut PgConnection, statement: &str, layout: &Layout, batch: &[Event]) -> Result<i64> {
    let mut query = sqlx::query(statement);
    for (at, (name, _, kind)) in COLUMNS.iter().enumerate().filter(|(_, column)| layout.sent(column.0)) {
        query = bind(query, wire(layout, name, kind), at, batch)?;
    }
    Ok(query.fetch_one(db).await?.try_get(0)?)
}

pub(crate) async fn run(layout: &Layout, rows: usize, address: &str) -> Result<Run> {
    let mut db = PgConnection::connect(address).await?;
    sqlx::raw_sql(&tables(layout)).execute(&mut db).await?;
    // Every run starts the same distance from the server's next checkpoint.
    sqlx::raw_sql("CHECKPOINT").execute(&mut db).await?;
    let row = sqlx::query("SELECT pg_current_wal_lsn()::text").fetch_one(&mut db).await?;
    let (from, statement): (String, _) = (row.try_get(0)?, statement(layout));
    let (mut reports, mut run, mut done) = (Reports::new(layout), Run::default(), 0);
    while done < rows {
        let batch = reports.batch(layout.batch.min(rows - done))?;
        let started = Instant::now();
        let position = append(&mut db, &statement, layout, &batch).await?;
        run.batches.push((batch.len(), started.elapsed().as_secs_f64()));
        done += batch.len();
        ensure!(position == i64::try_from(done)?, "a batch ended at {position}, not at {done}");
    }
    let sizes = "SELECT (SELECT count(*) FROM events),
        (SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class WHERE relnamespace = 'layout'::regnamespace AND relkind = 'r'),
        pg_wal_lsn_diff(pg_current_wal_lsn(), $1::pg_lsn)::bigint";
    let row = sqlx::query(sizes).bind(from).fetch_one(&mut db).await?;
    ensure!(usize::try_from(row.try_get::<i64, _>(0)?)? == rows, "rows are missing");
    run.disk = row.try_get::<i64, _>(1)?.try_into()?;
    run.wal = row.try_get::<i64, _>(2)?.try_into()?;
    db.close().await?;
    Ok(run)
}
