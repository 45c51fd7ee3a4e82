//! Where the voice agent reports calls that it had only taken. Its signature is its ticket: it has no token, and belongs to nobody.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse, post};
use domain::campaign::Settings;
use domain::conversation::Path;
use domain::conversation::answer::Answer;
use domain::ids::Organization;
use domain::target::Words;
use projections::projection::Projection;
use projections::targets::{self, Referred, Targets};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::auth::Signature;
use super::edge::RequestId;
use super::problem::{Code, Problem, ProblemBody};
use super::{Engine, body, json};
use crate::dispatch::dialling::{Case, Heard, Step, Told};

/// What an answer may have.
const BODY_LEN_MAX: usize = 256 << 10;
const ACTOR: &str = "voice agent";
/// By then it is stored that the agent took a call.
const TAKEN_WITHIN: Duration = Duration::from_secs(3);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(callback);
}

/// Which call, by the name that the request gave it, or by the one that the agent gave it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Which {
    #[serde(default)]
    idempotency_key: Option<String>,
    #[serde(default)]
    call_id: Option<String>,
}

/// A report of a call, as the agent answers a call that it does not only take.
#[derive(Debug, ToSchema)]
#[schema(as = AgentReport, rename_all = "camelCase")]
#[expect(dead_code, reason = "it only names the fields to the API's document")]
struct Report {
    /// The `Idempotency-Key` of the request.
    idempotency_key: Option<String>,
    /// What the agent called the call when it took it.
    call_id: Option<String>,
    success: bool,
    outcome: Option<String>,
    summary: Option<String>,
    duration: Option<f64>,
    recording_url: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AgentReported)]
struct Reported {
    ok: bool,
    /// It had been reported before, or is of a call nobody waits for.
    duplicate: bool,
}

/// Tells the outcome of a call that the agent had answered with 202. Signed as Standard Webhooks say, with one of `WEBHOOK_SECRETS`:
/// the engine's, or those of an organization that has an agent of its own, which tells the `idempotencyKey`.
#[utoipa::path(tag = "agent", request_body(content = Report, content_type = "application/json"), responses(
    (status = OK, body = Reported),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = UNAUTHORIZED, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json", description = "No such call"),
))]
#[post("/auto-calling/agent/callback")]
async fn callback(
    engine: Engine,
    signature: Signature,
    id: RequestId,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let bytes = body::read(&request, payload, BODY_LEN_MAX).await?;
    let told = json::object(&bytes).map(Value::Object);
    let of = told.as_ref().ok().and_then(|told| told.get("idempotencyKey")?.as_str().and_then(Case::of_key));
    let agents = match &of {
        Some((case, _)) => engine.ends.of(&case.organization).await?,
        None => Arc::clone(engine.ends.house()),
    };
    signature.of_body(&engine, (&request, agents.agent_secrets.as_ref()), &bytes)?;
    let told = told?;
    let which = Which::deserialize(&told).map_err(|_| Problem::field("callId", "has to be a text"))?;
    let answer = Answer::deserialize(&told).map_err(|_| not_understood(&told))?;
    let (case, call) = find(&engine, &which).await?.ok_or_else(unknown)?;
    // The engine's secrets say nothing of calls that an organization's own agent makes.
    if of.is_none() && engine.ends.of(&case.organization).await?.agent_secrets.is_some() {
        return Err(unknown());
    }
    let changed = end(&engine, &id, (&case, call), answer).await?;
    Ok(HttpResponse::Ok().json(Reported { ok: true, duplicate: !changed }))
}

async fn end(
    engine: &Engine,
    id: &RequestId,
    (case, call): (&Case, Uuid),
    answer: Answer,
) -> Result<bool, Problem> {
    let circumstances = Arc::new(id.circumstances(&case.organization, ACTOR));
    // A campaign that is gone says nothing more: what holds for all holds.
    let campaign = engine.dispatch.campaign_now(case).await?;
    let settings = campaign.plan().map_or_else(Settings::default, |plan| plan.settings.clone());
    let terms = engine.ends.of(&case.organization).await?.campaigns.terms(&settings);
    let words = Words::from(&answer);
    let heard: Heard = Box::new(move |zone| answer.read(Path::Callback, zone));
    let step = Step { at: engine.clock.now(), circumstances };
    Ok(engine.dispatch.end_call(case, call, (&terms, &Told::new(heard, words)), &step).await?)
}

/// The name that the request gave says it all; the agent's own is looked up, as the screen knows it.
async fn find(engine: &Engine, which: &Which) -> Result<Option<(Case, Uuid)>, Problem> {
    if let Some(known) = which.idempotency_key.as_deref().and_then(Case::of_key) {
        return Ok(Some(known));
    }
    let Some(reference) = which.call_id.as_deref() else {
        return Err(Problem::field("callId", "is required where there is no idempotencyKey"));
    };
    let began = Instant::now();
    loop {
        engine.screens.wait(Targets::NAME, engine.dispatch.position(), engine.options.read_wait).await;
        match targets::of_reference(&engine.screens, reference).await? {
            Referred::One(row) => {
                let organization = Organization::parse(&row.organization).ok();
                return Ok(organization.zip(row.call).map(|(organization, call)| {
                    (Case { organization, campaign: row.campaign, contact: row.contact }, call)
                }));
            }
            Referred::Several => return Err(ambiguous()),
            Referred::Nobody => {}
        }
        // The agent may be faster than its own 202 is stored.
        if began.elapsed() >= TAKEN_WITHIN {
            return Ok(None);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Nothing else can be wrong with an answer: whatever another field holds that cannot be read was not said.
fn not_understood(told: &Value) -> Problem {
    match told.get("success") {
        None => Problem::field("success", "is required"),
        Some(_) => Problem::field("success", "has to be true or false"),
    }
}

fn ambiguous() -> Problem {
    Problem::field("callId", "is the name of more than one call that goes on: tell the idempotencyKey")
}

fn unknown() -> Problem {
    Problem::new(Code::CallUnknown, "nobody asked for such a call")
}
