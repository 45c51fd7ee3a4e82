//! What stands in an address behind its question mark: how the parameters that several lists have are read,
//! and what is wrong with one, in our own words: which it is, and what it has to be.

use std::collections::HashSet;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::web::{Data, Query};
use actix_web::{FromRequest, HttpRequest};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use super::language;
use super::openapi::Document;
use super::problem::Problem;
use super::times;

/// Every number that is known, and the largest that it may be.
const NUMBERS: [(&str, u64); 1] = [("minPosition", u64::MAX)];
/// Every text that is known. What it may be is said where it is read.
const TEXTS: [&str; 38] = [
    "limit",
    "cursor",
    "status",
    "state",
    "sessionId",
    "q",
    "reports",
    "number",
    "direction",
    "source",
    "session",
    "campaign",
    "contact",
    "dueFrom",
    "dueTo",
    "sort",
    "from",
    "to",
    "format",
    "lang",
    "page",
    "scope",
    "phone",
    "dryRun",
    "strict",
    "onDuplicate",
    "isCalled",
    "importId",
    "campaignType",
    "extension",
    "internal",
    "with",
    "asOf",
    "types",
    "follow",
    "wait",
    "clear",
    "actor",
];
/// Longest part of a name or a number that is looked for.
const PART_LEN_MAX: usize = 100;
/// A date and its time are so long; what follows may be an offset.
const LOCAL_LEN: usize = "2025-10-06T18:30:00".len();

/// Longest part of an unknown name that is repeated.
const NAME_LEN_MAX: usize = 40;

/// A request whose every parameter stands in the route's description: a filter that is misspelt would filter nothing,
/// and nobody would see it. Routes of `/calls` that older clients know do without, since those may add what means nothing here.
#[derive(Debug)]
pub(super) struct Described(pub(super) HttpRequest);

impl FromRequest for Described {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let route = request.match_pattern().unwrap_or_default();
        let document = request.app_data::<Data<Document>>();
        let known = document.map_or(&[][..], |document| document.query(&route));
        ready(described(request.query_string(), known).map(|()| Self(request.clone())))
    }
}

fn described(query: &str, known: &[String]) -> Result<(), Problem> {
    let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::from_query(query) else {
        return Err(Problem::parameter("query", "cannot be understood"));
    };
    match pairs.iter().find(|(name, _)| name != language::NAME && !known.contains(name)) {
        None => Ok(()),
        Some(_) if known.is_empty() => Err(Problem::parameter("query", "has to be empty here")),
        Some((name, _)) => {
            let name: String = name.chars().take(NAME_LEN_MAX).collect();
            let told = format!("is not known here; known are {}", known.join(", "));
            Err(Problem::parameter(&name, told))
        }
    }
}

/// A NUL is in no text that is stored, and one of the stores fails where it is asked for one: no route gets to see it.
pub(super) fn unstorable(query: &str) -> Option<Problem> {
    if !query.contains("%00") {
        return None;
    }
    let Query(pairs) = Query::<Vec<(String, String)>>::from_query(query).ok()?;
    let (name, _) = pairs.iter().find(|(name, value)| name.contains('\0') || value.contains('\0'))?;
    let name: String = name.chars().take(NAME_LEN_MAX).filter(|c| *c != '\0').collect();
    Some(Problem::parameter(&name, "holds a NUL character, which no text has"))
}

/// Says why a query was not understood.
pub(super) fn wrong(request: &HttpRequest) -> Problem {
    of(request.query_string())
}

fn of(query: &str) -> Problem {
    let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::from_query(query) else {
        return Problem::parameter("query", "cannot be understood");
    };
    let mut met = HashSet::new();
    for (name, value) in &pairs {
        let number = NUMBERS.into_iter().find(|(known, _)| known == name);
        let text = TEXTS.into_iter().find(|known| known == name);
        let Some(name) = number.map(|(name, _)| name).or(text) else { continue };
        if let Some((_, max)) = number
            && !value.parse().is_ok_and(|number: u64| number <= max)
        {
            return Problem::parameter(name, format!("has to be a whole number of at most {max}"));
        }
        if !met.insert(name) {
            return Problem::parameter(name, "is there twice");
        }
    }
    Problem::parameter("query", "cannot be understood")
}

