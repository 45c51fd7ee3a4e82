//! What the box says, read leniently into what any exchange may say. A row without its name or its time is no row.

use chrono::{DateTime, Utc};
use domain::pbx::said::{Inside, InsideKind, LiveCall, LogRow, RecordingRow};
use serde_json::Value;

use crate::adapters::exchange::loose::{self, Loose};
use crate::adapters::exchange::senseless;
use crate::ports::pbx::PbxTrouble;

/// A list's rows, and how many there are where that is said.
pub(super) struct Listed<'a> {
    pub(super) rows: &'a [Value],
    pub(super) total: Option<usize>,
}

/// No list at all is an empty one only where the count says so too.
pub(super) fn listed<'a>(result: &'a Value, name: &str) -> Result<Listed<'a>, PbxTrouble> {
    let result = Loose::new(result).ok_or_else(|| senseless(format!("{name} is no object")))?;
    let total = result.number(&["totalItems"]).and_then(|total| usize::try_from(total).ok());
    match result.list(&[name]) {
        Some(rows) => Ok(Listed { rows, total }),
        None if total == Some(0) => Ok(Listed { rows: &[], total }),
        None => Err(senseless(format!("there is no {name} in it"))),
    }
}

pub(super) fn live(row: &Value) -> Option<LiveCall> {
    let row = Loose::new(row)?;
    Some(LiveCall {
        id: row.text(&["id"])?,
        from: party(row, "FROM"),
        to: party(row, "TO"),
        code: code(row),
        secs: row.secs(&["CALL_DURATION"]).unwrap_or_default(),
        talk_secs: row.secs(&["ANSWERED_DURATION"]).unwrap_or_default(),
        direction: None,
    })
}

/// Empty where the number is withheld.
fn party(row: Loose<'_>, side: &str) -> String {
    let object = row.object(&[side]).and_then(|party| party.text(&["NUMBER", "TEL_NUM"]));
    object.or_else(|| row.text(&[side])).unwrap_or_default()
}

/// Nought stands for what is unknown at the box too.
fn code(row: Loose<'_>) -> String {
    row.text(&["STATUS"]).unwrap_or_else(|| "0".to_owned())
}

pub(super) fn logged(row: &Value) -> Option<LogRow> {
    let row = Loose::new(row)?;
    Some(LogRow {
        id: None,
        started_at: row.time(&["TIMESTAMP"])?,
        from: row.text(&["FROM_NUM"]).unwrap_or_default(),
        to: row.text(&["TO_NUM"]).unwrap_or_default(),
        code: code(row),
        secs: row.secs(&["CALL_DURATION"]).unwrap_or_default(),
        talk_secs: row.secs(&["ANSWERED_DURATION"]).unwrap_or_default(),
        direction: None,
        recording: None,
    })
}

pub(super) fn recording(row: &Value) -> Option<RecordingRow> {
    let row = Loose::new(row)?;
    let started_at: DateTime<Utc> = row.time(&["STARTED"])?;
    Some(RecordingRow {
        id: row.text(&["ID"])?,
        extension: row.text(&["EXTENSION"]).unwrap_or_default(),
        other: row.text(&["CALLER_ID"]).unwrap_or_default(),
        started_at,
        secs: row.secs(&["DURATION"]).unwrap_or_default(),
    })
}

/// Outbound routes and outside numbers stand in the directory, and are not inside.
pub(super) fn inside(row: &Value) -> Option<Inside> {
    const LINE: i64 = 1;
    const ROUTE: i64 = 3;
    const QUEUE: i64 = 5;
    const RING_GROUP: i64 = 9;
    const OUTSIDE: i64 = 12;
    const LINE_GROUP: i64 = 20;
    let row = Loose::new(row)?;
    let kind = match row.number(&["EXTENSION_TYPE_ID"]) {
        Some(ROUTE | OUTSIDE) => return None,
        Some(LINE) => InsideKind::Extension,
        Some(QUEUE | RING_GROUP | LINE_GROUP) => InsideKind::Group,
        Some(_) | None => InsideKind::Service,
    };
    Some(Inside { number: row.text(&["TEL_NUM"])?, kind })
}

/// Where a recording lies that the box has made ready.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) url: String,
    pub(super) len: Option<u64>,
}

/// None while it is under way.
pub(super) fn ready(result: &Value) -> Result<Option<Ready>, PbxTrouble> {
    const DONE: i64 = 100;
    let result = Loose::new(result).ok_or_else(|| senseless("the recording's answer is no object"))?;
    if let Some(download) = result.object(&["fileDownload"]) {
        let url = download.text(&["url"]).ok_or_else(|| senseless("the recording has no address"))?;
        let len = download.number(&["length"]).and_then(|len| u64::try_from(len).ok());
        return Ok(Some(Ready { url, len }));
    }
    match result.number(&["operationProgress"]) {
        Some(progress) if progress < DONE => Ok(None),
        Some(_) | None => Err(senseless("there is no recording in it")),
    }
}

