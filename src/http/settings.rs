//! What the engine was told at its start, for whoever runs it: read only, since settings are read once. Secrets are told to be set or not.

mod own;

use actix_web::get;
use actix_web::web::Json;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Engine;
use super::auth::Admin;
use super::problem::{Problem, ProblemBody};
use super::query::Described;
use crate::config::{Origin, Said};

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(list);
    own::configure(routes);
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Setting)]
struct SettingView {
    name: &'static str,
    /// Null where it is a secret.
    value: Option<String>,
    is_secret: bool,
    /// Whether anybody has said it.
    is_set: bool,
    default: &'static str,
    description: &'static str,
    source: Source,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SettingSource)]
enum Source {
    Flag,
    Environment,
    /// A line of `.env`.
    File,
    Default,
}

impl From<&Said> for SettingView {
    fn from(said: &Said) -> Self {
        let Said { setting, value, origin } = said;
        Self {
            name: setting.name,
            value: value.clone(),
            is_secret: setting.secret,
            is_set: *origin != Origin::Default,
            default: setting.default,
            description: setting.help,
            source: match origin {
                Origin::Flag => Source::Flag,
                Origin::Environment => Source::Environment,
                Origin::File(_) => Source::File,
                Origin::Default => Source::Default,
            },
        }
    }
}

/// The settings that this engine runs with, each with where it was said. For admins of its own organization (`DEFAULT_ORGANIZATION`).
#[utoipa::path(tag = "settings", security(("token" = [])), responses(
    (status = OK, body = Vec<SettingView>),
    (status = FORBIDDEN, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/settings")]
async fn list(engine: Engine, admin: Admin, _: Described) -> Result<Json<Vec<SettingView>>, Problem> {
    admin.of_the_house(&engine, "the engine's settings are for its own organization's admins")?;
    Ok(Json(engine.options.settings.iter().map(SettingView::from).collect()))
}
