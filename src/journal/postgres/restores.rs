//! Restores on PostgreSQL.

use chrono::{DateTime, Utc};
use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};

use super::Postgres;
use super::read::{bound, unavailable, unsigned};
use crate::journal::restores::{DOUBT, MARK, Restored};
use crate::journal::{Error, from_micros, micros};

impl Postgres {
    pub(in crate::journal) async fn held(&self) -> Result<Option<Restored>, Error> {
        let sql = "SELECT position, taken_at, restored_at FROM restores WHERE confirmed_at IS NULL
                   ORDER BY number DESC LIMIT 1";
        let found = self.at_home(sqlx::query(sql).fetch_optional(self.pool()?)).await;
        let found = found.map_err(|why| unavailable(&why))?;
        found.as_ref().map(restored).transpose().map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn confirm_restore(
        &self,
        by: &str,
        at: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let sql = "UPDATE restores SET confirmed_at = $1, confirmed_by = $2 WHERE confirmed_at IS NULL";
        let confirm = sqlx::query(sql).bind(micros(at)).bind(by).execute(self.pool()?);
        self.at_home(confirm).await.map(|done| done.rows_affected() > 0).map_err(|why| unavailable(&why))
    }
}

/// To be called before anybody else sees the tables.
pub(super) async fn mark(connection: &mut PgConnection, restored: &Restored) -> sqlx::Result<()> {
    let Restored { position, taken_at, restored_at } = restored;
    let mark = sqlx::query(MARK).bind(bound(*position)).bind(micros(*taken_at)).bind(micros(*restored_at));
    mark.execute(&mut *connection).await?;
    sqlx::query(DOUBT).execute(connection).await.map(drop)
}

fn restored(row: &PgRow) -> sqlx::Result<Restored> {
    Ok(Restored {
        position: unsigned(row, 0)?,
        taken_at: from_micros(row.try_get(1)?),
        restored_at: from_micros(row.try_get(2)?),
    })
}
