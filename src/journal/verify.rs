//! Whether the journal is what was written: every hash recomputed, every digest chained, every position present, every signature true.
//! A change shows at the event it was made to. What is lost at the very end shows against the last checkpoint that was signed, and what
//! is lost with that one against a checkpoint that is kept elsewhere. Keys that persons' words need and that are gone are counted.

mod gone;
mod listed;
mod signed;
mod walk;

use std::path::PathBuf;

use domain::fact::Position;

use super::bounds::Bounds;
use super::lists::{ListName, StoredChunk};
use super::signing::{Checkpoint, KeyRecord};
use super::{Batch, Error, Stored, postgres, sqlite};

pub use gone::Lost;

/// Which journal to look at.
#[derive(Debug, Clone)]
pub enum Place {
    Folder(PathBuf),
    Url(String),
}

impl Place {
    /// Refuses a folder whose journal went elsewhere: what is in it stands still, and what is made of it is not of today.
    pub fn refuse_moved(&self) -> Result<(), Error> {
        match self {
            Self::Folder(folder) => sqlite::refuse_moved(folder),
            Self::Url(_) => Ok(()),
        }
    }
}

/// A journal opened for reading only, also beside a running engine.
#[derive(Debug, Clone)]
pub struct Reader(pub(super) Store);

#[derive(Debug, Clone)]
pub(super) enum Store {
    Sqlite(sqlite::Reader),
    Postgres(postgres::Reader),
}

impl Reader {
    pub async fn open(place: &Place) -> Result<Self, Error> {
        match place {
            Place::Folder(folder) => sqlite::Reader::open(folder).map(Store::Sqlite).map(Self),
            Place::Url(url) => postgres::Reader::open(url).await.map(Store::Postgres).map(Self),
        }
    }

    pub async fn position(&self) -> Result<Position, Error> {
        match &self.0 {
            Store::Sqlite(store) => store.position().await,
            Store::Postgres(store) => store.position().await,
        }
    }

    pub async fn stored(&self, after: Position, limit: usize) -> Result<Vec<Stored>, Error> {
        self.stored_within(after, Bounds::events(limit)).await
    }

    pub async fn stored_within(&self, after: Position, bounds: Bounds) -> Result<Vec<Stored>, Error> {
        match &self.0 {
            Store::Sqlite(store) => store.stored(after, bounds).await,
            Store::Postgres(store) => store.stored(after, bounds).await,
        }
    }

    pub async fn signing_keys(&self) -> Result<Vec<KeyRecord>, Error> {
        match &self.0 {
            Store::Sqlite(store) => store.signing_keys().await,
            Store::Postgres(store) => store.signing_keys().await,
        }
    }

    /// Checkpoints after a number, at most `limit`.
    pub async fn checkpoints(&self, after: u64, limit: usize) -> Result<Vec<Checkpoint>, Error> {
        match &self.0 {
            Store::Sqlite(store) => store.checkpoints(after, limit).await,
            Store::Postgres(store) => store.checkpoints(after, limit).await,
        }
    }

    pub async fn newest_checkpoint(&self) -> Result<Option<Checkpoint>, Error> {
        match &self.0 {
            Store::Sqlite(store) => store.newest_checkpoint().await,
            Store::Postgres(store) => store.newest_checkpoint().await,
        }
    }

    async fn batches(&self, after: Position, limit: usize) -> Result<Vec<Batch>, Error> {
        match &self.0 {
            Store::Sqlite(store) => store.batches(after, limit).await,
            Store::Postgres(store) => store.batches(after, limit).await,
        }
    }

    /// The one that ends where the journal does.
    pub(super) async fn last_batch(&self) -> Result<Option<Batch>, Error> {
        let head = self.position().await?;
        Ok(self.batches(head.saturating_sub(1), 1).await?.pop())
    }

    async fn chunks(&self, name: ListName, from: u32, limit: u32) -> Result<Vec<StoredChunk>, Error> {
        match &self.0 {
            Store::Sqlite(store) => store.chunks(name, from, limit).await,
            Store::Postgres(store) => store.chunks(name, from, limit).await,
        }
    }

