//! What somebody says of an endpoint, read field by field.

use domain::webhook_endpoint::{Change, Terms, Types};
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::Engine;
use crate::http::fields::{Fields, Said, needed};
use crate::http::problem::Problem;

/// What an address may have; how long exactly is said by whoever calls it.
const URL_LEN_MAX: usize = 4_000;
const DESCRIPTION_LEN_MAX: usize = 200;
const STATUSES: [(&str, bool); 2] = [("active", false), ("paused", true)];
const STATUS_LEN_MAX: usize = 20;
/// What answers have and nobody can set: clients send back what they got.
const SHOWN: [&str; 4] = ["id", "why", "createdAt", "updatedAt"];

pub(super) fn terms(engine: &Engine, mut said: Fields) -> Result<Terms, Problem> {
    let url = needed("url", url(engine, &mut said)?)?;
    let description = description(&mut said)?.unwrap_or_default();
    let types = types(&mut said)?.unwrap_or_default();
    said.end(&[])?;
    Ok(Terms { url, description, types })
}

pub(super) fn change(engine: &Engine, mut said: Fields) -> Result<Change, Problem> {
    let (url, description) = (url(engine, &mut said)?, description(&mut said)?);
    let (types, paused) = (types(&mut said)?, paused(&mut said)?);
    said.end(&SHOWN)?;
    Ok(Change { url, description, types, paused })
}

/// Only what would be called.
fn url(engine: &Engine, said: &mut Fields) -> Result<Option<String>, Problem> {
    let url = said.said("url", URL_LEN_MAX)?;
    if let Some(url) = &url {
        engine.receivers.accept(url).map_err(|why| Problem::field("url", why))?;
    }
    Ok(url)
}

fn description(said: &mut Fields) -> Result<Option<String>, Problem> {
    Ok(match said.text("description", DESCRIPTION_LEN_MAX)? {
        Said::Nothing => None,
        Said::Empty => Some(String::new()),
        Said::This(text) => Some(text.trim().to_owned()),
    })
}

fn types(said: &mut Fields) -> Result<Option<Types>, Problem> {
    let wrong = || Problem::field("types", "has to be a list of texts such as call.reported or session");
    let names = match said.take("types") {
        Said::Nothing => return Ok(None),
        Said::Empty => vec![],
        Said::This(Value::Array(names)) => names,
        Said::This(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            return Err(wrong());
        }
    };
    let names: Option<Vec<String>> =
        names.iter().map(|name| name.as_str().map(|name| name.trim().to_owned())).collect();
    let types = Types::parse(names.ok_or_else(wrong)?);
    types.map(Some).map_err(|why| Problem::field("types", why.to_string()))
}

/// A status that somebody wants; that it is disabled nobody can want.
fn paused(said: &mut Fields) -> Result<Option<bool>, Problem> {
    let Some(text) = said.said("status", STATUS_LEN_MAX)? else { return Ok(None) };
    let known = STATUSES.iter().find(|(name, _)| *name == text);
    let names = STATUSES.map(|(name, _)| name).join(" or ");
    let wrong = || {
        Problem::field("status", format!("has to be {names}; disabled is what the engine alone makes of it"))
    };
    known.map(|(_, paused)| Some(*paused)).ok_or_else(wrong)
}

#[derive(Debug, ToSchema)]
#[schema(as = WebhookStatus, rename_all = "snake_case")]
#[expect(dead_code, reason = "it only names the values to the API's document")]
pub(super) enum Status {
    Active,
    Paused,
    Disabled,
}

#[derive(Debug, ToSchema)]
#[schema(as = WebhookEndpointForm)]
#[expect(dead_code, reason = "it only describes the body to the API's document")]
pub(super) struct NewEndpoint {
    /// An address of the web that begins with https. Kept in clear for as long as the journal: it must hold no password and name no person.
    #[schema(example = "https://hooks.example/calls", max_length = 2_000)]
    url: String,
    /// What it is for; kept like the address.
    #[schema(max_length = 200)]
    description: Option<String>,
    /// Which events: a kind such as `session`, or one such as `call.reported`. Left out or empty: all of `call`, `campaign`, `contact`,
    /// `import`, `number_list`, `pbx_call`, `promise`, `session` and `target`.
    types: Option<Vec<String>>,
}

#[derive(Debug, ToSchema)]
#[schema(as = WebhookEndpointChange)]
#[expect(dead_code, reason = "it only describes the body to the API's document")]
pub(super) struct ChangedEndpoint {
    #[schema(max_length = 2_000)]
    url: Option<String>,
    #[schema(max_length = 200)]
    description: Option<String>,
    types: Option<Vec<String>>,
    /// `paused`: events wait in the journal. `active`: they are sent, from where that was left.
    #[schema(example = "active")]
    status: Option<String>,
}
