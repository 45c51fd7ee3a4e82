//! How the engine is: for load balancers, for Prometheus and for those who look after it.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Json;
use actix_web::{HttpResponse, get, post};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Engine;
use super::auth::{Admin, Calls};
use super::problem::{Code, Problem, ProblemBody};
use super::vitals::Status;

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(live).service(ready).service(prometheus).service(status).service(confirm);
}

#[derive(Debug, Serialize, ToSchema)]
struct Well {
    status: &'static str,
}

/// Whether the process answers at all.
#[utoipa::path(tag = "engine", responses((status = OK, body = Well)))]
#[get("/health/live")]
async fn live() -> Json<Well> {
    Json(Well { status: "ok" })
}

/// Whether it can serve: 503 with every reason why not.
#[utoipa::path(tag = "engine", responses(
    (status = OK, body = Well),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/health/ready")]
async fn ready(engine: Engine) -> Result<Json<Well>, Problem> {
    match engine.vitals.ready().await {
        Ok(()) => Ok(Json(Well { status: "ok" })),
        Err(reasons) => Err(Problem::new(Code::NotReady, reasons.join("; ")).with("reasons", reasons)),
    }
}

/// Metrics as Prometheus reads them.
#[utoipa::path(tag = "engine", security((), ("token" = [])), responses(
    (status = OK, content_type = "text/plain", body = String),
    (status = UNAUTHORIZED, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/metrics")]
async fn prometheus(engine: Engine, _: Calls) -> HttpResponse {
    engine.vitals.status().await.gauge();
    let text = (engine.metrics)();
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")).body(text)
}

/// What became of a confirmation.
#[derive(Debug, Serialize, ToSchema)]
struct Confirmed {
    /// False where no restore waited for it.
    confirmed: bool,
}

/// Confirms that a journal which was restored from a backup may ring people again. Campaigns that it paused are started one by one.
#[utoipa::path(tag = "engine", security(("token" = [])), responses(
    (status = OK, body = Confirmed),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/restore/confirm")]
async fn confirm(engine: Engine, admin: Admin) -> Result<Json<Confirmed>, Problem> {
    let confirmed = engine.vitals.confirm_restore(&admin.0.actor).await?;
    if confirmed {
        tracing::warn!(by = admin.0.actor, "a restore was confirmed: people may be rung again");
    }
    Ok(Json(Confirmed { confirmed }))
}

/// The engine at one glance.
#[utoipa::path(tag = "engine", security(("token" = [])), responses(
    (status = OK, body = Status),
    (status = UNAUTHORIZED, body = ProblemBody, content_type = "application/problem+json"),
    (status = FORBIDDEN, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/status")]
async fn status(engine: Engine, _: Admin) -> Json<Status> {
    Json(engine.vitals.status().await)
}
