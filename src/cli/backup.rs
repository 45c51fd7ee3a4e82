//! `karnay backup`: a checked copy of the journal in a folder, taken beside an engine at work.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::progress::Progress;
use super::table::{counted, grouped};
use super::verify::{place, print_lost, sound};
use super::{Error, Outcome};
use crate::adapters::system::SystemClock;
use crate::app;
use crate::config::Config;
use crate::journal::backup;
use crate::ports::Clock as _;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The folder to make, on another disk or machine
    #[arg(value_name = "FOLDER")]
    to: PathBuf,
    /// With the recordings that are kept in the data folder
    #[arg(long)]
    recordings: bool,
}

pub(super) async fn run(options: &Options, config: &Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    backup::outside(&options.to, &config.store.data_dir)?;
    let recordings = options.recordings.then(|| app::recordings_folder(config));
    let mut progress = Progress::begin("verify");
    let told = &mut |step: crate::journal::verify::Progress| progress.at(step.position, step.head);
    let taken = backup::take(&place(config), recordings, &options.to, SystemClock.now(), told).await;
    progress.end();
    let (manifest, report) = taken?;
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    let position = grouped(manifest.position);
    let files = counted(u64::try_from(manifest.files.len()).unwrap_or(0), "file", "files");
    writeln!(
        out,
        "{} has everything up to position {position}: {} in {files}",
        options.to.display(),
        counted(bytes, "byte", "bytes")
    )?;
    writeln!(out, "digest {} at position {}", manifest.digest, manifest.position)?;
    writeln!(out, "not in it, and to be kept elsewhere: data.key or DATA_KEY, signing.key, jwt.secret")?;
    print_lost(report.lost, out)?;
    Ok(sound(report.lost))
}
