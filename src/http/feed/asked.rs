//! What a reader of the feed asks for: from where, which types, how much, and whether it stays.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::ACCEPT;
use domain::cursor::{self, BEGINNING};
use domain::fact::Position;
use domain::ids::CursorName;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Reader;
use crate::dispatch::feed::{Types, Wanted};
use crate::http::problem::Problem;
use crate::http::when::{WORDS, When};
use crate::http::{Engine, page, query};

const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 1_000;
/// How long a poll waits where nobody says how long, and at most.
const WAIT_SECS: u64 = 30;
const WAIT_SECS_MAX: u64 = 60;
const LAST: &str = "last-event-id";
const EVENT_STREAM: &str = "text/event-stream";
const FOLLOW: [(&str, Following); 3] =
    [("none", Following::None), ("poll", Following::Poll), ("stream", Following::Stream)];
const YES_OR_NO: [(&str, bool); 2] = [("true", true), ("false", false)];

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// The first that is wanted: a position of the journal, a time (2025-10-06T18:30:00Z; in the engine's zone where it names none) or a
    /// day there (2025-10-06). Where neither it nor a cursor is given it is the position 1.
    from: Option<String>,
    /// Only these types, separated by commas: `reported` of any kind, or `call.reported`.
    types: Option<String>,
    /// Only what this one caused, word for word as `actor` tells it: everything that a user or a key did.
    actor: Option<String>,
    /// At most so many, up to 1,000; 100 where it is left out. A stream has no limit.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1_000)]
    limit: Option<String>,
    /// From where this cursor stands, instead of `from`. Reading does not move it: `PUT /cursors/{name}` does.
    cursor: Option<String>,
    /// `none`; `poll`, which waits until there is something; or `stream`, which stays.
    follow: Option<String>,
    /// How long a poll waits at most, in seconds (`30s`), up to 60.
    wait: Option<String>,
    /// `true` opens what belongs to persons.
    clear: Option<String>,
}

#[derive(Debug, Clone, Copy)]
enum Following {
    None,
    Poll,
    Stream,
}

#[derive(Debug)]
pub(super) struct Asked {
    pub(super) wanted: Wanted,
    pub(super) from: Position,
    pub(super) limit: usize,
    pub(super) follow: Follow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follow {
    None,
    Poll(Duration),
    Stream(Form),
}

/// How a stream is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Lines,
    Events,
}

impl Asked {
    pub(super) async fn read(
        engine: &Engine,
        reader: &Reader,
        request: &HttpRequest,
        part: &Part,
    ) -> Result<Self, Problem> {
        let follow = follow(request, part)?;
        let types = part.types.as_deref().map(Types::parse).transpose();
        let types = types.map_err(|why| Problem::parameter("types", why))?.unwrap_or_default();
        let clear = query::one_of("clear", part.clear.as_deref(), &YES_OR_NO)?.unwrap_or(false);
        if clear {
            reader.may_open()?;
        }
        let limit = page::limit(part.limit.as_deref(), LIMIT_MAX)?;
        if limit.is_some() && matches!(follow, Follow::Stream(_)) {
            return Err(Problem::parameter("limit", "has no meaning for a stream, which goes on"));
        }
        let limit = usize::try_from(limit.unwrap_or(LIMIT)).unwrap_or(usize::MAX);
        let from = match last_seen(request, follow)? {
            Some(last) => last.saturating_add(1),
            None => begin(engine, reader, part).await?,
        };
        if !engine.dispatch.reaches(from).await? {
            let told = "lies beyond the journal's end: was it taken back to an older state?";
            return Err(Problem::parameter("from", told));
        }
        let organization = reader.caller().organization.clone();
        let actor = part.actor.clone();
        Ok(Self { wanted: Wanted { organization, types, actor, clear }, from, limit, follow })
    }
}

async fn begin(engine: &Engine, reader: &Reader, part: &Part) -> Result<Position, Problem> {
    match (&part.from, &part.cursor) {
        (Some(_), Some(_)) => Err(Problem::parameter("from", "cannot stand beside cursor")),
        (Some(from), None) => place(engine, from).await,
        (None, None) => Ok(BEGINNING),
        (None, Some(name)) => {
            let name = CursorName::parse(name).map_err(|why| Problem::parameter("cursor", why))?;
            let known = engine.dispatch.cursor(&reader.caller().organization, &name).await?;
            Ok(known.ok_or(cursor::Error::Unknown)?.position)
        }
    }
}

async fn place(engine: &Engine, text: &str) -> Result<Position, Problem> {
    let wrong = || Problem::parameter("from", format!("has to be {WORDS}"));
    match When::parse(text, engine.options.timezone).ok_or_else(wrong)? {
        When::Position(from) if from < BEGINNING => Err(wrong()),
        When::Instant(first) | When::Day { first, .. } if first > engine.clock.now() => {
            Err(Problem::parameter("from", "is in the future"))
        }
        when @ (When::Position(_) | When::Instant(_) | When::Day { .. }) => {
            Ok(when.before(engine).await? + 1)
        }
    }
}

fn position(name: &str, text: &str, min: Position) -> Result<Position, Problem> {
    let read = text.parse().ok().filter(|position| *position >= min);
    read.ok_or_else(|| Problem::parameter(name, format!("has to be a whole number from {min} on")))
}

/// What a stream that broke off had told; an `EventSource` says it by itself.
fn last_seen(request: &HttpRequest, follow: Follow) -> Result<Option<Position>, Problem> {
    let last = request.headers().get(LAST).map(|value| value.to_str().unwrap_or("?"));
    match (last.filter(|last| !last.is_empty()), follow) {
        (Some(last), Follow::Stream(_)) => position("Last-Event-ID", last, 0).map(Some),
        (Some(_) | None, _) => Ok(None),
    }
}

fn follow(request: &HttpRequest, part: &Part) -> Result<Follow, Problem> {
    let following = query::one_of("follow", part.follow.as_deref(), &FOLLOW)?.unwrap_or(Following::None);
    match (following, part.wait.as_deref()) {
        (Following::Poll, wait) => {
            Ok(Follow::Poll(wait.map_or(Ok(Duration::from_secs(WAIT_SECS)), seconds)?))
        }
        (Following::None | Following::Stream, Some(_)) => {
            Err(Problem::parameter("wait", "is only for follow=poll"))
        }
        (Following::None, None) => Ok(Follow::None),
        (Following::Stream, None) => Ok(Follow::Stream(form(request))),
    }
}

fn seconds(text: &str) -> Result<Duration, Problem> {
    let secs = text.strip_suffix('s').unwrap_or(text).parse().ok().filter(|secs| *secs <= WAIT_SECS_MAX);
    let told = || format!("has to be a number of seconds up to {WAIT_SECS_MAX}, such as 30s");
    secs.map(Duration::from_secs).ok_or_else(|| Problem::parameter("wait", told()))
}

fn form(request: &HttpRequest) -> Form {
    let accepts = request.headers().get_all(ACCEPT).filter_map(|value| value.to_str().ok());
    if accepts.into_iter().any(|accept| accept.contains(EVENT_STREAM)) { Form::Events } else { Form::Lines }
}

impl Form {
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Lines => "application/x-ndjson",
            Self::Events => EVENT_STREAM,
        }
    }
}
