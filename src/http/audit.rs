//! What was recorded of anything, event by event, with who caused it and where it came from: for those who ask what happened.
//! Operators are not among them. Which streams tell of a thing is `audit/object.rs`'s, in which words is `audit/words.rs`'s,
//! what led to a call is `audit/chain.rs`'s, and what proves it to others is `audit/evidence.rs`'s.
#![expect(unused_qualifications, reason = "utoipa names the types of parameters in full")]

mod chain;
mod checkpoints;
mod evidence;
mod object;
mod reading;
mod story;
mod verification;
mod words;

use actix_web::web::{Path, Query};
use actix_web::{HttpResponse, get};
use domain::access::Role;
use domain::disclosure::Way;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::auth::{Caller, Member, Refusal};
use super::disclosing::Reading;
use super::language::Texts;
use super::problem::{Problem, ProblemBody};
use super::query::Described;
use super::sessions::{self, Fresh};
use super::times::Stamp;
use super::{Engine, page};
use crate::dispatch::audit::Entry;
use chain::Link;
use object::Asking;
pub(crate) use reading::call_of;
pub(super) use story::{Played, story};
pub(crate) use words::Teller;

const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 500;

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(evidence::evidence).service(recorded);
    routes.service(verification::state).service(verification::begin);
    routes.service(checkpoints::listed).service(checkpoints::sign);
}

/// Everything that was recorded of one thing, or a page of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Audit)]
struct AuditView {
    kind: &'static str,
    id: String,
    /// In the order of the journal; what was asked for with `with` comes after it, stream by stream.
    events: Vec<EventView>,
    /// What led to it, the nearest first, as far as that was recorded. On the first page alone.
    chain: Vec<Link>,
}

/// An event as it was recorded.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditEvent)]
struct EventView {
    /// Its place in the journal.
    position: u64,
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Stamp,
    /// When it happened, as the far end said.
    #[schema(value_type = String, format = DateTime)]
    occurred_at: Stamp,
    #[schema(example = "call")]
    kind: String,
    #[schema(example = "reported")]
    r#type: String,
    version: String,
    stream: String,
    /// Its place in its stream.
    sequence: u64,
    /// A user, a key, a policy or the webhook.
    actor: String,
    /// The request that all of this began with; empty where none did.
    correlation: String,
    /// The event or effect that led here directly; empty where that is the request itself.
    causation: String,
    /// A sentence for people, in the language that was asked for.
    words: String,
    /// As it is stored, in the journal's own names. Hashes are masked; what belongs to a person who was forgotten is null.
    #[schema(value_type = Object)]
    data: Value,
}

impl EventView {
    fn new(entry: Entry, teller: Teller) -> Self {
        Self {
            words: teller.entry(&entry),
            position: entry.position,
            recorded_at: Stamp(entry.recorded_at),
            occurred_at: Stamp(entry.occurred_at),
            kind: entry.kind,
            r#type: entry.event_type,
            version: entry.event_version,
            stream: entry.stream,
            sequence: entry.sequence,
            actor: entry.circumstances.actor,
            correlation: entry.circumstances.correlation,
            causation: entry.circumstances.causation,
            data: entry.data,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Part {
    /// At most so many, up to 500; 100 where it is left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// Only what comes after an earlier answer's page: its `X-Next-Cursor`, which also stands in its `Link`.
    cursor: Option<String>,
    /// `calls` of a session, `targets` of a campaign: the events beneath it as well, stream by stream.
    with: Option<String>,
}

/// What was recorded of a `session`, `call`, `campaign`, `contact`, `list`, `import`, `user`, `key`, `pbx-call`, `number`, `quarantine`,
/// `denied`, `webhook-endpoint`, `settings` (of the `organization`) or `export`: every event with its time, who caused it and what it says, in words and as it is stored. A session goes by its `sessionId`
/// or its `id`, a call by the `id` of its result in the history, a user by name, a call of the exchange by its `callId` or its `id`, a
/// number by its `numberId` in `GET /auto-calling/do-not-call/check`, what is exported or listed by its name: `calls`, `contacts`,
/// `promises`, `do-not-call`, `quarantine`, `pbx-calls`, `events` or `live`. Who was refused goes by the day (UTC), `2026-11-21`, and is for
/// auditors and admins alone.
#[utoipa::path(tag = "audit", security(("token" = [])), params(Part, Fresh, Texts), responses(
    (status = OK, body = AuditView, headers(
        ("Link" = String, description = "The next page, where there is one"),
        ("X-Next-Cursor" = String, description = "Its cursor alone"),
    )),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = FORBIDDEN, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/audit/{kind}/{id}")]
async fn recorded(
    engine: Engine,
    member: Member,
    (request, looking): (Described, Reading),
    named: Path<(String, String)>,
    part: Query<Part>,
    fresh: Query<Fresh>,
    texts: Texts,
) -> Result<HttpResponse, Problem> {
    let (caller, (kind, id)) = (member.0, named.into_inner());
    may_audit(&caller)?;
    let (kind, limit) =
        (object::kind(&kind)?, page::limit(part.limit.as_deref(), LIMIT_MAX)?.unwrap_or(LIMIT));
    let cursor = reading::cursor(part.cursor.as_deref())?;
    let (object, shown) =
        Asking::new(&engine, &caller, &fresh).object(kind, &id, part.with.as_deref()).await?;
    let read = reading::page(&engine, &object, cursor.as_ref(), limit).await?;
    if read.entries.iter().any(|entry| entry.personal) {
        let (kind, name) = object.seen();
        looking.discloses(&engine, &caller, (Way::Shown, kind, name)).await?;
    }
    let teller = Teller { language: texts.language, zone: engine.options.timezone };
    let chain = match cursor {
        None => chain::of(&engine, &caller.organization, teller, object.subject).await?,
        Some(_) => vec![],
    };
    let mut answer = sessions::shown(shown);
    if let Some(next) = read.next {
        page::next(&request.0, &next.to_string(), &mut answer);
    }
    let events = read.entries.into_iter().map(|entry| EventView::new(entry, teller)).collect();
    sessions::json(answer, &AuditView { kind: kind.as_str(), id, events, chain })
}

/// Auditors look at everything and operators only at what they work with: this is no ladder of roles.
pub(super) fn may_audit(caller: &Caller) -> Result<(), Refusal> {
    match caller.role {
        Role::Auditor | Role::Manager | Role::Admin => Ok(()),
        Role::Operator => Err(Refusal::RoleTooLow { needed: "auditor, manager or admin" }),
    }
}
