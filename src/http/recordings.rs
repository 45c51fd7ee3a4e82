//! Listening to a call: its recording streamed from wherever it lies, whole or in the part that a player asks for.
//! Nothing is kept here. Whether the caller may is asked first, each time; the log says that it was listened to, not whose it is.

mod range;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderValue,
    RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{Path, Query};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError, get};
use domain::disclosure::{Kind, Way};
use domain::ids::Organization;
use domain::recording::{self, Whereabouts};
use lru::LruCache;
use projections::call_history::{self, CallHistory, ResultRow};
use projections::campaign_calls::{self, CampaignCalls};
use projections::contact_book::{self, ContactBook, ContactRow};
use projections::projection::Projection;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::Engine;
use super::auth::Calls;
use super::disclosing::Reading;
use super::problem::{Code, Problem, ProblemBody};
use super::sessions::{self, Fresh};
use crate::ports::{Playback, RemoteHost, Trouble};
use range::{Asked, Part, limited, tag};

/// When to ask again for a recording that is not there yet.
const COME_BACK_SECS: u16 = 10;
/// Recordings of which it is remembered that the log has heard of them.
const UNFIT_MAX: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(of_result);
}

/// Not there yet; `Retry-After` says when to ask again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecordingNotReady)]
struct NotReady {
    /// Always false.
    ready: bool,
    message: &'static str,
}

/// A call's recording. One `Range` is understood, and so are `If-Range` and `If-None-Match`.
#[utoipa::path(tag = "calls", security((), ("token" = [])),
    params(("Range" = Option<String>, Header, description = "`bytes=0-99`, `bytes=100-` or `bytes=-100`")),
    responses(
        (status = OK, content_type = "audio/*", description = "The recording"),
        (status = PARTIAL_CONTENT, content_type = "audio/*", description = "The part that `Range` asks for"),
        (status = ACCEPTED, body = NotReady, description = "The call ended a short while ago, and its recording is not there yet"),
        (status = NOT_MODIFIED, description = "It is the one that `If-None-Match` names"),
        (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
        (status = RANGE_NOT_SATISFIABLE, body = ProblemBody, content_type = "application/problem+json"),
        (status = BAD_GATEWAY, body = ProblemBody, content_type = "application/problem+json"),
        (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
    ))]
#[get("/calls/results/{id}/recording")]
async fn of_result(
    engine: Engine,
    caller: Calls,
    reading: Reading,
    id: Path<String>,
    fresh: Query<Fresh>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let unknown = || Problem::new(Code::ResultUnknown, "there is no result of that id");
    let id = Uuid::parse_str(&id).map_err(|_| unknown())?;
    fresh.wait_for(&engine, &[CallHistory::NAME, CampaignCalls::NAME, ContactBook::NAME]).await;
    let call = find(&engine, &caller.0.organization, id).await?.ok_or_else(unknown)?;
    let Some(url) = call.row.recording_url.as_deref() else { return absent(&engine, &call).await };
    let ends = engine.ends.of(&caller.0.organization).await?;
    let whereabouts = Whereabouts::parse(url, &ends.recordings);
    if whereabouts == Whereabouts::Nowhere {
        let detail = "the call server named no recording that may be listened to; see its recordingUrl";
        return Err(Problem::new(Code::RecordingUnknown, detail));
    }
    match listen(&engine, (&whereabouts, &ends.remote), id, &request).await? {
        Some(answer) => {
            // Whoever cannot be written down does not hear it.
            if answer.status().is_success() {
                reading.discloses(&engine, &caller.0, (Way::Heard, Kind::Call, &id.to_string())).await?;
            }
            tracing::info!(result = %id, actor = caller.0.actor, "a recording is listened to");
            Ok(answer)
        }
        None => absent(&engine, &call).await,
    }
}

/// As much of a recording as is asked for; none where there is no recording, or not yet.
pub(super) async fn listen(
    engine: &Engine,
    (whereabouts, remote): (&Whereabouts, &Arc<dyn RemoteHost>),
    id: Uuid,
    request: &HttpRequest,
) -> Result<Option<HttpResponse>, Problem> {
    Listening { engine, whereabouts, remote, id, asked: Asked::of(request) }.answer().await
}

/// A call, whoever placed it.
struct Call {
    /// Without the number, where a campaign placed it.
    row: ResultRow,
    placed: Option<(Organization, Uuid)>,
}

async fn find(
    engine: &Engine,
    organization: &Organization,
    id: Uuid,
) -> Result<Option<Call>, projections::Error> {
    let reported = call_history::find(&engine.screens, organization.as_str(), id).await?;
    if let Some(row) = reported {
        return Ok(Some(Call { row, placed: None }));
    }
    let Some(placed) = campaign_calls::find(&engine.screens, organization, id).await? else {
        return Ok(None);
    };
    let contact = (organization.clone(), placed.contact);
    Ok(placed.as_result(String::new()).map(|row| Call { row, placed: Some(contact) }))
}

impl Call {
    /// Whoever was forgotten has no number any more.
    async fn is_forgotten(&self, engine: &Engine) -> Result<bool, projections::Error> {
        let Some((organization, contact)) = &self.placed else { return Ok(self.row.phone.is_empty()) };
        let found = contact_book::several(&engine.screens, organization, &[*contact]).await?;
        Ok(found.get(contact).is_some_and(ContactRow::is_forgotten))
    }
}

pub(super) fn forgotten() -> Problem {
    let detail = "whoever the call was with was forgotten, and what is known of its recording with them";
    Problem::new(Code::RecordingUnknown, detail)
}

