//! Cursors on PostgreSQL, each step one statement.

use domain::cursor::Cursor;
use domain::fact::Position;
use domain::ids::{CursorName, Organization};
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::Postgres;
use super::read::{self, bound, unavailable, unsigned};
use crate::journal::cursors::{Step, cursor};
use crate::journal::{Error, micros};

impl Postgres {
    pub(in crate::journal) async fn cursors(
        &self,
        organization: &Organization,
    ) -> Result<Vec<Cursor>, Error> {
        let sql = "SELECT name, position, moved_at FROM cursors WHERE organization = $1 ORDER BY name";
        let select = sqlx::query(sql).bind(organization.as_str()).fetch_all(self.pool()?);
        let rows = self.at_home(select).await.map_err(|why| unavailable(&why))?;
        let found = |row: &PgRow| Ok(cursor(row.try_get(0)?, unsigned(row, 1)?, row.try_get(2)?));
        let found: sqlx::Result<Vec<Option<Cursor>>> = rows.iter().map(found).collect();
        Ok(found.map_err(|why| unavailable(&why))?.into_iter().flatten().collect())
    }

    pub(in crate::journal) async fn move_cursor(&self, step: &Step) -> Result<bool, Error> {
        let sql = match step.from {
            None => {
                "INSERT INTO cursors (organization, name, position, moved_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT DO NOTHING"
            }
            Some(_) => {
                "UPDATE cursors SET position = $3, moved_at = $4
                 WHERE organization = $1 AND name = $2 AND position = $5"
            }
        };
        let query = sqlx::query(sql).bind(step.organization.as_str()).bind(step.name.as_str());
        let query = query.bind(bound(step.to)).bind(micros(step.at));
        let query = match step.from {
            None => query,
            Some(from) => query.bind(bound(from)),
        };
        let done = self.at_home(query.execute(self.pool()?)).await.map_err(|why| unavailable(&why))?;
        Ok(done.rows_affected() == 1)
    }

    pub(in crate::journal) async fn drop_cursor(
        &self,
        organization: &Organization,
        name: &CursorName,
    ) -> Result<bool, Error> {
        let sql = "DELETE FROM cursors WHERE organization = $1 AND name = $2";
        let delete = sqlx::query(sql).bind(organization.as_str()).bind(name.as_str()).execute(self.pool()?);
        let done = self.at_home(delete).await.map_err(|why| unavailable(&why))?;
        Ok(done.rows_affected() == 1)
    }

    pub(in crate::journal) async fn newest(&self) -> Result<Position, Error> {
        self.at_home(read::head(self.pool()?)).await.map_err(|why| unavailable(&why))
    }
}
