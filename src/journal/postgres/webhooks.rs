//! What was sent to receivers outside, on PostgreSQL: a round is one transaction, in which the endpoint's place is moved first.

use chrono::{DateTime, Utc};
use domain::fact::Position;
use serde_json::{Value, json};
use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};

use super::Postgres;
use super::read::{bound, unavailable, unsigned};
use crate::journal::webhooks::{
    Delivery, EndpointName, Part, REMOVED_TOGETHER, Round, Standing, State, Tried,
};
use crate::journal::{Error, from_micros, micros};

const COLUMNS: &str = "position, message, event_type, lane, state, tries, first_at, due_at, tried_at, status, \
                       took_ms, answer";

const PUT: &str = "INSERT INTO webhook_deliveries (organization, endpoint, position, message, event_type, lane, state, tries, \
                     first_at, due_at, tried_at, status, took_ms, answer) \
                   SELECT $1, $2, one.* FROM json_to_recordset($3::text::json) AS one(position bigint, message text, event_type text, \
                     lane bigint, state text, tries bigint, first_at bigint, due_at bigint, tried_at bigint, status bigint, \
                     took_ms bigint, answer text) \
                   ON CONFLICT (organization, endpoint, position) DO UPDATE SET message = excluded.message, \
                     event_type = excluded.event_type, lane = excluded.lane, state = excluded.state, tries = excluded.tries, \
                     first_at = excluded.first_at, due_at = excluded.due_at, tried_at = excluded.tried_at, \
                     status = excluded.status, took_ms = excluded.took_ms, answer = excluded.answer";

impl Postgres {
    pub(in crate::journal) async fn webhook_standing(
        &self,
        name: &EndpointName,
    ) -> Result<Option<Standing>, Error> {
        let found = self.at_home(standing(self.pool()?, name)).await;
        found.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn webhook_begin(
        &self,
        name: &EndpointName,
        begin: (Position, DateTime<Utc>),
    ) -> Result<(), Error> {
        let sql = "INSERT INTO webhook_standings (organization, endpoint, position, moved_at)
                   VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
        self.update(sql, name, begin).await.map(drop)
    }

    pub(in crate::journal) async fn webhook_forget(&self, name: &EndpointName) -> Result<(), Error> {
        self.at_home(forget(self.pool()?, name)).await.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn webhook_settle(&self, round: &Round) -> Result<bool, Error> {
        self.at_home(settle(self.pool()?, round)).await.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn webhook_rewind(
        &self,
        name: &EndpointName,
        (to, at): (Position, DateTime<Utc>),
    ) -> Result<bool, Error> {
        let sql = "UPDATE webhook_standings SET position = $3, moved_at = $4 WHERE organization = $1 AND endpoint = $2";
        self.update(sql, name, (to, at)).await
    }

    pub(in crate::journal) async fn webhook_retry(
        &self,
        name: &EndpointName,
        asked: (Position, DateTime<Utc>),
    ) -> Result<bool, Error> {
        let sql = "UPDATE webhook_deliveries SET due_at = $4,
                     tries = CASE state WHEN 'waiting' THEN tries ELSE 0 END,
                     first_at = CASE state WHEN 'waiting' THEN first_at ELSE $4 END, state = 'waiting'
                   WHERE organization = $1 AND endpoint = $2 AND position = $3";
        self.update(sql, name, asked).await
    }

    async fn update(
        &self,
        sql: &'static str,
        name: &EndpointName,
        (position, at): (Position, DateTime<Utc>),
    ) -> Result<bool, Error> {
        let query = sqlx::query(sql).bind(name.organization.as_str()).bind(name.endpoint.to_string());
        let query = query.bind(bound(position)).bind(micros(at)).execute(self.pool()?);
        let done = self.at_home(query).await.map_err(|why| unavailable(&why))?;
        Ok(done.rows_affected() == 1)
    }

    pub(in crate::journal) async fn webhook_log(&self, part: &Part) -> Result<Vec<Delivery>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM webhook_deliveries WHERE organization = $1 AND endpoint = $2 AND position < $3 \
             AND ($4::text IS NULL OR state = $4) ORDER BY position DESC LIMIT $5"
        );
        let query = sqlx::query(&sql).bind(part.name.organization.as_str());
        let query = query.bind(part.name.endpoint.to_string()).bind(bound(part.before));
        let query = query.bind(part.state.map(State::as_str)).bind(i64::from(part.limit));
        let rows = self.at_home(query.fetch_all(self.pool()?)).await.map_err(|why| unavailable(&why))?;
        let found: sqlx::Result<Vec<Delivery>> = rows.iter().map(delivery).collect();
        found.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn webhook_expire(&self, before: DateTime<Utc>) -> Result<u64, Error> {
        let sql = "DELETE FROM webhook_deliveries WHERE ctid = ANY (ARRAY(
                     SELECT ctid FROM webhook_deliveries WHERE state <> 'waiting' AND tried_at < $1 LIMIT $2))
                   AND state <> 'waiting'";
        let query = sqlx::query(sql).bind(micros(before)).bind(i64::from(REMOVED_TOGETHER));
        let done = self.at_home(query.execute(self.pool()?)).await.map_err(|why| unavailable(&why))?;
        Ok(done.rows_affected())
    }
}

