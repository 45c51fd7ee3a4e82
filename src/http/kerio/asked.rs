//! Which calls of the exchange somebody asks for.

use domain::pbx_call::{Direction, Status};
use domain::phone::{Home, Phone};
use projections::call_history::Number;
use projections::pbx_calls::Filter;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view;
use crate::http::Engine;
use crate::http::problem::Problem;
use crate::http::query::{self, End};

/// As they are shown, and as programs may say.
pub(in crate::http) const DIRECTIONS: [(&str, Direction); 4] = [
    (view::INCOMING, Direction::Incoming),
    (view::OUTGOING, Direction::Outgoing),
    ("incoming", Direction::Incoming),
    ("outgoing", Direction::Outgoing),
];
const STATUSES: [(&str, Status); 4] = [
    (view::ANSWERED, Status::Answered),
    (view::UNANSWERED, Status::Unanswered),
    (view::BUSY, Status::Busy),
    (view::FAILED, Status::Failed),
];
/// Fewer digits than this are a number of the house, and not the end of one.
const ENDING_MIN: usize = 4;
const DIGITS_MAX: usize = 20;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// `kiruvchi` or `chiquvchi`; `incoming` and `outgoing` mean the same.
    direction: Option<String>,
    /// A telephone number of either end, in any spelling: a whole one, a short one of the house, or the last four digits of one or more
    /// of them.
    number: Option<String>,
    /// The extension that the call is shown with.
    extension: Option<String>,
    /// One or several of `javob berildi`, `javobsiz`, `band` and `xatolik`, with commas between them. Calls that go on have none.
    status: Option<String>,
    /// `true`: only calls whose both ends are inside; `false`: only the others.
    #[param(value_type = Option<bool>)]
    internal: Option<String>,
    /// Only calls that began at this time or later. A date alone, such as `2025-10-06`, is the beginning of that day;
    /// what has no zone is meant in `DEFAULT_TIMEZONE`.
    #[param(example = "2025-10-06")]
    from: Option<String>,
    /// Only calls that began earlier than this time. A date alone is the end of that day: `from` and `to` with the same date are that
    /// whole day.
    #[param(example = "2025-10-06")]
    to: Option<String>,
}

impl Asked {
    pub(super) fn filter(&self, engine: &Engine) -> Result<Filter, Problem> {
        let (home, zone) = (engine.options.home, engine.options.timezone);
        let known = [("true", true), ("false", false)];
        Ok(Filter {
            direction: query::one_of("direction", self.direction.as_deref(), &DIRECTIONS)?,
            number: self.number.as_deref().map(|text| number(text, home)).transpose()?,
            extension: query::part("extension", self.extension.as_deref())?,
            statuses: query::words("status", self.status.as_deref(), &STATUSES)?,
            internal: query::one_of("internal", self.internal.as_deref(), &known)?,
            from: query::time(End::From, self.from.as_deref(), zone)?,
            to: query::time(End::To, self.to.as_deref(), zone)?,
            over: false,
        })
    }
}

/// What can be dialled is that number and no other; other digits are a short number, or the end of a long one.
fn number(text: &str, home: Home) -> Result<Number, Problem> {
    let text = query::with_plus(text);
    if let Some(phone) = Phone::dialable(&text, home) {
        return Ok(Number::Spelled(phone.spellings(home).into_iter().collect()));
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let plain = !text.chars().any(char::is_alphabetic) && !text.starts_with('+');
    match digits.len() {
        1..ENDING_MIN if plain => Ok(Number::Spelled(vec![digits])),
        ENDING_MIN..=DIGITS_MAX if plain => Ok(Number::Ending(digits)),
        _ => Err(Problem::parameter("number", "has to be a telephone number, or the last digits of one")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_whole_or_short_or_an_ending() {
        let read = |text| number(text, Home::parse("UZ").unwrap());
        for whole in ["+998901234567", "90 123-45-67"] {
            assert!(matches!(read(whole), Ok(Number::Spelled(all)) if all.len() > 1), "{whole}");
        }
        assert!(matches!(read("101"), Ok(Number::Spelled(all)) if all == ["101"]));
        assert!(matches!(read("45-67"), Ok(Number::Ending(digits)) if digits == "4567"));
        for wrong in ["", "+998", "abc1", "123456789012345678901"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
