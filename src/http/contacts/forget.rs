//! Forgetting the person behind a contact: said once, carried out everywhere, and waited for a while.

use std::time::Duration;

use actix_web::web::{Path, Query};
use actix_web::{HttpResponse, delete};
use domain::contact::REASON_LEN_MAX;
use domain::ids::Fingerprint;
use domain::phone::masked;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{asked, named};
use crate::http::Engine;
use crate::http::auth::Admin;
use crate::http::edge::{self, RequestId};
use crate::http::problem::{Problem, ProblemBody};
use crate::http::times::Stamp;

/// Whoever asked is told by then how far it is.
const WAIT: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
const LEFT: &[&str] = &[
    "what a voice agent, an exchange or whoever exported keeps is theirs to remove, and so is what a call server keeps beside the recordings that its reports name",
    "backups made before this still hold it: docs/personal-data.md says what to do with them",
];
const LEFT_BEHIND: &str = "the journal that was moved from DATA_DIR to the database still lies there, beside moved.json, and still holds it: it is a backup, to be \
                           removed as backups are";

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Why {
    /// Kept in clear for as long as the journal: it must not name a person. Telephone numbers in it are masked.
    #[param(max_length = 500)]
    reason: Option<String>,
    /// Fingerprints of numbers with commas between, as `karnay forgotten export` writes them: they are forgotten too, and so is a contact
    /// that is not there. For a journal that was restored from a backup and knows less than was said since.
    numbers: Option<String>,
}

/// How far it is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ForgottenContact)]
struct ForgottenView {
    id: Uuid,
    forgotten: bool,
    /// Whether every place is rewritten. Asking again tells how far it is, and does nothing twice.
    done: bool,
    /// When it was asked for first.
    #[schema(value_type = String, format = DateTime)]
    at: Stamp,
    /// Numbers of the contact that were forgotten; one that is another contact's by now is not among them.
    numbers: usize,
    /// Whether there was anything here of the contact or of its numbers, when this was asked first. A list that is kept beside backups may
    /// name somebody whom the backup never knew.
    known: bool,
    /// Contacts that have one of the given `numbers` here: it is theirs, and is forgotten with them.
    others: Vec<Uuid>,
    /// What is out of the engine's reach.
    left: Vec<&'static str>,
}

/// Forgets the person: the keys are destroyed that everything was sealed with, screens, lists and recordings lose what they show of
/// them, and the contact is INACTIVE for ever. Counts stay, and so does that the number asked not to be called. 202 says that it is still
/// under way; asking again tells how far it is.
#[utoipa::path(tag = "contacts", security(("token" = [])), params(Why), responses(
    (status = OK, body = ForgottenView),
    (status = ACCEPTED, body = ForgottenView, description = "It is under way; ask again"),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json", description = "A call is under way; `callId` names it"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[delete("/auto-calling/contacts/{id}/personal-data")]
pub(super) async fn forget(
    engine: Engine,
    admin: Admin,
    id: RequestId,
    contact: Path<String>,
    why: Query<Why>,
) -> Result<HttpResponse, Problem> {
    let reason = why.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    if reason.is_some_and(|reason| reason.chars().count() > REASON_LEN_MAX) {
        return Err(Problem::parameter("reason", format!("is longer than {REASON_LEN_MAX} characters")));
    }
    let reason = reason.map(|reason| masked(reason, engine.options.home));
    let listed = why.numbers.as_deref().map(listed).transpose()?;
    let asked = asked(&engine, &admin.0, &id, named(&contact)?);
    let forgotten = engine.dispatch.forget_contact(&asked, listed.as_deref(), reason.as_deref()).await?;
    let until = Instant::now() + WAIT;
    let mut done = engine.dispatch.is_carried_out(&forgotten).await?;
    while !done && Instant::now() < until {
        tokio::time::sleep(LOOK_AGAIN).await;
        done = engine.dispatch.is_carried_out(&forgotten).await?;
    }
    let mut answer = if done { HttpResponse::Ok() } else { HttpResponse::Accepted() };
    answer.insert_header((edge::POSITION, forgotten.position));
    let (id, numbers, at) = (asked.contact, forgotten.numbers.len(), Stamp(forgotten.at));
    let (known, others) = (forgotten.known, forgotten.others);
    let left = LEFT.iter().copied().chain(engine.vitals.is_left_behind().then_some(LEFT_BEHIND)).collect();
    Ok(answer.json(ForgottenView { id, forgotten: true, done, at, numbers, known, others, left }))
}

fn listed(texts: &str) -> Result<Vec<Fingerprint>, Problem> {
    let all: Option<Vec<Fingerprint>> =
        texts.split(',').filter(|text| !text.is_empty()).map(Fingerprint::parse).collect();
    let expected = "has to be fingerprints of 32 hexadecimal digits with commas between";
    all.ok_or_else(|| Problem::parameter("numbers", expected))
}
