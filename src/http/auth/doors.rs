//! The doors: `/calls` for clients, with what tells of the engine (`/metrics`, `/openapi.json`), the webhook for call servers,
//! `/auto-calling` for members, the house's own rooms for admins, and what anybody may ask who has a token.
//! `auto` trusts what comes from this machine itself: not what a proxy on it passed on, and not a page that reached it under a foreign name.

use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::{HeaderValue, ORIGIN};
use actix_web::{FromRequest, HttpRequest};
use domain::access::{Role, Scope, Scopes};
use domain::ids::Organization;
use futures_util::FutureExt as _;
use futures_util::future::{Either, LocalBoxFuture};

use super::credential::Credential;
use super::signature::{Signed, Signers};
use super::{Caller, Refusal};
use crate::config::{CallsAuth, WebhookAuth};
use crate::dispatch::far_ends::Secrets;
use crate::http::Engine;
use crate::http::problem::{Code, Problem};
use crate::http::{address, denials, limits, span};

/// Headers that tell whether this machine itself is asking: whom it means to ask, and those by which a proxy says that it is somebody else.
pub(in crate::http) const TELLING: [&str; 5] = ["host", "forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// Somebody who may use `/calls`, and read what the engine says of itself.
#[derive(Debug, Clone)]
pub struct Calls(pub Caller);

/// Somebody at the webhook's door, judged by what came before the body. A signature can only be judged with it.
#[derive(Debug)]
pub struct Knock {
    reporter: Reporter,
    signed: Option<Signed>,
}

/// The voice agent at the door it reports through, judged by what came before the body. It has a signature and nothing else.
#[derive(Debug)]
pub struct Signature(Signed);

/// A call server. Without a token its report belongs to its session's organization.
#[derive(Debug, Clone)]
pub struct Reporter {
    pub organization: Option<Organization>,
    pub actor: String,
}

/// Somebody of an organization. Never without a token.
#[derive(Debug, Clone)]
pub struct Member(pub Caller);

/// Somebody who may look after the engine. Never without a token.
#[derive(Debug, Clone)]
pub struct Admin(pub Caller);

impl Admin {
    /// What is everybody's is for the admins of the engine's own organization alone; they are told so in those words.
    pub(in crate::http) fn of_the_house(&self, engine: &Engine, told: &'static str) -> Result<(), Problem> {
        if self.0.keeps_house(engine) { Ok(()) } else { Err(Problem::new(Code::HouseOnly, told)) }
    }
}

/// Anybody with a token, whatever it is for.
#[derive(Debug, Clone)]
pub struct Bearer(pub Caller);

/// A page of the engine's own, or a program, on this machine where nobody else can ask: let in without a password.
#[derive(Debug)]
pub struct Loopback;

/// Where one is let in or not, once it is known who asks.
trait Door: Sized + 'static {
    fn enter(engine: &Engine, request: &HttpRequest, caller: Option<Caller>) -> Result<Self, Refusal>;
}

impl Door for Calls {
    fn enter(engine: &Engine, request: &HttpRequest, caller: Option<Caller>) -> Result<Self, Refusal> {
        if let Some(caller) = caller {
            caller.within(Scope::Calls, request.method() == Method::GET)?;
            return Ok(Self(caller));
        }
        if is_open(engine, is_direct(request)) { Ok(Self(anyone(engine))) } else { Err(Refusal::Missing) }
    }
}

/// Whether `/calls` is open to those who show nothing.
pub(in crate::http) fn is_open(engine: &Engine, is_direct: bool) -> bool {
    match engine.options.access.calls {
        CallsAuth::Open => true,
        CallsAuth::Token => false,
        CallsAuth::Auto => engine.options.loopback_only && is_direct,
    }
}

/// Whoever shows nothing where that is enough.
pub(in crate::http) fn anyone(engine: &Engine) -> Caller {
    Caller {
        organization: engine.options.organization.clone(),
        role: Role::Manager,
        actor: "anyone".to_owned(),
        scopes: Scopes::all(),
        sign_in: None,
        until: None,
    }
}

