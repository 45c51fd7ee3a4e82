//! Contacts: somebody to be called, created, changed, looked for and removed. Their numbers are theirs alone within an organization.
//! How a body is understood is `contacts/form.rs`'s.
#![expect(unused_qualifications, reason = "utoipa names the types of parameters in full")]

mod explain;
mod export;
mod forget;
mod form;

use actix_web::http::StatusCode;
use actix_web::web::{Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use domain::access::Role;
use domain::contact::{Contact, Status};
use domain::disclosure::{Kind, Way};
use domain::ids::StreamId;
use projections::contact_book::{self, ContactBook, ContactRow, Filter};
use projections::projection::Projection;
use projections::targets::Targets;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::Engine;
use super::as_of::{self, AsOf};
use super::auth::{Caller, Member};
use super::disclosing::{CONTACTS, Reading};
use super::edge::{self, RequestId};
use super::language::Texts;
use super::pages::{self, Pages};
use super::problem::{Code, Problem, ProblemBody};
use super::query::{self, Described};
use super::removed::Removed;
use super::repeat::{Key, Named};
use super::sessions::{self, Fresh};
use super::times::Stamp;
use super::versions::{self, IfMatch};
use crate::dispatch::Meta;
use crate::dispatch::contacts::Asked;
use crate::dispatch::seen::Version;
use form::{Changes, New};

const LIST: u32 = 50;
const LIST_MAX: u32 = 1_000;

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes
        .service(create)
        .service(list)
        .service(export::file)
        .service(explain::explain)
        .service(one)
        .service(change)
        .service(remove)
        .service(forget::forget);
}

/// Somebody who may be called.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Contact)]
pub(super) struct ContactView<'a> {
    id: Uuid,
    organization_id: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    /// E.164.
    phone: &'a str,
    /// `1990-01-15`
    #[schema(format = Date)]
    date_of_birth: Option<&'a str>,
    /// Any JSON, as it was given.
    #[schema(value_type = Option<Object>)]
    custom_data: Option<Box<RawValue>>,
    notes: Option<&'a str>,
    is_called: bool,
    #[schema(value_type = form::StatusName)]
    status: &'static str,
    status_description: &'static str,
    last_conversation_outcome: Option<&'a str>,
    /// Where the person lives, where that is known: `Asia/Tashkent`.
    timezone: Option<&'a str>,
    /// Present where the person was forgotten: nothing is known of them any more, and nobody changes the contact.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    forgotten: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Stamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Stamp,
}

impl<'a> ContactView<'a> {
    pub(super) fn new(row: &'a ContactRow, texts: Texts) -> Self {
        let custom = row.custom_data.as_ref();
        Self {
            id: row.id,
            organization_id: &row.organization,
            first_name: &row.first_name,
            last_name: &row.last_name,
            phone: &row.phone,
            date_of_birth: row.date_of_birth.as_deref(),
            custom_data: custom.and_then(|json| RawValue::from_string(json.clone()).ok()),
            notes: row.notes.as_deref(),
            is_called: row.is_called > 0,
            status: row.status.as_str(),
            status_description: row.status.description(texts.language),
            last_conversation_outcome: row.last_outcome.as_deref(),
            timezone: row.zone.as_deref(),
            forgotten: row.is_forgotten(),
            created_at: Stamp(row.created_at),
            updated_at: Stamp(row.updated_at),
        }
    }
}

/// A page of contacts.
#[derive(Debug, Serialize, ToSchema)]
struct ContactPage<'a> {
    data: Vec<ContactView<'a>>,
    meta: pages::Meta,
}

