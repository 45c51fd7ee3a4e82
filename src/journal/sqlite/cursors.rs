//! Cursors on SQLite, moved by the journal's writer in its commits.

use domain::cursor::Cursor;
use domain::ids::{CursorName, Organization};
use rusqlite::{Connection, params};

use super::Sqlite;
use crate::journal::cursors::{Step, cursor};
use crate::journal::{Error, micros};

impl Sqlite {
    pub(in crate::journal) async fn cursors(&self, organization: Organization) -> Result<Vec<Cursor>, Error> {
        self.0.readers.read(move |c| select(c, &organization)).await
    }

    pub(in crate::journal) async fn move_cursor(&self, step: Step) -> Result<bool, Error> {
        self.write(move |c| step_to(c, &step)).await
    }

    pub(in crate::journal) async fn drop_cursor(
        &self,
        organization: Organization,
        name: CursorName,
    ) -> Result<bool, Error> {
        let sql = "DELETE FROM cursors WHERE organization = ?1 AND name = ?2";
        self.write(move |c| Ok(c.execute(sql, params![organization.as_str(), name.as_str()])? == 1)).await
    }
}

fn select(c: &Connection, organization: &Organization) -> rusqlite::Result<Vec<Cursor>> {
    let sql = "SELECT name, position, moved_at FROM cursors WHERE organization = ?1 ORDER BY name";
    let mut found = c.prepare_cached(sql)?;
    let rows = found.query_map([organization.as_str()], |row| {
        Ok(cursor(&row.get::<_, String>(0)?, row.get(1)?, row.get(2)?))
    })?;
    rows.filter_map(Result::transpose).collect()
}

fn step_to(c: &Connection, step: &Step) -> rusqlite::Result<bool> {
    let (organization, name) = (step.organization.as_str(), step.name.as_str());
    let changed = match step.from {
        None => {
            let sql = "INSERT INTO cursors (organization, name, position, moved_at) VALUES (?1, ?2, ?3, ?4)
                       ON CONFLICT DO NOTHING";
            c.prepare_cached(sql)?.execute(params![organization, name, step.to, micros(step.at)])?
        }
        Some(from) => {
            let sql = "UPDATE cursors SET position = ?3, moved_at = ?4
                       WHERE organization = ?1 AND name = ?2 AND position = ?5";
            c.prepare_cached(sql)?.execute(params![organization, name, step.to, micros(step.at), from])?
        }
    };
    Ok(changed == 1)
}
