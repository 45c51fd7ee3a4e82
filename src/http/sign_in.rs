//! Signing in with a password, and out. Who may sign in is the user's own business (`domain::user`); here the password is checked,
//! whoever tries too often is slowed, and the token is made that stands for the session.

mod loopback;

use std::sync::Arc;

use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse, get, post};
use chrono::{DateTime, TimeDelta, Utc};
use domain::access::{Role, Scope};
use domain::ids::{Organization, StreamId, UserName};
use domain::user::{Account, Command, Error, PasswordHash, Standing};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::auth::{Bearer, Caller, Subject, password};
use super::edge::{self, RequestId};
use super::fields::{Fields, needed};
use super::problem::{Code, Problem, ProblemBody};
use super::times::Stamp;
use super::{Engine, address, denials};
use crate::config::Secret;
use crate::config::token::SignedIn;
use crate::dispatch::{Failure, Meta};

/// A session ends by itself after so long.
const HOLDS: TimeDelta = TimeDelta::hours(12);
const REFUSED: &str = "the name or the password is wrong, or the user is disabled";

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(login).service(loopback::open).service(logout).service(me);
}

/// A session that begins.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SignedIn)]
struct SignedInView<'a> {
    /// For `Authorization: Bearer <token>`.
    token: &'a str,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Stamp,
    username: &'a str,
    role: &'a str,
    organization_id: &'a str,
}

/// Signs in and gives a token.
#[utoipa::path(tag = "auth", request_body = Credentials, responses(
    (status = OK, body = SignedInView<'_>),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = UNAUTHORIZED, body = ProblemBody, content_type = "application/problem+json",
        description = "The same for a name that is not known, a wrong password and a user who is disabled"),
    (status = TOO_MANY_REQUESTS, body = ProblemBody, content_type = "application/problem+json",
        description = "Too many went wrong in a row; `Retry-After` says when the next one is looked at"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/auth/login")]
async fn login(engine: Engine, id: RequestId, sent: (HttpRequest, Payload)) -> Result<HttpResponse, Problem> {
    let request = sent.0.clone();
    let mut said = Fields::small(sent).await?;
    let attempt = Attempt::read(&engine, &mut said, request)?;
    let signed_in = attempt.carry_out(&engine, &id).await;
    let outcome = match &signed_in {
        Ok(_) => "granted",
        Err(problem) if problem.code() == Code::TooManyTries => "slowed",
        Err(problem) if problem.code() == Code::SignInRefused => "denied",
        Err(_) => "failed",
    };
    metrics::counter!("karnay_sign_ins_total", "outcome" => outcome).increment(1);
    let peer = address::of(&attempt.request);
    let (user, organization) = (attempt.name.as_str(), attempt.organization.as_str());
    match &signed_in {
        Ok(_) => tracing::info!(user, organization, peer = ?peer, "somebody signed in"),
        Err(why) => {
            tracing::warn!(user, organization, peer = ?peer, outcome, "somebody did not sign in: {why}");
        }
    }
    signed_in
}

/// Somebody with a name and a password.
struct Attempt {
    organization: Organization,
    name: UserName,
    password: Secret,
    request: HttpRequest,
}

impl Attempt {
    fn read(engine: &Engine, said: &mut Fields, request: HttpRequest) -> Result<Self, Problem> {
        let name = needed("username", said.text("username", UserName::LEN_MAX)?.told())?;
        let name = UserName::parse(&name).map_err(|_| Problem::field("username", "is no name of a user"))?;
        let password = needed("password", said.secret("password")?)?;
        if password.expose().len() > password::LEN_MAX {
            return Err(Problem::field("password", password::Unfit::TooLong));
        }
        let organization = match said.name("organizationId", Organization::LEN_MAX)? {
            Some(text) => Organization::parse(&text)
                .map_err(|_| Problem::field("organizationId", "is no name of an organization"))?,
            None => engine.options.organization.clone(),
        };
        Ok(Self { organization, name, password, request })
    }

    async fn carry_out(&self, engine: &Engine, id: &RequestId) -> Result<HttpResponse, Problem> {
        let subjects = self.subjects();
        if let Err(wait) = engine.tries.begin(&subjects, engine.clock.now()) {
            let told = format!("too many went wrong in a row; the next one is looked at in {} s", wait.secs);
            return Err(Problem::new(Code::TooManyTries, told).after(wait.secs));
        }
        let account = self.account(engine).await?;
        let known = account.as_ref().map(|account| &account.password);
        let fits = fits(engine, self.password.clone(), known.cloned()).await?;
        let enabled = account.filter(|account| fits && account.standing == Standing::Enabled);
        let account = enabled.ok_or_else(refused)?;
        let answer = self.open(engine, id, &account).await?;
        engine.tries.right(&subjects, engine.clock.now());
        Ok(answer)
    }

    fn subjects(&self) -> Vec<Subject> {
        let name = Subject::Name(self.organization.clone(), self.name.clone());
        address::of(&self.request).and_then(Subject::of_address).into_iter().chain([name]).collect()
    }

    async fn account(&self, engine: &Engine) -> Result<Option<Account>, Problem> {
        let stream = StreamId::user(&self.organization, &self.name);
        let meta = Meta { circumstances: Arc::default(), command: None };
        match engine.dispatch.user(stream, Command::Look, meta).await {
            Ok(done) => {
                denials::met(&self.request, &self.organization, self.name.as_str());
                Ok(done.state.account().cloned())
            }
            Err(Failure::Refused(Error::Unknown)) => Ok(None),
            Err(why) => Err(why.into()),
        }
    }

    async fn open(
        &self,
        engine: &Engine,
        id: &RequestId,
        account: &Account,
    ) -> Result<HttpResponse, Problem> {
        let (session, from) = (engine.ids.uuid(), engine.clock.now());
        let until = from + HOLDS;
        let checked = account.password.clone();
        let command = Command::SignIn { session, checked, expires_at: until, at: from };
        let circumstances = Arc::new(id.circumstances(&self.organization, self.name.as_str()));
        let stream = StreamId::user(&self.organization, &self.name);
        let done = engine.dispatch.user(stream, command, Meta { circumstances, command: None }).await;
        let done = done.map_err(|failure| match failure {
            // Disabled, or given another password, in this very moment: not even that is told.
            Failure::Refused(_) => refused(),
            why @ (Failure::Busy
            | Failure::Conflict
            | Failure::CommandReused
            | Failure::TooLarge { .. }
            | Failure::Unavailable(_)) => why.into(),
        })?;
        // A role that changed in between is the one that the token says.
        let role = done.state.account().map_or(account.role, |account| account.role);
        let token = self.token(engine, role, session, (from, until))?;
        let view = SignedInView {
            token: token.expose(),
            expires_at: Stamp(until),
            username: self.name.as_str(),
            role: role.as_str(),
            organization_id: self.organization.as_str(),
        };
        // What opens a door is nobody's to keep.
        let mut answer = HttpResponse::Ok();
        Ok(answer.insert_header((edge::POSITION, done.position)).insert_header(NO_STORE).json(view))
    }

    fn token(
        &self,
        engine: &Engine,
        role: Role,
        session: Uuid,
        (from, until): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<Secret, Problem> {
        let (who, org, role) = (self.name.as_str(), self.organization.as_str(), role.as_str());
        let token = engine.signer.sign_in(SignedIn { who, org, role, session, from, until });
        token.map(Secret::new).map_err(|why| Problem::new(Code::Internal, "see the log").because(why))
    }
}

fn refused() -> Problem {
    Problem::new(Code::SignInRefused, REFUSED)
}

/// Said with everything that is shown once.
pub(super) const NO_STORE: (&str, &str) = ("cache-control", "no-store");

async fn fits(engine: &Engine, given: Secret, known: Option<PasswordHash>) -> Result<bool, Problem> {
    engine.hashing.run(move || password::fits(&given, known.as_ref())).await
}

/// The hash of a password that somebody chose.
pub(super) async fn hashed(engine: &Engine, chosen: Secret) -> Result<PasswordHash, Problem> {
    let unfit = |why| Problem::field("password", why);
    password::fit(&chosen).map_err(unfit)?;
    let mut salt = [0; password::SALT_LEN];
    engine.ids.fill(&mut salt);
    engine.hashing.run(move || password::hash(&chosen, salt)).await?.map_err(unfit)
}

/// Ends the session whose token this is; with `everywhere`, every session of the user.
#[utoipa::path(tag = "auth", security(("token" = [])), request_body = Option<SigningOut>, responses(
    (status = NO_CONTENT, description = "The token holds no longer"),
    (status = UNAUTHORIZED, body = ProblemBody, content_type = "application/problem+json"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json",
        description = "The token was made otherwise than by signing in"),
))]
#[post("/auth/logout")]
async fn logout(
    engine: Engine,
    caller: Bearer,
    id: RequestId,
    sent: (HttpRequest, Payload),
) -> Result<HttpResponse, Problem> {
    let everywhere = Fields::small(sent).await?.yes_or_no("everywhere")?.unwrap_or(false);
    let Caller { organization, actor, sign_in, .. } = caller.0;
    let told = "this token was not made by signing in: it holds until it expires, a key until it is revoked";
    let sign_in = sign_in.ok_or_else(|| Problem::new(Code::NotSignedIn, told))?;
    let session = (!everywhere).then_some(sign_in.session);
    let command = Command::SignOut { session, at: engine.clock.now() };
    let circumstances = Arc::new(id.circumstances(&organization, &actor));
    let stream = StreamId::user(&organization, &sign_in.name);
    let done = engine.dispatch.user(stream, command, Meta { circumstances, command: None }).await?;
    Ok(HttpResponse::NoContent().insert_header((edge::POSITION, done.position)).finish())
}

