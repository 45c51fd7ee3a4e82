//! What is said about a promise in a request's body, field by field.

use actix_web::HttpRequest;
use actix_web::web::Payload;
use chrono::{Datelike, NaiveDate, TimeDelta};
use domain::campaign::Settings;
use domain::contact::Status;
use domain::decimal::Amount;
use domain::ids::Organization;
use domain::policy::retry::AHEAD_MAX;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::dispatch::promises::{Change, News};
use crate::http::Engine;
use crate::http::fields::{Fields, Said};
use crate::http::problem::Problem;

const BODY_LEN_MAX: usize = 4 << 10;
const TEXT_LEN_MAX: usize = 64;
const DAY_LEN: usize = "2025-10-06".len();

/// Exactly one of the first four.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it only names the fields to the API's document")]
pub(super) struct PromiseChange {
    /// True: all of it was paid.
    kept: Option<bool>,
    /// So much was paid; it is added to what was paid before.
    #[schema(value_type = Option<f64>, exclusive_minimum = 0)]
    paid: Option<Value>,
    /// Another day was agreed on.
    #[schema(format = Date)]
    due_date: Option<String>,
    /// True: nothing was promised, somebody was misheard.
    withdrawn: Option<bool>,
    /// `COMPLETED`: the contact's goal is reached. Whoever may not be called stays so.
    contact_status: Option<String>,
}

pub(super) struct Told {
    news: News,
    completes: bool,
    /// All of what was said.
    pub(super) whole: String,
}

impl Told {
    pub(super) fn of(self, call: Uuid) -> Change {
        Change { call, news: self.news, completes: self.completes }
    }
}

pub(super) async fn read(
    engine: &Engine,
    organization: &Organization,
    (request, payload): (&HttpRequest, Payload),
) -> Result<Told, Problem> {
    let mut fields = Fields::read(request, payload, BODY_LEN_MAX).await?;
    let whole = fields.whole();
    let due = match due(&mut fields, engine)? {
        None => None,
        Some(day) => {
            let terms = engine.ends.of(organization).await?.campaigns.terms(&Settings::default());
            Some(News::Due(day, Box::new(terms)))
        }
    };
    let told = [
        yes(&mut fields, "kept", News::Kept)?,
        paid(&mut fields)?.map(News::Paid),
        due,
        yes(&mut fields, "withdrawn", News::Withdrawn)?,
    ];
    let completes = completes(&mut fields)?;
    fields.end(&[])?;
    let mut told = told.into_iter().flatten();
    let one = || Problem::field("kept", "or one of paid, dueDate and withdrawn is required");
    let news = told.next().ok_or_else(one)?;
    match told.next() {
        None => Ok(Told { news, completes, whole }),
        Some(_) => {
            Err(Problem::field("kept", "goes without paid, dueDate and withdrawn: one of them at a time"))
        }
    }
}

fn yes(fields: &mut Fields, name: &'static str, news: News) -> Result<Option<News>, Problem> {
    match fields.take(name) {
        Said::Nothing | Said::Empty => Ok(None),
        Said::This(Value::Bool(true)) => Ok(Some(news)),
        Said::This(_) => Err(Problem::field(name, "can only be true")),
    }
}

fn paid(fields: &mut Fields) -> Result<Option<Amount>, Problem> {
    let text = match fields.take("paid") {
        Said::Nothing | Said::Empty => return Ok(None),
        Said::This(Value::String(text)) => text,
        Said::This(value) => value.to_string(),
    };
    let amount = Amount::parse(&text).filter(|amount| *amount > Amount::default());
    amount.map(Some).ok_or_else(|| Problem::field("paid", "has to be an amount above nothing"))
}

fn due(fields: &mut Fields, engine: &Engine) -> Result<Option<NaiveDate>, Problem> {
    let Some(text) = fields.said("dueDate", TEXT_LEN_MAX)? else { return Ok(None) };
    let day = day(&text).ok_or_else(|| Problem::field("dueDate", "has to be a day such as 2025-10-06"))?;
    let now = engine.clock.now();
    // Where the person is it may still be yesterday.
    let first = (now - TimeDelta::days(1)).date_naive();
    let last = (now + AHEAD_MAX).date_naive();
    if (first..=last).contains(&day) {
        return Ok(Some(day));
    }
    Err(Problem::field("dueDate", "has to be a day between today and a year from now"))
}

/// Some programs send a time with a day, which says nothing.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    let day: NaiveDate = text.trim().get(..DAY_LEN)?.parse().ok()?;
    (1900..=9999).contains(&day.year()).then_some(day)
}

fn completes(fields: &mut Fields) -> Result<bool, Problem> {
    match fields.said("contactStatus", TEXT_LEN_MAX)? {
        None => Ok(false),
        Some(text) if Status::parse(&text) == Some(Status::Completed) => Ok(true),
        Some(_) => Err(Problem::field("contactStatus", "can only become COMPLETED here")),
    }
}
