//! What is said about a campaign in a request's body, field by field.

use std::collections::HashSet;

use actix_web::HttpRequest;
use actix_web::web::Payload;
use domain::campaign::{self, Kind, Settings};
use domain::rules::read;
use projections::campaign_board::Status;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::fields::{Fields, Said};
use crate::http::problem::Problem;

/// A hundred thousand ids, with room.
const BODY_LEN_MAX: usize = 8 << 20;
const CONTACTS_MAX: usize = 100_000;
const NAME_LEN_MAX: usize = 200;
const DESCRIPTION_LEN_MAX: usize = 10_000;
const OBJECT: &str = "has to be an object";
/// Fields of answers, which clients send back with what they change.
const SHOWN: [&str; 17] = [
    "id",
    "organizationId",
    "campaignTypeDescription",
    "why",
    "totalContacts",
    "calledContacts",
    "successfulCalls",
    "failedCalls",
    "callbackRequested",
    "skippedContacts",
    "calling",
    "attempts",
    "startedAt",
    "completedAt",
    "createdAt",
    "updatedAt",
    // Who joins or leaves is told elsewhere.
    "contacts",
];

/// A campaign as it is sent.
#[derive(Debug, ToSchema)]
#[schema(as = CampaignPlan, rename_all = "camelCase")]
#[expect(dead_code, reason = "it only names the fields to the API's document")]
pub(super) struct Plan {
    #[schema(max_length = 200)]
    name: String,
    #[schema(max_length = 10_000)]
    description: Option<String>,
    campaign_type: TypeName,
    #[schema(max_items = 100_000)]
    contact_ids: Option<Vec<Uuid>>,
    /// `rulesPack` and `rules` (what is to be stricter than the organization's), `zone`, `concurrency`, `callsPerSecond`, `priority`, `budget`, `breaker`.
    #[schema(value_type = Option<Object>)]
    settings: Option<Value>,
}

/// Any of the fields of a campaign.
#[derive(Debug, ToSchema)]
#[schema(as = CampaignChanges, rename_all = "camelCase")]
#[expect(dead_code, reason = "it only names the fields to the API's document")]
pub(super) struct PlanChanges {
    #[schema(max_length = 200)]
    name: Option<String>,
    #[schema(max_length = 10_000)]
    description: Option<String>,
    campaign_type: Option<TypeName>,
    #[schema(value_type = Option<Object>)]
    settings: Option<Value>,
}

/// Contacts that are to join.
#[derive(Debug, ToSchema)]
#[schema(as = CampaignContacts, rename_all = "camelCase")]
#[expect(dead_code, reason = "it only names the fields to the API's document")]
pub(super) struct Contacts {
    #[schema(max_items = 100_000)]
    contact_ids: Vec<Uuid>,
}

#[derive(Debug, ToSchema)]
#[schema(as = CampaignType, rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(dead_code, reason = "it only names the values to the API's document")]
enum TypeName {
    General,
    DebtCollection,
    Survey,
    Reminder,
    Marketing,
    CustomerService,
}

pub(super) struct New {
    pub(super) plan: campaign::Plan,
    pub(super) contacts: Vec<Uuid>,
    /// All of what was said.
    pub(super) whole: String,
}

pub(super) async fn new(request: &HttpRequest, payload: Payload) -> Result<New, Problem> {
    let mut fields = Fields::read(request, payload, BODY_LEN_MAX).await?;
    let whole = fields.whole();
    let plan = campaign::Plan {
        name: fields.required("name", NAME_LEN_MAX)?,
        description: fields.text("description", DESCRIPTION_LEN_MAX)?.over(None),
        kind: kind(&fields.required("campaignType", NAME_LEN_MAX)?)?,
        settings: settings(fields.take("settings"))?,
    };
    let contacts = match fields.take("contactIds") {
        Said::Nothing | Said::Empty => vec![],
        Said::This(value) => ids(&value)?,
    };
    fields.end(&[])?;
    Ok(New { plan, contacts, whole })
}

/// What is to be another way.
pub(super) struct Changes {
    status: Option<Status>,
    name: Option<String>,
    description: Said<String>,
    kind: Option<Kind>,
    settings: Said<Value>,
}

pub(super) async fn changes(request: &HttpRequest, payload: Payload) -> Result<Changes, Problem> {
    let mut fields = Fields::read(request, payload, BODY_LEN_MAX).await?;
    let changes = Changes {
        status: fields.said("status", NAME_LEN_MAX)?.as_deref().map(status).transpose()?,
        name: fields.said("name", NAME_LEN_MAX)?,
        description: fields.text("description", DESCRIPTION_LEN_MAX)?,
        kind: fields.said("campaignType", NAME_LEN_MAX)?.as_deref().map(kind).transpose()?,
        settings: fields.take("settings"),
    };
    fields.end(&SHOWN)?;
    Ok(changes)
}

