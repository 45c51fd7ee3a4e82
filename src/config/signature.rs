//! Standard Webhooks: how a report is signed with a secret that both sides know. Who signs, and what a signature is worth, is said elsewhere.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{HeaderMap, HeaderName};

use super::SigningSecret;

pub const ID: &str = "webhook-id";
pub const TIMESTAMP: &str = "webhook-timestamp";
pub const SIGNATURE: &str = "webhook-signature";
/// The only version there is with a shared secret.
pub const VERSION: &str = "v1,";

/// A live secret, ready for use.
pub struct SigningKey(hmac::Key);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl SigningKey {
    pub fn new(secret: &SigningSecret) -> Self {
        Self::of(secret.expose())
    }

    /// Of a secret's bytes.
    pub fn of(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// Over `id.timestamp.body`.
    pub fn tag(&self, id: &str, timestamp: &str, body: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            context.update(part);
        }
        context.sign()
    }

    /// The same as a sender writes it.
    pub fn signature(&self, id: &str, timestamp: &str, body: &[u8]) -> String {
        format!("{VERSION}{}", STANDARD.encode(self.tag(id, timestamp, body)))
    }

    /// What a sender adds to its request. Empty where the id is nothing that a header can carry, which whoever checks it says.
    pub fn headers(&self, id: &str, secs: i64, body: &[u8]) -> HeaderMap {
        let timestamp = secs.to_string();
        let signature = self.signature(id, &timestamp, body);
        let said = [(ID, id.to_owned()), (TIMESTAMP, timestamp), (SIGNATURE, signature)];
        let headers = said.into_iter();
        let headers =
            headers.map(|(name, value)| Some((HeaderName::from_static(name), value.try_into().ok()?)));
        headers.collect::<Option<HeaderMap>>().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specifications_example_comes_out() {
        let secret = SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = b"{\"test\": 2432232314}";
        let headers = SigningKey::new(&secret).headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(headers[SIGNATURE], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(
            (&headers[ID], &headers[TIMESTAMP]),
            (&"msg_p5jXN8AQM9LWM0D4loKWxJek".parse().unwrap(), &"1614265330".parse().unwrap())
        );
        assert_eq!(format!("{:?}", SigningKey::new(&secret)), "***");
    }
}
