//! Which calls somebody asks for: the parameters of the history and of its file, made into one filter.

use domain::ids::Organization;
use domain::outcome::CallStatus;
use domain::phone::{Home, Phone};
use projections::call_history::{Filter, Number};
use projections::session_stats;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::http::Engine;
use crate::http::problem::Problem;
use crate::http::query::{self, End};

/// What has placed a call.
pub(super) const REMOTE: &str = "remote";
const SOURCES: [(&str, Source); 3] =
    [(REMOTE, Source::Remote), ("campaign", Source::Campaign), ("pbx", Source::Pbx)];
/// Which way it went.
pub(super) const OUTGOING: &str = "chiquvchi";
const DIRECTIONS: [(&str, Direction); 2] =
    [(OUTGOING, Direction::Outgoing), ("kiruvchi", Direction::Incoming)];
/// Fewer digits than this are not looked for: too many numbers end with them.
const ENDING_MIN: usize = 4;
const ENDING_MAX: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Remote,
    Campaign,
    Pbx,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Outgoing,
    Incoming,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// A telephone number in any spelling, or the last four digits of one, or more of them.
    number: Option<String>,
    /// One or several call statuses, with commas between them.
    status: Option<String>,
    /// `chiquvchi` or `kiruvchi`, or both.
    direction: Option<String>,
    /// One or several of `remote`, `campaign` and `pbx`.
    source: Option<String>,
    /// The `sessionId` or the `id` of a session.
    session: Option<String>,
    /// The id of a campaign.
    campaign: Option<String>,
    /// Only calls whose `createdAt` is this time or later. A date alone, such as `2025-10-06`, is the beginning of that day;
    /// what has no zone is meant in `DEFAULT_TIMEZONE`.
    #[param(example = "2025-10-06")]
    from: Option<String>,
    /// Only calls whose `createdAt` is earlier than this time. A date alone is the end of that day: `from` and `to` with the
    /// same date are that whole day.
    #[param(example = "2025-10-06")]
    to: Option<String>,
}

impl Asked {
    /// None where nothing can be found, since no such thing places calls yet.
    pub(super) async fn filter(
        &self,
        engine: &Engine,
        organization: &Organization,
    ) -> Result<Option<Filter>, Problem> {
        let sources = query::words("source", self.source.as_deref(), &SOURCES)?;
        let directions = query::words("direction", self.direction.as_deref(), &DIRECTIONS)?;
        let zone = engine.options.timezone;
        let filter = Filter {
            number: self.number.as_deref().map(|text| number(text, engine.options.home)).transpose()?,
            statuses: query::words("status", self.status.as_deref(), &CallStatus::ALL.map(named))?,
            session: self.session(engine, organization).await?,
            from: query::time(End::From, self.from.as_deref(), zone)?,
            to: query::time(End::To, self.to.as_deref(), zone)?,
        };
        let remote = sources.is_empty() || sources.contains(&Source::Remote);
        let outgoing = directions.is_empty() || directions.contains(&Direction::Outgoing);
        let any = query::part("campaign", self.campaign.as_deref())?.is_none() && remote && outgoing;
        Ok(any.then_some(filter))
    }

    /// Calls know their session by its name.
    async fn session(&self, engine: &Engine, organization: &Organization) -> Result<Option<String>, Problem> {
        let Some(session) = query::part("session", self.session.as_deref())? else { return Ok(None) };
        if Uuid::parse_str(&session).is_err() {
            return Ok(Some(session));
        }
        let found = session_stats::find(&engine.screens, organization.as_str(), &session, 0).await?;
        Ok(Some(found.map_or(session, |found| found.session.clone())))
    }
}

pub(in crate::http) fn named(status: CallStatus) -> (&'static str, CallStatus) {
    (status.as_str(), status)
}

/// What can be dialled is that number and no other; other digits are the end of one.
fn number(text: &str, home: Home) -> Result<Number, Problem> {
    let text = query::with_plus(text);
    if let Some(phone) = Phone::dialable(&text, home) {
        return Ok(Number::Spelled(phone.spellings(home).into_iter().collect()));
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let plain = !text.chars().any(char::is_alphabetic) && !text.starts_with('+');
    if plain && (ENDING_MIN..=ENDING_MAX).contains(&digits.len()) {
        return Ok(Number::Ending(digits));
    }
    let wanted = format!("has to be a telephone number, or its last {ENDING_MIN} digits or more");
    Err(Problem::parameter("number", wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_whole_or_an_ending() {
        let read = |text| number(text, Home::parse("UZ").unwrap());
        for whole in ["+998901234567", " 998901234567", "90 123-45-67", "998901234567"] {
            assert!(matches!(read(whole), Ok(Number::Spelled(_))), "{whole}");
        }
        for ending in ["4567", "45-67", "1234567"] {
            assert!(matches!(read(ending), Ok(Number::Ending(_))), "{ending}");
        }
        for wrong in ["", "567", "+998", "abcd1234", "123456789012345678901"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
