//! An organization's users, for its admins: who there is, and what becomes of them. Passwords come in and never go out.

use std::sync::Arc;

use actix_web::web::{Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse, get, patch, post};
use domain::access::Role;
use domain::ids::{StreamId, UserName};
use domain::user::{Change, Command, Error, Standing, User};
use projections::projection::Projection;
use projections::users::{self, UserRow, Users};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::auth::Admin;
use super::edge::{self, RequestId};
use super::fields::{Fields, needed};
use super::page::{self, Paged};
use super::problem::{Problem, ProblemBody};
use super::query::Described;
use super::repeat::{Key, Named};
use super::sessions::{self, Fresh};
use super::times::Stamp;
use super::versions::{self, IfMatch};
use super::{Engine, sign_in};
use crate::dispatch::{Done, Meta};

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(list).service(create).service(one).service(change);
}

/// A user as commands leave them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
struct UserView<'a> {
    id: Uuid,
    name: &'a str,
    #[schema(value_type = RoleName)]
    role: &'static str,
    disabled: bool,
}

/// The same as the list shows it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UserInFull)]
struct RowView<'a> {
    #[serde(flatten)]
    user: UserView<'a>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Stamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    disabled_at: Option<Stamp>,
    #[schema(value_type = String, format = DateTime)]
    password_set_at: Stamp,
    /// When the user signed in last.
    #[schema(value_type = Option<String>, format = DateTime)]
    signed_in_at: Option<Stamp>,
}

impl<'a> RowView<'a> {
    fn new(row: &'a UserRow) -> Self {
        let disabled = row.disabled_at.is_some();
        Self {
            user: UserView { id: row.id, name: &row.name, role: row.role.as_str(), disabled },
            created_at: Stamp(row.created_at),
            disabled_at: row.disabled_at.map(Stamp),
            password_set_at: Stamp(row.password_set_at),
            signed_in_at: row.signed_in_at.map(Stamp),
        }
    }
}

/// The organization's users, the first that were created first.
#[utoipa::path(tag = "users", security(("token" = [])), params(Paged, Fresh), responses(
    (status = OK, body = Vec<RowView<'_>>, headers(
        ("Link" = String, description = "The next page, where there is one"),
        ("X-Next-Cursor" = String, description = "Its cursor alone"),
    )),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/users")]
async fn list(
    engine: Engine,
    admin: Admin,
    request: Described,
    paged: Query<Paged>,
    fresh: Query<Fresh>,
) -> Result<HttpResponse, Problem> {
    let (limit, after) = paged.read()?;
    let mut answer = sessions::shown(fresh.wait(&engine, Users::NAME).await);
    let mut rows = users::list(&engine.screens, &admin.0.organization, after, limit + 1).await?;
    page::end(&mut rows, limit, |last| last.position.to_string(), (&request.0, &mut answer));
    sessions::json(answer, &rows.iter().map(RowView::new).collect::<Vec<_>>())
}

