//! Which place in the journal a time is. Times of recording never decrease with positions, so that half is left out at each look.

use chrono::{DateTime, Utc};
use domain::fact::Position;

/// The newest position up to `head` that was recorded by then; 0 where nothing was.
pub async fn recorded_by<E>(
    head: Position,
    then: DateTime<Utc>,
    recorded_at: impl AsyncFn(Position) -> Result<Option<DateTime<Utc>>, E>,
) -> Result<Position, E> {
    let (mut by_then, mut later) = (0, head + 1);
    while later - by_then > 1 {
        let middle = by_then.midpoint(later);
        if recorded_at(middle).await?.is_some_and(|recorded| recorded <= then) {
            by_then = middle;
        } else {
            later = middle;
        }
    }
    Ok(by_then)
}
