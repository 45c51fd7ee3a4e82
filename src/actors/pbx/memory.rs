//! What was seen before this watcher began, as the screen has it: calls that go on, and calls that the log has not told of.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::PbxCallId;
use domain::pbx::board::{Board, REMEMBERED, Seen, Stage};
use domain::pbx_call::{Course, Parties};
use projections::pbx_calls::{self, Filter, PbxCallRow, PbxCalls, State};
use projections::projection::Projection as _;

use super::Options;
use super::keeping::Error;

const SCREEN_WAIT: Duration = Duration::from_secs(10);
/// More calls do not go on at one exchange.
const CALLS_MAX: u32 = 5_000;
/// The board as it was, and when anything was last stored of any call.
pub(super) async fn board(
    options: &Options,
    offset: TimeDelta,
) -> Result<(Board, Option<DateTime<Utc>>), Error> {
    let (screens, organization) = (&options.screens, &options.organization);
    let fresh = screens.wait(PbxCalls::NAME, options.journal.position(), SCREEN_WAIT).await;
    if fresh.behind > 0 {
        return Err(Error::Behind);
    }
    let mut rows = pbx_calls::live(screens, organization, CALLS_MAX).await?;
    let since = options.clock.now() - REMEMBERED;
    rows.extend(pbx_calls::unconfirmed(screens, organization, since, CALLS_MAX).await?);
    let newest = pbx_calls::history(screens, organization, &Filter::default(), (None, 1)).await?;
    let stored_at = rows.iter().chain(&newest).map(|row| row.updated_at).max();
    Ok((Board::load(rows.into_iter().filter_map(|row| seen(row, offset))), stored_at))
}

fn seen(row: PbxCallRow, offset: TimeDelta) -> Option<(PbxCallId, Seen)> {
    let call = PbxCallId::parse(&row.call).ok()?;
    let stage = match row.state {
        State::Ringing => Stage::Ringing,
        State::Talking => Stage::Talking,
        State::Ended | State::Missed => Stage::Over,
    };
    let seen = Seen {
        course: Course { direction: row.direction, internal: row.internal != 0 },
        to: row.to_number.clone(),
        parties: Parties { from: row.from_number, to: row.to_number },
        extension: row.extension,
        stage,
        started_at: row.started_at,
        told_at: row.started_at + offset,
        // How old it was when it was seen last nobody knows any more.
        secs: 0,
        // One that ended by its state may be listed still, and its row may be longer: the next looks say when it went.
        gone_at: None,
        absent: 0,
        over_at: row.ended_at.filter(|_| stage == Stage::Over),
        confirmed: row.confirmed != 0,
    };
    Some((call, seen))
}
