//! Campaigns started, stopped and changed. Who is called then, and when, is the dialler's business; here it is only told that they run.

use actix_web::http::StatusCode;
use actix_web::web::{Path, Payload};
use actix_web::{HttpRequest, HttpResponse, patch, post};
use domain::access::Role;
use domain::campaign::{Command, Why};
use domain::policy::tally::{Standing, Tally};
use projections::campaign_board::{CampaignBoard, CampaignRow, Status};
use projections::projection::Projection;
use serde::Serialize;
use utoipa::ToSchema;

use super::preflight::{self, Outlook};
use super::view::CampaignView;
use super::{Asked, find, form, named};
use crate::http::Engine;
use crate::http::auth::{Caller, Member};
use crate::http::edge::RequestId;
use crate::http::language::Texts;
use crate::http::problem::{Code, Problem, ProblemBody};
use crate::http::repeat::{Key, Named};
use crate::http::sessions::{self, Fresh};
use crate::http::versions::{self, IfMatch};

/// A campaign that was started, and whom that leaves out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CampaignStarted)]
struct StartedView<'a> {
    #[serde(flatten)]
    campaign: CampaignView<'a>,
    #[serde(flatten)]
    outlook: Outlook,
}

/// Begins calling everybody in it who may be called; the others are told with the reason. A stopped one goes on.
#[utoipa::path(tag = "campaigns", security(("token" = [])), params(Texts, Key), responses(
    (status = OK, body = StartedView<'_>),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json", description = "It has no contacts"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json",
        description = "It was completed, and nobody is left to be called; or its budget is used up"),
))]
#[post("/auto-calling/campaigns/{id}/start")]
pub(super) async fn start(
    engine: Engine,
    member: Member,
    id: RequestId,
    campaign: Path<String>,
    texts: Texts,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    begin(&engine, (member.0, &id, &request), &campaign, texts).await
}

/// The same as starting it.
#[utoipa::path(tag = "campaigns", security(("token" = [])), params(Texts, Key), responses(
    (status = OK, body = StartedView<'_>),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/auto-calling/campaigns/{id}/resume")]
pub(super) async fn resume(
    engine: Engine,
    member: Member,
    id: RequestId,
    campaign: Path<String>,
    texts: Texts,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    begin(&engine, (member.0, &id, &request), &campaign, texts).await
}

async fn begin(
    engine: &Engine,
    (caller, id, request): (Caller, &RequestId, &HttpRequest),
    campaign: &str,
    texts: Texts,
) -> Result<HttpResponse, Problem> {
    caller.require(Role::Manager)?;
    let campaign = named(campaign)?;
    let name = Named::begin(engine, &caller.organization, request, "").await?;
    let asked = Asked::new(engine, &caller, id).under(&name);
    let known = Fresh::since(engine.dispatch.position()).wait(engine, CampaignBoard::NAME).await;
    if known.behind > 0 {
        return Err(Problem::new(Code::ScreensBehind, "whom it has is not seen yet; nothing was started"));
    }
    let row = find(engine, &caller, campaign).await?;
    let begins = if name.earlier.is_some() { Command::Look } else { starting(engine, &row)? };
    let version = asked.say(campaign, begins).await?;
    let (row, mut answer) = asked.row(campaign, version.position).await?;
    let outlook = preflight::at_start(engine, &caller, &row).await?;
    answer.status(StatusCode::OK);
    sessions::json(answer, &StartedView { campaign: CampaignView::new(&row, texts), outlook })
}

fn starting(engine: &Engine, row: &CampaignRow) -> Result<Command, Problem> {
    affordable(row)?;
    let count = |value: i64| u32::try_from(value).unwrap_or(0);
    let (contacts, open) = (count(row.total), count(row.total - row.called));
    Ok(Command::Start { contacts, open, at: engine.clock.now() })
}

/// A campaign that the dialler would pause in the next moment, since nothing is left of its budget, is not started.
fn affordable(row: &CampaignRow) -> Result<(), Problem> {
    let open = u32::try_from(row.total - row.called).unwrap_or(0);
    let standing = Tally::counted(0, open, row.spent()).standing(&row.plans());
    match standing {
        Standing::Pauses(Why::Budget { figures }) if row.status != Status::Running => {
            Err(Problem::new(Code::CampaignSpent, format!("{figures} are used up; nothing was started")))
        }
        Standing::Pauses(_) | Standing::Goes { .. } | Standing::Waits | Standing::Completes => Ok(()),
    }
}

/// Stops calling. Calls under way finish; started again it goes on where it was.
#[utoipa::path(tag = "campaigns", security(("token" = [])), params(Texts, Key), responses(
    (status = OK, body = CampaignView<'_>),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json", description = "It does not run"),
))]
#[post("/auto-calling/campaigns/{id}/stop")]
pub(super) async fn stop(
    engine: Engine,
    member: Member,
    id: RequestId,
    campaign: Path<String>,
    texts: Texts,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    halt(&engine, (member.0, &id, &request), &campaign, texts).await
}

/// The same as stopping it.
#[utoipa::path(tag = "campaigns", security(("token" = [])), params(Texts, Key), responses(
    (status = OK, body = CampaignView<'_>),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/auto-calling/campaigns/{id}/pause")]
pub(super) async fn pause(
    engine: Engine,
    member: Member,
    id: RequestId,
    campaign: Path<String>,
    texts: Texts,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    halt(&engine, (member.0, &id, &request), &campaign, texts).await
}

async fn halt(
    engine: &Engine,
    (caller, id, request): (Caller, &RequestId, &HttpRequest),
    campaign: &str,
    texts: Texts,
) -> Result<HttpResponse, Problem> {
    caller.require(Role::Manager)?;
    let campaign = named(campaign)?;
    let name = Named::begin(engine, &caller.organization, request, "").await?;
    let halting = Command::Pause { why: Why::Asked, at: engine.clock.now() };
    let asks = if name.earlier.is_some() { Command::Look } else { halting };
    let asked = Asked::new(engine, &caller, id).under(&name);
    let version = asked.say(campaign, asks).await?;
    asked.shown(campaign, version, texts, StatusCode::OK).await
}

/// Changes what is given; its status is changed by `start` and `stop`. Of `settings` each part that is given replaces the known one, and null takes it away;
/// whoever was put off is looked at again by the new ones.
#[utoipa::path(tag = "campaigns", security(("token" = [])), params(Texts, IfMatch),
    request_body(content = form::PlanChanges, content_type = "application/json"),
    responses(
        (status = OK, body = CampaignView<'_>, headers(("ETag" = String, description = "Its version, for `If-Match`"))),
        (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    ))]
#[patch("/auto-calling/campaigns/{id}")]
pub(super) async fn change(
    engine: Engine,
    member: Member,
    id: RequestId,
    campaign: Path<String>,
    texts: Texts,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let caller = member.0;
    caller.require(Role::Manager)?;
    let (campaign, asked) = (named(&campaign)?, Asked::new(&engine, &caller, &id));
    let version = versions::Asked::of(&request)?;
    let changes = form::changes(&request, payload).await?;
    Fresh::since(engine.dispatch.position()).wait(&engine, CampaignBoard::NAME).await;
    changes.leaves(find(&engine, &caller, campaign).await?.status)?;
    let (planned, meta, at) = ((asked.stream(campaign), &version.0), asked.meta(), engine.clock.now());
    let replanned = engine.dispatch.replan(planned, &meta, at, |known| changes.over(known)).await;
    asked.shown(campaign, replanned.map_err(|why| version.told(why))??, texts, StatusCode::OK).await
}
