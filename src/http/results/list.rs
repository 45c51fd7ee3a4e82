//! The results of a session's calls: one row an attempt, in the order in which they came, streamed page by page so that a long list costs no memory.
//! Which of them are asked for, or whether each report is, is said here; how reports are shown, in `reports.rs`.
#![expect(unused_qualifications, reason = "utoipa names the types of parameters in full")]

use std::borrow::Cow;

use actix_web::web::{Bytes, Path, Query};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, get};
use domain::disclosure::{Kind, Way};
use domain::ids::{Organization, SessionId, StreamId};
use domain::language::Language;
use domain::outcome::CallStatus;
use futures_util::stream::{self, Stream};
use projections::Error;
use projections::call_history::{self, CallHistory, ResultRow};
use projections::projection::Projection;
use projections::session_stats::{self, SessionStats};
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{AnyOfBuilder, ArrayBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::past::LookingBack;
use super::reports::{self, ReportView};
use super::view::ResultView;
use crate::dispatch::reports::Place;
use crate::http::as_of::{AsOf, Moment};
use crate::http::auth::Calls;
use crate::http::history::named;
use crate::http::language::Texts;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::sessions::{self, Fresh};
use crate::http::{Engine, disclosing, page, query};

/// Rows read, and held in memory, at a time.
pub(super) const PAGE: u32 = 500;
const LIMIT_MAX: u32 = 10_000;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Part {
    /// At most so many, up to 10,000; all where it is left out. `X-Next-Cursor` then says where to go on.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 10_000)]
    limit: Option<String>,
    /// Only what comes after an earlier answer's page: its `X-Next-Cursor`, which also stands in its `Link`.
    cursor: Option<String>,
    /// One or several call statuses, with commas between them.
    status: Option<String>,
    /// A part of the number's digits or of the operator's name.
    q: Option<String>,
    /// `all` shows each report instead of the results that they came to: call by call, and each call's in the order
    /// in which they came. It goes with neither `status` nor `q`.
    reports: Option<String>,
}

/// What is asked for, and from where on.
enum Wanted {
    Results(call_history::Part, u64),
    Reports(Option<Place>),
}

/// Either list, as the API's document names them: any of both, for an empty one is both.
struct Shown;

impl PartialSchema for Shown {
    fn schema() -> RefOr<Schema> {
        let list = |of: Cow<'_, str>| ArrayBuilder::new().items(Ref::from_schema_name(of));
        let reports = list(ReportView::name()).description(Some("With `reports=all`"));
        AnyOfBuilder::new().item(list(ResultView::name())).item(reports).into()
    }
}

impl ToSchema for Shown {
    fn name() -> Cow<'static, str> {
        "CallResults".into()
    }

    fn schemas(all: &mut Vec<(String, RefOr<Schema>)>) {
        all.push((ResultView::name().into(), ResultView::schema()));
        all.push((ReportView::name().into(), ReportView::schema()));
        ResultView::schemas(all);
        ReportView::schemas(all);
    }
}

impl Part {
    fn wanted(&self) -> Result<Wanted, Problem> {
        match self.reports.as_deref() {
            None => {
                Ok(Wanted::Results(self.results()?, page::position(self.cursor.as_deref())?.unwrap_or(0)))
            }
            Some("all") => self.every_report(),
            Some(_) => Err(Problem::parameter("reports", "has to be all")),
        }
    }

    fn results(&self) -> Result<call_history::Part, Problem> {
        Ok(call_history::Part {
            statuses: query::words("status", self.status.as_deref(), &CallStatus::ALL.map(named))?,
            text: query::part("q", self.q.as_deref())?,
        })
    }

    /// Nothing can be searched as it was, and reports are told with their positions anyway.
    fn looking_back(
        &self,
        (engine, organization): (Engine, Organization),
        session: &str,
        (then, language): (Moment, Language),
    ) -> Result<LookingBack, Problem> {
        for (name, value) in [("q", &self.q), ("reports", &self.reports)] {
            if value.is_some() {
                return Err(Problem::parameter(name, "does not go with asOf"));
            }
        }
        Ok(LookingBack {
            engine,
            session: StreamId::session(&organization, &SessionId::parse(session)?),
            statuses: self.results()?.statuses,
            language,
            then,
            after: page::position(self.cursor.as_deref())?.unwrap_or(0),
        })
    }