    async fn damage(&self) -> Result<Vec<String>, Error> {
        match &self.0 {
            Store::Sqlite(store) => store.damage().await,
            Store::Postgres(store) => store.damage().await,
        }
    }
}

/// How far the check has come.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    pub position: Position,
    pub head: Position,
}

/// What is looked at.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// From the batch that holds this event; what is before it is taken as it stands.
    pub from: Option<Position>,
    /// Up to the end of the batch that holds this one.
    pub to: Option<Position>,
    /// Checkpoints that were kept elsewhere.
    pub kept: Vec<Checkpoint>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The first position that was looked at.
    pub first: Position,
    /// How many were.
    pub events: u64,
    /// The last one.
    pub last: Position,
    pub batches: u64,
    pub digest: String,
    /// All of the journal's.
    pub checkpoints: u64,
    pub newest: Option<Checkpoint>,
    /// Keys that no earlier one vouches for.
    pub begun_anew: Vec<KeyRecord>,
    /// What cannot be opened, where all of the journal was looked at.
    pub lost: Lost,
}

/// Why a journal did not pass.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("position {position}: {what}")]
    At { position: Position, what: String },
    /// In what is signed, or in the keys.
    #[error("{0}")]
    Signed(String),
    #[error("the store itself is damaged: {0}")]
    Store(String),
    #[error(transparent)]
    Journal(#[from] Error),
}

/// How much of the machine a check may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    Full,
    /// Beside an engine at work: it rests as long as it worked.
    Gentle,
}

/// Walks the chain and what is signed of it. The store is asked what is wrong with itself meanwhile where all is wanted: that takes as
/// long, and tells no place, so that it is said where the walk finds none.
pub async fn run(
    reader: &Reader,
    wanted: &Wanted,
    report: &mut dyn FnMut(Progress),
) -> Result<Report, Fault> {
    if wanted.from.is_some() || wanted.to.is_some() {
        let looked = look(reader, wanted, Pace::Full, report).await;
        return explained(reader, looked).await;
    }
    let (looked, damage) = tokio::join!(look(reader, wanted, Pace::Full, report), reader.damage());
    match looked {
        Err(Fault::At { .. } | Fault::Signed(_)) => looked,
        Ok(_) | Err(Fault::Store(_) | Fault::Journal(_)) => worse(damage?, looked),
    }
}

/// The same beside an engine at work. The store is asked about itself only where it cannot be read.
pub async fn run_gently(reader: &Reader, report: &mut dyn FnMut(Progress)) -> Result<Report, Fault> {
    let looked = look(reader, &Wanted::default(), Pace::Gentle, report).await;
    explained(reader, looked).await
}

/// Where the store cannot be read it may know why.
async fn explained(reader: &Reader, looked: Result<Report, Fault>) -> Result<Report, Fault> {
    if matches!(looked, Err(Fault::Journal(_))) { worse(reader.damage().await?, looked) } else { looked }
}

fn worse(damage: Vec<String>, looked: Result<Report, Fault>) -> Result<Report, Fault> {
    damage.into_iter().next().map_or(looked, |damage| Err(Fault::Store(damage)))
}

/// The chain first: what is signed is compared with digests that are known to be right then.
async fn look(
    reader: &Reader,
    wanted: &Wanted,
    pace: Pace,
    report: &mut dyn FnMut(Progress),
) -> Result<Report, Fault> {
    let (walked, lost) = walk::walk(reader, wanted, pace, report).await?;
    let signed = signed::check(reader, &wanted.kept).await?;
    Ok(Report {
        first: walked.first,
        events: (walked.position + 1).saturating_sub(walked.first),
        last: walked.position,
        batches: walked.batches,
        digest: hex::encode(walked.digest),
        checkpoints: signed.count,
        newest: signed.newest,
        begun_anew: signed.begun_anew,
        lost,
    })
}

fn at(position: Position, what: impl Into<String>) -> Fault {
    Fault::At { position, what: what.into() }
}
