//! Lists of numbers: uploaded, looked at, told row by row. A list is stored before it is answered, and put on the remote host by an effect.
//! What a row means is the domain's business, and how a workbook is read is an adapter's.
#![expect(unused_qualifications, reason = "utoipa names the types of parameters in full")]

mod answer;
mod intake;
pub(super) mod reading;
pub(super) mod receive;
mod report;
mod under_way;

use std::time::Duration;

use actix_web::web::{Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse, get, post};
use domain::access::Role;
use domain::ids::Organization;
use projections::number_lists::{self, ListRow, NumberLists};
use projections::projection::Projection;
use serde::Deserialize;
use tokio::time::Instant;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::auth::Calls;
use super::edge::RequestId;
use super::problem::{Code, Problem, ProblemBody};
use super::query::Described;
use super::repeat::{KEY, Key, Named};
use super::sessions::{self, Fresh};
use super::{Engine, page, wait};
pub(super) use answer::UploadView;
use answer::Uploaded;
pub(super) use under_way::{Begun, Shown, UnderWay};

const LATEST: u32 = 100;
const LATEST_MAX: u32 = 1_000;
/// A list that is on its way to the remote host is waited for this long; then the answer says that it is still under way.
const PLACE_WAIT: Duration = Duration::from_mins(1);

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(upload).service(all).service(report::rows).service(report::numbers).service(one);
}