/// Creates a contact. Its number must be nobody else's.
#[utoipa::path(tag = "contacts", security(("token" = [])), params(Texts, Key),
    request_body(content = form::Contact, content_type = "application/json"),
    responses(
        (status = CREATED, body = ContactView<'_>, headers(("ETag" = String, description = "Its version, for `If-Match`"))),
        (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
        (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json", description = "`contactId` has the number"),
    ))]
#[post("/auto-calling/contacts")]
async fn create(
    engine: Engine,
    member: Member,
    id: RequestId,
    texts: Texts,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let caller = member.0;
    caller.require(Role::Operator)?;
    let New { details, status, whole } = form::new(&engine, &request, payload).await?;
    let named = Named::begin(&engine, &caller.organization, &request, &whole).await?;
    let mut asked = asked(&engine, &caller, &id, named.makes(&engine, &caller.organization));
    asked.meta.command.clone_from(&named.command);
    let version = if named.earlier.is_some() {
        versions::of::<Contact>(&engine, &StreamId::contact(&asked.organization, asked.contact)).await?
    } else {
        engine.dispatch.create_contact(&asked, details, status).await?.version()
    };
    shown(&engine, &asked, version, texts, StatusCode::CREATED).await
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Sought {
    /// `ACTIVE`, `INACTIVE`, `COMPLETED` or `DO_NOT_CALL`.
    status: Option<String>,
    /// A part of the name, or of the number's digits.
    q: Option<String>,
    /// `true`: a call to it was begun; `false`: none was.
    #[serde(rename = "isCalled")]
    #[param(rename = "isCalled", value_type = Option<bool>)]
    is_called: Option<String>,
    /// The upload that it came with.
    #[serde(rename = "importId")]
    #[param(rename = "importId", value_type = Option<Uuid>)]
    import_id: Option<String>,
    /// A campaign that it is in.
    #[param(value_type = Option<Uuid>)]
    campaign: Option<String>,
}

impl Sought {
    fn filter(&self) -> Result<Filter, Problem> {
        let status = self.status.as_deref().map(status).transpose()?;
        let told = [("true", true), ("false", false)];
        Ok(Filter {
            status,
            text: self.q.clone().filter(|q| !q.trim().is_empty()),
            is_called: query::one_of("isCalled", self.is_called.as_deref(), &told)?,
            import: query::id("importId", self.import_id.as_deref())?,
            campaign: query::id("campaign", self.campaign.as_deref())?,
        })
    }

    /// Who is in a campaign, another screen knows.
    fn screens(&self) -> &'static [&'static str] {
        if self.campaign.is_some() { &[ContactBook::NAME, Targets::NAME] } else { &[ContactBook::NAME] }
    }
}

/// The organization's contacts, the newest first. A parameter that is not described is refused: a filter that is misspelt would
/// show everybody, and the documents give clients of this list no others.
#[utoipa::path(tag = "contacts", security(("token" = [])), params(Sought, Pages, Fresh, Texts), responses(
    (status = OK, body = ContactPage<'_>),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/auto-calling/contacts")]
async fn list(
    engine: Engine,
    member: Member,
    sought: Query<Sought>,
    pages: Query<Pages>,
    fresh: Query<Fresh>,
    texts: Texts,
    (reading, request): (Reading, Described),
) -> Result<HttpResponse, Problem> {
    let filter = sought.filter()?;
    let place = pages.place(LIST, LIST_MAX)?;
    let fresh = fresh.wait_for(&engine, sought.screens()).await;
    let organization = &member.0.organization;
    let mut rows =
        contact_book::list(&engine.screens, organization, &filter, (place.at, place.limit + 1)).await?;
    let total = contact_book::count(&engine.screens, organization, &filter).await?;
    let next = place.cut(&mut rows, |row| row.position);
    reading.lists(&engine, &member.0, &rows, (Kind::Export, CONTACTS)).await?;
    let data = rows.iter().map(|row| ContactView::new(row, texts)).collect();
    let answer = place.answer(&request.0, sessions::shown(fresh), next);
    sessions::json(answer, &ContactPage { data, meta: place.meta(total, next) })
}

/// One contact.
#[utoipa::path(tag = "contacts", security(("token" = [])), params(Fresh, AsOf, Texts), responses(
    (status = OK, body = ContactView<'_>, headers(("ETag" = String, description = "Its version, for `If-Match`"))),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/auto-calling/contacts/{id}")]
async fn one(
    engine: Engine,
    member: Member,
    reading: Reading,
    id: Path<String>,
    fresh: Query<Fresh>,
    as_of: Query<AsOf>,
    texts: Texts,
) -> Result<HttpResponse, Problem> {
    let (organization, contact) = (&member.0.organization, named(&id)?);
    if let Some(then) = as_of.moment(&engine).await? {
        fresh.wait(&engine, Targets::NAME).await;
        let row = as_of::contact(&engine, organization, contact, (then.position, unknown())).await?;
        looks(&engine, &member.0, &reading, &row).await?;
        return sessions::json(then.shown(), &ContactView::new(&row, texts));
    }
    let fresh = fresh.wait(&engine, ContactBook::NAME).await;
    let row = contact_book::find(&engine.screens, organization, contact).await?.ok_or_else(unknown)?;
    looks(&engine, &member.0, &reading, &row).await?;
    let mut answer = sessions::shown(fresh);
    let stream = StreamId::contact(organization, contact);
    versions::shown::<Contact>(&engine, &stream, fresh, &mut answer).await?;
    sessions::json(answer, &ContactView::new(&row, texts))
}

/// Of somebody who was forgotten nobody is shown anything.
async fn looks(engine: &Engine, caller: &Caller, reading: &Reading, row: &ContactRow) -> Result<(), Problem> {
    if row.is_forgotten() {
        return Ok(());
    }
    reading.discloses(engine, caller, (Way::Shown, Kind::Contact, &row.id.to_string())).await
}

/// Changes what is sent, and nothing else. Null empties a field that may be empty.
#[utoipa::path(tag = "contacts", security(("token" = [])), params(Texts, IfMatch),
    request_body(content = form::ContactChanges, content_type = "application/json"),
    responses(
        (status = OK, body = ContactView<'_>, headers(("ETag" = String, description = "Its version, for `If-Match`"))),
        (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
        (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json", description = "`contactId` has the number"),
    ))]
#[patch("/auto-calling/contacts/{id}")]
async fn change(
    engine: Engine,
    member: Member,
    id: RequestId,
    contact: Path<String>,
    texts: Texts,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let caller = member.0;
    caller.require(Role::Operator)?;
    let version = versions::Asked::of(&request)?;
    let changes: Changes = form::changes(&engine, &request, payload).await?;
    let asked = asked(&engine, &caller, &id, named(&contact)?);
    let stored = engine.dispatch.change_contact(&asked, &version.0, |known| changes.of(known)).await;
    let stored = stored.map_err(|why| version.told(why))?;
    shown(&engine, &asked, stored.version(), texts, StatusCode::OK).await
}

/// Removes a contact. Its number is free again; that it may not be called stays with the number.
#[utoipa::path(tag = "contacts", security(("token" = [])), params(IfMatch), responses(
    (status = OK, body = Removed),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[delete("/auto-calling/contacts/{id}")]
async fn remove(
    engine: Engine,
    member: Member,
    id: RequestId,
    contact: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let caller = member.0;
    caller.require(Role::Operator)?;
    let version = versions::Asked::of(&request)?;
    let asked = asked(&engine, &caller, &id, named(&contact)?);
    let removed = engine.dispatch.remove_contact(&asked, &version.0).await;
    let position = removed.map_err(|why| version.told(why))?;
    Ok(Removed::answer(asked.contact, position))
}

fn asked(engine: &Engine, caller: &Caller, id: &RequestId, contact: Uuid) -> Asked {
    let circumstances = id.circumstances(&caller.organization, &caller.actor);
    Asked {
        organization: caller.organization.clone(),
        contact,
        at: engine.clock.now(),
        meta: Meta { circumstances: std::sync::Arc::new(circumstances), command: None },
    }
}

/// What was stored, as the screen shows it.
async fn shown(
    engine: &Engine,
    asked: &Asked,
    version: Version,
    texts: Texts,
    status: StatusCode,
) -> Result<HttpResponse, Problem> {
    let fresh = Fresh::since(version.position).wait(engine, ContactBook::NAME).await;
    if fresh.behind > 0 {
        return Err(Problem::new(Code::ScreensBehind, "the contact is stored, but not shown yet"));
    }
    let row = contact_book::find(&engine.screens, &asked.organization, asked.contact).await?;
    let row = row.ok_or_else(unknown)?;
    let mut answer = sessions::shown(fresh);
    answer.status(status).insert_header((edge::POSITION, version.position));
    versions::made(&mut answer, version.number);
    sessions::json(answer, &ContactView::new(&row, texts))
}

fn status(text: &str) -> Result<Status, Problem> {
    let known = Status::ALL.map(Status::as_str).join(", ");
    Status::parse(text).ok_or_else(|| Problem::parameter("status", format!("is none of {known}")))
}

/// What is no id is the id of nothing.
fn named(id: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(id).map_err(|_| unknown())
}

fn unknown() -> Problem {
    Problem::new(Code::ContactUnknown, "there is no such contact")
}
