//! Who may read the feed: those who may ask what happened, with a token that lets them look. A cursor is theirs to move, for it is
//! no more than where they have come to.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use domain::access::Role;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use tokio::sync::watch;

use crate::actors::hub::Space;
use crate::http::Engine;
use crate::http::auth::{self, Caller, Refusal};
use crate::http::live::Watcher;
use crate::http::problem::Problem;

/// Somebody who reads the feed, judged again as long as they read.
#[derive(Debug)]
pub(in crate::http) struct Reader {
    watcher: Watcher,
    revoked: watch::Receiver<u64>,
}

impl Reader {
    pub(in crate::http) fn caller(&self) -> &Caller {
        &self.watcher.caller
    }

    /// Whether they may see what belongs to persons, all of it at once.
    pub(super) fn may_open(&self) -> Result<(), Refusal> {
        match self.caller().role {
            Role::Auditor | Role::Admin => Ok(()),
            Role::Operator | Role::Manager => Err(Refusal::RoleTooLow { needed: "auditor or admin" }),
        }
    }

    /// Moves when anybody's rights change.
    pub(super) fn revoked(&mut self) -> &mut watch::Receiver<u64> {
        &mut self.revoked
    }

    /// Whether they still may, where anything may have changed since it was asked last.
    pub(super) async fn still(
        &mut self,
        engine: &Engine,
        clear: bool,
        goes_on: impl Fn() -> bool,
    ) -> Result<(), Refusal> {
        if self.revoked.has_changed().unwrap_or(true) {
            self.revoked.mark_unchanged();
            self.watcher = self.watcher.confirm(engine, goes_on).await?;
            may_read(&self.watcher)?;
            if clear {
                self.may_open()?;
            }
        }
        Ok(())
    }
}

fn may_read(watcher: &Watcher) -> Result<(), Refusal> {
    watcher.may_see(Space::AutoCalling)?;
    match watcher.caller.role {
        Role::Auditor | Role::Manager | Role::Admin => Ok(()),
        Role::Operator => Err(Refusal::RoleTooLow { needed: "auditor, manager or admin" }),
    }
}

async fn admit(engine: &Engine, request: &HttpRequest) -> Result<Watcher, Refusal> {
    let watcher = Watcher::admit(engine, auth::bearer(request)?, false).await?;
    watcher.asks(engine, request)?;
    may_read(&watcher).map(|()| watcher)
}

impl FromRequest for Reader {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        async move {
            let engine = Engine::extract(&request).await?;
            // Before who they are is looked at, so that nothing changes unseen.
            let revoked = engine.board.revoked();
            let watcher = admit(&engine, &request).await.map_err(|why| auth::refused(&request, why))?;
            Ok(Self { watcher, revoked })
        }
        .boxed_local()
    }
}
