//! A session, a campaign or a call as it is played again: which streams tell it, in the journal's order.

use cqrs_es::Aggregate as _;
use domain::call::Call;
use domain::disclosure::Kind;
use domain::fact::Position;
use domain::target::Target;
use uuid::Uuid;

use super::object::Asking;
use super::reading::call_of;
use crate::dispatch::past::Reading;
use crate::dispatch::story::{Extent, Story};
use crate::http::Engine;
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::http::sessions::Fresh;

/// What is played.
#[derive(Debug)]
pub(in crate::http) struct Played {
    /// By what name it is written down who looked at it.
    pub(in crate::http) kind: Kind,
    pub(in crate::http) name: String,
    pub(in crate::http) story: Story,
    /// Where its stream tells of other calls too: only what names this one is played.
    pub(in crate::http) call: Option<Uuid>,
}

/// By the names that `GET /audit/{kind}/{id}` has. What nothing was recorded of is not known.
pub(in crate::http) async fn story(
    engine: &Engine,
    caller: &Caller,
    kind: Kind,
    id: &str,
) -> Result<Played, Problem> {
    let fresh = Fresh::since(engine.dispatch.position());
    let (object, _) = Asking::new(engine, caller, &fresh).object(kind, id, None).await?;
    let own = object.streams.first().cloned();
    let below = match kind {
        Kind::Session => Some(Call::TYPE),
        Kind::Campaign => Some(Target::TYPE),
        Kind::Call
        | Kind::Contact
        | Kind::List
        | Kind::Import
        | Kind::User
        | Kind::Key
        | Kind::PbxCall
        | Kind::Number
        | Kind::Quarantine
        | Kind::Denied
        | Kind::WebhookEndpoint
        | Kind::Settings
        | Kind::Export => None,
    };
    let beneath = below.zip(own.as_ref()).map(|(kind, (_, stream))| (kind, stream.clone()));
    let story = Story { streams: own.into_iter().collect(), beneath };
    let ((kind, name), call) = (object.seen(), object.call);
    let played = Played { kind, name: name.to_owned(), story, call };
    match played.extent(engine, (0, Position::MAX)).await? {
        Some(_) => Ok(played),
        None => Err(object.unknown()),
    }
}

impl Played {
    /// How far it goes within a stretch of the journal; none where there is nothing of it. One call of several is looked for among them.
    pub(in crate::http) async fn extent(
        &self,
        engine: &Engine,
        (mut after, until): (Position, Position),
    ) -> Result<Option<Extent>, Problem> {
        let Some(call) = self.call else {
            return Ok(engine.dispatch.extent(&self.story, (after, until)).await?);
        };
        let mut found: Option<Extent> = None;
        loop {
            let stretch = (after, until);
            let (page, next) = engine.dispatch.past(&self.story.streams, stretch, Reading::Sealed).await?;
            for fact in page.facts.iter().filter(|fact| call_of(&fact.event) == Some(call)) {
                let first = found.map_or(fact.position, |found| found.first);
                let events = found.map_or(0, |found| found.events) + 1;
                found = Some(Extent { first, last: fact.position, events });
            }
            match next {
                Some(next) => after = next,
                None => return Ok(found),
            }
        }
    }
}
