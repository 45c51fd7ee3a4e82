//! A session, a campaign or a call as it is played again: which streams tell it, in the journal's order.

use cqrs_es::Aggregate as _;
use domain::call::Call;
use domain::disclosure::Kind;
use domain::fact::Position;
use domain::target::Target;
use uuid::Uuid;

use super::object::Asking;
use crate::dispatch::story::Story;
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
        | Kind::Export => None,
    };
    let beneath = below.zip(own.as_ref()).map(|(kind, (_, stream))| (kind, stream.clone()));
    let story = Story { streams: own.into_iter().collect(), beneath };
    if engine.dispatch.extent(&story, (0, Position::MAX)).await?.is_none() {
        return Err(object.unknown());
    }
    let ((kind, name), call) = (object.seen(), object.call);
    Ok(Played { kind, name: name.to_owned(), story, call })
}
