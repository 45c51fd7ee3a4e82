//! One generation being fed: a page is read, folded and written, and then the next. A live one takes small pages,
//! so that people see soon what happened; one that is being built takes large ones and is put in the live one's place at the end.
//! Where much is left to read, the next page is read while one is written.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::fact::Position;
use projections::follow::{Advance, Flip};
use tokio::task::JoinHandle;
use tracing::Span;

use super::screen::Following;
use super::{Error, Options};
use crate::actors::backoff::Backoff;
use crate::actors::turn::Turn;
use crate::journal::trail;
use crate::journal::{self, feed};

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
    pub(super) follower: Option<Fed>,
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

/// A follower, and the page that is on its way to it.
pub(super) struct Fed {
    pub(super) follower: Box<dyn Following>,
    ahead: Option<Ahead>,
}

/// A page that is being read before it is wanted.
struct Ahead {
    after: Position,
    page: JoinHandle<Result<feed::Page, journal::Error>>,
}

/// The follower comes back where it is still good; after an error a new one is opened, which knows only what is stored.
pub(super) type Done = (Option<Fed>, Result<Step, Error>);

pub(super) async fn step(options: Arc<Options>, feeds: Feeds, fed: Option<Fed>) -> Done {
    let mut fed = match fed {
        Some(fed) => fed,
        None => match open(&options, feeds).await {
            Ok(Some(follower)) => Fed { follower, ahead: None },
            Ok(None) => return (None, Ok(Step { nothing: true, ..Step::default() })),
            Err(why) => return (None, Err(why)),
        },
    };
    match fed.feed(&options).await {
        Ok(step) => (Some(fed), Ok(step)),
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

impl Fed {
    async fn feed(&mut self, options: &Options) -> Result<Step, Error> {
        let after = self.follower.position();
        let limit = if self.follower.building() { BULK_PAGE } else { LIVE_PAGE };
        let page = self.page(options, (after, limit)).await?;
        if page.last <= after {
            return caught_up(self.follower.as_mut()).await;
        }
        if usize::try_from(page.last - after).is_ok_and(|read| read >= limit) {
            self.ahead = Some(Ahead::read(options, (page.last, limit)));
        }
        let recorded_at = page.facts.last().map(|fact| fact.recorded_at);
        let traced = self.traced(options, (after, &page));
        let (events, parked) = match self.follower.advance(&page).await? {
            Advance::Applied { parked, .. } => (page.last - after, parked),
            Advance::Lost => (0, 0),
        };
        drop(traced);
        // A live one at the head is nudged when there is more; looking again for nothing costs as much as a page without rows.
        let more = self.follower.building() || self.follower.position() < options.journal.position();
        Ok(Step { events, parked, recorded_at, more, ..Step::default() })
    }

    /// Spans of those requests of which the screen shows something.
    fn traced(&self, options: &Options, (after, page): (Position, &feed::Page)) -> Vec<Span> {
        if self.follower.building() {
            return vec![];
        }
        let (screen, facts) = (options.screen.as_ref(), &page.facts);
        let shows = |step: &trail::Step| {
            let from = facts.partition_point(|fact| fact.position < step.first);
            let mut its = facts.iter().skip(from).take_while(|fact| fact.position <= step.last);
            its.any(|fact| screen.kind(fact.event.kind()).is_some())
        };
        let steps = options.journal.trail().between(after, page.last);
        let span = |step: &trail::Step| {
            let (screen, position) = (screen.name(), step.position());
            let name = format!("project {screen}");
            step.leads_to(tracing::debug_span!("project", otel.name = name, screen, position))
        };
        steps.iter().filter(|step| shows(step)).map(span).collect()
    }

    async fn page(
        &mut self,
        options: &Options,
        (after, limit): (Position, usize),
    ) -> Result<feed::Page, Error> {
        // One that does not follow on what is stored is dropped: what took its place may have been a forgetting, and what was read
        // before that is not to be shown. One that broke off is read again here, where the guardian sees what becomes of it.
        if let Some(ahead) = self.ahead.take().filter(|ahead| ahead.after == after)
            && let Ok(page) = ahead.page.await
        {
            return Ok(page?);
        }
        Ok(options.journal.facts(after, limit, options.screen.reading()).await?)
    }
}

impl Ahead {
    fn read(options: &Options, (after, limit): (Position, usize)) -> Self {
        let (journal, reading) = (options.journal.clone(), options.screen.reading());
        let page = options.runtime.spawn(async move { journal.facts(after, limit, reading).await });
        Self { after, page }
    }
}

async fn caught_up(follower: &mut dyn Following) -> Result<Step, Error> {
    if !follower.building() {
        let lost = follower.settle().await? == Advance::Lost;
        return Ok(Step { more: lost, ..Step::default() });
    }
    let flipped = follower.flip().await? == Flip::Done;
    Ok(Step { more: !flipped, flipped, ..Step::default() })
}
