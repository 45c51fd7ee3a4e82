//! The documented fields under the names that gateways give them. A recording bears the name of its call.

use chrono::{DateTime, Utc};
use domain::pbx::said::{LiveCall, LogRow, RecordingRow};
use domain::pbx_call::Direction;
use serde_json::Value;

use crate::adapters::exchange::loose::{Loose, between};
use crate::adapters::exchange::senseless;
use crate::ports::pbx::PbxTrouble;

const ID: [&str; 3] = ["id", "call_id", "callId"];
const FROM: [&str; 3] = ["from_number", "fromNumber", "caller_id"];
const TO: [&str; 3] = ["to_number", "toNumber", "destination"];
const STARTED: [&str; 2] = ["start_time", "startTime"];
const ENDED: [&str; 2] = ["end_time", "endTime"];
const RECORDING: [&str; 4] = ["recording_path", "recordingPath", "recording_url", "recordingUrl"];

pub(super) struct Listed<'a> {
    pub(super) rows: &'a [Value],
    pub(super) total: Option<usize>,
}

/// A list, or an object that holds one.
pub(super) fn listed(said: &Value) -> Result<Listed<'_>, PbxTrouble> {
    if let Some(rows) = said.as_array() {
        return Ok(Listed { rows, total: None });
    }
    let object = Loose::new(said).ok_or_else(|| senseless("it is no list"))?;
    let rows = object.list(&["calls", "data", "items", "cdr"]);
    let total = object.number(&["total", "totalItems"]).and_then(|total| usize::try_from(total).ok());
    Ok(Listed { rows: rows.ok_or_else(|| senseless("there is no list in it"))?, total })
}

/// How long a call has been going on follows from the exchange's own clock.
pub(super) fn live(row: &Value, told_at: Option<DateTime<Utc>>) -> Option<LiveCall> {
    let row = Loose::new(row)?;
    let talk_secs = row.secs(&["duration"]).unwrap_or_default();
    let began = row.time(&STARTED).zip(told_at);
    Some(LiveCall {
        id: row.text(&ID)?,
        from: row.text(&FROM).unwrap_or_default(),
        to: row.text(&TO).unwrap_or_default(),
        code: code(row),
        secs: began.map_or(talk_secs, |(began, now)| between(began, now)).max(talk_secs),
        talk_secs,
        direction: direction(row),
    })
}

pub(super) fn logged(row: &Value) -> Option<LogRow> {
    let row = Loose::new(row)?;
    let (started_at, id) = (row.time(&STARTED)?, row.text(&ID));
    let talk_secs = row.secs(&["duration"]).unwrap_or_default();
    let secs = row.time(&ENDED).map_or(talk_secs, |ended_at| between(started_at, ended_at));
    Some(LogRow {
        recording: id.clone().filter(|_| row.text(&RECORDING).is_some()),
        id,
        started_at,
        from: row.text(&FROM).unwrap_or_default(),
        to: row.text(&TO).unwrap_or_default(),
        code: code(row),
        secs: secs.max(talk_secs),
        talk_secs,
        direction: direction(row),
    })
}

pub(super) fn recording(row: LogRow) -> Option<RecordingRow> {
    let LogRow { recording, from, to, started_at, secs, talk_secs, .. } = row;
    let answered_at = started_at + chrono::TimeDelta::seconds(i64::from(secs.saturating_sub(talk_secs)));
    Some(RecordingRow {
        id: recording?,
        extension: to,
        other: from,
        started_at: answered_at,
        secs: talk_secs,
    })
}

fn code(row: Loose<'_>) -> String {
    row.text(&["status", "state"]).unwrap_or_else(|| "unknown".to_owned())
}

fn direction(row: Loose<'_>) -> Option<Direction> {
    match row.text(&["direction"])?.to_ascii_lowercase().as_str() {
        "inbound" | "incoming" | "in" | "kiruvchi" => Some(Direction::Incoming),
        "outbound" | "outgoing" | "out" | "chiquvchi" => Some(Direction::Outgoing),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use chrono::Datelike as _;
    use serde_json::json;

    use super::*;
    use crate::adapters::exchange::loose;

    #[test]
    fn fields_are_known_by_all_their_names() {
        let one = json!({ "id": "7", "from_number": "1", "to_number": "2", "start_time": 1_700_000_000,
            "end_time": 1_700_000_042, "duration": 35, "status": "answered", "direction": "inbound", "recording_url": "/x" });
        let other = json!({ "call_id": 7, "caller_id": 1, "destination": "2", "startTime": "2023-11-14T22:13:20Z",
            "endTime": "2023-11-14T22:14:02Z", "DURATION": "35", "state": "answered", "direction": "kiruvchi",
            "recordingPath": "x.wav" });
        let row = logged(&one).unwrap();
        assert_eq!(logged(&other).as_ref(), Some(&row));
        assert_eq!((row.secs, row.talk_secs, row.recording.as_deref()), (42, 35, Some("7")));
        let recording = recording(row).unwrap();
        assert_eq!((recording.started_at.timestamp(), recording.secs), (1_700_000_007, 35));
    }

    #[test]
    fn a_list_is_bare_or_wrapped() {
        for said in [json!([{}]), json!({ "calls": [{}] }), json!({ "DATA": [{}], "total": 9 })] {
            assert_eq!(listed(&said).map(|listed| listed.rows.len()), Ok(1));
        }
        assert!(listed(&json!({ "error": "x" })).is_err() && listed(&json!("x")).is_err());
    }

    #[test]
    fn fuzz_rows_of_gateways() {
        let good = [
            json!([{ "id": "7", "from_number": "1", "to_number": "2", "start_time": 1_700_000_000, "duration": 35,
                "end_time": 1_700_000_042, "status": "answered", "direction": "inbound", "recording_url": "/x" }]),
            json!({ "total": 1, "cdr": [{ "call_id": 7, "caller_id": 1, "destination": "2", "DURATION": "35",
                "startTime": "2023-11-14T22:13:20Z", "endTime": "2023-11-14 22:14:02", "state": "answered",
                "direction": "kiruvchi", "recordingPath": "x.wav" }] }),
        ];
        let good = good.map(|told| told.to_string());
        let good: Vec<&[u8]> = good.iter().map(String::as_bytes).collect();
        let now = DateTime::from_timestamp(1_700_000_100, 0);
        fuzz::fuzz("rows of gateways", &good, |bytes| {
            let mut made = vec![];
            let told: Value = serde_json::from_slice(bytes).unwrap_or_default();
            for row in listed(&told).map(|listed| listed.rows).unwrap_or_default() {
                let logged = logged(row);
                let at = logged.as_ref().map(|row| row.started_at);
                assert!(at.is_none_or(|at| loose::YEARS.contains(&at.year())), "{at:?}");
                made.extend([live(row, now).is_some(), logged.is_some()]);
                made.push(logged.and_then(recording).is_some());
            }
            made
        });
    }
}
