//! A session and the results of its calls as they were.

use std::collections::BTreeMap;

use cqrs_es::Aggregate as _;
use domain::call::Call;
use domain::fact::Position;
use domain::ids::StreamId;
use domain::outcome::CallStatus;
use domain::session::Session;
use projections::call_history::{CallHistory, ResultRow};
use projections::session_stats::{SessionRow, SessionStats};
use projections::then::Then;

use super::{each_beneath, fold, missing, reading, take};
use crate::dispatch::reports::Error;
use crate::http::Engine;
use crate::http::problem::Problem;
use crate::http::sessions::unknown;

/// The session of a stream, as it was at a position.
pub(in crate::http) async fn session(
    engine: &Engine,
    stream: &str,
    until: Position,
) -> Result<SessionRow, Problem> {
    let stream = StreamId::stored(stream.to_owned());
    let own = (Session::TYPE, stream.clone());
    let mut then: Then<SessionStats> = fold(engine, std::slice::from_ref(&own), until).await?;
    let reading = (until, reading::<SessionStats>());
    each_beneath(engine, &(Call::TYPE, stream.clone()), reading, |facts, damaged| {
        take(&mut then, facts, damaged);
    })
    .await?;
    match then.rows().next() {
        Some(row) => Ok(row),
        None => Err(missing(engine, own, unknown()).await),
    }
}

/// The results of a session's calls as they were, in the order in which they came, from after a cursor. No more is held of them than
/// is asked for, so that all of the session's calls are read for each page.
pub(in crate::http) async fn results(
    engine: &Engine,
    session: &StreamId,
    (statuses, until): (&[CallStatus], Position),
    (after, limit): (Position, usize),
) -> Result<Vec<ResultRow>, Error> {
    let mut first = BTreeMap::new();
    let wanted =
        |row: &ResultRow| row.position > after && (statuses.is_empty() || statuses.contains(&row.status));
    let calls = (Call::TYPE, session.clone());
    each_beneath(engine, &calls, (until, reading::<CallHistory>()), |facts, damaged| {
        let mut then = Then::<CallHistory>::default();
        take(&mut then, facts, damaged);
        for row in then.rows().filter(wanted) {
            first.insert(row.position, row);
            if first.len() > limit {
                first.pop_last();
            }
        }
    })
    .await?;
    Ok(first.into_values().collect())
}
