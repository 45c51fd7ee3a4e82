//! Sessions as they are shown: one, and the latest of an organization. A read shows what was written before it was asked.
#![expect(unused_qualifications, reason = "utoipa names the types of parameters in full")]

mod end;
mod known;

use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::web::{Path, Query};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, get};
use chrono::{DateTime, Utc};
use domain::fact::Position;
use domain::language::Language;
use domain::outcome::CallStatus;
use projections::Freshness;
use projections::projection::Projection;
use projections::session_stats::{self, SessionRow, SessionStats, Status, Wanted};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::as_of::{self, AsOf};
use super::auth::Calls;
use super::language::Texts;
use super::problem::{Code, Problem, ProblemBody};
use super::times::Stamp;
use super::{Engine, edge, page, query};

pub(super) use known::{Home, Known, Standing};

/// Sessions shown where nobody says how many.
const LATEST: u32 = 100;
const LATEST_MAX: u32 = 10_000;

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(latest).service(one).service(end::close).service(end::stop);
}

/// A session as clients know it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
#[expect(clippy::struct_excessive_bools, reason = "the contract's fields")]
pub(super) struct SessionView<'a> {
    id: Uuid,
    session_id: &'a str,
    #[schema(value_type = SessionStatus)]
    status: &'static str,
    status_description: &'static str,
    total_numbers: i64,
    processed_numbers: i64,
    connected_calls: i64,
    failed_calls: i64,
    /// Results of numbers that are not on the session's list.
    unlisted_results: i64,
    /// Numbers that were still without a result when the session was closed.
    unreported_numbers: i64,
    #[schema(value_type = std::collections::BTreeMap<String, i64>)]
    by_status: ByStatus<'a>,
    remote_response: Option<&'a str>,
    error_message: Option<&'a str>,
    #[schema(value_type = String, format = DateTime)]
    started_at: Stamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    completed_at: Option<Stamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Stamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Stamp,
    duration_seconds: i64,
    progress_percentage: i64,
    is_running: bool,
    is_completed: bool,
    has_error: bool,
    /// Present where nobody real is rung.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    simulated: bool,
}

#[derive(Debug, ToSchema)]
#[schema(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(dead_code, reason = "it only names the values to the API's document")]
enum SessionStatus {
    Pending,
    Running,
    Completed,
    Failed,
}

/// How many numbers count as each status.
#[derive(Debug)]
struct ByStatus<'a>(&'a SessionRow);

impl Serialize for ByStatus<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(CallStatus::ALL.len()))?;
        for status in CallStatus::ALL {
            map.serialize_entry(status.as_str(), &self.0.counted(status))?;
        }
        map.end()
    }
}

impl<'a> SessionView<'a> {
    pub(super) fn new(row: &'a SessionRow, language: Language, now: DateTime<Utc>) -> Self {
        Self {
            id: row.id,
            session_id: &row.session,
            status: row.status.as_str(),
            status_description: row.status.description(language),
            total_numbers: row.total.unwrap_or(0),
            processed_numbers: row.processed,
            connected_calls: row.connected,
            failed_calls: row.failed,
            unlisted_results: row.unlisted_results,
            unreported_numbers: row.unreported,
            by_status: ByStatus(row),
            remote_response: row.remote_response.as_deref(),
            error_message: row.error_message.as_deref(),
            started_at: Stamp(row.started_at),
            completed_at: row.completed_at.map(Stamp),
            created_at: Stamp(row.created_at),
            updated_at: Stamp(row.updated_at),
            duration_seconds: row.duration_secs(now),
            progress_percentage: row.progress(),
            is_running: row.status == Status::Running,
            is_completed: row.status.ended(),
            has_error: row.status == Status::Failed,
            simulated: row.is_simulated(),
        }
    }
}

/// How fresh an answer has to be.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct Fresh {
    /// Show at least what was recorded up to here, instead of up to now; a command's `X-Position`.
    #[param(value_type = Option<u64>)]
    min_position: Option<Position>,
}

impl Fresh {
    /// At least what was recorded up to there.
    pub(super) fn since(position: Position) -> Self {
        Self { min_position: Some(position) }
    }

    /// Waits until the screen shows what was asked for, or for as long as one is willing to.
    pub(super) async fn wait(&self, engine: &Engine, screen: &str) -> Freshness {
        let target = self.min_position.unwrap_or_else(|| engine.dispatch.position());
        let shown = engine.screens.wait(screen, target, engine.options.read_wait).await;
        at_news(engine, shown, target)
    }

