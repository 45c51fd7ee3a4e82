//! What a client says for itself when it wants in, to whatever it is told there, and what it is told where it may not.

use std::time::Duration;

use domain::ids::Organization;
use serde_json::Value;

use super::Watcher;
use crate::http::auth::{self, Refusal};
use crate::http::problem::Problem;
use crate::http::{Engine, denials};
use crate::realtime::socket_io::{self, Handshake};

/// Who it is. What they may see is for the namespace to say.
pub(in crate::http) async fn known(engine: &Engine, handshake: &Handshake) -> Result<Watcher, Refusal> {
    let token = said(handshake, "token").map(|token| token.as_str().ok_or(Refusal::Invalid("it is no text")));
    let token = token.transpose()?.filter(|token| !token.is_empty());
    let is_direct = auth::is_straight(|name| handshake.header(name));
    Watcher::admit(engine, token, is_direct).await
}

/// The organization is the token's; what else names one can only agree.
pub(in crate::http) fn agrees(handshake: &Handshake, watcher: &Watcher) -> Result<(), Problem> {
    let stated = [handshake.query("organizationId"), said(handshake, "organizationId").and_then(text)];
    for stated in stated.into_iter().flatten() {
        if Organization::parse(&stated).as_ref() != Ok(&watcher.caller.organization) {
            return Err(Problem::parameter("organizationId", "is not the token's"));
        }
    }
    Ok(())
}

/// For how long: what has ended in between ends at once.
pub(in crate::http) fn lasts(engine: &Engine, watcher: &Watcher) -> Option<Duration> {
    let lasts = watcher.caller.until.map(|until| until - engine.clock.now());
    lasts.map(|lasts| lasts.to_std().unwrap_or_default())
}

/// What a client says for itself.
pub(in crate::http) fn said<'a>(handshake: &'a Handshake, name: &str) -> Option<&'a Value> {
    handshake.auth.get(name).filter(|value| !value.is_null())
}

/// What somebody is told who is not let in; it is written down.
pub(in crate::http) fn turned_away(
    engine: &Engine,
    handshake: &Handshake,
    why: Refusal,
    namespace: &str,
) -> socket_io::Refusal {
    let peer = handshake.peer().map(|peer| peer.ip().to_canonical());
    let problem = auth::turned_away(why, peer, namespace);
    denials::turned_away(engine, peer, namespace, &problem);
    told(&problem)
}

/// As `err.message` and `err.data` show it.
pub(in crate::http) fn told(problem: &Problem) -> socket_io::Refusal {
    socket_io::Refusal::Told { message: problem.to_string(), data: Some(problem.body()) }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned).or_else(|| value.as_u64().map(|number| number.to_string()))
}
