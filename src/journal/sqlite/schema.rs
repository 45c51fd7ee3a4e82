//! The file itself: the lock on its folder, its format, and how it is opened.
//! Whatever is wrong with it is said in one line, and nothing is changed before the file is known to be ours.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use super::Error;

pub const FILE: &str = "journal.db";
/// SQLite's own name for the log beside it.
pub(super) const LOG: &str = "journal.db-wal";

/// The format this program writes; a higher one belongs to a newer program.
pub const FORMAT: i64 = 6;

/// Journals of an older format were never signed.
pub(super) const SIGNED_SINCE: i64 = 3;
/// Those of an older format were never restored by `karnay restore`.
pub(super) const RESTORES_SINCE: i64 = 5;

/// "karn", in the place where SQLite files say whose they are.
const APPLICATION: i64 = 0x6b61_726e;

/// What leads from each format to the next.
const MIGRATIONS: [&str; 6] = [
    include_str!("../../../migrations/sqlite/0001_journal.sql"),
    include_str!("../../../migrations/sqlite/0002_lists.sql"),
    include_str!("../../../migrations/sqlite/0003_proof.sql"),
    include_str!("../../../migrations/sqlite/0004_cursors.sql"),
    include_str!("../../../migrations/sqlite/0005_restores.sql"),
    include_str!("../../../migrations/sqlite/0006_webhooks.sql"),
];

/// Readers and the writer meet only at the edges of checkpoints, for moments.
pub(super) const BUSY_WAIT: Duration = Duration::from_secs(5);

/// A process that has just ended may still be seen for a moment, and a child that is on its way to being another program
/// holds for that long what its parent held.
const LOCK_WAIT: Duration = Duration::from_secs(1);
const LOCK_LOOK: Duration = Duration::from_millis(20);

/// Holds the data folder for this process until it is dropped.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "the lock lives as long as the file is open")] File);

pub(super) fn lock(folder: &Path) -> Result<Lock, Error> {
    let path = folder.join("lock");
    let cannot = |why: &dyn std::fmt::Display| {
        Error::Open(format!("DATA_DIR: cannot write in {}: {why}", folder.display()))
    };
    std::fs::create_dir_all(folder).map_err(|why| cannot(&why))?;
    let options = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = options.map_err(|why| cannot(&why))?;
    let until = Instant::now() + LOCK_WAIT;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock(file)),
            Err(TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(LOCK_LOOK),
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Open(format!(
                    "DATA_DIR: {} is in use by another karnay; one process at a time may write it",
                    folder.display()
                )));
            }
            Err(TryLockError::Error(why)) => return Err(cannot(&why)),
        }
    }
}

pub(super) fn open_for_writing(folder: &Path) -> Result<Connection, Error> {
    let path = folder.join(FILE);
    let fresh = !path.exists();
    let say = |why: rusqlite::Error| unreadable(&path, &why);
    let connection = Connection::open(&path).map_err(say)?;
    connection.busy_timeout(BUSY_WAIT).map_err(say)?;
    if fresh {
        keep_private(&path)?;
    } else {
        check(&connection, &path)?;
    }
    // NORMAL syncs around checkpoints alone. What was answered survives a power cut all the same:
    // the syncer syncs the log after every commit, beside the next one, before anybody is told.
    // Checkpoints are made by the writer between commits, so the automatic ones are off.
    // What is removed, keys above all, is overwritten. An append removes nothing.
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0;
             PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON;",
        )
        .map_err(say)?;
    migrate(&connection).map_err(say)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

fn migrate(connection: &Connection) -> rusqlite::Result<()> {
    let known = usize::try_from(format(connection)?).unwrap_or(MIGRATIONS.len());
    let missing = MIGRATIONS.get(known..).unwrap_or_default().concat();
    if missing.is_empty() {
        return Ok(());
    }
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; {missing} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT}; COMMIT;"
    ))
}

/// A journal in one file and no log, brought to this program's format: for copies that nobody uses yet. They are synced when they are
/// whole, and thrown away where they never are.
pub(super) fn open_apart(path: &Path) -> Result<Connection, Error> {
    let fresh = !path.exists();
    let say = |why: rusqlite::Error| unreadable(path, &why);
    let connection = Connection::open(path).map_err(say)?;
    if fresh {
        keep_private(path)?;
    } else {
        check(&connection, path)?;
    }
    connection
        .execute_batch(
            "PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536;",
        )
        .map_err(say)?;
    migrate(&connection).map_err(say)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

/// Nobody else on this machine reads what people were called about. The log and its index take the file's mode.
fn keep_private(path: &Path) -> Result<(), Error> {
    let private = Permissions::from_mode(0o600);
    std::fs::set_permissions(path, private)
        .map_err(|why| Error::Open(format!("DATA_DIR: cannot keep {} private: {why}", path.display())))
}

pub(super) fn open_for_reading(path: &Path) -> Result<Connection, Error> {
    if !path.exists() {
        return Err(Error::Open(format!("DATA_DIR: there is no journal at {}", path.display())));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let say = |why: rusqlite::Error| unreadable(path, &why);
    let connection = Connection::open_with_flags(path, flags).map_err(say)?;
    connection.busy_timeout(BUSY_WAIT).map_err(say)?;
    check(&connection, path)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

/// Whether the file is a journal, and one that this program understands. Only looks.
fn check(connection: &Connection, path: &Path) -> Result<(), Error> {
    let say = |why: rusqlite::Error| unreadable(path, &why);
    let format = format(connection).map_err(say)?;
    let owner: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(say)?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(say)?;
    if owner != APPLICATION && tables > 0 {
        return Err(Error::Open(format!("{} is another program's database", path.display())));
    }
    if format > FORMAT {
        return Err(Error::Open(format!(
            "{} has format {format} and this karnay knows {FORMAT}: it was written by a newer karnay, use that one",
            path.display()
        )));
    }
    Ok(())
}

pub(super) fn format(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn unreadable(path: &Path, why: &rusqlite::Error) -> Error {
    Error::Open(format!("cannot open the journal {}: {why}", path.display()))
}

/// What `PRAGMA integrity_check` finds. It looks every row up in every index: with the few pages that a connection keeps otherwise it
/// reads most of a large file again and again, and takes three times as long.
pub(super) fn damage(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    connection.execute_batch("PRAGMA cache_size = -65536")?;
    let found = found(connection);
    connection.execute_batch("PRAGMA cache_size = -2000; PRAGMA shrink_memory")?;
    Ok(found?.into_iter().filter(|line| line != "ok").collect())
}

fn found(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut check = connection.prepare("PRAGMA integrity_check(20)")?;
    check.query_map([], |row| row.get(0))?.collect()
}
