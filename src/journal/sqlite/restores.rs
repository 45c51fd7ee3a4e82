//! Restores on SQLite.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{Reader, Sqlite, schema};
use crate::journal::restores::{DOUBT, HELD, MARK, Restored};
use crate::journal::{Error, from_micros, micros};

impl Sqlite {
    pub(in crate::journal) async fn held(&self) -> Result<Option<Restored>, Error> {
        self.0.readers.read(held).await
    }

    pub(in crate::journal) async fn note(
        &self,
        what: &'static str,
        by: String,
        at: DateTime<Utc>,
    ) -> Result<bool, Error> {
        self.write(move |c| Ok(c.execute(what, params![micros(at), by])? > 0)).await
    }
}

impl Reader {
    pub(in crate::journal) async fn held(&self) -> Result<Option<Restored>, Error> {
        self.read(|c| if schema::format(c)? >= schema::RESTORES_SINCE { held(c) } else { Ok(None) }).await
    }
}

/// To be called on a copy that is not in its place yet.
pub(super) fn mark(c: &Connection, restored: &Restored) -> rusqlite::Result<()> {
    let Restored { position, taken_at, restored_at, forgotten_applied: _ } = restored;
    c.execute(MARK, params![position, micros(*taken_at), micros(*restored_at)])?;
    c.execute(DOUBT, []).map(drop)
}

fn held(c: &Connection) -> rusqlite::Result<Option<Restored>> {
    let restored = |row: &Row<'_>| {
        Ok(Restored {
            position: row.get(0)?,
            taken_at: from_micros(row.get(1)?),
            restored_at: from_micros(row.get(2)?),
            forgotten_applied: row.get(3)?,
        })
    };
    c.prepare_cached(HELD)?.query_row([], restored).optional()
}