impl Door for Knock {
    /// What is there is always verified; what has to be there depends on the setting.
    fn enter(engine: &Engine, request: &HttpRequest, caller: Option<Caller>) -> Result<Self, Refusal> {
        let reporter = caller.map(Reporter::try_from).transpose()?;
        let signed = engine.signers.read(request.headers(), || engine.clock.now().timestamp())?;
        let missing = match (engine.options.access.webhook, &reporter, &signed) {
            (WebhookAuth::Token, None, _) => Some(Refusal::Missing),
            (WebhookAuth::Hmac, _, None) => Some(Refusal::NoSignature),
            (WebhookAuth::Auto, None, None) if !is_call_server(engine, request) => Some(Refusal::Missing),
            (WebhookAuth::Open | WebhookAuth::Token | WebhookAuth::Hmac | WebhookAuth::Auto, _, _) => None,
        };
        let nobody = || Reporter { organization: None, actor: "webhook".to_owned() };
        missing.map_or_else(|| Ok(Self { reporter: reporter.unwrap_or_else(nobody), signed }), Err)
    }
}

impl Knock {
    /// Lets in whoever sent this body. Without a signature there is nothing more to be done.
    pub fn with_body(self, engine: &Engine, request: &HttpRequest, body: &[u8]) -> Result<Reporter, Problem> {
        if let Some(signed) = &self.signed {
            engine.signers.verify(signed, body).map_err(|refusal| refused(request, refusal))?;
        }
        Ok(self.reporter)
    }
}

impl Signature {
    /// Lets in whoever sent this body: where these secrets are given by nobody else's than them.
    pub fn of_body(
        self,
        engine: &Engine,
        (request, own): (&HttpRequest, Option<&Secrets>),
        body: &[u8],
    ) -> Result<(), Problem> {
        let verified = match own {
            Some(secrets) => Signers::of(secrets).verify(&self.0, body),
            None => engine.signers.verify(&self.0, body),
        };
        verified.map_err(|refusal| refused(request, refusal))
    }
}

/// Whatever token comes along is the agent's own affair.
impl FromRequest for Signature {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let signed = request
            .app_data::<Engine>()
            .ok_or(Refusal::NoSignature)
            .and_then(|engine| Signed::read(request.headers(), || engine.clock.now().timestamp()));
        let signed = signed.and_then(|signed| signed.ok_or(Refusal::NoSignature));
        ready(signed.map(Self).map_err(|refusal| refused(request, refusal)))
    }
}

impl TryFrom<Caller> for Reporter {
    type Error = Refusal;

    fn try_from(caller: Caller) -> Result<Self, Refusal> {
        caller.within(Scope::Webhook, false)?;
        caller.require(Role::Operator)?;
        Ok(Self { organization: Some(caller.organization), actor: caller.actor })
    }
}

/// Whether it comes from this machine itself, or from a call server that was told to report here.
fn is_call_server(engine: &Engine, request: &HttpRequest) -> bool {
    let peer = request.peer_addr().map(|peer| peer.ip().to_canonical());
    peer.is_some_and(|peer| {
        // Also where the call server is this very machine: behind its address there may be a proxy, and behind that everybody.
        if peer.is_loopback() { is_direct(request) } else { engine.options.call_servers.contains(&peer) }
    })
}

impl Door for Member {
    fn enter(_: &Engine, request: &HttpRequest, caller: Option<Caller>) -> Result<Self, Refusal> {
        let caller = caller.ok_or(Refusal::Missing)?;
        caller.within(Scope::AutoCalling, request.method() == Method::GET)?;
        Ok(Self(caller))
    }
}

impl Door for Admin {
    fn enter(_: &Engine, _: &HttpRequest, caller: Option<Caller>) -> Result<Self, Refusal> {
        let caller = caller.ok_or(Refusal::Missing)?;
        caller.within(Scope::Admin, false)?;
        caller.require(Role::Admin)?;
        Ok(Self(caller))
    }
}

impl Door for Bearer {
    fn enter(_: &Engine, _: &HttpRequest, caller: Option<Caller>) -> Result<Self, Refusal> {
        caller.ok_or(Refusal::Missing).map(Self)
    }
}

impl Door for Loopback {
    fn enter(engine: &Engine, request: &HttpRequest, _: Option<Caller>) -> Result<Self, Refusal> {
        let open = engine.options.loopback_only && is_near(request) && is_open(engine, true);
        if open && !is_foreign_page(request) { Ok(Self) } else { Err(Refusal::Missing) }
    }
}

/// Whether a browser asks on behalf of a page that the engine did not serve, be it one of another server on this machine.
fn is_foreign_page(request: &HttpRequest) -> bool {
    let own =
        |origin: &HeaderValue| origin.to_str().is_ok_and(|origin| span::is_own_page(origin, request.head()));
    let same = |site: &HeaderValue| site == "same-origin" || site == "none";
    let headers = request.headers();
    headers.get_all(ORIGIN).any(|origin| !own(origin))
        || headers.get_all("sec-fetch-site").any(|site| !same(site))
}

