//! Looking after the screens: how each stands, building one anew, and what to do with streams that one could not follow.

use actix_web::web::{Json, Path};
use actix_web::{HttpResponse, get, post};
use domain::ids::{Organization, StreamId};
use projections::registry::Parked;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Engine;
use super::auth::Admin;
use super::problem::{Code, Problem, ProblemBody};
use super::query::Described;
use super::times::Stamp;
use super::vitals::{ParkedStream, Projection, Replayed};

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(list).service(rebuild).service(parked_streams).service(replay).service(discard);
}

/// A stream that a screen no longer follows.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ParkedView {
    kind: String,
    stream: String,
    first_position: u64,
    reason: String,
    #[schema(value_type = String, format = DateTime)]
    at: Stamp,
}

/// A rebuild that has begun.
#[derive(Debug, Serialize, ToSchema)]
struct Accepted {
    name: String,
    /// The generation that will be shown when it is done.
    generation: i64,
}

impl From<Parked> for ParkedView {
    fn from(parked: Parked) -> Self {
        let Parked { kind, stream, first_position, reason, at, .. } = parked;
        Self { kind, stream, first_position, reason, at: Stamp(at) }
    }
}

/// Every screen's generations: which is shown, which is being built, and how far each has come.
#[utoipa::path(tag = "projections", security(("token" = [])), responses((status = OK, body = Vec<Projection>)))]
#[get("/projections")]
async fn list(engine: Engine, _: Admin) -> Json<Vec<Projection>> {
    Json(engine.vitals.status().await.projections)
}

/// Builds a screen anew beside the live one; `GET /projections` shows its progress.
#[utoipa::path(tag = "projections", security(("token" = [])), responses(
    (status = ACCEPTED, body = Accepted),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/projections/{name}/rebuild")]
async fn rebuild(engine: Engine, admin: Admin, name: Path<String>) -> Result<HttpResponse, Problem> {
    let generation = engine.vitals.rebuild(&name).await?;
    tracing::info!(screen = name.as_str(), generation, by = admin.0.actor, "a rebuild was asked for");
    Ok(HttpResponse::Accepted().json(Accepted { name: name.into_inner(), generation }))
}

/// The organization's streams that a screen could not follow, the longest parked first.
#[utoipa::path(tag = "projections", security(("token" = [])), responses(
    (status = OK, body = Vec<ParkedView>),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/projections/{name}/parked")]
async fn parked_streams(
    engine: Engine,
    admin: Admin,
    _: Described,
    name: Path<String>,
) -> Result<Json<Vec<ParkedView>>, Problem> {
    let parked = engine.screens.parked(&name).await?;
    let theirs = parked.into_iter().filter(|parked| is_theirs(&engine, &admin, &parked.stream));
    Ok(Json(theirs.map(ParkedView::from).collect()))
}

/// Takes up a parked stream again. The stream's slashes are written `%2F`.
#[utoipa::path(tag = "projections", security(("token" = [])), responses(
    (status = OK, body = Replayed),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/projections/{name}/parked/{stream}/replay")]
async fn replay(
    engine: Engine,
    admin: Admin,
    path: Path<(String, String)>,
) -> Result<Json<Replayed>, Problem> {
    let (name, stream) = path.into_inner();
    let kind = kind(&engine, &admin, &name, &stream).await?;
    let parked = ParkedStream { projection: &name, kind: &kind, stream: &stream };
    let replayed = engine.vitals.replay(parked).await?;
    tracing::info!(screen = name, stream, by = admin.0.actor, "a parked stream was replayed");
    Ok(Json(replayed))
}

/// Gives up the events of a parked stream; later ones are followed again.
#[utoipa::path(tag = "projections", security(("token" = [])), responses(
    (status = NO_CONTENT),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/projections/{name}/parked/{stream}/discard")]
async fn discard(
    engine: Engine,
    admin: Admin,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (name, stream) = path.into_inner();
    let kind = kind(&engine, &admin, &name, &stream).await?;
    engine.vitals.discard(ParkedStream { projection: &name, kind: &kind, stream: &stream }).await?;
    tracing::warn!(screen = name, stream, by = admin.0.actor, "a parked stream was discarded");
    Ok(HttpResponse::NoContent().finish())
}

/// A stream's name says whose it is. What is nobody's own, as a remote host's is, the default organization looks after.
fn is_theirs(engine: &Engine, admin: &Admin, stream: &str) -> bool {
    let owner = Organization::parse(StreamId::stored(stream.to_owned()).organization());
    admin.0.organization == owner.unwrap_or_else(|_| engine.options.organization.clone())
}

/// A stream's name says all but its kind, and parked streams are few. Another organization's does not exist.
async fn kind(engine: &Engine, admin: &Admin, name: &str, stream: &str) -> Result<String, Problem> {
    let parked = engine.screens.parked(name).await?;
    let found = parked.into_iter().find(|parked| parked.stream == stream);
    found.filter(|parked| is_theirs(engine, admin, &parked.stream)).map(|parked| parked.kind).ok_or_else(
        || Problem::new(Code::StreamNotParked, "the screen follows that stream, or it does not exist"),
    )
}
