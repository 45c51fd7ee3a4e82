//! `karnay move`: the journal from the data folder to PostgreSQL.

use std::io::Write;

use clap::Args;

use super::Outcome;
use super::progress::Progress;
use super::table::grouped;
use crate::adapters::system::SystemClock;
use crate::config::{Config, Secret};
use crate::journal::moving;
use crate::journal::verify::{self, Fault};
use crate::ports::Clock as _;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Where to, an empty database; unless it is said, the one that the settings name
    #[arg(long, value_name = "URL")]
    to: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("--to or DATABASE_URL has to say where to")]
    Nowhere,
    #[error("nothing is marked as moved: {0}")]
    Broken(#[from] Fault),
}

impl Error {
    /// Whether it is for whoever asked to set right, with nothing done.
    pub(super) fn is_the_users(&self) -> bool {
        matches!(self, Self::Nowhere | Self::Broken(Fault::Journal(crate::journal::Error::Open(_))))
    }
}

pub(super) async fn run(
    options: &Options,
    config: &Config,
    out: &mut dyn Write,
) -> Result<Outcome, super::Error> {
    let set = config.store.database_url.as_ref().map(Secret::expose);
    let url = options.to.as_deref().or(set).ok_or(Error::Nowhere)?;
    let folder = &config.store.data_dir;
    let mut progress = Progress::begin("verify");
    let told = &mut |step: verify::Progress| progress.at(step.position, step.head);
    let moved = moving::to_database(folder, url, SystemClock.now(), told).await;
    progress.end();
    let (report, moved) = moved.map_err(Error::from)?;
    let (events, batches) = (grouped(report.events), grouped(report.batches));
    writeln!(out, "moved to {} and verified there: {events} events in {batches} batches", moved.to)?;
    writeln!(out, "digest {} at position {}", moved.digest, moved.position)?;
    writeln!(
        out,
        "next: start the engine with DATABASE_URL set; DATA_DIR stays {}, for its keys",
        folder.display()
    )?;
    if let Err((path, why)) = moving::remove_screens(folder) {
        writeln!(
            out,
            "NOTE: {} cannot be removed: {why}. Remove it: nothing needs it, and persons stand in it",
            path.display()
        )?;
    }
    writeln!(
        out,
        "journal.db stays there as it is now, and is a backup: whoever is forgotten from now on is not forgotten in it. Remove it \
         (rm {0}/journal.db*) when it is sure that nobody goes back to it, and at the latest when backups of today are to be removed",
        folder.display()
    )?;
    Ok(Outcome::Fine)
}
