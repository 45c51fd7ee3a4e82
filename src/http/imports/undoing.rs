//! An import undone: its contacts are found by their screen, and each is looked at in the journal before it is removed.

use std::sync::Arc;
use std::time::Duration;

use domain::fact::Position;
use domain::ids::StreamId;
use domain::import::{Command, Import, Kept};
use projections::contact_book::{self, ContactBook};
use projections::projection::Projection;
use projections::targets::{self, Targets};
use tokio::time::Instant;
use uuid::Uuid;

use crate::dispatch::imports::{Importing, TOGETHER};
use crate::dispatch::{Done, Meta};
use crate::http::problem::{Code, Problem};
use crate::http::{Engine, wait};

/// The screens may have to catch up with the import itself.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) async fn undo(engine: &Engine, importing: &Importing) -> Result<Done<Import>, Problem> {
    say(engine, importing, Command::Look).await?;
    if engine.moving.imports.rows(&importing.organization, importing.import).is_some() {
        let told = "its contacts are being stored at this moment; nothing was removed";
        return Err(Problem::new(Code::ImportUnderWay, told));
    }
    let target = engine.dispatch.position();
    for screen in [ContactBook::NAME, Targets::NAME] {
        caught_up(engine, screen, target).await?;
    }
    let (mut removed, mut kept, mut after) = (0, Kept::default(), 0);
    loop {
        let some = part(engine, importing, after).await?;
        removed += some.removed;
        kept.changed += some.kept.changed;
        kept.in_campaign += some.kept.in_campaign;
        kept.called += some.kept.called;
        let Some(last) = some.last else { break };
        after = last;
    }
    say(engine, importing, Command::Undo { removed, kept, at: engine.clock.now() }).await
}

#[derive(Default)]
struct Part {
    removed: u32,
    kept: Kept,
    /// Where the next one begins; none where there is none.
    last: Option<Position>,
}

async fn part(engine: &Engine, importing: &Importing, after: Position) -> Result<Part, Problem> {
    let (organization, screens) = (&importing.organization, &engine.screens);
    let limit = u32::try_from(TOGETHER).unwrap_or(u32::MAX);
    let rows = contact_book::of_import(screens, organization, importing.import, (after, limit)).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let members = targets::in_campaigns(screens, organization, &ids).await?;
    let (mut part, mut free) =
        (Part { last: rows.last().map(|row| row.position), ..Part::default() }, vec![]);
    for row in &rows {
        if members.contains(&row.id) {
            part.kept.in_campaign += 1;
        } else if row.is_called != 0 {
            part.kept.called += 1;
        } else {
            free.push(row.id);
        }
    }
    let undone = engine.dispatch.unimport_contacts(importing, &free).await?;
    (part.removed, part.kept.changed) = (undone.removed, undone.changed);
    Ok(part)
}

async fn caught_up(engine: &Engine, screen: &str, target: Position) -> Result<(), Problem> {
    let until = Instant::now() + PATIENCE;
    let look = async |shown| Ok(((), (shown < target).then_some(until)));
    let ((), fresh) = wait::until(engine, screen, (target, until), look).await?;
    let late = || Problem::new(Code::ScreensBehind, "its contacts may not be seen yet; nothing was removed");
    if fresh.position < target { Err(late()) } else { Ok(()) }
}

async fn say(engine: &Engine, importing: &Importing, command: Command) -> Result<Done<Import>, Problem> {
    let Importing { organization, import, circumstances, .. } = importing;
    let meta = Meta { circumstances: Arc::clone(circumstances), command: None };
    Ok(engine.dispatch.import(StreamId::import(organization, *import), command, meta).await?)
}
