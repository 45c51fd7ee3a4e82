//! What is said about a contact in a request's body, field by field.

use actix_web::HttpRequest;
use actix_web::web::Payload;
use chrono::{DateTime, NaiveDate, Utc};
use domain::contact::{self, CUSTOM_LEN_MAX, Details, NAME_LEN_MAX, NOTES_LEN_MAX, OLDEST, Status};
use domain::phone::Home;
use domain::zone::Zone;
use serde_json::Value;
use utoipa::ToSchema;

use crate::dispatch::contacts::Wanted;
use crate::http::Engine;
use crate::http::fields::{self, Fields, Said};
use crate::http::problem::Problem;
use crate::http::times;

const BODY_LEN_MAX: usize = 128 << 10;
/// Of a day such as 1990-01-15.
const DAY_LEN: usize = 10;
const OUTCOME_LEN_MAX: usize = 1_000;
/// Fields of answers, which clients send back with what they change.
const SHOWN: [&str; 6] = ["id", "organizationId", "isCalled", "statusDescription", "createdAt", "updatedAt"];

/// A contact as it is sent.
#[derive(Debug, ToSchema)]
#[schema(as = NewContact, rename_all = "camelCase")]
#[expect(dead_code, reason = "it only names the fields to the API's document")]
pub(super) struct Contact {
    #[schema(max_length = 200)]
    first_name: String,
    #[schema(max_length = 200)]
    last_name: String,
    /// As people write it; it is stored in E.164.
    #[schema(max_length = 64, example = "+998901234567")]
    phone: String,
    #[schema(format = Date)]
    date_of_birth: Option<String>,
    /// Any JSON: what the agent is to know.
    #[schema(value_type = Option<Object>)]
    custom_data: Option<Value>,
    #[schema(max_length = 10_000)]
    notes: Option<String>,
    status: Option<StatusName>,
    #[schema(max_length = 1_000)]
    last_conversation_outcome: Option<String>,
    /// Where the person lives, as the time zone database calls it.
    #[schema(example = "Asia/Tashkent")]
    timezone: Option<String>,
}

/// Any of the fields of a contact.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it only names the fields to the API's document")]
pub(super) struct ContactChanges {
    #[schema(max_length = 200)]
    first_name: Option<String>,
    #[schema(max_length = 200)]
    last_name: Option<String>,
    #[schema(max_length = 64, example = "+998901234567")]
    phone: Option<String>,
    #[schema(format = Date)]
    date_of_birth: Option<String>,
    #[schema(value_type = Option<Object>)]
    custom_data: Option<Value>,
    #[schema(max_length = 10_000)]
    notes: Option<String>,
    status: Option<StatusName>,
    #[schema(max_length = 1_000)]
    last_conversation_outcome: Option<String>,
    #[schema(example = "Asia/Tashkent")]
    timezone: Option<String>,
}

#[derive(Debug, ToSchema)]
#[schema(as = ContactStatus, rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(dead_code, reason = "it only names the values to the API's document")]
pub(super) enum StatusName {
    Active,
    Inactive,
    Completed,
    DoNotCall,
}

pub(super) struct New {
    pub(super) details: Details,
    pub(super) status: Status,
    /// All of what was said.
    pub(super) whole: String,
}

/// What is to be another way.
#[derive(Default)]
pub(super) struct Changes {
    first_name: Option<String>,
    last_name: Option<String>,
    phone: Option<String>,
    date_of_birth: Said<NaiveDate>,
    custom_data: Said<Value>,
    notes: Said<String>,
    last_outcome: Said<String>,
    zone: Said<String>,
    status: Option<Status>,
}

pub(super) async fn new(engine: &Engine, request: &HttpRequest, payload: Payload) -> Result<New, Problem> {
    let mut fields = Fields::read(request, payload, BODY_LEN_MAX).await?;
    let whole = fields.whole();
    let details = Details {
        first_name: fields.required("firstName", NAME_LEN_MAX)?,
        last_name: fields.required("lastName", NAME_LEN_MAX)?,
        phone: phone(&fields.required("phone", NAME_LEN_MAX)?, engine.options.home)?,
        ..Details::default()
    };
    let changes = rest(fields, engine.clock.now())?;
    Ok(New { status: changes.status.unwrap_or_default(), details: changes.over(&details), whole })
}

