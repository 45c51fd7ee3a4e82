//! Waiting for a screen on somebody's behalf: until it shows a place in the journal, until the time is over, or until the doors are closed.

use std::pin::pin;
use std::time::Duration;

use domain::fact::Position;
use futures_util::future::{Either, select};
use projections::Freshness;
use tokio::time::Instant;

use super::Engine;

/// The screen when it shows `target`, or as it is when the time is over or the doors are closed.
pub(super) async fn screen(engine: &Engine, name: &str, target: Position, until: Instant) -> Freshness {
    let mut closing = engine.closing.subscribe();
    let closed = pin!(async { closing.wait_for(|closed| *closed).await.is_ok() });
    let left = until.saturating_duration_since(Instant::now());
    let shown = pin!(engine.screens.wait(name, target, left));
    match select(shown, closed).await {
        Either::Left((fresh, _)) => fresh,
        Either::Right(_) => engine.screens.wait(name, target, Duration::ZERO).await,
    }
}
