//! Leases on PostgreSQL, by the server's clock.

use std::time::Duration;

use sqlx::postgres::PgPool;
use uuid::Uuid;

use super::Postgres;
use super::read::unavailable;
use crate::journal::Error;

const TAKE: &str = "INSERT INTO leases (name, owner, until) VALUES ($1, $2, clock_timestamp() + $3) \
                    ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until \
                    WHERE leases.owner = excluded.owner OR leases.until <= clock_timestamp()";

/// What an effector's own lease is called, up to its owner.
const LIFE: &str = "effector/";

impl Postgres {
    pub(in crate::journal) async fn lease(
        &self,
        name: &str,
        owner: Uuid,
        lasts: Duration,
    ) -> Result<bool, Error> {
        let take = sqlx::query(TAKE).bind(name).bind(owner).bind(lasts).execute(self.pool()?);
        self.at_home(take).await.map(|done| done.rows_affected() == 1).map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn alive(&self, owner: Uuid, lasts: Duration) -> Result<(), Error> {
        self.lease(&format!("{LIFE}{owner}"), owner, lasts).await.map(drop)
    }

    pub(in crate::journal) async fn bury(&self) -> Result<u64, Error> {
        self.at_home(bury(self.pool()?)).await.map_err(|why| unavailable(&why))
    }
}

/// Of several nodes one finds the dead; nothing is said of those who never said that they live, such as programs before this one.
async fn bury(pool: &PgPool) -> sqlx::Result<u64> {
    let mut transaction = pool.begin().await?;
    let dead = "DELETE FROM leases WHERE name LIKE $1 || '%' AND until < clock_timestamp() RETURNING owner";
    let dead: Vec<Uuid> = sqlx::query_scalar(dead).bind(LIFE).fetch_all(&mut *transaction).await?;
    if dead.is_empty() {
        return Ok(0);
    }
    let due = "UPDATE effects SET due_at = 0 WHERE state <> 'done' AND state = 'sent' AND owner = ANY($1)";
    let due = sqlx::query(due).bind(dead).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(due.rows_affected())
}
