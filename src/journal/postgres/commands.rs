//! Commands that were carried out, on PostgreSQL, for whoever wants to know before; the writer's statement asks by itself.

use domain::ids::Organization;
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::Postgres;
use super::read::{unavailable, unsigned};
use crate::journal::chain::Hash;
use crate::journal::commands::Remembered;
use crate::journal::{Appended, Error, from_micros};

impl Postgres {
    pub(in crate::journal) async fn remembered(
        &self,
        organization: &Organization,
        id: Uuid,
    ) -> Result<Option<Remembered>, Error> {
        let sql = "SELECT body, first, last, recorded_at FROM commands WHERE organization = $1 AND id = $2";
        let select = sqlx::query(sql).bind(organization.as_str()).bind(id).fetch_optional(self.pool()?);
        let row = self.at_home(select).await.map_err(|why| unavailable(&why))?;
        row.as_ref().map(found).transpose().map_err(|why| unavailable(&why))
    }
}

fn found(row: &PgRow) -> sqlx::Result<Remembered> {
    let body: Vec<u8> = row.try_get(0)?;
    let body = Hash::try_from(body).map_err(|_| sqlx::Error::Decode("a hash of another length".into()))?;
    let recorded_at = from_micros(row.try_get(3)?);
    Ok((body, Appended { first: unsigned(row, 1)?, last: unsigned(row, 2)?, recorded_at, repeated: true }))
}
