//! The one statement that commits a batch: checks, positions, digest and rows in one round trip and one sync.
//! It is a transaction of its own. The head row is locked after all checks and held to the commit, so positions have no gaps.
//! Nothing here is ever skipped on a conflict between nodes: that fails the statement as a whole, and the writer tries again.

use std::collections::HashMap;

use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::query::Query;
use sqlx::{Postgres, Row};
use uuid::Uuid;

use super::read::unsigned;
use crate::journal::batch::{Outcome, Prepared};
use crate::journal::chain::Hash;
use crate::journal::{Appended, Refused, from_micros, micros};

/// `known`: units whose command was carried out before. `moved`: units one of whose streams does not stand where expected.
/// `kept`: the events of all others, numbered. `head`: the row that everybody appends behind, locked from here on.
/// `next`: the head after this batch. Whatever reads `next` runs under the lock.
/// The lookups are lateral and limited so that they can only be index lookups, however old the planner's figures are.
const APPEND: &str = r"
WITH known AS MATERIALIZED (
    SELECT asked.unit, c.body = asked.body AS same, c.first, c.last, c.recorded_at
    FROM unnest($1::int4[], $2::text[], $3::uuid[], $4::bytea[]) AS asked (unit, organization, id, body)
    CROSS JOIN LATERAL (
        SELECT * FROM commands WHERE organization = asked.organization AND id = asked.id LIMIT 1
    ) AS c
), moved AS MATERIALIZED (
    SELECT asked.unit
    FROM unnest($5::int4[], $6::text[], $7::text[], $8::int8[]) AS asked (unit, kind, stream, expected)
    LEFT JOIN LATERAL (
        SELECT sequence FROM events WHERE aggregate_type = asked.kind AND aggregate_id = asked.stream
        ORDER BY sequence DESC LIMIT 1
    ) AS at ON true
    WHERE coalesce(at.sequence, 0) <> asked.expected
), refused AS MATERIALIZED (
    SELECT unit FROM known UNION ALL SELECT unit FROM moved
), kept AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY place) AS nth, e.*
    FROM unnest($9::int4[], $10::text[], $11::text[], $12::int8[], $13::text[], $14::text[], $15::text[], $16::text[],
                $17::int8[], $18::bytea[]) WITH ORDINALITY
         AS e (unit, kind, stream, sequence, event_type, event_version, payload, metadata, occurred_at, hash, place)
    WHERE e.unit NOT IN (SELECT unit FROM refused)
), head AS MATERIALIZED (
    SELECT h.position, h.recorded_at, h.digest, added.count
    FROM journal_head AS h, (SELECT count(*) AS count FROM kept) AS added
    WHERE (SELECT count(DISTINCT unit) FROM refused) < $19
    FOR UPDATE OF h
), next AS MATERIALIZED (
    SELECT position AS base, position + count AS position, count, at.recorded_at, CASE WHEN count = 0 THEN digest ELSE
        sha256(digest || int8send(at.recorded_at)
               || (SELECT string_agg(int8send(head.position + nth) || hash, '' ORDER BY nth) FROM kept)) END AS digest
    FROM head, LATERAL (SELECT CASE WHEN count = 0 THEN recorded_at ELSE greatest(recorded_at, $20) END) AS at (recorded_at)
), moving AS (
    UPDATE journal_head AS h SET position = next.position, recorded_at = next.recorded_at, digest = next.digest
    FROM next WHERE h.one AND next.count > 0
), appending AS (
    INSERT INTO events (position, aggregate_type, aggregate_id, sequence, event_type, event_version,
                        payload, metadata, occurred_at, recorded_at, hash)
    SELECT next.base + nth, kind, stream, sequence, event_type, event_version, payload::json, metadata::json,
           occurred_at, next.recorded_at, hash
    FROM next, kept
), sealing AS (
    INSERT INTO batches (last, first, recorded_at, digest)
    SELECT position, base + 1, recorded_at, digest FROM next WHERE count > 0
), remembering AS (
    INSERT INTO commands (organization, id, body, first, last, recorded_at)
    SELECT asked.organization, asked.id, asked.body, next.base + coalesce(own.first, 1),
           next.base + coalesce(own.last, 0), next.recorded_at
    FROM next, unnest($1::int4[], $2::text[], $3::uuid[], $4::bytea[]) AS asked (unit, organization, id, body)
    LEFT JOIN (SELECT unit, min(nth) AS first, max(nth) AS last FROM kept GROUP BY unit) AS own USING (unit)
    WHERE asked.unit NOT IN (SELECT unit FROM refused)
), keeping AS (
    INSERT INTO person_keys (id, organization, person, wrapped)
    SELECT id, organization, person, wrapped
    FROM unnest($21::int4[], $22::uuid[], $23::text[], $24::bytea[], $25::bytea[])
         AS brought (unit, id, organization, person, wrapped)
    WHERE brought.unit NOT IN (SELECT unit FROM refused)
    ON CONFLICT (id) DO NOTHING
)
SELECT -1 AS unit, true AS same, base AS first, position AS last, recorded_at FROM next
UNION ALL SELECT unit, same, first, last, recorded_at FROM known
UNION ALL SELECT unit, NULL, 0, 0, 0 FROM moved
";

