//! What became of events that were sent, having them sent again, and a message that tries a receiver out.

#![expect(unused_qualifications, reason = "utoipa names the types of parameters in full")]

use actix_web::web::{Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse, get, post};
use domain::fact::Position;
use domain::policy::delivering::{self, Verdict};
use domain::webhook_endpoint::{Command, Error};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{known, managed, parsed, tell};
use crate::dispatch::webhooks::{Delivery, EndpointName, Part, State, shown};
use crate::http::Engine;
use crate::http::auth::Member;
use crate::http::edge::RequestId;
use crate::http::fields::{Fields, needed};
use crate::http::page::{self, Paged};
use crate::http::problem::{Code, Problem, ProblemBody};
use crate::http::query::{self, Described};
use crate::http::sessions;
use crate::http::times::Stamp;

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(list).service(retry).service(replay).service(test);
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// `waiting` for another try, `delivered`, or `dead`: given up.
    state: Option<String>,
}

/// An event on its way to an endpoint, with what came of the last try.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookDelivery)]
struct DeliveryView<'a> {
    /// The event's place in the journal.
    #[schema(value_type = u64)]
    position: Position,
    /// The `webhook-id` that it is sent with, however often.
    id: &'a str,
    #[schema(example = "call.reported")]
    r#type: &'a str,
    #[schema(example = "delivered")]
    state: &'static str,
    tries: u32,
    /// When the next try is due, where it waits. Behind an event of its stream that waits it is not tried sooner than that.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Stamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    tried_at: Option<Stamp>,
    /// The answer's status; null where there was none.
    status: Option<u16>,
    /// How long the last try took.
    took_ms: Option<u32>,
    /// How the answer begins, or why there was none. Telephone numbers are masked.
    answer: Option<&'a str>,
}

impl<'a> DeliveryView<'a> {
    fn new(one: &'a Delivery) -> Self {
        let tried = one.tried.as_ref();
        Self {
            position: one.position,
            id: &one.message,
            r#type: &one.event_type,
            state: one.state.as_str(),
            tries: one.tries,
            due_at: (one.state == State::Waiting).then_some(Stamp(one.due_at)),
            tried_at: tried.map(|tried| Stamp(tried.at)),
            status: tried.and_then(|tried| tried.status),
            took_ms: tried.map(|tried| tried.took_ms),
            answer: tried.map(|tried| tried.answer.as_str()),
        }
    }
}

/// What became of the events that an endpoint was sent, the newest events first. Kept for `WEBHOOK_LOG_DAYS`.
#[utoipa::path(tag = "webhooks", security(("token" = [])), params(Which, Paged), responses(
    (status = OK, body = Vec<DeliveryView<'_>>, headers(
        ("Link" = String, description = "The next page, where there is one"),
        ("X-Next-Cursor" = String, description = "Its cursor alone"),
    )),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/webhooks/endpoints/{id}/deliveries")]
async fn list(
    engine: Engine,
    member: Member,
    request: Described,
    id: Path<String>,
    which: Query<Which>,
    paged: Query<Paged>,
) -> Result<HttpResponse, Problem> {
    let name = named(&engine, &member, &id).await?.0;
    let state =
        query::one_of("state", which.state.as_deref(), &State::ALL.map(|state| (state.as_str(), state)))?;
    let (limit, before) = paged.read()?;
    let before = if before == 0 { Position::MAX } else { before };
    let mut rows = engine.dispatch.webhook_log(Part { name, state, before, limit: limit + 1 }).await?;
    let mut answer = HttpResponse::Ok();
    page::end(&mut rows, limit, |last| last.position.to_string(), (&request.0, &mut answer));
    sessions::json(answer, &rows.iter().map(DeliveryView::new).collect::<Vec<_>>())
}

