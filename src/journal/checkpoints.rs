//! Signed checkpoints and the keys that signed them, kept beside the events and as append-only as they are.
//! What is not the next one in its row is refused: of two nodes that sign at the same moment one is told to look again.

use domain::fact::Position;

use super::signing::{Checkpoint, History, KeyRecord};
use super::{Batch, Error, Journal, Store, Stored};

impl Journal {
    pub async fn signing_keys(&self) -> Result<Vec<KeyRecord>, Error> {
        match &self.store {
            Store::Sqlite(store) => store.signing_keys().await,
            Store::Postgres(store) => store.signing_keys().await,
        }
    }

    /// The same, found to be in order.
    pub async fn history(&self) -> Result<History, Error> {
        History::try_new(self.signing_keys().await?).map_err(|why| Error::Unavailable(why.to_string()))
    }

    /// Checkpoints below a number, the newest first, at most `limit`.
    pub async fn checkpoints_before(&self, number: u64, limit: usize) -> Result<Vec<Checkpoint>, Error> {
        match &self.store {
            Store::Sqlite(store) => store.checkpoints_before(number, limit).await,
            Store::Postgres(store) => store.checkpoints_before(number, limit).await,
        }
    }

    pub async fn newest_checkpoint(&self) -> Result<Option<Checkpoint>, Error> {
        Ok(self.checkpoints_before(u64::MAX, 1).await?.into_iter().next())
    }

    /// The first checkpoint that an event at this position is covered by.
    pub async fn checkpoint_over(&self, position: Position) -> Result<Option<Checkpoint>, Error> {
        match &self.store {
            Store::Sqlite(store) => store.checkpoint_over(position).await,
            Store::Postgres(store) => store.checkpoint_over(position).await,
        }
    }

    /// False where it is not the next one any more.
    pub(super) async fn put_signing_key(&self, key: KeyRecord) -> Result<bool, Error> {
        match &self.store {
            Store::Sqlite(store) => store.put_signing_key(key).await,
            Store::Postgres(store) => store.put_signing_key(key).await,
        }
    }

    /// False where they are not the next ones any more, or their key is not the newest.
    pub(super) async fn put_checkpoints(&self, checkpoints: Vec<Checkpoint>) -> Result<bool, Error> {
        match &self.store {
            Store::Sqlite(store) => store.put_checkpoints(checkpoints).await,
            Store::Postgres(store) => store.put_checkpoints(checkpoints).await,
        }
    }

    /// Batches that end behind a position and are safely stored, at most `limit`.
    pub(super) async fn batches(&self, after: Position, limit: usize) -> Result<Vec<Batch>, Error> {
        let mut batches = match &self.store {
            Store::Sqlite(store) => store.batches(after, limit).await?,
            Store::Postgres(store) => store.batches(after, limit).await?,
        };
        let synced = self.position();
        batches.retain(|batch| batch.last <= synced);
        Ok(batches)
    }

    /// The batch that ends exactly here.
    pub(super) async fn batch_ending(&self, last: Position) -> Result<Option<Batch>, Error> {
        let found = self.batches(last.saturating_sub(1), 1).await?;
        Ok(found.into_iter().find(|batch| batch.last == last))
    }

    /// The event at a position, as stored.
    pub(super) async fn stored_at(&self, position: Position) -> Result<Option<Stored>, Error> {
        let found = self.stored(position.saturating_sub(1), 1).await?;
        Ok(found.into_iter().find(|event| event.position == position))
    }
}
