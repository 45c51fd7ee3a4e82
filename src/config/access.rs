//! Who may do what, as far as settings say so: tokens, and the two doors that may stand open.

use std::net::IpAddr;

use domain::access::Role;
use jsonwebtoken::DecodingKey;

use super::{Secret, SigningSecret};

/// Sign-in.
#[derive(Debug, Clone)]
pub struct Access {
    /// Unset: `keys::jwt_secret` reads or makes the one in the data folder.
    pub jwt_secret: Option<Secret>,
    pub jwt_public_key: Option<PublicKey>,
    pub jwt_default_role: Role,
    pub calls: CallsAuth,
    pub webhook: WebhookAuth,
    /// The newest first; two while one replaces the other, none where nothing is signed.
    pub webhook_secrets: Vec<SigningSecret>,
}

impl Access {
    /// Whether `/calls` answers requests without a token when listening there.
    pub fn calls_are_open(&self, host: IpAddr) -> bool {
        match self.calls {
            CallsAuth::Open => true,
            CallsAuth::Token => false,
            CallsAuth::Auto => host.is_loopback(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallsAuth {
    Auto,
    Open,
    Token,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookAuth {
    Auto,
    Open,
    Token,
    /// Signed as Standard Webhooks says.
    Hmac,
}

/// The public key of whoever else issues tokens. Its kind decides which algorithms are accepted with it, never the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    pub kind: KeyKind,
    pub pem: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RS256, RS384, RS512 and the PS family.
    Rsa,
    /// ES256, ES384.
    EllipticCurve,
    /// `EdDSA`.
    Edwards,
}

impl PublicKey {
    /// From PEM, in which `\n` may stand for line breaks as it must in one line of `.env`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let pem = text.replace("\\n", "\n");
        if pem.contains("PRIVATE KEY") {
            return Err("is a private key; only its public half belongs here".to_owned());
        }
        let bytes = pem.as_bytes();
        let kind = if DecodingKey::from_rsa_pem(bytes).is_ok() {
            KeyKind::Rsa
        } else if DecodingKey::from_ec_pem(bytes).is_ok() {
            KeyKind::EllipticCurve
        } else if DecodingKey::from_ed_pem(bytes).is_ok() {
            KeyKind::Edwards
        } else {
            return Err("is no public key in PEM (RSA, EC or Ed25519)".to_owned());
        };
        Ok(Self { kind, pem })
    }
}