/// Whether this machine itself asks, and passes on nobody else's request.
pub(in crate::http) fn is_near(request: &HttpRequest) -> bool {
    let near = request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    near && is_direct(request)
}

fn is_direct(request: &HttpRequest) -> bool {
    is_straight(|name| request.headers().get(name).map(|value| value.to_str().unwrap_or("?")))
}

/// Whether a request with such headers comes from this machine itself, under one of its own names.
pub(in crate::http) fn is_straight<'a>(header: impl Fn(&str) -> Option<&'a str>) -> bool {
    let [host, forwarded @ ..] = TELLING;
    header(host).is_none_or(is_own_name) && forwarded.iter().all(|name| header(name).is_none())
}

/// `localhost:3000`, `127.0.0.1`, `[::1]:3000`.
fn is_own_name(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(""),
        None => host.split(':').next().unwrap_or(""),
    };
    let address = name.parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

macro_rules! door {
    ($name:ident) => {
        impl FromRequest for $name {
            type Error = Problem;
            type Future = Entering<Self>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                knock(request)
            }
        }
    };
}
door!(Calls);
door!(Knock);
door!(Member);
door!(Admin);
door!(Bearer);
door!(Loopback);

/// Known at once, unless somebody has to be asked first.
type Entering<T> = Either<Ready<Result<T, Problem>>, LocalBoxFuture<'static, Result<T, Problem>>>;

fn knock<T: Door>(request: &HttpRequest) -> Entering<T> {
    let at_once = |entered: Result<T, Refusal>| {
        Either::Left(ready(entered.map_err(|refusal| refused(request, refusal))))
    };
    let Some(engine) = request.app_data::<Engine>() else { return at_once(Err(Refusal::Missing)) };
    match Credential::of(&engine.keys, request) {
        Err(refusal) => at_once(Err(refusal)),
        Ok(None) => at_once(T::enter(engine, request, None)),
        Ok(Some(Credential::Settled(caller))) => at_once(judged(engine, request, caller)),
        Ok(Some(asked @ (Credential::SignIn(..) | Credential::Key(_)))) => {
            let (engine, request) = (engine.clone(), request.clone());
            let entered = async move {
                let caller = asked.confirm(&engine).await;
                let entered = caller.and_then(|caller| judged(&engine, &request, caller));
                entered.map_err(|refusal| refused(&request, refusal))
            };
            Either::Right(entered.boxed_local())
        }
    }
}

/// Who asks is known; whether they are let in there is not.
fn judged<T: Door>(engine: &Engine, request: &HttpRequest, caller: Caller) -> Result<T, Refusal> {
    met(engine, request, &caller)?;
    T::enter(engine, request, Some(caller))
}

/// From here on it is known who asks, and how often they do is counted.
pub(in crate::http) fn met(engine: &Engine, request: &HttpRequest, caller: &Caller) -> Result<(), Refusal> {
    denials::met(request, &caller.organization, &caller.actor);
    Ok(limits::by_caller(engine, request, caller)?)
}

pub(in crate::http) fn refused(request: &HttpRequest, refusal: Refusal) -> Problem {
    turned_away(refusal, address::of(request), request.path())
}

/// What is refused is told to the log as well; that nothing came to be judged by is everyday, that nobody could say is no refusal, and
/// whoever asks too often would write too much.
pub(in crate::http) fn turned_away(refusal: Refusal, peer: Option<IpAddr>, path: &str) -> Problem {
    let problem = Problem::from(refusal);
    let reason = problem.code().slug();
    metrics::counter!("karnay_refused_total", "reason" => reason).increment(1);
    let unjudged = [
        Code::TokenMissing,
        Code::SignatureMissing,
        Code::Busy,
        Code::JournalUnavailable,
        Code::TooManyRequests,
    ];
    if !unjudged.contains(&problem.code()) {
        let peer = peer.map(|peer| peer.to_string());
        tracing::warn!(reason, peer, path, "somebody was not let in: {problem}");
    }
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_knows_its_own_names() {
        for host in [
            "localhost",
            "LOCALHOST:3000",
            "127.0.0.1:3000",
            "127.8.8.8",
            "[::1]",
            "[::1]:3000",
            "[::ffff:127.0.0.1]:1",
        ] {
            assert!(is_own_name(host), "{host}");
        }
        for host in [
            "",
            "example.com",
            "localhost.example.com:3000",
            "127.0.0.1.example.com",
            "192.0.2.1:3000",
            "[2001:db8::1]",
        ] {
            assert!(!is_own_name(host), "{host}");
        }
    }
}
