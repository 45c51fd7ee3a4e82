//! An agent's answer, and how it is read. The documented fields decide the status; the others, which an agent may add, tell more.
//! Whatever an added field holds, no answer is refused for it: what cannot be read was not said.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::status::Status;
use super::{Outcome, Path, Promise, Reach, Upshot};
use crate::day;
use crate::decimal::Amount;
use crate::zone::Zone;

/// Who is cut off sooner than this after answering has heard nothing.
pub const DROPPED_BELOW_SECS: u32 = 10;
/// Longer causes are cut.
pub const CAUSE_CHARS_MAX: usize = 300;
/// A year beyond is no date, and its instant may not exist.
const YEARS: RangeInclusive<i32> = 1900..=9999;
/// Longer than this nobody talks; such a figure is no duration.
const TALK_SECS_MAX: i64 = 24 * 60 * 60;

/// As the agent gives it. Debug shows nothing that is about a person.
/// Without `success` it is no answer: half of one must not pass for a failure, after which the person is rung again.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    pub success: bool,
    #[serde(default, deserialize_with = "said")]
    pub outcome: Option<String>,
    #[serde(default, deserialize_with = "said")]
    pub summary: Option<String>,
    #[serde(default)]
    pub duration: Value,
    #[serde(default, deserialize_with = "said")]
    pub recording_url: Option<String>,
    /// `{ amount, dueDate }`
    #[serde(default)]
    pub promise: Value,
    #[serde(default)]
    pub callback_at: Value,
    #[serde(default)]
    pub opt_out: Value,
    #[serde(default)]
    pub cause: Value,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("success", &self.success).finish_non_exhaustive()
    }
}

impl Answer {
    /// What it means. Times that name no zone are the person's.
    pub fn read(&self, path: Path, zone: Zone) -> Outcome {
        let talk_secs = self.talk_secs();
        Outcome { reach: self.reach(talk_secs.unwrap_or(0), zone), path, talk_secs, cause: None }
    }

    fn reach(&self, talk_secs: u32, zone: Zone) -> Reach {
        if self.opt_out == Value::Bool(true) {
            return Reach::Reached(Upshot::OptedOut);
        }
        match self.status() {
            Status::Success => Reach::Reached(Upshot::Success),
            Status::PromiseToPay => Reach::Reached(Upshot::PromiseToPay(self.promise(zone))),
            Status::CallbackRequested => {
                Reach::Reached(Upshot::CallbackRequested { at: time(&self.callback_at, zone) })
            }
            Status::Refused => Reach::Reached(Upshot::Refused),
            Status::Busy => Reach::Busy,
            Status::NoAnswer => Reach::NoAnswer,
            Status::Failed | Status::Pending | Status::Calling => self.failed(talk_secs),
        }
    }

    /// `success` decides, unless the outcome is exactly a final status that may stand beside it.
    fn status(&self) -> Status {
        let told = self.outcome.as_deref().map(|told| told.trim().to_ascii_uppercase());
        let told = told.and_then(|told| Status::parse(&told));
        match (self.success, told) {
            (true, Some(told @ (Status::PromiseToPay | Status::CallbackRequested | Status::Refused))) => told,
            (true, _) => Status::Success,
            (false, None | Some(Status::Pending | Status::Calling)) => Status::Failed,
            (false, Some(told)) => told,
        }
    }

    /// Which failure it was, as far as a word in the cause or in the outcome names it, else by whether anybody talked.
    fn failed(&self, talk_secs: u32) -> Reach {
        let told = [self.cause.as_str(), self.outcome.as_deref()];
        let named = told.into_iter().flatten().find_map(failure);
        named.unwrap_or(match talk_secs {
            0 => Reach::Unavailable,
            1..DROPPED_BELOW_SECS => Reach::Reached(Upshot::Dropped),
            DROPPED_BELOW_SECS.. => Reach::Reached(Upshot::Failed),
        })
    }

    fn promise(&self, zone: Zone) -> Promise {
        let told = |name| self.promise.get(name).unwrap_or(&Value::Null);
        let amount = text(told("amount")).and_then(|amount| Amount::parse(&amount));
        Promise { amount, due: day(told("dueDate"), zone) }
    }

    /// Whole seconds, from a number or its text.
    fn talk_secs(&self) -> Option<u32> {
        let told = text(&self.duration)?;
        let whole = told.trim().split('.').next()?;
        let secs: i64 = whole.parse().ok()?;
        if secs > TALK_SECS_MAX {
            return None;
        }
        u32::try_from(secs).ok()
    }

    /// As it was written, for its words may be about the person.
    pub fn cause(&self) -> Option<String> {
        let cut: String = text(&self.cause)?.trim().chars().take(CAUSE_CHARS_MAX).collect();
        (!cut.is_empty()).then_some(cut)
    }
}

/// A failure that has a name of its own, however its words are joined.
fn failure(told: &str) -> Option<Reach> {
    let word: String = told.trim().chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    match word.to_ascii_uppercase().as_str() {
        "REJECTED" => Some(Reach::Rejected),
        "SWITCHED_OFF" | "ABSENT" | "UNAVAILABLE" => Some(Reach::Unavailable),
        "INVALID_NUMBER" => Some(Reach::InvalidNumber),
        "NETWORK_ERROR" => Some(Reach::NetworkError),
        "DROPPED" => Some(Reach::Reached(Upshot::Dropped)),
        _ => None,
    }
}

/// A text; what is none was not said.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(text(&Value::deserialize(deserializer)?))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The day of an instant where the person is, or a day as people write it.
fn day(value: &Value, zone: Zone) -> Option<NaiveDate> {
    let told = value.as_str()?.trim();
    let instant = time(value, zone).map(|at| zone.wall(at).date());
    instant.or_else(|| Some(day::parse(told)?.0)).filter(|day| YEARS.contains(&day.year()))
}

/// An instant; one that names no zone is on the person's clock.
fn time(value: &Value, zone: Zone) -> Option<DateTime<Utc>> {
    let told = value.as_str()?.trim().replacen(' ', "T", 1);
    let placed = DateTime::parse_from_rfc3339(&told).map(|at| at.to_utc()).ok();
    let local = || {
        let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
        let read = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(&told, form).ok());
        read.filter(|wall| YEARS.contains(&wall.year()))
    };
    placed.or_else(|| local().map(|wall| zone.instant(wall)))
}
