//! Restores on PostgreSQL.

use chrono::{DateTime, Utc};
use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgPool, PgRow};

use super::read::{bound, unavailable, unsigned};
use super::schema::RESTORES_SINCE;
use super::{Postgres, Reader};
use crate::journal::restores::{DOUBT, HELD, MARK, Restored};
use crate::journal::{Error, from_micros, micros};

impl Postgres {
    pub(in crate::journal) async fn held(&self) -> Result<Option<Restored>, Error> {
        self.at_home(held(self.pool()?)).await.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn note(
        &self,
        what: &'static str,
        by: &str,
        at: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let note = sqlx::query(what).bind(micros(at)).bind(by).execute(self.pool()?);
        self.at_home(note).await.map(|done| done.rows_affected() > 0).map_err(|why| unavailable(&why))
    }
}

impl Reader {
    pub(in crate::journal) async fn held(&self) -> Result<Option<Restored>, Error> {
        let format = sqlx::query_scalar::<_, i32>("SELECT format FROM journal_head").fetch_one(&self.0).await;
        if format.map_err(|why| unavailable(&why))? < RESTORES_SINCE {
            return Ok(None);
        }
        held(&self.0).await.map_err(|why| unavailable(&why))
    }
}

async fn held(pool: &PgPool) -> sqlx::Result<Option<Restored>> {
    sqlx::query(HELD).fetch_optional(pool).await?.as_ref().map(restored).transpose()
}

/// To be called before anybody else sees the tables.
pub(super) async fn mark(connection: &mut PgConnection, restored: &Restored) -> sqlx::Result<()> {
    let Restored { position, taken_at, restored_at, forgotten_applied: _ } = restored;
    let mark = sqlx::query(MARK).bind(bound(*position)).bind(micros(*taken_at)).bind(micros(*restored_at));
    mark.execute(&mut *connection).await?;
    sqlx::query(DOUBT).execute(connection).await.map(drop)
}

fn restored(row: &PgRow) -> sqlx::Result<Restored> {
    Ok(Restored {
        position: unsigned(row, 0)?,
        taken_at: from_micros(row.try_get(1)?),
        restored_at: from_micros(row.try_get(2)?),
        forgotten_applied: row.try_get(3)?,
    })
}
