//! `karnay forgotten`: whom a journal has forgotten, as a list to be kept beside its backups, and that list put to a journal that was
//! restored from one. Nothing in it is about a person: fingerprints say something to whoever has the data key, and to nobody else.

use std::collections::HashMap;
use std::io::{self, Read as _, Write};
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use domain::ids::{Fingerprint, Organization};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::engine::{Engine, Forgot};
use super::verify::place;
use super::{Error, Outcome, help};
use crate::config::Config;
use crate::journal::verify::Reader;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print whom this journal has forgotten
    #[command(before_help = help::FORGOTTEN_EXPORT, after_help = help::FORGOTTEN_EXPORT_MORE)]
    Export,
    /// Forget again whom a restored backup brought back
    #[command(before_help = help::FORGOTTEN_APPLY, after_help = help::FORGOTTEN_APPLY_MORE)]
    Apply(Apply),
}

#[derive(Debug, Args)]
struct Apply {
    /// What karnay forgotten export printed, newer than the backup; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// A line of the list.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    pub(super) organization: Organization,
    pub(super) contact: Uuid,
    pub(super) numbers: Vec<Fingerprint>,
    at: DateTime<Utc>,
    /// Tells the data key under which the fingerprints mean something from any other.
    data_key: Option<String>,
}

pub(super) async fn run(options: &Options, config: &Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    match &options.what {
        What::Export => export(config, out).await,
        What::Apply(Apply { file }) => apply(file, config, out).await,
    }
}

async fn export(config: &Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    for line in listed(&Reader::open(&place(config)).await?).await? {
        let text = serde_json::to_string(&line).map_err(io::Error::from)?;
        writeln!(out, "{text}")?;
    }
    Ok(Outcome::Fine)
}

async fn listed(reader: &Reader) -> Result<Vec<Line>, Error> {
    let data_key = reader.data_key_mark().await?.map(hex::encode);
    let line = |said: crate::journal::forgetting::Said| Line {
        organization: said.organization,
        contact: said.contact,
        numbers: said.numbers,
        at: said.at,
        data_key: data_key.clone(),
    };
    Ok(reader.forgotten().await?.into_iter().map(line).collect())
}

async fn apply(file: &PathBuf, config: &Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    let lines = read(file)?;
    let reader = Reader::open(&place(config)).await?;
    let key = reader.data_key_mark().await?.map(hex::encode);
    if let Some(at) = lines.iter().position(|line| key.is_some() && line.data_key != key) {
        let why =
            format!("line {}: is of another data key, under which numbers are called otherwise", at + 1);
        return Err(Error::File { path: file.display().to_string(), why });
    }
    let known = known(listed(&reader).await?);
    let engine = Engine::of(config)?;
    let (mut again, mut before, mut left) = (0, 0, 0);
    for line in &lines {
        let whose = format!("{}/{}", line.organization, line.contact);
        let was = known.get(&(line.organization.clone(), line.contact));
        let is_known = was.is_some_and(|was| line.numbers.iter().all(|number| was.contains(number)));
        let told = match engine.forget(line).await? {
            Forgot::Calling => {
                left += 1;
                "NOT forgotten: a call to them is under way; apply the list again when it is over".to_owned()
            }
            Forgot::Done { others } if !others.is_empty() => {
                left += 1;
                let others: Vec<String> = others.iter().map(Uuid::to_string).collect();
                let others = others.join(", ");
                format!(
                    "NOT wholly forgotten: has a number with {others} here; forget that contact too, then apply the list again"
                )
            }
            Forgot::Done { .. } if is_known => {
                before += 1;
                "was forgotten here before".to_owned()
            }
            Forgot::Done { .. } => {
                again += 1;
                "is forgotten again".to_owned()
            }
        };
        writeln!(out, "{whose} {told}")?;
        out.flush()?;
    }
    writeln!(out, "listed: {}, forgotten again: {again}, known before: {before}, left: {left}", lines.len())?;
    Ok(if left == 0 { Outcome::Fine } else { Outcome::NotFine })
}

/// With which numbers, by contact.
fn known(lines: Vec<Line>) -> HashMap<(Organization, Uuid), Vec<Fingerprint>> {
    let mut all: HashMap<_, Vec<Fingerprint>> = HashMap::new();
    for line in lines {
        all.entry((line.organization, line.contact)).or_default().extend(line.numbers);
    }
    all
}

fn read(file: &PathBuf) -> Result<Vec<Line>, Error> {
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        io::stdin().lock().read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|mut file| file.read_to_string(&mut text))
    };
    let wrong = |why| Error::File { path: file.display().to_string(), why };
    read.map_err(|why| wrong(format!("cannot be read: {why}")))?;
    let line = |(at, line): (usize, &str)| {
        let why = |why: serde_json::Error| {
            wrong(format!("line {}: is none that karnay forgotten export prints: {why}", at + 1))
        };
        serde_json::from_str(line).map_err(why)
    };
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_is_printed() {
        let line = Line {
            organization: Organization::parse("1").unwrap(),
            contact: Uuid::nil(),
            numbers: vec![Fingerprint([7; 16])],
            at: DateTime::UNIX_EPOCH,
            data_key: None,
        };
        let text = serde_json::to_string(&line).unwrap();
        assert_eq!(
            text,
            concat!(
                r#"{"organization":"1","contact":"00000000-0000-0000-0000-000000000000","#,
                r#""numbers":["07070707070707070707070707070707"],"at":"1970-01-01T00:00:00Z","dataKey":null}"#
            )
        );
        assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), line);
    }
}
