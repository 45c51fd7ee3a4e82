//! Contacts by workbook: taken in, looked at, told row by row, and undone. A row that became a contact is stored; what broke off
//! leaves what it stored, and the same file sent again passes over that.
//! What a row means is the domain's business, and how a file is read is an adapter's.
#![expect(unused_qualifications, reason = "utoipa names the types of parameters in full")]

mod answer;
mod pass;
mod report;
mod taking;
mod undoing;

use std::sync::Arc;

use actix_web::web::{Path, Payload, Query};
use actix_web::{HttpResponse, delete, get, post};
use domain::access::Role;
use domain::ids::Organization;
use domain::import::{OnDuplicate, Terms};
use projections::imports::{self, ImportRow, Imports};
use projections::projection::Projection;
use serde::Deserialize;
use tracing::Instrument as _;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::auth::{Caller, Member};
use super::edge::RequestId;
use super::pages::Pages;
use super::problem::{Code, Problem, ProblemBody};
use super::query::{self, Described};
use super::sessions::{self, Fresh};
use super::uploads::receive;
use super::{Engine, edge};
use crate::dispatch::imports::Importing;
pub(super) use answer::ImportView;
use answer::{ImportPage, Imported, Unimported};
pub(super) use report::read;
use taking::Taking;

const LIST: u32 = 50;
const LIST_MAX: u32 = 1_000;
const FLAGS: [(&str, bool); 2] = [("true", true), ("false", false)];

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(upload).service(list).service(report::rows).service(one).service(undo);
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
struct Asked {
    /// Only says what would become of each row, and stores nothing.
    #[param(value_type = Option<bool>)]
    dry_run: Option<String>,
    /// Rejects a row of which anything had to be left out, such as custom data that is no JSON.
    #[param(value_type = Option<bool>)]
    strict: Option<String>,
    /// What becomes of a row whose number is a contact's already: `skip` (the usual), `update`, or `fail`, which stores nothing
    /// at all where there is one, or where a number stands twice in the file. Otherwise the first row of a number counts.
    on_duplicate: Option<String>,
}

impl Asked {
    fn terms(&self) -> Result<Terms, Problem> {
        let known = OnDuplicate::ALL.map(|known| (known.as_str(), known));
        let on_duplicate = query::one_of("onDuplicate", self.on_duplicate.as_deref(), &known)?;
        let strict = query::one_of("strict", self.strict.as_deref(), &FLAGS)?;
        Ok(Terms { on_duplicate: on_duplicate.unwrap_or_default(), strict: strict.unwrap_or_default() })
    }

    fn dry_run(&self) -> Result<bool, Problem> {
        Ok(query::one_of("dryRun", self.dry_run.as_deref(), &FLAGS)?.unwrap_or_default())
    }
}

/// Takes a workbook or a .csv of contacts. Its first row names the columns: firstName, lastName, phone, dateOfBirth, customData,
/// notes and timezone; any other becomes a field of the custom data.
#[utoipa::path(tag = "contacts", security(("token" = [])), params(Asked),
    request_body(content = answer::Form, content_type = "multipart/form-data"),
    responses(
        (status = OK, body = Imported<'_>),
        (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
        (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json",
            description = "With onDuplicate=fail: `row` has a number that is taken; nothing was stored"),
        (status = PAYLOAD_TOO_LARGE, body = ProblemBody, content_type = "application/problem+json"),
        (status = UNSUPPORTED_MEDIA_TYPE, body = ProblemBody, content_type = "application/problem+json",
            description = "The form or its file came with a Content-Encoding"),
        (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json",
            description = "Where `importId` is there, what was stored by then is"),
        (status = INSUFFICIENT_STORAGE, body = ProblemBody, content_type = "application/problem+json",
            description = "Too little room is left on the disk; nothing was stored"),
    ))]
