//! Whether a host is the right one, decided by its key before anything about us is told to it.
//! The key is named by a file of known hosts, or by its fingerprint, or it was the first one met where that was allowed.

use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::known_hosts::{self, Keys};
use super::{Error, wire};

const ED25519: &str = "ssh-ed25519";
const RSA: &str = "ssh-rsa";

/// How a host proves that it is the right one, beside a file of known hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostKey {
    /// Only by that file.
    Listed,
    /// `SHA256:…`
    Fingerprint(String),
    /// The key met first is taken for right.
    FirstUse,
}

/// The kinds of host key that are asked for in one connection.
/// A server has several and shows the one that is asked for first, so asking for others than those that are known would end in a false alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    Any,
    Ed25519,
    Rsa,
}

impl Offer {
    /// As SSH names the algorithms.
    pub(super) fn algorithms(self) -> &'static str {
        match self {
            Self::Any => "ssh-ed25519,rsa-sha2-512,rsa-sha2-256",
            Self::Ed25519 => "ssh-ed25519",
            Self::Rsa => "rsa-sha2-512,rsa-sha2-256",
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Any => "kind ed25519 or RSA",
            Self::Ed25519 => "kind ed25519",
            Self::Rsa => "kind RSA",
        }
    }
}

#[derive(Debug)]
pub(super) struct Trust {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) host_key: HostKey,
    pub(super) known_hosts: Option<PathBuf>,
    /// Where the keys met first are kept: `known_hosts` in the data folder.
    pub(super) kept: PathBuf,
    /// Two who meet a host for the first time must not both be first.
    pub(super) first: Mutex<()>,
}

/// What is believed of a host at the moment.
#[derive(Debug)]
pub(super) struct Belief {
    keys: Keys,
}

impl Belief {
    fn knows(&self, kind: &str) -> bool {
        self.keys.good.iter().any(|key| kind_of(key) == kind)
    }
}

impl Trust {
    /// Read anew for each connection, so that a mended file counts at once.
    pub(super) fn belief(&self) -> Result<Belief, Error> {
        let read = |path: &PathBuf| {
            let keys = Keys::read(path, &self.host, self.port);
            keys.map_err(|why| Error::KnownHosts { path: path.clone(), why })
        };
        let listed = self.known_hosts.as_ref().map_or_else(|| Ok(Keys::default()), read)?;
        let kept = match (&self.host_key, read(&self.kept)) {
            (HostKey::Listed | HostKey::Fingerprint(_), _) => Keys::default(),
            (HostKey::FirstUse, Err(Error::KnownHosts { why, .. }))
                if why.kind() == io::ErrorKind::NotFound =>
            {
                Keys::default()
            }
            (HostKey::FirstUse, kept) => kept?,
        };
        Ok(Belief { keys: listed.join(kept) })
    }

    /// What to ask the host for, one connection after the other until its key is the right one.
    /// A fingerprint does not say of which kind its key is.
    pub(super) fn offers(&self, belief: &Belief) -> &'static [Offer] {
        match (&self.host_key, belief.knows(ED25519), belief.knows(RSA)) {
            (HostKey::Fingerprint(_), _, _) => &[Offer::Ed25519, Offer::Rsa],
            (_, true, false) => &[Offer::Ed25519],
            (_, false, true) => &[Offer::Rsa],
            (_, true, true) | (_, false, false) => &[Offer::Any],
        }
    }

    pub(super) fn check(&self, belief: &Belief, met: &[u8]) -> Result<(), Error> {
        if belief.keys.revoked.iter().any(|key| key == met) {
            return Err(Error::HostRevoked { at: self.at(), met: described(met) });
        }
        if belief.keys.good.iter().any(|key| key == met) {
            return Ok(());
        }
        match &self.host_key {
            HostKey::Fingerprint(expected) if *expected == fingerprint(met) => Ok(()),
            HostKey::Fingerprint(_) => Err(self.mismatch(met, "REMOTE_HOST_KEY")),
            // A file that names only keys of other kinds says nothing against this one.
            HostKey::Listed if !belief.knows(&kind_of(met)) => Err(self.unknown(met)),
            HostKey::Listed => Err(self.mismatch(met, "REMOTE_KNOWN_HOSTS")),
            HostKey::FirstUse => self.check_first(met),
        }
    }

    fn check_first(&self, met: &[u8]) -> Result<(), Error> {
        let _alone = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = self.belief()?.keys.good;
        if keys.iter().any(|key| key == met) {
            return Ok(());
        }
        if !keys.is_empty() {
            return Err(self.mismatch(met, &self.kept.display().to_string()));
        }
        let added = known_hosts::add(&self.kept, &self.host, self.port, &kind_of(met), met);
        added.map_err(|why| Error::KnownHosts { path: self.kept.clone(), why })?;
        tracing::warn!(
            "the host key of {} was met for the first time and is believed from now on: {}",
            self.at(),
            described(met)
        );
        Ok(())
    }

    fn unknown(&self, met: &[u8]) -> Error {
        Error::HostUnknown { at: self.at(), met: described(met) }
    }

    fn mismatch(&self, met: &[u8], source: &str) -> Error {
        Error::HostMismatch { at: self.at(), met: described(met), source_name: source.to_owned() }
    }

    pub(super) fn at(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// As `ssh-keygen -l` shows it.
fn fingerprint(key: &[u8]) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(digest(&SHA256, key)))
}

fn kind_of(key: &[u8]) -> String {
    let mut rest = key;
    wire::string(&mut rest).map_or_else(String::new, |kind| String::from_utf8_lossy(kind).into_owned())
}

fn described(key: &[u8]) -> String {
    format!("{} {}", kind_of(key), fingerprint(key))
}
