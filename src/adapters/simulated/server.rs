//! The simulated call server itself: it is told to dial a list for a session, does so in the background, and can be asked and stopped.
//! Both fronts stand on it: the engine's own port, and the HTTP server of `karnay sim remote`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use domain::ids::SessionId;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::super::post::Post;
use super::Options;
use super::run::{Run, Tally};
use super::tone;
use super::under_way::Order;

/// Sessions that are remembered after their end.
const REMEMBERED: usize = 20;

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct CallServer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: Options,
    post: Post,
    runs: Mutex<VecDeque<Arc<Run>>>,
    closed: CancellationToken,
}

/// What a session's calls are like, without a number.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    pub session_id: SessionId,
    #[serde(flatten)]
    pub tally: Tally,
}

impl CallServer {
    pub fn try_new(options: Options) -> Result<Self, reqwest::Error> {
        let post = Post::to(options.webhook.clone())?;
        Ok(Self(Arc::new(Inner { options, post, runs: Mutex::default(), closed: CancellationToken::new() })))
    }

    /// Begins to dial in the background. False where this session is being dialled already: nobody is rung twice by accident.
    pub fn start(&self, order: Order) -> bool {
        let Inner { options, post, closed, .. } = &*self.0;
        let run = {
            let mut runs = self.runs();
            if is_dialling(&runs, &order.session) {
                return false;
            }
            while runs.len() >= REMEMBERED {
                let Some(oldest) = runs.iter().position(|run| run.tally().ended) else { break };
                runs.remove(oldest);
            }
            let around = (post.clone(), options.clock.now(), closed.child_token());
            let run = Arc::new(Run::new(order, options, around));
            runs.push_back(Arc::clone(&run));
            run
        };
        let (closed, session, total) = (closed.clone(), run.session.clone(), run.tally().total);
        tracing::info!(%session, total, "simulated calls begin: nobody is rung");
        tokio::spawn(async move {
            if closed.run_until_cancelled(run.dial()).await.is_none() {
                let Tally { total, done, .. } = run.tally();
                tracing::warn!(%session, "the simulated calls end early: {done} of {total} numbers are done");
            }
        });
        true
    }

    pub fn is_dialling(&self, session: &SessionId) -> bool {
        is_dialling(&self.runs(), session)
    }

    /// No further number is dialled, for this session or for any; calls that go on end as they would have. How many sessions that concerns.
    pub fn stop(&self, session: Option<&SessionId>) -> usize {
        let runs = self.runs();
        let meant = runs.iter().filter(|run| session.is_none_or(|session| run.session == *session));
        let going = meant.filter(|run| !run.tally().ended).inspect(|run| run.stopped.cancel());
        going.count()
    }

    /// Everything ends at once; what was not reported yet never will be, which the log says.
    pub fn close(&self) {
        self.0.closed.cancel();
    }

    /// The sessions that were dialled, the newest last.
    pub fn progress(&self) -> Vec<Progress> {
        let runs = self.runs();
        runs.iter().map(|run| Progress { session_id: run.session.clone(), tally: run.tally() }).collect()
    }

    pub fn last_session(&self) -> Option<SessionId> {
        self.runs().back().map(|run| run.session.clone())
    }

    /// None where that is not the name of a recording.
    pub fn recording(&self, name: &str) -> Option<Bytes> {
        tone::wav(name)
    }

    fn runs(&self) -> MutexGuard<'_, VecDeque<Arc<Run>>> {
        self.0.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_dialling(runs: &VecDeque<Arc<Run>>, session: &SessionId) -> bool {
    runs.iter().any(|run| run.session == *session && !run.tally().ended)
}
