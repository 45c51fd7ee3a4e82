//! The exchange that is watched: its calls as they go on and as they were, and the watch itself. Nothing here controls a call.
//! Whose exchange it is, its events say: to other organizations there is none.
#![expect(unused_qualifications, reason = "utoipa names the types of parameters in full")]

mod asked;
mod listening;
mod view;
mod watch;

use actix_web::web::{Path, Query};
use actix_web::{HttpResponse, get};
use domain::disclosure::{Kind, Way};
use domain::ids::{Organization, PbxCallId};
use projections::pbx_calls::{self, PbxCallRow, PbxCalls};
use projections::projection::Projection;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::auth::Calls;
use super::disclosing::{PBX_CALLS, Reading};
use super::problem::{Code, Problem, ProblemBody};
use super::query::Described;
use super::sessions::{self, Fresh};
use super::{Engine, history, page};
use asked::Asked;
pub(super) use asked::DIRECTIONS;
pub(super) use view::{CallView, direction, state};

const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 1_000;
/// An exchange has no more lines than this.
const ACTIVE_MAX: u32 = 1_000;

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    // What goes on is no call's name.
    routes.service(list).service(active).service(listening::recording).service(one);
    routes.service(watch::status).service(watch::sync);
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Part {
    /// At most so many, up to 1,000; 100 where it is left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1_000)]
    limit: Option<String>,
    /// Only what comes after an earlier answer's page: its `X-Next-Cursor`, which also stands in its `Link`.
    cursor: Option<String>,
}

/// The calls of the exchange, those that began last first.
#[utoipa::path(tag = "kerio", security((), ("token" = [])), params(Asked, Part, Fresh), responses(
    (status = OK, body = Vec<CallView<'_>>, headers(
        ("Link" = String, description = "The next page, where there is one"),
        ("X-Next-Cursor" = String, description = "Its cursor alone"),
    )),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/kerio/calls")]
async fn list(
    engine: Engine,
    caller: Calls,
    (reading, request): (Reading, Described),
    asked: Query<Asked>,
    part: Query<Part>,
    fresh: Query<Fresh>,
) -> Result<HttpResponse, Problem> {
    let limit = page::limit(part.limit.as_deref(), LIMIT_MAX)?.unwrap_or(LIMIT);
    let (below, filter) = (history::place(part.cursor.as_deref())?, asked.filter(&engine)?);
    let mut answer = sessions::shown(fresh.wait(&engine, PbxCalls::NAME).await);
    let (organization, part) = (&caller.0.organization, (below, limit + 1));
    let mut rows = pbx_calls::history(&engine.screens, organization, &filter, part).await?;
    page::end(&mut rows, limit, |last| history::cursor(last.place()), (&request.0, &mut answer));
    reading.lists(&engine, &caller.0, &rows, (Kind::Export, PBX_CALLS)).await?;
    let views: Vec<CallView<'_>> = rows.iter().map(CallView::new).collect();
    sessions::json(answer, &views)
}

/// The calls that go on, those that began last first. They have no `status` yet.
#[utoipa::path(tag = "kerio", security((), ("token" = [])), params(Fresh), responses((status = OK, body = Vec<CallView<'_>>)))]
#[get("/kerio/calls/active")]
async fn active(
    engine: Engine,
    caller: Calls,
    reading: Reading,
    _: Described,
    fresh: Query<Fresh>,
) -> Result<HttpResponse, Problem> {
    let answer = sessions::shown(fresh.wait(&engine, PbxCalls::NAME).await);
    let rows = pbx_calls::live(&engine.screens, &caller.0.organization, ACTIVE_MAX).await?;
    reading.lists(&engine, &caller.0, &rows, (Kind::Export, PBX_CALLS)).await?;
    let views: Vec<CallView<'_>> = rows.iter().map(CallView::new).collect();
    sessions::json(answer, &views)
}

/// One call by its `callId` or its `id`.
#[utoipa::path(tag = "kerio", security((), ("token" = [])), params(Fresh), responses(
    (status = OK, body = CallView<'_>),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/kerio/calls/{callId}")]
async fn one(
    engine: Engine,
    caller: Calls,
    reading: Reading,
    call: Path<String>,
    fresh: Query<Fresh>,
) -> Result<HttpResponse, Problem> {
    let answer = sessions::shown(fresh.wait(&engine, PbxCalls::NAME).await);
    let row = find(&engine, &caller.0.organization, &call).await?;
    if !row.is_forgotten() {
        reading.discloses(&engine, &caller.0, (Way::Shown, Kind::PbxCall, &row.call)).await?;
    }
    sessions::json(answer, &CallView::new(&row))
}

/// What is a name at the exchange may look like one of our ids.
async fn find(engine: &Engine, organization: &Organization, name: &str) -> Result<PbxCallRow, Problem> {
    let unknown = || Problem::new(Code::CallUnknown, "the exchange had no such call");
    let call = PbxCallId::parse(name).map_err(|_| unknown())?;
    if let Some(found) = pbx_calls::find(&engine.screens, organization, &call).await? {
        return Ok(found);
    }
    let id = Uuid::parse_str(name).map_err(|_| unknown())?;
    pbx_calls::find_by_id(&engine.screens, organization, id).await?.ok_or_else(unknown)
}
