//! `karnay verify`: the journal's own check, its progress and its result.

use std::io::Write;

use super::progress::Progress;
use super::table::grouped;
use super::{Error, Outcome};
use crate::config::Config;
use crate::journal::verify::{self, Fault, Place, Reader};

/// The journal that this configuration means.
pub(super) fn place(config: &Config) -> Place {
    match &config.store.database_url {
        Some(url) => Place::Url(url.expose().to_owned()),
        None => Place::Folder(config.store.data_dir.clone()),
    }
}

pub(super) async fn run(config: &Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    let reader = Reader::open(&place(config)).await?;
    let mut progress = Progress::begin("verify");
    let checked = verify::run(&reader, &mut |step| progress.at(step.position, step.head)).await;
    progress.end();
    match checked {
        Ok(report) => {
            let (events, batches) = (grouped(report.events), grouped(report.batches));
            writeln!(out, "the journal is what was written: {events} events in {batches} batches")?;
            writeln!(out, "digest {} at position {}", report.digest, report.events)?;
            Ok(Outcome::Fine)
        }
        Err(Fault::Journal(unreadable)) => Err(unreadable.into()),
        Err(fault @ (Fault::At { .. } | Fault::Store(_))) => {
            writeln!(out, "THE JOURNAL IS WRONG, {fault}")?;
            Ok(Outcome::NotFine)
        }
    }
}
