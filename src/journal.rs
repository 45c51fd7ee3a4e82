//! The journal: the one append-only record of what happened, on SQLite or on PostgreSQL.
//! It owns events, command outcomes, persons' keys, effects and policies' state, and gives every event a position without gaps.
//! It decides nothing about calling; what may be appended is the domain's business, and who appends is dispatch's.

pub mod backup;
mod batch;
pub mod beneath;
pub mod bounds;
mod carry;
pub mod chain;
mod checkpoints;
mod commands;
pub mod cursors;
pub mod effects;
pub mod evidence;
pub mod feed;
pub mod foreign;
pub mod forgetting;
pub mod instant;
pub mod keys;
mod leases;
pub mod lists;
pub mod masked;
pub mod moving;
pub mod postgres;
pub mod restores;
pub mod signer;
pub mod signing;
pub mod sqlite;
pub mod story;
pub mod told;
pub mod trail;
mod unit;
pub mod upcast;
pub mod verify;
pub mod webhooks;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use chrono::{DateTime, Utc};
use domain::fact::Position;
use domain::ids::StreamId;
use tokio::sync::watch;
use tracing::Span;

use batch::Prepared;
use bounds::Bounds;
use chain::Hash;
use feed::Tail;
use trail::Trail;
use unit::Once;

use crate::ports::{Clock, Ids};

pub use unit::{
    Append, Appended, CommandId, EVENT_LEN_MAX, Entry, Refused, Settle, Submission, Ticket, Unit,
};

/// A stream's kind and its id.
pub type Named = (&'static str, StreamId);

/// An event as it is stored, save for the batch's digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub position: Position,
    pub kind: String,
    pub stream: String,
    pub sequence: u64,
    pub event_type: String,
    pub event_version: String,
    pub payload: String,
    pub metadata: String,
    /// Microseconds since 1970.
    pub occurred_at: i64,
    pub recorded_at: i64,
    pub hash: Hash,
}

/// Why the journal could not be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Open(String),
    #[error("the journal cannot be reached: {0}")]
    Unavailable(String),
    #[error("DATA_KEY is not the one that this journal was begun with; every node on it needs the same")]
    WrongDataKey,
    #[error("event {position} cannot be read: {why}")]
    Unreadable { position: Position, why: String },
}

/// At most this many units wait for the writer.
pub const QUEUE_LEN_MAX: usize = 8_192;
/// At most this many events, and about this many bytes, share one commit.
pub const BATCH_EVENTS_MAX: usize = 2_048;
pub const BATCH_BYTES_MAX: usize = 4 << 20;

/// What was committed together, with the digest that chains it to what came before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    pub first: Position,
    pub last: Position,
    pub recorded_at: i64,
    pub digest: Hash,
}

/// The cheap handle to the journal. Every clone speaks to the same writer.
#[derive(Debug, Clone)]
pub struct Journal {
    store: Store,
    head: watch::Receiver<Position>,
    tail: Arc<Tail>,
    keyring: Arc<keys::Keyring>,
    forgettings: Arc<AtomicU64>,
    /// By which somebody is forgotten, as far as this node has heard of them and has not followed them.
    heard: forgetting::Heard,
}

#[derive(Debug, Clone)]
enum Store {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

/// Where a journal lives, and what it needs of the world.
#[derive(Debug, Clone)]
pub struct Options {
    pub place: verify::Place,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
}

impl Store {
    /// What the journal remembers of its data key, once `first` or another has been written there.
    async fn data_key_mark(&self, first: Option<Hash>) -> Result<Option<Hash>, Error> {
        match self {
            Self::Sqlite(store) => store.data_key_mark(first).await,
            Self::Postgres(store) => store.data_key_mark(first).await,
        }
    }
}

impl Journal {
    /// Opens or makes a journal. The data key is asked for with whether the journal has none yet, for only then may one be made.
    pub async fn open(
        options: Options,
        data_key: impl FnOnce(bool) -> Result<keys::DataKey, String>,
    ) -> Result<Self, Error> {
        let Options { place, clock, ids } = options;
        let (store, head, tail) = match place {
            verify::Place::Folder(folder) => {
                let sqlite::Opened { store, head, tail } = sqlite::Sqlite::open(&folder, clock)?;
                (Store::Sqlite(store), head, tail)
            }
            verify::Place::Url(url) => {
                let postgres::Opened { store, head, tail } = postgres::Postgres::open(&url, clock).await?;
                (Store::Postgres(store), head, tail)
            }
        };
        let known = store.data_key_mark(None).await?;
        let data_key = data_key(known.is_none()).map_err(Error::Open)?;
        // With another key every person in the journal would be unreadable, and every number a stranger: better not to start.
        if store.data_key_mark(Some(data_key.mark())).await? != Some(data_key.mark()) {
            return Err(Error::WrongDataKey);
        }
        let keyring = keys::Keyring::try_new(&data_key, ids).map_err(|_| Error::WrongDataKey)?;
        Ok(Self {
            store,
            head,
            tail,
            keyring: Arc::new(keyring),
            forgettings: Arc::default(),
            heard: Arc::default(),
        })
    }

