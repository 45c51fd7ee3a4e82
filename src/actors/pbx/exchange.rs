//! Asking the exchange: in a task of its own, for its code is foreign and its connections outlive the watcher, and never for ever.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime;
use tokio::task::JoinHandle;

use super::NAME;
use crate::actors::guardian::named;
use crate::ports::pbx::{Pbx, PbxTrouble};

#[derive(Debug, Clone)]
pub(super) struct Exchange {
    pub(super) pbx: Arc<dyn Pbx>,
    pub(super) runtime: runtime::Handle,
}

/// Nobody waits for the answer any more: neither does its task.
struct Task<T>(JoinHandle<T>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Exchange {
    pub(super) async fn ask<T, A>(
        &self,
        patience: Duration,
        question: impl FnOnce(Arc<dyn Pbx>) -> A,
    ) -> Result<T, PbxTrouble>
    where
        T: Send + 'static,
        A: Future<Output = Result<T, PbxTrouble>> + Send + 'static,
    {
        let asked = question(Arc::clone(&self.pbx));
        let mut task = Task(self.runtime.spawn(named(NAME, asked)));
        match tokio::time::timeout(patience, &mut task.0).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(broken)) => Err(PbxTrouble::Senseless { why: broken.to_string() }),
            Err(_) => {
                let why = format!("no answer within {} ms", patience.as_millis());
                Err(PbxTrouble::Away { why, after: None })
            }
        }
    }
}
