//! What this node alone can remove of somebody whom another node forgot: recordings that were fetched to this machine.
//! It looks once at the start, for whatever it was away from, and after each forgetting that it heard of.

use std::sync::Arc;

use projections::pbx_calls;

use super::NAME;
use super::carrier::Carrier;
use crate::actors::guardian::named;
use crate::journal;

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Journal(#[from] journal::Error),
    #[error(transparent)]
    Screens(#[from] projections::Error),
    #[error(transparent)]
    Recordings(#[from] std::io::Error),
}

impl Carrier {
    /// In a task of its own, one at a time. What fails is tried again at the next tick.
    pub(super) fn sweep_apart(self: Arc<Self>) {
        // Where there is one node, whoever forgets somebody removes everything.
        if !self.options.journal.is_shared() {
            return;
        }
        let runtime = self.options.runtime.clone();
        runtime.spawn(named(NAME, async move {
            let Ok(mut swept) = self.swept.try_lock() else { return };
            match self.sweep(*swept).await {
                Ok(()) => *swept = true,
                Err(why) => tracing::warn!(cause = %why, "recordings of forgotten people may still lie here"),
            }
        }));
    }

    async fn sweep(&self, swept: bool) -> Result<(), Trouble> {
        let (journal, recordings) = (&self.options.journal, &self.options.recordings);
        let done = journal.forgettings_done().await?;
        if swept && done.is_empty() {
            return Ok(());
        }
        let kept = recordings.kept().await?;
        for call in pbx_calls::forgotten(&self.options.screens, &kept).await? {
            recordings.forget(call).await?;
        }
        journal.forgettings_followed(&done);
        Ok(())
    }
}
