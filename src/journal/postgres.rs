//! The journal on PostgreSQL: for several nodes on one database, each with one appending task, any number of readers.
//! Positions come from one row that every append locks last, so what is visible has no gaps, whoever wrote it.

mod carry;
mod checkpoints;
mod commands;
mod cursors;
mod effects;
mod follow;
mod forgetting;
mod leases;
mod line;
mod lists;
mod read;
mod restores;
mod schema;
mod statement;
mod story;
mod webhooks;
mod writer;

use std::collections::VecDeque;
use std::hash::RandomState;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use domain::fact::Position;
use domain::ids::StreamId;
use sqlx::postgres::PgPool;
use tokio::runtime;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::context::TokioContext;
use uuid::Uuid;

use super::batch::Prepared;
use super::beneath::{Family, Stretch};
use super::bounds::Bounds;
use super::chain::Hash;
use super::feed::Tail;
use super::keys::KeyRow;
use super::{Batch, Error, Named, QUEUE_LEN_MAX, Refused, Stored};
use crate::ports::Clock;
use line::Dialer;
use read::unavailable;
use schema::Address;
use writer::Writer;

pub(super) use carry::{check_empty, dump, load};
pub use schema::FORMAT;
pub(super) use schema::plainly;

/// The handle: submits to the writer, reads beside it.
#[derive(Debug, Clone)]
pub struct Postgres(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    queue: Mutex<Option<mpsc::Sender<Prepared>>>,
    depth: Arc<AtomicUsize>,
    /// Whether the writer knows that the server is away.
    away: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
    pool: PgPool,
    /// The runtime that connections are opened on, whoever asks: they end with their runtime, and those who ask come and go.
    home: runtime::Handle,
}

/// What a database is called without its secret.
pub(super) fn place_of(url: &str) -> Result<String, Error> {
    Address::parse(url).map(|address| address.to_string())
}

/// A journal that was opened, with what moves when it grows.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) store: Postgres,
    pub(super) head: watch::Receiver<Position>,
    pub(super) tail: Arc<Tail>,
}

impl Postgres {
    /// Makes the tables where there are none, and starts the writer.
    pub(super) async fn open(url: &str, clock: Arc<dyn Clock>) -> Result<Opened, Error> {
        let address = Address::parse(url)?;
        schema::prepare(&address).await?;
        let dialer = Dialer::new(&address);
        let (sender, queue) = mpsc::channel(QUEUE_LEN_MAX);
        let tail = Arc::new(Tail::default());
        let depth = Arc::new(AtomicUsize::new(0));
        let away = Arc::new(AtomicBool::new(false));
        let (head, head_seen) = watch::channel(0);
        let writer = Writer {
            dialer,
            line: None,
            clock,
            tail: Arc::clone(&tail),
            head: Arc::new(head),
            own: watch::Sender::new(0),
            depth: Arc::clone(&depth),
            away: Arc::clone(&away),
            queue,
            held: VecDeque::new(),
            names: RandomState::new(),
            losses: 0,
        };
        let (thread, started) = start(writer, address.clone())?;
        let stopped = |_| address.refused("the journal's writer stopped");
        started.await.map_err(stopped)?.map_err(|why| address.refused(plainly(&why)))?;
        let pool = schema::pool(address.durable());
        let (queue, thread) = (Mutex::new(Some(sender)), Mutex::new(Some(thread)));
        let store =
            Self(Arc::new(Inner { queue, depth, away, thread, pool, home: runtime::Handle::current() }));
        Ok(Opened { store, head: head_seen, tail })
    }

    /// While the server is known to be away nobody waits for a connection to it.
    fn pool(&self) -> Result<&PgPool, Error> {
        if self.0.away.load(Ordering::Relaxed) {
            return Err(Error::Unavailable("the server is away".into()));
        }
        Ok(&self.0.pool)
    }

    fn at_home<F: Future>(&self, work: F) -> TokioContext<F> {
        TokioContext::new(work, self.0.home.clone())
    }

    pub(super) fn submit(&self, prepared: Prepared) -> Result<(), Refused> {
        let queue = self.0.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = queue.as_ref() else {
            return Err(Refused::Unavailable("the journal is closing".into()));
        };
        self.0.depth.fetch_add(1, Ordering::Relaxed);
        queue.try_send(prepared).map_err(|refused| {
            self.0.depth.fetch_sub(1, Ordering::Relaxed);
            match refused {
                mpsc::error::TrySendError::Full(_) => Refused::Busy,
                mpsc::error::TrySendError::Closed(_) => Refused::Unavailable("the writer stopped".into()),
            }
        })
    }

    /// Units that wait for the writer.
    pub(super) fn depth(&self) -> usize {
        self.0.depth.load(Ordering::Relaxed)
    }