    /// Reports have no screen of their own that could be searched.
    fn every_report(&self) -> Result<Wanted, Problem> {
        for (name, value) in [("status", &self.status), ("q", &self.q)] {
            if value.is_some() {
                return Err(Problem::parameter(name, "does not go with reports=all"));
            }
        }
        Ok(Wanted::Reports(reports::place(self.cursor.as_deref())?))
    }
}

/// The results of a session's calls.
#[utoipa::path(tag = "calls", security((), ("token" = [])), params(Part, Fresh, AsOf, Texts), responses(
    (status = OK, body = Shown, headers(
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
    (reading, request): (disclosing::Reading, HttpRequest),
    id: Path<String>,
    part: Query<Part>,
    (fresh, as_of): (Query<Fresh>, Query<AsOf>),
    texts: Texts,
) -> Result<HttpResponse, Problem> {
    let language = texts.language;
    let moment = as_of.moment(&engine).await?;
    let (wanted, limit) = (part.wanted()?, page::limit(part.limit.as_deref(), LIMIT_MAX)?);
    let known = fresh.wait(&engine, SessionStats::NAME).await;
    let organization = caller.0.organization.as_str();
    let session = session_stats::find(&engine.screens, organization, &id, known.position).await?;
    let session = session.ok_or_else(sessions::unknown)?.session.clone();
    reading.discloses(&engine, &caller.0, (Way::Listed, Kind::Session, &session)).await?;
    let organization = caller.0.organization;
    if let Some(then) = moment {
        let looking = part.looking_back((engine, organization), &session, (then, language))?;
        return looking.answer(limit, &request).await;
    }
    match wanted {
        Wanted::Results(wanted, after) => {
            let shown = sessions::shown(fresh.wait(&engine, CallHistory::NAME).await);
            let organization = organization.as_str().to_owned();
            let reading = Reading { engine, organization, session, wanted, language, after };
            reading.answer(limit, &request, shown).await
        }
        Wanted::Reports(after) => {
            let (shown, session) = (sessions::shown(fresh.journal(&engine)), SessionId::parse(&session)?);
            let reading = reports::Reading { engine, organization, session, language, after };
            reading.answer(limit, &request, shown).await
        }
    }
}

/// A session's results, read from a place on.
struct Reading {
    engine: Engine,
    organization: String,
    session: String,
    wanted: call_history::Part,
    language: Language,
    after: u64,
}

impl Reading {
    /// A page where a limit is given, else all of them.
    async fn answer(
        self,
        limit: Option<u32>,
        request: &HttpRequest,
        mut answer: HttpResponseBuilder,
    ) -> Result<HttpResponse, Problem> {
        match limit {
            Some(limit) => self.page(limit, request, answer).await,
            None => Ok(answer.streaming(self.all())),
        }
    }

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
        page::end(&mut rows, limit, |last| last.position.to_string(), (request, &mut answer));
        let views: Vec<ResultView<'_>> =
            rows.iter().map(|row| ResultView::shown(row, self.language)).collect();
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
            let views = rows.iter().map(|row| ResultView::shown(row, reading.language));
            let piece = piece(views, more, last);
            reading.after = rows.last().map_or(reading.after, |row| row.position);
            Ok(Some((piece, (!last).then_some((reading, true)))))
        })
    }
}

/// One page of the array: `[a,b` or `,c,d` or `,e]`.
pub(super) fn piece(views: impl ExactSizeIterator<Item = impl Serialize>, more: bool, last: bool) -> Bytes {
    let mut bytes = Vec::with_capacity(views.len() * 400 + 2);
    let begin = if more { b',' } else { b'[' };
    if views.len() == 0 && !more {
        bytes.push(begin);
    }
    for (nth, view) in views.enumerate() {
        bytes.push(if nth == 0 { begin } else { b',' });
        // Writing to memory cannot fail, and every field of a row has its JSON.
        let _ = serde_json::to_writer(&mut bytes, &view);
    }
    if last {
        bytes.push(b']');
    }
    Bytes::from(bytes)
}
