//! Who is asking. A token that is there is always verified; whether one is needed depends on the door (`auth/doors.rs`).
//! A key decides which algorithms are accepted with it; the token's own `kid`, `jku`, `jwk` and the like are never followed.
//! What can be withdrawn, a sign-in or an API key, is asked for besides at every request (`auth/credential.rs`).

mod credential;
mod doors;
pub mod key_text;
pub mod password;
mod signature;
mod tries;

use std::fmt;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header;
use chrono::{DateTime, TimeDelta, Utc};
use domain::access::{Role, Scope, Scopes};
use domain::ids::{Organization, UserName};
use jsonwebtoken::{Algorithm, DecodingKey, TokenData, Validation};
use serde::Deserialize;
use uuid::Uuid;

use super::Engine;
use super::limits::TooOften;
use crate::config::{KeyKind, PublicKey, Secret};

pub use credential::{Credential, key_actor};
pub use doors::{Admin, Bearer, Calls, Knock, Loopback, Member, Reporter, Signature};
pub(super) use doors::{TELLING, anyone, is_near, is_open, is_straight, met, refused, turned_away};
pub use signature::Signers;
pub use tries::{Subject, Tries};

/// A longer token is none.
const TOKEN_LEN_MAX: usize = 8 << 10;
/// Clocks of two machines differ by less than this.
const LEEWAY_SECS: u64 = 30;
/// A longer name of a user is cut where it is recorded.
const ACTOR_LEN_MAX: usize = 200;

/// Whoever asks, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub organization: Organization,
    pub role: Role,
    /// As it is recorded beside events.
    pub actor: String,
    /// What else holds them back beside the role.
    pub scopes: Scopes,
    /// Where the token is one that a password was given for.
    pub sign_in: Option<SignIn>,
    /// When what they showed ends, where it does.
    pub until: Option<DateTime<Utc>>,
}

/// A session that a user opened with a password. The user's own stream knows whether it still holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    pub name: UserName,
    pub session: Uuid,
}

impl Caller {
    pub fn require(&self, role: Role) -> Result<(), Refusal> {
        if self.role >= role { Ok(()) } else { Err(Refusal::RoleTooLow { needed: role.as_str() }) }
    }

    /// Whether what is the installation's own is theirs to see: they are admins of its own organization.
    pub(super) fn keeps_house(&self, engine: &Engine) -> bool {
        self.organization == engine.options.organization && self.require(Role::Admin).is_ok()
    }

    /// `only_looks` is whether nothing is asked for but to see what there is.
    pub fn within(&self, scope: Scope, only_looks: bool) -> Result<(), Refusal> {
        let opened = self.scopes.contain(scope) || (only_looks && self.scopes.contain(Scope::Read));
        if opened { Ok(()) } else { Err(Refusal::ScopeMissing { needed: scope.as_str() }) }
    }
}

/// Why somebody is not let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("send a token: Authorization: Bearer <token>")]
    Missing,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid: {0}")]
    Invalid(&'static str),
    #[error("the sign-in or the key was ended; sign in again, or have a key made")]
    Revoked,
    #[error("this needs the role {needed}")]
    RoleTooLow { needed: &'static str },
    #[error("the key is not for this: it lacks the scope {needed}")]
    ScopeMissing { needed: &'static str },
    #[error("too much is under way to look whether the token still holds")]
    Busy,
    #[error("whether the token still holds cannot be looked up now: {0}")]
    Unavailable(String),
    #[error("sign the report: webhook-id, webhook-timestamp and webhook-signature are needed")]
    NoSignature,
    #[error("the signature is not valid: {0}")]
    BadSignature(&'static str),
    #[error(
        "the signature is more than five minutes old, or from the future: sign each attempt anew, and look at the clocks"
    )]
    StaleSignature,
    #[error(transparent)]
    TooOften(#[from] TooOften),
}

impl Refusal {
    /// Nobody said no: whoever asks again later may well be let in.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::Busy | Self::Unavailable(_))
    }
}

/// A public key in PEM that is none.
#[derive(Debug, thiserror::Error)]
#[error("JWT_PUBLIC_KEY cannot be used: {0}")]
pub struct BadKey(#[from] jsonwebtoken::errors::Error);

/// The keys that tokens are verified with.
pub struct Keys {
    all: Vec<Key>,
    default_role: Role,
}

struct Key {
    secret: DecodingKey,
    validation: Validation,
    issuer: Issuer,
}

/// Whose tokens a key verifies. Another issuer's `sid` means nothing here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Issuer {
    House,
    Other,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.all.len())
    }
}

impl Keys {
    pub fn try_new(secret: &Secret, public: Option<&PublicKey>, default_role: Role) -> Result<Self, BadKey> {
        let shared = DecodingKey::from_secret(secret.expose().as_bytes());
        let mut all = vec![Key::new(shared, &[Algorithm::HS256], Issuer::House)];
        if let Some(PublicKey { kind, pem }) = public {
            let pem = pem.as_bytes();
            let (key, algorithms): (_, &[Algorithm]) = match kind {
                KeyKind::Rsa => {
                    (DecodingKey::from_rsa_pem(pem)?, &[Algorithm::RS256, Algorithm::RS384, Algorithm::RS512])
                }
                KeyKind::EllipticCurve => {
                    (DecodingKey::from_ec_pem(pem)?, &[Algorithm::ES256, Algorithm::ES384])
                }
                KeyKind::Edwards => (DecodingKey::from_ed_pem(pem)?, &[Algorithm::EdDSA]),
            };
            all.push(Key::new(key, algorithms, Issuer::Other));
        }
        Ok(Self { all, default_role })
    }

