//! What a request shows to be let in: a token that speaks for itself, one of a sign-in, or a key. The last two can be withdrawn,
//! so that their own streams are asked at every request, through dispatch, which has them at hand: a screen may be behind.

use std::sync::Arc;

use actix_web::HttpRequest;
use domain::api_key::{self, ApiKey, Terms};
use domain::fact::Circumstances;
use domain::ids::StreamId;
use domain::user;
use uuid::Uuid;

use super::key_text::{self, Presented};
use super::{Caller, Keys, Refusal, SignIn, bearer};
use crate::dispatch::{Failure, Meta};
use crate::http::Engine;

#[derive(Debug, Clone)]
pub enum Credential {
    /// Nobody has to be asked.
    Settled(Caller),
    SignIn(Caller, SignIn),
    Key(Presented),
}

impl Credential {
    /// None where a request shows nothing.
    pub(super) fn of(keys: &Keys, request: &HttpRequest) -> Result<Option<Self>, Refusal> {
        bearer(request)?.map(|token| Self::of_token(keys, token)).transpose()
    }

    pub fn of_token(keys: &Keys, token: &str) -> Result<Self, Refusal> {
        if key_text::is_one(token) {
            let key = Presented::parse(token).ok_or(Refusal::Invalid("it is no key"))?;
            return Ok(Self::Key(key));
        }
        let caller = keys.caller(token)?;
        Ok(match caller.sign_in.clone() {
            Some(sign_in) => Self::SignIn(caller, sign_in),
            None => Self::Settled(caller),
        })
    }

    pub async fn confirm(self, engine: &Engine) -> Result<Caller, Refusal> {
        match self {
            Self::Settled(caller) => Ok(caller),
            Self::SignIn(caller, sign_in) => confirm_sign_in(engine, caller, &sign_in).await,
            Self::Key(key) => confirm_key(engine, key).await,
        }
    }
}

/// The role is the user's of now, whatever it was when the token was made.
async fn confirm_sign_in(engine: &Engine, caller: Caller, sign_in: &SignIn) -> Result<Caller, Refusal> {
    let stream = StreamId::user(&caller.organization, &sign_in.name);
    let done = engine.dispatch.user(stream, user::Command::Look, meta()).await;
    let user = done.map_err(|failure| unanswered(failure, Refusal::Revoked))?.state;
    let account = user.account().filter(|account| account.admits(sign_in.session, engine.clock.now()));
    let account = account.ok_or(Refusal::Revoked)?;
    Ok(Caller { role: account.role, ..caller })
}

async fn confirm_key(engine: &Engine, key: Presented) -> Result<Caller, Refusal> {
    const UNKNOWN: Refusal = Refusal::Invalid("there is no such key");
    let stream = StreamId::api_key(&key.organization, key.id);
    let done = engine.dispatch.api_key(stream, api_key::Command::Look, meta()).await;
    let Terms { grant, hash, expires_at } =
        match &*done.map_err(|failure| unanswered(failure, UNKNOWN))?.state {
            ApiKey::Made(terms) => terms.clone(),
            ApiKey::Revoked => return Err(Refusal::Revoked),
            ApiKey::New => return Err(UNKNOWN),
        };
    if !key.fits(&hash) {
        return Err(UNKNOWN);
    }
    if expires_at <= engine.clock.now() {
        return Err(Refusal::Expired);
    }
    Ok(Caller {
        organization: key.organization,
        role: grant.role,
        actor: key_actor(key.id),
        scopes: grant.scopes,
        sign_in: None,
        until: Some(expires_at),
    })
}

/// As whom a key acts.
pub fn key_actor(key: Uuid) -> String {
    format!("key:{key}")
}

/// Nothing is recorded by looking.
fn meta() -> Meta {
    Meta { circumstances: Arc::new(Circumstances::default()), command: None }
}

/// `unknown` is what it means that nobody knows the stream.
fn unanswered<E: std::error::Error>(failure: Failure<E>, unknown: Refusal) -> Refusal {
    match failure {
        Failure::Refused(_) => unknown,
        Failure::Busy | Failure::Conflict | Failure::CommandReused | Failure::TooLarge { .. } => {
            Refusal::Busy
        }
        Failure::Unavailable(why) => Refusal::Unavailable(why),
    }
}