/// One or several of a few words, with commas between them. None of them where the parameter is not there.
pub(super) fn words<T: Copy>(
    name: &'static str,
    text: Option<&str>,
    known: &[(&'static str, T)],
) -> Result<Vec<T>, Problem> {
    let told = || format!("has to be one or more of {}, separated by commas", names(known));
    let word = |text| word(text, known).ok_or_else(|| Problem::parameter(name, told()));
    text.map_or_else(|| Ok(vec![]), |text| text.split(',').map(word).collect())
}

/// Exactly one of a few words, where the parameter is there.
pub(super) fn one_of<T: Copy>(
    name: &'static str,
    text: Option<&str>,
    known: &[(&'static str, T)],
) -> Result<Option<T>, Problem> {
    let told = || format!("has to be one of {}", names(known));
    let read = |text| word(text, known).ok_or_else(|| Problem::parameter(name, told()));
    text.map(read).transpose()
}

fn word<T: Copy>(text: &str, known: &[(&'static str, T)]) -> Option<T> {
    let found = known.iter().find(|(name, _)| name.eq_ignore_ascii_case(text.trim()));
    found.map(|(_, value)| *value)
}

fn names<T>(known: &[(&'static str, T)]) -> String {
    let all: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    all.join(", ")
}

/// Which end of a span of time: a date alone is meant with its whole day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    From,
    To,
}

impl End {
    fn name(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To => "to",
        }
    }
}

/// A time as it comes in anywhere, or a date alone.
pub(super) fn time(end: End, text: Option<&str>, zone: Tz) -> Result<Option<DateTime<Utc>>, Problem> {
    let read = |text: &str| {
        if let Some((begin, next)) = times::day(text, zone) {
            return Ok(if end == End::From { begin } else { next });
        }
        let told = "has to be a time such as 2025-10-06T18:30:00Z, or a date such as 2025-10-06";
        let wrong = || Problem::parameter(end.name(), told);
        instant(text, zone).ok_or_else(wrong)
    };
    text.map(read).transpose()
}

/// A time as it comes in anywhere; its plus may have become a space on the way.
pub(super) fn instant(text: &str, zone: Tz) -> Option<DateTime<Utc>> {
    let mended = match text.split_at_checked(LOCAL_LEN) {
        Some((local, rest)) => format!("{local}{}", rest.replace(' ', "+")),
        None => text.to_owned(),
    };
    times::parse(&mended, zone)
}

/// A telephone number, whose plus may have become a space on the way.
pub(super) fn with_plus(text: &str) -> String {
    if text.starts_with(' ') { format!("+{}", text.trim()) } else { text.trim().to_owned() }
}

/// An id, where the parameter is there.
pub(super) fn id(name: &'static str, text: Option<&str>) -> Result<Option<Uuid>, Problem> {
    let read = |text| Uuid::parse_str(text).map_err(|_| Problem::parameter(name, "is no id"));
    text.map(read).transpose()
}

/// A part of a text that is looked for. An empty one is none.
pub(super) fn part(name: &'static str, text: Option<&str>) -> Result<Option<String>, Problem> {
    let text = text.map_or("", str::trim);
    if text.len() > PART_LEN_MAX || text.contains('\0') {
        return Err(Problem::parameter(name, format!("has to be a text of at most {PART_LEN_MAX} bytes")));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_parameter_is_named() {
        for (query, told) in [
            (
                "x=y&minPosition=",
                "bad-parameter: minPosition has to be a whole number of at most 18446744073709551615",
            ),
            ("limit=1&limit=2", "bad-parameter: limit is there twice"),
            ("state=held&state=bound", "bad-parameter: state is there twice"),
            ("status=BUSY&status=FAILED", "bad-parameter: status is there twice"),
            ("lang=ru&lang=ru", "bad-parameter: lang is there twice"),
            ("x=1&x=2", "bad-parameter: query cannot be understood"),
        ] {
            assert_eq!(of(query).to_string(), told, "{query}");
        }
    }

    #[test]
    fn words_are_few() {
        let known = [("BUSY", 1), ("FAILED", 2)];
        let read = |text| words("status", text, &known).map_err(|wrong| wrong.to_string());
        assert_eq!(read(None), Ok(vec![]));
        assert_eq!(read(Some("failed, BUSY")), Ok(vec![2, 1]));
        let told = "bad-parameter: status has to be one or more of BUSY, FAILED, separated by commas";
        for wrong in ["", "BUSY,", "SLEPT"] {
            assert_eq!(read(Some(wrong)), Err(told.to_owned()), "{wrong}");
        }
    }

    #[test]
    fn one_word_is_one() {
        let known = [("csv", 1), ("xlsx", 2)];
        let read = |text| one_of("format", text, &known).map_err(|wrong| wrong.to_string());
        assert_eq!((read(None), read(Some("XLSX"))), (Ok(None), Ok(Some(2))));
        for wrong in ["", "pdf", "csv,xlsx"] {
            let told = "bad-parameter: format has to be one of csv, xlsx";
            assert_eq!(read(Some(wrong)), Err(told.to_owned()), "{wrong}");
        }
    }

    #[test]
    fn a_plus_that_became_a_space_is_a_plus() {
        let read = |text| time(End::From, Some(text), chrono_tz::UTC).map_err(|wrong| wrong.to_string());
        assert_eq!(read("2025-10-06T18:30:00 05:00"), read("2025-10-06T13:30:00Z"));
        assert_eq!(read("2025-10-06 18:30:00"), read("2025-10-06T18:30:00Z"));
        assert!(read("yesterday").unwrap_err().starts_with("bad-parameter: from has to be a time"));
    }
}
