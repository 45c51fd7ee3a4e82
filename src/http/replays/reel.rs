//! What is told again, scene by scene: the pushes of what was recorded together, as the screens stood after it. A few hundred events are
//! read at a time, with what was known before of the calls and contacts that they are about; nothing else is held.
//! How something stands is told at intervals of the time of then, as it was, so that what is told does not depend on how fast it is played.

mod stage;

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use domain::call::Call;
use domain::disclosure::Kind;
use domain::fact::{Event, Fact, Position};
use domain::ids::{Organization, StreamId};
use domain::session::Session;
use projections::session_stats::SessionStats;
use projections::then::Then;

use crate::actors::hub::{MOVES_EVERY, News, Pacing, Push, What, news_of};
use crate::dispatch::past::Damaged;
use crate::http::audit::{Played, call_of};
use crate::http::live::{Rows, When, drawn};
use crate::http::problem::Problem;
use crate::http::{Engine, as_of};
use stage::{Stage, Timed};

/// Events read at a time. Each may be about a contact of its own, whose whole past is read with it.
const PAGE_LEN: usize = 256;

/// What was told at one moment.
pub(super) struct Scene {
    pub(super) at: DateTime<Utc>,
    /// Where the journal stood then.
    pub(super) position: Position,
    /// Events of the story that it shows.
    pub(super) events: u64,
    pub(super) pushes: Vec<Push>,
}

/// From where to where something is played.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// It begins with what comes after.
    pub(super) after: Position,
    /// The story's last event.
    pub(super) last: Position,
    /// Where it is cut, be it that the story ends before: what its last event did to others may come after that.
    pub(super) cut: Position,
}

pub(super) struct Reel {
    engine: Engine,
    organization: Organization,
    played: Arc<Played>,
    span: Span,
    session: Option<Running>,
    /// Up to where it was told.
    position: Position,
    over: bool,
}

/// A session whose figures move.
struct Running {
    stream: StreamId,
    then: Then<SessionStats>,
    pacing: Pacing<()>,
    /// The clock of then, told as one that only counts.
    began: (Instant, DateTime<Utc>),
}

impl Reel {
    /// Counts in what came before.
    pub(super) async fn open(
        engine: &Engine,
        organization: &Organization,
        played: &Arc<Played>,
        span: Span,
    ) -> Result<Self, Problem> {
        let session = played.story.streams.first().filter(|_| played.kind == Kind::Session);
        let session = match session {
            Some((_, stream)) => Some(Running::begin(engine, stream, span.after).await?),
            None => None,
        };
        Ok(Self {
            engine: engine.clone(),
            organization: organization.clone(),
            played: Arc::clone(played),
            span,
            session,
            position: span.after,
            over: span.after >= span.last,
        })
    }

    /// The next scenes; none at the end.
    pub(super) async fn page(&mut self) -> Result<Vec<Scene>, Problem> {
        let mut scenes = vec![];
        while scenes.is_empty() && !self.over {
            let Span { after, last, cut } = self.span;
            let (mut page, next) =
                self.engine.dispatch.again(&self.played.story, (after, last), PAGE_LEN).await?;
            let upto = next.map(|next| whole(&mut page.facts, next));
            if let Some(call) = self.played.call {
                page.facts.retain(|fact| call_of(&fact.event) == Some(call));
            }
            let until = upto.unwrap_or(cut);
            page.unreadable.retain(|damaged| damaged.position <= until);
            let beside = (&self.engine, &self.organization);
            let (stage, timed) = Stage::set(beside, page.facts, (after, until)).await?;
            self.play((stage, timed), &page.unreadable, &mut scenes);
            self.over = upto.is_none();
            self.span.after = upto.unwrap_or(last);
        }
        if self.over {
            // What moved last is shown as it stands in the end.
            self.rest(None, &mut scenes);
        }
        Ok(scenes)
    }

