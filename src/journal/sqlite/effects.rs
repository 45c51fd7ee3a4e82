//! Effects and policies on SQLite: the same statements as on PostgreSQL, carried out by the journal's writer in its commits.

use chrono::{DateTime, Utc};
use domain::policy::Intent;
use rusqlite::{Connection, OptionalExtension, Row, params, types::Type};

use super::Sqlite;
use crate::journal::effects::{Counts, Errand, Policy, Reaction, Take, Taken};
use crate::journal::{Error, micros};

/// Whoever opens the journal holds its folder alone: what is marked sent was some dead process's, and nobody renews it any more.
pub(super) fn free_leases(c: &Connection, now: DateTime<Utc>) -> rusqlite::Result<usize> {
    c.execute(
        "UPDATE effects SET owner = NULL, due_at = ?1 WHERE state = 'sent' AND due_at > ?1",
        [micros(now)],
    )
}

impl Sqlite {
    pub(in crate::journal) async fn policy(&self, name: &'static str) -> Result<Policy, Error> {
        let find = move |c: &Connection| {
            let sql = "SELECT checkpoint, state FROM policies WHERE name = ?1";
            let row = |row: &Row<'_>| Ok(Policy { checkpoint: row.get(0)?, state: row.get(1)? });
            Ok(c.query_row(sql, params![name], row).optional()?.unwrap_or_default())
        };
        self.0.readers.read(find).await
    }

    pub(in crate::journal) async fn react(&self, reaction: Reaction) -> Result<bool, Error> {
        self.write(move |c| react(c, &reaction)).await
    }

    pub(in crate::journal) async fn take_effects(&self, take: Take) -> Result<Vec<Taken>, Error> {
        self.write(move |c| take_due(c, take)).await
    }

    pub(in crate::journal) async fn renew(
        &self,
        id: String,
        fence: u64,
        lease_until: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let sql = "UPDATE effects SET due_at = ?3 WHERE id = ?1 AND fence = ?2 AND state = 'sent'";
        self.write(move |c| changed(c, sql, &id, fence, lease_until)).await
    }

    pub(in crate::journal) async fn finish(
        &self,
        id: String,
        fence: u64,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let sql =
            "UPDATE effects SET state = 'done', done_at = ?3 WHERE id = ?1 AND fence = ?2 AND state = 'sent'";
        self.write(move |c| changed(c, sql, &id, fence, now)).await
    }

    pub(in crate::journal) async fn postpone(
        &self,
        id: String,
        fence: u64,
        not_before: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let sql = "UPDATE effects SET state = 'ready', owner = NULL, due_at = ?3
                   WHERE id = ?1 AND fence = ?2 AND state = 'sent'";
        self.write(move |c| changed(c, sql, &id, fence, not_before)).await
    }

    pub(in crate::journal) async fn effect_counts(&self) -> Result<Counts, Error> {
        self.0.readers.read(counts).await
    }
}

fn changed(c: &Connection, sql: &str, id: &str, fence: u64, at: DateTime<Utc>) -> rusqlite::Result<bool> {
    Ok(c.prepare_cached(sql)?.execute(params![id, fence, micros(at)])? == 1)
}

fn react(c: &Connection, reaction: &Reaction) -> rusqlite::Result<bool> {
    let Reaction { policy, from, to, state, effects } = reaction;
    let first = "INSERT INTO policies (name, checkpoint, state) VALUES (?1, 0, '') ON CONFLICT DO NOTHING";
    c.prepare_cached(first)?.execute(params![policy])?;
    let step = "UPDATE policies SET checkpoint = ?3, state = ?4 WHERE name = ?1 AND checkpoint = ?2";
    if c.prepare_cached(step)?.execute(params![policy, from, to, state])? == 0 {
        return Ok(false);
    }
    for effect in effects {
        let sql =
            "INSERT INTO effects (id, state, intent, circumstances, due_at, doubted)
             VALUES (?1, 'ready', ?2, ?3, 0, EXISTS (SELECT 1 FROM restores WHERE position >= ?4)) ON CONFLICT DO NOTHING";
        let intent = json(&effect.intent)?;
        c.prepare_cached(sql)?.execute(params![
            effect.id,
            intent,
            json(&effect.circumstances)?,
            effect.cause
        ])?;
    }
    Ok(true)
}

fn take_due(c: &Connection, take: Take) -> rusqlite::Result<Vec<Taken>> {
    let now = micros(take.now);
    let due = "SELECT id, intent, circumstances, fence, state, tries, doubted FROM effects
               WHERE state <> 'done' AND due_at <= ?1 ORDER BY due_at, id LIMIT ?2";
    let taken: Vec<Taken> =
        c.prepare_cached(due)?.query_map(params![now, take.limit], taken_row)?.collect::<Result<_, _>>()?;
    for effect in &taken {
        let sql = "UPDATE effects SET state = 'sent', fence = ?2, tries = ?3, owner = ?4, due_at = ?5 WHERE id = ?1";
        let owner = take.owner.as_bytes().as_slice();
        let taken = params![effect.id, effect.fence, effect.tries, owner, micros(take.lease_until)];
        c.prepare_cached(sql)?.execute(taken)?;
    }
    Ok(taken)
}

fn taken_row(row: &Row<'_>) -> rusqlite::Result<Taken> {
    let errand = Errand::of(&row.get::<_, String>(4)?, row.get::<_, i64>(6)? != 0);
    Ok(Taken {
        id: row.get(0)?,
        intent: parsed::<Intent>(row, 1)?,
        circumstances: parsed(row, 2)?,
        fence: row.get::<_, u64>(3)? + 1,
        errand,
        tries: row.get::<_, u32>(5)? + 1,
    })
}

fn counts(c: &Connection) -> rusqlite::Result<Counts> {
    let count = |state: &str| {
        c.query_row("SELECT count(*) FROM effects WHERE state = ?1", params![state], |row| row.get(0))
    };
    Ok(Counts { ready: count("ready")?, sent: count("sent")?, done: count("done")? })
}

fn json<T: serde::Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|why| rusqlite::Error::ToSqlConversionFailure(Box::new(why)))
}

fn parsed<T: serde::de::DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<T> {
    let text: String = row.get(index)?;
    serde_json::from_str(&text)
        .map_err(|why| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(why)))
}
