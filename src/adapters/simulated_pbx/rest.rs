//! The documented addresses, as a gateway before the box would serve them: the same calls in other words, each with its id.

use actix_web::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::MILLIS;
use super::core::{Core, State};
use super::directory;
use super::exchange::Exchange;
use super::log::Row;
use super::query::{Query, Table as _};
use super::wire::{PLAIN_JSON, Reply, WAV};

const LIMIT: usize = 1_000;
const LIMIT_MAX: usize = 10_000;

#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    start_date: Option<String>,
    end_date: Option<String>,
    extension: Option<String>,
    limit: Option<usize>,
}

/// Whether the header carries user and password.
pub(super) fn is_known(core: &Core, authorization: Option<&str>) -> bool {
    let given = authorization.and_then(|given| STANDARD.decode(given.strip_prefix("Basic ")?).ok());
    let given = given.and_then(|given| String::from_utf8(given).ok());
    given
        .is_some_and(|given| given.split_once(':').is_some_and(|(user, password)| core.knows(user, password)))
}

pub(super) fn refused() -> Reply {
    told(StatusCode::UNAUTHORIZED, &json!({ "error": "who are you?" }))
}

pub(super) fn log(state: &State, wanted: &Wanted) -> Reply {
    let bound = |text: &Option<String>, last: bool| match text {
        None => Ok(None),
        Some(text) => instant(text, last).map(Some).ok_or(()),
    };
    let (Ok(from), Ok(until)) = (bound(&wanted.start_date, false), bound(&wanted.end_date, true)) else {
        return told(StatusCode::BAD_REQUEST, &json!({ "error": "that is no date" }));
    };
    let limit = wanted.limit.unwrap_or(LIMIT).min(LIMIT_MAX);
    let log = &state.exchange.log;
    let within = |comparator: &str, secs: i64| json!({ "fieldName": "TIMESTAMP", "comparator": comparator, "value": secs });
    let bounds = from
        .map(|secs| within("GreaterEq", secs))
        .into_iter()
        .chain(until.map(|secs| within("LessEq", secs)));
    let query = json!({ "conditions": bounds.collect::<Vec<_>>(),
        "orderBy": [{ "columnName": "TIMESTAMP", "direction": "Desc" }] });
    let found = Query::read(&query).and_then(|query| query.rows(log)).unwrap_or_default();
    let rows = found.1.into_iter().filter_map(|row| log.row(row));
    let wanted = |row: &Row| {
        wanted
            .extension
            .as_ref()
            .is_none_or(|extension| extension_of(&state.exchange, row).as_ref() == Some(extension))
    };
    let rows: Vec<Value> = rows.filter(wanted).take(limit).map(|row| logged(&state.exchange, &row)).collect();
    told(StatusCode::OK, &json!({ "total": log.len(), "calls": rows }))
}

fn logged(exchange: &Exchange, row: &Row) -> Value {
    let status = match row.status {
        4 => "answered",
        2 => "busy",
        3 | 6 => "no-answer",
        _ => "failed",
    };
    let talked = if row.status == 4 { row.answered_secs } else { 0 };
    let recording = exchange.tapes.shown().any(|tape| tape.call == row.id);
    json!({
        "id": row.id,
        "from_number": row.from,
        "to_number": row.to,
        "direction": direction(&row.from),
        "extension": extension_of(exchange, row),
        "start_time": time(row.timestamp),
        "end_time": time(row.timestamp + row.call_secs),
        "duration": talked,
        "status": status,
        "recording_url": recording.then(|| format!("/api/rest/v1/calls/{}/recording", row.id)),
    })
}

pub(super) fn active(state: &State, now: i64) -> Reply {
    let live = state.exchange.live(now);
    let word = |status: &Value| match status.as_u64() {
        Some(3 | 9) => "connected",
        Some(4 | 5) => "disconnected",
        Some(6) => "voicemail",
        Some(10) => "busy",
        Some(11) => "forbidden",
        _ => "ringing",
    };
    let number = |side: &Value| side.get("NUMBER").cloned().unwrap_or_default();
    let calls = live.0.into_iter().map(|mut call| {
        let mut part = |name: &str| call.get_mut(name).map(Value::take).unwrap_or_default();
        let (from, to) = (number(&part("FROM")), number(&part("TO")));
        let began = (now + state.skew()) / MILLIS - part("CALL_DURATION").as_i64().unwrap_or(0);
        json!({ "id": part("id"), "direction": direction(from.as_str().unwrap_or_default()), "from_number": from,
            "to_number": to, "state": word(&part("STATUS")), "start_time": time(began),
            "duration": part("ANSWERED_DURATION") })
    });
    told(StatusCode::OK, &json!({ "calls": calls.collect::<Vec<_>>() }))
}

pub(super) fn recording(state: &State, call: &str) -> Reply {
    match state.exchange.tapes.shown().find(|tape| tape.call == call) {
        Some(tape) => Reply::new(StatusCode::OK, WAV, tape.audio(true)),
        None => told(StatusCode::NOT_FOUND, &json!({ "error": "there is no such recording" })),
    }
}

fn told(status: StatusCode, answer: &Value) -> Reply {
    Reply::new(status, PLAIN_JSON, answer.to_string())
}

fn direction(from: &str) -> &'static str {
    if directory::is_inside(from) { "outbound" } else { "inbound" }
}

/// Whoever talked inside, where a recording tells; else the number inside that was dialled or dialled.
fn extension_of(exchange: &Exchange, row: &Row) -> Option<String> {
    let tape = exchange.tapes.shown().find(|tape| tape.call == row.id).map(|tape| tape.extension.clone());
    let inside = || [&row.from, &row.to].into_iter().find(|number| directory::is_inside(number)).cloned();
    tape.or_else(inside)
}

fn time(secs: i64) -> Option<String> {
    DateTime::from_timestamp(secs, 0).map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// An instant, or a day, of which the first second or the last is meant.
fn instant(text: &str, last: bool) -> Option<i64> {
    let day =
        |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc().timestamp() + if last { 86_399 } else { 0 };
    let whole = text.parse::<DateTime<Utc>>().ok().map(|time| time.timestamp());
    let local = || {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok().map(|time| time.and_utc().timestamp())
    };
    whole.or_else(local).or_else(|| text.parse().ok().map(day))
}
