//! Writing down who was refused: the first time at once, and what follows within the hour as one with its count. What is counted is kept in
//! memory and bounded, so that no flood fills the journal: beyond that many are told of together. A stop writes what was counted.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::mem;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::{HttpMessage, HttpRequest, rt};
use chrono::{DateTime, Utc};
use domain::denial::Refused;
use domain::fact::Circumstances;
use domain::ids::Organization;
use futures_util::future::join_all;
use tokio::time::sleep;

use super::edge::RequestId;
use super::problem::{Code, Problem};
use super::{Engine, address};
use crate::dispatch::Meta;

/// One line stands for all that follow it for so long.
const STANDS_FOR: Duration = Duration::from_hours(1);
/// Who, where and why, told apart at a time.
const TOLD_APART_MAX: usize = 256;
/// As whom somebody is written down who is not known.
const SOMEBODY: &str = "somebody";

/// Who asked, where that is known: kept with the request.
#[derive(Debug, Clone)]
struct Known {
    organization: Organization,
    actor: String,
}

/// What is told together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Line {
    organization: Organization,
    who: Who,
    /// None where it is of many sorts.
    area: Option<String>,
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Who {
    Known(String),
    /// Whoever it was; none where that cannot be told either.
    From(Option<IpAddr>),
}

/// So many of a line.
#[derive(Debug, Clone)]
struct Refusals {
    count: u32,
    from: Option<IpAddr>,
    since: DateTime<Utc>,
    last: DateTime<Utc>,
    /// The request of the first.
    correlation: String,
}

/// Each line that was told within the hour, with what followed it and is yet to be told.
#[derive(Debug, Default)]
pub(super) struct Denials(Mutex<HashMap<Line, Option<Refusals>>>);

/// Says who asks, be it that they have not proved it.
pub(super) fn met(request: &HttpRequest, organization: &Organization, actor: &str) {
    let (organization, actor) = (organization.clone(), actor.to_owned());
    request.extensions_mut().insert(Known { organization, actor });
}

/// To be called with every problem that is answered.
pub(super) fn answered(request: &HttpRequest, problem: &Problem) {
    let Some(engine) = request.app_data::<Engine>() else { return };
    let extensions = request.extensions();
    let known = extensions.get::<Known>();
    if problem.code().is_refusal(known.is_some()) {
        let from = address::of(request);
        let area = request.match_pattern().and_then(|route| Some(format!("/{}", route.split('/').nth(1)?)));
        let correlation = extensions.get::<RequestId>().map_or("", RequestId::as_str).to_owned();
        let line = Line::new(engine, known, from, (area, problem.code()));
        count(engine, line, Refusals::one(engine, from, correlation));
    }
}

/// The same of a socket that was not let in.
pub(super) fn turned_away(engine: &Engine, from: Option<IpAddr>, namespace: &str, problem: &Problem) {
    if problem.code().is_refusal(false) {
        let line = Line::new(engine, None, from, (Some(namespace.to_owned()), problem.code()));
        count(engine, line, Refusals::one(engine, from, String::new()));
    }
}

/// Tells what was counted and not told, since nobody will be there to do it later.
pub(super) async fn close(engine: &Engine) {
    let counted = mem::take(&mut *engine.denials.lines());
    let untold = counted.into_iter().filter_map(|(line, followed)| Some((line, followed?)));
    join_all(untold.map(async |(line, followed)| tell(engine, &line, &followed).await)).await;
}

fn count(engine: &Engine, line: Line, one: Refusals) {
    if let Some(line) = engine.denials.begun(line, &one) {
        rt::spawn(stand(engine.clone(), line, one));
    }
}

/// Told now, and for what follows when its time is over.
async fn stand(engine: Engine, line: Line, first: Refusals) {
    if !tell(&engine, &line, &first).await {
        engine.denials.follow(&line, &first);
    }
    sleep(STANDS_FOR).await;
    let followed = engine.denials.lines().remove(&line).flatten();
    if let Some(followed) = followed {
        tell(&engine, &line, &followed).await;
    }
}

/// Whether it is written down.
async fn tell(engine: &Engine, line: &Line, refusals: &Refusals) -> bool {
    let Line { organization, who, area, reason } = line;
    let Refusals { count, from, since, last, correlation } = refusals.clone();
    let by = if let Who::Known(actor) = who { Some(actor.clone()) } else { None };
    let circumstances = Circumstances {
        organization: organization.to_string(),
        actor: by.clone().unwrap_or_else(|| SOMEBODY.to_owned()),
        correlation,
        causation: String::new(),
    };
    let from = from.filter(|_| *who != Who::From(None)).map(|from| from.to_string());
    let refused =
        Refused { by, from, area: area.clone(), reason: (*reason).to_owned(), count, since, at: last };
    let meta = Meta { circumstances: Arc::new(circumstances), command: None };
    let told = engine.dispatch.refused(organization, refused, meta).await;
    told.inspect_err(|why| tracing::warn!(cause = %why, count, reason, "refusals were not written down"))
        .is_ok()
}

fn add(counted: &mut Option<Refusals>, more: &Refusals) {
    let more = more.clone();
    *counted = Some(match counted.take() {
        Some(Refusals { count, from, since, correlation, .. }) => {
            Refusals { count: count.saturating_add(more.count), from, since, correlation, ..more }
        }
        None => more,
    });
}

impl Refusals {
    fn one(engine: &Engine, from: Option<IpAddr>, correlation: String) -> Self {
        let now = engine.clock.now();
        Self { count: 1, from, since: now, last: now, correlation }
    }
}

impl Denials {
    /// The line, where it is a new one.
    fn begun(&self, line: Line, one: &Refusals) -> Option<Line> {
        let mut lines = self.lines();
        let full = lines.len() >= TOLD_APART_MAX && !lines.contains_key(&line);
        let line = if full { line.of_many() } else { line };
        match lines.entry(line) {
            Entry::Vacant(place) => {
                let line = place.key().clone();
                place.insert(None);
                Some(line)
            }
            Entry::Occupied(mut known) => {
                add(known.get_mut(), one);
                None
            }
        }
    }

    /// So many more of a line that stands.
    fn follow(&self, line: &Line, more: &Refusals) {
        add(self.lines().entry(line.clone()).or_default(), more);
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<Line, Option<Refusals>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    fn new(
        engine: &Engine,
        known: Option<&Known>,
        from: Option<IpAddr>,
        (area, code): (Option<String>, Code),
    ) -> Self {
        let (organization, who) = match known.cloned() {
            Some(Known { organization, actor }) => (organization, Who::Known(actor)),
            None => (engine.options.organization.clone(), Who::From(from.map(address::network))),
        };
        Self { organization, who, area, reason: code.slug() }
    }

    /// The same, told with everybody else's.
    fn of_many(self) -> Self {
        Self { who: Who::From(None), area: None, ..self }
    }
}
