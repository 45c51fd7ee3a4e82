//! Rows read a moment ago, each with the position its screen had reached when it was read. A row serves every request that
//! asks for no more than that: so the cache is right on any number of nodes, and nobody has to tell it of changes.

use std::hash::{BuildHasher, Hash, RandomState};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use domain::fact::Position;
use lru::LruCache;

use crate::error::Error;

/// Misses of one key wait for one query. Keys share these few locks: two keys at one lock merely take turns.
const LOCKS: usize = 128;

pub(crate) struct Cache<K, V> {
    rows: Mutex<LruCache<K, Read<V>>>,
    locks: Vec<tokio::sync::Mutex<()>>,
    hasher: RandomState,
}

struct Read<V> {
    value: Arc<V>,
    as_of: Position,
}

impl<K: Hash + Eq + Clone, V> Cache<K, V> {
    pub(crate) fn new(rows_max: NonZeroUsize) -> Self {
        Self {
            rows: Mutex::new(LruCache::new(rows_max)),
            locks: std::iter::repeat_with(Default::default).take(LOCKS).collect(),
            hasher: RandomState::new(),
        }
    }

    /// The row as of `at_least` or later. `read` is asked only where it is not at hand; it answers with the position that
    /// had been applied before it began to read. What is not there is not remembered.
    pub(crate) async fn get<F>(&self, key: K, at_least: Position, read: F) -> Result<Option<Arc<V>>, Error>
    where
        F: AsyncFnOnce() -> Result<(Option<V>, Position), Error>,
    {
        if let Some(value) = self.at_hand(&key, at_least) {
            return Ok(Some(value));
        }
        let _turn = match self.lock(&key) {
            Some(lock) => Some(lock.lock().await),
            None => None,
        };
        if let Some(value) = self.at_hand(&key, at_least) {
            return Ok(Some(value));
        }
        let (found, as_of) = read().await?;
        let found = found.map(Arc::new);
        if let Some(value) = &found {
            self.keep(key, Read { value: value.clone(), as_of });
        }
        Ok(found)
    }

    fn lock(&self, key: &K) -> Option<&tokio::sync::Mutex<()>> {
        let hash = usize::try_from(self.hasher.hash_one(key) & 0xffff).unwrap_or(0);
        self.locks.get(hash % LOCKS)
    }

    fn at_hand(&self, key: &K, at_least: Position) -> Option<Arc<V>> {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.get(key).filter(|read| read.as_of >= at_least).map(|read| read.value.clone())
    }

    /// Never replaces a row by an older one.
    fn keep(&self, key: K, read: Read<V>) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.peek(&key).is_none_or(|known| known.as_of <= read.as_of) {
            rows.put(key, read);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn misses_of_one_key_share_one_query() {
        let cache = Cache::<String, u64>::new(NonZeroUsize::MIN);
        let asked = AtomicU32::new(0);
        let find = async || {
            let slow = async || {
                asked.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                Ok((Some(7), 10))
            };
            cache.get("a".to_owned(), 10, slow).await.unwrap()
        };
        let (first, second, third) = tokio::join!(find(), find(), find());
        assert_eq!([first, second, third].map(|found| *found.unwrap()), [7; 3]);
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_row_serves_only_what_it_has_seen() {
        let cache = Cache::<String, u64>::new(NonZeroUsize::MIN);
        let read =
            async |value, as_of| cache.get("a".to_owned(), as_of, async || Ok((Some(value), as_of))).await;
        assert_eq!(*read(1, 10).await.unwrap().unwrap(), 1);
        assert_eq!(*read(2, 9).await.unwrap().unwrap(), 1);
        assert_eq!(*read(3, 11).await.unwrap().unwrap(), 3);
    }
}
