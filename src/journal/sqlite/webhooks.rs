//! What was sent to receivers outside, on SQLite: written by the journal's writer in its commits.

use chrono::{DateTime, Utc};
use domain::fact::Position;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::Sqlite;
use crate::journal::webhooks::{
    Delivery, EndpointName, Part, REMOVED_TOGETHER, Round, Standing, State, Tried,
};
use crate::journal::{Error, from_micros, micros};

const COLUMNS: &str = "position, message, event_type, lane, state, tries, first_at, due_at, tried_at, status, \
                       took_ms, answer";

impl Sqlite {
    pub(in crate::journal) async fn webhook_standing(
        &self,
        name: EndpointName,
    ) -> Result<Option<Standing>, Error> {
        self.0.readers.read(move |c| standing(c, &name)).await
    }

    pub(in crate::journal) async fn webhook_begin(
        &self,
        name: EndpointName,
        begin: (Position, DateTime<Utc>),
    ) -> Result<(), Error> {
        self.write(move |c| make(c, &name, begin)).await
    }

    pub(in crate::journal) async fn webhook_forget(&self, name: EndpointName) -> Result<(), Error> {
        self.write(move |c| forget(c, &name)).await
    }

    pub(in crate::journal) async fn webhook_settle(&self, round: Round) -> Result<bool, Error> {
        self.write(move |c| settle(c, &round)).await
    }

    pub(in crate::journal) async fn webhook_rewind(
        &self,
        name: EndpointName,
        (to, at): (Position, DateTime<Utc>),
    ) -> Result<bool, Error> {
        let sql = "UPDATE webhook_standings SET position = ?3, moved_at = ?4 WHERE organization = ?1 AND endpoint = ?2";
        self.write(move |c| {
            let (organization, endpoint) = keys(&name);
            Ok(c.execute(sql, params![organization, endpoint, to, micros(at)])? == 1)
        })
        .await
    }

    pub(in crate::journal) async fn webhook_retry(
        &self,
        name: EndpointName,
        (position, at): (Position, DateTime<Utc>),
    ) -> Result<bool, Error> {
        let sql = "UPDATE webhook_deliveries SET due_at = ?4,
                     tries = CASE state WHEN 'waiting' THEN tries ELSE 0 END,
                     first_at = CASE state WHEN 'waiting' THEN first_at ELSE ?4 END, state = 'waiting'
                   WHERE organization = ?1 AND endpoint = ?2 AND position = ?3";
        self.write(move |c| {
            let (organization, endpoint) = keys(&name);
            Ok(c.execute(sql, params![organization, endpoint, position, micros(at)])? == 1)
        })
        .await
    }

    pub(in crate::journal) async fn webhook_log(&self, part: Part) -> Result<Vec<Delivery>, Error> {
        self.0.readers.read(move |c| log(c, &part)).await
    }

    pub(in crate::journal) async fn webhook_expire(&self, before: DateTime<Utc>) -> Result<u64, Error> {
        let sql = "DELETE FROM webhook_deliveries WHERE (organization, endpoint, position) IN (
                     SELECT organization, endpoint, position FROM webhook_deliveries
                     WHERE state <> 'waiting' AND tried_at < ?1 LIMIT ?2)";
        let removed = self.write(move |c| c.execute(sql, params![micros(before), REMOVED_TOGETHER]));
        removed.await.map(|rows| u64::try_from(rows).unwrap_or(u64::MAX))
    }
}

fn keys(name: &EndpointName) -> (&str, String) {
    (name.organization.as_str(), name.endpoint.to_string())
}

fn make(c: &Connection, name: &EndpointName, (begin, at): (Position, DateTime<Utc>)) -> rusqlite::Result<()> {
    let sql =
        "INSERT INTO webhook_standings (organization, endpoint, position, moved_at) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO NOTHING";
    let (organization, endpoint) = keys(name);
    c.execute(sql, params![organization, endpoint, begin, micros(at)]).map(drop)
}

fn forget(c: &Connection, name: &EndpointName) -> rusqlite::Result<()> {
    let (organization, endpoint) = keys(name);
    let sql = "DELETE FROM webhook_standings WHERE organization = ?1 AND endpoint = ?2";
    c.execute(sql, params![organization, endpoint])?;
    let sql =
        "DELETE FROM webhook_deliveries WHERE organization = ?1 AND endpoint = ?2 AND state = 'waiting'";
    c.execute(sql, params![organization, endpoint]).map(drop)
}

