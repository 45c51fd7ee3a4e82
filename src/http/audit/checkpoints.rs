//! Checkpoints of the journal: signed, and to be kept elsewhere by whoever does not want to have to believe this engine later.

use actix_web::web::Query;
use actix_web::{HttpResponse, get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::verification::may_verify;
use crate::dispatch::proof::{Checkpoint, KeyRecord};
use crate::http::Engine;
use crate::http::auth::Member;
use crate::http::page;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::query::Described;

const LIMIT: u32 = 20;
const LIMIT_MAX: u32 = 500;

/// What the whole journal was, up to a position, under the engine's signature. `docs/evidence.md` says which bytes are signed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JournalCheckpoint)]
pub(super) struct CheckpointView {
    /// They are counted from 1.
    number: u64,
    position: u64,
    /// Of everything up to there: a SHA-256.
    digest: String,
    /// Microseconds since 1970, which is what is signed.
    signed_at: i64,
    /// The public key (Ed25519).
    key: String,
    signature: String,
}

impl From<Checkpoint> for CheckpointView {
    fn from(checkpoint: Checkpoint) -> Self {
        let Checkpoint { number, position, digest, signed_at, key, signature } = checkpoint;
        let (digest, key, signature) = (digest.to_string(), key.to_string(), signature.to_string());
        Self { number, position, digest, signed_at, key, signature }
    }
}

/// A public key of this journal.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JournalKey)]
struct KeyView {
    /// They are counted from 1.
    number: u64,
    key: String,
    /// Microseconds since 1970.
    made_at: i64,
    /// The first checkpoint that is its own to sign.
    first_checkpoint: u64,
    /// The key before it, or itself: the first one, and one that took the place of a key that was lost.
    vouched_by: String,
    signature: String,
}

impl From<KeyRecord> for KeyView {
    fn from(record: KeyRecord) -> Self {
        let KeyRecord { number, key, made_at, first_checkpoint, vouched_by, signature } = record;
        let (key, vouched_by, signature) = (key.to_string(), vouched_by.to_string(), signature.to_string());
        Self { number, key, made_at, first_checkpoint, vouched_by, signature }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JournalCheckpoints)]
struct CheckpointsView {
    /// The newest first.
    checkpoints: Vec<CheckpointView>,
    /// All that ever signed here, in their order.
    keys: Vec<KeyView>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// At most so many, up to 500; 20 where it is left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// Only what comes after an earlier answer's page: its `X-Next-Cursor`, which also stands in its `Link`.
    cursor: Option<String>,
}

/// The signed checkpoints, the newest first, with the keys that they were signed with. Kept elsewhere they prove later what the journal
/// was: `karnay verify --checkpoint` compares with this very answer.
#[utoipa::path(tag = "audit", security(("token" = [])), params(Part), responses(
    (status = OK, body = CheckpointsView, headers(
        ("Link" = String, description = "The next page, where there is one"),
        ("X-Next-Cursor" = String, description = "Its cursor alone"),
    )),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = FORBIDDEN, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/audit/checkpoints")]
pub(super) async fn listed(
    engine: Engine,
    member: Member,
    request: Described,
    part: Query<Part>,
) -> Result<HttpResponse, Problem> {
    may_verify(&member.0)?;
    let limit = page::limit(part.limit.as_deref(), LIMIT_MAX)?.unwrap_or(LIMIT);
    let below = page::position(part.cursor.as_deref())?.unwrap_or(u64::MAX);
    let beyond = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
    let mut found = engine.proof.checkpoints(below, beyond).await?;
    let mut answer = HttpResponse::Ok();
    page::end(&mut found, limit, |last| last.number.to_string(), (&request.0, &mut answer));
    Ok(answer.json(shown(&engine, found).await?))
}

/// Signs everything that is recorded by now, where that is not done yet, and takes a signing key into use that was put in its place.
#[utoipa::path(tag = "audit", security(("token" = [])), responses(
    (status = OK, body = CheckpointsView, description = "The newest one; none where nothing is recorded"),
    (status = FORBIDDEN, body = ProblemBody, content_type = "application/problem+json"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/audit/checkpoints")]
pub(super) async fn sign(engine: Engine, member: Member) -> Result<HttpResponse, Problem> {
    may_verify(&member.0)?;
    let newest = engine.proof.sign().await?;
    Ok(HttpResponse::Ok().json(shown(&engine, newest.into_iter().collect()).await?))
}

async fn shown(engine: &Engine, checkpoints: Vec<Checkpoint>) -> Result<CheckpointsView, Problem> {
    let keys = engine.proof.keys().await?.into_iter().map(KeyView::from).collect();
    Ok(CheckpointsView { checkpoints: checkpoints.into_iter().map(CheckpointView::from).collect(), keys })
}
