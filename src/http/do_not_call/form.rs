//! Which numbers a request means: those of a body, each in its place, and the end of one that is looked for.

use std::collections::HashSet;

use actix_web::HttpRequest;
use actix_web::web::Payload;
use domain::phone::{Home, Phone};
use serde_json::Value;
use utoipa::ToSchema;

use crate::dispatch::do_not_call::Numbers;
use crate::http::Engine;
use crate::http::fields::{self, Fields, Said};
use crate::http::problem::Problem;
use crate::http::query;

/// Ten thousand numbers, with room.
const BODY_LEN_MAX: usize = 1 << 20;
const NUMBERS_MAX: usize = 10_000;
const NOTE_LEN_MAX: usize = 1_000;

/// Numbers that are not to be called: one `phone`, or several `phones`.
#[derive(Debug, ToSchema)]
#[schema(as = NewForbiddenNumbers)]
#[expect(dead_code, reason = "it only names the fields to the API's document")]
pub(super) struct Forbidden {
    /// As people write it; it is stored in E.164.
    #[schema(max_length = 64)]
    phone: Option<String>,
    #[schema(min_items = 1, max_items = 10_000)]
    phones: Option<Vec<String>>,
    /// Why; it is sealed with the number.
    #[schema(max_length = 1_000)]
    note: Option<String>,
}

/// A body that was understood.
pub(super) struct Sent {
    pub(super) numbers: Numbers,
    /// How many it named, those that it named twice counted twice.
    pub(super) count: usize,
}

pub(super) async fn sent(engine: &Engine, request: &HttpRequest, payload: Payload) -> Result<Sent, Problem> {
    let mut fields = Fields::read(request, payload, BODY_LEN_MAX).await?;
    let home = engine.options.home;
    let all = match (fields.take("phone"), fields.take("phones")) {
        (Said::This(_), Said::This(_)) => return Err(Problem::field("phones", "goes without phone")),
        (Said::This(one), Said::Nothing | Said::Empty) => vec![number("phone", &one, home)?],
        (Said::Nothing | Said::Empty, Said::This(several)) => numbers(&several, home)?,
        (Said::Nothing | Said::Empty, Said::Nothing | Said::Empty) => {
            return Err(Problem::field("phone", "is required, or phones"));
        }
    };
    let note = fields.text("note", NOTE_LEN_MAX)?.told();
    fields.end(&[])?;
    let (count, mut met) = (all.len(), HashSet::with_capacity(all.len()));
    let phones = all.into_iter().filter(|phone| met.insert(phone.clone())).collect();
    Ok(Sent { numbers: Numbers { phones, note }, count })
}

/// The first that is none is named by its place.
fn numbers(value: &Value, home: Home) -> Result<Vec<Phone>, Problem> {
    let given = value.as_array().filter(|given| (1..=NUMBERS_MAX).contains(&given.len()));
    let told = || Problem::field("phones", format!("has to be a list of 1 to {NUMBERS_MAX} numbers"));
    let each = given.ok_or_else(told)?.iter().enumerate();
    each.map(|(at, one)| number(&format!("phones[{at}]"), one, home)).collect()
}

fn number(name: &str, value: &Value, home: Home) -> Result<Phone, Problem> {
    let text = value.as_str().ok_or_else(|| Problem::field(name, "has to be a text"))?;
    fields::phone(name, text, home)
}

/// The digits that numbers have to end with.
pub(super) fn ending(text: &str, home: Home) -> Result<String, Problem> {
    let text = query::with_plus(text);
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let plain = text.chars().all(|c| c.is_ascii_digit() || " +-()".contains(c));
    if digits.is_empty() || !plain {
        return Err(Problem::parameter("q", "has to be a telephone number, or its last digits"));
    }
    // A number with what some dial before it is the number; whatever else are digits of one.
    let whole = Phone::listed(&text, home).ok().map(|listed| listed.phone.as_str().replace('+', ""));
    Ok(whole.filter(|whole| !whole.ends_with(&digits)).unwrap_or(digits))
}
