//! The embedded store: a file of its own beside the journal's. One thread owns the one writing connection; reading ones are pooled.
//! It may lose its last moments in a power cut (`synchronous = NORMAL`), never its consistency: the checkpoint moves with the rows.

use std::borrow::Cow;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement, ToSql, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::{Changes, Select, Step, Table, schema};
use crate::error::Error;
use crate::row::{Cell, Kind, Row, Source};

/// Jobs that may wait for the writer before their senders do.
const JOBS_MAX: usize = 64;
/// Idle reading connections kept open.
const READERS_MAX: usize = 16;
/// A load of more rows than this leaves the async worker.
const LOAD_INLINE_MAX: usize = 32;
const BUSY: Duration = Duration::from_secs(5);
/// So long the screens wait for readers to leave the log that is to be emptied.
const SETTLING: Duration = Duration::from_millis(250);
/// What is overwritten or removed is overwritten in the file: rows are in clear, and people are forgotten.
/// The write-ahead log is folded back at 32 MiB, so that bulk writes do not pay for it page by page.
const PRAGMAS: &str = "pragma journal_mode = wal; pragma synchronous = normal; pragma mmap_size = 0; \
     pragma wal_autocheckpoint = 8192; pragma journal_size_limit = 67108864; pragma cache_size = -16384; \
     pragma temp_store = memory; pragma secure_delete = on;";

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

#[derive(Clone)]
pub(crate) struct Sqlite {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    jobs: mpsc::Sender<Job>,
    readers: Mutex<Vec<Connection>>,
}

impl std::fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sqlite").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

impl Sqlite {
    pub(crate) async fn open(path: PathBuf) -> Result<Self, Error> {
        let unusable = |error: &dyn std::fmt::Display| {
            Error::Open(format!(
                "{} cannot be used: {error}; check its folder's permissions, or move the file away: screens are rebuilt from the journal",
                path.display()
            ))
        };
        let file = path.clone();
        let connection =
            tokio::task::spawn_blocking(move || writer(&file)).await.map_err(|_| Error::Closed)?;
        let connection = match connection {
            Err(Error::Sqlite(error)) => return Err(unusable(&error)),
            other => other?,
        };
        let (jobs, waiting) = mpsc::channel(JOBS_MAX);
        std::thread::Builder::new()
            .name("screens".to_owned())
            .spawn(move || work(connection, waiting))
            .map_err(|error| unusable(&error))?;
        Ok(Self { inner: Arc::new(Inner { path, jobs, readers: Mutex::default() }) })
    }

    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // Nobody waits any more: the work is done all the same.
            let _ = answer.send(job(connection));
        });
        self.inner.jobs.send(job).await.map_err(|_| Error::Closed)?;
        answered.await.map_err(|_| Error::Closed)?
    }

    pub(crate) async fn transact(&self, steps: Vec<Step>) -> Result<bool, Error> {
        self.run(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let won = take_steps(&transaction, &steps)?;
            if won {
                transaction.commit()?;
            } else {
                transaction.rollback()?;
            }
            Ok(won)
        })
        .await
    }

    pub(crate) async fn write<K: Send + 'static, R: Row>(
        &self,
        guard: Vec<Step>,
        table: Arc<Table>,
        changes: Changes<K, R>,
    ) -> Result<(bool, Changes<K, R>), Error> {
        self.run(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let won = take_steps(&transaction, &guard)?;
            if won {
                put(&transaction, &table.insert, &changes.fresh)?;
                put(&transaction, &table.upsert, &changes.known)?;
                transaction.commit()?;
            } else {
                transaction.rollback()?;
            }
            Ok((won, changes))
        })
        .await
    }

    pub(crate) async fn select<R: Row>(&self, select: Select) -> Result<Vec<R>, Error> {
        let quick = select.point;
        let query = move |connection: &Connection| {
            let mut statement = connection.prepare_cached(&select.sql)?;
            bind(&mut statement, &select.args)?;
            rows(&mut statement)
        };
        if quick { self.read(query) } else { self.read_apart(query).await }
    }

    pub(crate) async fn load<R: Row>(&self, sql: &str, keys: Vec<String>) -> Result<Vec<R>, Error> {
        let (sql, quick) = (sql.to_owned(), keys.len() <= LOAD_INLINE_MAX);
        let query = move |connection: &Connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut found = Vec::with_capacity(keys.len());
            for key in keys {
                statement.raw_bind_parameter(1, key)?;
                found.append(&mut rows(&mut statement)?);
            }
            Ok(found)
        };
        if quick { self.read(query) } else { self.read_apart(query).await }
    }

    fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let idle = self.readers().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => reader(&self.inner.path)?,
        };
        let answer = query(&connection);
        let mut idle = self.readers();
        if idle.len() < READERS_MAX {
            idle.push(connection);
        }
        answer
    }

    async fn read_apart<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let store = self.clone();
        tokio::task::spawn_blocking(move || store.read(query)).await.map_err(|_| Error::Closed)?
    }

    fn readers(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.inner.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Folds the write-ahead log back into the file and empties it. False where a reader in the middle of something kept it from that.
    pub(crate) async fn settle(&self) -> Result<bool, Error> {
        self.readers().clear();
        self.run(|connection| {
            connection.busy_timeout(SETTLING)?;
            let busy =
                connection.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get::<_, i64>(0));
            connection.busy_timeout(BUSY)?;
            Ok(busy? == 0)
        })
        .await
    }
}

