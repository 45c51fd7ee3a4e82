//! The keepers of one kind of aggregate, a shard on each arbiter: which of them has a stream, and how many commands are under way.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use actix::{Actor, Addr, ArbiterHandle};
use domain::fact::Recorded;
use domain::ids::{Fingerprint, StreamId};
use tokio::sync::{Semaphore, oneshot};
use tracing::Span;

use super::keeper::{Execute, Keeper};
use super::seen::Seen;
use super::{Done, Failure, Meta, Progress, UNDER_WAY_MAX};
use crate::journal::Journal;

/// The keepers of one kind of aggregate.
#[derive(Debug)]
pub(super) struct Shards<A: Recorded> {
    all: Vec<Shard<A>>,
    hasher: RandomState,
    done: AtomicU64,
    busy: AtomicU64,
    restarts: AtomicU64,
}

#[derive(Debug)]
struct Shard<A: Recorded> {
    journal: Journal,
    arbiter: ArbiterHandle,
    under_way: Arc<Semaphore>,
    keeper: RwLock<Addr<Keeper<A>>>,
}

pub(super) type Answer<A> = Result<Done<A>, Failure<<A as cqrs_es::Aggregate>::Error>>;

impl<A: Recorded> Shards<A> {
    pub(super) fn start(journal: &Journal, arbiters: &[ArbiterHandle]) -> Self {
        let all = arbiters.iter().map(|arbiter| Shard::start(journal, arbiter)).collect();
        let (done, busy, restarts) = Default::default();
        Self { all, hasher: RandomState::new(), done, busy, restarts }
    }

    pub(super) async fn send(
        &self,
        stream: StreamId,
        person: Option<Fingerprint>,
        command: A::Command,
        meta: Meta,
    ) -> Answer<A> {
        self.counted(self.hand_over((stream, Seen::Whatever), person, command, meta).await)
    }

    /// Only while the stream stands where whoever asks has seen it.
    pub(super) async fn send_as(&self, at: (StreamId, Seen), command: A::Command, meta: Meta) -> Answer<A> {
        self.counted(self.hand_over(at, None, command, meta).await)
    }

    fn counted(&self, answer: Answer<A>) -> Answer<A> {
        let counter = if matches!(answer, Err(Failure::Busy)) { &self.busy } else { &self.done };
        counter.fetch_add(1, Ordering::Relaxed);
        answer
    }

    async fn hand_over(
        &self,
        (stream, seen): (StreamId, Seen),
        person: Option<Fingerprint>,
        command: A::Command,
        meta: Meta,
    ) -> Answer<A> {
        let shard = self.shard(&stream)?;
        let permit = Arc::clone(&shard.under_way).try_acquire_owned().map_err(|_| Failure::Busy)?;
        let (tell, told) = oneshot::channel();
        let span = Span::current();
        let execute = Execute { stream, seen, person, command, meta, tell, permit, tries: 0, span };
        let keeper = self.living(shard);
        keeper.try_send(execute).map_err(|_| Failure::Busy)?;
        told.await.unwrap_or_else(|_| Err(Failure::Unavailable("the keeper stopped".into())))
    }

    fn shard(&self, stream: &StreamId) -> Result<&Shard<A>, Failure<A::Error>> {
        let hash = self.hasher.hash_one(stream);
        let count = u64::try_from(self.all.len()).unwrap_or(1).max(1);
        let index = usize::try_from(hash % count).unwrap_or(0);
        self.all.get(index).ok_or_else(|| Failure::Unavailable("no keeper was started".into()))
    }

    /// A keeper that panicked is replaced: its memory is only a cache of what the journal knows.
    fn living(&self, shard: &Shard<A>) -> Addr<Keeper<A>> {
        let known = shard.keeper.read().unwrap_or_else(PoisonError::into_inner).clone();
        if known.connected() {
            return known;
        }
        let mut keeper = shard.keeper.write().unwrap_or_else(PoisonError::into_inner);
        if !keeper.connected() {
            tracing::error!(kind = A::TYPE, "a keeper died and was replaced");
            metrics::counter!("karnay_actor_restarts_total", "actor" => A::TYPE).increment(1);
            self.restarts.fetch_add(1, Ordering::Relaxed);
            *keeper = Keeper::start_on(&shard.arbiter, &shard.journal);
        }
        keeper.clone()
    }

    pub(super) fn progress(&self) -> Progress {
        Progress {
            kind: A::TYPE,
            under_way: self.all.iter().map(Shard::under_way).sum(),
            done: self.done.load(Ordering::Relaxed),
            busy: self.busy.load(Ordering::Relaxed),
            restarts: self.restarts.load(Ordering::Relaxed),
        }
    }

    pub(super) async fn drain(&self) {
        let all = u32::try_from(UNDER_WAY_MAX).unwrap_or(u32::MAX);
        for shard in &self.all {
            // All permits at hand means nothing is under way; the semaphore is never closed.
            drop(shard.under_way.acquire_many(all).await);
        }
    }
}

impl<A: Recorded> Shard<A> {
    fn start(journal: &Journal, arbiter: &ArbiterHandle) -> Self {
        Self {
            journal: journal.clone(),
            arbiter: arbiter.clone(),
            under_way: Arc::new(Semaphore::new(UNDER_WAY_MAX)),
            keeper: RwLock::new(Keeper::start_on(arbiter, journal)),
        }
    }

    fn under_way(&self) -> usize {
        UNDER_WAY_MAX - self.under_way.available_permits()
    }
}

impl<A: Recorded> Keeper<A> {
    fn start_on(arbiter: &ArbiterHandle, journal: &Journal) -> Addr<Self> {
        let journal = journal.clone();
        Self::start_in_arbiter(arbiter, move |ctx| Self::new(journal, ctx))
    }
}
