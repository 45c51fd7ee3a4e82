//! Passwords: what one has to be, and how its hash is made and compared. Each costs memory and time on purpose, so that it belongs
//! on a thread that may block. Whose hash it is, is not known here.

use std::sync::Arc;

use actix_web::web;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Argon2, PasswordHash as Phc};
use domain::user::PasswordHash;
use tokio::sync::Semaphore;

use crate::config::Secret;
use crate::http::problem::{Code, Problem};

/// In characters.
pub const LEN_MIN: usize = 10;
/// In bytes. Longer ones would cost the engine more than whoever sends them.
pub const LEN_MAX: usize = 1_024;
/// Bytes of chance that a hash is made with.
pub const SALT_LEN: usize = 16;

/// Hashed at the same time: each takes 19 MiB and a core.
const AT_ONCE_MAX: usize = 2;
/// Waiting for that, those under way included; one more is told to come back.
const WAITING_MAX: usize = 64;

/// Compared with where there is no such user, so that it takes as long: made as `hash` makes them, of what nobody knows.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$a2FybmF5LW5vYm9keXMtMQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("has to have at least {LEN_MIN} characters")]
    TooShort,
    #[error("has more than {LEN_MAX} bytes")]
    TooLong,
    #[error("cannot be hashed")]
    Hash,
}

/// Its hash for keeping. Blocks.
pub fn hash(password: &Secret, salt: [u8; SALT_LEN]) -> Result<PasswordHash, Unfit> {
    fit(password)?;
    let hash = Argon2::default().hash_password_with_salt(password.expose().as_bytes(), &salt);
    let text = hash.map_err(|_| Unfit::Hash)?.to_string();
    PasswordHash::parse(text).ok_or(Unfit::Hash)
}

/// Whether one may be chosen. A sentence without its subject.
pub fn fit(password: &Secret) -> Result<(), Unfit> {
    let text = password.expose();
    if text.len() > LEN_MAX {
        return Err(Unfit::TooLong);
    }
    if text.chars().count() < LEN_MIN { Err(Unfit::TooShort) } else { Ok(()) }
}

/// Whether it is the one that a hash was made of; none is nobody's, and takes as long. Blocks.
pub(in crate::http) fn fits(password: &Secret, known: Option<&PasswordHash>) -> bool {
    let text = known.map_or(NOBODYS, PasswordHash::expose);
    let same = Phc::new(text)
        .is_ok_and(|hash| Argon2::default().verify_password(password.expose().as_bytes(), &hash).is_ok());
    same && known.is_some()
}

/// A crowd that signs in at once neither fills the memory nor keeps the workers from everybody else.
#[derive(Debug)]
pub struct Hashing {
    waiting: Semaphore,
    under_way: Arc<Semaphore>,
}

impl Default for Hashing {
    fn default() -> Self {
        Self { waiting: Semaphore::new(WAITING_MAX), under_way: Arc::new(Semaphore::new(AT_ONCE_MAX)) }
    }
}

impl Hashing {
    pub(in crate::http) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let busy = || Problem::new(Code::Busy, "too many are signing in");
        let _waits = self.waiting.try_acquire().map_err(|_| busy())?;
        let place = Arc::clone(&self.under_way).acquire_owned().await.map_err(|_| busy())?;
        let worked = web::block(move || {
            // Held by the work itself, which goes on where whoever asked has gone away.
            let _place = place;
            work()
        });
        worked.await.map_err(|why| Problem::new(Code::Internal, "see the log").because(why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_alone() {
        let password = Secret::new("correct horse");
        let (one, other) = (hash(&password, [7; 16]).unwrap(), hash(&password, [8; 16]).unwrap());
        assert_ne!(one, other, "the same password twice is two hashes");
        assert!(fits(&password, Some(&one)) && fits(&password, Some(&other)));
        assert!(!fits(&Secret::new("Correct horse"), Some(&one)));
        assert!(one.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "as expensive as is advised");
    }

    #[test]
    fn nobodys_hash_is_as_expensive_as_anybodys() {
        let known = hash(&Secret::new("correct horse"), [7; 16]).unwrap();
        let costs = |text: &str| {
            let hash = Phc::new(text).unwrap();
            (hash.algorithm, hash.version, hash.params.to_string(), hash.hash.unwrap().len())
        };
        assert_eq!(costs(NOBODYS), costs(known.expose()));
        assert!(!fits(&Secret::new("correct horse"), None));
    }

    #[test]
    fn a_password_has_ten_characters_at_least() {
        assert_eq!(fit(&Secret::new("123456789")), Err(Unfit::TooShort));
        assert_eq!(fit(&Secret::new("ўзбекистон")), Ok(()), "characters, not bytes");
        assert_eq!(fit(&Secret::new("x".repeat(LEN_MAX + 1))), Err(Unfit::TooLong));
    }
}
