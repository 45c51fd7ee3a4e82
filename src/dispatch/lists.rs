//! Numbers of lists on their way in and out: chunks are sealed and stored before their list is accepted, read back whole
//! where it is dialled, and looked into by those who report. What is told of an import's rows is kept in the same way.
//! What becomes of a row is the domain's business, and where chunks lie is the journal's.

mod listing;
mod pack;
mod redacting;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use domain::ids::{Fingerprint, Organization};
use domain::number_list::{Chunk, Line, NumberList};
use futures_util::{Stream, TryStreamExt as _, future, stream};
use uuid::Uuid;

use crate::journal::keys::{CipherRefused, PersonKey};
use crate::journal::lists::{Chunks, ListDigest, ListName, StoredChunk};
use crate::journal::{self, Journal};
use listing::Listings;

pub use redacting::{Redacted, Whom};

/// Chunks stored together: enough that syncs do not count, few enough that nobody else waits for them.
pub const STORED_TOGETHER: usize = 16;
/// Of a usual number with its end; a longer list costs one more allocation.
const LINE_LEN: usize = 14;
/// Chunks read at once.
const READ_TOGETHER: u32 = 16;

/// Why a list could not be stored or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the list cannot be reached: {0}")]
    Unavailable(String),
    #[error("the list is not the one that was accepted")]
    Damaged,
    #[error("the list's key was destroyed")]
    Forgotten,
}

impl From<journal::Error> for Error {
    fn from(why: journal::Error) -> Self {
        Self::Unavailable(why.to_string())
    }
}

impl From<CipherRefused> for Error {
    fn from(why: CipherRefused) -> Self {
        Self::Unavailable(why.to_string())
    }
}

#[derive(Debug, Clone)]
pub struct Lists {
    journal: Journal,
    listings: Arc<Listings>,
}

/// A list that is being stored.
pub struct Making {
    journal: Journal,
    name: ListName,
    key: PersonKey,
    digest: ListDigest,
}

impl std::fmt::Debug for Making {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Making").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Lists {
    pub(super) fn new(journal: Journal) -> Self {
        Self { listings: Arc::new(Listings::new(journal.clone())), journal }
    }

    /// Begins a list. Until it is accepted nobody meets it.
    pub fn make(&self, organization: Organization, list: Uuid) -> Result<Making, Error> {
        let name = ListName { organization, list };
        let key = self.journal.list_key(&name)?;
        Ok(Making { journal: self.journal.clone(), name, key, digest: ListDigest::default() })
    }

    /// The line on which a number stands; none where it is not on the list.
    pub async fn line(
        &self,
        organization: &Organization,
        list: Uuid,
        person: &Fingerprint,
    ) -> Result<Option<u32>, Error> {
        let name = ListName { organization: organization.clone(), list };
        Ok(self.listings.of(&name).await?.line(person))
    }

    /// The file that is dialled: E.164, one a line. `accepted` is its list, which what is read is compared with.
    pub async fn numbers(
        &self,
        organization: &Organization,
        list: Uuid,
        accepted: &NumberList,
    ) -> Result<Bytes, Error> {
        let name = ListName { organization: organization.clone(), list };
        let numbers = usize::try_from(accepted.counts().numbers).unwrap_or(0);
        let (mut file, mut found) = (BytesMut::with_capacity(numbers * LINE_LEN), ListDigest::default());
        let mut from = 0;
        loop {
            let chunks = self.journal.chunks(&name, from, READ_TOGETHER).await?;
            if chunks.is_empty() {
                break;
            }
            for chunk in &chunks {
                found.add(chunk);
                let text = self.open(chunk).await?;
                for number in pack::numbers(&text).ok_or(Error::Damaged)? {
                    file.extend_from_slice(number.as_bytes());
                    file.extend_from_slice(b"\n");
                }
                from = chunk.number + 1;
            }
        }
        if accepted.is(&found.finish()) { Ok(file.freeze()) } else { Err(Error::Damaged) }
    }

