//! What led to a call, link by link, the nearest first: from its recording back to the row of the file that its number stood in.
//! Every link was recorded, by an id in an event or as an event's cause; where there is none the chain ends and says why.

mod exchange;
mod placed;
mod reported;
mod texts;

use std::sync::Arc;

use domain::fact::Fact;
use domain::ids::{Organization, StreamId};
use serde::Serialize;
use utoipa::ToSchema;

use super::object::Subject;
use super::words::{Teller, Texts};
use crate::http::Engine;
use crate::http::problem::Problem;
use crate::http::times::Stamp;
use reported::Line;

/// One thing in a chain of causes.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditLink)]
pub(super) struct Link {
    what: What,
    /// Of what `id` is the name, where it can be asked about.
    kind: Option<&'static str>,
    id: Option<String>,
    /// The event that says so.
    position: Option<u64>,
    actor: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Stamp>,
    /// The line in the list as it is dialled, counted from 1.
    line: Option<u32>,
    /// The row of the file that was uploaded, as a person counts the sheet's rows.
    row: Option<u32>,
    words: String,
}

#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AuditLinkKind)]
enum What {
    Recording,
    Report,
    Quarantine,
    Call,
    Effect,
    Session,
    Start,
    List,
    Row,
    Target,
    Campaign,
    Contact,
    Import,
    Log,
    Seen,
    /// What would come next was not recorded, or is no longer known.
    #[default]
    End,
}

impl Link {
    pub(super) fn position(&self) -> Option<u64> {
        self.position
    }
}

/// The chain that leads to something, as far as it was recorded.
pub(super) async fn of(
    engine: &Engine,
    organization: &Organization,
    teller: Teller,
    subject: Subject,
) -> Result<Vec<Link>, Problem> {
    let mut chain = Chain { engine, organization, teller, links: vec![] };
    match subject {
        Subject::Reported { stream, result } => chain.reported(&stream, result).await?,
        Subject::Placed(call) => chain.placed(&call).await?,
        Subject::Exchange(stream) => chain.seen(&stream).await?,
        Subject::Session(session) => chain.session(session, Line::Any).await?,
        Subject::List(list) => chain.list(list, Line::Any).await?,
        Subject::Contact(contact) => chain.contact(contact).await?,
        Subject::Itself => {}
    }
    Ok(chain.links)
}

struct Chain<'a> {
    engine: &'a Engine,
    organization: &'a Organization,
    teller: Teller,
    links: Vec<Link>,
}

impl Chain<'_> {
    async fn facts(&self, kind: &'static str, stream: &StreamId) -> Result<Vec<Arc<Fact>>, Problem> {
        Ok(self.engine.dispatch.facts_of(kind, stream).await?)
    }

    /// An event that is a link by itself.
    fn event(&mut self, what: What, (kind, id): (&'static str, String), fact: &Fact) {
        let words = self.teller.words(&fact.event);
        self.links.push(Link { words, ..event(what, (kind, id), fact) });
    }

    /// The same, told in other words than the event's own.
    fn because(&mut self, what: What, (kind, id): (&'static str, String), fact: &Fact, texts: Texts) {
        let words = self.teller.with(texts, &[&id]);
        self.links.push(Link { words, ..event(what, (kind, id), fact) });
    }

    /// Whatever an event was caused by directly, where it says so.
    fn effect(&mut self, fact: &Fact) {
        let cause = &fact.circumstances.causation;
        if !cause.is_empty() {
            let words = self.teller.with(texts::EFFECT, &[cause]);
            self.links.push(Link { kind: None, words, ..event(What::Effect, ("", cause.clone()), fact) });
        }
    }

    fn row(&mut self, (kind, id): (&'static str, String), row: u32, line: Option<u32>) {
        let words = match line {
            Some(line) => self.teller.with(texts::LISTED_ROW, &[&row, &line]),
            None => self.teller.with(texts::ROW, &[&row]),
        };
        let row = Some(row);
        self.links.push(Link {
            what: What::Row,
            kind: Some(kind),
            id: Some(id),
            line,
            row,
            words,
            ..Link::default()
        });
    }

    fn end(&mut self, why: Texts) {
        self.links.push(Link { words: self.teller.say(why), ..Link::default() });
    }
}

fn event(what: What, (kind, id): (&'static str, String), fact: &Fact) -> Link {
    Link {
        what,
        kind: Some(kind),
        id: Some(id),
        position: Some(fact.position),
        actor: Some(fact.circumstances.actor.clone()),
        at: Some(Stamp(fact.occurred_at)),
        ..Link::default()
    }
}