#[post("/auto-calling/contacts/upload-excel")]
async fn upload(
    engine: Engine,
    member: Member,
    id: RequestId,
    asked: Query<Asked>,
    request: Described,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    member.0.require(Role::Manager)?;
    let (terms, dry_run) = (asked.terms()?, asked.dry_run()?);
    let importing = importing(&engine, &member.0, &id, (engine.ids.uuid(), terms.on_duplicate));
    let shown = engine.moving.imports.begin(&importing.organization, importing.import, id.as_str())?;
    let file = Arc::new(receive::file(&engine, &request.0, payload, &shown).await?);
    let taking = Taking { engine, importing, terms, file, shown };
    // On its own, so that a client that goes away leaves no half of it.
    let taken = actix_web::rt::spawn(async move { taking.take(dry_run).await }.in_current_span());
    let taken = taken.await.map_err(|why| Problem::new(Code::Internal, "see the log").because(why))??;
    Ok(answer::imported(&taken))
}

/// The organization's imports, the newest first.
#[utoipa::path(tag = "contacts", security(("token" = [])), params(Pages, Fresh), responses(
    (status = OK, body = ImportPage<'_>),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/auto-calling/imports")]
async fn list(
    engine: Engine,
    member: Member,
    pages: Query<Pages>,
    fresh: Query<Fresh>,
    request: Described,
) -> Result<HttpResponse, Problem> {
    let place = pages.place(LIST, LIST_MAX)?;
    let fresh = fresh.wait(&engine, Imports::NAME).await;
    let organization = &member.0.organization;
    let mut rows = imports::list(&engine.screens, organization, (place.at, place.limit + 1)).await?;
    let total = imports::count(&engine.screens, organization).await?;
    let next = place.cut(&mut rows, |row| row.position);
    let data = rows.iter().map(|row| ImportView::new(&engine, row)).collect();
    let answer = place.answer(&request.0, sessions::shown(fresh), next);
    sessions::json(answer, &ImportPage { data, meta: place.meta(total, next) })
}

/// One import: what became of its rows, or how far it has come.
#[utoipa::path(tag = "contacts", security(("token" = [])), params(Fresh), responses(
    (status = OK, body = ImportView<'_>),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/auto-calling/imports/{id}")]
async fn one(
    engine: Engine,
    member: Member,
    id: Path<String>,
    fresh: Query<Fresh>,
) -> Result<HttpResponse, Problem> {
    let fresh = fresh.wait(&engine, Imports::NAME).await;
    let row = find(&engine, &member.0.organization, named(&id)?).await?;
    sessions::json(sessions::shown(fresh), &ImportView::new(&engine, &row))
}

/// Removes the contacts that the import made, save those that somebody has changed since, that are in a campaign or were called.
/// Contacts that it changed stay as they are. Asked again, it removes what it can by then.
#[utoipa::path(tag = "contacts", security(("token" = [])), responses(
    (status = OK, body = Unimported),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[delete("/auto-calling/imports/{id}")]
async fn undo(
    engine: Engine,
    member: Member,
    request: RequestId,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    member.0.require(Role::Manager)?;
    let importing = importing(&engine, &member.0, &request, (named(&id)?, OnDuplicate::Skip));
    let import = importing.import;
    // As above.
    let undo = async move { undoing::undo(&engine, &importing).await };
    let undone = actix_web::rt::spawn(undo.in_current_span());
    let undone = undone.await.map_err(|why| Problem::new(Code::Internal, "see the log").because(why))??;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((edge::POSITION, undone.position));
    Ok(answer.json(Unimported::new(import, &undone.state)))
}

fn importing(
    engine: &Engine,
    caller: &Caller,
    id: &RequestId,
    (import, on_duplicate): (Uuid, OnDuplicate),
) -> Importing {
    let circumstances = Arc::new(id.circumstances(&caller.organization, &caller.actor));
    let organization = caller.organization.clone();
    Importing { organization, import, on_duplicate, circumstances, at: engine.clock.now() }
}

async fn find(engine: &Engine, organization: &Organization, id: Uuid) -> Result<ImportRow, Problem> {
    imports::find(&engine.screens, organization, id).await?.ok_or_else(unknown)
}

/// What is no id is the id of nothing.
fn named(id: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(id).map_err(|_| unknown())
}

fn unknown() -> Problem {
    Problem::new(Code::ImportUnknown, "there is no such import")
}
