//! Who is asking. A token that is there is always verified; whether one is needed depends on the door (`auth/doors.rs`).
//! A key decides which algorithms are accepted with it; the token's own `kid`, `jku`, `jwk` and the like are never followed.

mod doors;
mod signature;

use std::fmt;

use actix_web::HttpRequest;
use actix_web::http::header;
use domain::ids::Organization;
use jsonwebtoken::{Algorithm, DecodingKey, TokenData, Validation};
use serde::Deserialize;

use crate::config::{KeyKind, PublicKey, Role, Secret};

pub use doors::{Admin, Calls, Knock, Member, Reporter};
pub use signature::Signers;

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
}

impl Caller {
    pub fn require(&self, role: Role) -> Result<(), Refusal> {
        if self.role >= role { Ok(()) } else { Err(Refusal::RoleTooLow { needed: role.as_str() }) }
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
    #[error("this needs the role {needed}")]
    RoleTooLow { needed: &'static str },
    #[error("sign the report: webhook-id, webhook-timestamp and webhook-signature are needed")]
    NoSignature,
    #[error("the signature is not valid: {0}")]
    BadSignature(&'static str),
    #[error(
        "the signature is more than five minutes old, or from the future: sign each attempt anew, and look at the clocks"
    )]
    StaleSignature,
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
    key: DecodingKey,
    validation: Validation,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.all.len())
    }
}

impl Keys {
    pub fn try_new(secret: &Secret, public: Option<&PublicKey>, default_role: Role) -> Result<Self, BadKey> {
        let shared = DecodingKey::from_secret(secret.expose().as_bytes());
        let mut all = vec![Key::new(shared, &[Algorithm::HS256])];
        if let Some(PublicKey { kind, pem }) = public {
            let pem = pem.as_bytes();
            all.push(match kind {
                KeyKind::Rsa => Key::new(
                    DecodingKey::from_rsa_pem(pem)?,
                    &[Algorithm::RS256, Algorithm::RS384, Algorithm::RS512],
                ),
                KeyKind::EllipticCurve => {
                    Key::new(DecodingKey::from_ec_pem(pem)?, &[Algorithm::ES256, Algorithm::ES384])
                }
                KeyKind::Edwards => Key::new(DecodingKey::from_ed_pem(pem)?, &[Algorithm::EdDSA]),
            });
        }
        Ok(Self { all, default_role })
    }

    /// Verifies a token and reads who bears it.
    pub fn caller(&self, token: &str) -> Result<Caller, Refusal> {
        if token.len() > TOKEN_LEN_MAX {
            return Err(Refusal::Invalid("it is too long"));
        }
        let header = jsonwebtoken::decode_header(token).map_err(|why| refusal(&why))?;
        if header.crit.is_some() {
            return Err(Refusal::Invalid("it has critical headers"));
        }
        let fits = |key: &&Key| key.validation.algorithms.contains(&header.alg);
        let key = self.all.iter().find(fits).ok_or(Refusal::Invalid("its algorithm is not accepted"))?;
        let verified = jsonwebtoken::decode(token, &key.key, &key.validation);
        let TokenData { claims, .. } = verified.map_err(|why| refusal(&why))?;
        self.read(claims)
    }

    fn read(&self, claims: Claims) -> Result<Caller, Refusal> {
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
        let actor = match claims.sub {
            Some(Name::Text(text)) => text.chars().filter(|c| !c.is_control()).take(ACTOR_LEN_MAX).collect(),
            Some(Name::Number(number)) => number.to_string(),
            None => "token".to_owned(),
        };
        let organization = organization.map_err(|_| Refusal::Invalid("its organizationId is no name"))?;
        Ok(Caller { organization, role, actor })
    }
}

impl Key {
    fn new(key: DecodingKey, algorithms: &[Algorithm]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.algorithms = algorithms.to_vec();
        validation.leeway = LEEWAY_SECS;
        validation.validate_nbf = true;
        // Tokens that clients hold already may carry nothing but an organization; what they carry is honoured.
        validation.required_spec_claims.clear();
        Self { key, validation }
    }
}

#[derive(Deserialize)]
struct Claims {
    #[serde(rename = "organizationId")]
    organization_id: Option<Name>,
    role: Option<String>,
    sub: Option<Name>,
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
fn bearer(request: &HttpRequest) -> Result<Option<&str>, Refusal> {
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
