//! Looking back: `asOf` asks for what a screen showed at an earlier time or position. The answer is a fold of the thing's own
//! events up to there, by the screen's own rules; of what has many, from the last copy before that time. Streams are read a page at a time.
//! What is asked about is in `as_of/session.rs`, `as_of/campaign.rs` and `as_of/contact.rs`.

mod campaign;
mod contact;
mod session;

use std::slice;
use std::sync::Arc;

use actix_web::HttpResponseBuilder;
use chrono::{DateTime, Utc};
use domain::fact::{Fact, Position};
use projections::Freshness;
use projections::follow::Unreadable;
use projections::milestones;
use projections::projection::Projection;
use projections::then::Then;
use serde::Deserialize;
use utoipa::IntoParams;

use super::problem::{Code, Problem};
use super::when::{WORDS, When};
use super::{Engine, sessions};
use crate::dispatch::audit::Named;
use crate::dispatch::past::{Damaged, Reading};
use crate::dispatch::reports::Error;

pub(super) use campaign::campaign;
pub(super) use contact::contact;
pub(super) use session::{results, session};

const NAME: &str = "asOf";

#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct AsOf {
    /// As it was by then: a position of the journal, a time (2025-10-06T18:30:00Z; in the engine's zone where it names none) or a day there
    /// (2025-10-06), which is meant with its end, or up to now where it is not over. Every event that was recorded by then counts, and none that came later.
    as_of: Option<String>,
}

/// Rows whose streams are folded at a time.
const TOGETHER: u32 = 500;

/// A place in the journal that is looked back to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) position: Position,
    /// What is shown as running had been running until then.
    pub(super) at: DateTime<Utc>,
}

impl AsOf {
    /// None where nobody looks back.
    pub(super) async fn moment(&self, engine: &Engine) -> Result<Option<Moment>, Problem> {
        let Some(text) = self.as_of.as_deref() else { return Ok(None) };
        let now = engine.clock.now();
        let at = match When::parse(text, engine.options.timezone) {
            Some(When::Position(known)) => return position(engine, known).await.map(Some),
            // Of a day that is not over yet, what there was of it.
            Some(When::Day { first, last }) if first <= now => last.min(now),
            Some(When::Instant(at) | When::Day { last: at, .. }) => at,
            None => return Err(Problem::parameter(NAME, format!("has to be {WORDS}"))),
        };
        if at > now {
            return Err(Problem::parameter(NAME, "is in the future"));
        }
        let position = engine.dispatch.position_at(at).await?;
        Ok(Some(Moment { position, at }))
    }
}

async fn position(engine: &Engine, position: Position) -> Result<Moment, Problem> {
    let head = engine.dispatch.head();
    if position > head {
        return Err(Problem::parameter(NAME, format!("is beyond the journal, which ends at {head}")));
    }
    let at = engine.dispatch.recorded_at(position).await?.unwrap_or(DateTime::UNIX_EPOCH);
    Ok(Moment { position, at })
}

impl Moment {
    /// An answer that says of which position it is.
    pub(super) fn shown(self) -> HttpResponseBuilder {
        sessions::shown(Freshness { position: self.position, behind: 0, parked: 0 })
    }
}

/// A screen that has taken everything of these streams up to a position.
async fn fold<P: Projection>(engine: &Engine, streams: &[Named], until: Position) -> Result<Then<P>, Error> {
    let (mut then, mut after) = (Then::default(), 0);
    loop {
        let (page, next) = engine.dispatch.past(streams, (after, until), reading::<P>()).await?;
        take(&mut then, &page.facts, &page.unreadable);
        match next {
            Some(next) => after = next,
            None => return Ok(then),
        }
    }
}

/// A row that a stream and those of a kind beneath it make: from the last copy before that time, or from the beginning.
pub(super) async fn whole<P: Projection>(
    engine: &Engine,
    key: &P::Key,
    (own, kind): (&Named, &'static str),
    until: Position,
) -> Result<Then<P>, Problem> {
    let Some(before) = milestones::before::<P>(&engine.screens, key, until).await? else {
        let mut then = fold(engine, slice::from_ref(own), until).await?;
        let beneath = (kind, own.1.clone());
        each_beneath(engine, &beneath, (until, reading::<P>()), |facts, damaged| {
            take(&mut then, facts, damaged);
        })
        .await?;
        return Ok(then);
    };
    let mut then = Then::from(before.row);
    for (mut after, last) in before.rest {
        loop {
            let read = engine.dispatch.past_between((own, kind), (after, last), reading::<P>());
            let (page, next) = read.await?;
            take(&mut then, &page.facts, &page.unreadable);
            match next {
                Some(next) => after = next,
                None => break,
            }
        }
    }
    Ok(then)
}

/// Whether a screen can tell by now which streams there were then: it has read them all, and left none aside.
async fn tells(engine: &Engine, screen: &str, until: Position) -> bool {
    let shown = engine.screens.wait(screen, until, engine.options.read_wait).await;
    shown.position >= until && shown.parked == 0
}

/// The events of each stream beneath another one up to a position, stream by stream: no more than a page and a stream is held.
async fn each_beneath(
    engine: &Engine,
    parent: &Named,
    (until, reading): (Position, Reading),
    mut each: impl FnMut(&[Arc<Fact>], &[Damaged]),
) -> Result<(), Error> {
    let (mut begun, mut damaged, mut after): (Vec<Arc<Fact>>, Vec<Damaged>, _) = (vec![], vec![], None);
    loop {
        let (page, next) = engine.dispatch.past_beneath(parent, after.as_ref(), (until, reading)).await?;
        damaged.extend(page.unreadable);
        for some in page.facts.chunk_by(|one, other| one.stream == other.stream) {
            if begun.first().zip(some.first()).is_some_and(|(begun, next)| begun.stream != next.stream) {
                each(&std::mem::take(&mut begun), &damaged);
            }
            begun.extend_from_slice(some);
        }
        let Some(place) = next else {
            each(&begun, &damaged);
            return Ok(());
        };
        after = Some(place);
    }
}

pub(super) fn take<P: Projection>(then: &mut Then<P>, facts: &[Arc<Fact>], damaged: &[Damaged]) {
    let unreadable: Vec<_> = damaged
        .iter()
        .map(|bad| Unreadable { position: bad.position, kind: &bad.kind, stream: &bad.stream, why: &bad.why })
        .collect();
    then.take(facts, &unreadable);
}

/// Opening what is sealed costs more than all the rest.
fn reading<P: Projection>() -> Reading {
    if P::PERSONAL { Reading::Clear } else { Reading::Sealed }
}

/// What is not there at that time came later, or was never recorded at all.
async fn missing(engine: &Engine, own: Named, unknown: Problem) -> Problem {
    match engine.dispatch.recorded(&[own], 0, 1).await {
        Ok(first) if first.entries.is_empty() => unknown,
        Ok(_) => Problem::new(Code::NotYet, "it did not exist yet at that time"),
        Err(why) => why.into(),
    }
}
