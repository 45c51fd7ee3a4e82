//! How far readers of the feed have come, each under a name of its own: kept for them beside the journal, moved when they say so.

use actix_web::web::{Path, Payload};
use actix_web::{HttpRequest, HttpResponse, delete, get, put};
use domain::cursor::{self, Cursor, Move};
use domain::fact::Position;
use domain::ids::CursorName;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Engine;
use super::feed::Reader;
use super::fields::{Fields, needed};
use super::problem::{Problem, ProblemBody};
use super::query::Described;
use super::times::Stamp;

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(list).service(one).service(set).service(remove);
}

/// How far a reader has come.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Cursor)]
struct CursorView {
    #[schema(value_type = String, example = "warehouse")]
    name: CursorName,
    /// Where its reader goes on: everything before it was read.
    #[schema(value_type = u64)]
    position: Position,
    /// Positions from there to the journal's end.
    behind: u64,
    #[schema(value_type = String, format = DateTime)]
    moved_at: Stamp,
}

impl CursorView {
    fn new(engine: &Engine, cursor: Cursor) -> Self {
        let behind = engine.dispatch.head().saturating_add(1).saturating_sub(cursor.position);
        Self { name: cursor.name, position: cursor.position, behind, moved_at: Stamp(cursor.moved_at) }
    }
}

/// Where a reader wants its cursor.
#[derive(Debug, ToSchema)]
#[schema(as = CursorMove)]
#[expect(dead_code, reason = "it only describes the body to the API's document")]
struct MoveBody {
    /// Where to go on: the `X-Next-Position` of what was read and kept.
    #[schema(minimum = 1)]
    position: u64,
    /// Only where the cursor stands there; one that is not there yet stands at 1.
    expected: Option<u64>,
    /// Also back. Without it a cursor only goes forward.
    force: Option<bool>,
}

/// The organization's cursors, by name.
#[utoipa::path(tag = "events", security(("token" = [])), responses(
    (status = OK, body = Vec<CursorView>),
    (status = FORBIDDEN, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/cursors")]
async fn list(engine: Engine, reader: Reader, _: Described) -> Result<HttpResponse, Problem> {
    let known = engine.dispatch.cursors(&reader.caller().organization).await?;
    let shown: Vec<CursorView> = known.into_iter().map(|cursor| CursorView::new(&engine, cursor)).collect();
    Ok(HttpResponse::Ok().json(shown))
}

/// One cursor.
#[utoipa::path(tag = "events", security(("token" = [])), responses(
    (status = OK, body = CursorView),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/cursors/{name}")]
async fn one(
    engine: Engine,
    reader: Reader,
    _: Described,
    name: Path<String>,
) -> Result<HttpResponse, Problem> {
    let name = named(&name)?;
    let known = engine.dispatch.cursor(&reader.caller().organization, &name).await?;
    let cursor = known.ok_or(cursor::Error::Unknown)?;
    Ok(HttpResponse::Ok().json(CursorView::new(&engine, cursor)))
}

/// Moves a cursor forward, or makes it. It survives whatever happens to the engine; an organization has at most 100.
#[utoipa::path(tag = "events", security(("token" = [])), request_body = MoveBody, responses(
    (status = OK, body = CursorView),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[put("/cursors/{name}")]
async fn set(
    engine: Engine,
    reader: Reader,
    name: Path<String>,
    sent: (HttpRequest, Payload),
) -> Result<HttpResponse, Problem> {
    let name = named(&name)?;
    let mut said = Fields::small(sent).await?;
    let to = needed("position", said.number("position")?)?;
    let (expected, force) = (said.number("expected")?, said.yes_or_no("force")?.unwrap_or(false));
    said.end(&[])?;
    let wanted = Move { to, expected, force };
    let whose = (&reader.caller().organization, &name);
    let moved = engine.dispatch.move_cursor(whose, wanted, engine.clock.now()).await?;
    Ok(HttpResponse::Ok().json(CursorView::new(&engine, moved)))
}

/// Forgets a cursor.
#[utoipa::path(tag = "events", security(("token" = [])), responses(
    (status = NO_CONTENT),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[delete("/cursors/{name}")]
async fn remove(engine: Engine, reader: Reader, name: Path<String>) -> Result<HttpResponse, Problem> {
    engine.dispatch.drop_cursor(&reader.caller().organization, &named(&name)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn named(text: &str) -> Result<CursorName, Problem> {
    CursorName::parse(text).map_err(|why| Problem::parameter("name", why))
}
