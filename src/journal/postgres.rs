//! The journal on PostgreSQL.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::fact::Position;
use domain::ids::StreamId;
use tokio::sync::watch;
use uuid::Uuid;

use super::effects::{Counts, Policy, Reaction, Take, Taken};
use super::feed::Tail;
use super::keys::KeyRow;
use super::{Batch, Error, Prepared, Refused, Stored};
use crate::ports::Clock;

#[derive(Debug, Clone)]
pub struct Postgres;

#[derive(Debug)]
pub(super) struct Opened {
    pub(super) store: Postgres,
    pub(super) head: watch::Receiver<Position>,
    pub(super) tail: Arc<Tail>,
}

fn absent<T>() -> Result<T, Error> {
    Err(Error::Open("not yet".into()))
}

impl Postgres {
    pub(super) async fn open(_url: &str, _clock: Arc<dyn Clock>) -> Result<Opened, Error> {
        absent()
    }
    pub(super) fn submit(&self, _prepared: Prepared) -> Result<(), Refused> {
        Err(Refused::Busy)
    }
    pub(super) fn depth(&self) -> usize {
        0
    }
    pub(super) async fn probe(&self) -> Result<(), Error> {
        absent()
    }
    pub(super) async fn stream(&self, _kind: &'static str, _stream: &StreamId) -> Result<Vec<Stored>, Error> {
        absent()
    }
    pub(super) async fn stored(&self, _after: Position, _limit: usize) -> Result<Vec<Stored>, Error> {
        absent()
    }
    pub(super) async fn batches(&self, _after: Position, _limit: usize) -> Result<Vec<Batch>, Error> {
        absent()
    }
    pub(super) async fn keys(&self, _ids: &[Uuid]) -> Result<Vec<KeyRow>, Error> {
        absent()
    }
    pub(super) async fn close(&self) {}
    pub(super) async fn policy(&self, _name: &'static str) -> Result<Policy, Error> {
        absent()
    }
    pub(super) async fn react(&self, _reaction: Reaction) -> Result<bool, Error> {
        absent()
    }
    pub(super) async fn take_effects(&self, _take: Take) -> Result<Vec<Taken>, Error> {
        absent()
    }
    pub(super) async fn renew(&self, _id: String, _fence: u64, _until: DateTime<Utc>) -> Result<bool, Error> {
        absent()
    }
    pub(super) async fn finish(&self, _id: String, _fence: u64, _now: DateTime<Utc>) -> Result<bool, Error> {
        absent()
    }
    pub(super) async fn postpone(
        &self,
        _id: String,
        _fence: u64,
        _not_before: DateTime<Utc>,
    ) -> Result<bool, Error> {
        absent()
    }
    pub(super) async fn effect_counts(&self) -> Result<Counts, Error> {
        absent()
    }
}

/// Beside a running engine, for those who only look.
#[derive(Debug, Clone)]
pub(super) struct Reader;

impl Reader {
    pub(super) async fn open(_url: &str) -> Result<Self, Error> {
        absent()
    }
    pub(super) async fn stored(&self, _after: Position, _limit: usize) -> Result<Vec<Stored>, Error> {
        absent()
    }
    pub(super) async fn batches(&self, _after: Position, _limit: usize) -> Result<Vec<Batch>, Error> {
        absent()
    }
    pub(super) async fn position(&self) -> Result<Position, Error> {
        absent()
    }
    /// Anything the store itself finds wrong (e.g. the head row disagrees with the events).
    pub(super) async fn damage(&self) -> Result<Vec<String>, Error> {
        absent()
    }
}
