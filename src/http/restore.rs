//! What a journal that was restored from a backup waits for: that whoever was forgotten is forgotten again, and the word that people may
//! be rung. Both are the house's, for a restore is everybody's.

use actix_web::web::{Json, Payload};
use actix_web::{HttpRequest, post};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Engine;
use super::auth::Admin;
use super::fields::Fields;
use super::problem::{Problem, ProblemBody};

const HOUSE_ONLY: &str = "a restore is everybody's: it is for the engine's own organization's admins";

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(applied).service(confirm);
}

/// What became of the word that a list was applied.
#[derive(Debug, Serialize, ToSchema)]
struct Noted {
    /// False where no restore waited for it.
    noted: bool,
}

/// How a restore is confirmed.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it only describes the body to the API's document")]
struct Confirming {
    /// Nobody was forgotten since the backup was taken, so that no list has to be applied.
    nobody_was_forgotten: Option<bool>,
}

/// What became of a confirmation.
#[derive(Debug, Serialize, ToSchema)]
struct Confirmed {
    /// False where no restore waited for it.
    confirmed: bool,
}

/// Says that a list of those who were forgotten was applied to a restored journal, all of it: `karnay forgotten apply` does at its end.
/// For admins of the engine's own organization (`DEFAULT_ORGANIZATION`).
#[utoipa::path(tag = "engine", security(("token" = [])), responses(
    (status = OK, body = Noted),
    (status = FORBIDDEN, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/restore/forgotten")]
async fn applied(engine: Engine, admin: Admin) -> Result<Json<Noted>, Problem> {
    admin.of_the_house(&engine, HOUSE_ONLY)?;
    let noted = engine.vitals.forgotten_applied(&admin.0.actor).await?;
    if noted {
        tracing::warn!(
            by = admin.0.actor,
            "a list of those who were forgotten was applied since the restore"
        );
    }
    Ok(Json(Noted { noted }))
}

/// Confirms that a journal which was restored from a backup may ring people again. Campaigns that it paused are started one by one. Before
/// that a list of those who were forgotten is to be applied, for a backup brings them back; or somebody says that nobody was. For admins
/// of the engine's own organization (`DEFAULT_ORGANIZATION`).
#[utoipa::path(tag = "engine", security(("token" = [])), request_body = Option<Confirming>, responses(
    (status = OK, body = Confirmed),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = FORBIDDEN, body = ProblemBody, content_type = "application/problem+json"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/restore/confirm")]
async fn confirm(
    engine: Engine,
    admin: Admin,
    sent: (HttpRequest, Payload),
) -> Result<Json<Confirmed>, Problem> {
    admin.of_the_house(&engine, HOUSE_ONLY)?;
    let mut said = Fields::small(sent).await?;
    let nobody = said.yes_or_no("nobodyWasForgotten")?.unwrap_or(false);
    said.end(&[])?;
    let confirmed = engine.vitals.confirm_restore(&admin.0.actor, nobody).await?;
    if confirmed {
        tracing::warn!(by = admin.0.actor, nobody, "a restore was confirmed: people may be rung again");
    }
    Ok(Json(Confirmed { confirmed }))
}
