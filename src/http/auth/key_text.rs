//! What an API key looks like: `kn_<id>_<secret>`, where the id says whose it is and which, and the secret is chance.
//! Only a hash of the secret is ever compared or stored.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use domain::api_key::SecretHash;
use domain::ids::Organization;
use uuid::Uuid;

use crate::config::Secret;

const PREFIX: &str = "kn_";
const SECRET_LEN: usize = 32;
/// A key's number in hexadecimal digits; its organization's name follows in the same.
const NUMBER_LEN: usize = 32;

/// Whether a token is meant to be one of these.
pub(super) fn is_one(token: &str) -> bool {
    token.starts_with(PREFIX)
}

/// A key as it came: nothing is known of it until its stream was asked.
#[derive(Clone)]
pub struct Presented {
    pub(super) organization: Organization,
    pub(super) id: Uuid,
    hash: [u8; 32],
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Presented({})", self.id)
    }
}

impl Presented {
    pub(super) fn parse(token: &str) -> Option<Self> {
        let (name, secret) = token.strip_prefix(PREFIX)?.split_once('_')?;
        let (number, organization) = name.split_at_checked(NUMBER_LEN)?;
        let organization = String::from_utf8(hex::decode(organization).ok()?).ok()?;
        Some(Self {
            organization: Organization::parse(&organization).ok()?,
            id: Uuid::try_parse(number).ok()?,
            hash: hashed(secret),
        })
    }

    pub(super) fn fits(&self, stored: &SecretHash) -> bool {
        let stored = hex::decode(stored.expose()).unwrap_or_default();
        verify_slices_are_equal(&self.hash, &stored).is_ok()
    }
}

/// A new key: its text, to be shown once, and what is kept of it.
pub fn make(
    organization: &Organization,
    id: Uuid,
    fill: impl FnOnce(&mut [u8]),
) -> Option<(Secret, SecretHash)> {
    let mut bytes = [0; SECRET_LEN];
    fill(&mut bytes);
    let secret = hex::encode(bytes);
    let text = format!("{PREFIX}{}{}_{secret}", id.simple(), hex::encode(organization.as_str()));
    let hash = SecretHash::parse(hex::encode(hashed(&secret)))?;
    Some((Secret::new(text), hash))
}

fn hashed(secret: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(organization: &str) -> (String, SecretHash) {
        let organization = Organization::parse(organization).unwrap();
        let (text, hash) = make(&organization, Uuid::from_u128(7), |bytes| bytes.fill(9)).unwrap();
        (text.expose().to_owned(), hash)
    }

    #[test]
    fn a_key_says_whose_it_is_and_keeps_its_secret() {
        for organization in ["1", "acme_2:b.c-d", &"x".repeat(64)] {
            let (text, hash) = made(organization);
            let read = Presented::parse(&text).unwrap();
            assert_eq!((read.organization.as_str(), read.id), (organization, Uuid::from_u128(7)));
            assert!(read.fits(&hash));
            let secret = text.rsplit('_').next().unwrap();
            assert!(!format!("{read:?}{hash:?}").contains(secret) && !hash.expose().contains(secret));
        }
    }

    #[test]
    fn another_secret_does_not_fit() {
        let (text, hash) = made("1");
        for wrong in [format!("{text}0"), text[..text.len() - 1].to_owned(), text.to_uppercase()] {
            assert!(Presented::parse(&wrong).is_none_or(|read| !read.fits(&hash)), "{wrong}");
        }
        assert!(
            !Presented::parse("kn_00000000000000000000000000000007_").is_some_and(|read| read.fits(&hash))
        );
    }

    #[test]
    fn what_is_no_key_is_none() {
        for wrong in ["kn_", "kn__", "kn_7_x", "kn_zz_x", "kn_0000000000000000000000000000000731", "kn_é_x"]
        {
            assert!(Presented::parse(wrong).is_none(), "{wrong}");
        }
        let slash = format!("kn_{:032}{}_x", 7, hex::encode("a/b"));
        assert!(Presented::parse(&slash).is_none(), "no stream of another kind can be named");
    }
}