async fn absent(engine: &Engine, call: &Call) -> Result<HttpResponse, Problem> {
    if call.is_forgotten(engine).await? {
        return Err(forgotten());
    }
    let row = &call.row;
    if !recording::may_come(row.ended_at, row.created_at, engine.clock.now()) {
        return Err(Problem::new(Code::RecordingUnknown, "the call has no recording"));
    }
    let mut answer = HttpResponse::Accepted();
    answer.insert_header((RETRY_AFTER, HeaderValue::from(COME_BACK_SECS)));
    sessions::json(answer, &NotReady { ready: false, message: "The recording is not there yet." })
}

/// Recordings that are not passed on, with what the log was told of each: players ask again and again.
#[derive(Debug)]
pub(super) struct Unfit(Mutex<LruCache<Uuid, String>>);

impl Default for Unfit {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(UNFIT_MAX)))
    }
}

impl Unfit {
    fn is_news(&self, id: Uuid, why: &str) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.put(id, why.to_owned()).is_none_or(|before| before != why)
    }
}

/// Somebody who wants to hear a recording, and how much of it.
struct Listening<'a> {
    engine: &'a Engine,
    whereabouts: &'a Whereabouts,
    remote: &'a Arc<dyn RemoteHost>,
    id: Uuid,
    asked: Asked,
}

impl Listening<'_> {
    /// None where there is no recording, or not yet.
    async fn answer(&self) -> Result<Option<HttpResponse>, Problem> {
        let from = self.asked.begins();
        let Some(found) = self.open(from).await? else { return Ok(None) };
        let tag = tag(self.id, &found);
        if self.asked.has(tag.as_ref()) {
            return Ok(Some(self.headed(StatusCode::NOT_MODIFIED, &found).finish()));
        }
        let Some(size) = found.size else {
            return Ok(Some(self.headed(StatusCode::OK, &found).streaming(found.bytes)));
        };
        let part = match self.asked.part(size, tag.as_ref()) {
            Part::Outside => return Ok(Some(outside(size))),
            part @ (Part::Whole | Part::Of { .. }) => part,
        };
        let first = part.first();
        let found = if first == from { found } else { self.again(first, &found).await? };
        Ok(Some(self.played(&part, size, found)))
    }

    async fn open(&self, from: u64) -> Result<Option<Playback>, Problem> {
        let opened = self.engine.recordings.open(self.whereabouts, self.remote, from).await;
        opened.map_err(|trouble| match trouble {
            Trouble::Later { .. } => {
                let detail =
                    "the recording's host does not answer now, too many are listening, or the disk has little room left";
                Problem::new(Code::RecordingAway, detail)
            }
            Trouble::Never { why } => {
                if self.engine.unfit.is_news(self.id, &why) {
                    tracing::warn!(result = %self.id, "a recording is not passed on: {why}");
                }
                Problem::new(Code::RecordingUnfit, why)
            }
        })
    }

    /// From elsewhere: where a part begins may be known only when the size is.
    async fn again(&self, from: u64, known: &Playback) -> Result<Playback, Problem> {
        let found = self.open(from).await?;
        let same = found.filter(|found| found.size == known.size && found.version == known.version);
        same.ok_or_else(|| Problem::new(Code::RecordingAway, "the recording is being written; ask again"))
    }

    fn played(&self, part: &Part, size: u64, found: Playback) -> HttpResponse {
        match *part {
            Part::Of { first, last } => {
                let len = last.saturating_sub(first).saturating_add(1);
                let mut answer = self.headed(StatusCode::PARTIAL_CONTENT, &found);
                answer.insert_header((CONTENT_RANGE, format!("bytes {first}-{last}/{size}")));
                answer.body(SizedStream::new(len, limited(found.bytes, len)))
            }
            Part::Whole | Part::Outside => {
                self.headed(StatusCode::OK, &found).body(SizedStream::new(size, limited(found.bytes, size)))
            }
        }
    }

    fn headed(&self, status: StatusCode, found: &Playback) -> HttpResponseBuilder {
        let extension = self.whereabouts.extension();
        let (kind, extension) = kind(&extension);
        let mut answer = HttpResponse::build(status);
        answer.insert_header((CONTENT_TYPE, kind));
        answer.insert_header((
            CONTENT_DISPOSITION,
            format!("inline; filename=\"recording-{}{extension}\"", self.id),
        ));
        answer.insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
        // Kept by the one who listens, and asked for each time, since he may not be allowed to tomorrow.
        answer.insert_header((CACHE_CONTROL, "private, no-cache"));
        answer.insert_header((ACCEPT_RANGES, if found.size.is_some() { "bytes" } else { "none" }));
        if let Some(tag) = tag(self.id, found) {
            answer.insert_header((ETAG, tag.to_string()));
        }
        answer
    }
}

fn outside(size: u64) -> HttpResponse {
    let problem = Problem::new(Code::RangeOutside, format!("the recording has {size} bytes"));
    let mut answer = problem.error_response();
    if let Ok(range) = HeaderValue::from_str(&format!("bytes */{size}")) {
        answer.headers_mut().insert(CONTENT_RANGE, range);
    }
    answer
}

/// What a player is told of a file by its name, and the ending under which it is saved.
fn kind(extension: &str) -> (&'static str, &'static str) {
    match extension {
        "mp3" => ("audio/mpeg", ".mp3"),
        "wav" | "wave" => ("audio/wav", ".wav"),
        "ogg" | "oga" => ("audio/ogg", ".ogg"),
        "opus" => ("audio/ogg", ".opus"),
        "m4a" | "mp4" => ("audio/mp4", ".m4a"),
        "aac" => ("audio/aac", ".aac"),
        "flac" => ("audio/flac", ".flac"),
        "webm" | "weba" => ("audio/webm", ".webm"),
        "amr" => ("audio/AMR", ".amr"),
        "gsm" => ("audio/x-gsm", ".gsm"),
        _ => ("application/octet-stream", ""),
    }
}