/// Has one event sent again at once, whatever became of it, and under the same id.
///
/// Where the endpoint is paused or disabled it waits until that is active again.
#[utoipa::path(tag = "webhooks", security(("token" = [])), responses(
    (status = ACCEPTED, description = "It is tried as soon as the events of its stream before it are settled"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/webhooks/endpoints/{id}/deliveries/{position}/retry")]
async fn retry(
    engine: Engine,
    member: Member,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (id, position) = path.into_inner();
    let name = named(&engine, &member, &id).await?.0;
    let unknown = || Problem::new(Code::DeliveryUnknown, "the log of the endpoint has no such event");
    let position = position.parse().map_err(|_| unknown())?;
    let found = engine.dispatch.webhook_retry(&name, (position, engine.clock.now())).await?;
    if found { Ok(HttpResponse::Accepted().finish()) } else { Err(unknown()) }
}

/// What came of a message that tried a receiver out.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookTest)]
struct TestView {
    /// Whether it was taken.
    delivered: bool,
    /// The answer's status; null where there was none.
    status: Option<u16>,
    took_ms: u32,
    /// How the answer begins, or why there was none. Telephone numbers are masked.
    answer: String,
}

/// Sends an endpoint a message of the type `webhook.test`, signed like all others, and says what came of it. Nothing is retried or kept.
#[utoipa::path(tag = "webhooks", security(("token" = [])), responses(
    (status = OK, body = TestView),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/webhooks/endpoints/{id}/test")]
async fn test(
    engine: Engine,
    member: Member,
    request: RequestId,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    managed(&member)?;
    let (id, at) = (parsed(&id)?, engine.clock.now());
    let done = tell(&engine, &member.0, &request, (id, Command::Look)).await?;
    let standing = done.state.standing().ok_or(Error::Unknown)?;
    let letter = engine.dispatch.webhook_trial(id, standing, (engine.ids.uuid(), at));
    let letter = letter.ok_or_else(|| Problem::new(Code::Internal, "the endpoint's secret does not open"))?;
    let receipt = engine.receivers.hand_over(&standing.terms.url, letter).await;
    Ok(HttpResponse::Ok().json(TestView {
        delivered: delivering::judge(receipt.status) == Verdict::Taken,
        status: receipt.status,
        took_ms: u32::try_from(receipt.took.as_millis()).unwrap_or(u32::MAX),
        answer: shown(&receipt.answer, engine.options.home),
    }))
}

#[derive(Debug, ToSchema)]
#[schema(as = WebhookReplay)]
#[expect(dead_code, reason = "it only describes the body to the API's document")]
struct ReplayBody {
    /// The first position whose event is sent again.
    #[schema(minimum = 1)]
    from: u64,
}

/// Has everything that an endpoint wants sent again from a position on, under the same ids.
///
/// The position may also lie before the registration, or ahead: then what lies between is not sent. Where the endpoint is paused or
/// disabled nothing is sent before it is active again.
#[utoipa::path(tag = "webhooks", security(("token" = [])), request_body = ReplayBody, responses(
    (status = ACCEPTED, description = "It goes on from there"),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/webhooks/endpoints/{id}/replay")]
async fn replay(
    engine: Engine,
    member: Member,
    id: Path<String>,
    sent: (HttpRequest, Payload),
) -> Result<HttpResponse, Problem> {
    let (name, registered) = named(&engine, &member, &id).await?;
    let mut said = Fields::small(sent).await?;
    let from = needed("from", said.number("from")?)?;
    said.end(&[])?;
    if from < 1 || !engine.dispatch.reaches(from).await? {
        return Err(Problem::field("from", "has to lie between 1 and the journal's end"));
    }
    let now = engine.clock.now();
    // So that there is a place to be moved.
    engine.dispatch.webhook_begin(&name, (registered, now)).await?;
    engine.dispatch.webhook_rewind(&name, (from, now)).await?;
    Ok(HttpResponse::Accepted().finish())
}

/// An endpoint that is somebody's to look at, and where it was registered.
async fn named(engine: &Engine, member: &Member, id: &str) -> Result<(EndpointName, Position), Problem> {
    let organization = managed(member)?;
    let row = known(engine, organization, id).await?;
    Ok((EndpointName { organization: organization.clone(), endpoint: row.id }, row.position))
}
