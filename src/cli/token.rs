//! `karnay token`, and the tokens that commands sign for themselves. Checking tokens is the HTTP door's business.

use std::io::Write;
use std::time::{Duration, SystemTime};

use clap::Args;
use clap::builder::PossibleValuesParser;
use domain::ids::Organization;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

use super::Outcome;
use crate::config::keys::known_jwt_secret;
use crate::config::{self, Config, Role, Secret};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Organization the token belongs to
    #[arg(long, value_name = "ID", value_parser = |text: &str| Organization::parse(text))]
    org: Organization,
    /// What its bearer may do
    #[arg(long, value_parser = PossibleValuesParser::new(Role::ALL.map(Role::as_str)))]
    role: String,
    /// How long it holds: 90s, 15m, 12h or 30d
    #[arg(long, value_name = "TIME", default_value = "12h", value_parser = lifetime)]
    ttl: Duration,
    /// Who it is for, as it will stand in the journal
    #[arg(long, value_name = "NAME", default_value = "karnay-token")]
    subject: String,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(transparent)]
    Config(#[from] config::Error),
    #[error(
        "there is no jwt.secret in {folder} yet; karnay serve makes it at first start, or set JWT_SECRET"
    )]
    NoSecret { folder: String },
    #[error("the token cannot be signed: {0}")]
    Sign(#[from] jsonwebtoken::errors::Error),
}

/// The token's content. `organizationId` is what tokens of this family have always carried.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Claims<'a> {
    sub: &'a str,
    organization_id: &'a str,
    role: &'a str,
    iat: u64,
    exp: u64,
}

/// Signs with the secret at hand.
#[derive(Debug)]
pub(super) struct Signer(Secret);

impl Signer {
    pub(super) fn of(config: &Config) -> Result<Self, Error> {
        let folder = || config.store.data_dir.display().to_string();
        known_jwt_secret(config)?.map(Self).ok_or_else(|| Error::NoSecret { folder: folder() })
    }

    pub(super) fn sign(&self, who: &str, org: &str, role: &str, ttl: Duration) -> Result<String, Error> {
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let exp = now.saturating_add(ttl).as_secs();
        let claims = Claims { sub: who, organization_id: org, role, iat: now.as_secs(), exp };
        let key = EncodingKey::from_secret(self.0.expose().as_bytes());
        Ok(jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)?)
    }
}

pub(super) fn run(options: &Options, config: &Config, out: &mut dyn Write) -> Result<Outcome, super::Error> {
    let Options { org, role, ttl, subject } = options;
    let token = Signer::of(config)?.sign(subject, org.as_str(), role, *ttl)?;
    writeln!(out, "{token}")?;
    Ok(Outcome::Fine)
}

const TTL_MAX: Duration = Duration::from_hours(366 * 24);

fn lifetime(text: &str) -> Result<Duration, String> {
    let shape = || "a number with s, m, h or d behind it, such as 12h".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(shape)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(shape()),
    };
    let number: u64 = number.parse().map_err(|_| shape())?;
    let ttl = Duration::from_secs(number.saturating_mul(seconds));
    if ttl.is_zero() || ttl > TTL_MAX { Err("between 1s and 366d".to_owned()) } else { Ok(ttl) }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation};
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_lifetime_has_a_unit() {
        assert_eq!(lifetime("12h"), Ok(Duration::from_hours(12)));
        assert_eq!(lifetime("90s"), Ok(Duration::from_secs(90)));
        for wrong in [
            "",
            "h",
            "12",
            "-1h",
            "0s",
            "367d",
            "12ё",
            "1.5h",
            "99999999999999999999d",
            "18446744073709551615d",
        ] {
            assert!(lifetime(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_token_says_who_where_and_until_when() {
        let signer = Signer(Secret::new("0123456789abcdef0123456789abcdef"));
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
