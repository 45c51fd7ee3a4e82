//! `karnay verify`: the journal's own check, its progress and its result.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use domain::fact::Position;
use serde::Deserialize;

use super::opening;
use super::progress::Progress;
use super::table;
use super::{Error, Outcome};
use crate::config::Config;
use crate::journal::backup::{self, Fault as Wrong};
use crate::journal::signing::Checkpoint;
use crate::journal::verify::{self, Fault, Lost, Place, Report, Wanted};

const REMEDY: &str = "Their keys are missing in person_keys: bring the rows back from a backup";

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Begin at the batch that holds this position; what is before it is believed
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(u64).range(1..))]
    from: Option<Position>,
    /// End with the batch that holds this position
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(u64).range(1..))]
    to: Option<Position>,
    /// Compare with checkpoints that were kept elsewhere: what karnay checkpoint printed, or GET /audit/checkpoints answered
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Check a backup instead: its files against its manifest, and the journal in it
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["from", "to"])]
    backup: Option<PathBuf>,
}

/// The journal that this configuration means.
pub(super) fn place(config: &Config) -> Place {
    match &config.store.database_url {
        Some(url) => Place::Url(url.expose().to_owned()),
        None => Place::Folder(config.store.data_dir.clone()),
    }
}

pub(super) async fn run(options: &Options, config: &Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    let kept = options.checkpoint.as_ref().map_or_else(|| Ok(vec![]), kept)?;
    let wanted = Wanted { from: options.from, to: options.to, kept };
    if let Some(folder) = &options.backup {
        return of_backup(folder, &wanted, out).await;
    }
    let reader = opening::to_look(config).await?;
    let last = wanted.to.unwrap_or(reader.position().await?);
    if wanted.from.is_some_and(|from| from > last) {
        return Err(Error::After(last));
    }
    let mut progress = Progress::begin("verify");
    let checked = verify::run(&reader, &wanted, &mut |step| progress.at(step.position, step.head)).await;
    progress.end();
    match checked {
        Ok(report) => {
            print(&report, &wanted, out)?;
            agreed(&wanted, out)?;
            Ok(sound(report.lost))
        }
        Err(Fault::Journal(unreadable)) => Err(unreadable.into()),
        Err(fault @ (Fault::At { .. } | Fault::Signed(_) | Fault::Store(_))) => {
            writeln!(out, "THE JOURNAL IS WRONG, {fault}")?;
            Ok(Outcome::NotFine)
        }
    }
}

async fn of_backup(folder: &Path, wanted: &Wanted, out: &mut dyn Write) -> Result<Outcome, Error> {
    let mut progress = Progress::begin("verify");
    let checked = backup::check(folder, wanted, &mut |step| progress.at(step.position, step.head)).await;
    progress.end();
    match checked {
        Ok((manifest, report)) => {
            print(&report, wanted, out)?;
            let taken = manifest.taken_at.format("%Y-%m-%d %H:%M:%S UTC");
            writeln!(out, "the backup of {taken} is whole, and so is every file in it")?;
            agreed(wanted, out)?;
            Ok(sound(report.lost))
        }
        Err(Wrong::Changed(what)) => {
            writeln!(out, "THE BACKUP IS WRONG, {what}")?;
            Ok(Outcome::NotFine)
        }
        Err(why) => Err(why.into()),
    }
}

fn print(report: &Report, wanted: &Wanted, out: &mut dyn Write) -> io::Result<()> {
    let events = table::counted(report.events, "event", "events");
    let batches = table::counted(report.batches, "batch", "batches");
    if report.last == 0 {
        return writeln!(out, "there is nothing in the journal yet");
    }
    if wanted.from.is_some() || wanted.to.is_some() {
        let (first, last) = (report.first, report.last);
        writeln!(out, "positions {first} to {last} are what was written: {events} in {batches}")?;
        if first > 1 {
            writeln!(out, "what is before them was not looked at")?;
        }
    } else {
        writeln!(out, "the journal is what was written: {events} in {batches}")?;
    }
    writeln!(out, "digest {} at position {}", report.digest, report.last)?;
    match &report.newest {
        None => writeln!(out, "nothing of it is signed")?,
        Some(Checkpoint { position, key, .. }) => {
            let count = table::counted(report.checkpoints, "checkpoint", "checkpoints");
            writeln!(out, "signed up to position {position}: {count}, the last with key {key}")?;
        }
    }
    for record in &report.begun_anew {
        let (number, key, first) = (record.number, record.key, record.first_checkpoint);
        writeln!(
            out,
            "NOTE: key {number} ({key}), from checkpoint {first} on, is not vouched for by the one before it"
        )?;
    }
    print_lost(report.lost, out)
}

/// Words that nobody can read any more are no fault of the chain, and are not fine either.
pub(super) fn sound(lost: Lost) -> Outcome {
    if lost.persons == 0 { Outcome::Fine } else { Outcome::NotFine }
}

pub(super) fn print_lost(lost: Lost, out: &mut dyn Write) -> io::Result<()> {
    let (persons, unclear) =
        (table::counted(lost.persons, "person", "persons"), table::grouped(lost.unclear));
    if lost.persons > 0 {
        writeln!(
            out,
            "WORDS ARE LOST: what belongs to {persons} cannot be opened, and nobody asked to forget them. {REMEDY}"
        )?;
    }
    if lost.unclear > 0 {
        writeln!(
            out,
            "NOTE: keys that are gone and sealed what names nobody: {unclear}. Somebody was forgotten since, who may have had them"
        )?;
    }
    Ok(())
}

fn agreed(wanted: &Wanted, out: &mut dyn Write) -> io::Result<()> {
    match wanted.kept.len() {
        0 => Ok(()),
        1 => writeln!(out, "it agrees with the checkpoint kept elsewhere"),
        count => writeln!(out, "it agrees with the {count} checkpoints kept elsewhere"),
    }
}

/// As it was printed, one or many after each other, or as the engine answers.
#[derive(Deserialize)]
#[serde(untagged)]
enum Kept {
    One(Checkpoint),
    Answer { checkpoints: Vec<Checkpoint> },
}

fn kept(path: &PathBuf) -> Result<Vec<Checkpoint>, Error> {
    let wrong = |why: String| Error::File { path: path.display().to_string(), why };
    let text = std::fs::read_to_string(path).map_err(|why| wrong(format!("cannot be read: {why}")))?;
    let mut kept = vec![];
    for found in serde_json::Deserializer::from_str(&text).into_iter::<Kept>() {
        match found.map_err(|_| wrong("holds no checkpoints as karnay checkpoint prints them".to_owned()))? {
            Kept::One(checkpoint) => kept.push(checkpoint),
            Kept::Answer { checkpoints } => kept.extend(checkpoints),
        }
    }
    if kept.is_empty() { Err(wrong("holds no checkpoint".to_owned())) } else { Ok(kept) }
}
