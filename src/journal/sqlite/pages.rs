//! Reading by position, a row at a time, so that a bound on bytes is kept whatever the rows are.

use domain::fact::Position;
use rusqlite::{Connection, params};

use super::{COLUMNS, stored_row};
use crate::journal::Stored;
use crate::journal::bounds::Bounds;

pub(super) fn select_after(c: &Connection, after: Position, bounds: Bounds) -> rusqlite::Result<Vec<Stored>> {
    let sql = format!("SELECT {COLUMNS} FROM events WHERE position > ?1 ORDER BY position LIMIT ?2");
    let mut found = c.prepare_cached(&sql)?;
    let (mut events, mut left) = (vec![], Some(bounds));
    for event in found.query_map(params![after, bounds.events], stored_row)? {
        let event = event?;
        left = left.and_then(|left| left.after(&event));
        events.push(event);
        if left.is_none() {
            break;
        }
    }
    Ok(events)
}
