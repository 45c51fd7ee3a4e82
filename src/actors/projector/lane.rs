//! One generation being fed: a page is read, folded and written, and then the next. A live one takes small pages,
//! so that people see soon what happened; one that is being built takes large ones and is put in the live one's place at the end.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::fact::Position;
use projections::follow::{Advance, Flip};

use super::screen::Following;
use super::{Error, Options};
use crate::actors::backoff::Backoff;
use crate::actors::turn::Turn;

const LIVE_PAGE: usize = 4_096;
const BULK_PAGE: usize = 10_000;

/// Which generation a lane feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Feeds {
    /// What is shown, or what is to be shown after an upgrade.
    Shown,
    /// A new one beside it.
    Anew,
    /// A new one that was begun before.
    Begun,
}

pub(super) struct Lane {
    pub(super) feeds: Feeds,
    pub(super) follower: Option<Box<dyn Following>>,
    pub(super) turn: Turn,
    pub(super) backoff: Backoff,
    pub(super) position: Position,
    pub(super) recorded_at: Option<DateTime<Utc>>,
}

/// What a page came to.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) events: u64,
    pub(super) parked: usize,
    pub(super) recorded_at: Option<DateTime<Utc>>,
    /// Whether there may be more to read at once.
    pub(super) more: bool,
    /// The generation took the live one's place.
    pub(super) flipped: bool,
    /// There is nothing to feed here.
    pub(super) nothing: bool,
}

impl Lane {
    pub(super) fn new(feeds: Feeds) -> Self {
        let (turn, backoff) = Default::default();
        Self { feeds, follower: None, turn, backoff, position: 0, recorded_at: None }
    }
}

/// The follower comes back where it is still good; after an error a new one is opened, which knows only what is stored.
pub(super) type Done = (Option<Box<dyn Following>>, Result<Step, Error>);

pub(super) async fn step(options: Arc<Options>, feeds: Feeds, follower: Option<Box<dyn Following>>) -> Done {
    let mut follower = match follower {
        Some(follower) => follower,
        None => match open(&options, feeds).await {
            Ok(Some(follower)) => follower,
            Ok(None) => return (None, Ok(Step { nothing: true, ..Step::default() })),
            Err(why) => return (None, Err(why)),
        },
    };
    match feed(&options, follower.as_mut()).await {
        Ok(step) => (Some(follower), Ok(step)),
        Err(why) => (None, Err(why)),
    }
}

async fn open(options: &Options, feeds: Feeds) -> Result<Option<Box<dyn Following>>, Error> {
    Ok(match feeds {
        Feeds::Shown => Some(options.screen.open().await?),
        Feeds::Anew => Some(options.screen.rebuild().await?),
        Feeds::Begun => options.screen.resume().await?,
    })
}

async fn feed(options: &Options, follower: &mut dyn Following) -> Result<Step, Error> {
    let after = follower.position();
    let limit = if follower.building() { BULK_PAGE } else { LIVE_PAGE };
    let page = options.journal.facts(after, limit, options.screen.reading()).await?;
    if page.last <= after {
        return caught_up(follower).await;
    }
    let recorded_at = page.facts.last().map(|fact| fact.recorded_at);
    let (events, parked) = match follower.advance(&page).await? {
        Advance::Applied { parked, .. } => (page.last - after, parked),
        Advance::Lost => (0, 0),
    };
    // A live one at the head is nudged when there is more; looking again for nothing costs as much as a page without rows.
    let more = follower.building() || follower.position() < options.journal.position();
    Ok(Step { events, parked, recorded_at, more, ..Step::default() })
}

async fn caught_up(follower: &mut dyn Following) -> Result<Step, Error> {
    if !follower.building() {
        let lost = follower.settle().await? == Advance::Lost;
        return Ok(Step { more: lost, ..Step::default() });
    }
    let flipped = follower.flip().await? == Flip::Done;
    Ok(Step { more: !flipped, flipped, ..Step::default() })
}
