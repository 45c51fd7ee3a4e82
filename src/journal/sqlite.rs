//! The journal in one SQLite file: one writing thread with the only writing connection, any number of readers.
//! One process at a time, held by a lock on the data folder, since the bundled SQLite is only safe with a single writer.

mod carry;
mod checkpoints;
mod commands;
mod cursors;
mod effects;
mod emptying;
mod family;
mod forgetting;
mod lists;
mod moved;
mod pages;
mod readers;
mod restores;
mod schema;
mod story;
mod syncer;
mod webhooks;
mod writer;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};

use domain::fact::Position;
use domain::ids::StreamId;
use rusqlite::{Connection, OptionalExtension, Row, params};
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

use super::batch::Prepared;
use super::beneath::Stretch;
use super::bounds::Bounds;
use super::chain::Hash;
use super::feed::Tail;
use super::keys::KeyRow;
use super::{Batch, Error, Named, QUEUE_LEN_MAX, Refused, Stored};
use crate::ports::Clock;
use emptying::Emptying;
use pages::select_after;
use readers::Readers;

use story::select_keys;

pub(super) use carry::{copy, counts, dump, load, mark};
pub use moved::Moved;
pub(super) use moved::{is_left_behind, lock_empty, lock_for_moving, refuse_moved, remove_screens};
pub use schema::{FILE, FORMAT};

/// The handle: submits to the writer, reads beside it.
#[derive(Debug, Clone)]
pub struct Sqlite(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    jobs: Mutex<Option<SyncSender<writer::Job>>>,
    depth: Arc<AtomicUsize>,
    /// The last commit failed, and nobody has seen one succeed since.
    ailing: Arc<AtomicBool>,
    emptying: Arc<Emptying>,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
    readers: Readers,
    /// What is synced. Readers see more, which is not to be told before it is.
    head: watch::Receiver<Position>,
}

/// A journal that was opened, with what moves when it grows.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) store: Sqlite,
    pub(super) head: watch::Receiver<Position>,
    pub(super) tail: Arc<Tail>,
}

