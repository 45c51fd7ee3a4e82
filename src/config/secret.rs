//! Values that are never printed: whatever shows them shows `***`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A text such as a password. Only `expose` gives it away, so that every place that does can be found.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// 32 bytes of key.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; Key::LEN]);

impl Key {
    pub const LEN: usize = 32;

    /// From base64, as it stands in a setting or a key file. None where it is anything but 32 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.trim()).ok()?;
        bytes.try_into().ok().map(Self)
    }

    pub fn expose(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl From<[u8; Key::LEN]> for Key {
    fn from(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What a call server signs its reports with.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(Vec<u8>);

impl SigningSecret {
    /// Shorter ones are found by trying.
    pub const LEN_MIN: usize = 16;
    /// What Standard Webhooks writes before base64.
    const PREFIX: &'static str = "whsec_";

    /// `whsec_` and base64, or any text. None where it is too short or no base64.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = match text.strip_prefix(Self::PREFIX) {
            Some(coded) => STANDARD.decode(coded).ok()?,
            None => text.as_bytes().to_vec(),
        };
        (bytes.len() >= Self::LEN_MIN).then_some(Self(bytes))
    }

    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints_a_secret() {
        let secret = Secret::new("correct horse");
        assert_eq!(format!("{secret} {secret:?} {:?}", Some(&secret)), "*** *** Some(***)");
        assert_eq!(format!("{:?}", Key::from([7; 32])), "***");
    }

    #[test]
    fn a_signing_secret_is_a_text_or_bytes_in_base64() {
        let bytes = |text: &str| SigningSecret::parse(text).map(|secret| secret.expose().to_vec());
        assert_eq!(bytes(&format!("whsec_{}", STANDARD.encode([7; 24]))), Some(vec![7; 24]));
        assert_eq!(bytes("a text of our own"), Some(b"a text of our own".to_vec()));
        for wrong in ["", "short", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64 at all, is it"] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
        assert_eq!(format!("{:?}", SigningSecret::parse("a text of our own")), "Some(***)");
    }

    #[test]
    fn a_key_is_32_bytes_in_base64() {
        let text = STANDARD.encode([7; 32]);
        assert_eq!(Key::parse(&format!("{text}\n")), Some(Key::from([7; 32])));
        for wrong in ["", "short", &STANDARD.encode([7; 31]), &STANDARD.encode([7; 33]), "!"] {
            assert_eq!(Key::parse(wrong), None, "{wrong}");
        }
    }
}