    /// As fresh as the one of several screens that is furthest behind.
    pub(super) async fn wait_for(&self, engine: &Engine, screens: &[&str]) -> Freshness {
        let target = self.min_position.unwrap_or_else(|| engine.dispatch.position());
        let mut oldest = Freshness { position: Position::MAX, behind: 0, parked: 0 };
        for screen in screens {
            let shown = engine.screens.wait(screen, target, engine.options.read_wait).await;
            oldest.position = oldest.position.min(shown.position);
            oldest.behind = oldest.behind.max(shown.behind);
            oldest.parked += shown.parked;
        }
        at_news(engine, oldest, target)
    }

    /// What is read from the journal itself shows all that this node knows of, and need not be waited for.
    pub(super) fn journal(&self, engine: &Engine) -> Freshness {
        let position = engine.dispatch.position();
        let behind = self.min_position.map_or(0, |wanted| wanted.saturating_sub(position));
        Freshness { position, behind, parked: 0 }
    }
}

/// Who looked at what is no news to anybody: an answer is of the last position before that.
fn at_news(engine: &Engine, shown: Freshness, target: Position) -> Freshness {
    Freshness { position: shown.position.min(engine.dispatch.position().max(target)), ..shown }
}

/// One session by its `sessionId` or its `id`.
#[utoipa::path(tag = "calls", security((), ("token" = [])), params(Fresh, AsOf, Texts), responses(
    (status = OK, body = SessionView<'_>),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/calls/session/{id}")]
async fn one(
    engine: Engine,
    caller: Calls,
    id: Path<String>,
    fresh: Query<Fresh>,
    as_of: Query<AsOf>,
    texts: Texts,
) -> Result<HttpResponse, Problem> {
    let moment = as_of.moment(&engine).await?;
    let fresh = fresh.wait(&engine, SessionStats::NAME).await;
    let organization = caller.0.organization.as_str();
    let row = session_stats::find(&engine.screens, organization, &id, fresh.position).await?;
    let row = row.ok_or_else(unknown)?;
    if let Some(then) = moment {
        let row = as_of::session(&engine, &row.stream, then.position).await?;
        return json(then.shown(), &SessionView::new(&row, texts.language, then.at));
    }
    json(shown(fresh), &SessionView::new(&row, texts.language, engine.clock.now()))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Latest {
    /// At most so many, up to 10,000; 100 where it is left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 10_000)]
    limit: Option<String>,
    /// Only what comes after an earlier answer's page: its `X-Next-Cursor`, which also stands in its `Link`.
    cursor: Option<String>,
    /// One or several session statuses, with commas between them.
    status: Option<String>,
    /// A part of the session's name.
    q: Option<String>,
}

impl Latest {
    fn wanted(&self) -> Result<Wanted, Problem> {
        Ok(Wanted {
            statuses: query::words(
                "status",
                self.status.as_deref(),
                &Status::ALL.map(|status| (status.as_str(), status)),
            )?,
            name: query::part("q", self.q.as_deref())?,
            before: page::position(self.cursor.as_deref())?,
        })
    }
}

/// The latest sessions, the newest first.
#[utoipa::path(tag = "calls", security((), ("token" = [])), params(Latest, Fresh, Texts), responses(
    (status = OK, body = Vec<SessionView<'_>>, headers(
        ("Link" = String, description = "The next page, where there is one"),
        ("X-Next-Cursor" = String, description = "Its cursor alone"),
    )),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/calls/sessions/all")]
async fn latest(
    engine: Engine,
    caller: Calls,
    request: HttpRequest,
    asked: Query<Latest>,
    fresh: Query<Fresh>,
    texts: Texts,
) -> Result<HttpResponse, Problem> {
    let limit = page::limit(asked.limit.as_deref(), LATEST_MAX)?.unwrap_or(LATEST);
    let wanted = asked.wanted()?;
    let mut answer = shown(fresh.wait(&engine, SessionStats::NAME).await);
    let organization = caller.0.organization.as_str();
    let mut rows = session_stats::latest(&engine.screens, organization, &wanted, limit + 1).await?;
    page::end(&mut rows, limit, |last| last.position.to_string(), (&request, &mut answer));
    let now = engine.clock.now();
    let view = |row| SessionView::new(row, texts.language, now);
    let views: Vec<SessionView<'_>> = rows.iter().map(view).collect();
    json(answer, &views)
}

pub(super) fn unknown() -> Problem {
    Problem::new(Code::SessionUnknown, "there is no session of that name")
}

/// An answer that says how fresh it is.
pub(super) fn shown(fresh: Freshness) -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")));
    answer.insert_header((edge::POSITION, HeaderValue::from(fresh.position)));
    answer.insert_header((edge::BEHIND, HeaderValue::from(fresh.behind)));
    answer
}

pub(super) fn json(mut answer: HttpResponseBuilder, value: &impl Serialize) -> Result<HttpResponse, Problem> {
    answer.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")));
    let body = serde_json::to_vec(value);
    body.map(|body| answer.body(body)).map_err(|why| Problem::new(Code::Internal, "see the log").because(why))
}