    /// Whether other nodes may write to it too.
    pub fn is_shared(&self) -> bool {
        matches!(self.store, Store::Postgres(_))
    }

    /// What kind of store it is.
    pub fn kind(&self) -> &'static str {
        match &self.store {
            Store::Sqlite(_) => "sqlite",
            Store::Postgres(_) => "postgres",
        }
    }

    /// Units that wait for the writer.
    pub fn depth(&self) -> usize {
        match &self.store {
            Store::Sqlite(store) => store.depth(),
            Store::Postgres(store) => store.depth(),
        }
    }

    /// Whether something can be written at all, found out by writing nothing of meaning.
    pub async fn probe(&self) -> Result<(), Error> {
        match &self.store {
            Store::Sqlite(store) => store.probe().await,
            Store::Postgres(store) => store.probe().await,
        }
    }

    /// Hands a unit to the writer without waiting; the answer goes to its settler. Full means busy.
    pub fn submit(&self, submission: Submission) -> Result<(), Refused> {
        let prepared = Prepared::try_new(submission)?;
        match &self.store {
            Store::Sqlite(store) => store.submit(prepared),
            Store::Postgres(store) => store.submit(prepared),
        }
    }

    /// The same for callers that can wait.
    pub async fn append(&self, unit: Unit) -> Result<Appended, Refused> {
        let (settle, told) = Once::new();
        self.submit(Submission { unit, ticket: 0, settle, span: Span::current() })?;
        told.await.unwrap_or_else(|_| Err(Refused::Unavailable("the writer stopped".into())))
    }

    /// The newest position, as a value that can be watched.
    pub fn head(&self) -> watch::Receiver<Position> {
        self.head.clone()
    }

    pub fn position(&self) -> Position {
        *self.head.borrow()
    }

    /// The newest position at which anything else happened than that somebody looked at something, as far as this node wrote it itself.
    pub fn position_of_news(&self) -> Position {
        self.tail.news(self.position())
    }

    /// Comes back when nothing can be stored any more: the journal was closed, or its writing broke for good.
    pub async fn ended(&self) {
        let mut head = self.head();
        while head.changed().await.is_ok() {}
    }

    /// Where requests stand that are traced.
    pub fn trail(&self) -> &Trail {
        &self.tail.trail
    }

    pub fn keyring(&self) -> &Arc<keys::Keyring> {
        &self.keyring
    }

    /// One stream's events in order, as stored.
    pub async fn stream(&self, kind: &'static str, stream: &StreamId) -> Result<Vec<Stored>, Error> {
        match &self.store {
            Store::Sqlite(store) => store.stream(kind, stream).await,
            Store::Postgres(store) => store.stream(kind, stream).await,
        }
    }

    /// Several streams' events as stored, those of each in order.
    pub async fn streams(&self, streams: &[Named]) -> Result<Vec<Stored>, Error> {
        match &self.store {
            Store::Sqlite(store) => store.streams(streams).await,
            Store::Postgres(store) => store.streams(streams).await,
        }
    }

    /// Several streams' events after a position, as stored and in the journal's order, at most `limit`.
    pub async fn streams_after(
        &self,
        streams: &[Named],
        after: Position,
        limit: usize,
    ) -> Result<Vec<Stored>, Error> {
        let mut events = match &self.store {
            Store::Sqlite(store) => store.streams_after(streams, after, limit).await?,
            Store::Postgres(store) => store.streams_after(streams, after, limit).await?,
        };
        events.sort_unstable_by_key(|event| event.position);
        events.truncate(limit);
        Ok(events)
    }

    /// Events after a position, as stored, at most `limit`.
    pub async fn stored(&self, after: Position, limit: usize) -> Result<Vec<Stored>, Error> {
        self.stored_within(after, Bounds::events(limit)).await
    }

    /// Closes the door to new units and waits until those that are in have been answered.
    pub async fn close(&self) {
        match &self.store {
            Store::Sqlite(store) => store.close().await,
            Store::Postgres(store) => store.close().await,
        }
    }
}

/// Microseconds since 1970, the journal's time.
pub(crate) fn micros(time: DateTime<Utc>) -> i64 {
    time.timestamp_micros()
}

pub(crate) fn from_micros(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

/// Figures of one commit, for /metrics.
pub(crate) fn count_commit(events: u64, units: usize, took: std::time::Duration) {
    if events == 0 {
        return;
    }
    metrics::counter!("karnay_appends_total").increment(u64::try_from(units).unwrap_or(0));
    metrics::counter!("karnay_events_total").increment(events);
    metrics::histogram!("karnay_commit_seconds").record(took.as_secs_f64());
    let events = u32::try_from(events).unwrap_or(u32::MAX);
    metrics::histogram!("karnay_batch_events").record(f64::from(events));
}
