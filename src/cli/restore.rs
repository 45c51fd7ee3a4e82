//! `karnay restore`: a backup put back into an empty store, and the word that the restored engine may ring people again.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::engine::Engine;
use super::progress::Progress;
use super::table::grouped;
use super::verify::{place, print_lost, sound};
use super::{Error, Outcome};
use crate::adapters::system::SystemClock;
use crate::app;
use crate::config::{Config, keys};
use crate::journal;
use crate::journal::backup::{self, Target};
use crate::journal::keys::DataKey;
use crate::ports::Clock as _;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// What karnay backup made
    #[arg(value_name = "FOLDER", required_unless_present = "confirm", conflicts_with = "confirm")]
    from: Option<PathBuf>,
    /// Tell the running engine that it may ring people again
    #[arg(long)]
    confirm: bool,
    /// With --confirm: nobody was forgotten since the backup, so that no list has to be applied
    #[arg(long, requires = "confirm", conflicts_with = "from")]
    nobody_was_forgotten: bool,
}

pub(super) async fn run(options: &Options, config: &Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    match &options.from {
        Some(from) => restore(from, config, out).await,
        None => confirm(options.nobody_was_forgotten, config, out).await,
    }
}

async fn restore(from: &Path, config: &Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    let has_key = compare_keys(backup::manifest(from)?.data_key.as_deref(), config)?;
    let target = Target { place: place(config), recordings: app::recordings_folder(config) };
    let mut progress = Progress::begin("verify");
    let told = &mut |step: journal::verify::Progress| progress.at(step.position, step.head);
    let restored = backup::restore(from, &target, SystemClock.now(), told).await;
    progress.end();
    let (manifest, report) = restored?;
    let (position, taken) = (grouped(manifest.position), manifest.taken_at.format("%Y-%m-%d %H:%M:%S UTC"));
    writeln!(out, "restored and verified: everything up to position {position}, as it was at {taken}")?;
    writeln!(out, "digest {} at position {}", report.digest, report.last)?;
    if !has_key {
        writeln!(
            out,
            "NOTE: the data key is not here; put data.key into DATA_DIR, or set DATA_KEY, before the engine is started"
        )?;
    }
    let key = if has_key { "" } else { "put data.key into DATA_DIR, or set DATA_KEY, " };
    writeln!(
        out,
        "next: {key}start the engine with HOST=127.0.0.1, karnay forgotten apply <list>, look at karnay status and the campaigns, then \
         karnay restore --confirm"
    )?;
    print_lost(report.lost, out)?;
    Ok(sound(report.lost))
}

/// Whether the key is here. Another one would make every person unreadable.
fn compare_keys(needed: Option<&str>, config: &Config) -> Result<bool, Error> {
    let Some(needed) = needed else { return Ok(true) };
    if config.store.data_key.is_none() && !config.store.data_dir.join(keys::DATA_KEY_FILE).exists() {
        return Ok(false);
    }
    let key = keys::data_key(config, false, &mut |_| ())?;
    if hex::encode(DataKey(*key.expose()).mark()) == needed {
        Ok(true)
    } else {
        Err(journal::Error::WrongDataKey.into())
    }
}

async fn confirm(nobody: bool, config: &Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    if Engine::of(config)?.confirm_restore(nobody).await? {
        writeln!(
            out,
            "confirmed: sessions can be started, and campaigns that were paused can be started again"
        )?;
    } else {
        writeln!(out, "nothing was to be confirmed")?;
    }
    Ok(Outcome::Fine)
}
