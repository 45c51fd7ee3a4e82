//! A session and the results of its calls as they were.

use std::collections::{BTreeMap, HashSet};

use cqrs_es::Aggregate as _;
use domain::call::Call;
use domain::fact::Position;
use domain::ids::StreamId;
use domain::outcome::CallStatus;
use domain::session::Session;
use projections::call_history::{self, CallHistory, ResultRow};
use projections::projection::Projection;
use projections::row::Begun;
use projections::session_stats::{SessionRow, SessionStats};
use projections::then::Then;

use super::{TOGETHER, each_beneath, fold, missing, reading, take, tells, whole};
use crate::dispatch::audit::Named;
use crate::http::Engine;
use crate::http::problem::Problem;
use crate::http::sessions::unknown;

/// The session of a stream, as it was at a position.
pub(in crate::http) async fn session(
    engine: &Engine,
    stream: &str,
    until: Position,
) -> Result<SessionRow, Problem> {
    let own = (Session::TYPE, StreamId::stored(stream.to_owned()));
    let mut then: Then<SessionStats> = whole(engine, &stream.to_owned(), (&own, Call::TYPE), until).await?;
    match then.rows().next() {
        Some(row) => Ok(row),
        None => Err(missing(engine, own, unknown()).await),
    }
}

/// The results of a session's calls as they were, in the order in which they came, from after a cursor.
pub(in crate::http) async fn results(
    engine: &Engine,
    session: &StreamId,
    (statuses, until): (&[CallStatus], Position),
    (after, limit): (Position, usize),
) -> Result<Vec<ResultRow>, Problem> {
    let wanted = |row: &ResultRow| statuses.is_empty() || statuses.contains(&row.status);
    if !tells(engine, CallHistory::NAME, until).await {
        return everything(engine, session, until, (after, limit), wanted).await;
    }
    let (mut found, mut after) = (vec![], after);
    while found.len() < limit {
        let of = (session.organization(), session.session_name());
        let begun = call_history::begun(&engine.screens, of, (after, until), TOGETHER).await?;
        let Some(last) = begun.last().map(|last| last.position) else { break };
        let mut then: Then<CallHistory> = fold(engine, &streams(begun), until).await?;
        // A call has a row an attempt: the later ones have their turn.
        let due = |row: &ResultRow| row.position > after && row.position <= last && wanted(row);
        let mut rows: Vec<_> = then.rows().filter(due).collect();
        rows.sort_unstable_by_key(|row| row.position);
        found.extend(rows);
        after = last;
    }
    found.truncate(limit);
    Ok(found)
}

fn streams(begun: Vec<Begun>) -> Vec<Named> {
    let streams: HashSet<String> = begun.into_iter().map(|begun| begun.stream).collect();
    streams.into_iter().map(|stream| (Call::TYPE, StreamId::stored(stream))).collect()
}

/// The same of all the session's calls, where the screen cannot say which there were. No more is held of them than is asked for.
async fn everything(
    engine: &Engine,
    session: &StreamId,
    until: Position,
    (after, limit): (Position, usize),
    wanted: impl Fn(&ResultRow) -> bool,
) -> Result<Vec<ResultRow>, Problem> {
    let mut first = BTreeMap::new();
    let calls = (Call::TYPE, session.clone());
    each_beneath(engine, &calls, (until, reading::<CallHistory>()), |facts, damaged| {
        let mut then = Then::<CallHistory>::default();
        take(&mut then, facts, damaged);
        for row in then.rows().filter(|row| row.position > after && wanted(row)) {
            first.insert(row.position, row);
            if first.len() > limit {
                first.pop_last();
            }
        }
    })
    .await?;
    Ok(first.into_values().collect())
}