impl Sqlite {
    /// Opens for writing, makes the file where there is none, and starts the writer.
    pub(super) fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Opened, Error> {
        let lock = schema::lock(folder)?;
        refuse_moved(folder)?;
        let connection = schema::open_for_writing(folder)?;
        let freed = effects::free_leases(&connection, clock.now());
        let freed =
            freed.map_err(|why| Error::Open(format!("what was under way cannot be taken up: {why}")))?;
        if freed > 0 {
            tracing::info!(freed, "what was under way when the engine ended is taken up at once");
        }
        let tail = Arc::new(Tail::default());
        let depth = Arc::new(AtomicUsize::new(0));
        let (jobs, queue) = std::sync::mpsc::sync_channel(QUEUE_LEN_MAX);
        let ailing = Arc::new(AtomicBool::new(false));
        let emptying = Arc::new(Emptying::default());
        let (counted, sick, asked) = (Arc::clone(&depth), Arc::clone(&ailing), Arc::clone(&emptying));
        let shared = writer::Shared { clock, depth: counted, ailing: sick, emptying: asked };
        let log = folder.join(schema::LOG);
        let (writer, head) = writer::Writer::try_new(connection, lock, shared, (&log, Arc::clone(&tail)))?;
        let thread = std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || writer.run(&queue))
            .map_err(|why| Error::Open(format!("cannot start the journal's writer: {why}")))?;
        let inner = Inner {
            jobs: Mutex::new(Some(jobs)),
            depth,
            ailing,
            emptying,
            thread: Mutex::new(Some(thread)),
            readers: Readers::new(folder.join(FILE)),
            head: head.clone(),
        };
        Ok(Opened { store: Self(Arc::new(inner)), head, tail })
    }

    pub(super) fn submit(&self, prepared: Prepared) -> Result<(), Refused> {
        self.hand_over(writer::Job::Append(prepared))
    }

    fn hand_over(&self, job: writer::Job) -> Result<(), Refused> {
        let jobs = self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(jobs) = jobs.as_ref() else {
            return Err(Refused::Unavailable("the journal is closing".into()));
        };
        self.0.depth.fetch_add(1, Ordering::Relaxed);
        jobs.try_send(job).map_err(|refused| {
            self.0.depth.fetch_sub(1, Ordering::Relaxed);
            match refused {
                TrySendError::Full(_) => Refused::Busy,
                TrySendError::Disconnected(_) => Refused::Unavailable("the writer stopped".into()),
            }
        })
    }

    /// Units and tasks that wait for the writer.
    pub(super) fn depth(&self) -> usize {
        self.0.depth.load(Ordering::Relaxed)
    }

    /// Runs a write beside the appends, in the same commits, on the only writing connection.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let (tell, told) = oneshot::channel();
        let task: writer::Task = Box::new(move |connection| {
            let value = work(connection)?;
            Ok(Box::new(move |committed: Result<(), String>| {
                // A caller who gave up is not told; the write stands all the same.
                let _ = tell.send(committed.map(|()| value));
            }))
        });
        self.hand_over(writer::Job::Task(task)).map_err(|why| Error::Unavailable(why.to_string()))?;
        match told.await {
            Ok(answer) => answer.map_err(Error::Unavailable),
            Err(_) => Err(Error::Unavailable("the journal refused the write".into())),
        }
    }

    /// Fails where the journal is closed for good, and where the last commit failed and a write of some size still does. The size matters:
    /// a full disk has room for a page when the log is reused, and none for a batch.
    pub(super) async fn probe(&self) -> Result<(), Error> {
        if self.0.head.has_changed().is_err() {
            return Err(Error::Unavailable(writer::NO_SYNC.into()));
        }
        if !self.0.ailing.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.write(|c| c.execute("REPLACE INTO probes (id, filler) VALUES (1, randomblob(262144))", []))
            .await?;
        self.0.ailing.store(false, Ordering::Relaxed);
        Ok(())
    }

    pub(super) async fn stream(&self, kind: &'static str, stream: &StreamId) -> Result<Vec<Stored>, Error> {
        self.streams(&[(kind, stream.clone())]).await
    }

    pub(super) async fn streams(&self, streams: &[Named]) -> Result<Vec<Stored>, Error> {
        let streams = streams.to_vec();
        let read = move |c: &Connection| {
            let mut events = vec![];
            for (kind, stream) in &streams {
                events.extend(select_stream(c, kind, stream.as_str())?);
            }
            Ok(events)
        };
        let events = self.0.readers.read(read).await?;
        let last = events.iter().map(|event| event.position).max().unwrap_or(0);
        let synced = self.0.head.clone().wait_for(|head| *head >= last).await.map(drop);
        synced.map_err(|_| Error::Unavailable("the journal is closed".into()))?;
        Ok(events)
    }

    /// At most so many of each, each stream's in order.
    pub(super) async fn streams_after(
        &self,
        streams: &[Named],
        after: Position,
        limit: usize,
    ) -> Result<Vec<Stored>, Error> {
        let (streams, synced) = (streams.to_vec(), *self.0.head.borrow());
        let read = move |c: &Connection| {
            let mut events = vec![];
            for (kind, stream) in &streams {
                events.extend(select_rest(c, (kind, stream.as_str()), (after, synced), limit)?);
            }
            Ok(events)
        };
        self.0.readers.read(read).await
    }

    pub(super) async fn stored(&self, after: Position, bounds: Bounds) -> Result<Vec<Stored>, Error> {
        let synced = *self.0.head.borrow();
        let mut events = self.0.readers.read(move |c| select_after(c, after, bounds)).await?;
        events.truncate(events.partition_point(|event| event.position <= synced));
        Ok(events)
    }

    pub(super) async fn stretch(&self, stretch: Stretch) -> Result<Vec<Stored>, Error> {
        let synced = *self.0.head.borrow();
        self.0.readers.read(move |c| select_stretch(c, &stretch, synced)).await
    }

    pub(super) async fn keys(&self, ids: &[Uuid]) -> Result<Vec<KeyRow>, Error> {
        let ids = ids.to_vec();
        self.0.readers.read(move |c| select_keys(c, &ids)).await
    }

    pub(super) async fn data_key_mark(&self, first: Option<Hash>) -> Result<Option<Hash>, Error> {
        self.write(move |c| data_key_mark(c, first)).await
    }

    /// No more jobs; what is queued is still carried out.
    pub(super) async fn close(&self) {
        drop(self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.0.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A writer that panicked has nothing left to say; its units were told by their dropped settlers.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

/// A journal opened beside a running engine, for those who only look. What it shows is synced first:
/// the engine's newest commits may not be yet, and what was shown must not be gone after a power cut.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    readers: Readers,
    log: PathBuf,
}

impl Reader {
    pub(super) fn open(folder: &Path) -> Result<Self, Error> {
        let file = folder.join(FILE);
        drop(schema::open_for_reading(&file)?);
        Ok(Self { readers: Readers::new(file), log: folder.join(schema::LOG) })
    }

    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let answer = self.readers.read(query).await?;
        match tokio::fs::File::open(&self.log).await {
            Ok(log) => log.sync_data().await.map_err(|why| Error::Unavailable(why.to_string()))?,
            // The engine was stopped in order: there is no log.
            Err(why) if why.kind() == ErrorKind::NotFound => {}
            Err(why) => return Err(Error::Unavailable(why.to_string())),
        }
        Ok(answer)
    }

    pub(super) async fn stored(&self, after: Position, bounds: Bounds) -> Result<Vec<Stored>, Error> {
        self.read(move |c| select_after(c, after, bounds)).await
    }

    pub(super) async fn batches(&self, after: Position, limit: usize) -> Result<Vec<Batch>, Error> {
        self.read(move |c| select_batches(c, after, limit)).await
    }

    pub(super) async fn position(&self) -> Result<Position, Error> {
        self.read(head).await
    }

    /// What SQLite itself finds wrong with the file; empty where it is whole.
    pub(super) async fn damage(&self) -> Result<Vec<String>, Error> {
        self.readers.read(schema::damage).await
    }
}

