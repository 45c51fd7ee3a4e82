//! `karnay events`: recorded events as lines of JSON or CSV. Nothing is opened that is sealed, and what could be guessed at, the hashes of
//! passwords and keys, is not printed.

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use domain::fact::{self, Circumstances, Position, UnknownType};

use super::opening;
use super::when::{Said, first, said};
use super::{Error, Outcome, export, help};
use crate::config::Config;
use crate::journal::masked::masked;
use crate::journal::told::{COLUMNS, Told, Types};
use crate::journal::verify::Reader;
use crate::journal::{Stored, from_micros};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Options {
    #[command(subcommand)]
    task: Option<Task>,
    /// First to print: a position of the journal, a time (2025-10-06T18:30:00Z; in the engine's zone where it names none) or a day there
    /// (2025-10-06)
    #[arg(long, value_name = "WHEN", default_value = "1", value_parser = said)]
    from: Said,
    /// Go on printing what is recorded from now on
    #[arg(long)]
    follow: bool,
    /// Only events of this type (reported) or kind and type (call.reported); may be repeated
    #[arg(long = "type", value_name = "T", value_parser = known)]
    types: Vec<String>,
    /// How to print: one JSON object a line, or comma-separated values under a header
    #[arg(long, value_enum, default_value_t = Format::Ndjson)]
    format: Format,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Write what was recorded into files for analysts
    #[command(before_help = help::EVENTS_EXPORT, after_help = help::EVENTS_EXPORT_MORE)]
    Export(export::Options),
}

fn known(name: &str) -> Result<String, UnknownType> {
    fact::known(name).map(|()| name.to_owned())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Ndjson,
    Csv,
}

/// Small enough for the largest events, large enough to be quick.
const EVENTS_A_READ: usize = 256;
const LOOK_AGAIN: Duration = Duration::from_millis(500);

pub(super) async fn run(options: Options, config: &Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    match options.task {
        Some(Task::Export(options)) => export::run(options, config, out).await,
        None => print(&options, config, out).await,
    }
}

async fn print(options: &Options, config: &Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    let reader = opening::to_look(config).await?;
    let mut sheet = Sheet::begin(options.format, BufWriter::new(out))?;
    let wanted = Types::from(options.types.clone());
    let from = options.from.when(config.house.timezone);
    let mut after = before(&reader, first(&reader, from).await?, options.follow).await?;
    loop {
        let events = reader.stored(after, EVENTS_A_READ).await?;
        let begun = |event: &&Stored| from.begins(event.position, from_micros(event.recorded_at));
        for event in events.iter().filter(begun).filter(|event| wanted.want(event)) {
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

/// The position before the first. Right after the end there is nothing yet, and further on only for those who wait for it.
async fn before(reader: &Reader, first: Position, waits: bool) -> Result<Position, Error> {
    let end = reader.position().await?;
    if first > end + 1 && !waits {
        return Err(export::Error::After(end).into());
    }
    first.checked_sub(1).ok_or_else(|| export::Error::Nowhere.into())
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
        let told = Told::new(event, &payload, &circumstances);
        match self {
            Self::Ndjson(out) => {
                serde_json::to_writer(&mut *out, &told)?;
                out.write_all(b"\n")
            }
            Self::Csv(sheet) => Ok(sheet.write_record(told.cells(&payload))?),
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
}