pub(super) async fn changes(
    engine: &Engine,
    request: &HttpRequest,
    payload: Payload,
) -> Result<Changes, Problem> {
    let mut fields = Fields::read(request, payload, BODY_LEN_MAX).await?;
    let (first_name, last_name) =
        (fields.said("firstName", NAME_LEN_MAX)?, fields.said("lastName", NAME_LEN_MAX)?);
    let phone = fields.said("phone", NAME_LEN_MAX)?.map(|text| phone(&text, engine.options.home));
    Ok(Changes { first_name, last_name, phone: phone.transpose()?, ..rest(fields, engine.clock.now())? })
}

/// The fields that may be left out.
fn rest(mut fields: Fields, now: DateTime<Utc>) -> Result<Changes, Problem> {
    let changes = Changes {
        date_of_birth: fields.text("dateOfBirth", NAME_LEN_MAX)?.try_map(|text| birthday(&text, now))?,
        custom_data: fields.take("customData").try_map(custom)?,
        notes: fields.text("notes", NOTES_LEN_MAX)?,
        last_outcome: fields.text("lastConversationOutcome", OUTCOME_LEN_MAX)?,
        zone: fields.text("timezone", NAME_LEN_MAX)?.try_map(|text| zone(&text))?,
        status: fields.said("status", NAME_LEN_MAX)?.map(|text| status(&text)).transpose()?,
        ..Changes::default()
    };
    fields.end(&SHOWN)?;
    Ok(changes)
}

impl Changes {
    pub(super) fn of(&self, known: &contact::Contact) -> Wanted {
        let details = self.over(known.details());
        Wanted { details: (details != *known.details()).then_some(details), status: self.status }
    }

    fn over(&self, known: &Details) -> Details {
        let known = known.clone();
        Details {
            first_name: self.first_name.clone().unwrap_or(known.first_name),
            last_name: self.last_name.clone().unwrap_or(known.last_name),
            phone: self.phone.clone().unwrap_or(known.phone),
            date_of_birth: self.date_of_birth.over(known.date_of_birth),
            custom_data: self.custom_data.over(known.custom_data),
            notes: self.notes.over(known.notes),
            last_outcome: self.last_outcome.over(known.last_outcome),
            zone: self.zone.over(known.zone),
        }
    }
}

fn phone(text: &str, home: Home) -> Result<String, Problem> {
    Ok(fields::phone("phone", text, home)?.as_str().to_owned())
}

fn birthday(text: &str, now: DateTime<Utc>) -> Result<Said<NaiveDate>, Problem> {
    if text.trim().is_empty() {
        return Ok(Said::Empty);
    }
    let wrong = || Problem::field("dateOfBirth", "has to be a day such as 1990-01-15");
    let (day, rest) = text.trim().split_at_checked(DAY_LEN).ok_or_else(wrong)?;
    // Some programs send a time with it, which says nothing.
    if !rest.is_empty() && times::parse(text.trim(), chrono_tz::UTC).is_none() {
        return Err(wrong());
    }
    let day = day.parse::<NaiveDate>().map_err(|_| wrong())?;
    let unborn = || Problem::field("dateOfBirth", "is no day on which somebody alive was born");
    if (OLDEST..=now.date_naive()).contains(&day) { Ok(Said::This(day)) } else { Err(unborn()) }
}

fn custom(value: Value) -> Result<Said<Value>, Problem> {
    let long = value.to_string().len() > CUSTOM_LEN_MAX;
    let told = || Problem::field("customData", format!("may have at most {CUSTOM_LEN_MAX} bytes"));
    if long { Err(told()) } else { Ok(Said::This(value)) }
}

fn zone(text: &str) -> Result<Said<String>, Problem> {
    let zone = Zone::parse(text).map_err(|why| Problem::field("timezone", why))?;
    Ok(Said::This(zone.as_str().to_owned()))
}

fn status(text: &str) -> Result<Status, Problem> {
    let known = Status::ALL.map(Status::as_str).join(", ");
    Status::parse(text).ok_or_else(|| Problem::field("status", format!("is none of {known}")))
}
