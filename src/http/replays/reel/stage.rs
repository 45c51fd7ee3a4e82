//! The calls and contacts that a page of events is about, as they were: the screens' own folds, from what was known of each before the page.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cqrs_es::Aggregate as _;
use domain::contact::Contact;
use domain::fact::{Event, Fact, Position};
use domain::ids::{Organization, StreamId};
use domain::target::Target;
use projections::call_history::CallHistory;
use projections::contact_book::ContactBook;
use projections::pbx_calls::PbxCalls;
use projections::targets;
use projections::then::Then;
use uuid::Uuid;

use crate::actors::hub::{News, What};
use crate::dispatch::audit::Named;
use crate::dispatch::past::{Page, Reading};
use crate::http::live::{Rows, at_exchange};
use crate::http::problem::Problem;
use crate::http::{Engine, as_of};

/// Streams read together.
const TOGETHER: usize = 500;

/// A fact in its place.
pub(super) struct Timed {
    pub(super) fact: Arc<Fact>,
    /// Whether it is of the story, and not only of what the story is about.
    pub(super) own: bool,
}

#[derive(Default)]
pub(super) struct Stage {
    results: Then<CallHistory>,
    contacts: Then<ContactBook>,
    exchange: Then<PbxCalls>,
}

impl Stage {
    /// Everything as it was before these facts; and they themselves with what else happened to their contacts meanwhile, in order.
    pub(super) async fn set(
        (engine, organization): (&Engine, &Organization),
        facts: Vec<Arc<Fact>>,
        (after, until): (Position, Position),
    ) -> Result<(Self, Vec<Timed>), Problem> {
        let mut stage = Self::default();
        if after > 0 {
            for streams in begun(&facts).chunks(TOGETHER) {
                read(engine, streams, after, |page| stage.know(&page)).await?;
            }
        }
        let known: HashSet<Position> = facts.iter().map(|fact| fact.position).collect();
        let mut beside = vec![];
        for streams in contacts(engine, organization, &facts).await?.chunks(TOGETHER) {
            read(engine, streams, until, |mut page| {
                let later = page.facts.iter().filter(|fact| fact.position > after);
                beside.extend(later.filter(|fact| !known.contains(&fact.position)).cloned());
                page.facts.retain(|fact| fact.position <= after);
                stage.know(&page);
            })
            .await?;
        }
        let own = facts.into_iter().map(|fact| Timed { fact, own: true });
        let mut timed: Vec<Timed> =
            own.chain(beside.into_iter().map(|fact| Timed { fact, own: false })).collect();
        timed.sort_by_key(|timed| timed.fact.position);
        Ok((stage, timed))
    }

    fn know(&mut self, page: &Page) {
        as_of::take(&mut self.results, &page.facts, &page.unreadable);
        as_of::take(&mut self.contacts, &page.facts, &page.unreadable);
        as_of::take(&mut self.exchange, &page.facts, &page.unreadable);
    }

    pub(super) fn take(&mut self, facts: &[Arc<Fact>]) {
        self.results.take(facts, &[]);
        self.contacts.take(facts, &[]);
        self.exchange.take(facts, &[]);
    }

    /// What these news are about, as it stands by now.
    pub(super) fn rows(&self, news: &[News]) -> Rows {
        let mut rows = Rows::default();
        for News { organization, what, .. } in news {
            match what {
                What::Call { contact, .. } | What::Contact { contact, removed: false } => {
                    let stream = StreamId::contact(organization, *contact);
                    let row = self.contacts.row(&stream.as_str().to_owned()).filter(|row| row.removed == 0);
                    rows.contacts.extend(row.map(|row| (row.id, row.clone())));
                }
                What::Result { id } => {
                    rows.results.extend(self.results.row(id).map(|row| (row.id, row.clone())));
                }
                What::Rings { call } => {
                    let row = self.exchange.row(&at_exchange(organization, call));
                    rows.exchange.extend(row.map(|row| (row.stream.clone(), row.clone())));
                }
                What::Contact { removed: true, .. }
                | What::Campaign { .. }
                | What::Session { .. }
                | What::Exchange { .. }
                | What::List { .. }
                | What::Import { .. }
                | What::Rights(_) => {}
            }
        }
        rows
    }
}

/// Calls that more is told of, and something was told before.
fn begun(facts: &[Arc<Fact>]) -> Vec<Named> {
    let mut first: HashMap<&StreamId, (u64, &'static str)> = HashMap::new();
    for fact in facts {
        if let Event::Call(_) | Event::PbxCall(_) = fact.event {
            let (sequence, _) =
                first.entry(&fact.stream).or_insert_with(|| (fact.sequence, fact.event.kind()));
            *sequence = fact.sequence.min(*sequence);
        }
    }
    let begun = first.into_iter().filter(|(_, (sequence, _))| *sequence > 1);
    begun.map(|(stream, (_, kind))| (kind, stream.clone())).collect()
}

/// The contacts of these facts, with every campaign that tells whether they were called.
async fn contacts(
    engine: &Engine,
    organization: &Organization,
    facts: &[Arc<Fact>],
) -> Result<Vec<Named>, Problem> {
    let called = facts.iter().filter(|fact| matches!(fact.event, Event::Target(_)));
    let ids: HashSet<Uuid> =
        called.filter_map(|fact| fact.stream.of_target()).map(|(_, contact)| contact).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut streams: Vec<Named> =
        ids.iter().map(|contact| (Contact::TYPE, StreamId::contact(organization, *contact))).collect();
    let places = targets::of_contacts(&engine.screens, organization, &ids).await?;
    streams.extend(places.into_iter().map(|stream| (Target::TYPE, stream)));
    Ok(streams)
}

/// Everything of these streams up to a position, some of it at a time.
async fn read(
    engine: &Engine,
    streams: &[Named],
    until: Position,
    mut each: impl FnMut(Page),
) -> Result<(), Problem> {
    let mut after = 0;
    loop {
        let (page, next) = engine.dispatch.past(streams, (after, until), Reading::Clear).await?;
        each(page);
        match next {
            Some(next) => after = next,
            None => return Ok(()),
        }
    }
}
