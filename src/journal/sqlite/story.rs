//! Where events of some streams stand, and the events there, for those who look beside the engine.

use domain::fact::Position;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use super::{COLUMNS, Reader, Sqlite, data_key_mark, stored_row};
use crate::journal::chain::Hash;
use crate::journal::keys::KeyRow;
use crate::journal::story::{Extent, Story};
use crate::journal::{Error, Stored};

impl Sqlite {
    pub(in crate::journal) async fn extent(
        &self,
        story: &Story,
        stretch: (Position, Position),
    ) -> Result<Option<Extent>, Error> {
        let story = story.clone();
        self.0.readers.read(move |c| select_extent(c, &story, stretch)).await
    }
}

impl Reader {
    pub(in crate::journal) async fn positions(&self, story: &Story) -> Result<Vec<Position>, Error> {
        let story = story.clone();
        self.read(move |c| select_positions(c, &story)).await
    }

    pub(in crate::journal) async fn at(&self, positions: &[Position]) -> Result<Vec<Stored>, Error> {
        let wanted = list(positions);
        self.read(move |c| {
            let sql = format!(
                "SELECT {COLUMNS} FROM events WHERE position IN (SELECT value FROM json_each(?1)) ORDER BY position"
            );
            c.prepare_cached(&sql)?.query_map(params![wanted], stored_row)?.collect()
        })
        .await
    }

    pub(in crate::journal) async fn naming(
        &self,
        kinds: &'static [&'static str],
        id: Uuid,
    ) -> Result<Option<Stored>, Error> {
        self.read(move |c| {
            let kinds = kinds.iter().map(|kind| format!("'{kind}'")).collect::<Vec<_>>().join(", ");
            let sql = format!(
                "SELECT {COLUMNS} FROM events WHERE aggregate_type IN ({kinds}) AND instr(payload, ?1) > 0 \
                 ORDER BY position LIMIT 1"
            );
            c.query_row(&sql, params![id.to_string()], stored_row).optional()
        })
        .await
    }

    pub(in crate::journal) async fn keys(&self, ids: &[Uuid]) -> Result<Vec<KeyRow>, Error> {
        let ids = ids.to_vec();
        self.read(move |c| select_keys(c, &ids)).await
    }

    pub(in crate::journal) async fn data_key_mark(&self) -> Result<Option<Hash>, Error> {
        self.read(|c| data_key_mark(c, None)).await
    }
}

/// Along the index of streams alone, which has the positions too.
fn select_positions(c: &Connection, story: &Story) -> rusqlite::Result<Vec<Position>> {
    let mut found: Vec<Position> = vec![];
    let mut of = c.prepare_cached(
        "SELECT position FROM events WHERE aggregate_type = ?1 AND aggregate_id = ?2 ORDER BY sequence",
    )?;
    for (kind, stream) in &story.streams {
        for position in of.query_map(params![kind, stream.as_str()], |row| row.get(0))? {
            found.push(position?);
        }
    }
    if let Some((kind, from, before)) = story.stretch() {
        let mut beneath = c.prepare_cached(
            "SELECT position FROM events WHERE aggregate_type = ?1 AND aggregate_id > ?2 AND aggregate_id < ?3 \
             ORDER BY aggregate_id, sequence",
        )?;
        for position in beneath.query_map(params![kind, from, before], |row| row.get(0))? {
            found.push(position?);
        }
    }
    Ok(found)
}

/// The same; the pluses keep the query on that index.
fn select_extent(
    c: &Connection,
    story: &Story,
    (after, until): (Position, Position),
) -> rusqlite::Result<Option<Extent>> {
    let sql = |which: &str| {
        format!(
            "SELECT min(position), max(position), count(*) FROM events \
             WHERE +position > ?1 AND +position <= ?2 AND aggregate_type = ?3 AND {which}"
        )
    };
    let read = |row: &Row<'_>| {
        let (first, last): (Option<Position>, Option<Position>) = (row.get(0)?, row.get(1)?);
        let events = row.get(2)?;
        Ok(first.zip(last).map(|(first, last)| Extent { first, last, events }))
    };
    let mut found = None;
    for (kind, stream) in &story.streams {
        let one = params![after, until, kind, stream.as_str()];
        found = Extent::with(found, c.query_row(&sql("aggregate_id = ?4"), one, read)?);
    }
    if let Some((kind, from, before)) = story.stretch() {
        let all = params![after, until, kind, from, before];
        found = Extent::with(found, c.query_row(&sql("aggregate_id > ?4 AND aggregate_id < ?5"), all, read)?);
    }
    Ok(found)
}

pub(super) fn select_keys(c: &Connection, ids: &[Uuid]) -> rusqlite::Result<Vec<KeyRow>> {
    let mut find = c.prepare_cached("SELECT organization, person, wrapped FROM person_keys WHERE id = ?1")?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let mut rows = find.query(params![id.as_bytes().as_slice()])?;
        if let Some(row) = rows.next()? {
            let (organization, person, wrapped) = (row.get(0)?, row.get(1)?, row.get(2)?);
            found.push(KeyRow { id: *id, organization, person, wrapped });
        }
    }
    Ok(found)
}

fn list(positions: &[Position]) -> String {
    let texts: Vec<String> = positions.iter().map(Position::to_string).collect();
    format!("[{}]", texts.join(","))
}