/// What a batch came to.
#[derive(Debug)]
pub(super) struct Written {
    /// Where the journal ended before it, and ends now; none where nothing was stored.
    pub(super) stretch: Option<Stretch>,
    /// One for each unit, in their order.
    pub(super) outcomes: Vec<Outcome>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    pub(super) base: u64,
    pub(super) last: u64,
    pub(super) recorded_at: i64,
}

pub(super) async fn append(
    connection: &mut PgConnection,
    units: &[Prepared],
    now: i64,
) -> sqlx::Result<Written> {
    let rows = Columns::of(units)?.bind(units.len(), now)?.fetch_all(connection).await?;
    written(units, &rows)
}

/// A batch laid out as the statement's arrays, borrowed from its units.
#[derive(Default)]
struct Columns<'a> {
    commands: Commands<'a>,
    streams: Streams<'a>,
    events: Events<'a>,
    keys: Keys<'a>,
}

#[derive(Default)]
struct Commands<'a>(Vec<i32>, Vec<&'a str>, Vec<Uuid>, Vec<&'a [u8]>);

#[derive(Default)]
struct Streams<'a>(Vec<i32>, Vec<&'a str>, Vec<&'a str>, Vec<i64>);

#[derive(Default)]
struct Keys<'a>(Vec<i32>, Vec<Uuid>, Vec<&'a str>, Vec<&'a [u8]>, Vec<&'a [u8]>);

#[derive(Default)]
struct Events<'a> {
    unit: Vec<i32>,
    kind: Vec<&'a str>,
    stream: Vec<&'a str>,
    sequence: Vec<i64>,
    event_type: Vec<&'a str>,
    event_version: Vec<&'a str>,
    payload: Vec<&'a str>,
    metadata: Vec<&'a str>,
    occurred_at: Vec<i64>,
    hash: Vec<&'a [u8]>,
}

impl<'a> Columns<'a> {
    fn of(units: &'a [Prepared]) -> sqlx::Result<Self> {
        let mut columns = Self::default();
        for (index, prepared) in (0..).zip(units) {
            columns.command(index, prepared);
            columns.appends(index, prepared)?;
            for key in &prepared.unit.keys {
                let keys = &mut columns.keys;
                keys.0.push(index);
                keys.1.push(key.id);
                keys.2.push(&key.organization);
                keys.3.push(&key.person);
                keys.4.push(&key.wrapped);
            }
        }
        Ok(columns)
    }

    fn command(&mut self, unit: i32, prepared: &'a Prepared) {
        if let Some(command) = &prepared.unit.command {
            self.commands.0.push(unit);
            self.commands.1.push(&prepared.unit.circumstances.organization);
            self.commands.2.push(command.id);
            self.commands.3.push(&command.body);
        }
    }

    fn appends(&mut self, unit: i32, prepared: &'a Prepared) -> sqlx::Result<()> {
        let mut hashes = prepared.hashes.iter();
        for append in &prepared.unit.appends {
            let expected = signed(append.expected)?;
            self.streams.0.push(unit);
            self.streams.1.push(append.kind);
            self.streams.2.push(append.stream.as_str());
            self.streams.3.push(expected);
            for ((sequence, event), hash) in (expected + 1..).zip(&append.events).zip(hashes.by_ref()) {
                let events = &mut self.events;
                events.unit.push(unit);
                events.kind.push(append.kind);
                events.stream.push(append.stream.as_str());
                events.sequence.push(sequence);
                events.event_type.push(&event.event_type);
                events.event_version.push(&event.event_version);
                events.payload.push(&event.payload);
                events.metadata.push(&prepared.metadata);
                events.occurred_at.push(micros(event.occurred_at));
                events.hash.push(hash);
            }
        }
        Ok(())
    }

