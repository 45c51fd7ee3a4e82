//! `karnay events`: recorded events as lines of JSON or CSV. Nothing is opened that is sealed, and what could be guessed at, the hashes of
//! passwords and keys, is not printed.

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat};
use clap::{Args, ValueEnum};
use domain::fact::{Circumstances, Position};
use serde::Serialize;
use serde_json::value::RawValue;

use super::verify::place;
use super::{Error, Outcome};
use crate::config::Config;
use crate::journal::Stored;
use crate::journal::masked::masked;
use crate::journal::verify::Reader;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// First position to print
    #[arg(long, value_name = "N", default_value_t = 1)]
    from: Position,
    /// Go on printing what is recorded from now on
    #[arg(long)]
    follow: bool,
    /// Only events of this type (reported) or kind and type (call.reported); may be repeated
    #[arg(long = "type", value_name = "T")]
    types: Vec<String>,
    /// How to print: one JSON object a line, or comma-separated values under a header
    #[arg(long, value_enum, default_value_t = Format::Ndjson)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Ndjson,
    Csv,
}

/// Small enough for the largest events, large enough to be quick.
const EVENTS_A_READ: usize = 256;
const LOOK_AGAIN: Duration = Duration::from_millis(500);

const COLUMNS: [&str; 13] = [
    "position",
    "recordedAt",
    "occurredAt",
    "kind",
    "type",
    "version",
    "stream",
    "sequence",
    "organization",
    "actor",
    "correlation",
    "causation",
    "payload",
];

pub(super) async fn run(options: &Options, config: &Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    let reader = Reader::open(&place(config)).await?;
    let mut sheet = Sheet::begin(options.format, BufWriter::new(out))?;
    let mut after = options.from.saturating_sub(1);
    loop {
        let events = reader.stored(after, EVENTS_A_READ).await?;
        for event in events.iter().filter(|event| options.wants(event)) {
            sheet.print(event)?;
        }
        sheet.flush()?;
        match events.last() {
            Some(last) => after = last.position,
            None if options.follow => tokio::time::sleep(LOOK_AGAIN).await,
            None => return Ok(Outcome::Fine),
        }
    }
}

impl Options {
    fn wants(&self, event: &Stored) -> bool {
        let named = |wanted: &String| {
            *wanted == event.event_type || wanted.split_once('.') == Some((&event.kind, &event.event_type))
        };
        self.types.is_empty() || self.types.iter().any(named)
    }
}

/// An event under the names of its columns.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    position: Position,
    recorded_at: String,
    occurred_at: String,
    kind: &'a str,
    r#type: &'a str,
    version: &'a str,
    stream: &'a str,
    sequence: u64,
    organization: &'a str,
    actor: &'a str,
    correlation: &'a str,
    causation: &'a str,
    payload: Payload<'a>,
}

