//! What an organization sets for itself, for its admins: a call server, a voice agent and rules of its own, under the names that the
//! engine's settings have. A secret comes in and never goes out; what cannot be used is not taken in.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, get, patch};
use domain::ids::{Organization, StreamId};
use domain::settings::{Changes, Command, Settings, Value};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::config::{Setting, own};
use crate::dispatch::Meta;
use crate::http::auth::Admin;
use crate::http::edge::{self, RequestId};
use crate::http::fields::{Fields, Said};
use crate::http::problem::{Code, Problem, ProblemBody};
use crate::http::query::Described;
use crate::http::versions::{self, IfMatch};
use crate::http::{Engine, sessions};

/// Keys are the longest of them.
const VALUE_LEN_MAX: usize = 16_384;
const BODY_LEN_MAX: usize = 64 << 10;

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(list).service(change);
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OwnSetting)]
struct OwnView<'a> {
    name: &'static str,
    /// Null where it is not set, and where it is a secret.
    value: Option<&'a str>,
    is_secret: bool,
    /// Whether the organization has set it.
    is_set: bool,
    /// What holds where the far end is the organization's own and nothing is said of this.
    default: &'static str,
    description: &'static str,
}

impl<'a> OwnView<'a> {
    fn of(setting: &'static Setting, settings: &'a Settings) -> Self {
        let known = settings.values().get(setting.name);
        Self {
            name: setting.name,
            value: match known {
                Some(Value::Clear(text)) => Some(text),
                Some(Value::Sealed(_)) | None => None,
            },
            is_secret: setting.secret,
            is_set: known.is_some(),
            default: setting.default,
            description: setting.help,
        }
    }
}

/// What the organization has set for itself, and what else it could: its call server, its voice agent, its rules.
///
/// Without `REMOTE_HOST` its lists are dialled where the engine's own are, and without `AGENT_URL` its campaigns by the engine's agent.
#[utoipa::path(tag = "settings", security(("token" = [])), responses(
    (status = OK, body = Vec<OwnView<'_>>, headers(("ETag" = String, description = "Its version, for `If-Match`"))),
    (status = FORBIDDEN, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/settings/organization")]
async fn list(engine: Engine, admin: Admin, _: Described) -> Result<HttpResponse, Problem> {
    let (settings, version) = engine.dispatch.own_settings(&admin.0.organization).await?;
    shown(HttpResponse::Ok(), &settings, version)
}

/// Sets what is named, and unsets what is null. A secret that is not named stays.
///
/// A far end is set as a whole: nothing of the engine's own is used with it. It is called only where it is public, over TLS or SSH;
/// `ORGANIZATION_PRIVATE_HOSTS` names others. What is wrong is refused, and nothing is changed then. It holds for what is begun from now
/// on, on every node.
#[utoipa::path(tag = "settings", security(("token" = [])), params(IfMatch), request_body(
    content = std::collections::HashMap<String, Option<String>>,
    description = "By the names of `GET /settings/organization`, such as AGENT_URL and AGENT_TOKEN",
), responses(
    (status = OK, body = Vec<OwnView<'_>>, headers(("ETag" = String, description = "Its version, for `If-Match`"))),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = FORBIDDEN, body = ProblemBody, content_type = "application/problem+json"),
    (status = PRECONDITION_FAILED, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[patch("/settings/organization")]
async fn change(
    engine: Engine,
    admin: Admin,
    id: RequestId,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let organization = &admin.0.organization;
    let asked = versions::Asked::of(&request)?;
    let said = said(Fields::read(&request, payload, BODY_LEN_MAX).await?)?;
    let (settings, version) = engine.dispatch.own_settings(organization).await?;
    if !asked.names(version) {
        return Err(versions::changed_meanwhile());
    }
    judge(&engine, organization, &settings, &said)?;
    let changes = sealed(&engine, organization, said)?;
    let circumstances = Arc::new(id.circumstances(organization, &admin.0.actor));
    let command = Command::Change { changes, at: engine.clock.now() };
    let meta = Meta { circumstances, command: None };
    // What was judged is what is changed.
    let at = (StreamId::settings(organization), versions::only(version));
    let done = engine.dispatch.settings(at, command, meta).await;
    let done = done.map_err(|why| asked.told(why))?;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((edge::POSITION, done.position));
    shown(answer, &done.state, done.version)
}

/// Texts by their settings, none where one is to be unset.
type Texts = BTreeMap<&'static str, Option<String>>;

fn said(mut fields: Fields) -> Result<Texts, Problem> {
    let mut texts = Texts::new();
    for setting in own::offered() {
        match fields.text(setting.name, VALUE_LEN_MAX)? {
            Said::Nothing => {}
            Said::Empty => drop(texts.insert(setting.name, None)),
            Said::This(text) => {
                let text = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
                texts.insert(setting.name, text);
            }
        }
    }
    fields.end(&[])?;
    Ok(texts)
}

/// Everything that would be set then has to stand for far ends that can be called.
fn judge(
    engine: &Engine,
    organization: &Organization,
    settings: &Settings,
    said: &Texts,
) -> Result<(), Problem> {
    let mut kept = settings.clone();
    kept.without(said.keys().copied());
    let mut values = engine.dispatch.opened(organization, &kept)?;
    for (name, text) in said {
        if let Some(text) = text {
            values.0.insert((*name).to_owned(), text.clone());
        }
    }
    Ok(engine.ends.judge(&values)?)
}

fn sealed(engine: &Engine, organization: &Organization, said: Texts) -> Result<Changes, Problem> {
    let is_secret = |name: &str| own::offered().any(|setting| setting.name == name && setting.secret);
    let value = |name: &str, text: String| {
        if !is_secret(name) {
            return Ok(Value::Clear(text));
        }
        let sealed = engine.dispatch.seal_setting(organization, name, &text);
        let refused = || Problem::new(Code::Internal, "a secret could not be sealed");
        sealed.map(Value::Sealed).ok_or_else(refused)
    };
    let named = |(name, text): (&'static str, Option<String>)| {
        Ok((name.to_owned(), text.map(|text| value(name, text)).transpose()?))
    };
    said.into_iter().map(named).collect()
}

fn shown(
    mut answer: HttpResponseBuilder,
    settings: &Settings,
    version: u64,
) -> Result<HttpResponse, Problem> {
    versions::made(&mut answer, version);
    let views: Vec<_> = own::offered().map(|setting| OwnView::of(setting, settings)).collect();
    sessions::json(answer, &views)
}
