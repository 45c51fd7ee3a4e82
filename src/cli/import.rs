//! `karnay import`: the history of another program that stands on postgres-es, said to the running engine as reports, each once.

mod mapping;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::engine::{Engine, Reported};
use super::progress::Progress;
use super::table::{self, grouped};
use super::{Error, Outcome};
use crate::config::Config;
use crate::journal::{
    self,
    foreign::{self, ForeignEvent},
};
use mapping::{Mapping, Meaning};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The database to read; an account that may only read is enough
    #[arg(long, value_name = "URL")]
    from: String,
    /// What its events mean, in TOML
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,
    /// Look at every event, and import none
    #[arg(long)]
    dry_run: bool,
}

/// So many events are read ahead.
const AHEAD: usize = 256;
/// So many places are shown of what could not be imported; all of them are counted.
const SHOWN_MAX: usize = 20;

/// What became of the events of one type.
#[derive(Debug, Default)]
struct Count {
    read: u64,
    reports: u64,
    left: u64,
    not: u64,
}

#[derive(Debug, Default)]
struct Tally {
    by_type: BTreeMap<(String, String), Count>,
    /// Where something cannot be imported, and why.
    places: Vec<String>,
    not: u64,
    total: u64,
}

pub(super) async fn run(options: &Options, config: &Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    let mapping = Mapping::read(&options.mapping)?;
    let tally = look(options, &mapping).await?;
    tally.print(out)?;
    if tally.not > 0 {
        writeln!(out, "nothing was imported: map these events, or name them under leave")?;
        return Ok(Outcome::NotFine);
    }
    if options.dry_run {
        writeln!(out, "a dry run: nothing was imported")?;
        return Ok(Outcome::Fine);
    }
    said(options, &mapping, &Engine::of(config)?, tally.total, out).await
}

/// Every event against the mapping: what cannot be imported is known before anything is.
async fn look(options: &Options, mapping: &Mapping) -> Result<Tally, Error> {
    let mut foreign = Foreign::of(&options.from);
    let mut tally = Tally::default();
    while let Some(event) = foreign.events.recv().await {
        tally.add(&event, &mapping.of(&event));
    }
    foreign.ended().await?;
    Ok(tally)
}

/// The other program's events, read while those before are looked at.
struct Foreign {
    events: mpsc::Receiver<ForeignEvent>,
    reading: JoinHandle<Result<(), journal::Error>>,
}

impl Foreign {
    fn of(url: &str) -> Self {
        let (sender, events) = mpsc::channel(AHEAD);
        let url = url.to_owned();
        Self { events, reading: tokio::spawn(async move { foreign::read(&url, sender).await }) }
    }

    /// Whether that was all of them.
    async fn ended(self) -> Result<(), Error> {
        Ok(self.reading.await.map_err(|why| Error::Broken(why.to_string()))??)
    }
}

async fn said(
    options: &Options,
    mapping: &Mapping,
    engine: &Engine,
    total: u64,
    out: &mut dyn Write,
) -> Result<Outcome, Error> {
    let mut foreign = Foreign::of(&options.from);
    let mut progress = Progress::begin("import");
    let (mut done, mut new, mut known, mut kept) = (0, 0, 0, 0);
    let mut refused = Tally::default();
    while let Some(event) = foreign.events.recv().await {
        done += 1;
        progress.at(done, total.max(done));
        match mapping.of(&event) {
            Meaning::Left => {}
            // It came after the first look.
            Meaning::Unmapped => refused.note(&event, "is not mapped"),
            Meaning::Unfit(why) => refused.note(&event, &why),
            Meaning::Report(body) => match engine.report(&body).await? {
                Reported::New => new += 1,
                Reported::Known => known += 1,
                Reported::Kept => kept += 1,
                Reported::Refused(why) => refused.note(&event, &why),
            },
        }
    }
    progress.end();
    foreign.ended().await?;
    refused.places(out)?;
    let [new, known, aside, not] = [new, known, kept, refused.not].map(grouped);
    writeln!(out, "imported: {new}, known before: {known}, kept in quarantine: {aside}, refused: {not}")?;
    if kept > 0 {
        writeln!(
            out,
            "what is in quarantine is of sessions that nobody knows: bind it, or import with UNKNOWN_SESSION=create"
        )?;
    }
    Ok(if refused.not == 0 { Outcome::Fine } else { Outcome::NotFine })
}

impl Tally {
    fn add(&mut self, event: &ForeignEvent, meaning: &Meaning) {
        self.total += 1;
        let key = (event.aggregate_type.clone(), event.event_type.clone());
        let count = self.by_type.entry(key).or_default();
        count.read += 1;
        match meaning {
            Meaning::Report(_) => count.reports += 1,
            Meaning::Left => count.left += 1,
            Meaning::Unmapped => {
                count.not += 1;
                // One place a type says enough.
                if count.not == 1 {
                    self.note(event, "is not mapped, nor are others of its type");
                } else {
                    self.not += 1;
                }
            }
            Meaning::Unfit(why) => {
                count.not += 1;
                self.note(event, why);
            }
        }
    }

    fn note(&mut self, event: &ForeignEvent, why: &str) {
        self.not += 1;
        if self.places.len() < SHOWN_MAX {
            let ForeignEvent { aggregate_type, aggregate_id, sequence, event_type, .. } = event;
            self.places
                .push(format!("{aggregate_type} {aggregate_id} event {sequence} ({event_type}): {why}"));
        }
    }

    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let row = |((aggregate, event), count): (&(String, String), &Count)| {
            let [read, reports, left, not] = [count.read, count.reports, count.left, count.not].map(grouped);
            [aggregate.clone(), event.clone(), read, reports, left, not]
        };
        let rows: Vec<_> = self.by_type.iter().map(row).collect();
        table::print(out, ["AGGREGATE", "EVENT", "READ", "REPORTS", "LEFT", "NOT"], &rows)?;
        self.places(out)
    }

    fn places(&self, out: &mut dyn Write) -> io::Result<()> {
        for place in &self.places {
            writeln!(out, "{place}")?;
        }
        let shown = u64::try_from(self.places.len()).unwrap_or(u64::MAX);
        if self.not > shown { writeln!(out, "and {} more", grouped(self.not - shown)) } else { Ok(()) }
    }
}
