//! The webhook: a call server reports one call, and hears what is stored. This is the path that has to be fast.

mod list;
mod past;
mod report;
mod reports;
pub(super) mod view;

use std::sync::Arc;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse, post};
use chrono::{DateTime, Utc};
use domain::call::{Call, Listing};
use domain::ids::{Fingerprint, Organization, SessionId, StreamId};
use domain::quarantine::Quarantine;
use domain::{quarantine, session};
use serde_json::{Map, Value};
use utoipa_actix_web::service_config::ServiceConfig;

use super::auth::{Knock, Reporter};
use super::edge::{self, RequestId};
use super::problem::{Code, Problem, ProblemBody};
use super::sessions::{Home, Standing};
use super::{Engine, body};
use crate::config::UnknownSession;
use crate::dispatch::{Done, Meta};

pub(super) use report::Said;
pub(super) use view::ResultView;

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(result).service(list::of_session);
}

/// A call's result. Said twice it is stored once, and answered with `duplicate: true`.
#[utoipa::path(tag = "calls", security((), ("token" = [])), request_body = report::Body<'_>, responses(
    (status = OK, body = ResultView<'_>, description = "The result as it is stored"),
    (status = ACCEPTED, description = "The session is not known; the report is kept (UNKNOWN_SESSION=202)"),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = UNAUTHORIZED, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = PAYLOAD_TOO_LARGE, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/calls/result")]
async fn result(
    engine: Engine,
    knock: Knock,
    id: RequestId,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let bytes = body::read(&request, payload, report::LEN_MAX).await?;
    // Not before: somebody who sends slowly would keep others from being stored.
    let _place = edge::admit().await?;
    let reporter = knock.with_body(&engine, &request, &bytes)?;
    let said = read(&engine, &bytes)?;
    let told = Telling { engine: &engine, reporter, id };
    match told.home(&said).await? {
        Some(home) => told.record(&home, said).await,
        None => told.keep(&bytes, &said).await,
    }
}

/// Understands a report's body as it came.
pub(super) fn read<'a>(engine: &Engine, bytes: &'a [u8]) -> Result<Said<'a>, Problem> {
    report::parse(bytes, engine.options.home, engine.options.timezone)
}

/// Stores a report of a session that is known: the one way to do so, for the webhook and for what was held in quarantine.
pub(super) async fn record(
    engine: &Engine,
    home: &Home,
    said: Said<'_>,
    meta: Meta,
) -> Result<Recorded, Problem> {
    let person = engine.dispatch.fingerprint(&home.organization, &said.phone);
    let (stream, listing) = place(engine, home, &person).await?;
    let started_at = said.started_at;
    let command = said.command(engine.ids.uuid(), listing, engine.clock.now());
    let done = engine.dispatch.call(stream, person, command, meta).await?;
    Ok(Recorded { done, started_at })
}

/// Where the call is recorded: on its line of the session's list, where it stands on one.
async fn place(engine: &Engine, home: &Home, person: &Fingerprint) -> Result<(StreamId, Listing), Problem> {
    let Home { organization, session, list } = home;
    let unlisted = || StreamId::unlisted_call(organization, session, person);
    let Some(list) = *list else { return Ok((unlisted(), Listing::NoList)) };
    Ok(match engine.dispatch.lists().line(organization, list, person).await? {
        Some(line) => (StreamId::listed_call(organization, session, line), Listing::Listed),
        None => (unlisted(), Listing::Unlisted),
    })
}

/// A report that is stored.
pub(super) struct Recorded {
    done: Done<Call>,
    started_at: Option<DateTime<Utc>>,
}

impl Recorded {
    /// Whether anything about it was new.
    pub(super) fn changed(&self) -> bool {
        self.done.changed
    }

    pub(super) fn view<'a>(&'a self, home: &'a Home) -> Result<ResultView<'a>, Problem> {
        let attempt = self.done.state.attempt(self.started_at);
        let attempt =
            attempt.ok_or_else(|| Problem::new(Code::Internal, "the stored report cannot be found"))?;
        Ok(ResultView::stored(home, attempt, !self.done.changed))
    }
}

/// A report on its way into the journal.
struct Telling<'a> {
    engine: &'a Engine,
    reporter: Reporter,
    id: RequestId,
}