async fn standing(pool: &PgPool, name: &EndpointName) -> sqlx::Result<Option<Standing>> {
    let (organization, endpoint) = (name.organization.as_str(), name.endpoint.to_string());
    let sql = "SELECT position, failing_since, moved_at FROM webhook_standings WHERE organization = $1 AND endpoint = $2";
    let stands = sqlx::query(sql).bind(organization).bind(&endpoint).fetch_optional(pool).await?;
    let Some(stands) = stands else { return Ok(None) };
    let sql = format!(
        "SELECT {COLUMNS} FROM webhook_deliveries \
         WHERE organization = $1 AND endpoint = $2 AND state = 'waiting' ORDER BY position"
    );
    let waiting = sqlx::query(&sql).bind(organization).bind(&endpoint).fetch_all(pool).await?;
    Ok(Some(Standing {
        position: unsigned(&stands, 0)?,
        failing_since: stands.try_get::<Option<i64>, _>(1)?.map(from_micros),
        waiting: waiting.iter().map(delivery).collect::<sqlx::Result<_>>()?,
        moved_at: Some(from_micros(stands.try_get(2)?)),
    }))
}

async fn forget(pool: &PgPool, name: &EndpointName) -> sqlx::Result<()> {
    let (organization, endpoint) = (name.organization.as_str(), name.endpoint.to_string());
    let mut transaction = pool.begin().await?;
    for sql in [
        "DELETE FROM webhook_standings WHERE organization = $1 AND endpoint = $2",
        "DELETE FROM webhook_deliveries WHERE organization = $1 AND endpoint = $2 AND state = 'waiting'",
    ] {
        sqlx::query(sql).bind(organization).bind(&endpoint).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

async fn settle(pool: &PgPool, round: &Round) -> sqlx::Result<bool> {
    let (organization, endpoint) = (round.name.organization.as_str(), round.name.endpoint.to_string());
    let mut transaction = pool.begin().await?;
    let sql = "UPDATE webhook_standings SET position = $4, failing_since = $5, moved_at = $6
               WHERE organization = $1 AND endpoint = $2 AND position = $3 AND moved_at = $7";
    let moved = sqlx::query(sql).bind(organization).bind(&endpoint).bind(bound(round.from));
    let moved = moved.bind(bound(round.to)).bind(round.failing_since.map(micros)).bind(micros(round.at));
    let moved = moved.bind(round.seen_at.map(micros));
    if moved.execute(&mut *transaction).await?.rows_affected() == 0 {
        return Ok(false);
    }
    if !round.deliveries.is_empty() {
        let rows = Value::from(round.deliveries.iter().map(written).collect::<Vec<_>>()).to_string();
        let put = sqlx::query(PUT).bind(organization).bind(&endpoint).bind(rows);
        put.execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

fn written(one: &Delivery) -> Value {
    let tried = one.tried.as_ref();
    json!({
        "position": one.position,
        "message": one.message,
        "event_type": one.event_type,
        "lane": one.lane,
        "state": one.state.as_str(),
        "tries": one.tries,
        "first_at": micros(one.first_at),
        "due_at": micros(one.due_at),
        "tried_at": tried.map(|tried| micros(tried.at)),
        "status": tried.and_then(|tried| tried.status),
        "took_ms": tried.map(|tried| tried.took_ms),
        "answer": tried.map(|tried| tried.answer.as_str()),
    })
}

fn delivery(row: &PgRow) -> sqlx::Result<Delivery> {
    let tried = |at| -> sqlx::Result<Tried> {
        let status: Option<i64> = row.try_get(9)?;
        let took: Option<i64> = row.try_get(10)?;
        Ok(Tried {
            at: from_micros(at),
            status: status.and_then(|status| u16::try_from(status).ok()),
            took_ms: took.and_then(|took| u32::try_from(took).ok()).unwrap_or_default(),
            answer: row.try_get::<Option<String>, _>(11)?.unwrap_or_default(),
        })
    };
    Ok(Delivery {
        position: unsigned(row, 0)?,
        message: row.try_get(1)?,
        event_type: row.try_get(2)?,
        lane: row.try_get(3)?,
        // Nothing else is ever written; what nobody understands is not sent.
        state: State::parse(row.try_get(4)?).unwrap_or(State::Dead),
        tries: u32::try_from(unsigned(row, 5)?).unwrap_or(u32::MAX),
        first_at: from_micros(row.try_get(6)?),
        due_at: from_micros(row.try_get(7)?),
        tried: row.try_get::<Option<i64>, _>(8)?.map(tried).transpose()?,
    })
}