fn standing(c: &Connection, name: &EndpointName) -> rusqlite::Result<Option<Standing>> {
    let (organization, endpoint) = keys(name);
    let sql = "SELECT position, failing_since, moved_at FROM webhook_standings WHERE organization = ?1 AND endpoint = ?2";
    let stands = c.prepare_cached(sql)?.query_row(params![organization, endpoint], |row| {
        Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?.map(from_micros), from_micros(row.get(2)?)))
    });
    let Some((position, failing_since, moved_at)) = stands.optional()? else { return Ok(None) };
    let sql = format!(
        "SELECT {COLUMNS} FROM webhook_deliveries \
         WHERE organization = ?1 AND endpoint = ?2 AND state = 'waiting' ORDER BY position"
    );
    let mut waiting = c.prepare_cached(&sql)?;
    let waiting = waiting.query_map(params![organization, endpoint], delivery)?;
    let waiting = waiting.collect::<rusqlite::Result<_>>()?;
    Ok(Some(Standing { position, failing_since, waiting, moved_at: Some(moved_at) }))
}

fn settle(c: &Connection, round: &Round) -> rusqlite::Result<bool> {
    let (organization, endpoint) = keys(&round.name);
    let sql = "UPDATE webhook_standings SET position = ?4, failing_since = ?5, moved_at = ?6
               WHERE organization = ?1 AND endpoint = ?2 AND position = ?3 AND moved_at = ?7";
    let (failing_since, at, seen) =
        (round.failing_since.map(micros), micros(round.at), round.seen_at.map(micros));
    let moved = params![organization, endpoint, round.from, round.to, failing_since, at, seen];
    if c.prepare_cached(sql)?.execute(moved)? == 0 {
        return Ok(false);
    }
    let sql = format!(
        "REPLACE INTO webhook_deliveries (organization, endpoint, {COLUMNS}) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
    );
    let mut insert = c.prepare_cached(&sql)?;
    for one in &round.deliveries {
        let tried = one.tried.as_ref();
        insert.execute(params![
            organization,
            endpoint,
            one.position,
            one.message,
            one.event_type,
            one.lane,
            one.state.as_str(),
            one.tries,
            micros(one.first_at),
            micros(one.due_at),
            tried.map(|tried| micros(tried.at)),
            tried.and_then(|tried| tried.status),
            tried.map(|tried| tried.took_ms),
            tried.map(|tried| tried.answer.as_str()),
        ])?;
    }
    Ok(true)
}

fn log(c: &Connection, part: &Part) -> rusqlite::Result<Vec<Delivery>> {
    let (organization, endpoint) = keys(&part.name);
    let sql = format!(
        "SELECT {COLUMNS} FROM webhook_deliveries WHERE organization = ?1 AND endpoint = ?2 AND position < ?3 \
         AND (?4 IS NULL OR state = ?4) ORDER BY position DESC LIMIT ?5"
    );
    let state = part.state.map(State::as_str);
    let before = i64::try_from(part.before).unwrap_or(i64::MAX);
    let mut select = c.prepare_cached(&sql)?;
    select.query_map(params![organization, endpoint, before, state, part.limit], delivery)?.collect()
}

fn delivery(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    let tried_at: Option<i64> = row.get(8)?;
    let tried = |at| -> rusqlite::Result<Tried> {
        Ok(Tried {
            at: from_micros(at),
            status: row.get(9)?,
            took_ms: row.get::<_, Option<u32>>(10)?.unwrap_or_default(),
            answer: row.get::<_, Option<String>>(11)?.unwrap_or_default(),
        })
    };
    Ok(Delivery {
        position: row.get(0)?,
        message: row.get(1)?,
        event_type: row.get(2)?,
        lane: row.get(3)?,
        // Nothing else is ever written; what nobody understands is not sent.
        state: State::parse(&row.get::<_, String>(4)?).unwrap_or(State::Dead),
        tries: row.get(5)?,
        first_at: from_micros(row.get(6)?),
        due_at: from_micros(row.get(7)?),
        tried: tried_at.map(tried).transpose()?,
    })
}
