//! The quarantine: reports whose session nobody knew, to be looked at, placed or given up by people.
//! What placing means is `quarantine/placing.rs`'s; here it is asked for and answered.
#![expect(unused_qualifications, reason = "utoipa names the types of parameters in full")]

mod placing;

use actix_web::web::{Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse, get, post};
use domain::disclosure::{Kind, Way};
use domain::ids::SessionId;
use domain::quarantine::kept_name;
use projections::projection::Projection;
use projections::quarantine::{self, HeldLine, Part, Quarantine, State};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::auth::Calls;
use super::disclosing::{QUARANTINE, Reading};
use super::edge::RequestId;
use super::fields::{Fields, needed};
use super::problem::{Code, Problem, ProblemBody};
use super::query::Described;
use super::sessions::{self, Fresh};
use super::times::Stamp;
use super::{Engine, page};
use placing::{PlacedView, Placing, Replayed};

/// Held reports shown where nobody says how many.
const LIST: u32 = 100;
const LIST_MAX: u32 = 1_000;
/// Longest name of a session that is looked for: a body cannot hold a longer one.
const NAME_LEN_MAX: usize = 16 << 10;
const REASON_LEN_MAX: usize = 200;

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(list).service(one).service(replay_all).service(bind).service(replay).service(discard);
}

/// A report that could not be placed, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = HeldReport)]
struct LineView<'a> {
    id: Uuid,
    /// The session it named, which nobody knew. A name of more than 200 characters is cut.
    session_id: &'a str,
    reason: &'a str,
    #[schema(value_type = HeldState)]
    state: &'static str,
    /// The session it was stored in.
    bound_to: Option<&'a str>,
    discard_reason: Option<&'a str>,
    #[schema(value_type = String, format = DateTime)]
    held_at: Stamp,
    /// When it was bound or discarded.
    #[schema(value_type = Option<String>, format = DateTime)]
    settled_at: Option<Stamp>,
}

/// The same with its body.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeldReportInFull)]
struct WholeView<'a> {
    #[serde(flatten)]
    line: LineView<'a>,
    /// The report word for word; null where its person was forgotten.
    #[schema(value_type = Option<Object>)]
    report: Option<Box<RawValue>>,
}

#[derive(Debug, ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it only names the values to the API's document")]
enum HeldState {
    Held,
    Bound,
    Discarded,
}