impl Telling<'_> {
    /// The session that the report belongs to; opened for it where that is the setting.
    async fn home(&self, said: &Said<'_>) -> Result<Option<Arc<Home>>, Problem> {
        let organization = self.reporter.organization.as_ref();
        match self.engine.known.find(self.engine, &said.session, organization).await? {
            Standing::Known(home) => Ok(Some(home)),
            Standing::Unsure => {
                Err(Problem::new(Code::ScreensBehind, "the session may be too new to be seen; send it again"))
            }
            Standing::Foreign => Ok(None),
            Standing::Unknown => match (self.engine.options.unknown_session, SessionId::parse(&said.session))
            {
                (UnknownSession::Create, Ok(session)) => self.adopt(session).await.map(Some),
                _ => Ok(None),
            },
        }
    }

    async fn adopt(&self, session: SessionId) -> Result<Arc<Home>, Problem> {
        let organization = self.organization().clone();
        let stream = StreamId::session(&organization, &session);
        let command = session::Command::Adopt { id: self.engine.ids.uuid(), at: self.engine.clock.now() };
        self.engine.dispatch.session(stream, command, self.meta(&organization)).await?;
        Ok(self.engine.known.learn(Home { organization, session, list: None }))
    }

    async fn record(&self, home: &Home, said: Said<'_>) -> Result<HttpResponse, Problem> {
        let recorded = record(self.engine, home, said, self.meta(&home.organization)).await?;
        answer(&recorded.view(home)?, &recorded.done)
    }

    /// Nobody knows its session: the report is kept word for word until somebody decides. Call servers try again for hours;
    /// what is held already is answered as it was at first, and what was settled with how it was.
    async fn keep(&self, bytes: &[u8], said: &Said<'_>) -> Result<HttpResponse, Problem> {
        let organization = self.organization();
        let person = self.engine.dispatch.fingerprint(organization, &said.phone);
        let held = self.engine.dispatch.held_report(organization, &said.session, bytes);
        let stream = StreamId::quarantine(organization, held);
        let command = quarantine::Command::Hold {
            session: said.session.clone().into_owned(),
            reason: quarantine::Reason::UnknownSession,
            body: quarantine::Body { json: String::from_utf8_lossy(bytes).into_owned() },
            at: self.engine.clock.now(),
        };
        let done =
            self.engine.dispatch.quarantine(stream, Some(person), command, self.meta(organization)).await?;
        let (detail, mut members) = kept(&done.state);
        if self.engine.options.unknown_session == UnknownSession::Accepted {
            let mut accepted = HttpResponse::Accepted();
            accepted.insert_header((edge::POSITION, done.position));
            members.insert("sessionId".to_owned(), said.session.clone().into());
            return Ok(accepted.json(members));
        }
        let problem = Problem::new(Code::SessionUnknown, detail);
        Err(members.into_iter().fold(problem, |problem, (name, value)| problem.with(&name, value)))
    }

    fn organization(&self) -> &Organization {
        self.reporter.organization.as_ref().unwrap_or(&self.engine.options.organization)
    }

    fn meta(&self, organization: &Organization) -> Meta {
        let circumstances = self.id.circumstances(organization, &self.reporter.actor);
        Meta { circumstances: Arc::new(circumstances), command: None }
    }
}

/// What became of a report that could not be placed, in a sentence and for programs.
fn kept(report: &Quarantine) -> (&'static str, Map<String, Value>) {
    let (detail, what) = match report {
        Quarantine::New | Quarantine::Held => {
            let detail = "the session is not known; the report is kept until somebody binds it to one";
            (detail, ("quarantined", Value::Bool(true)))
        }
        Quarantine::Bound(session) => {
            let detail = "the session is not known; the report came before, and was bound to another";
            (detail, ("boundTo", session.as_str().into()))
        }
        Quarantine::Discarded => {
            let detail = "the session is not known; the report came before, and was discarded";
            (detail, ("discarded", Value::Bool(true)))
        }
    };
    // Of two by one name the second stands.
    let all = [("quarantined", Value::Bool(false)), what];
    (detail, all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn answer(view: &ResultView<'_>, done: &Done<Call>) -> Result<HttpResponse, Problem> {
    let mut answer = HttpResponse::Ok();
    answer.insert_header((HeaderName::from_static(edge::POSITION), HeaderValue::from(done.position)));
    super::sessions::json(answer, view)
}
