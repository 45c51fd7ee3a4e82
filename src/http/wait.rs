//! Waiting for a screen on somebody's behalf: until it shows a place in the journal, until the time is over, or until the doors are closed.

use std::pin::pin;
use std::time::Duration;

use domain::fact::Position;
use futures_util::future::{Either, select};
use projections::Freshness;
use tokio::time::Instant;

use super::Engine;
use super::problem::Problem;

/// A screen is looked at this often at most, however much else is going on.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Looks at a screen from a place in the journal on, again and again. `look` gives what it found and until when more is worth
/// waiting for, none where it is what was waited for. Gives what is found last when that time is over or the doors are closed.
pub(super) async fn until<T>(
    engine: &Engine,
    name: &str,
    (mut target, mut until): (Position, Instant),
    mut look: impl AsyncFnMut(Position) -> Result<(T, Option<Instant>), Problem>,
) -> Result<(T, Freshness), Problem> {
    loop {
        let fresh = screen(engine, name, target, until).await;
        let (found, patience) = look(fresh.position).await?;
        match patience.filter(|until| Instant::now() < *until && !*engine.closing.borrow()) {
            Some(patience) => until = patience,
            None => return Ok((found, fresh)),
        }
        // Whatever happens next comes after what was seen. Under load that is at once, hence the pause.
        target = fresh.position + 1;
        tokio::time::sleep_until(until.min(Instant::now() + LOOK_AGAIN)).await;
    }
}

/// The screen when it shows `target`, or as it is when the time is over or the doors are closed.
async fn screen(engine: &Engine, name: &str, target: Position, until: Instant) -> Freshness {
    let mut closing = engine.closing.subscribe();
    let closed = pin!(async { closing.wait_for(|closed| *closed).await.is_ok() });
    let left = until.saturating_duration_since(Instant::now());
    let shown = pin!(engine.screens.wait(name, target, left));
    match select(shown, closed).await {
        Either::Left((fresh, _)) => fresh,
        Either::Right(_) => engine.screens.wait(name, target, Duration::ZERO).await,
    }
}
