//! Listening to a call of the exchange. That somebody listens is recorded before they hear anything, whatever part they ask for;
//! which of it is the same listening, the call itself says.

use std::sync::Arc;

use actix_web::web::{Path, Query};
use actix_web::{HttpRequest, HttpResponse, get};
use domain::ids::StreamId;
use domain::pbx_call::Command;
use domain::recording::Whereabouts;
use projections::pbx_calls::{PbxCallRow, PbxCalls};
use projections::projection::Projection;

use crate::dispatch::Meta;
use crate::http::Engine;
use crate::http::auth::{Caller, Calls};
use crate::http::edge::{self, RequestId};
use crate::http::problem::{Code, Problem, ProblemBody};
use crate::http::recordings;
use crate::http::sessions::Fresh;

/// A call's recording. One `Range` is understood, and so are `If-Range` and `If-None-Match`.
///
/// It is fetched from the exchange when somebody first listens to it. Who listened to it, and when, is recorded.
#[utoipa::path(tag = "kerio", security((), ("token" = [])),
    params(("Range" = Option<String>, Header, description = "`bytes=0-99`, `bytes=100-` or `bytes=-100`")),
    responses(
        (status = OK, content_type = "audio/*", description = "The recording"),
        (status = PARTIAL_CONTENT, content_type = "audio/*", description = "The part that `Range` asks for"),
        (status = NOT_MODIFIED, description = "It is the one that `If-None-Match` names"),
        (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
        (status = RANGE_NOT_SATISFIABLE, body = ProblemBody, content_type = "application/problem+json"),
        (status = BAD_GATEWAY, body = ProblemBody, content_type = "application/problem+json"),
        (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
    ))]
#[get("/kerio/calls/{callId}/recording")]
pub(super) async fn recording(
    engine: Engine,
    caller: Calls,
    request_id: RequestId,
    call: Path<String>,
    fresh: Query<Fresh>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    fresh.wait(&engine, PbxCalls::NAME).await;
    let row = super::find(&engine, &caller.0.organization, &call).await?;
    let unknown = || Problem::new(Code::RecordingUnknown, "the call has no recording");
    // The exchange may have it still; nobody is to hear it here any more.
    if row.from_number.is_empty() && row.to_number.is_empty() {
        return Err(recordings::forgotten());
    }
    let recording = row.recording.clone().ok_or_else(unknown)?;
    let whereabouts = Whereabouts::Exchange { call: row.id, recording };
    // No file of a remote host is asked for.
    let remote = &engine.ends.house().remote;
    let answer = recordings::listen(&engine, (&whereabouts, remote), row.id, &request).await?;
    let answer = answer.ok_or_else(unknown)?;
    if answer.status().is_success() && !edge::is_head(&request) {
        listened(&engine, &caller.0, &request_id, &row).await?;
    }
    Ok(answer)
}

/// Whoever cannot be recorded does not hear it.
async fn listened(
    engine: &Engine,
    caller: &Caller,
    request: &RequestId,
    row: &PbxCallRow,
) -> Result<(), Problem> {
    let circumstances = Arc::new(request.circumstances(&caller.organization, &caller.actor));
    let meta = Meta { circumstances, command: None };
    let command = Command::Listen { by: caller.actor.clone(), at: engine.clock.now() };
    let stream = StreamId::stored(row.stream.clone());
    engine.dispatch.pbx_call(stream, None, command, meta).await?;
    tracing::info!(call = %row.id, actor = caller.actor, "a recording is listened to");
    Ok(())
}
