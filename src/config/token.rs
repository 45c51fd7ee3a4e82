//! Tokens that the house signs: for people, for its own commands, for the simulated call server.
//! Checking tokens is the HTTP door's business.

use std::fmt;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use jsonwebtoken::errors::Error;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use uuid::Uuid;

use super::Secret;

/// The token's content. `organizationId` is what tokens of this family have always carried.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Claims<'a> {
    sub: &'a str,
    organization_id: &'a str,
    role: &'a str,
    iat: i64,
    exp: i64,
    /// The sign-in that it stands for, which can be ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<Uuid>,
}

/// A user's session, from its beginning to its end.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn<'a> {
    pub who: &'a str,
    pub org: &'a str,
    pub role: &'a str,
    pub session: Uuid,
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// Signs with a secret that the door knows.
#[derive(Clone)]
pub struct Signer(EncodingKey);

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer")
    }
}

impl Signer {
    pub fn new(secret: &Secret) -> Self {
        Self(EncodingKey::from_secret(secret.expose().as_bytes()))
    }

    pub fn sign(&self, who: &str, org: &str, role: &str, ttl: Duration) -> Result<String, Error> {
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let secs = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        let (iat, exp) = (secs(now), secs(now.saturating_add(ttl)));
        self.encode(&Claims { sub: who, organization_id: org, role, iat, exp, sid: None })
    }

    /// For whoever gave a password.
    pub fn sign_in(&self, signed_in: SignedIn<'_>) -> Result<String, Error> {
        let SignedIn { who, org, role, session, from, until } = signed_in;
        let (iat, exp) = (from.timestamp(), until.timestamp());
        self.encode(&Claims { sub: who, organization_id: org, role, iat, exp, sid: Some(session) })
    }

    fn encode(&self, claims: &Claims<'_>) -> Result<String, Error> {
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &self.0)
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation};
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_token_says_who_where_and_until_when() {
        let signer = Signer::new(&Secret::new("0123456789abcdef0123456789abcdef"));
        let token = signer.sign("me", "7", "auditor", Duration::from_mins(1)).unwrap();
        let key = DecodingKey::from_secret(b"0123456789abcdef0123456789abcdef");
        let read =
            jsonwebtoken::decode::<Value>(&token, &key, &Validation::new(Algorithm::HS256)).unwrap().claims;
        assert_eq!(
            (&read["sub"], &read["organizationId"], &read["role"]),
            (&"me".into(), &"7".into(), &"auditor".into())
        );
        assert_eq!(read["exp"].as_u64().unwrap() - read["iat"].as_u64().unwrap(), 60);
    }
}
