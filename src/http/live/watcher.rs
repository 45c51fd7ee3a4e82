//! Somebody who watches: judged like whoever asks, when they come and again when their rights change.

use std::time::Duration;

use actix_web::HttpRequest;
use domain::access::{Role, Scope};
use domain::ids::Organization;
use tokio::time::sleep;

use crate::actors::hub::{Audience, Push, Space, Whose};
use crate::http::auth::{self, Caller, Credential, Refusal};
use crate::http::{Engine, audit};

/// Whether a credential still holds cannot be told while the store is away.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

#[derive(Debug, Clone)]
pub(in crate::http) struct Watcher {
    pub(in crate::http) caller: Caller,
    /// What was shown; nothing where that was enough.
    credential: Option<Credential>,
}

impl Watcher {
    /// `is_direct` is whether this machine itself asks: while everything is open to it, it shows nothing.
    pub(in crate::http) async fn admit(
        engine: &Engine,
        token: Option<&str>,
        is_direct: bool,
    ) -> Result<Self, Refusal> {
        let credential = token.map(|token| Credential::of_token(&engine.keys, token)).transpose()?;
        let caller = match credential.clone() {
            Some(credential) => credential.confirm(engine).await?,
            None if auth::is_open(engine, is_direct) => auth::anyone(engine),
            None => return Err(Refusal::Missing),
        };
        // Tokens are taken for a little longer than they last, since clocks differ; nobody watches for so short a time.
        if caller.until.is_some_and(|until| until <= engine.clock.now()) {
            return Err(Refusal::Expired);
        }
        Ok(Self { caller, credential })
    }

    /// Counts what they ask for, where it is known who they are.
    pub(in crate::http) fn asks(&self, engine: &Engine, request: &HttpRequest) -> Result<(), Refusal> {
        match self.credential {
            Some(_) => auth::met(engine, request, &self.caller),
            None => Ok(()),
        }
    }

    /// Whether one who came in may see what is told there.
    pub(in crate::http) fn may_see(&self, space: Space) -> Result<(), Refusal> {
        match (space, &self.credential) {
            (Space::Calls, _) => self.caller.within(Scope::Calls, true),
            (Space::AutoCalling, Some(_)) => self.caller.within(Scope::AutoCalling, true),
            (Space::AutoCalling, None) => Err(Refusal::Missing),
        }
    }

    /// Whether one who came in may be shown how it was.
    pub(in crate::http) fn may_look_back(&self) -> Result<(), Refusal> {
        self.may_see(Space::AutoCalling)?;
        audit::may_audit(&self.caller)
    }

    /// What they show is looked at again, until somebody can tell.
    pub(in crate::http) async fn confirm(
        &self,
        engine: &Engine,
        goes_on: impl Fn() -> bool,
    ) -> Result<Self, Refusal> {
        loop {
            match self.look(engine).await {
                Err(why) if why.is_passing() && goes_on() => sleep(LOOK_AGAIN).await,
                known => return known,
            }
        }
    }

    async fn look(&self, engine: &Engine) -> Result<Self, Refusal> {
        let Some(credential) = self.credential.clone() else { return Ok(self.clone()) };
        let caller = credential.clone().confirm(engine).await?;
        Ok(Self { caller, credential: Some(credential) })
    }

    /// Who looks after the engine is told of that too, beside what is told of calls.
    pub(super) fn is_admin(&self, space: Space) -> bool {
        space == Space::Calls
            && self.credential.is_some()
            && self.caller.role >= Role::Admin
            && self.caller.within(Scope::Admin, false).is_ok()
    }

    /// Whom it belongs to.
    pub(super) fn audiences(&self, space: Space) -> Vec<Audience> {
        let ours = Audience::Organization(self.caller.organization.clone());
        std::iter::once(ours).chain(self.is_admin(space).then_some(Audience::Admins)).collect()
    }

    /// Whether it is told of a push.
    pub(super) fn is_told(&self, push: &Push) -> bool {
        let meant = match &push.audience {
            Audience::Organization(organization) => *organization == self.caller.organization,
            Audience::Admins => self.is_admin(push.space),
        };
        meant && self.may_see(push.space).is_ok()
    }

    /// Whether it watches in somebody's name.
    pub(in crate::http) fn is_of(&self, organization: &Organization, whose: &Whose) -> bool {
        self.caller.organization == *organization
            && match whose {
                Whose::User { name, session } => self.caller.sign_in.as_ref().is_some_and(|sign_in| {
                    sign_in.name == *name && session.is_none_or(|session| sign_in.session == session)
                }),
                Whose::Key(key) => self.caller.actor == auth::key_actor(*key),
            }
    }
}
