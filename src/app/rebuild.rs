//! Rebuilding screens without an engine: the same followers, fed by hand, under the data folder's lock.

use anyhow::bail;
use domain::fact::Position;
use projections::follow::{Flip, PAGE};

use super::wards::all_screens;
use super::{Ports, open_journal, open_screens, place};
use crate::actors::projector::screen::Screen;
use crate::config::Config;
use crate::journal::Journal;
use crate::journal::verify::Reader;

/// How far one screen has come.
#[derive(Debug, Clone, Copy)]
pub struct RebuildStep<'a> {
    pub name: &'a str,
    pub position: Position,
    pub head: Position,
}

/// Rebuilds the named screens, all where none is named, and says which they were.
pub async fn rebuild_offline(
    config: Config,
    names: &[String],
    report: &mut dyn FnMut(RebuildStep<'_>),
) -> anyhow::Result<Vec<String>> {
    let ports = Ports::real();
    // Only looks, so that a wrong folder stays as it is.
    Reader::open(&place(&config)).await?;
    let journal = open_journal(&config, &ports).await?;
    let screens = open_screens(&config, &ports, &journal).await?;
    let all = all_screens(&screens);
    if let Some(name) = names.iter().find(|name| all.iter().all(|screen| screen.name() != name.as_str())) {
        let known: Vec<_> = all.iter().map(|screen| screen.name()).collect();
        bail!("there is no screen called {name}; there are {}", known.join(", "));
    }
    let mut rebuilt = vec![];
    for screen in all {
        if names.is_empty() || names.iter().any(|name| name == screen.name()) {
            rebuild(&journal, &*screen, report).await?;
            rebuilt.push(screen.name().to_owned());
        }
    }
    journal.close().await;
    screens.close().await?;
    Ok(rebuilt)
}

async fn rebuild(
    journal: &Journal,
    screen: &dyn Screen,
    report: &mut dyn FnMut(RebuildStep<'_>),
) -> anyhow::Result<()> {
    let mut building = screen.rebuild().await?;
    loop {
        let head = journal.position();
        report(RebuildStep { name: screen.name(), position: building.position(), head });
        if building.position() < head {
            let page = journal.facts(building.position(), PAGE, screen.reading()).await?;
            building.advance(&page).await?;
        } else if building.flip().await? == Flip::Done {
            return Ok(());
        }
    }
}
