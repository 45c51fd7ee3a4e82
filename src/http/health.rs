//! How the engine is: for load balancers, for Prometheus and for those who look after it.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Json;
use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Engine;
use super::auth::{Admin, Calls};
use super::problem::{Code, Problem, ProblemBody};
use super::vitals::Status;

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(live).service(ready).service(prometheus).service(status);
}

#[derive(Debug, Serialize, ToSchema)]
struct Well {
    status: &'static str,
    /// What somebody should see to all the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<String>,
}

/// Whether the process answers at all.
#[utoipa::path(tag = "engine", responses((status = OK, body = Well)))]
#[get("/health/live")]
async fn live() -> Json<Well> {
    Json(Well { status: "ok", warnings: vec![] })
}

/// Whether it can serve: 503 with every reason why not.
#[utoipa::path(tag = "engine", responses(
    (status = OK, body = Well),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/health/ready")]
async fn ready(engine: Engine) -> Result<Json<Well>, Problem> {
    match engine.vitals.ready().await {
        Ok(()) => Ok(Json(Well { status: "ok", warnings: engine.vitals.warnings() })),
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
