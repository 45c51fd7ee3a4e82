//! `karnay rebuild`: asks the running engine and watches it, or does it in this process where none runs.

use std::io::Write;
use std::time::Duration;

use clap::Args;

use super::engine::{self, Engine, Projection};
use super::progress::Progress;
use super::{Error, Outcome};
use crate::app;
use crate::config::Config;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Screens to rebuild, as karnay status names them
    #[arg(value_name = "NAME", required_unless_present = "all", conflicts_with = "all")]
    names: Vec<String>,
    /// Rebuild every screen
    #[arg(long)]
    all: bool,
}

const LOOK_AGAIN: Duration = Duration::from_millis(250);

pub(super) async fn run(options: &Options, config: Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    match Engine::of(&config) {
        Ok(engine) => match engine.status().await {
            Ok((_, status)) => return through(&engine, options, &status.projections, out).await,
            Err(engine::Error::NotRunning { .. }) => {}
            Err(other) => return Err(other.into()),
        },
        // Without a secret no engine ever ran on this folder; the offline way will say what there is.
        Err(engine::Error::Token(_)) => {}
        Err(other) => return Err(other.into()),
    }
    alone(options, config, out).await
}

async fn through(
    engine: &Engine,
    options: &Options,
    screens: &[Projection],
    out: &mut dyn Write,
) -> Result<Outcome, Error> {
    let mut known: Vec<&str> = screens.iter().map(|screen| screen.name.as_str()).collect();
    known.sort_unstable();
    known.dedup();
    let names = if options.all { known.clone() } else { options.names.iter().map(String::as_str).collect() };
    if let Some(name) = names.iter().find(|name| !known.contains(name)) {
        return Err(Error::NoScreen { name: (*name).to_owned(), known: known.join(", ") });
    }
    for name in names {
        let before = screens.iter().find(|screen| screen.name == name && screen.is_live());
        let expected = before.map_or(0, |screen| screen.generation) + 1;
        let generation = engine.rebuild(name).await?.generation.unwrap_or(expected);
        watch(engine, name, generation).await?;
        writeln!(out, "{name} is rebuilt, generation {generation}")?;
    }
    Ok(Outcome::Fine)
}

/// Until the new generation is the one in use.
async fn watch(engine: &Engine, name: &str, generation: u64) -> Result<(), Error> {
    let mut progress = Progress::begin(name);
    let mut seen = false;
    loop {
        let (_, status) = engine.status().await?;
        let mut ours = status.projections.iter().filter(|screen| screen.name == name);
        if ours.clone().any(|screen| screen.is_live() && screen.generation >= generation) {
            progress.end();
            return Ok(());
        }
        match ours.find(|screen| !screen.is_live()) {
            Some(building) => {
                seen = true;
                progress.at(building.position, status.position.max(building.position));
            }
            None if seen => {
                progress.end();
                return Err(Error::Broken(format!("the engine gave up rebuilding {name}; its log says why")));
            }
            None => {}
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Without an engine: the same code, in this process, under the data folder's lock.
async fn alone(options: &Options, config: Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    let mut current: Option<(String, Progress)> = None;
    let mut report = |step: app::RebuildStep<'_>| {
        let (_, mut progress) = match current.take() {
            Some((name, progress)) if name == step.name => (name, progress),
            Some((_, finished)) => {
                finished.end();
                (step.name.to_owned(), Progress::begin(step.name))
            }
            None => (step.name.to_owned(), Progress::begin(step.name)),
        };
        progress.at(step.position, step.head);
        current = Some((step.name.to_owned(), progress));
    };
    let rebuilt = app::rebuild_offline(config, &options.names, &mut report).await;
    if let Some((_, progress)) = current {
        progress.end();
    }
    for name in rebuilt.map_err(|why| Error::Start(format!("{why:#}")))? {
        writeln!(out, "{name} is rebuilt")?;
    }
    Ok(Outcome::Fine)
}