    fn bind(self, units: usize, now: i64) -> sqlx::Result<Query<'a, Postgres, PgArguments>> {
        let Self { commands, streams, events, keys } = self;
        let units = i64::try_from(units).map_err(odd)?;
        let query = sqlx::query(APPEND).bind(commands.0).bind(commands.1).bind(commands.2).bind(commands.3);
        let query = query.bind(streams.0).bind(streams.1).bind(streams.2).bind(streams.3);
        let query = query.bind(events.unit).bind(events.kind).bind(events.stream).bind(events.sequence);
        let query = query.bind(events.event_type).bind(events.event_version);
        let query = query.bind(events.payload).bind(events.metadata);
        let query = query.bind(events.occurred_at).bind(events.hash).bind(units).bind(now);
        Ok(query.bind(keys.0).bind(keys.1).bind(keys.2).bind(keys.3).bind(keys.4))
    }
}

/// The statement names only the units it refused: the others' positions follow from their order.
fn written(units: &[Prepared], rows: &[PgRow]) -> sqlx::Result<Written> {
    let mut stretch = None;
    let mut refused: HashMap<i32, Outcome> = HashMap::new();
    for row in rows {
        let unit: i32 = row.try_get(0)?;
        let (first, last, recorded_at) = (unsigned(row, 2)?, unsigned(row, 3)?, row.try_get(4)?);
        match row.try_get::<Option<bool>, _>(1)? {
            Some(_) if unit < 0 => stretch = Some(Stretch { base: first, last, recorded_at }),
            Some(true) => {
                let recorded_at = from_micros(recorded_at);
                refused.insert(unit, Ok(Appended { first, last, recorded_at, repeated: true }));
            }
            Some(false) => drop(refused.insert(unit, Err(Refused::CommandReused))),
            // A repetition found its streams moved on, by itself of then.
            None => drop(refused.entry(unit).or_insert(Err(Refused::Conflict))),
        }
    }
    let mut position = stretch.map_or(0, |stretch: Stretch| stretch.base);
    let outcome = |(index, unit): (i32, &Prepared)| {
        refused.remove(&index).unwrap_or_else(|| {
            let stretch = stretch.ok_or_else(|| Refused::Unavailable("the store gave no answer".into()))?;
            let first = position + 1;
            position += u64::try_from(unit.hashes.len()).unwrap_or(0);
            let recorded_at = from_micros(stretch.recorded_at);
            Ok(Appended { first, last: position, recorded_at, repeated: false })
        })
    };
    let outcomes = (0..).zip(units).map(outcome).collect();
    Ok(Written { stretch, outcomes })
}

/// Where each of these units stands in the journal, if it does, found by its first event: same place, same hash.
pub(super) async fn standing(
    connection: &mut PgConnection,
    units: &[Prepared],
) -> sqlx::Result<Vec<Option<Appended>>> {
    let mut wanted = Streams::default();
    let mut hashes: Vec<&Hash> = vec![];
    for (index, prepared) in (0..).zip(units) {
        let first = prepared.unit.appends.iter().find(|append| !append.events.is_empty());
        if let (Some(append), Some(hash)) = (first, prepared.hashes.first()) {
            wanted.0.push(index);
            wanted.1.push(append.kind);
            wanted.2.push(append.stream.as_str());
            wanted.3.push(signed(append.expected + 1)?);
            hashes.push(hash);
        }
    }
    let hashes: Vec<&[u8]> = hashes.into_iter().map(Hash::as_slice).collect();
    let find = "SELECT wanted.unit, e.position, e.recorded_at
                FROM unnest($1::int4[], $2::text[], $3::text[], $4::int8[], $5::bytea[])
                     AS wanted (unit, kind, stream, sequence, hash)
                CROSS JOIN LATERAL (
                    SELECT * FROM events WHERE aggregate_type = wanted.kind AND aggregate_id = wanted.stream
                    AND sequence = wanted.sequence LIMIT 1
                ) AS e WHERE e.hash = wanted.hash";
    let query = sqlx::query(find).bind(wanted.0).bind(wanted.1).bind(wanted.2).bind(wanted.3).bind(hashes);
    let mut found = HashMap::new();
    for row in query.fetch_all(connection).await? {
        let unit: i32 = row.try_get(0)?;
        found.insert(unit, (unsigned(&row, 1)?, from_micros(row.try_get(2)?)));
    }
    let appended = |(index, unit): (i32, &Prepared)| {
        let (first, recorded_at) = found.remove(&index)?;
        let last = first + u64::try_from(unit.hashes.len()).unwrap_or(1) - 1;
        Some(Appended { first, last, recorded_at, repeated: false })
    };
    Ok((0..).zip(units).map(appended).collect())
}

fn signed(number: u64) -> sqlx::Result<i64> {
    i64::try_from(number).map_err(odd)
}

fn odd(why: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(why))
}