/// Who one is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Me)]
struct MeView<'a> {
    /// As it is recorded beside events.
    username: &'a str,
    role: &'a str,
    organization_id: &'a str,
    /// What the token is for; a key may be for less than everything.
    scopes: Vec<&'static str>,
    /// Whether it can be signed out.
    signed_in: bool,
    /// Far ends that the engine plays itself, so that nobody takes for calls what nobody had: `agent`, `pbx`, `remote`.
    simulated: &'a [&'static str],
}

/// Whose token this is, and what it is good for.
#[utoipa::path(tag = "auth", security(("token" = [])), responses(
    (status = OK, body = MeView<'_>),
    (status = UNAUTHORIZED, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/auth/me")]
async fn me(engine: Engine, caller: Bearer) -> HttpResponse {
    let Caller { organization, role, actor, scopes, sign_in, until: _ } = &caller.0;
    HttpResponse::Ok().json(MeView {
        username: actor,
        role: role.as_str(),
        organization_id: organization.as_str(),
        scopes: scopes.iter().map(Scope::as_str).collect(),
        signed_in: sign_in.is_some(),
        simulated: &engine.options.simulated,
    })
}

#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it only describes the body to the API's document")]
struct Credentials {
    username: String,
    #[schema(format = Password)]
    password: String,
    /// The default organization where it is left out. A text or a number.
    organization_id: Option<String>,
}

#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it only describes the body to the API's document")]
struct SigningOut {
    /// Every session of the user is ended.
    everywhere: Option<bool>,
}
