//! The results of a session's calls: one row an attempt, in the order in which they came, streamed page by page so that a long list costs no memory.
#![expect(unused_qualifications, reason = "utoipa names the types of parameters in full")]

use actix_web::web::{Bytes, Path, Query};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, get};
use domain::outcome::CallStatus;
use futures_util::stream::{self, Stream};
use projections::Error;
use projections::call_history::{self, CallHistory, ResultRow};
use projections::projection::Projection;
use projections::session_stats::{self, SessionStats};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::ResultView;
use crate::http::auth::Calls;
use crate::http::history::named;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::sessions::{self, Fresh};
use crate::http::{Engine, page, query};

/// Rows read, and held in memory, at a time.
const PAGE: u32 = 500;
const LIMIT_MAX: u32 = 10_000;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Part {
    /// At most so many, up to 10,000; all where it is left out. `X-Next-Cursor` then says where to go on.
    limit: Option<u32>,
    /// Only what comes after an earlier answer's page: its `X-Next-Cursor`, which also stands in its `Link`.
    cursor: Option<String>,
    /// One or several call statuses, with commas between them.
    status: Option<String>,
    /// A part of the number's digits or of the operator's name.
    q: Option<String>,
}

impl Part {
    fn wanted(&self) -> Result<call_history::Part, Problem> {
        Ok(call_history::Part {
            statuses: query::words("status", self.status.as_deref(), &CallStatus::ALL.map(named))?,
            text: query::part("q", self.q.as_deref())?,
        })
    }
}

/// The results of a session's calls.
#[utoipa::path(tag = "calls", params(Part, Fresh), responses(
    (status = OK, body = Vec<ResultView<'_>>, headers(
        ("Link" = String, description = "The next page, where a limit is given and there is one"),
        ("X-Next-Cursor" = String, description = "Its cursor alone"),
    )),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/calls/session/{id}/results")]
pub(super) async fn of_session(
    engine: Engine,
    caller: Calls,
    request: HttpRequest,
    id: Path<String>,
    part: Query<Part>,
    fresh: Query<Fresh>,
) -> Result<HttpResponse, Problem> {
    let (wanted, after) = (part.wanted()?, page::position(part.cursor.as_deref())?);
    let known = fresh.wait(&engine, SessionStats::NAME).await;
    let organization = caller.0.organization.as_str();
    let session = session_stats::find(&engine.screens, organization, &id, known.position).await?;
    let session = session.ok_or_else(sessions::unknown)?;
    let fresh = fresh.wait(&engine, CallHistory::NAME).await;
    let reading = Reading {
        engine: engine.clone(),
        organization: organization.to_owned(),
        session: session.session.clone(),
        wanted,
        after: after.unwrap_or(0),
    };
    match part.limit {
        Some(limit) => reading.page(limit.clamp(1, LIMIT_MAX), &request, sessions::shown(fresh)).await,
        None => Ok(sessions::shown(fresh).streaming(reading.all())),
    }
}

/// A session's results, read from a place on.
struct Reading {
    engine: Engine,
    organization: String,
    session: String,
    wanted: call_history::Part,
    after: u64,
}

impl Reading {
    async fn rows(&self, limit: u32) -> Result<Vec<ResultRow>, Error> {
        let session = (self.organization.as_str(), self.session.as_str());
        call_history::of_session(&self.engine.screens, session, &self.wanted, (self.after, limit)).await
    }

    async fn page(
        self,
        limit: u32,
        request: &HttpRequest,
        mut answer: HttpResponseBuilder,
    ) -> Result<HttpResponse, Problem> {
        let mut rows = self.rows(limit + 1).await?;
        if page::cut(&mut rows, limit)
            && let Some(last) = rows.last()
        {
            page::next(request, &last.position.to_string(), &mut answer);
        }
        let views: Vec<ResultView<'_>> = rows.iter().map(ResultView::shown).collect();
        sessions::json(answer, &views)
    }

    /// The array in pieces. What arrives while it is read may be in it; nothing is in it twice.
    fn all(self) -> impl Stream<Item = Result<Bytes, Error>> {
        let begun = Some((self, false));
        stream::try_unfold(begun, async |state| {
            let Some((mut reading, more)) = state else { return Ok(None) };
            let rows = reading
                .rows(PAGE)
                .await
                .inspect_err(|why| tracing::error!(cause = %why, "results broke off: {why}"))?;
            let last = u32::try_from(rows.len()) != Ok(PAGE);
            let piece = piece(&rows, more, last);
            reading.after = rows.last().map_or(reading.after, |row| row.position);
            Ok(Some((piece, (!last).then_some((reading, true)))))
        })
    }
}

/// One page of the array: `[a,b` or `,c,d` or `,e]`.
fn piece(rows: &[ResultRow], more: bool, last: bool) -> Bytes {
    let mut bytes = Vec::with_capacity(rows.len() * 400 + 2);
    let mut mark = if more { b',' } else { b'[' };
    for row in rows {
        bytes.push(mark);
        // Writing to memory cannot fail, and every field of a row has its JSON.
        let _ = serde_json::to_writer(&mut bytes, &ResultView::shown(row));
        mark = b',';
    }
    if rows.is_empty() && !more {
        bytes.push(b'[');
    }
    if last {
        bytes.push(b']');
    }
    Bytes::from(bytes)
}