impl<'a> LineView<'a> {
    fn new(line: &'a HeldLine) -> Self {
        Self {
            id: line.id,
            session_id: &line.session,
            reason: &line.reason,
            state: line.state.as_str(),
            bound_to: line.bound_to.as_deref(),
            discard_reason: line.discard_reason.as_deref(),
            held_at: Stamp(line.held_at),
            settled_at: line.settled_at.map(Stamp),
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct Asked {
    /// `held` (where it is left out), `bound` or `discarded`.
    state: Option<String>,
    /// Only reports that named this session.
    session_id: Option<String>,
    /// At most 1,000; 100 where it is left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1_000)]
    limit: Option<String>,
    /// Only what comes after an earlier answer's page: its `X-Next-Cursor`, which also stands in its `Link`.
    cursor: Option<String>,
}

/// The quarantine, the longest held first.
#[utoipa::path(tag = "quarantine", security((), ("token" = [])), params(Asked, Fresh), responses(
    (status = OK, body = Vec<LineView<'_>>, headers(
        ("Link" = String, description = "The next page, where there is one"),
        ("X-Next-Cursor" = String, description = "Its cursor alone"),
    )),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/calls/quarantine")]
async fn list(
    engine: Engine,
    caller: Calls,
    (reading, request): (Reading, Described),
    asked: Query<Asked>,
    fresh: Query<Fresh>,
) -> Result<HttpResponse, Problem> {
    let unknown = || Problem::parameter("state", "is none of held, bound, discarded");
    let state = asked.state.as_deref().map_or(Some(State::Held), State::parse).ok_or_else(unknown)?;
    let limit = page::limit(asked.limit.as_deref(), LIST_MAX)?.unwrap_or(LIST);
    let after = page::position(asked.cursor.as_deref())?.unwrap_or(0);
    let mut answer = sessions::shown(fresh.wait(&engine, Quarantine::NAME).await);
    let session = asked.session_id.as_deref().map(kept_name);
    let part = Part { state, session: session.as_deref(), after, limit: limit + 1 };
    let mut lines = quarantine::list(&engine.screens, &caller.0.organization, part).await?;
    page::end(&mut lines, limit, |last| last.position.to_string(), (&request.0, &mut answer));
    reading.lists(&engine, &caller.0, &lines, (Kind::Export, QUARANTINE)).await?;
    let views: Vec<LineView<'_>> = lines.iter().map(LineView::new).collect();
    sessions::json(answer, &views)
}

/// One report in quarantine, word for word.
#[utoipa::path(tag = "quarantine", security((), ("token" = [])), params(Fresh), responses(
    (status = OK, body = WholeView<'_>),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/calls/quarantine/{id}")]
async fn one(
    engine: Engine,
    caller: Calls,
    reading: Reading,
    id: Path<String>,
    fresh: Query<Fresh>,
) -> Result<HttpResponse, Problem> {
    let id = held_id(&id)?;
    let fresh = fresh.wait(&engine, Quarantine::NAME).await;
    let row = quarantine::find(&engine.screens, &caller.0.organization, id).await?.ok_or_else(unknown)?;
    // Of whoever was forgotten nobody is shown anything.
    if row.body.is_some() {
        reading.discloses(&engine, &caller.0, (Way::Shown, Kind::Quarantine, &id.to_string())).await?;
    }
    let line = row.line();
    let report = row.body.map(RawValue::from_string).transpose();
    let report = report.map_err(|why| Problem::new(Code::Internal, "see the log").because(why))?;
    sessions::json(sessions::shown(fresh), &WholeView { line: LineView::new(&line), report })
}

/// Stores a held report in a session that it did not name.
#[utoipa::path(tag = "quarantine", security((), ("token" = [])), request_body = Binding, responses(
    (status = OK, body = PlacedView<'_>, description = "`result` is null where it had been bound there before"),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/calls/quarantine/{id}/bind")]
async fn bind(
    engine: Engine,
    caller: Calls,
    request_id: RequestId,
    id: Path<String>,
    sent: (HttpRequest, Payload),
) -> Result<HttpResponse, Problem> {
    let placing = Placing::try_new(&engine, caller.0, request_id)?;
    let (id, mut said) = (held_id(&id)?, Fields::small(sent).await?);
    let session = needed("sessionId", said.text("sessionId", SessionId::LEN_MAX)?.told())?;
    placing.bind(id, &session).await
}

/// Stores a held report in the session that it named, which is known by now.
#[utoipa::path(tag = "quarantine", security((), ("token" = [])), responses(
    (status = OK, body = PlacedView<'_>, description = "`result` is null where it had been bound there before"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/calls/quarantine/{id}/replay")]
async fn replay(
    engine: Engine,
    caller: Calls,
    request_id: RequestId,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    Placing::try_new(&engine, caller.0, request_id)?.replay(held_id(&id)?).await
}

/// Stores every held report whose session is known by now, a thousand at a time. No body is needed.
#[utoipa::path(tag = "quarantine", security((), ("token" = [])), request_body = Option<Replaying>, responses(
    (status = OK, body = Replayed, description = "What was placed, and why the rest is still held"),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/calls/quarantine/replay")]
async fn replay_all(
    engine: Engine,
    caller: Calls,
    request_id: RequestId,
    sent: (HttpRequest, Payload),
) -> Result<HttpResponse, Problem> {
    let placing = Placing::try_new(&engine, caller.0, request_id)?;
    let mut said = Fields::small(sent).await?;
    let session = said.text("sessionId", NAME_LEN_MAX)?.told();
    placing
        .replay_all(session.as_deref().map(kept_name).as_deref(), said.number("cursor")?.unwrap_or(0))
        .await
}

/// Gives a held report up. It stays readable, and is never placed.
#[utoipa::path(tag = "quarantine", security((), ("token" = [])), request_body = Option<Discarding>, responses(
    (status = OK, description = "It is discarded"),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/calls/quarantine/{id}/discard")]
async fn discard(
    engine: Engine,
    caller: Calls,
    request_id: RequestId,
    id: Path<String>,
    sent: (HttpRequest, Payload),
) -> Result<HttpResponse, Problem> {
    let placing = Placing::try_new(&engine, caller.0, request_id)?;
    let (id, mut said) = (held_id(&id)?, Fields::small(sent).await?);
    placing.discard(id, said.text("reason", REASON_LEN_MAX)?.told()).await
}

fn held_id(text: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(text).map_err(|_| unknown())
}

fn unknown() -> Problem {
    Problem::from(domain::quarantine::Error::Unknown)
}

#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it only describes the body to the API's document")]
struct Binding {
    /// The session that it belongs to.
    #[schema(max_length = 100)]
    session_id: String,
}

#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it only describes the body to the API's document")]
struct Replaying {
    /// Only reports that named this session.
    session_id: Option<String>,
    /// Goes on behind an earlier answer's `nextCursor`.
    cursor: Option<u64>,
}

#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it only describes the body to the API's document")]
struct Discarding {
    /// Kept in clear for as long as the journal: it must not name a person or a number.
    #[schema(max_length = 200)]
    reason: Option<String>,
}
