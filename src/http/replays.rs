//! What was recorded of a session, a campaign or a call, played again into the sockets of a namespace of its own: for training and disputes.
//! It is steered here and watched there. Nothing is recorded but who looked, and nobody is rung. Replays are this node's, and are gone with it.

mod asked;
mod door;
mod hall;
mod pace;
mod player;
mod reel;
mod stand;
mod view;

use std::sync::Arc;

use actix_web::web::{Path, Payload};
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use domain::disclosure::Way;
use domain::ids::Organization;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::Engine;
use super::audit;
use super::auth::{Caller, Member};
use super::disclosing::Reading;
use super::fields::Fields;
use super::problem::{Problem, ProblemBody};
use super::query::Described;
use asked::{OrderBody, WishBody};
use stand::{End, Replay};
use view::ReplayView;

pub(super) use door::{Namespace, revoke};
pub use hall::Limits;
pub(super) use hall::Replays;
pub(crate) use pace::{Pace, SPEED_MAX};

/// Where they are watched.
pub(super) const NAMESPACE: &str = "/replay";

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(begin).service(list).service(one).service(steer).service(stop);
}

/// Has a session, a campaign or a call played again: clients of the namespace `/replay` that name its id in `auth.replay` are told the same
/// pushes as those who watched when it happened, with `replay: true` and the time of then in `at`. It is played at once, whoever watches,
/// and ends at its end, or when nobody has watched for a minute. That it was asked for is recorded as looking at it, as watching it is.
#[utoipa::path(tag = "replays", security(("token" = [])), request_body = OrderBody, responses(
    (status = ACCEPTED, body = ReplayView<'_>),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = FORBIDDEN, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/replays")]
async fn begin(
    engine: Engine,
    member: Member,
    looking: Reading,
    sent: (HttpRequest, Payload),
) -> Result<HttpResponse, Problem> {
    audit::may_audit(&member.0)?;
    let order = asked::order(&engine, &member.0, Fields::small(sent).await?).await?;
    looking.discloses(&engine, &member.0, (Way::Listed, order.played.kind, &order.played.name)).await?;
    let replay = engine.replays.begin(order, engine.clock.now())?;
    player::start(&engine, &replay);
    Ok(HttpResponse::Accepted().json(replay.shown(engine.clock.now())))
}

/// The organization's replays on this node, in the order in which they were begun: those that are played, and the last ones that ended by
/// themselves.
#[utoipa::path(tag = "replays", security(("token" = [])), responses(
    (status = OK, body = Vec<ReplayView<'_>>),
    (status = FORBIDDEN, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/replays")]
async fn list(engine: Engine, member: Member, _: Described) -> Result<HttpResponse, Problem> {
    audit::may_audit(&member.0)?;
    let (ours, now) = (engine.replays.of(&member.0.organization), engine.clock.now());
    let shown: Vec<ReplayView<'_>> = ours.iter().map(|replay| replay.shown(now)).collect();
    Ok(HttpResponse::Ok().json(shown))
}

/// How a replay stands.
#[utoipa::path(tag = "replays", security(("token" = [])), responses(
    (status = OK, body = ReplayView<'_>),
    (status = FORBIDDEN, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/replays/{id}")]
async fn one(engine: Engine, member: Member, id: Path<String>) -> Result<HttpResponse, Problem> {
    let replay = found(&engine, &member.0, &id)?;
    Ok(HttpResponse::Ok().json(replay.shown(engine.clock.now())))
}

/// Makes a replay faster or slower, has it stand still or go on, or go on elsewhere, for all who watch it. What was not told when the answer
/// is given is told in the new way.
#[utoipa::path(tag = "replays", security(("token" = [])), request_body = WishBody, responses(
    (status = OK, body = ReplayView<'_>),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = FORBIDDEN, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json"),
))]
#[patch("/replays/{id}")]
async fn steer(
    engine: Engine,
    member: Member,
    id: Path<String>,
    sent: (HttpRequest, Payload),
) -> Result<HttpResponse, Problem> {
    let replay = found(&engine, &member.0, &id)?;
    let wish = asked::wish(&engine, &replay, Fields::small(sent).await?).await?;
    if !replay.steer(&wish, engine.clock.now()) {
        return Err(door::over());
    }
    Ok(HttpResponse::Ok().json(replay.shown(engine.clock.now())))
}

/// Stops a replay and forgets it.
#[utoipa::path(tag = "replays", security(("token" = [])), responses(
    (status = NO_CONTENT),
    (status = FORBIDDEN, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[delete("/replays/{id}")]
async fn stop(engine: Engine, member: Member, id: Path<String>) -> Result<HttpResponse, Problem> {
    let replay = found(&engine, &member.0, &id)?;
    replay.end(End::Stopped, engine.clock.now());
    engine.replays.forget(&replay);
    Ok(HttpResponse::NoContent().finish())
}

fn found(engine: &Engine, caller: &Caller, id: &str) -> Result<Arc<Replay>, Problem> {
    audit::may_audit(caller)?;
    let organization: &Organization = &caller.organization;
    engine.replays.find(organization, Uuid::parse_str(id).ok())
}