    /// Verifies a token and reads who bears it. Whether a sign-in still holds is not known here.
    fn caller(&self, token: &str) -> Result<Caller, Refusal> {
        if token.len() > TOKEN_LEN_MAX {
            return Err(Refusal::Invalid("it is too long"));
        }
        let header = jsonwebtoken::decode_header(token).map_err(|why| refusal(&why))?;
        if header.crit.is_some() {
            return Err(Refusal::Invalid("it has critical headers"));
        }
        let fits = |key: &&Key| key.validation.algorithms.contains(&header.alg);
        let key = self.all.iter().find(fits).ok_or(Refusal::Invalid("its algorithm is not accepted"))?;
        let verified = jsonwebtoken::decode(token, &key.secret, &key.validation);
        let TokenData { claims, .. } = verified.map_err(|why| refusal(&why))?;
        self.read(claims, key.issuer)
    }

    fn read(&self, claims: Claims, issuer: Issuer) -> Result<Caller, Refusal> {
        let organization = match claims.organization_id {
            Some(Name::Text(text)) => text,
            Some(Name::Number(number)) => number.to_string(),
            None => return Err(Refusal::Invalid("it lacks organizationId")),
        };
        let organization = Organization::parse(&organization);
        let role = match claims.role {
            Some(text) => Role::parse(&text).ok_or(Refusal::Invalid("its role is not known"))?,
            None => self.default_role,
        };
        let sign_in = match (issuer, claims.sid) {
            (Issuer::House, Some(session)) => Some(SignIn::read(&session, claims.sub.as_ref())?),
            (Issuer::House | Issuer::Other, _) => None,
        };
        let actor = match claims.sub {
            Some(Name::Text(text)) => text.chars().filter(|c| !c.is_control()).take(ACTOR_LEN_MAX).collect(),
            Some(Name::Number(number)) => number.to_string(),
            None => "token".to_owned(),
        };
        let organization = organization.map_err(|_| Refusal::Invalid("its organizationId is no name"))?;
        let until = claims.exp.and_then(moment);
        Ok(Caller { organization, role, actor, scopes: Scopes::all(), sign_in, until })
    }
}

/// Seconds since the epoch, as tokens count them. None beyond what a clock will ever show.
fn moment(seconds: f64) -> Option<DateTime<Utc>> {
    let since = TimeDelta::from_std(Duration::try_from_secs_f64(seconds).ok()?).ok()?;
    DateTime::UNIX_EPOCH.checked_add_signed(since)
}

impl SignIn {
    fn read(session: &Name, subject: Option<&Name>) -> Result<Self, Refusal> {
        let (Name::Text(session), Some(Name::Text(name))) = (session, subject) else {
            return Err(Refusal::Invalid("its sid belongs to nobody"));
        };
        let session = Uuid::parse_str(session).ok().zip(UserName::parse(name).ok());
        let (session, name) = session.ok_or(Refusal::Invalid("its sid belongs to nobody"))?;
        Ok(Self { name, session })
    }
}

impl Key {
    fn new(secret: DecodingKey, algorithms: &[Algorithm], issuer: Issuer) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.algorithms = algorithms.to_vec();
        validation.leeway = LEEWAY_SECS;
        validation.validate_nbf = true;
        // Tokens that clients hold already may carry nothing but an organization; what they carry is honoured.
        validation.required_spec_claims.clear();
        Self { secret, validation, issuer }
    }
}

#[derive(Deserialize)]
struct Claims {
    #[serde(rename = "organizationId")]
    organization_id: Option<Name>,
    role: Option<String>,
    sub: Option<Name>,
    sid: Option<Name>,
    exp: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Name {
    Text(String),
    Number(u64),
}

fn refusal(why: &jsonwebtoken::errors::Error) -> Refusal {
    use jsonwebtoken::errors::ErrorKind;
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the library may add reasons; all mean the same to us"
    )]
    match why.kind() {
        ErrorKind::ExpiredSignature => Refusal::Expired,
        ErrorKind::ImmatureSignature => Refusal::Invalid("it is not valid yet"),
        ErrorKind::InvalidSignature => Refusal::Invalid("its signature does not fit"),
        ErrorKind::InvalidAlgorithm => Refusal::Invalid("its algorithm is not accepted"),
        ErrorKind::InvalidClaimFormat(_) => Refusal::Invalid("a claim of it cannot be read"),
        ErrorKind::InvalidAudience => Refusal::Invalid("it is meant for somebody else"),
        _ => Refusal::Invalid("it cannot be read"),
    }
}

/// The token that a request carries, where it carries one.
pub(super) fn bearer(request: &HttpRequest) -> Result<Option<&str>, Refusal> {
    let mut given = request.headers().get_all(header::AUTHORIZATION);
    let Some(first) = given.next() else { return Ok(None) };
    if given.next().is_some() {
        return Err(Refusal::Invalid("there are two of it"));
    }
    let text = first.to_str().map_err(|_| Refusal::Invalid("it cannot be read"))?;
    match text.trim().split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim())),
        _ => Err(Refusal::Invalid("only Authorization: Bearer <token> is understood")),
    }
}

#[cfg(test)]
mod tests;
