//! What the engine counts about itself, read from its `/metrics` before and after a load.

use std::net::SocketAddr;

use anyhow::Result;

use crate::wire::Wire;

/// The journal's commits so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Commits {
    count: f64,
    secs: f64,
    events: f64,
}

impl Commits {
    pub(crate) async fn so_far(engine: SocketAddr) -> Result<Self> {
        let mut wire = Wire::connect(engine).await?;
        let answer = wire.get("/metrics").await?;
        let text = std::str::from_utf8(answer.body)?;
        // What never happened is not there.
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|value| value.trim().parse().ok()).unwrap_or(0.0)
        };
        Ok(Self {
            count: value("karnay_commit_seconds_count"),
            secs: value("karnay_commit_seconds_sum"),
            events: value("karnay_batch_events_sum"),
        })
    }

    /// Events a commit, and milliseconds a commit, since then.
    pub(crate) fn since(self, before: Self) -> (f64, f64) {
        let count = self.count - before.count;
        ((self.events - before.events) / count, (self.secs - before.secs) / count * 1000.0)
    }
}
