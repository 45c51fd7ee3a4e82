//! Commands that were carried out, on SQLite: asked for by the writer in its commits, and by whoever wants to know before.

use domain::ids::Organization;
use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use super::Sqlite;
use crate::journal::chain::Hash;
use crate::journal::commands::Remembered;
use crate::journal::{Appended, Error, from_micros};

impl Sqlite {
    pub(in crate::journal) async fn remembered(
        &self,
        organization: Organization,
        id: Uuid,
    ) -> Result<Option<Remembered>, Error> {
        self.0.readers.read(move |c| find(c, organization.as_str(), id)).await
    }
}

pub(super) fn find(c: &Connection, organization: &str, id: Uuid) -> rusqlite::Result<Option<Remembered>> {
    let sql = "SELECT body, first, last, recorded_at FROM commands WHERE organization = ?1 AND id = ?2";
    let found = c.prepare_cached(sql)?.query_row(params![organization, id.as_bytes().as_slice()], |row| {
        let recorded_at = from_micros(row.get(3)?);
        let appended = Appended { first: row.get(1)?, last: row.get(2)?, recorded_at, repeated: true };
        Ok((row.get::<_, Hash>(0)?, appended))
    });
    found.optional()
}
