//! New rows in bulk: COPY in its binary form (a header, then a row its number of fields and each field its length and bytes).

use sqlx::PgConnection;

use crate::error::Error;
use crate::row::{Cell, Row};
use crate::store::Table;

const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const NULL: i32 = -1;
const END: i16 = -1;
/// Sent when this much is ready, so that a page of long rows is not held twice.
const CHUNK: usize = 1 << 20;

pub(super) async fn put<K: Sync, R: Row>(
    connection: &mut PgConnection,
    table: &Table,
    fresh: &[(K, R)],
) -> Result<(), Error> {
    let fields = i16::try_from(table.columns.len()).unwrap_or(i16::MAX);
    let mut copy = connection.copy_in_raw(&table.copy).await?;
    let mut ready = Vec::with_capacity(CHUNK + CHUNK / 8);
    ready.extend_from_slice(HEADER);
    for (_, row) in fresh {
        ready.extend_from_slice(&fields.to_be_bytes());
        row.each(&mut |cell| write(&mut ready, &cell));
        if ready.len() >= CHUNK {
            copy.send(ready.as_slice()).await?;
            ready.clear();
        }
    }
    ready.extend_from_slice(&END.to_be_bytes());
    copy.send(ready.as_slice()).await?;
    copy.finish().await?;
    Ok(())
}

fn write(ready: &mut Vec<u8>, cell: &Cell<'_>) {
    match cell {
        Cell::Text(Some(text)) => {
            let length = i32::try_from(text.len()).unwrap_or(i32::MAX);
            ready.extend_from_slice(&length.to_be_bytes());
            ready.extend_from_slice(text.as_bytes());
        }
        Cell::Int(Some(number)) => {
            ready.extend_from_slice(&8_i32.to_be_bytes());
            ready.extend_from_slice(&number.to_be_bytes());
        }
        Cell::Text(None) | Cell::Int(None) => ready.extend_from_slice(&NULL.to_be_bytes()),
    }
}