impl Changes {
    /// Clients send back what they got; a campaign that is to run or to stand still is told so elsewhere.
    pub(super) fn leaves(&self, known: Status) -> Result<(), Problem> {
        match self.status {
            Some(wanted) if wanted != known => {
                let told = format!("is {} and not changed here: start and stop do that", known.as_str());
                Err(Problem::field("status", told))
            }
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn over(&self, known: &campaign::Plan) -> Result<campaign::Plan, Problem> {
        let settings = match &self.settings {
            Said::Nothing => known.settings.clone(),
            Said::Empty => Settings::default(),
            Said::This(Value::Object(parts)) => merged(&known.settings, parts.clone())?,
            Said::This(_) => return Err(Problem::field("settings", OBJECT)),
        };
        Ok(campaign::Plan {
            name: self.name.clone().unwrap_or_else(|| known.name.clone()),
            description: self.description.over(known.description.clone()),
            kind: self.kind.unwrap_or(known.kind),
            settings,
        })
    }
}

/// Each part that is given takes the place of the known one; null takes it away.
fn merged(known: &Settings, parts: Map<String, Value>) -> Result<Settings, Problem> {
    let mut all = match serde_json::to_value(known) {
        Ok(Value::Object(all)) => all,
        Ok(_) | Err(_) => Map::new(),
    };
    for (name, part) in parts {
        if part.is_null() {
            all.remove(&name);
        } else {
            all.insert(name, part);
        }
    }
    settings(Said::This(Value::Object(all)))
}

pub(super) async fn contacts(request: &HttpRequest, payload: Payload) -> Result<Vec<Uuid>, Problem> {
    let mut fields = Fields::read(request, payload, BODY_LEN_MAX).await?;
    let contacts = match fields.take("contactIds") {
        Said::Nothing | Said::Empty => return Err(Problem::field("contactIds", "is required")),
        Said::This(value) => ids(&value)?,
    };
    fields.end(&[])?;
    Ok(contacts)
}

fn kind(text: &str) -> Result<Kind, Problem> {
    let known = Kind::ALL.map(Kind::as_str).join(", ");
    Kind::parse(text).ok_or_else(|| Problem::field("campaignType", format!("is none of {known}")))
}

fn status(text: &str) -> Result<Status, Problem> {
    let known = Status::ALL.map(Status::as_str).join(", ");
    Status::parse(text).ok_or_else(|| Problem::field("status", format!("is none of {known}")))
}

fn settings(said: Said<Value>) -> Result<Settings, Problem> {
    let told = match said {
        Said::Nothing | Said::Empty => return Ok(Settings::default()),
        // Null says nothing.
        Said::This(Value::Object(parts)) => {
            Value::Object(parts.into_iter().filter(|(_, part)| !part.is_null()).collect())
        }
        Said::This(_) => return Err(Problem::field("settings", OBJECT)),
    };
    let settings: Settings = read::read(&told).map_err(|wrong| wrong_setting(&wrong))?;
    match settings.rules.as_ref().and_then(|rules| rules.windows.as_ref()) {
        Some(week) if week.is_never_open() => {
            let never = "has to have a window, or to be left out: nobody would ever be called";
            Err(Problem::field("settings.rules.windows", never))
        }
        Some(_) | None => Ok(settings),
    }
}

fn wrong_setting(wrong: &read::Invalid) -> Problem {
    let field =
        if wrong.field.is_empty() { "settings".to_owned() } else { format!("settings.{}", wrong.field) };
    Problem::field(&field, &wrong.why)
}

/// In the order in which they came, each once. The first that is no id is named by its place.
fn ids(value: &Value) -> Result<Vec<Uuid>, Problem> {
    let given = value.as_array().ok_or_else(|| Problem::field("contactIds", "has to be a list of ids"))?;
    if given.len() > CONTACTS_MAX {
        return Err(Problem::field("contactIds", format!("may have at most {CONTACTS_MAX} of them")));
    }
    let (mut met, mut ids) = (HashSet::new(), Vec::with_capacity(given.len()));
    for (at, id) in given.iter().enumerate() {
        let id = id.as_str().and_then(|id| Uuid::parse_str(id).ok());
        let id = id.ok_or_else(|| Problem::field(&format!("contactIds[{at}]"), "is no id"))?;
        if met.insert(id) {
            ids.push(id);
        }
    }
    Ok(ids)
}
