//! What is asked of a replay: what is played and from where to where, how fast, and whether it stands still.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::disclosure::Kind;
use domain::fact::Position;
use utoipa::ToSchema;

use super::reel::Span;
use super::stand::{Elsewhere, Order, Replay, Wish};
use super::{Pace, SPEED_MAX};
use crate::http::auth::Caller;
use crate::http::fields::{Fields, Said};
use crate::http::problem::Problem;
use crate::http::when::{WORDS, When};
use crate::http::{Engine, audit};

const SPEED: u32 = 60;
const PAUSE: Duration = Duration::from_secs(5);
const PAUSE_MAX_SECS: u64 = 24 * 3_600;
const TEXT_LEN_MAX: usize = 200;

/// What is to be played.
#[derive(Debug, ToSchema)]
#[schema(as = ReplayOrder, rename_all = "camelCase")]
#[expect(dead_code, reason = "it only describes the body to the API's document")]
pub(super) struct OrderBody {
    kind: ReplayKind,
    /// A session by its `sessionId` or its `id`, a campaign by its id, a call by the `id` that the history shows, be it reported
    /// by the call server, placed by a campaign, or one at the exchange.
    #[schema(example = "session-1738862891234-abc123")]
    id: String,
    /// How many times as fast as it happened; 0 is as fast as possible. 60 where it is left out.
    #[schema(maximum = 1_000_000)]
    speed: Option<u32>,
    /// Where it begins: a position of the journal, a time (2025-10-06T18:30:00Z; in the engine's zone where it names none) or a day there
    /// (2025-10-06). What came before is counted, and not told.
    from: Option<String>,
    /// Where it ends, that included: a position of the journal, a time (2025-10-06T18:30:00Z; in the engine's zone where it names none) or
    /// a day there (2025-10-06).
    to: Option<String>,
    /// No silence lasts longer than that. 5 where it is left out.
    #[schema(maximum = 86_400)]
    max_pause_seconds: Option<u64>,
    /// Begin standing still, until everybody is there.
    paused: Option<bool>,
}

#[derive(Debug, ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "it only names the values to the API's document")]
enum ReplayKind {
    Session,
    Campaign,
    Call,
}

/// How it is to go on. What is left out stays as it is.
#[derive(Debug, ToSchema)]
#[schema(as = ReplayWish)]
#[expect(dead_code, reason = "it only describes the body to the API's document")]
pub(super) struct WishBody {
    /// How many times as fast as it happened; 0 is as fast as possible.
    #[schema(maximum = 1_000_000)]
    speed: Option<u32>,
    paused: Option<bool>,
    /// Where to go on, forward or back: a position of the journal, a time (2025-10-06T18:30:00Z; in the engine's zone where it names none)
    /// or a day there (2025-10-06).
    from: Option<String>,
}

pub(super) async fn order(engine: &Engine, caller: &Caller, mut said: Fields) -> Result<Order, Problem> {
    let kind = kind(&said.required("kind", TEXT_LEN_MAX)?)?;
    let id = said.required("id", TEXT_LEN_MAX)?;
    let speed = speed(&mut said)?.unwrap_or(SPEED);
    let pause_max = pause(&mut said)?.unwrap_or(PAUSE);
    let paused = said.yes_or_no("paused")?.unwrap_or(false);
    let (from, to) = (place(engine, &mut said, "from")?, place(engine, &mut said, "to")?);
    said.end(&[])?;
    let played = audit::story(engine, caller, kind, &id).await?;
    let after = match from {
        Some(from) => from.before(engine).await?,
        None => 0,
    };
    let cut = match to {
        Some(to) => to.by(engine).await?,
        None => engine.dispatch.position(),
    };
    let extent = played.extent(engine, (after, cut)).await?;
    let extent = extent.ok_or_else(|| Problem::field("from", "leaves nothing to be told up to the end"))?;
    let begins = recorded_at(engine, extent.first).await?;
    Ok(Order {
        id: engine.ids.uuid(),
        organization: caller.organization.clone(),
        played: Arc::new(played),
        extent,
        span: Span { after, last: extent.last, cut },
        by: caller.actor.clone(),
        pace: Pace { speed, pause_max },
        paused,
        begins,
    })
}

pub(super) async fn wish(engine: &Engine, replay: &Replay, mut said: Fields) -> Result<Wish, Problem> {
    let speed = speed(&mut said)?;
    let paused = said.yes_or_no("paused")?;
    let from = place(engine, &mut said, "from")?;
    said.end(&[])?;
    let elsewhere = match from {
        Some(from) => Some(elsewhere(engine, replay, from).await?),
        None => None,
    };
    Ok(Wish { speed, paused, elsewhere })
}

/// Within what is played.
async fn elsewhere(engine: &Engine, replay: &Replay, from: When) -> Result<Elsewhere, Problem> {
    let (first, last) = (replay.span.after, replay.span.last);
    let after = from.before(engine).await?.clamp(first, last);
    let passed = replay.played.extent(engine, (first, after)).await?;
    let events = passed.map_or(0, |passed| passed.events);
    let rest = replay.played.extent(engine, (after, last)).await?;
    let at = recorded_at(engine, rest.map_or(last, |rest| rest.first)).await?;
    Ok(Elsewhere { after, at, events })
}

async fn recorded_at(engine: &Engine, position: Position) -> Result<DateTime<Utc>, Problem> {
    Ok(engine.dispatch.recorded_at(position).await?.unwrap_or(DateTime::UNIX_EPOCH))
}

fn kind(text: &str) -> Result<Kind, Problem> {
    let known = [Kind::Session, Kind::Campaign, Kind::Call];
    let found = known.into_iter().find(|kind| kind.as_str() == text);
    found.ok_or_else(|| Problem::field("kind", "has to be one of session, campaign, call"))
}

fn speed(said: &mut Fields) -> Result<Option<u32>, Problem> {
    let told = || Problem::field("speed", format!("has to be a whole number of at most {SPEED_MAX}"));
    let speed = said.number("speed")?.map(|speed| u32::try_from(speed).map_err(|_| told())).transpose()?;
    if speed.is_some_and(|speed| speed > SPEED_MAX) { Err(told()) } else { Ok(speed) }
}

fn pause(said: &mut Fields) -> Result<Option<Duration>, Problem> {
    let seconds = said.number("maxPauseSeconds")?;
    if seconds.is_some_and(|seconds| seconds > PAUSE_MAX_SECS) {
        return Err(Problem::field("maxPauseSeconds", format!("may be at most {PAUSE_MAX_SECS}")));
    }
    Ok(seconds.map(Duration::from_secs))
}

fn place(engine: &Engine, said: &mut Fields, name: &'static str) -> Result<Option<When>, Problem> {
    match said.take(name) {
        Said::Nothing | Said::Empty => Ok(None),
        Said::This(value) => {
            let when = match value.as_u64() {
                Some(position) => Some(When::Position(position)),
                None => value.as_str().and_then(|text| When::parse(text, engine.options.timezone)),
            };
            when.map(Some).ok_or_else(|| Problem::field(name, format!("has to be {WORDS}")))
        }
    }
}