    fn play(&mut self, (mut stage, timed): (Stage, Vec<Timed>), damaged: &[Damaged], told: &mut Vec<Scene>) {
        if let Some(session) = &mut self.session {
            as_of::take(&mut session.then, &[], damaged);
        }
        for unit in timed.chunk_by(|one, other| together(&one.fact, &other.fact)) {
            let Some(at) = unit.first().map(|first| first.fact.recorded_at) else { continue };
            self.rest(Some(at), told);
            let facts: Vec<Arc<Fact>> = unit.iter().map(|timed| Arc::clone(&timed.fact)).collect();
            stage.take(&facts);
            if let Some(session) = &mut self.session {
                session.then.take(&facts, &[]);
            }
            if !unit.iter().any(|timed| timed.own) {
                continue;
            }
            self.position = unit.last().map_or(self.position, |last| last.fact.position);
            let events = unit.iter().filter(|timed| timed.own).count();
            let news: Vec<News> = unit.iter().filter(|timed| timed.is_news()).flat_map(news).collect();
            let rows = stage.rows(&news);
            let mut pushes: Vec<Push> =
                news.iter().filter_map(|news| drawn(&rows, news, When::Again(at))).collect();
            pushes.extend(self.standing(at, &news));
            let events = u64::try_from(events).unwrap_or(u64::MAX);
            told.push(Scene { at, position: self.position, events, pushes });
        }
    }

    /// What of these moves is shown, where that is not too soon after the last time.
    fn standing(&mut self, at: DateTime<Utc>, news: &[News]) -> Option<Push> {
        let session = self.session.as_mut()?;
        for news in news.iter().filter(|news| matches!(news.what, What::Session { .. })) {
            session.pacing.touch((), news.position);
        }
        let counted = session.counted(at);
        session.pacing.due(counted).first()?;
        session.push(&self.organization, self.position, at)
    }

    /// What is still to be shown before the next scene, or at the end.
    fn rest(&mut self, before: Option<DateTime<Utc>>, told: &mut Vec<Scene>) {
        let Some(session) = self.session.as_mut() else { return };
        let Some(at) = session.wakes().filter(|at| before.is_none_or(|before| *at < before)) else { return };
        let counted = session.counted(at);
        // From then on it counts as shown.
        let _ = session.pacing.due(counted);
        let pushes = session.push(&self.organization, self.position, at).into_iter().collect();
        told.push(Scene { at, position: self.position, events: 0, pushes });
    }
}

impl Running {
    async fn begin(engine: &Engine, stream: &StreamId, after: Position) -> Result<Self, Problem> {
        let then = if after == 0 {
            Then::default()
        } else {
            let own = (Session::TYPE, stream.clone());
            as_of::whole(engine, &stream.as_str().to_owned(), (&own, Call::TYPE), after).await?
        };
        // Which instant that is does not matter: only what passes since.
        let began = (Instant::now(), DateTime::UNIX_EPOCH);
        Ok(Self { stream: stream.clone(), then, pacing: Pacing::new(MOVES_EVERY), began })
    }

    fn counted(&mut self, at: DateTime<Utc>) -> Instant {
        let (instant, first) = &mut self.began;
        if *first == DateTime::UNIX_EPOCH {
            *first = at;
        }
        *instant + (at - *first).to_std().unwrap_or_default()
    }

    /// When it is to be shown that it moved, where it is not shown yet.
    fn wakes(&self) -> Option<DateTime<Utc>> {
        let (instant, first) = self.began;
        let left = self.pacing.next(instant)?;
        first.checked_add_signed(chrono::TimeDelta::from_std(left).ok()?)
    }

    fn push(&self, organization: &Organization, position: Position, at: DateTime<Utc>) -> Option<Push> {
        let row = self.then.row(&self.stream.as_str().to_owned())?;
        let what = What::Session { session: row.session.clone() };
        let news = News { position, organization: organization.clone(), what };
        let mut rows = Rows::default();
        rows.sessions.insert(row.stream.clone(), row.clone());
        drawn(&rows, &news, When::Again(at))
    }
}

impl Timed {
    /// What a campaign's call did to its contact is news of the campaign as well.
    fn is_news(&self) -> bool {
        self.own || matches!(self.fact.event, Event::Contact(_))
    }
}

fn news(timed: &Timed) -> Vec<News> {
    news_of(&timed.fact)
}

/// Whether both are one command's: they were recorded at once, and nobody ever saw one of them without the other.
fn together(one: &Fact, other: &Fact) -> bool {
    one.recorded_at == other.recorded_at && one.circumstances == other.circumstances
}

/// Where to go on, so that what was recorded at once is told at once: the facts of a unit that may not be whole are left for the next page,
/// unless there are no others.
fn whole(facts: &mut Vec<Arc<Fact>>, next: Position) -> Position {
    let Some(last) = facts.last().cloned() else { return next };
    let begins = facts.iter().rposition(|fact| !together(fact, &last)).map(|before| before + 1);
    let Some(begins) = begins else { return next };
    facts.truncate(begins);
    facts.last().map_or(next, |last| last.position)
}
