//! The private key that logs in: what kind it is, and whether it can be used at all, before anybody is called.
//! Whether it is whole shows only when libssh2 takes it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::wire;

/// What an OpenSSH key begins with, once its base64 is gone.
const OPENSSH: &[u8] = b"openssh-key-v1\0";

/// Prints nothing of itself.
#[derive(Clone)]
pub struct PrivateKey {
    text: String,
    kind: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    #[error("PRIVATE_KEY_BASE64: is no base64 of a text file; `base64 -w0 < key` makes it")]
    NoText,
    #[error("PRIVATE_KEY_BASE64: is a public key; the private one is the file without .pub")]
    Public,
    #[error("PRIVATE_KEY_BASE64: is a key of PuTTY; export it as an OpenSSH key")]
    Putty,
    #[error(
        "PRIVATE_KEY_BASE64: is protected by a passphrase, for which there is no setting; `ssh-keygen -p -N '' -f <copy>` takes it off a copy"
    )]
    Passphrase,
    #[error("PRIVATE_KEY_BASE64: is no private key as OpenSSH or OpenSSL write it")]
    Unknown,
}

impl PrivateKey {
    /// A private key file in base64, as it was given.
    pub fn parse(base64: &str) -> Result<Self, BadKey> {
        let bytes = STANDARD.decode(base64.trim()).map_err(|_| BadKey::NoText)?;
        let text = String::from_utf8(bytes).map_err(|_| BadKey::NoText)?;
        // Files that came through Windows end their lines otherwise; libssh2 wants them as they were made.
        let text = format!("{}\n", text.replace("\r\n", "\n").trim());
        let kind = kind(&text)?;
        Ok(Self { text, kind })
    }

    pub(super) fn expose(&self) -> &str {
        &self.text
    }

    pub(super) fn kind(&self) -> &'static str {
        self.kind
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({}, ***)", self.kind)
    }
}

fn kind(text: &str) -> Result<&'static str, BadKey> {
    let first = text.lines().next().unwrap_or_default();
    match first {
        "-----BEGIN OPENSSH PRIVATE KEY-----" => openssh(text),
        "-----BEGIN ENCRYPTED PRIVATE KEY-----" => Err(BadKey::Passphrase),
        _ if text.contains("\nProc-Type: 4,ENCRYPTED") => Err(BadKey::Passphrase),
        "-----BEGIN RSA PRIVATE KEY-----" => Ok("RSA"),
        "-----BEGIN EC PRIVATE KEY-----" => Ok("ECDSA"),
        "-----BEGIN PRIVATE KEY-----" => Ok("PKCS#8"),
        _ if first.starts_with("PuTTY-User-Key-File") => Err(BadKey::Putty),
        _ if first.starts_with("ssh-") || first.contains("PUBLIC KEY") => Err(BadKey::Public),
        _ => Err(BadKey::Unknown),
    }
}

/// Its cipher and the kind of its public half stand in plain at the beginning.
fn openssh(text: &str) -> Result<&'static str, BadKey> {
    let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    let bytes = STANDARD.decode(body).map_err(|_| BadKey::Unknown)?;
    let mut rest = bytes.strip_prefix(OPENSSH).ok_or(BadKey::Unknown)?;
    let read = &mut rest;
    let cipher = wire::string(read).ok_or(BadKey::Unknown)?;
    if cipher != b"none" {
        return Err(BadKey::Passphrase);
    }
    let (_function, _options) = (wire::string(read), wire::string(read));
    let _count = wire::number(read);
    let mut public = wire::string(read).ok_or(BadKey::Unknown)?;
    match wire::string(&mut public) {
        Some(b"ssh-ed25519") => Ok("ed25519"),
        Some(b"ssh-rsa") => Ok("RSA"),
        Some(name) if name.starts_with(b"ecdsa-") => Ok("ECDSA"),
        Some(_) | None => Err(BadKey::Unknown),
    }
}
