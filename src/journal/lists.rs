//! Numbers of lists, kept beside the events in chunks that are written before the event which accepts their list.
//! What a chunk holds is sealed with the list's own key, which is kept like a person's; what it means is dispatch's business.
//! Chunks whose list was never accepted are of no use to anybody, and are removed with their keys when they are old enough.

use std::sync::Arc;

use aws_lc_rs::aead::LessSafeKey;
use aws_lc_rs::digest::{Context, SHA256};
use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use domain::ids::{Fingerprint, Organization};
use domain::import::Import;
use domain::number_list::NumberList;
use uuid::Uuid;

use super::keys::{self, CipherRefused, KeyRow, PersonKey};
use super::{Error, Journal, Store};

/// The kinds of streams that chunks belong to. A stream of either is named as what it claims.
pub(super) const CLAIMING: [&str; 2] = [NumberList::TYPE, Import::TYPE];

/// Whose list it is, and which.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListName {
    pub organization: Organization,
    pub list: Uuid,
}

/// Some rows of a list as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredChunk {
    pub number: u32,
    pub fingerprints: Vec<u8>,
    pub sealed: Vec<u8>,
}

/// Chunks to be stored together, with the key that they are sealed with where it is not known to be stored yet.
#[derive(Debug)]
pub struct Chunks {
    pub name: ListName,
    pub chunks: Vec<StoredChunk>,
    pub key: Option<Arc<KeyRow>>,
    pub stored_at: DateTime<Utc>,
}

/// What was removed of lists that no event accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    pub lists: u64,
    pub chunks: u64,
    /// There may be more of them.
    pub more: bool,
}

/// Lists looked at in one sweep, and about how many chunks it removes: whoever waits for the writer waits for a part of them alone.
const SWEPT_LISTS_MAX: usize = 100;
const SWEPT_CHUNKS_MAX: u64 = 1_000;
/// Chunks removed in one commit.
pub(super) const REMOVED_TOGETHER: u32 = 32;

/// The digest over everything that is stored of a list, chunk by chunk, so that no byte of it can be changed unseen.
pub struct ListDigest(Context);

impl std::fmt::Debug for ListDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ListDigest")
    }
}

impl Default for ListDigest {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

impl ListDigest {
    pub fn add(&mut self, chunk: &StoredChunk) {
        self.0.update(&chunk.number.to_be_bytes());
        for part in [&chunk.fingerprints, &chunk.sealed] {
            self.0.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            self.0.update(part);
        }
    }

    pub fn finish(self) -> String {
        hex::encode(self.0.finish())
    }
}

impl Journal {
    pub async fn put_chunks(&self, chunks: Chunks) -> Result<(), Error> {
        match &self.store {
            Store::Sqlite(store) => store.put_chunks(chunks).await,
            Store::Postgres(store) => store.put_chunks(chunks).await,
        }
    }

    /// A list's chunks in their order, from a number on.
    pub async fn chunks(&self, name: &ListName, from: u32, limit: u32) -> Result<Vec<StoredChunk>, Error> {
        match &self.store {
            Store::Sqlite(store) => store.chunks(name.clone(), from, limit).await,
            Store::Postgres(store) => store.chunks(name.clone(), from, limit).await,
        }
    }

    /// Removes some of what was stored of lists that no event accepted, and the keys it was sealed with. A list of which anything
    /// was stored since `before` is left alone: whoever stores it may be at it still, here or on another node.
    pub async fn sweep_lists(&self, before: DateTime<Utc>) -> Result<Swept, Error> {
        let unclaimed = match &self.store {
            Store::Sqlite(store) => store.unclaimed_lists(before, SWEPT_LISTS_MAX).await?,
            Store::Postgres(store) => store.unclaimed_lists(before, SWEPT_LISTS_MAX).await?,
        };
        let mut swept = Swept { more: unclaimed.len() == SWEPT_LISTS_MAX, ..Swept::default() };
        for name in unclaimed {
            if swept.chunks >= SWEPT_CHUNKS_MAX {
                return Ok(Swept { more: true, ..swept });
            }
            let chunks = self.remove_list(&name, before).await?;
            swept.chunks += chunks;
            swept.lists += u64::from(chunks > 0);
        }
        Ok(swept)
    }

    /// Whether it is still nobody's is looked at in every commit anew.
    async fn remove_list(&self, name: &ListName, before: DateTime<Utc>) -> Result<u64, Error> {
        let mut chunks = 0;
        loop {
            let removed = match &self.store {
                Store::Sqlite(store) => store.remove_chunks(name.clone(), before).await?,
                Store::Postgres(store) => store.remove_chunks(name, before).await?,
            };
            if removed == 0 {
                return Ok(chunks);
            }
            chunks += removed;
        }
    }

    /// The key for a list that is being made.
    pub fn list_key(&self, name: &ListName) -> Result<PersonKey, CipherRefused> {
        self.keyring.person(name.organization.as_str(), Fingerprint(name.list.into_bytes()))
    }

    /// Opens what a list's key sealed; none where the key was destroyed.
    pub async fn open_chunk(&self, sealed: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let damaged = || Error::Unavailable("a list's chunk does not open with its key".into());
        let (id, text) = sealed.split_first_chunk::<16>().ok_or_else(damaged)?;
        let Some(key) = self.key(Uuid::from_bytes(*id)).await? else { return Ok(None) };
        keys::open_bytes(&key, id, text).map(Some).map_err(|_| damaged())
    }

    async fn key(&self, id: Uuid) -> Result<Option<Arc<LessSafeKey>>, Error> {
        if let Some(key) = self.keyring.at_hand(id) {
            return Ok(Some(key));
        }
        Ok(self.key_rows(&[id]).await?.first().and_then(|row| self.keyring.admit(row).ok()))
    }
}
