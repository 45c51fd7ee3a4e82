//! Whether a number is on a list, and on which line: asked for every report, so that the lists in use are kept in memory.
//! Only fingerprints are; twenty bytes a number. What is kept is bounded, and the list that was asked for least lately leaves first.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ids::Fingerprint;
use lru::LruCache;

use super::Error;
use crate::journal::Journal;
use crate::journal::lists::ListName;

/// Numbers kept in memory over all lists; the list that is asked for stays, however long it is.
const KEPT_MAX: usize = 4_000_000;
const READ_TOGETHER: u32 = 64;
const PRINT_LEN: usize = 16;

#[derive(Debug)]
pub(super) struct Listings {
    journal: Journal,
    kept: Mutex<LruCache<ListName, Arc<Listing>>>,
    /// One list is read at a time: those who ask for the same one need it once.
    reading: tokio::sync::Mutex<()>,
}

/// Fingerprints in ascending order, each with its line.
#[derive(Debug)]
pub(super) struct Listing {
    prints: Vec<[u8; PRINT_LEN]>,
    lines: Vec<u32>,
}

impl Listings {
    pub(super) fn new(journal: Journal) -> Self {
        Self { journal, kept: Mutex::new(LruCache::unbounded()), reading: tokio::sync::Mutex::default() }
    }

    pub(super) async fn of(&self, name: &ListName) -> Result<Arc<Listing>, Error> {
        if let Some(known) = self.kept().get(name) {
            return Ok(Arc::clone(known));
        }
        let _turn = self.reading.lock().await;
        if let Some(known) = self.kept().get(name) {
            return Ok(Arc::clone(known));
        }
        let listing = Arc::new(self.read(name).await?);
        self.keep(name.clone(), Arc::clone(&listing));
        Ok(listing)
    }

    async fn read(&self, name: &ListName) -> Result<Listing, Error> {
        let (mut numbers, mut from) = (vec![], 0);
        loop {
            let chunks = self.journal.chunks(name, from, READ_TOGETHER).await?;
            let Some(last) = chunks.last() else { break };
            from = last.number + 1;
            numbers.extend(chunks.iter().flat_map(|chunk| chunk.fingerprints.as_chunks::<PRINT_LEN>().0));
        }
        let sorting = tokio::task::spawn_blocking(move || Listing::new(numbers));
        sorting.await.map_err(|why| Error::Unavailable(why.to_string()))
    }

    fn keep(&self, name: ListName, listing: Arc<Listing>) {
        let mut kept = self.kept();
        kept.put(name, listing);
        while kept.len() > 1 && kept.iter().map(|(_, listing)| listing.lines.len()).sum::<usize>() > KEPT_MAX
        {
            kept.pop_lru();
        }
    }

    fn kept(&self) -> MutexGuard<'_, LruCache<ListName, Arc<Listing>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listing {
    /// From fingerprints in the list's order; its lines are counted from one.
    fn new(numbers: Vec<[u8; PRINT_LEN]>) -> Self {
        let mut both: Vec<_> = numbers.into_iter().zip(1..).collect();
        both.sort_unstable();
        let (prints, lines) = both.into_iter().unzip();
        Self { prints, lines }
    }

    pub(super) fn line(&self, person: &Fingerprint) -> Option<u32> {
        let found = self.prints.binary_search(&person.0).ok()?;
        self.lines.get(found).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_on_its_line() {
        let print = |n: u8| [n; PRINT_LEN];
        let listing = Listing::new(vec![print(9), print(3), print(7)]);
        assert_eq!(
            [9, 3, 7, 5].map(|n| listing.line(&Fingerprint(print(n)))),
            [Some(1), Some(2), Some(3), None]
        );
    }
}