/// What a constant says whose name ends so.
pub(super) fn constant(constants: &Value, part: &str) -> Option<String> {
    let list = Loose::new(constants)?.get(&["constantList"])?;
    let value = match list {
        Value::Array(list) => list.iter().filter_map(Loose::new).find_map(|constant| {
            let named =
                constant.text(&["name"]).is_some_and(|name| name.to_ascii_uppercase().ends_with(part));
            constant.get(&["value"]).filter(|_| named)
        }),
        Value::Object(map) => {
            map.iter().find(|(name, _)| name.to_ascii_uppercase().ends_with(part)).map(|(_, value)| value)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    loose::text(value?)
}

/// 33554432 is 2.0.0.
pub(super) fn api_version(number: i64) -> String {
    let byte = |shift: u32| (number >> shift) & 0xff;
    format!("API {}.{}.{}", byte(24), byte(16), byte(8))
}

#[cfg(test)]
mod tests {
    use chrono::Datelike as _;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_live_call_is_read_in_any_form() {
        let strict = json!({ "id": "1700000000.42", "FROM": { "NUMBER": "998000000001" }, "TO": { "NUMBER": "158" },
            "STATUS": 2, "CALL_DURATION": 7, "ANSWERED_DURATION": 0 });
        let loose = json!({ "ID": "1700000000.42", "from": { "Number": 998_000_000_001_u64, "NAME": null },
            "To": "158", "status": "2", "call_duration": 7.0, "EXTRA": [1] });
        assert!(live(&strict).is_some() && live(&strict) == live(&loose));
        assert!(live(&json!({ "STATUS": 2 })).is_none());
    }

    #[test]
    fn a_row_of_the_log_is_read_in_any_form() {
        let strict = json!({ "TIMESTAMP": 1_700_000_000, "FROM_NUM": "998000000001", "TO_NUM": "158",
            "FROM_TYPE": 1, "STATUS": 4, "CALL_DURATION": 42, "ANSWERED_DURATION": 35 });
        let loose = json!({ "timestamp": "1700000000", "FROM_NUM": 998_000_000_001_u64, "TO_NUM": 158,
            "FROM_NAME": null, "STATUS": "4", "CALL_DURATION": "42", "ANSWERED_DURATION": 35.0 });
        assert!(logged(&strict).is_some() && logged(&strict) == logged(&loose));
        assert!(logged(&json!({ "FROM_NUM": "1" })).is_none());
    }

    #[test]
    fn a_list_that_is_missing_is_empty_only_if_it_is_said_to_be() {
        assert_eq!(listed(&json!({ "totalItems": "0" }), "calls").map(|listed| listed.rows.len()), Ok(0));
        assert!(
            listed(&json!({ "totalItems": 1 }), "calls").is_err() && listed(&json!([]), "calls").is_err()
        );
    }

    #[test]
    fn a_recording_is_ready_or_under_way() {
        let there = json!({ "fileDownload": { "url": "/x", "length": "7" }, "operationProgress": 100 });
        assert_eq!(
            ready(&there).unwrap().map(|ready| (ready.url, ready.len)),
            Some(("/x".to_owned(), Some(7)))
        );
        assert!(ready(&json!({ "operationProgress": 40 })).unwrap().is_none());
        assert!(ready(&json!({ "operationProgress": 100 })).is_err());
    }

    #[test]
    fn the_directory_tells_lines_from_groups_and_leaves_out_the_outside() {
        let kind = |kind: i64| {
            inside(&json!({ "TEL_NUM": "158", "EXTENSION_TYPE_ID": kind })).map(|inside| inside.kind)
        };
        assert_eq!((kind(1), kind(5)), (Some(InsideKind::Extension), Some(InsideKind::Group)));
        assert_eq!((kind(6), kind(12)), (Some(InsideKind::Service), None));
    }

    #[test]
    fn constants_and_versions_are_told() {
        let listed = json!({ "constantList": [{ "name": "KTS_PRODUCT_NAME", "value": "Operator" }] });
        let mapped = json!({ "constantList": { "KTS_PRODUCT_NAME": "Operator" } });
        for constants in [listed, mapped] {
            assert_eq!(constant(&constants, "PRODUCT_NAME").as_deref(), Some("Operator"));
        }
        assert_eq!(api_version(33_554_432), "API 2.0.0");
    }

    /// Which of the readers make something of it.
    fn read(told: &Value) -> Vec<bool> {
        let mut made = vec![ready(told).is_ok(), constant(told, "PRODUCT_NAME").is_some()];
        for name in ["callsList", "sharedConstants", "userList"] {
            let Ok(listed) = listed(told, name) else { continue };
            for row in listed.rows.iter().take(3) {
                let (logged, recording) = (logged(row), recording(row));
                let times =
                    [logged.as_ref().map(|row| row.started_at), recording.as_ref().map(|row| row.started_at)];
                assert!(times.iter().flatten().all(|at| loose::YEARS.contains(&at.year())), "{times:?}");
                made.extend([
                    live(row).is_some(),
                    logged.is_some(),
                    recording.is_some(),
                    inside(row).is_some(),
                ]);
            }
        }
        made
    }

    #[test]
    fn fuzz_rows_of_the_box() {
        let good = [
            json!({ "totalItems": 1, "callsList": [{ "id": "1.42", "FROM": { "NUMBER": "998000000001" }, "TO": "158",
                "STATUS": 4, "CALL_DURATION": "42", "ANSWERED_DURATION": 35.0, "TIMESTAMP": 1_700_000_000,
                "FROM_NUM": "158", "TO_NUM": 998_000_000_001_u64 }] }),
            json!({ "totalItems": "2", "callsList": [{ "ID": 7, "STARTED": "2023-11-14 22:13:20", "DURATION": 35,
                "EXTENSION": "158", "CALLER_ID": "+998 90 123-45-67" }, { "TEL_NUM": "158", "EXTENSION_TYPE_ID": 1 }] }),
            json!({ "fileDownload": { "url": "/download/7", "length": 4096 }, "operationProgress": 100 }),
            json!({ "constantList": [{ "name": "KTS_PRODUCT_NAME", "value": "Operator" }] }),
        ];
        let good = good.map(|told| told.to_string());
        let good: Vec<&[u8]> = good.iter().map(String::as_bytes).collect();
        fuzz::fuzz("rows of the box", &good, |bytes| {
            serde_json::from_slice(bytes).map_or_else(|_| vec![], |told: Value| read(&told))
        });
    }
}
