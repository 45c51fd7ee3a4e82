//! Where events of some streams stand, and the events there, for those who look beside the engine.

use domain::fact::Position;
use sqlx::Row as _;
use sqlx::postgres::{PgPool, PgRow};
use uuid::Uuid;

use super::read::{self, COLUMNS, bound, stored, unavailable, unsigned};
use super::{Postgres, Reader};
use crate::journal::chain::Hash;
use crate::journal::keys::KeyRow;
use crate::journal::story::{Extent, Story};
use crate::journal::{Error, Stored};

impl Postgres {
    pub(in crate::journal) async fn extent(
        &self,
        story: &Story,
        stretch: (Position, Position),
    ) -> Result<Option<Extent>, Error> {
        let found = self.at_home(select_extent(self.pool()?, story, stretch)).await;
        found.map_err(|why| unavailable(&why))
    }
}

impl Reader {
    pub(in crate::journal) async fn positions(&self, story: &Story) -> Result<Vec<Position>, Error> {
        select_positions(&self.0, story).await.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn at(&self, positions: &[Position]) -> Result<Vec<Stored>, Error> {
        select_at(&self.0, positions).await.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn naming(
        &self,
        kinds: &'static [&'static str],
        id: Uuid,
    ) -> Result<Option<Stored>, Error> {
        select_naming(&self.0, kinds, id).await.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn keys(&self, ids: &[Uuid]) -> Result<Vec<KeyRow>, Error> {
        read::keys(&self.0, ids).await.map_err(|why| unavailable(&why))
    }

    pub(in crate::journal) async fn data_key_mark(&self) -> Result<Option<Hash>, Error> {
        read::data_key_mark(&self.0, None).await.map_err(|why| unavailable(&why))
    }
}

async fn select_positions(pool: &PgPool, story: &Story) -> sqlx::Result<Vec<Position>> {
    let (kinds, ids): (Vec<&str>, Vec<&str>) =
        story.streams.iter().map(|(kind, stream)| (*kind, stream.as_str())).unzip();
    let sql = "SELECT position FROM events \
               WHERE (aggregate_type, aggregate_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))";
    let mut rows = sqlx::query(sql).bind(kinds).bind(ids).fetch_all(pool).await?;
    if let Some((kind, from, before)) = story.stretch() {
        let sql = "SELECT position FROM events \
                   WHERE aggregate_type = $1 AND aggregate_id > $2 AND aggregate_id < $3";
        rows.extend(sqlx::query(sql).bind(kind).bind(from).bind(before).fetch_all(pool).await?);
    }
    rows.iter().map(|row| unsigned(row, 0)).collect()
}

async fn select_extent(
    pool: &PgPool,
    story: &Story,
    (after, until): (Position, Position),
) -> sqlx::Result<Option<Extent>> {
    let (kinds, ids): (Vec<&str>, Vec<&str>) =
        story.streams.iter().map(|(kind, stream)| (*kind, stream.as_str())).unzip();
    let sql = "SELECT min(position), max(position), count(*) FROM events WHERE position > $1 AND position <= $2 \
               AND (aggregate_type, aggregate_id) IN (SELECT * FROM unnest($3::text[], $4::text[]))";
    let query = sqlx::query(sql).bind(bound(after)).bind(bound(until)).bind(kinds).bind(ids);
    let mut found = extent(&query.fetch_one(pool).await?)?;
    if let Some((kind, from, before)) = story.stretch() {
        let sql = "SELECT min(position), max(position), count(*) FROM events WHERE position > $1 AND position <= $2 \
                   AND aggregate_type = $3 AND aggregate_id > $4 AND aggregate_id < $5";
        let query = sqlx::query(sql).bind(bound(after)).bind(bound(until)).bind(kind).bind(from).bind(before);
        found = Extent::with(found, extent(&query.fetch_one(pool).await?)?);
    }
    Ok(found)
}

fn extent(row: &PgRow) -> sqlx::Result<Option<Extent>> {
    let events = unsigned(row, 2)?;
    if row.try_get::<Option<i64>, _>(0)?.is_none() {
        return Ok(None);
    }
    Ok(Some(Extent { first: unsigned(row, 0)?, last: unsigned(row, 1)?, events }))
}

async fn select_at(pool: &PgPool, positions: &[Position]) -> sqlx::Result<Vec<Stored>> {
    let sql = format!("SELECT {COLUMNS} FROM events WHERE position = ANY ($1) ORDER BY position");
    let wanted: Vec<i64> = positions.iter().map(|position| bound(*position)).collect();
    sqlx::query(&sql).bind(wanted).fetch_all(pool).await?.iter().map(stored).collect()
}

async fn select_naming(pool: &PgPool, kinds: &[&str], id: Uuid) -> sqlx::Result<Option<Stored>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM events WHERE aggregate_type = ANY ($1) AND position($2 IN payload::text) > 0 \
         ORDER BY position LIMIT 1"
    );
    let query = sqlx::query(&sql).bind(kinds).bind(id.to_string());
    query.fetch_optional(pool).await?.as_ref().map(stored).transpose()
}