/// As it was stored, or as text where that is no JSON.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Payload<'a> {
    Json(&'a RawValue),
    Text(&'a str),
}

impl<'a> Row<'a> {
    fn of(event: &'a Stored, payload: &'a str, circumstances: &'a Circumstances) -> Self {
        Self {
            position: event.position,
            recorded_at: time(event.recorded_at),
            occurred_at: time(event.occurred_at),
            kind: &event.kind,
            r#type: &event.event_type,
            version: &event.event_version,
            stream: &event.stream,
            sequence: event.sequence,
            organization: &circumstances.organization,
            actor: &circumstances.actor,
            correlation: &circumstances.correlation,
            causation: &circumstances.causation,
            payload: serde_json::from_str(payload).map_or(Payload::Text(payload), Payload::Json),
        }
    }

    fn cells(&self, payload: &'a str) -> [String; COLUMNS.len()] {
        [
            self.position.to_string(),
            self.recorded_at.clone(),
            self.occurred_at.clone(),
            self.kind.to_owned(),
            self.r#type.to_owned(),
            self.version.to_owned(),
            self.stream.to_owned(),
            self.sequence.to_string(),
            self.organization.to_owned(),
            self.actor.to_owned(),
            self.correlation.to_owned(),
            self.causation.to_owned(),
            payload.to_owned(),
        ]
    }
}

fn time(micros: i64) -> String {
    let time = DateTime::from_timestamp_micros(micros).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

enum Sheet<W: Write> {
    Ndjson(W),
    Csv(Box<csv::Writer<W>>),
}

impl<W: Write> Sheet<W> {
    fn begin(format: Format, out: W) -> io::Result<Self> {
        if format == Format::Ndjson {
            return Ok(Self::Ndjson(out));
        }
        let mut sheet = csv::Writer::from_writer(out);
        sheet.write_record(COLUMNS)?;
        Ok(Self::Csv(Box::new(sheet)))
    }

    fn print(&mut self, event: &Stored) -> io::Result<()> {
        let circumstances: Circumstances = serde_json::from_str(&event.metadata).unwrap_or_default();
        let payload = masked(&event.kind, &event.payload);
        let row = Row::of(event, &payload, &circumstances);
        match self {
            Self::Ndjson(out) => {
                serde_json::to_writer(&mut *out, &row)?;
                out.write_all(b"\n")
            }
            Self::Csv(sheet) => Ok(sheet.write_record(row.cells(&payload))?),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Ndjson(out) => out.flush(),
            Self::Csv(sheet) => sheet.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(payload: &str) -> Stored {
        Stored {
            position: 7,
            kind: "call".to_owned(),
            stream: "1/session-1/0000001".to_owned(),
            sequence: 1,
            event_type: "reported".to_owned(),
            event_version: "1".to_owned(),
            payload: payload.to_owned(),
            metadata: r#"{"organization":"1","actor":"webhook","correlation":"r-1"}"#.to_owned(),
            occurred_at: 1_759_775_400_000_001,
            recorded_at: 1_759_775_400_000_002,
            hash: [0; 32],
        }
    }

    fn printed(format: Format, payload: &str) -> String {
        let mut paper = Vec::new();
        let mut sheet = Sheet::begin(format, &mut paper).unwrap();
        sheet.print(&event(payload)).unwrap();
        sheet.flush().unwrap();
        drop(sheet);
        String::from_utf8(paper).unwrap()
    }

    #[test]
    fn an_event_is_one_line_of_json_with_its_payload_as_stored() {
        let line = printed(Format::Ndjson, r#"{"n": 1.50}"#);
        assert_eq!(
            line,
            concat!(
                r#"{"position":7,"recordedAt":"2025-10-06T18:30:00.000002Z","occurredAt":"2025-10-06T18:30:00.000001Z","#,
                r#""kind":"call","type":"reported","version":"1","stream":"1/session-1/0000001","sequence":1,"#,
                r#""organization":"1","actor":"webhook","correlation":"r-1","causation":"","payload":{"n": 1.50}}"#,
                "\n"
            )
        );
        assert!(printed(Format::Ndjson, "no json").contains(r#""payload":"no json""#));
    }

    #[test]
    fn csv_has_the_same_columns() {
        let text = printed(Format::Csv, r#"{"a":"b,c"}"#);
        let mut sheet = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(sheet.headers().unwrap(), COLUMNS.as_slice());
        let row = sheet.records().next().unwrap().unwrap();
        assert_eq!((&row[0], &row[4], &row[12]), ("7", "reported", r#"{"a":"b,c"}"#));
    }

    #[test]
    fn a_type_is_chosen_with_or_without_its_kind() {
        let wants = |types: &[&str]| {
            let types = types.iter().map(|t| (*t).to_owned()).collect();
            Options { from: 1, follow: false, types, format: Format::Csv }.wants(&event("{}"))
        };
        assert!(wants(&[]) && wants(&["reported"]) && wants(&["call.reported"]) && wants(&["x", "reported"]));
        assert!(!wants(&["session.reported"]) && !wants(&["call"]));
    }
}
