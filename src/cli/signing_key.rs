//! `karnay signing-key`: the keys that a journal's checkpoints are signed with, and another one in the place of the newest.

use std::io::{self, Write};

use clap::{Args, Subcommand};

use super::engine::{self, Engine};
use super::opening;
use super::{Error, Outcome, help, table};
use crate::adapters::system::SystemIds;
use crate::app;
use crate::config::{Config, keys};
use crate::journal::from_micros;
use crate::journal::signing::KeyRecord;
use crate::ports::Ids as _;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print the public keys, the oldest first
    #[command(before_help = help::SIGNING_KEY_SHOW, after_help = help::SIGNING_KEY_SHOW_MORE)]
    Show,
    /// Make a new key, which the one before it vouches for
    #[command(before_help = help::SIGNING_KEY_ROTATE, after_help = help::SIGNING_KEY_ROTATE_MORE)]
    Rotate(Rotate),
}

#[derive(Debug, Args)]
struct Rotate {
    /// The key is gone: begin anew with one that nobody vouches for
    #[arg(long)]
    lost: bool,
}

pub(super) async fn run(options: &Options, config: &Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    match &options.what {
        What::Show => show(config, out).await,
        What::Rotate(Rotate { lost }) => rotate(config, *lost, out).await,
    }
}

async fn show(config: &Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    let known = opening::to_look(config).await?.signing_keys().await?;
    if known.is_empty() {
        writeln!(io::stderr(), "karnay: nothing of this journal is signed yet")?;
        return Ok(Outcome::NotFine);
    }
    let rows: Vec<_> = known.iter().map(row).collect();
    table::print(out, ["KEY", "SINCE", "FIRST CHECKPOINT", "VOUCHED FOR BY", "PUBLIC KEY"], &rows)?;
    Ok(Outcome::Fine)
}

fn row(record: &KeyRecord) -> [String; 5] {
    let by = match record.number {
        1 => "itself, the first".to_owned(),
        _ if record.begins() => "NOBODY".to_owned(),
        number => format!("key {}", number - 1),
    };
    [
        record.number.to_string(),
        from_micros(record.made_at).format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        record.first_checkpoint.to_string(),
        by,
        record.key.to_string(),
    ]
}

/// The new key is put before the old one in its place; the engine takes it into use, or this process where none runs.
async fn rotate(config: &Config, lost: bool, out: &mut dyn Write) -> Result<Outcome, Error> {
    if !config.store.signing_keys.is_empty() {
        return Err(Error::KeyIsSet);
    }
    // Only looks, so that no key is left where there is no journal.
    opening::as_of_today(config).await?;
    let fill = &mut |bytes: &mut [u8]| SystemIds.fill(bytes);
    let newest = if lost {
        app::lose_key_offline(config).await.map_err(|why| Error::Start(format!("{why:#}")))?
    } else {
        keys::renew_signing_key(config, fill)?;
        taken(config).await?
    };
    writeln!(
        out,
        "key {} signs from checkpoint {} on: {}",
        newest.number, newest.first_checkpoint, newest.key
    )?;
    Ok(Outcome::Fine)
}

async fn taken(config: &Config) -> Result<KeyRecord, Error> {
    match Engine::of(config) {
        Ok(engine) => match engine.sign().await {
            Ok(keys) => {
                let none = || Error::Broken("the engine named no key".to_owned());
                return keys.into_iter().next_back().ok_or_else(none);
            }
            Err(engine::Error::NotRunning { .. }) => {}
            Err(other) => return Err(other.into()),
        },
        // Without a secret no engine ever ran on this folder.
        Err(engine::Error::Token(_)) => {}
        Err(other) => return Err(other.into()),
    }
    app::take_key_offline(config).await.map_err(|why| Error::Start(format!("{why:#}")))
}