    /// One trivial write, to see whether writing works at all.
    pub(super) async fn probe(&self) -> Result<(), Error> {
        let write = sqlx::query("UPDATE policies SET state = state WHERE name = ''");
        self.at_home(write.execute(self.pool()?)).await.map(drop).map_err(|why| unavailable(&why))
    }

    pub(super) async fn stream(&self, kind: &'static str, stream: &StreamId) -> Result<Vec<Stored>, Error> {
        self.at_home(read::stream(self.pool()?, kind, stream.as_str())).await
    }

    pub(super) async fn streams(&self, streams: &[Named]) -> Result<Vec<Stored>, Error> {
        let read = read::streams(self.pool()?, streams);
        self.at_home(read).await.map_err(|why| unavailable(&why))
    }

    pub(super) async fn streams_after(
        &self,
        streams: &[Named],
        after: Position,
        limit: usize,
    ) -> Result<Vec<Stored>, Error> {
        let read = read::streams_after(self.pool()?, streams, after, limit);
        self.at_home(read).await.map_err(|why| unavailable(&why))
    }

    pub(super) async fn stored(&self, after: Position, bounds: Bounds) -> Result<Vec<Stored>, Error> {
        self.at_home(read::after(self.pool()?, after, bounds)).await.map_err(|why| unavailable(&why))
    }

    pub(super) async fn stretch(&self, stretch: Stretch) -> Result<Vec<Stored>, Error> {
        self.at_home(read::stretch(self.pool()?, &stretch)).await.map_err(|why| unavailable(&why))
    }

    pub(super) async fn family(&self, family: Family) -> Result<Vec<Stored>, Error> {
        self.at_home(read::family(self.pool()?, &family)).await.map_err(|why| unavailable(&why))
    }

    pub(super) async fn keys(&self, ids: &[Uuid]) -> Result<Vec<KeyRow>, Error> {
        self.at_home(read::keys(self.pool()?, ids)).await.map_err(|why| unavailable(&why))
    }

    pub(super) async fn data_key_mark(&self, first: Option<Hash>) -> Result<Option<Hash>, Error> {
        self.at_home(read::data_key_mark(self.pool()?, first)).await.map_err(|why| unavailable(&why))
    }

    /// No more units; those that are queued are still carried out.
    pub(super) async fn close(&self) {
        drop(self.0.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.0.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A writer that panicked has nothing left to say; its units were told by their dropped settlers.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
        self.0.pool.close().await;
    }
}

type Started = oneshot::Receiver<sqlx::Result<()>>;

/// The writer's thread has a runtime of its own: whatever else the process is busy with, commits go on.
fn start(writer: Writer, address: Address) -> Result<(JoinHandle<()>, Started), Error> {
    let cannot = |why: std::io::Error| Error::Open(format!("cannot start the journal's writer: {why}"));
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(cannot)?;
    let (tell, told) = oneshot::channel();
    let thread = std::thread::Builder::new().name("journal".into());
    let thread = thread.spawn(move || runtime.block_on(work(writer, &address, tell))).map_err(cannot)?;
    Ok((thread, told))
}

async fn work(mut writer: Writer, address: &Address, tell: oneshot::Sender<sqlx::Result<()>>) {
    match writer.dialer.dial().await {
        Ok(line) => {
            writer.head.send_replace(line.head);
            writer.line = Some(line);
            // Nobody to tell means that opening was given up; the queue is closed then.
            let _ = tell.send(Ok(()));
        }
        Err(why) => {
            let _ = tell.send(Err(why));
            return;
        }
    }
    let pool = follow::pool(address);
    let others = [
        tokio::spawn(follow::follow(pool.clone(), Arc::clone(&writer.head))),
        tokio::spawn(follow::notify(pool.clone(), writer.own.subscribe())),
    ];
    writer.run().await;
    for other in others {
        other.abort();
    }
    pool.close().await;
}

/// Beside a running engine, for those who only look.
#[derive(Debug, Clone)]
pub(super) struct Reader(PgPool);

impl Reader {
    pub(super) async fn open(url: &str) -> Result<Self, Error> {
        let address = Address::parse(url)?;
        schema::check(&address).await?;
        Ok(Self(schema::pool(address.read_only())))
    }

    pub(super) async fn stored(&self, after: Position, bounds: Bounds) -> Result<Vec<Stored>, Error> {
        read::after(&self.0, after, bounds).await.map_err(|why| unavailable(&why))
    }

    pub(super) async fn batches(&self, after: Position, limit: usize) -> Result<Vec<Batch>, Error> {
        read::batches(&self.0, after, limit).await.map_err(|why| unavailable(&why))
    }

    pub(super) async fn position(&self) -> Result<Position, Error> {
        read::head(&self.0).await.map_err(|why| unavailable(&why))
    }

    /// Whether the head, the last event and the last batch agree, and the triggers are there.
    pub(super) async fn damage(&self) -> Result<Vec<String>, Error> {
        schema::damage(&self.0).await.map_err(|why| unavailable(&why))
    }
}
