//! Signing in by itself: whoever is at this machine, where nobody else can reach the engine and `/calls` is open, needs no password.
//! Who that is, is decided at the door (`auth::Loopback`).

use std::time::Duration;

use actix_web::{HttpResponse, post};
use chrono::TimeDelta;
use domain::access::Role;

use super::{NO_STORE, SignedInView};
use crate::http::Engine;
use crate::http::auth::Loopback;
use crate::http::problem::{Code, Problem, ProblemBody};
use crate::http::times::Stamp;

/// Such a token cannot be withdrawn, so that it is short; its page asks for another one.
const HOLDS: Duration = Duration::from_hours(1);
/// As whom it acts.
const WHO: &str = "loopback";

/// Gives whoever is at this machine a token of the default organization, with the role admin.
///
/// Only while the engine listens on loopback and `/calls` is open; not through a proxy, and not for another server's page.
#[utoipa::path(tag = "auth", security((), ("token" = [])), responses(
    (status = OK, body = SignedInView<'_>),
    (status = UNAUTHORIZED, body = ProblemBody, content_type = "application/problem+json",
        description = "A user name and a password are needed: `POST /auth/login`"),
))]
#[post("/auth/open")]
pub(super) async fn open(engine: Engine, _: Loopback) -> Result<HttpResponse, Problem> {
    let (organization, role) = (engine.options.organization.as_str(), Role::Admin.as_str());
    let token = engine.signer.sign(WHO, organization, role, HOLDS);
    let token = token.map_err(|why| Problem::new(Code::Internal, "see the log").because(why))?;
    let lasts = TimeDelta::from_std(HOLDS).unwrap_or_default();
    let view = SignedInView {
        token: &token,
        expires_at: Stamp(engine.clock.now() + lasts),
        username: WHO,
        role,
        organization_id: organization,
    };
    Ok(HttpResponse::Ok().insert_header(NO_STORE).json(view))
}
