//! `karnay kerio-probe`: what a real box answers, in names and kinds and without values. It changes nothing at the box.
//! What is asked of it is the driver's business (`adapters/kerio`).

use std::collections::BTreeSet;
use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use super::{Error, Outcome};
use crate::adapters::kerio::{Found, Kerio, Shape};
use crate::app::{self, Ports};
use crate::config::Config;
use crate::ports::pbx::PbxTrouble;
use crate::telemetry;

pub(super) const SETTINGS: [&str; 8] = [
    "KERIO_PBX_HOST",
    "KERIO_API_USERNAME",
    "KERIO_API_PASSWORD",
    "KERIO_PORT",
    "KERIO_TLS",
    "KERIO_CA_FILE",
    "LOG",
    "LOG_FORMAT",
];

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Print one object in JSON instead
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(options: &Options, config: &Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    telemetry::install(config)?;
    let ports = Ports::real();
    let reached = app::exchange_options(&config.pbx, &ports);
    let reached = reached.map_err(|why| Error::Start(format!("{why:#}")))?;
    let missing =
        || Error::Start("KERIO_PBX_HOST: has to be set, or there is no exchange to look at".to_owned());
    let (reached, simulated) = reached.ok_or_else(missing)?;
    let kerio = Kerio::try_new(reached).map_err(|why| Error::Start(format!("KERIO_PBX_HOST: {why}")))?;
    let found = kerio.probe().await.map_err(|why| Error::Broken(why.to_string()))?;
    let ahead = found.told_at.map(|told_at| (told_at - ports.clock.now()).num_seconds());
    if options.json {
        writeln!(out, "{}", in_json(&found, ahead))?;
    } else {
        print(&found, ahead, out)?;
    }
    drop(simulated);
    Ok(Outcome::Fine)
}

fn print(found: &Found, ahead: Option<i64>, out: &mut dyn Write) -> Result<(), Error> {
    writeln!(out, "{} {}", found.about.product, found.about.version)?;
    match &found.constants {
        Ok(names) => writeln!(out, "constants: {}", joined(names))?,
        Err(why) => writeln!(out, "constants: {why}")?,
    }
    print_shape("a live call", &found.live, out)?;
    print_shape("a row of the log", &found.log, out)?;
    print_shape("a recording", &found.recording, out)?;
    writeln!(out, "numbers in its directory: {}", told(&found.directory, ToString::to_string))?;
    let minds = told(&found.minds_time, |minds| word(*minds, "work", "do not work, or the log is empty"));
    writeln!(out, "conditions on TIMESTAMP: {minds}")?;
    writeln!(out, "Batch.run: {}", told(&found.batches, |works| word(*works, "works", "does not work")))?;
    match ahead {
        Some(secs) => writeln!(out, "its clock is {secs} s ahead of this machine's")?,
        None => writeln!(out, "it does not tell the time")?,
    }
    Ok(())
}

fn print_shape(
    what: &str,
    shape: &Result<Option<BTreeSet<Shape>>, PbxTrouble>,
    out: &mut dyn Write,
) -> Result<(), Error> {
    match shape {
        Err(why) => writeln!(out, "{what}: {why}")?,
        Ok(None) => writeln!(out, "{what}: there is none to look at")?,
        Ok(Some(shape)) => {
            writeln!(out, "{what}:")?;
            for Shape { key, kind } in shape {
                writeln!(out, "  {key}: {kind}")?;
            }
        }
    }
    Ok(())
}

fn word(yes: bool, works: &str, not: &str) -> String {
    if yes { works } else { not }.to_owned()
}

fn told<T>(found: &Result<T, PbxTrouble>, say: impl Fn(&T) -> String) -> String {
    found.as_ref().map_or_else(ToString::to_string, say)
}

fn joined(names: &BTreeSet<String>) -> String {
    if names.is_empty() { "none".to_owned() } else { names.iter().cloned().collect::<Vec<_>>().join(", ") }
}

/// What could not be found is told in words where it would stand.
fn in_json(found: &Found, ahead: Option<i64>) -> Value {
    fn part<T>(found: &Result<T, PbxTrouble>, say: impl Fn(&T) -> Value) -> Value {
        found.as_ref().map_or_else(|why| json!({ "error": why.to_string() }), say)
    }
    let shape = |shape: &Option<BTreeSet<Shape>>| {
        let keys = shape.iter().flatten().map(|Shape { key, kind }| json!({ "key": key, "kind": kind }));
        if shape.is_some() { keys.collect() } else { Value::Null }
    };
    json!({
        "product": found.about.product,
        "version": found.about.version,
        "constants": part(&found.constants, |names| json!(names)),
        "liveCall": part(&found.live, shape),
        "logRow": part(&found.log, shape),
        "recording": part(&found.recording, shape),
        "directory": part(&found.directory, |numbers| json!(numbers)),
        "timestampConditions": part(&found.minds_time, |minds| json!(minds)),
        "batches": part(&found.batches, |works| json!(works)),
        "clockAheadSeconds": ahead,
    })
}
