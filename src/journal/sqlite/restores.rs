//! Restores on SQLite.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{Reader, Sqlite, schema};
use crate::journal::restores::{DOUBT, MARK, Restored};
use crate::journal::{Error, from_micros, micros};

impl Sqlite {
    pub(in crate::journal) async fn held(&self) -> Result<Option<Restored>, Error> {
        self.0.readers.read(held).await
    }

    pub(in crate::journal) async fn confirm_restore(
        &self,
        by: String,
        at: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let sql = "UPDATE restores SET confirmed_at = ?1, confirmed_by = ?2 WHERE confirmed_at IS NULL";
        self.write(move |c| Ok(c.execute(sql, params![micros(at), by])? > 0)).await
    }
}

impl Reader {
    pub(in crate::journal) async fn held(&self) -> Result<Option<Restored>, Error> {
        self.read(|c| if schema::format(c)? >= schema::RESTORES_SINCE { held(c) } else { Ok(None) }).await
    }
}

/// To be called on a copy that is not in its place yet.
pub(super) fn mark(c: &Connection, restored: &Restored) -> rusqlite::Result<()> {
    let Restored { position, taken_at, restored_at } = restored;
    c.execute(MARK, params![position, micros(*taken_at), micros(*restored_at)])?;
    c.execute(DOUBT, []).map(drop)
}

fn held(c: &Connection) -> rusqlite::Result<Option<Restored>> {
    let sql = "SELECT position, taken_at, restored_at FROM restores WHERE confirmed_at IS NULL
               ORDER BY number DESC LIMIT 1";
    let restored = |row: &Row<'_>| {
        Ok(Restored {
            position: row.get(0)?,
            taken_at: from_micros(row.get(1)?),
            restored_at: from_micros(row.get(2)?),
        })
    };
    c.prepare_cached(sql)?.query_row([], restored).optional()
}
