//! Who may do what, as far as settings say so: roles, tokens, and the two doors that may stand open.

use std::net::IpAddr;

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

/// What a token's bearer may do, each more than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Auditor,
    Operator,
    Manager,
    Admin,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Auditor, Self::Operator, Self::Manager, Self::Admin];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auditor => "auditor",
            Self::Operator => "operator",
            Self::Manager => "manager",
            Self::Admin => "admin",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
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
