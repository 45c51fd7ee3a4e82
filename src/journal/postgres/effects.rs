//! Effects and policies on PostgreSQL: the same rules as on SQLite, each step one transaction, synced before it is answered.

use chrono::{DateTime, Utc};
use domain::policy::Intent;
use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};

use super::Postgres;
use super::read::{bound, unavailable, unsigned};
use crate::journal::effects::{Counts, Errand, Policy, Reaction, Take, Taken};
use crate::journal::{Error, micros};

impl Postgres {
    pub(in crate::journal) async fn policy(&self, name: &'static str) -> Result<Policy, Error> {
        self.at_home(policy(self.pool()?, name)).await.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn react(&self, reaction: Reaction) -> Result<bool, Error> {
        self.at_home(react(self.pool()?, &reaction)).await.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn take_effects(&self, take: Take) -> Result<Vec<Taken>, Error> {
        self.at_home(take_due(self.pool()?, take)).await.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn renew(
        &self,
        id: String,
        fence: u64,
        lease_until: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let sql = "UPDATE effects SET due_at = $3 WHERE id = $1 AND fence = $2 AND state = 'sent'";
        self.changed(sql, &id, fence, lease_until).await
    }

    pub(in crate::journal) async fn finish(
        &self,
        id: String,
        fence: u64,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let sql =
            "UPDATE effects SET state = 'done', done_at = $3 WHERE id = $1 AND fence = $2 AND state = 'sent'";
        self.changed(sql, &id, fence, now).await
    }

    pub(in crate::journal) async fn postpone(
        &self,
        id: String,
        fence: u64,
        not_before: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let sql = "UPDATE effects SET state = 'ready', owner = NULL, due_at = $3
                   WHERE id = $1 AND fence = $2 AND state = 'sent'";
        self.changed(sql, &id, fence, not_before).await
    }

    pub(in crate::journal) async fn effect_counts(&self) -> Result<Counts, Error> {
        self.at_home(counts(self.pool()?)).await.map_err(|why| unavailable(&why))
    }

    async fn changed(&self, sql: &str, id: &str, fence: u64, at: DateTime<Utc>) -> Result<bool, Error> {
        let Ok(fence) = i64::try_from(fence) else { return Ok(false) };
        let change = sqlx::query(sql).bind(id).bind(fence).bind(micros(at)).execute(self.pool()?);
        self.at_home(change).await.map(|done| done.rows_affected() == 1).map_err(|why| unavailable(&why))
    }
}

async fn policy(pool: &PgPool, name: &str) -> sqlx::Result<Policy> {
    let sql = "SELECT checkpoint, state FROM policies WHERE name = $1";
    let Some(row) = sqlx::query(sql).bind(name).fetch_optional(pool).await? else {
        return Ok(Policy::default());
    };
    Ok(Policy { checkpoint: unsigned(&row, 0)?, state: row.try_get(1)? })
}

/// The checkpoint is the fence: a policy that somebody else moved stores nothing.
async fn react(pool: &PgPool, reaction: &Reaction) -> sqlx::Result<bool> {
    let Reaction { policy, from, to, state, effects } = reaction;
    let (from, to) = (i64::try_from(*from).map_err(odd)?, i64::try_from(*to).map_err(odd)?);
    let mut transaction = pool.begin().await?;
    let first = "INSERT INTO policies (name, checkpoint, state) VALUES ($1, 0, '') ON CONFLICT DO NOTHING";
    sqlx::query(first).bind(policy).execute(&mut *transaction).await?;
    let step = "UPDATE policies SET checkpoint = $3, state = $4 WHERE name = $1 AND checkpoint = $2";
    let step = sqlx::query(step).bind(policy).bind(from).bind(to).bind(state);
    if step.execute(&mut *transaction).await?.rows_affected() == 0 {
        return Ok(false);
    }
    let (mut ids, mut intents, mut circumstances, mut causes) = (vec![], vec![], vec![], vec![]);
    for effect in effects {
        ids.push(effect.id.as_str());
        intents.push(serde_json::to_string(&effect.intent).map_err(odd)?);
        circumstances.push(serde_json::to_string(&effect.circumstances).map_err(odd)?);
        causes.push(bound(effect.cause));
    }
    let insert = "INSERT INTO effects (id, state, intent, circumstances, due_at, doubted)
                  SELECT id, 'ready', intent, circumstances, 0,
                         EXISTS (SELECT 1 FROM restores WHERE position >= cause)::integer
                  FROM unnest($1::text[], $2::text[], $3::text[], $4::int8[]) AS wanted (id, intent, circumstances, cause)
                  ON CONFLICT DO NOTHING";
    let insert = sqlx::query(insert).bind(ids).bind(intents).bind(circumstances).bind(causes);
    insert.execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(true)
}

/// What another node is taking at this moment is skipped, not waited for.
async fn take_due(pool: &PgPool, take: Take) -> sqlx::Result<Vec<Taken>> {
    let sql = "WITH due AS (
                   SELECT id, state, due_at FROM effects WHERE state <> 'done' AND due_at <= $1
                   ORDER BY due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
               ), taken AS (
                   UPDATE effects AS e SET state = 'sent', fence = e.fence + 1, tries = e.tries + 1, owner = $3, due_at = $4
                   FROM due WHERE e.id = due.id
                   RETURNING e.id, e.intent, e.circumstances, e.fence, due.state, e.tries, due.due_at, e.doubted
               )
               SELECT id, intent, circumstances, fence, state, tries, doubted FROM taken ORDER BY due_at, id";
    let limit = i64::try_from(take.limit).unwrap_or(i64::MAX);
    let query = sqlx::query(sql).bind(micros(take.now)).bind(limit);
    let query = query.bind(take.owner).bind(micros(take.lease_until));
    // Committed only when every one of them was understood: what is marked sent has to reach somebody.
    let mut transaction = pool.begin().await?;
    let rows = query.fetch_all(&mut *transaction).await?;
    let taken = rows.iter().map(taken_row).collect::<sqlx::Result<Vec<_>>>()?;
    transaction.commit().await?;
    Ok(taken)
}

fn taken_row(row: &PgRow) -> sqlx::Result<Taken> {
    let errand = Errand::of(row.try_get(4)?, row.try_get::<i32, _>(6)? != 0);
    Ok(Taken {
        id: row.try_get(0)?,
        intent: parsed::<Intent>(row, 1)?,
        circumstances: parsed(row, 2)?,
        fence: unsigned(row, 3)?,
        errand,
        tries: u32::try_from(row.try_get::<i32, _>(5)?).map_err(odd)?,
    })
}

async fn counts(pool: &PgPool) -> sqlx::Result<Counts> {
    let sql = "SELECT count(*) FILTER (WHERE state = 'ready'), count(*) FILTER (WHERE state = 'sent'),
                      count(*) FILTER (WHERE state = 'done') FROM effects";
    let row = sqlx::query(sql).fetch_one(pool).await?;
    Ok(Counts { ready: unsigned(&row, 0)?, sent: unsigned(&row, 1)?, done: unsigned(&row, 2)? })
}

fn parsed<T: serde::de::DeserializeOwned>(row: &PgRow, column: usize) -> sqlx::Result<T> {
    serde_json::from_str(row.try_get(column)?).map_err(odd)
}

fn odd(why: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(why))
}
