//! Ending a session by hand: closed where it stands, or stopped on the remote host as well.

use std::sync::Arc;

use actix_web::web::Path;
use actix_web::{HttpResponse, post};
use domain::access::Role;
use domain::fact::{Circumstances, Position};
use domain::ids::{SessionId, StreamId};
use domain::language::Language;
use domain::session::{Closing, Command};
use projections::projection::Projection;
use projections::session_stats::{self, SessionRow, SessionStats};
use tokio::time::Instant;

use super::{SessionView, json, shown, unknown};
use crate::dispatch::Meta;
use crate::http::auth::{Caller, Calls};
use crate::http::edge::RequestId;
use crate::http::language::Texts;
use crate::http::problem::{Code, Problem, ProblemBody};
use crate::http::{Engine, wait};

/// Ends a session. Its numbers without a result are counted as `unreportedNumbers`; results that come later still count.
#[utoipa::path(tag = "calls", security((), ("token" = [])), params(Texts), responses(
    (status = OK, body = SessionView<'_>),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/calls/session/{id}/close")]
pub(super) async fn close(
    engine: Engine,
    caller: Calls,
    request: RequestId,
    id: Path<String>,
    texts: Texts,
) -> Result<HttpResponse, Problem> {
    caller.0.require(Role::Operator)?;
    let ending = Ending::find(&engine, &caller, &request, &id, texts).await?;
    let position = ending.tell(Command::Close { by: Closing::Hand, at: engine.clock.now() }).await?;
    ending.answer(position, |row| row.status.ended()).await
}

/// Has the remote host stop dialling (`REMOTE_STOP_COMMAND`) and ends the session.
#[utoipa::path(tag = "calls", security((), ("token" = [])), params(Texts), responses(
    (status = OK, body = SessionView<'_>, description = "Still running where the remote host has not answered yet"),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = BAD_GATEWAY, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/calls/session/{id}/stop")]
pub(super) async fn stop(
    engine: Engine,
    caller: Calls,
    request: RequestId,
    id: Path<String>,
    texts: Texts,
) -> Result<HttpResponse, Problem> {
    caller.0.require(Role::Operator)?;
    let ending = Ending::find(&engine, &caller, &request, &id, texts).await?;
    let position = ending.tell(Command::Stop { at: engine.clock.now() }).await?;
    ending.answer(position, |row| row.status.ended() || row.stop_error.is_some()).await
}

struct Ending<'a> {
    engine: &'a Engine,
    language: Language,
    session: Arc<SessionRow>,
    circumstances: Arc<Circumstances>,
}

impl<'a> Ending<'a> {
    async fn find(
        engine: &'a Engine,
        caller: &Calls,
        request: &RequestId,
        id: &str,
        texts: Texts,
    ) -> Result<Self, Problem> {
        let target = engine.dispatch.position();
        let fresh = engine.screens.wait(SessionStats::NAME, target, engine.options.read_wait).await;
        let Caller { organization, actor, .. } = &caller.0;
        let session = session_stats::find(&engine.screens, organization.as_str(), id, fresh.position).await?;
        let circumstances = request.circumstances(organization, actor);
        Ok(Self {
            engine,
            language: texts.language,
            session: session.ok_or_else(unknown)?,
            circumstances: Arc::new(circumstances),
        })
    }

    async fn tell(&self, command: Command) -> Result<Position, Problem> {
        let organization = domain::ids::Organization::parse(&self.session.organization)?;
        let stream = StreamId::session(&organization, &SessionId::parse(&self.session.session)?);
        let meta = Meta { circumstances: Arc::clone(&self.circumstances), command: None };
        Ok(self.engine.dispatch.session(stream, command, meta).await?.position)
    }

    /// The session once it is as it should be, or as it is when the time is over.
    async fn answer(
        &self,
        position: Position,
        done: impl Fn(&SessionRow) -> bool,
    ) -> Result<HttpResponse, Problem> {
        let engine = self.engine;
        let until = Instant::now() + engine.options.start_wait.max(engine.options.read_wait);
        let look = async |position| {
            let (organization, name) = (&self.session.organization, &self.session.session);
            let row = session_stats::find(&engine.screens, organization, name, position).await?;
            let row = row.ok_or_else(unknown)?;
            let more = (!done(&row)).then_some(until);
            Ok((row, more))
        };
        let (row, fresh) = wait::until(engine, SessionStats::NAME, (position, until), look).await?;
        told(&row, engine, self.language, fresh)
    }
}

fn told(
    row: &SessionRow,
    engine: &Engine,
    language: Language,
    fresh: projections::Freshness,
) -> Result<HttpResponse, Problem> {
    match &row.stop_error {
        Some(why) if !row.status.ended() => {
            Err(Problem::new(Code::NotStopped, why.clone()).with("sessionId", row.session.as_str()))
        }
        _ => json(shown(fresh), &SessionView::new(row, language, engine.clock.now())),
    }
}
