//! Where an organization has its events sent (Standard Webhooks): for its managers. What was sent is told in `webhooks/deliveries.rs`.
//! A secret is shown once, to whoever had it made, and never again.

mod deliveries;
mod form;

use std::sync::Arc;

use actix_web::web::{Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, delete, get, patch, post};
use domain::access::Role;
use domain::fact::Position;
use domain::ids::{Organization, StreamId};
use domain::secret::SealedSecret;
use domain::webhook_endpoint::{BOTH_SIGN_FOR, Command, Error, Sending, WebhookEndpoint};
use projections::projection::Projection;
use projections::webhook_endpoints::{self, EndpointRow, WebhookEndpoints};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::Engine;
use super::auth::{Caller, Member};
use super::edge::{self, RequestId};
use super::fields::Fields;
use super::page::{self, Paged};
use super::problem::{Code, Problem, ProblemBody};
use super::query::Described;
use super::sessions::{self, Fresh};
use super::sign_in::NO_STORE;
use super::times::Stamp;
use super::versions::{self, Asked, IfMatch};
use crate::dispatch::seen::{Seen, Version};
use crate::dispatch::webhooks::{EndpointName, new_secret};
use crate::dispatch::{Done, Meta};

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(list).service(register).service(one).service(change).service(remove).service(rotate);
    deliveries::configure(routes);
}

/// Somebody's endpoint, as its own stream tells it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookEndpoint)]
struct EndpointView<'a> {
    id: Uuid,
    url: &'a str,
    description: &'a str,
    /// Empty: every event that is offered.
    types: Vec<&'a str>,
    /// `disabled` is what the engine makes of it; `active` and `paused` are its managers'.
    #[schema(value_type = form::Status)]
    status: &'a str,
    /// Why it is disabled: `gone` where it answered 410, `failing` where it took nothing for five days.
    why: Option<&'a str>,
}

/// An endpoint with its dates.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookEndpointRow)]
struct RowView<'a> {
    #[serde(flatten)]
    known: EndpointView<'a>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Stamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Stamp,
}

/// An endpoint, and how far it has come.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookEndpointStanding)]
struct StandingView<'a> {
    #[serde(flatten)]
    row: RowView<'a>,
    /// Where sending goes on. Every wanted event before it was taken, given up, or waits.
    #[schema(value_type = u64)]
    next_position: Position,
    /// Positions from there to the journal's end.
    behind: u64,
    /// Events that wait for another try.
    waiting: usize,
    /// Since when nothing was taken; one that was resumed or moved to another address begins anew.
    #[schema(value_type = Option<String>, format = DateTime)]
    failing_since: Option<Stamp>,
}

/// An endpoint that was registered, with its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewWebhookEndpoint)]
struct RegisteredView<'a> {
    #[serde(flatten)]
    known: EndpointView<'a>,
    /// What its messages are signed with. It is not shown again.
    secret: &'a str,
}

/// A secret that takes another's place.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NewWebhookSecret)]
struct SecretView<'a> {
    /// What messages are signed with from now on. It is not shown again.
    secret: &'a str,
    /// Until then they are signed with the one before as well.
    #[schema(value_type = String, format = DateTime)]
    former_until: Stamp,
}

impl<'a> EndpointView<'a> {
    fn of(id: Uuid, done: &'a Done<WebhookEndpoint>) -> Result<Self, Problem> {
        let standing = done.state.standing().ok_or(Error::Unknown)?;
        let why = if let Sending::Disabled(why) = standing.sending { Some(why.as_str()) } else { None };
        Ok(Self {
            id,
            url: &standing.terms.url,
            description: &standing.terms.description,
            types: standing.terms.types.names().iter().map(String::as_str).collect(),
            status: standing.sending.as_str(),
            why,
        })
    }
}

impl<'a> RowView<'a> {
    fn new(row: &'a EndpointRow) -> Self {
        let known = EndpointView {
            id: row.id,
            url: &row.url,
            description: &row.description,
            types: row.types.split_whitespace().collect(),
            status: &row.status,
            why: row.why.as_deref(),
        };
        Self { known, created_at: Stamp(row.created_at), updated_at: Stamp(row.updated_at) }
    }
}

/// The organization's endpoints, those that were registered first coming first.
#[utoipa::path(tag = "webhooks", security(("token" = [])), params(Paged, Fresh), responses(
    (status = OK, body = Vec<RowView<'_>>, headers(
        ("Link" = String, description = "The next page, where there is one"),
        ("X-Next-Cursor" = String, description = "Its cursor alone"),
    )),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/webhooks/endpoints")]
