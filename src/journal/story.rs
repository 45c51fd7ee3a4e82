//! What was recorded of some things, in the order of the journal: their own streams, and what lies beneath one. Read beside a running
//! engine, some events at a time. Whoever has the data key reads it in clear; where that is not wanted no key is needed. Nothing is written.

use std::sync::Arc;

use domain::fact::Position;
use uuid::Uuid;

use super::chain::Hash;
use super::feed::{Decoding, Page};
use super::keys::{DataKey, KeyRow, Keyring};
use super::verify::{Reader, Store};
use super::{Error, Journal, Named, Stored};
use crate::ports::Ids;

/// Which streams tell it.
#[derive(Debug, Clone, Default)]
pub struct Story {
    pub streams: Vec<Named>,
    /// All streams of a kind whose names begin with this one's.
    pub beneath: Option<Named>,
}

impl Story {
    /// What the names of the streams beneath begin with, and what comes after all of them.
    pub(super) fn stretch(&self) -> Option<(&'static str, String, String)> {
        // The zero is the character that follows the slash.
        self.beneath.as_ref().map(|(kind, parent)| (*kind, format!("{parent}/"), format!("{parent}0")))
    }
}

/// From where to where it goes within a stretch of the journal, and how many events that are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    pub first: Position,
    pub last: Position,
    pub events: u64,
}

impl Extent {
    /// Both together, where there are two.
    pub(super) fn with(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        let (Some(one), Some(other)) = (one, other) else { return one.or(other) };
        Some(Self {
            first: one.first.min(other.first),
            last: one.last.max(other.last),
            events: one.events + other.events,
        })
    }
}

impl Journal {
    /// How far a story goes that was recorded after a position and up to another; none where there is nothing of it.
    pub async fn extent(
        &self,
        of: &Story,
        (after, until): (Position, Position),
    ) -> Result<Option<Extent>, Error> {
        let until = until.min(self.position());
        match &self.store {
            super::Store::Sqlite(store) => store.extent(of, (after, until)).await,
            super::Store::Postgres(store) => store.extent(of, (after, until)).await,
        }
    }
}

impl Reader {
    /// Where its events stand, in their order.
    pub async fn positions(&self, of: &Story) -> Result<Vec<Position>, Error> {
        let mut found = match &self.0 {
            Store::Sqlite(store) => store.positions(of).await?,
            Store::Postgres(store) => store.positions(of).await?,
        };
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// The events that stand there.
    pub async fn at(&self, positions: &[Position]) -> Result<Vec<Stored>, Error> {
        match &self.0 {
            Store::Sqlite(store) => store.at(positions).await,
            Store::Postgres(store) => store.at(positions).await,
        }
    }

    /// The first event of these kinds that names this id, whoever's it is.
    pub async fn naming(&self, kinds: &'static [&'static str], id: Uuid) -> Result<Option<Stored>, Error> {
        match &self.0 {
            Store::Sqlite(store) => store.naming(kinds, id).await,
            Store::Postgres(store) => store.naming(kinds, id).await,
        }
    }

    /// What tells the data key of this journal from any other; none where it has none yet.
    pub async fn data_key_mark(&self) -> Result<Option<Hash>, Error> {
        match &self.0 {
            Store::Sqlite(store) => store.data_key_mark().await,
            Store::Postgres(store) => store.data_key_mark().await,
        }
    }

    /// The keys to what is personal in this journal, and in no other.
    pub async fn unlock(&self, data_key: &DataKey, ids: Arc<dyn Ids>) -> Result<Keyring, Error> {
        let mark = self.data_key_mark().await?;
        if mark.is_some_and(|mark| mark != data_key.mark()) {
            return Err(Error::WrongDataKey);
        }
        Keyring::try_new(data_key, ids).map_err(|_| Error::WrongDataKey)
    }

    /// What stored events stand for today; personal parts stay sealed where no keys are given.
    pub async fn decode(&self, stored: &[Stored], keyring: Option<&Keyring>) -> Result<Page, Error> {
        let mut decoding = Decoding::begin(0, stored);
        if let Some(keyring) = keyring {
            let (mut keys, missing) = decoding.keys(keyring);
            keys.admit(keyring, self.keys(&missing).await?);
            decoding.clear(&keys);
        }
        Ok(decoding.page())
    }

    /// Those of these keys that are not destroyed.
    pub(super) async fn keys(&self, ids: &[Uuid]) -> Result<Vec<KeyRow>, Error> {
        match &self.0 {
            Store::Sqlite(store) => store.keys(ids).await,
            Store::Postgres(store) => store.keys(ids).await,
        }
    }
}