    /// Every row of the sheet with what became of it, some at a time.
    pub fn lines(
        &self,
        organization: &Organization,
        list: Uuid,
    ) -> impl Stream<Item = Result<Vec<Line>, Error>> + use<> {
        self.texts(organization, list).and_then(|text| future::ready(pack::read(&text).ok_or(Error::Damaged)))
    }

    /// What became of the row of the sheet whose number is dialled as this line; none where the list is shorter.
    pub async fn row_of(
        &self,
        organization: &Organization,
        list: Uuid,
        line: u32,
    ) -> Result<Option<Line>, Error> {
        let name = ListName { organization: organization.clone(), list };
        let (mut from, mut before) = (0, 0);
        loop {
            let chunks = self.journal.chunks(&name, from, READ_TOGETHER).await?;
            let Some(end) = chunks.last().map(|chunk| chunk.number + 1) else { return Ok(None) };
            from = end;
            for chunk in &chunks {
                // How many numbers a chunk has can be seen without opening it.
                let numbers = chunk.fingerprints.len() / size_of::<Fingerprint>();
                let wanted = usize::try_from(line).unwrap_or(usize::MAX).checked_sub(before + 1);
                if let Some(nth) = wanted.filter(|nth| *nth < numbers) {
                    let lines = pack::read(&self.open(chunk).await?).ok_or(Error::Damaged)?;
                    return Ok(lines.into_iter().filter(|line| line.verdict.is_listed()).nth(nth));
                }
                before += numbers;
            }
        }
    }

    /// What was sealed of anything, chunk by chunk.
    pub fn texts(
        &self,
        organization: &Organization,
        list: Uuid,
    ) -> impl Stream<Item = Result<Vec<u8>, Error>> + use<> {
        let name = ListName { organization: organization.clone(), list };
        stream::try_unfold((self.clone(), name, 0), async |(lists, name, from)| {
            let Some(chunk) = lists.journal.chunks(&name, from, 1).await?.into_iter().next() else {
                return Ok(None);
            };
            let text = lists.open(&chunk).await?;
            Ok(Some((text, (lists, name, chunk.number + 1))))
        })
    }

    async fn open(&self, chunk: &StoredChunk) -> Result<Vec<u8>, Error> {
        self.journal.open_chunk(&chunk.sealed).await?.ok_or(Error::Forgotten)
    }
}

impl Making {
    /// Seals one chunk of anything else than numbers.
    pub fn seal_text(&mut self, number: u32, text: &[u8], now: DateTime<Utc>) -> Result<Chunks, Error> {
        let sealed = self.journal.keyring().seal_bytes(&self.key, text)?;
        let stored = StoredChunk { number, fingerprints: vec![], sealed };
        self.digest.add(&stored);
        let (name, key) = (self.name.clone(), self.key.to_store());
        Ok(Chunks { name, chunks: vec![stored], key, stored_at: now })
    }

    /// Seals chunks. Costs time and waits for nobody, so that it may run on a thread of its own.
    pub fn seal(&mut self, chunks: Vec<Chunk>, now: DateTime<Utc>) -> Result<Chunks, Error> {
        let keyring = self.journal.keyring();
        let mut sealed = Vec::with_capacity(chunks.len());
        for chunk in chunks {
            let numbers = chunk.lines.iter().filter_map(|line| line.verdict.number());
            let prints = numbers.flat_map(|phone| keyring.fingerprint(&self.name.organization, phone).0);
            let fingerprints = prints.collect();
            let text = pack::write(&chunk.lines);
            let stored = StoredChunk {
                number: chunk.number,
                fingerprints,
                sealed: keyring.seal_bytes(&self.key, &text)?,
            };
            self.digest.add(&stored);
            sealed.push(stored);
        }
        Ok(Chunks { name: self.name.clone(), chunks: sealed, key: self.key.to_store(), stored_at: now })
    }

    pub async fn store(&self, chunks: Chunks) -> Result<(), Error> {
        self.journal.put_chunks(chunks).await?;
        self.key.stored();
        Ok(())
    }

    /// The digest over all that was stored.
    pub fn finish(self) -> String {
        self.digest.finish()
    }
}
