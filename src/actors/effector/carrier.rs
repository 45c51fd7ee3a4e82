//! The effects under way in this process: taken under a lease, each in a task of its own, the lease renewed as long as the task lives.
//! An effect comes back to its own task where a lease ran out because the store was away: the task takes over the new fence.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::errand::Errand;
use super::life::Life;
use super::{Effector, NAME, Nudge, Options};
use crate::actors::guardian::{Seat, named};
use crate::journal::Error;
use crate::journal::effects::{Take, Taken};

pub(super) struct Carrier {
    pub(super) options: Options,
    pub(super) owner: Uuid,
    seat: Seat<Effector>,
    slots: Arc<Semaphore>,
    closing: AtomicBool,
    held: Mutex<HashMap<String, Arc<Hold>>>,
    /// Whether it was looked at the start for what forgotten people left here.
    pub(super) swept: tokio::sync::Mutex<bool>,
    pub(super) life: tokio::sync::Mutex<Life>,
}

/// An effect that this process holds, under its newest fence.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) id: String,
    fence: AtomicU64,
}

impl std::fmt::Debug for Carrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Carrier").field("owner", &self.owner).finish_non_exhaustive()
    }
}

impl Carrier {
    pub(super) fn new(options: Options, seat: Seat<Effector>) -> Self {
        let slots = Arc::new(Semaphore::new(options.limits.under_way_max));
        Self {
            owner: options.ids.uuid(),
            options,
            seat,
            slots,
            closing: AtomicBool::new(false),
            held: Mutex::default(),
            swept: tokio::sync::Mutex::default(),
            life: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn under_way(&self) -> usize {
        self.held().len()
    }

    /// Takes what is due, as much as there is room for, and sets it going.
    pub(super) async fn take(self: Arc<Self>) -> Result<usize, Error> {
        let runtime = self.options.runtime.clone();
        let taken = runtime.spawn(named(NAME, async move { self.take_all().await })).await;
        taken.unwrap_or_else(|why| Err(Error::Unavailable(format!("taking was cut short: {why}"))))
    }

    async fn take_all(self: &Arc<Self>) -> Result<usize, Error> {
        let Some(mut slots) = self.free_slots().filter(|_| !self.closing.load(Ordering::Acquire)) else {
            return Ok(0);
        };
        let now = self.options.clock.now();
        let limit = slots.num_permits();
        let take = Take { owner: self.owner, now, lease_until: self.lease_until(), limit };
        let all = self.options.journal.take_effects(take).await?;
        let count = all.len();
        for taken in all {
            let Some(permit) = slots.split(1) else { break };
            self.set_going(taken, permit);
        }
        Ok(count)
    }

    /// All of them, where there are any.
    fn free_slots(&self) -> Option<OwnedSemaphorePermit> {
        let free = u32::try_from(self.slots.available_permits()).ok().filter(|free| *free > 0)?;
        Arc::clone(&self.slots).try_acquire_many_owned(free).ok()
    }

    fn set_going(self: &Arc<Self>, taken: Taken, permit: OwnedSemaphorePermit) {
        let Some(hold) = self.hold(&taken) else { return };
        let carrier = Arc::clone(self);
        self.options.runtime.spawn(named(NAME, async move {
            let _held = Held { carrier: Arc::clone(&carrier), hold: Arc::clone(&hold), permit: Some(permit) };
            let errand = Errand::new(Arc::clone(&carrier), Arc::clone(&hold), taken);
            tokio::select! {
                () = errand.run() => {}
                () = carrier.keep(&hold) => {}
            }
        }));
    }

    /// None where a task of this process is at it still.
    fn hold(&self, taken: &Taken) -> Option<Arc<Hold>> {
        let mut under_way = self.held();
        if let Some(hold) = under_way.get(&taken.id) {
            tracing::warn!(effect = taken.id, "an effect's lease ran out under way and was taken anew");
            hold.fence.store(taken.fence, Ordering::Release);
            return None;
        }
        let hold = Arc::new(Hold { id: taken.id.clone(), fence: AtomicU64::new(taken.fence) });
        under_way.insert(taken.id.clone(), Arc::clone(&hold));
        Some(hold)
    }

    /// Renews the lease for as long as it is polled. Never ends: what the far end was told cannot be taken back,
    /// so that losing the lease is no reason to stop listening.
    async fn keep(&self, hold: &Hold) {
        let mut missed = false;
        loop {
            tokio::time::sleep(self.options.limits.renew_every).await;
            let Ok(renewed) = self.renew(hold).await else { continue };
            // Once says nothing: in that moment it is finished here, or this very process took it anew under a fence not known yet.
            if !renewed && missed {
                tracing::warn!(effect = hold.id, "an effect under way is somebody else's by now");
                return std::future::pending().await;
            }
            missed = !renewed;
        }
    }

    /// False where the effect is somebody else's by now.
    pub(super) async fn renew(&self, hold: &Hold) -> Result<bool, Error> {
        let renew = |id, fence| self.options.journal.renew(id, fence, self.lease_until());
        hold.fenced(renew).await
    }

    fn lease_until(&self) -> DateTime<Utc> {
        self.options.clock.now() + self.options.limits.lease
    }

    /// There may be something to take.
    pub(super) fn nudge(&self) {
        self.seat.hint(Nudge);
    }

    /// Takes nothing more, and waits until nothing is under way.
    pub(super) async fn close(&self) {
        self.closing.store(true, Ordering::Release);
        let all = u32::try_from(self.options.limits.under_way_max).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        drop(self.slots.acquire_many(all).await);
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Arc<Hold>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hold {
    /// Writes under the newest fence: the effect may come back to us in between, with another one.
    pub(super) async fn fenced<F: Future<Output = Result<bool, Error>>>(
        &self,
        write: impl Fn(String, u64) -> F,
    ) -> Result<bool, Error> {
        loop {
            let fence = self.fence.load(Ordering::Acquire);
            let ours = write(self.id.clone(), fence).await?;
            if ours || fence == self.fence.load(Ordering::Acquire) {
                return Ok(ours);
            }
        }
    }
}

/// Gives the slot back and leaves the list, however the task ends.
struct Held {
    carrier: Arc<Carrier>,
    hold: Arc<Hold>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.carrier.held().remove(&self.hold.id);
        let was_full = self.carrier.slots.available_permits() == 0;
        drop(self.permit.take());
        if was_full {
            self.carrier.nudge();
        }
    }
}
