//! A file of known hosts as OpenSSH writes it: which keys it names for one host and port, plain, by pattern or hashed.
//! Read here and not by libssh2, so that a host key is compared as bytes and no parser in C sees the file.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The keys that are right for a host, and those that are never right again.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Keys {
    pub(super) good: Vec<Vec<u8>>,
    pub(super) revoked: Vec<Vec<u8>>,
}

impl Keys {
    pub(super) fn read(path: &Path, host: &str, port: u16) -> io::Result<Self> {
        Ok(Self::parse(&fs::read_to_string(path)?, host, port))
    }

    fn parse(text: &str, host: &str, port: u16) -> Self {
        let name = name(host, port);
        let mut keys = Self::default();
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            keys.take(line, &name);
        }
        keys
    }

    /// A line that makes no sense names no key. Authorities are not believed: their certificates are not asked for.
    fn take(&mut self, line: &str, name: &str) {
        let (marker, line) = match line.strip_prefix('@') {
            Some(marked) => marked.split_once(char::is_whitespace).unwrap_or_default(),
            None => ("", line),
        };
        let mut words = line.split_whitespace();
        let (Some(hosts), Some(_kind), Some(key)) = (words.next(), words.next(), words.next()) else {
            return;
        };
        let Ok(key) = STANDARD.decode(key) else { return };
        match marker {
            "" if names(hosts, name) => self.good.push(key),
            "revoked" if names(hosts, name) => self.revoked.push(key),
            _ => {}
        }
    }

    pub(super) fn join(mut self, other: Self) -> Self {
        self.good.extend(other.good);
        self.revoked.extend(other.revoked);
        self
    }
}

/// Adds a key for a host; on the disk before anybody relies on it.
pub(super) fn add(path: &Path, host: &str, port: u16, kind: &str, key: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    writeln!(file, "{} {kind} {}", name(host, port), STANDARD.encode(key))?;
    file.sync_all()
}

/// A host as such files name it: with its port where that is not the usual one.
fn name(host: &str, port: u16) -> String {
    let host = host.to_lowercase();
    if port == 22 { host } else { format!("[{host}]:{port}") }
}

fn names(hosts: &str, name: &str) -> bool {
    if let Some(hashed) = hosts.strip_prefix("|1|") {
        return is_hash_of(hashed, name).unwrap_or(false);
    }
    let mut found = false;
    for pattern in hosts.to_lowercase().split(',') {
        match pattern.strip_prefix('!') {
            Some(refused) if fits(refused.as_bytes(), name.as_bytes()) => return false,
            Some(_) => {}
            None => found |= fits(pattern.as_bytes(), name.as_bytes()),
        }
    }
    found
}

/// `salt|hash`, the hash being that of the name under the salt.
fn is_hash_of(hashed: &str, name: &str) -> Option<bool> {
    let (salt, hash) = hashed.split_once('|')?;
    let (salt, hash) = (STANDARD.decode(salt).ok()?, STANDARD.decode(hash).ok()?);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &salt);
    Some(hmac::verify(&key, name.as_bytes(), &hash).is_ok())
}

/// `*` stands for anything and `?` for one character. Going back to the last star alone keeps it linear in each.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut pattern, mut name) = (pattern, name);
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern.split_first(), name.split_first()) {
            (Some((b'*', after)), _) => {
                star = Some((after, name));
                pattern = after;
            }
            (Some((wanted, after)), Some((met, rest))) if *wanted == b'?' || wanted == met => {
                (pattern, name) = (after, rest);
            }
            (None, None) => return true,
            _ => {
                let Some((after, [_, rest @ ..])) = star else { return false };
                star = Some((after, rest));
                (pattern, name) = (after, rest);
            }
        }
    }
}

#[cfg(test)]
mod tests;