/// Takes a workbook or a text file whose first column holds numbers, and puts the list on the remote host in place of the one there.
#[utoipa::path(tag = "uploads", security((), ("token" = [])),
    params(Key),
    request_body(content = answer::Form, content_type = "multipart/form-data"),
    responses(
        (status = OK, body = Uploaded<'_>),
        (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
        (status = PAYLOAD_TOO_LARGE, body = ProblemBody, content_type = "application/problem+json"),
        (status = UNSUPPORTED_MEDIA_TYPE, body = ProblemBody, content_type = "application/problem+json",
            description = "The form or its file came with a Content-Encoding"),
        (status = BAD_GATEWAY, body = ProblemBody, content_type = "application/problem+json",
            description = "The list is stored, but the remote host does not have it; a start puts it there"),
        (status = INSUFFICIENT_STORAGE, body = ProblemBody, content_type = "application/problem+json",
            description = "Too little room is left on the disk; nothing was stored"),
        (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
    ))]
#[post("/calls/upload")]
async fn upload(
    engine: Engine,
    caller: Calls,
    id: RequestId,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    take(&engine, &caller, (id, request), payload).await.map_err(|problem| problem.or("ok", false))
}

async fn take(
    engine: &Engine,
    caller: &Calls,
    (id, request): (RequestId, HttpRequest),
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    caller.0.require(Role::Operator)?;
    let list = engine.ids.uuid();
    let shown = engine.moving.uploads.begin(&caller.0.organization, list, id.as_str())?;
    let file = receive::file(engine, &request, payload, &shown).await?;
    let named = named_so(engine, &caller.0.organization, &request, &file).await?;
    let name = named.command.clone();
    let intake = intake::Intake { engine, caller: &caller.0, request: &id, shown: &shown, name };
    let taken = match &named.earlier {
        Some(earlier) => intake.look(file, earlier.position).await?,
        None => intake.take(list, file).await?,
    };
    let list = if taken.repeated { before(engine, &caller.0.organization, &named).await? } else { list };
    let row = placed(engine, &caller.0.organization, list, taken.position).await?;
    drop(shown);
    tracing::info!("{}", answer::message(&row));
    let ends = engine.ends.of(&caller.0.organization).await?;
    answer::uploaded(&ends, &row, &taken)
}

/// Its bytes are only digested where they have a name.
async fn named_so(
    engine: &Engine,
    organization: &Organization,
    request: &HttpRequest,
    file: &receive::Received,
) -> Result<Named, Problem> {
    let asked = if request.headers().contains_key(KEY) { file.digest().await? } else { String::new() };
    Named::begin(engine, organization, request, &asked).await
}

/// The list that was stored under this name, here or by another node at the same time.
async fn before(engine: &Engine, organization: &Organization, named: &Named) -> Result<Uuid, Problem> {
    let earlier = match (&named.earlier, &named.command) {
        (None, Some(command)) => engine.dispatch.earlier(organization, command).await?,
        (earlier, _) => earlier.clone(),
    };
    let stream = earlier.and_then(|earlier| earlier.stream);
    let id = stream.and_then(|stream| stream.as_str().rsplit('/').next()?.parse().ok());
    id.ok_or_else(|| Problem::new(Code::Internal, "see the log").because("a stored list has no id"))
}

/// The list's row once it is known whether the remote host has it, or as it is when the time is over.
async fn placed(
    engine: &Engine,
    organization: &Organization,
    list: Uuid,
    position: u64,
) -> Result<ListRow, Problem> {
    let until = Instant::now() + PLACE_WAIT;
    let look = async |_| {
        let row = number_lists::find(&engine.screens, organization.as_str(), list).await?;
        let known = row.as_ref().is_some_and(|row| row.placement.is_some());
        Ok((row, (!known).then_some(until)))
    };
    let (row, _) = wait::until(engine, NumberLists::NAME, (position, until), look).await?;
    row.ok_or_else(|| Problem::new(Code::ScreensBehind, "the list is stored, but not shown yet"))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Latest {
    /// At most 1,000; 100 where it is left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1_000)]
    limit: Option<String>,
    /// Only what comes after an earlier answer's page: its `X-Next-Cursor`, which also stands in its `Link`.
    cursor: Option<String>,
}

/// Uploads, those under way first, then the newest first.
#[utoipa::path(tag = "uploads", security((), ("token" = [])), params(Latest, Fresh), responses(
    (status = OK, body = Vec<UploadView>, headers(
        ("Link" = String, description = "The next page, where there is one"),
        ("X-Next-Cursor" = String, description = "Its cursor alone"),
    )),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/calls/uploads")]
async fn all(
    engine: Engine,
    caller: Calls,
    request: Described,
    asked: Query<Latest>,
    fresh: Query<Fresh>,
) -> Result<HttpResponse, Problem> {
    let organization = &caller.0.organization;
    let limit = page::limit(asked.limit.as_deref(), LATEST_MAX)?.unwrap_or(LATEST);
    let before = page::position(asked.cursor.as_deref())?;
    let mut answer = sessions::shown(fresh.wait(&engine, NumberLists::NAME).await);
    let mut rows = number_lists::latest(&engine.screens, organization.as_str(), before, limit + 1).await?;
    page::end(&mut rows, limit, |last| last.position.to_string(), (&request.0, &mut answer));
    let begun = if before.is_none() { engine.moving.uploads.of(organization) } else { vec![] };
    let known = |view: &UploadView| rows.iter().any(|row| row.id == view.upload_id);
    let mut views: Vec<UploadView> = begun.into_iter().filter(|view| !known(view)).collect();
    views.extend(rows.iter().map(UploadView::of));
    sessions::json(answer, &views)
}

/// How far an upload has come, or what became of it. By its id, or by the `X-Request-Id` that it is sent with.
#[utoipa::path(tag = "uploads", security((), ("token" = [])), params(Fresh), responses(
    (status = OK, body = UploadView),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/calls/uploads/{id}")]
async fn one(
    engine: Engine,
    caller: Calls,
    id: Path<String>,
    fresh: Query<Fresh>,
) -> Result<HttpResponse, Problem> {
    let organization = &caller.0.organization;
    let fresh = fresh.wait(&engine, NumberLists::NAME).await;
    let begun = engine.moving.uploads.find(organization, &id);
    let list = begun.as_ref().map(|view| view.upload_id).or_else(|| Uuid::parse_str(&id).ok());
    let stored = match list {
        Some(list) => number_lists::find(&engine.screens, organization.as_str(), list).await?,
        None => None,
    };
    let view = stored.as_ref().map(UploadView::of).or(begun).ok_or_else(unknown)?;
    sessions::json(sessions::shown(fresh), &view)
}

/// An organization's list by its id.
pub(super) async fn known(
    engine: &Engine,
    organization: &Organization,
    id: Uuid,
) -> Result<ListRow, Problem> {
    let target = engine.dispatch.position();
    engine.screens.wait(NumberLists::NAME, target, engine.options.read_wait).await;
    number_lists::find(&engine.screens, organization.as_str(), id).await?.ok_or_else(unknown)
}

/// The same where its id comes from an address: what is no id is no upload.
async fn named(engine: &Engine, organization: &Organization, id: &str) -> Result<ListRow, Problem> {
    known(engine, organization, Uuid::parse_str(id).map_err(|_| unknown())?).await
}

fn unknown() -> Problem {
    Problem::new(Code::UploadUnknown, "there is no such upload")
}
