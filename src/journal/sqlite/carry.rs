//! A journal's file read whole, written whole, and copied whole beside an engine at work.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, params_from_iter};
use tokio::sync::mpsc;

use super::{Error, FILE, restores, schema};
use crate::journal::carry::{Carried, Load, Row, TABLES, Table, Value};
use crate::journal::restores::Restored;

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Copies the journal as it is at one moment. Readers and the writer go on; only the log cannot be begun anew meanwhile.
pub(in crate::journal) fn copy(folder: &Path, to: &Path) -> Result<(), Error> {
    let from = schema::open_for_reading(&folder.join(FILE))?;
    // It may be there and empty, and is its owner's from the beginning.
    let empty = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    empty.map_err(|why| Error::Open(format!("cannot write {}: {why}", to.display())))?;
    let copied = from.execute("VACUUM INTO ?1", [to.to_string_lossy()]);
    copied.map_err(|why| uncopied(to, &why))?;
    drop(from);
    // What is in the copy must not be gone from the journal after a power cut.
    match File::open(folder.join(schema::LOG)) {
        Ok(log) => log.sync_data().map_err(|why| Error::Unavailable(why.to_string()))?,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => {}
        Err(why) => return Err(Error::Unavailable(why.to_string())),
    }
    drop(schema::open_apart(to)?);
    Ok(())
}

/// Where there is no room for it, most of all: that is the other disk's trouble, and not the journal's.
fn uncopied(to: &Path, why: &rusqlite::Error) -> Error {
    let folder = to.parent().unwrap_or(to);
    Error::Open(format!("cannot copy the journal into {}: {why}", folder.display()))
}

/// Marks a copy that is not in its place yet.
pub(in crate::journal) fn mark(file: &Path, restored: &Restored) -> Result<(), Error> {
    let connection = schema::open_apart(file)?;
    restores::mark(&connection, restored).map_err(|why| Error::Unavailable(why.to_string()))
}

/// How many rows each table has.
pub(in crate::journal) fn counts(file: &Path) -> Result<Vec<(&'static str, u64)>, Error> {
    let connection = schema::open_for_reading(file)?;
    let count = |table: &Table| {
        let sql = format!("SELECT count(*) FROM {}", table.name);
        Ok((table.name, connection.query_row(&sql, [], |row| row.get(0))?))
    };
    let counted: rusqlite::Result<Vec<_>> = TABLES.iter().map(count).collect();
    counted.map_err(|why| Error::Unavailable(why.to_string()))
}

/// Sends every row there is, as it stands at one moment; ends without a word where nobody listens.
pub(in crate::journal) fn dump(file: &Path, to: &mpsc::Sender<Carried>) -> Result<(), Error> {
    let connection = schema::open_for_reading(file)?;
    if schema::format(&connection).ok() != Some(schema::FORMAT) {
        return Err(Error::Open(format!(
            "{} is of an older karnay: restore it into a folder first, which brings it to this one's format",
            file.display()
        )));
    }
    let sent = connection.execute_batch("BEGIN").and_then(|()| send_all(&connection, to));
    sent.map(drop).map_err(|why| Error::Unavailable(why.to_string()))
}

/// None where nobody listens any more.
fn send_all(connection: &Connection, to: &mpsc::Sender<Carried>) -> rusqlite::Result<Option<()>> {
    for table in &TABLES {
        let sql = format!("SELECT {} FROM {} ORDER BY {}", table.names(), table.name, table.order);
        let mut select = connection.prepare(&sql)?;
        let (mut rows, mut load) = (select.query([])?, Load::of(table));
        while let Some(row) = rows.next()? {
            let values: rusqlite::Result<Row> = (0..table.columns.len()).map(|at| value(row, at)).collect();
            if let Some(full) = load.add(values?)
                && to.blocking_send(full).is_err()
            {
                return Ok(None);
            }
        }
        if to.blocking_send(load.take()).is_err() {
            return Ok(None);
        }
    }
    Ok(to.blocking_send(Carried::End).ok())
}

fn value(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<Value> {
    Ok(match row.get_ref(at)? {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        // STRICT tables have no reals.
        ValueRef::Real(_) => {
            return Err(rusqlite::Error::InvalidColumnType(at, String::new(), rusqlite::types::Type::Real));
        }
        ValueRef::Text(_) => Value::Text(row.get(at)?),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    })
}

/// Makes a file of what comes.
pub(in crate::journal) fn load(file: &Path, mut from: mpsc::Receiver<Carried>) -> Result<(), Error> {
    let connection = schema::open_apart(file)?;
    let say = |why: rusqlite::Error| uncopied(file, &why);
    connection.execute_batch("BEGIN").map_err(say)?;
    while let Some(carried) = from.blocking_recv() {
        match carried {
            Carried::Rows(table, rows) => insert(&connection, table, &rows).map_err(say)?,
            Carried::End => return connection.execute_batch("COMMIT").map_err(say),
        }
    }
    Err(Error::Unavailable("the rows ended before their end".into()))
}

fn insert(connection: &Connection, table: &Table, rows: &[Row]) -> rusqlite::Result<()> {
    let places: Vec<String> = (1..=table.columns.len()).map(|at| format!("?{at}")).collect();
    let sql = format!("INSERT INTO {} ({}) VALUES ({})", table.name, table.names(), places.join(", "));
    let mut insert = connection.prepare_cached(&sql)?;
    for row in rows {
        insert.execute(params_from_iter(row))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Made anew wherever a journal is opened.
    const NOT_CARRIED: [&str; 1] = ["probes"];

    #[test]
    fn no_table_and_no_column_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let connection = schema::open_apart(&folder.path().join(FILE)).unwrap();
        let sql = "SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'";
        let mut select = connection.prepare(sql).unwrap();
        let found = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let found: BTreeSet<(String, String)> = found.map(Result::unwrap).collect();
        let named = TABLES.iter().flat_map(|table| {
            table.columns.iter().map(|(column, _)| (table.name.to_owned(), (*column).to_owned()))
        });
        let named: BTreeSet<_> = named.collect();
        let left: Vec<_> =
            found.difference(&named).filter(|(table, _)| !NOT_CARRIED.contains(&table.as_str())).collect();
        // The one row of the data key is numbered by itself.
        assert_eq!(left, [&("data_key".to_owned(), "id".to_owned())]);
        assert_eq!(named.difference(&found).count(), 0);
    }
}
