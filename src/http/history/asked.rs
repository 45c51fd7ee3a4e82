//! Which calls somebody asks for: the parameters of the history and of its file, made into one filter.

use domain::ids::{Fingerprint, Organization};
use domain::outcome::CallStatus;
use domain::pbx_call::Direction;
use domain::phone::{Home, Phone};
use projections::call_history::{self, Number};
use projections::{campaign_calls, contact_book, pbx_calls, session_stats};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::merged::{Entry, Origin, Wanted};
use crate::http::problem::Problem;
use crate::http::query::{self, End};
use crate::http::{Engine, kerio};

/// What has placed a call.
const REMOTE: &str = "remote";
const CAMPAIGN: &str = "campaign";
/// Or what had it, whoever placed it.
const PBX: &str = "pbx";
const SOURCES: [(&str, Source); 3] =
    [(REMOTE, Source::Remote), (CAMPAIGN, Source::Campaign), (PBX, Source::Pbx)];
/// Fewer digits than this are not looked for: too many numbers end with them.
const ENDING_MIN: usize = 4;
const ENDING_MAX: usize = 20;
/// Contacts whose numbers may end so; each has its calls looked for.
const ALIKE_MAX: u32 = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Remote,
    Campaign,
    Pbx,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// A telephone number in any spelling, or the last four digits of one, or more of them.
    number: Option<String>,
    /// One or several call statuses, with commas between them.
    status: Option<String>,
    /// `chiquvchi` (`outgoing`) or `kiruvchi` (`incoming`), or both.
    direction: Option<String>,
    /// One or several of `remote`, `campaign` and `pbx`.
    source: Option<String>,
    /// The `sessionId` or the `id` of a session.
    session: Option<String>,
    /// The id of a campaign.
    campaign: Option<String>,
    /// Only calls whose `createdAt` is this time or later; of the exchange's calls that is when they began. A date alone, such as `2025-10-06`, is the beginning of that day;
    /// what has no zone is meant in `DEFAULT_TIMEZONE`.
    #[param(example = "2025-10-06")]
    from: Option<String>,
    /// Only calls whose `createdAt` is earlier than this time. A date alone is the end of that day: `from` and `to` with the
    /// same date are that whole day.
    #[param(example = "2025-10-06")]
    to: Option<String>,
}

