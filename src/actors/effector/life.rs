//! Nodes tell each other that they live. What a dead one had in hand is asked about after seconds: a lease is as long as a store may be
//! away, and until it ended the dead one's calls would hold their campaigns' lines.
//! Nothing but speed depends on it: whoever is taken for dead and lives finds its fence moved, as when a lease ends.

use std::sync::Arc;
use std::time::Instant;

use super::NAME;
use super::carrier::Carrier;
use crate::actors::guardian::named;
use crate::journal;

/// Since when this node has said without a pause that it lives, and when it last did.
#[derive(Debug, Default)]
pub(super) struct Life(Option<(Instant, Instant)>);

impl Carrier {
    /// In a task of its own, one at a time, at every tick.
    pub(super) fn live_apart(self: Arc<Self>) {
        if !self.options.journal.is_shared() {
            return;
        }
        let runtime = self.options.runtime.clone();
        runtime.spawn(named(NAME, async move {
            let Ok(mut life) = self.life.try_lock() else { return };
            match self.live(&mut life).await {
                Ok(0) => {}
                Ok(effects) => {
                    tracing::warn!(
                        effects,
                        "a node is not heard of any more; what it had in hand is asked about"
                    );
                    self.nudge();
                }
                // What needs the store says so loudly enough.
                Err(why) => {
                    life.0 = None;
                    tracing::debug!(cause = %why, "nobody hears for the moment that this node lives");
                }
            }
        }));
    }

    async fn live(&self, life: &mut Life) -> Result<u64, journal::Error> {
        let (limits, journal) = (&self.options.limits, &self.options.journal);
        let now = Instant::now();
        // Who slept cannot have heard of anybody.
        let unbroken = life.0.filter(|(_, last)| last.elapsed() < limits.life);
        let since = unbroken.map_or(now, |(since, _)| since);
        journal.alive(self.owner, limits.life).await?;
        life.0 = Some((since, now));
        if since.elapsed() < limits.witness { Ok(0) } else { journal.bury().await }
    }
}
