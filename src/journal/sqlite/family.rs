//! A stream and those beneath it within a stretch of the journal.

use rusqlite::{Connection, params};

use super::{COLUMNS, Sqlite, stored_row};
use crate::journal::beneath::Family;
use crate::journal::{Error, Stored};

impl Sqlite {
    pub(in crate::journal) async fn family(&self, mut family: Family) -> Result<Vec<Stored>, Error> {
        family.until = family.until.min(*self.0.head.borrow());
        self.0.readers.read(move |c| select(c, &family)).await
    }
}

/// The pluses keep the query on positions.
fn select(c: &Connection, family: &Family) -> rusqlite::Result<Vec<Stored>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM events WHERE position > ?1 AND position <= ?2 \
         AND ((+aggregate_type = ?3 AND +aggregate_id = ?4) \
         OR (+aggregate_type = ?5 AND +aggregate_id > ?6 AND +aggregate_id < ?7)) ORDER BY position LIMIT ?8"
    );
    let Family { own: (own, stream), kind, names: (from, before), after, until, limit } = family;
    let bound = params![after, until, own, stream.as_str(), kind, from, before, limit];
    c.prepare_cached(&sql)?.query_map(bound, stored_row)?.collect()
}