impl Asked {
    pub(super) async fn wanted(
        &self,
        engine: &Engine,
        organization: &Organization,
    ) -> Result<Wanted, Problem> {
        let sources = query::words("source", self.source.as_deref(), &SOURCES)?;
        let directions = query::words("direction", self.direction.as_deref(), &kerio::DIRECTIONS)?;
        let number = self.number.as_deref().map(|text| number(text, engine.options.home)).transpose()?;
        let zone = engine.options.timezone;
        let of_calls = call_history::Filter {
            number: number.as_ref().map(|number| number.spelled(engine.options.home)),
            statuses: query::words("status", self.status.as_deref(), &CallStatus::ALL.map(named))?,
            session: self.session(engine, organization).await?,
            from: query::time(End::From, self.from.as_deref(), zone)?,
            to: query::time(End::To, self.to.as_deref(), zone)?,
        };
        let campaign = query::part("campaign", self.campaign.as_deref())?;
        let outgoing = directions.is_empty() || directions.contains(&Direction::Outgoing);
        let from = |source| outgoing && (sources.is_empty() || sources.contains(&source));
        let mut wanted = Wanted::default();
        if from(Source::Campaign) && of_calls.session.is_none() {
            let numbers = numbers(engine, organization, number.as_ref()).await?;
            wanted.campaigns = of_campaigns(&of_calls, campaign.as_deref(), numbers);
        }
        if (sources.is_empty() || sources.contains(&Source::Pbx)) && campaign.is_none() {
            wanted.exchange = of_exchange(&of_calls, &directions);
        }
        wanted.remote = Some(of_calls).filter(|_| from(Source::Remote) && campaign.is_none());
        Ok(wanted)
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

/// None where there is no such campaign: what is no id is the id of nothing.
fn of_campaigns(
    of_calls: &call_history::Filter,
    campaign: Option<&str>,
    numbers: Option<Vec<Fingerprint>>,
) -> Option<campaign_calls::Filter> {
    let call_history::Filter { statuses, from, to, .. } = of_calls;
    let campaign = campaign.map(Uuid::parse_str).transpose().ok()?;
    Some(campaign_calls::Filter { statuses: statuses.clone(), campaign, numbers, from: *from, to: *to })
}

/// None where no call of an exchange can be meant.
fn of_exchange(of_calls: &call_history::Filter, directions: &[Direction]) -> Option<pbx_calls::Filter> {
    let call_history::Filter { number, statuses: shown, session, from, to } = of_calls;
    let known = pbx_calls::STATUSES.into_iter().filter(|status| shown.contains(&pbx_calls::shown(*status)));
    let statuses: Vec<_> = known.collect();
    if session.is_some() || (statuses.is_empty() && !shown.is_empty()) {
        return None;
    }
    let both = [Direction::Incoming, Direction::Outgoing].iter().all(|one| directions.contains(one));
    Some(pbx_calls::Filter {
        direction: directions.first().copied().filter(|_| !both),
        number: number.clone(),
        statuses,
        from: *from,
        to: *to,
        over: true,
        ..pbx_calls::Filter::default()
    })
}

/// As campaigns' calls know numbers.
async fn numbers(
    engine: &Engine,
    organization: &Organization,
    sought: Option<&Sought>,
) -> Result<Option<Vec<Fingerprint>>, Problem> {
    let known = |phone: &Phone| engine.dispatch.fingerprint(organization, phone);
    match sought {
        None => Ok(None),
        Some(Sought::Phone(phone)) => Ok(Some(vec![known(phone)])),
        Some(Sought::Ending(digits)) => {
            let screens = &engine.screens;
            let alike = contact_book::ending(screens, organization, digits, ALIKE_MAX + 1).await?;
            if u32::try_from(alike.len()).is_ok_and(|alike| alike <= ALIKE_MAX) {
                return Ok(Some(alike.iter().map(|phone| known(&Phone::stored(phone))).collect()));
            }
            Err(Problem::parameter("number", "is how too many contacts' numbers end; give more digits"))
        }
    }
}

pub(super) fn source(entry: &Entry) -> &'static str {
    match entry.origin {
        Origin::Remote => REMOTE,
        Origin::Campaign { .. } => CAMPAIGN,
        Origin::Exchange { .. } => PBX,
    }
}

/// Which way it went.
pub(super) fn direction(entry: &Entry) -> &'static str {
    kerio::direction(match entry.origin {
        Origin::Remote | Origin::Campaign { .. } => Direction::Outgoing,
        Origin::Exchange { direction, .. } => direction,
    })
}

/// A number, or what numbers end with.
enum Sought {
    Phone(Phone),
    Ending(String),
}

impl Sought {
    fn spelled(&self, home: Home) -> Number {
        match self {
            Self::Phone(phone) => Number::Spelled(phone.spellings(home).into_iter().collect()),
            Self::Ending(digits) => Number::Ending(digits.clone()),
        }
    }
}

/// What can be dialled is that number and no other; other digits are the end of one.
fn number(text: &str, home: Home) -> Result<Sought, Problem> {
    let text = query::with_plus(text);
    if let Some(phone) = Phone::dialable(&text, home) {
        return Ok(Sought::Phone(phone));
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let plain = !text.chars().any(char::is_alphabetic) && !text.starts_with('+');
    if plain && (ENDING_MIN..=ENDING_MAX).contains(&digits.len()) {
        return Ok(Sought::Ending(digits));
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
            assert!(matches!(read(whole), Ok(Sought::Phone(_))), "{whole}");
        }
        for ending in ["4567", "45-67", "1234567"] {
            assert!(matches!(read(ending), Ok(Sought::Ending(_))), "{ending}");
        }
        for wrong in ["", "567", "+998", "abcd1234", "123456789012345678901"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
