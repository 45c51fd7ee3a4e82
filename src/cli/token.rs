//! `karnay token`, and the secret that commands sign their own tokens with.

use std::io::Write;
use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;
use domain::access::Role;
use domain::ids::Organization;

use super::Outcome;
use crate::config::keys::known_jwt_secret;
use crate::config::{self, Config, token};

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

/// Signs with the secret at hand.
pub(super) fn signer(config: &Config) -> Result<token::Signer, Error> {
    let folder = || config.store.data_dir.display().to_string();
    let secret = known_jwt_secret(config)?.ok_or_else(|| Error::NoSecret { folder: folder() })?;
    Ok(token::Signer::new(&secret))
}

pub(super) fn run(options: &Options, config: &Config, out: &mut dyn Write) -> Result<Outcome, super::Error> {
    let Options { org, role, ttl, subject } = options;
    let token = signer(config)?.sign(subject, org.as_str(), role, *ttl).map_err(Error::from)?;
    writeln!(out, "{token}")?;
    Ok(Outcome::Fine)
}

const TTL_MAX: Duration = Duration::from_hours(366 * 24);

pub(super) fn lifetime(text: &str) -> Result<Duration, String> {
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
}