const COLUMNS: &str = "position, aggregate_type, aggregate_id, sequence, event_type, event_version, \
                       payload, metadata, occurred_at, recorded_at, hash";

fn select_stream(c: &Connection, kind: &str, stream: &str) -> rusqlite::Result<Vec<Stored>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM events WHERE aggregate_type = ?1 AND aggregate_id = ?2 ORDER BY sequence"
    );
    c.prepare_cached(&sql)?.query_map(params![kind, stream], stored_row)?.collect()
}

/// As in `select_stretch`, the pluses keep the query on the index of streams.
fn select_rest(
    c: &Connection,
    (kind, stream): (&str, &str),
    (after, synced): (Position, Position),
    limit: usize,
) -> rusqlite::Result<Vec<Stored>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM events WHERE aggregate_type = ?1 AND aggregate_id = ?2 \
         AND +position > ?3 AND +position <= ?4 ORDER BY sequence LIMIT ?5"
    );
    c.prepare_cached(&sql)?.query_map(params![kind, stream, after, synced, limit], stored_row)?.collect()
}

/// What is not synced is left out by the query, not afterwards: a stretch shorter than its limit is the last one.
/// The plus keeps the query on the index of streams.
fn select_stretch(c: &Connection, stretch: &Stretch, synced: Position) -> rusqlite::Result<Vec<Stored>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM events WHERE aggregate_type = ?1 AND (aggregate_id, sequence) > (?2, ?3) \
         AND aggregate_id < ?4 AND +position <= ?5 ORDER BY aggregate_id, sequence LIMIT ?6"
    );
    let Stretch { kind, after: (stream, sequence), before, limit } = stretch;
    let bound = params![kind, stream, sequence, before, synced, limit];
    c.prepare_cached(&sql)?.query_map(bound, stored_row)?.collect()
}

fn select_batches(c: &Connection, after: Position, limit: usize) -> rusqlite::Result<Vec<Batch>> {
    let sql = "SELECT first, last, recorded_at, digest FROM batches WHERE last > ?1 ORDER BY last LIMIT ?2";
    let batch = |row: &Row<'_>| {
        Ok(Batch {
            first: row.get(0)?,
            last: row.get(1)?,
            recorded_at: row.get(2)?,
            digest: row.get::<_, Hash>(3)?,
        })
    };
    c.prepare_cached(sql)?.query_map(params![after, limit], batch)?.collect()
}

fn data_key_mark(c: &Connection, first: Option<Hash>) -> rusqlite::Result<Option<Hash>> {
    if let Some(first) = first {
        c.execute("INSERT INTO data_key (id, mark) VALUES (1, ?1) ON CONFLICT DO NOTHING", params![first])?;
    }
    c.query_row("SELECT mark FROM data_key", [], |row| row.get(0)).optional()
}

fn head(c: &Connection) -> rusqlite::Result<Position> {
    c.query_row("SELECT coalesce(max(position), 0) FROM events", [], |row| row.get(0))
}

fn stored_row(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        position: row.get(0)?,
        kind: row.get(1)?,
        stream: row.get(2)?,
        sequence: row.get(3)?,
        event_type: row.get(4)?,
        event_version: row.get(5)?,
        payload: row.get(6)?,
        metadata: row.get(7)?,
        occurred_at: row.get(8)?,
        recorded_at: row.get(9)?,
        hash: row.get(10)?,
    })
}