/// One user.
#[utoipa::path(tag = "users", security(("token" = [])), responses(
    (status = OK, body = UserView<'_>, headers(("ETag" = String, description = "Its version, for `If-Match`"))),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/users/{name}")]
async fn one(
    engine: Engine,
    admin: Admin,
    id: RequestId,
    path: Path<String>,
    _: Described,
) -> Result<HttpResponse, Problem> {
    let name = UserName::parse(&path).map_err(|_| Error::Unknown)?;
    let done = tell(&engine, &admin, &id, &name, Command::Look).await?;
    answer(HttpResponse::Ok(), &name, &done)
}

/// Creates a user who may sign in at once.
#[utoipa::path(tag = "users", security(("token" = [])), params(Key), request_body = NewUser, responses(
    (status = CREATED, body = UserView<'_>, headers(("ETag" = String, description = "Its version, for `If-Match`"))),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/users")]
async fn create(
    engine: Engine,
    admin: Admin,
    id: RequestId,
    sent: (HttpRequest, Payload),
) -> Result<HttpResponse, Problem> {
    let request = sent.0.clone();
    let mut said = Fields::small(sent).await?;
    let password = said.secret("password")?;
    // All but the password: no trace of it is kept that could be tried against.
    let whole = said.whole();
    let name = needed("name", said.text("name", UserName::LEN_MAX)?.told())?;
    let name = UserName::parse(&name).map_err(|why| Problem::field("name", shape(&why)))?;
    let role = needed("role", role(&mut said)?)?;
    let password = needed("password", password)?;
    let named = Named::begin(&engine, &admin.0.organization, &request, &whole).await?;
    if named.earlier.is_some() {
        let done = tell(&engine, &admin, &id, &name, Command::Look).await?;
        return answer(HttpResponse::Created(), &name, &done);
    }
    let password = sign_in::hashed(&engine, password).await?;
    let (user, at) = (engine.ids.uuid(), engine.clock.now());
    let command = Command::Create { id: user, name: name.clone(), role, password, at };
    let (stream, meta) = addressed(&admin, &id, &name);
    let meta = Meta { command: named.command.clone(), ..meta };
    let done = engine.dispatch.user(stream, command, meta).await?;
    answer(HttpResponse::Created(), &name, &done)
}

/// Gives a user another role or password, or keeps them from signing in. What is left out stays. Whoever is disabled, or has a
/// new password, is signed out everywhere. A user who signs in has another version, too.
#[utoipa::path(tag = "users", security(("token" = [])), params(IfMatch), request_body = ChangedUser, responses(
    (status = OK, body = UserView<'_>, headers(("ETag" = String, description = "Its version, for `If-Match`"))),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[patch("/users/{name}")]
async fn change(
    engine: Engine,
    admin: Admin,
    id: RequestId,
    path: Path<String>,
    sent: (HttpRequest, Payload),
) -> Result<HttpResponse, Problem> {
    let name = UserName::parse(&path).map_err(|_| Error::Unknown)?;
    let version = versions::Asked::of(&sent.0)?;
    let mut said = Fields::small(sent).await?;
    let role = role(&mut said)?;
    let standing = said
        .yes_or_no("disabled")?
        .map(|disabled| if disabled { Standing::Disabled } else { Standing::Enabled });
    let password = match said.secret("password")? {
        Some(chosen) => Some(sign_in::hashed(&engine, chosen).await?),
        None => None,
    };
    let change = Change { role, standing, password };
    let command = Command::Change { change, at: engine.clock.now() };
    let (stream, meta) = addressed(&admin, &id, &name);
    let done = engine.dispatch.user_as((stream, version.0.clone()), command, meta).await;
    answer(HttpResponse::Ok(), &name, &done.map_err(|why| version.told(why))?)
}

async fn tell(
    engine: &Engine,
    admin: &Admin,
    id: &RequestId,
    name: &UserName,
    command: Command,
) -> Result<Done<User>, Problem> {
    let (stream, meta) = addressed(admin, id, name);
    Ok(engine.dispatch.user(stream, command, meta).await?)
}

fn addressed(admin: &Admin, id: &RequestId, name: &UserName) -> (StreamId, Meta) {
    let organization = &admin.0.organization;
    let circumstances = Arc::new(id.circumstances(organization, &admin.0.actor));
    (StreamId::user(organization, name), Meta { circumstances, command: None })
}

fn answer(
    mut answer: actix_web::HttpResponseBuilder,
    name: &UserName,
    done: &Done<User>,
) -> Result<HttpResponse, Problem> {
    let account = done.state.account().ok_or(Error::Unknown)?;
    let (role, disabled) = (account.role.as_str(), account.standing == Standing::Disabled);
    let view = UserView { id: account.id, name: name.as_str(), role, disabled };
    versions::made(&mut answer, done.version);
    Ok(answer.insert_header((edge::POSITION, done.position)).json(view))
}

/// The role that a body names.
pub(super) fn role(said: &mut Fields) -> Result<Option<Role>, Problem> {
    const LEN_MAX: usize = 20;
    let parse = |text: String| {
        let known = Role::ALL.map(Role::as_str).join(", ");
        Role::parse(&text).ok_or_else(|| Problem::field("role", format!("is none of {known}")))
    };
    said.text("role", LEN_MAX)?.told().map(parse).transpose()
}

/// The same sentence without its subject, which the problem gives it.
fn shape(why: &domain::ids::BadName) -> String {
    why.to_string().split_once(' ').map_or_else(String::new, |(_, rest)| rest.to_owned())
}

#[derive(Debug, ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it only names the values to the API's document")]
pub(super) enum RoleName {
    Auditor,
    Operator,
    Manager,
    Admin,
}

#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it only describes the body to the API's document")]
struct NewUser {
    /// In small letters; it is not changed later.
    #[schema(max_length = 64)]
    name: String,
    role: RoleName,
    #[schema(min_length = 10, format = Password)]
    password: String,
}

#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it only describes the body to the API's document")]
struct ChangedUser {
    role: Option<RoleName>,
    disabled: Option<bool>,
    #[schema(min_length = 10, format = Password)]
    password: Option<String>,
}
