//! Writing down who is shown what belongs to a person, and how: one look a reader, a thing, a way and an hour, before anything is shown.
//! Nothing is dropped: what cannot be written down is not shown, and whoever asks is told to come back.

use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use domain::disclosure::{Kind, Looked, Way};
use domain::fact::Circumstances;

use super::auth::Caller;
use super::edge::RequestId;
use super::problem::Problem;
use super::{Engine, edge};
use crate::dispatch::Meta;

/// What there is a list or a file of everything of, by its name.
pub(super) const CONTACTS: &str = "contacts";
pub(super) const CALLS: &str = "calls";
pub(super) const PROMISES: &str = "promises";
pub(super) const DO_NOT_CALL: &str = "do-not-call";
pub(super) const QUARANTINE: &str = "quarantine";
/// The calls of the exchange.
pub(super) const PBX_CALLS: &str = "pbx-calls";
/// The journal, where it is read in clear.
pub(super) const EVENTS: &str = "events";
/// What happens, as it happens.
pub(super) const LIVE: &str = "live";
pub(super) const EXPORTS: [&str; 8] =
    [CONTACTS, CALLS, PROMISES, DO_NOT_CALL, QUARANTINE, PBX_CALLS, EVENTS, LIVE];

/// A request that may show something, and whether it shows more than its headers.
#[derive(Debug)]
pub(super) struct Reading {
    request: RequestId,
    head_only: bool,
}

impl FromRequest for Reading {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let id = RequestId::from_request(request, payload).into_inner();
        ready(id.map(|id| Self { request: id, head_only: edge::is_head(request) }))
    }
}

impl Reading {
    /// To be called before anything is shown.
    pub(super) async fn discloses(
        &self,
        engine: &Engine,
        caller: &Caller,
        what: (Way, Kind, &str),
    ) -> Result<(), Problem> {
        if self.head_only {
            return Ok(());
        }
        let circumstances = self.request.circumstances(&caller.organization, &caller.actor);
        looked(engine, caller, what, circumstances).await
    }

    /// The same of rows of a list. Where there are none nobody is shown anything.
    pub(super) async fn lists<T>(
        &self,
        engine: &Engine,
        caller: &Caller,
        rows: &[T],
        (kind, id): (Kind, &str),
    ) -> Result<(), Problem> {
        if rows.is_empty() {
            return Ok(());
        }
        self.discloses(engine, caller, (Way::Listed, kind, id)).await
    }
}

/// The same of somebody who watches: a socket is no request, and has its own name for what begins with it.
pub(super) async fn watched(
    engine: &Engine,
    caller: &Caller,
    (kind, id): (Kind, &str),
    watching: &str,
) -> Result<(), Problem> {
    let circumstances = Circumstances {
        organization: caller.organization.to_string(),
        actor: caller.actor.clone(),
        correlation: watching.to_owned(),
        causation: String::new(),
    };
    looked(engine, caller, (Way::Listed, kind, id), circumstances).await
}

async fn looked(
    engine: &Engine,
    caller: &Caller,
    (how, kind, id): (Way, Kind, &str),
    circumstances: Circumstances,
) -> Result<(), Problem> {
    let meta = Meta { circumstances: Arc::new(circumstances), command: None };
    let (by, at) = (caller.actor.clone(), engine.clock.now());
    let looked = Looked { by, kind, id: id.to_owned(), at, how };
    engine.dispatch.disclose(&caller.organization, looked, meta).await?;
    Ok(())
}
