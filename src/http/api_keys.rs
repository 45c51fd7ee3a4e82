//! An organization's API keys, for its admins: which there are, making one, revoking one. A key's text is shown once and never again.

use std::sync::Arc;

use actix_web::web::{Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use chrono::{DateTime, TimeDelta, Utc};
use domain::access::{Scope, Scopes};
use domain::api_key::{ApiKey, Command, Error, Grant};
use domain::fact::Position;
use domain::ids::{Organization, StreamId};
use projections::api_keys::{self, ApiKeys, KeyRow};
use projections::projection::Projection;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::Engine;
use super::auth::{Admin, key_text};
use super::edge::{self, RequestId};
use super::fields::{Fields, needed};
use super::page::{self, Paged};
use super::problem::{Code, Problem, ProblemBody};
use super::query::Described;
use super::repeat::{Key, Named};
use super::sessions::{self, Fresh};
use super::sign_in::NO_STORE;
use super::times::{self, Stamp};
use super::users::{self, RoleName};
use crate::dispatch::{CommandId, Done, Meta};

const NAME_LEN_MAX: usize = 100;
const TIME_LEN_MAX: usize = 40;
/// How long a key holds where nobody says.
const HOLDS: TimeDelta = TimeDelta::days(365);
/// Nobody remembers a key that is older.
const HOLDS_MAX: TimeDelta = TimeDelta::days(3_660);

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(list).service(make).service(revoke);
}

/// A key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKey)]
struct KeyView<'a> {
    /// A key's text begins with `kn_` and this, without hyphens.
    id: Uuid,
    name: &'a str,
    #[schema(value_type = RoleName)]
    role: &'static str,
    #[schema(value_type = Vec<ScopeName>)]
    scopes: Vec<&'static str>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Stamp,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Stamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Stamp>,
}

/// A key that was made, with its text.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewApiKey)]
struct MadeView<'a> {
    #[serde(flatten)]
    known: KeyView<'a>,
    /// For `Authorization: Bearer <key>`. It is not shown again: null where this is said again under the same `Idempotency-Key`.
    #[schema(required)]
    key: Option<&'a str>,
}

impl<'a> KeyView<'a> {
    fn new(row: &'a KeyRow) -> Self {
        Self {
            id: row.id,
            name: &row.name,
            role: row.role.as_str(),
            scopes: row.scopes.iter().map(Scope::as_str).collect(),
            created_at: Stamp(row.made_at),
            expires_at: Stamp(row.expires_at),
            revoked_at: row.revoked_at.map(Stamp),
        }
    }
}

/// The organization's keys, those that were made first coming first. Revoked and expired ones stay.
#[utoipa::path(tag = "keys", security(("token" = [])), params(Paged, Fresh), responses(
    (status = OK, body = Vec<KeyView<'_>>, headers(
        ("Link" = String, description = "The next page, where there is one"),
        ("X-Next-Cursor" = String, description = "Its cursor alone"),
    )),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/keys")]
async fn list(
    engine: Engine,
    admin: Admin,
    request: Described,
    paged: Query<Paged>,
    fresh: Query<Fresh>,
) -> Result<HttpResponse, Problem> {
    let (limit, after) = paged.read()?;
    let mut answer = sessions::shown(fresh.wait(&engine, ApiKeys::NAME).await);
    let mut rows = api_keys::list(&engine.screens, &admin.0.organization, after, limit + 1).await?;
    page::end(&mut rows, limit, |last| last.position.to_string(), (&request.0, &mut answer));
    sessions::json(answer, &rows.iter().map(KeyView::new).collect::<Vec<_>>())
}