async fn list(
    engine: Engine,
    member: Member,
    request: Described,
    paged: Query<Paged>,
    fresh: Query<Fresh>,
) -> Result<HttpResponse, Problem> {
    let organization = managed(&member)?;
    let (limit, after) = paged.read()?;
    let mut answer = sessions::shown(fresh.wait(&engine, WebhookEndpoints::NAME).await);
    let mut rows = webhook_endpoints::list(&engine.screens, organization, after, limit + 1).await?;
    page::end(&mut rows, limit, |last| last.position.to_string(), (&request.0, &mut answer));
    sessions::json(answer, &rows.iter().map(RowView::new).collect::<Vec<_>>())
}

/// Registers where events are sent to from now on. Its secret is in this answer and nowhere else.
///
/// Only public addresses are called, by https, and no redirect is followed; `WEBHOOK_PRIVATE_HOSTS` names others. docs/webhooks.md
/// says what is sent and how it is verified. An organization has at most 20.
#[utoipa::path(tag = "webhooks", security(("token" = [])), request_body = form::NewEndpoint, responses(
    (status = CREATED, body = RegisteredView<'_>, headers(("ETag" = String, description = "Its version, for `If-Match`"))),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/webhooks/endpoints")]
async fn register(
    engine: Engine,
    member: Member,
    request: RequestId,
    sent: (HttpRequest, Payload),
) -> Result<HttpResponse, Problem> {
    let organization = managed(&member)?;
    let terms = form::terms(&engine, Fields::small(sent).await?)?;
    Fresh::since(engine.dispatch.position()).wait(&engine, WebhookEndpoints::NAME).await;
    let beside = webhook_endpoints::count(&engine.screens, organization).await?;
    let (id, at) = (engine.ids.uuid(), engine.clock.now());
    let (secret, sealed) = made(&engine, id)?;
    let command = Command::Register { terms, secret: sealed, beside, at };
    let done = tell(&engine, &member.0, &request, (id, command)).await?;
    let view = RegisteredView { known: EndpointView::of(id, &done)?, secret: &secret };
    Ok(answered(HttpResponse::Created(), &done).insert_header(NO_STORE).json(view))
}

/// One endpoint, and how far it has come.
#[utoipa::path(tag = "webhooks", security(("token" = [])), params(Fresh), responses(
    (status = OK, body = StandingView<'_>, headers(("ETag" = String, description = "Its version, for `If-Match`"))),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/webhooks/endpoints/{id}")]
async fn one(
    engine: Engine,
    member: Member,
    request: RequestId,
    id: Path<String>,
    _: Described,
    fresh: Query<Fresh>,
) -> Result<HttpResponse, Problem> {
    let organization = managed(&member)?;
    let seen = fresh.wait(&engine, WebhookEndpoints::NAME).await;
    let mut answer = sessions::shown(seen);
    let row = known(&engine, organization, &id).await?;
    let done = tell(&engine, &member.0, &request, (row.id, Command::Look)).await?;
    let endpoint = done.state.standing().ok_or(Error::Unknown)?;
    let name = EndpointName { organization: organization.clone(), endpoint: row.id };
    let standing = engine.dispatch.webhook_standing(&name, row.position).await?;
    let view = StandingView {
        row: RowView::new(&row),
        next_position: standing.position,
        behind: engine.dispatch.head().saturating_add(1).saturating_sub(standing.position),
        waiting: standing.waiting.len(),
        failing_since: endpoint.failing_since(standing.failing_since).map(Stamp),
    };
    let version = Version { number: done.version, position: done.position };
    versions::known(version, seen, &mut answer);
    sessions::json(answer, &view)
}

/// Changes an endpoint; what is left out stays. One that is active again goes on where it stood.
#[utoipa::path(tag = "webhooks", security(("token" = [])), params(IfMatch), request_body = form::ChangedEndpoint, responses(
    (status = OK, body = EndpointView<'_>, headers(("ETag" = String, description = "Its version, for `If-Match`"))),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = PRECONDITION_FAILED, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[patch("/webhooks/endpoints/{id}")]
async fn change(
    engine: Engine,
    member: Member,
    request: RequestId,
    id: Path<String>,
    sent: (HttpRequest, Payload),
) -> Result<HttpResponse, Problem> {
    managed(&member)?;
    let (id, version) = (parsed(&id)?, Asked::of(&sent.0)?);
    let change = form::change(&engine, Fields::small(sent).await?)?;
    let command = Command::Change { change, at: engine.clock.now() };
    let done = tell_as(&engine, &member.0, &request, (id, version, command)).await?;
    Ok(answered(HttpResponse::Ok(), &done).json(EndpointView::of(id, &done)?))
}

/// Removes an endpoint: nothing is sent there any more.
#[utoipa::path(tag = "webhooks", security(("token" = [])), responses(
    (status = NO_CONTENT, description = "It is no more"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[delete("/webhooks/endpoints/{id}")]
async fn remove(
    engine: Engine,
    member: Member,
    request: RequestId,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let organization = managed(&member)?;
    let name = EndpointName { organization: organization.clone(), endpoint: parsed(&id)? };
    let command = Command::Remove { at: engine.clock.now() };
    let done = tell(&engine, &member.0, &request, (name.endpoint, command)).await?;
    engine.dispatch.webhook_forget(&name).await?;
    Ok(HttpResponse::NoContent().insert_header((edge::POSITION, done.position)).finish())
}

/// Gives an endpoint a new secret. For a day its messages are signed with the one before as well.
#[utoipa::path(tag = "webhooks", security(("token" = [])), params(IfMatch), responses(
    (status = OK, body = SecretView<'_>, headers(("ETag" = String, description = "Its version, for `If-Match`"))),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = PRECONDITION_FAILED, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/webhooks/endpoints/{id}/secret")]
async fn rotate(
    engine: Engine,
    member: Member,
    id: RequestId,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    managed(&member)?;
    let (endpoint, version, at) = (parsed(&path)?, Asked::of(&request)?, engine.clock.now());
    let (secret, sealed) = made(&engine, endpoint)?;
    let command = Command::RotateSecret { secret: sealed, at };
    let done = tell_as(&engine, &member.0, &id, (endpoint, version, command)).await?;
    let view = SecretView { secret: &secret, former_until: Stamp(at + BOTH_SIGN_FOR) };
    Ok(answered(HttpResponse::Ok(), &done).insert_header(NO_STORE).json(view))
}

/// Whose endpoints somebody manages: what is sent leaves the house.
fn managed(member: &Member) -> Result<&Organization, Problem> {
    member.0.require(Role::Manager)?;
    Ok(&member.0.organization)
}

fn parsed(id: &str) -> Result<Uuid, Problem> {
    Ok(Uuid::parse_str(id).map_err(|_| Error::Unknown)?)
}

/// An endpoint that is not removed.
async fn known(engine: &Engine, organization: &Organization, id: &str) -> Result<EndpointRow, Problem> {
    let found = webhook_endpoints::find(&engine.screens, organization, parsed(id)?).await?;
    Ok(found.ok_or(Error::Unknown)?)
}

/// A secret, and the same as it is kept.
fn made(engine: &Engine, id: Uuid) -> Result<(String, SealedSecret), Problem> {
    let secret = new_secret(|bytes| engine.ids.fill(bytes));
    let sealed = engine.dispatch.seal_webhook_secret(id, &secret);
    let sealed = sealed.ok_or_else(|| Problem::new(Code::Internal, "the secret could not be sealed"))?;
    Ok((secret, sealed))
}

fn answered(mut answer: HttpResponseBuilder, done: &Done<WebhookEndpoint>) -> HttpResponseBuilder {
    versions::made(&mut answer, done.version);
    answer.insert_header((edge::POSITION, done.position));
    answer
}

async fn tell(
    engine: &Engine,
    caller: &Caller,
    request: &RequestId,
    (id, command): (Uuid, Command),
) -> Result<Done<WebhookEndpoint>, Problem> {
    tell_as(engine, caller, request, (id, Asked(Seen::Whatever), command)).await
}

/// Only while it is the version that was asked for.
async fn tell_as(
    engine: &Engine,
    caller: &Caller,
    request: &RequestId,
    (id, version, command): (Uuid, Asked, Command),
) -> Result<Done<WebhookEndpoint>, Problem> {
    let circumstances = Arc::new(request.circumstances(&caller.organization, &caller.actor));
    let stream = StreamId::webhook_endpoint(&caller.organization, id);
    let meta = Meta { circumstances, command: None };
    let done = engine.dispatch.webhook_endpoint_as((stream, version.0.clone()), command, meta).await;
    done.map_err(|why| version.told(why))
}
