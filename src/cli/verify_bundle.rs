//! `karnay verify-bundle`: what an evidence about a call proves, found out with nothing but the file.

use std::io::{self, Read as _, Write};
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::table::grouped;
use super::{Error, Outcome};
use crate::journal::evidence::check::{self, Proven};
use crate::journal::evidence::{Event, Path};
use crate::journal::from_micros;
use crate::journal::signing::Public;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The evidence, as GET /audit/calls/:id/evidence gave it; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A public key of that journal which you have from elsewhere
    #[arg(long, value_name = "PUBLIC", value_parser = |text: &str| Public::parse(text).ok_or("is not 64 digits of 0-9 and a-f"))]
    key: Option<Public>,
    /// Print the events alone, one JSON object a line
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: &Options, out: &mut dyn Write) -> Result<Outcome, Error> {
    let text = read(&options.file)?;
    match check::check(&text, options.key.as_ref()) {
        Ok(proven) => {
            if !options.json {
                print(&proven, options.key.as_ref(), out)?;
            }
            for event in &proven.evidence.events {
                writeln!(out, "{}", told(event, &proven))?;
            }
            Ok(Outcome::Fine)
        }
        Err(wrong) => {
            writeln!(io::stderr(), "karnay: THE EVIDENCE IS WRONG, {wrong}")?;
            Ok(Outcome::NotFine)
        }
    }
}

fn read(path: &PathBuf) -> Result<String, Error> {
    let mut text = String::new();
    let read = if path.as_os_str() == "-" {
        io::stdin().lock().read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text))
    };
    let wrong = |why| Error::File { path: path.display().to_string(), why: format!("cannot be read: {why}") };
    read.map(|_| text).map_err(wrong)
}

fn print(proven: &Proven, known: Option<&Public>, out: &mut dyn Write) -> io::Result<()> {
    let said = &proven.evidence.statement;
    let (own, causes) = (said.own.len(), said.causes.len());
    let own = if own == 1 { "this event".to_owned() } else { format!("these {own} events") };
    writeln!(
        out,
        "The evidence about {} {} of organization {} is whole.\n",
        said.kind, said.id, said.organization
    )?;
    writeln!(
        out,
        "Proven: {own} of it, and {causes} that led to it, stood in the journal in this order, word for word,"
    )?;
    for Path { checkpoint, .. } in &proven.evidence.paths {
        let (number, at) = (checkpoint.number, time(checkpoint.signed_at));
        let position = grouped(checkpoint.position);
        writeln!(out, "  up to position {position} by {at}: checkpoint {number}, key {}", checkpoint.key)?;
    }
    writeln!(out, "as the owner of key {} said at {}.", said.key, time(said.made_at))?;
    for record in proven.history.begun_anew() {
        writeln!(
            out,
            "NOTE: key {} ({}) is not vouched for by the one before it.",
            record.number, record.key
        )?;
    }
    match known {
        Some(known) if *known == said.key => writeln!(out, "That key is the one that you know.")?,
        Some(known) => writeln!(out, "That key is vouched for by the one that you know, {known}.")?,
        None => writeln!(
            out,
            "Whose key that is, the file cannot say: compare it with one that you have from elsewhere (--key)."
        )?,
    }
    writeln!(
        out,
        "Not proven: that nothing else happened, that what was recorded is true, and the times, which are the signer's own clock.\n"
    )
}

/// An event as a person or a program reads it, with what belongs to somebody in clear where it was opened.
fn told(event: &Event, proven: &Proven) -> Value {
    let payload =
        serde_json::from_str(&event.payload).unwrap_or_else(|_| Value::String(event.payload.clone()));
    let metadata =
        serde_json::from_str(&event.metadata).unwrap_or_else(|_| Value::String(event.metadata.clone()));
    let mut told = json!({
        "position": event.position,
        "own": proven.evidence.statement.own.contains(&event.position),
        "recordedAt": time(event.recorded_at),
        "occurredAt": time(event.occurred_at),
        "kind": event.kind,
        "type": event.event_type,
        "version": event.event_version,
        "stream": event.stream,
        "sequence": event.sequence,
        "metadata": metadata,
        "payload": payload,
    });
    if let (Some(personal), Some(told)) = (proven.personal.get(&event.position), told.as_object_mut()) {
        told.insert("personal".to_owned(), personal.clone());
    }
    told
}

fn time(micros: i64) -> String {
    from_micros(micros).format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}