/// Makes a key. Its text is in this answer and nowhere else; where the answer did not come, revoke the key and make another.
#[utoipa::path(tag = "keys", security(("token" = [])), params(Key), request_body = NewKey, responses(
    (status = CREATED, body = MadeView<'_>),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/keys")]
async fn make(
    engine: Engine,
    admin: Admin,
    request: RequestId,
    sent: (HttpRequest, Payload),
) -> Result<HttpResponse, Problem> {
    let (asked, organization) = (sent.0.clone(), &admin.0.organization);
    let mut said = Fields::small(sent).await?;
    let whole = said.whole();
    let wanted = Wanted::read(&engine, &mut said)?;
    let named = Named::begin(&engine, organization, &asked, &whole).await?;
    if let Some(earlier) = &named.earlier {
        return again(&engine, organization, earlier.position).await;
    }
    let (id, at) = (named.makes(&engine, organization), engine.clock.now());
    let made = key_text::make(organization, id, |bytes| engine.ids.fill(bytes));
    let (text, hash) = made.ok_or_else(|| Problem::new(Code::Internal, "the key could not be made"))?;
    let Wanted { name, grant, expires_at } = wanted;
    let command = Command::Make { name: name.clone(), grant, hash, expires_at, at };
    let done = tell(&engine, &admin, &request, id, (command, named.command.clone())).await?;
    if done.repeated {
        // Another node was asked at the same time, and the text that holds is its.
        return again(&engine, organization, done.position).await;
    }
    let known = KeyView {
        id,
        name: &name,
        role: grant.role.as_str(),
        scopes: grant.scopes.iter().map(Scope::as_str).collect(),
        created_at: Stamp(at),
        expires_at: Stamp(expires_at),
        revoked_at: None,
    };
    Ok(created(done.position, &MadeView { known, key: Some(text.expose()) }))
}

/// A key that was made before, without its text.
async fn again(
    engine: &Engine,
    organization: &Organization,
    position: Position,
) -> Result<HttpResponse, Problem> {
    Fresh::since(position).wait(engine, ApiKeys::NAME).await;
    let rows = api_keys::list(&engine.screens, organization, position.saturating_sub(1), 1).await?;
    let row = rows.first().filter(|row| row.position == position);
    let unseen = || Problem::new(Code::ScreensBehind, "the key is made, but not shown yet; try again");
    Ok(created(position, &MadeView { known: KeyView::new(row.ok_or_else(unseen)?), key: None }))
}

fn created(position: Position, made: &MadeView<'_>) -> HttpResponse {
    let mut answer = HttpResponse::Created();
    answer.insert_header((edge::POSITION, position)).insert_header(NO_STORE);
    answer.json(made)
}

/// Revokes a key. The next request with it is refused.
#[utoipa::path(tag = "keys", security(("token" = [])), responses(
    (status = NO_CONTENT, description = "It opens nothing any more"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[delete("/keys/{id}")]
async fn revoke(
    engine: Engine,
    admin: Admin,
    request: RequestId,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = Uuid::parse_str(&id).map_err(|_| Error::Unknown)?;
    let command = Command::Revoke { at: engine.clock.now() };
    let done = tell(&engine, &admin, &request, id, (command, None)).await?;
    Ok(HttpResponse::NoContent().insert_header((edge::POSITION, done.position)).finish())
}

async fn tell(
    engine: &Engine,
    admin: &Admin,
    request: &RequestId,
    id: Uuid,
    (command, name): (Command, Option<CommandId>),
) -> Result<Done<ApiKey>, Problem> {
    let organization = &admin.0.organization;
    let circumstances = Arc::new(request.circumstances(organization, &admin.0.actor));
    let stream = StreamId::api_key(organization, id);
    Ok(engine.dispatch.api_key(stream, command, Meta { circumstances, command: name }).await?)
}

struct Wanted {
    name: String,
    grant: Grant,
    expires_at: DateTime<Utc>,
}

impl Wanted {
    fn read(engine: &Engine, said: &mut Fields) -> Result<Self, Problem> {
        let name = needed("name", said.text("name", NAME_LEN_MAX)?.told())?;
        let role = needed("role", users::role(said)?)?;
        let grant = Grant { role, scopes: scopes(said)? };
        Ok(Self { name, grant, expires_at: expires_at(engine, said)? })
    }
}

fn scopes(said: &mut Fields) -> Result<Scopes, Problem> {
    let known = || format!("has to name one or more of {}", Scope::ALL.map(Scope::as_str).join(", "));
    let parse = |text: String| Scope::parse(&text).ok_or_else(|| Problem::field("scopes", known()));
    let scopes: Vec<Scope> = said.texts("scopes")?.into_iter().map(parse).collect::<Result<_, _>>()?;
    let scopes = Scopes::of(&scopes);
    if scopes.is_empty() { Err(Problem::field("scopes", known())) } else { Ok(scopes) }
}

fn expires_at(engine: &Engine, said: &mut Fields) -> Result<DateTime<Utc>, Problem> {
    let now = engine.clock.now();
    let Some(text) = said.text("expiresAt", TIME_LEN_MAX)?.told() else { return Ok(now + HOLDS) };
    let time = times::parse(&text, engine.options.timezone);
    let time =
        time.ok_or_else(|| Problem::field("expiresAt", "has to be a time such as 2025-10-06T18:30:00Z"))?;
    let within = now < time && time <= now + HOLDS_MAX;
    within.then_some(time).ok_or_else(|| Problem::field("expiresAt", "has to lie within the next ten years"))
}

#[derive(Debug, ToSchema)]
#[schema(rename_all = "kebab-case")]
#[expect(dead_code, reason = "it only names the values to the API's document")]
enum ScopeName {
    Calls,
    AutoCalling,
    Webhook,
    Read,
    Admin,
}

#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it only describes the body to the API's document")]
struct NewKey {
    /// What it is for. Kept in clear for as long as the journal: it must not name a person.
    #[schema(max_length = 100)]
    name: String,
    role: RoleName,
    /// `calls`: sessions and results. `auto-calling`: contacts and campaigns. `webhook`: reporting results.
    /// `read`: only looking, at calls and auto-calling. `admin`: the house's own rooms, with the role admin.
    scopes: Vec<ScopeName>,
    /// A year from now where it is left out, ten years at most.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<String>,
}