fn work(mut connection: Connection, mut jobs: mpsc::Receiver<Job>) {
    while let Some(job) = jobs.blocking_recv() {
        job(&mut connection);
    }
}

/// Looks before it touches: a file of another kind or of a newer format is left as it is.
fn writer(path: &Path) -> Result<Connection, Error> {
    if path.metadata().is_ok_and(|file| file.len() > 0) {
        let connection = reader(path)?;
        let there: i64 = connection.query_row("select count(*) from sqlite_master", [], |row| row.get(0))?;
        if there > 0 {
            let version =
                connection.query_row("select version from format", [], |row| row.get(0)).map_err(|_| {
                    Error::Open(format!(
                        "{} holds something else than screens: move it away, or choose another data folder",
                        path.display()
                    ))
                })?;
            schema::known(version, &path.display().to_string())?;
        }
    }
    // Personal data in clear: the owner's alone, and so are the files that SQLite puts beside it.
    let created = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    if created.is_ok() {
        tracing::info!(file = %path.display(), "the screens begin with an empty file");
    }
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.execute_batch(PRAGMAS)?;
    Ok(connection)
}

fn reader(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.execute_batch("pragma mmap_size = 0;")?;
    Ok(connection)
}

fn take_steps(connection: &Connection, steps: &[Step]) -> Result<bool, Error> {
    for step in steps {
        let mut statement = connection.prepare_cached(&step.sql)?;
        bind(&mut statement, &step.args)?;
        let touched = statement.raw_execute()?;
        if step.expect.is_some_and(|expected| u64::try_from(touched) != Ok(expected)) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn put<K, R: Row>(connection: &Connection, sql: &str, changed: &[(K, R)]) -> Result<(), Error> {
    if changed.is_empty() {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(sql)?;
    for (_, row) in changed {
        let (mut at, mut bound) = (0, Ok(()));
        row.each(&mut |cell| {
            at += 1;
            if bound.is_ok() {
                bound = statement.raw_bind_parameter(at, &cell);
            }
        });
        bound?;
        statement.raw_execute().map_err(told)?;
    }
    Ok(())
}

fn told(error: rusqlite::Error) -> Error {
    if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) {
        Error::AlreadyThere
    } else {
        Error::Sqlite(error)
    }
}

fn bind(statement: &mut Statement<'_>, args: &[Cell<'_>]) -> Result<(), Error> {
    for (at, cell) in (1..).zip(args) {
        statement.raw_bind_parameter(at, cell)?;
    }
    Ok(())
}

fn rows<R: Row>(statement: &mut Statement<'_>) -> Result<Vec<R>, Error> {
    let mut rows = statement.raw_query();
    let mut read = Vec::new();
    while let Some(row) = rows.next()? {
        read.push(R::read(row)?);
    }
    Ok(read)
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Cell::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
            Cell::Int(Some(number)) => ValueRef::Integer(*number),
            Cell::Text(None) | Cell::Int(None) => ValueRef::Null,
        }))
    }
}

impl Source for rusqlite::Row<'_> {
    fn cell(&self, column: usize, kind: Kind) -> Option<Cell<'_>> {
        match (kind, self.get_ref(column).ok()?) {
            (Kind::Text, ValueRef::Null) => Some(Cell::Text(None)),
            (Kind::Int | Kind::Time, ValueRef::Null) => Some(Cell::Int(None)),
            (Kind::Text, ValueRef::Text(bytes)) => {
                std::str::from_utf8(bytes).ok().map(|text| Cell::Text(Some(Cow::Borrowed(text))))
            }
            (Kind::Int | Kind::Time, ValueRef::Integer(number)) => Some(Cell::Int(Some(number))),
            _ => None,
        }
    }
}
