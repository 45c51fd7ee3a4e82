//! `karnay forgotten`: whom a journal has forgotten, as a list to be kept beside its backups, and that list put to a journal that was
//! restored from one. Nothing in it is about a person: fingerprints say something to whoever has the data key, and to nobody else.

mod applying;
mod keeping;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use domain::ids::{Fingerprint, Organization};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::opening;
use super::table::{counted, grouped};
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
    Export(Export),
    /// Forget again whom a restored backup brought back
    #[command(before_help = help::FORGOTTEN_APPLY, after_help = help::FORGOTTEN_APPLY_MORE)]
    Apply(Apply),
}

#[derive(Debug, Args)]
struct Export {
    /// Add to the list in FILE what is missing there, and print how many that were
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Apply {
    /// What karnay forgotten export made, newer than the backup; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Take a list that names nobody: nobody was forgotten since the backup
    #[arg(long)]
    nobody: bool,
}

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    pub(super) organization: Organization,
    pub(super) contact: Uuid,
    pub(super) numbers: Vec<Fingerprint>,
    pub(super) at: DateTime<Utc>,
    /// Who asked for it; lists of before do not say.
    #[serde(default)]
    pub(super) by: Option<String>,
    /// Tells the data key under which the fingerprints mean something from any other.
    data_key: Option<String>,
}

pub(super) async fn run(options: &Options, config: &Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    match &options.what {
        What::Export(Export { to }) => export(to.as_deref(), config, out).await,
        What::Apply(Apply { file, nobody }) => applying::run(file, *nobody, config, out).await,
    }
}

async fn export(to: Option<&Path>, config: &Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    let reader = opening::as_of_today(config).await?;
    let lines = listed(&reader).await?;
    if reader.held().await?.is_some() {
        writeln!(
            io::stderr(),
            "karnay: NOTE: this journal was restored from a backup and nobody has confirmed that yet: an older list may name more than \
             this one. Keep it, and apply it first"
        )?;
    }
    if let Some(to) = to {
        let kept = keeping::merge(to, &lines)?;
        let (there, new) = (counted(kept.there, "line", "lines"), grouped(kept.new));
        writeln!(out, "{} has {there}, {new} of them new", to.display())?;
        return Ok(Outcome::Fine);
    }
    for line in lines {
        writeln!(out, "{}", text_of(&line)?)?;
    }
    Ok(Outcome::Fine)
}

fn text_of(line: &Line) -> io::Result<String> {
    serde_json::to_string(line).map_err(io::Error::from)
}

async fn listed(reader: &Reader) -> Result<Vec<Line>, Error> {
    let data_key = reader.data_key_mark().await?.map(hex::encode);
    let line = |said: crate::journal::forgetting::Said| Line {
        organization: said.organization,
        contact: said.contact,
        numbers: said.numbers,
        at: said.at,
        by: Some(said.by).filter(|by| !by.is_empty()),
        data_key: data_key.clone(),
    };
    Ok(reader.forgotten().await?.into_iter().map(line).collect())
}

/// The lines of a list's text.
fn read(file: &Path, text: &str) -> Result<Vec<Line>, Error> {
    let line = |(at, line): (usize, &str)| {
        let why = |why: serde_json::Error| {
            wrong(file, format!("line {}: is none that karnay forgotten export prints: {why}", at + 1))
        };
        serde_json::from_str(line).map_err(why)
    };
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(line).collect()
}

/// Of two keys no line of one says anything under the other.
fn refuse_others(file: &Path, lines: &[Line], key: Option<&str>) -> Result<(), Error> {
    let other = lines.iter().position(|line| key.is_some() && line.data_key.as_deref() != key);
    let why =
        |at| format!("line {}: is of another data key, under which numbers are called otherwise", at + 1);
    other.map_or(Ok(()), |at| Err(wrong(file, why(at))))
}

fn wrong(file: &Path, why: String) -> Error {
    Error::File { path: file.display().to_string(), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        Line {
            organization: Organization::parse("1").unwrap(),
            contact: Uuid::nil(),
            numbers: vec![Fingerprint([7; 16])],
            at: DateTime::UNIX_EPOCH,
            by: Some("user:aziz".to_owned()),
            data_key: None,
        }
    }

    /// A list lies elsewhere for months, and comes back when everything else is lost.
    #[test]
    fn fuzz_lists_of_the_forgotten() {
        let keyed = Line { data_key: Some("ab".repeat(16)), by: None, ..line() };
        let one = text_of(&line()).unwrap();
        let good = [one.clone(), format!("{one}\n\n{}\n", text_of(&keyed).unwrap())];
        let good: Vec<&[u8]> = good.iter().map(String::as_bytes).collect();
        let file = Path::new("list");
        fuzz::fuzz("lists of the forgotten", &good, |bytes| {
            let read = read(file, &String::from_utf8_lossy(bytes));
            let judged = read.and_then(|lines| {
                refuse_others(file, &lines, Some("ab"))?;
                Ok(lines.into_iter().map(|line| line.numbers.len()).collect::<Vec<_>>())
            });
            // What is wrong, but for the line and the column.
            judged.map_err(|why| why.to_string().replace(|letter: char| letter.is_ascii_digit(), ""))
        });
    }

    #[test]
    fn a_line_is_read_as_it_is_printed() {
        let line = line();
        let text = serde_json::to_string(&line).unwrap();
        assert_eq!(
            text,
            concat!(
                r#"{"organization":"1","contact":"00000000-0000-0000-0000-000000000000","#,
                r#""numbers":["07070707070707070707070707070707"],"at":"1970-01-01T00:00:00Z","by":"user:aziz","dataKey":null}"#
            )
        );
        assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), line);
        let before = text.replace(r#""by":"user:aziz","#, "");
        assert_eq!(serde_json::from_str::<Line>(&before).unwrap(), Line { by: None, ..line });
    }
}
