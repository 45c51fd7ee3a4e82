//! Standard Webhooks: what makes a report believable without a token. The sender signs `id.timestamp.body` with a secret that both know.
//! Secrets come from the settings; whether a signature is asked for is the door's business.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use actix_web::http::header::HeaderMap;

use super::Refusal;
use crate::config::SigningSecret;
use crate::config::signature::{ID, SIGNATURE, SigningKey, TIMESTAMP, VERSION};
use crate::dispatch::far_ends::Secrets;

/// Clocks may differ, and a report may be under way, for so long.
const TOLERANCE_SECS: u64 = 300;
/// One for each secret that the sender holds; nobody has more than two or three.
const SIGNATURES_MAX: usize = 8;

/// The live secrets. Two, while one replaces the other.
pub struct Signers(Vec<SigningKey>);

impl std::fmt::Debug for Signers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signers({})", self.0.len())
    }
}

/// A signature whose time is right. Nothing is known of it until it was compared with the body.
#[derive(Debug)]
pub(super) struct Signed {
    id: String,
    timestamp: String,
    tags: Vec<Vec<u8>>,
}

impl Signers {
    pub fn new(secrets: &[SigningSecret]) -> Self {
        Self(secrets.iter().map(SigningKey::new).collect())
    }

    /// Those of an organization.
    pub(super) fn of(secrets: &Secrets) -> Self {
        Self(secrets.0.iter().map(|secret| SigningKey::of(secret)).collect())
    }

    /// The signature that came along. Without a secret nothing can be said about one, so none is seen.
    pub(super) fn read(
        &self,
        headers: &HeaderMap,
        now_secs: impl FnOnce() -> i64,
    ) -> Result<Option<Signed>, Refusal> {
        if self.0.is_empty() { Ok(None) } else { Signed::read(headers, now_secs) }
    }

    pub(super) fn verify(&self, signed: &Signed, body: &[u8]) -> Result<(), Refusal> {
        let fits = |key: &SigningKey| {
            let expected = key.tag(&signed.id, &signed.timestamp, body);
            signed.tags.iter().any(|tag| verify_slices_are_equal(expected.as_ref(), tag).is_ok())
        };
        if self.0.iter().any(fits) { Ok(()) } else { Err(Refusal::BadSignature("it fits no secret")) }
    }
}

impl Signed {
    /// Whichever secret it may fit.
    pub(super) fn read(headers: &HeaderMap, now_secs: impl FnOnce() -> i64) -> Result<Option<Self>, Refusal> {
        if !headers.contains_key(SIGNATURE) {
            return Ok(None);
        }
        let timestamp = one(headers, TIMESTAMP)?;
        let secs: i64 =
            timestamp.parse().map_err(|_| Refusal::BadSignature("its time is no whole number"))?;
        if now_secs().abs_diff(secs) > TOLERANCE_SECS {
            return Err(Refusal::StaleSignature);
        }
        let tags = one(headers, SIGNATURE)?.split(' ').filter_map(|text| text.strip_prefix(VERSION));
        let tags = tags.filter_map(|tag| STANDARD.decode(tag).ok()).take(SIGNATURES_MAX).collect();
        Ok(Some(Self { id: one(headers, ID)?.to_owned(), timestamp: timestamp.to_owned(), tags }))
    }
}

fn one<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Refusal> {
    let mut given = headers.get_all(name);
    match (given.next().map(|value| value.to_str()), given.next()) {
        (Some(Ok(text)), None) if !text.is_empty() => Ok(text),
        (None, _) => Err(Refusal::BadSignature("webhook-id or webhook-timestamp is missing")),
        _ => Err(Refusal::BadSignature("a header of it cannot be read")),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    /// The example that the Standard Webhooks specification's own libraries are tested with.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = b"{\"test\": 2432232314}";
    const TAG: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const SENT: i64 = 1_614_265_330;

    fn headers(id: &str, timestamp: &str, signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in [(ID, id), (TIMESTAMP, timestamp), (SIGNATURE, signature)] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn check(secrets: &[&str], headers: &HeaderMap, now: i64, body: &[u8]) -> Result<(), Refusal> {
        let secrets: Vec<_> = secrets.iter().map(|text| SigningSecret::parse(text).unwrap()).collect();
        let signers = Signers::new(&secrets);
        signers.verify(&signers.read(headers, || now)?.unwrap(), body)
    }

    const FITS_NONE: Result<(), Refusal> = Err(Refusal::BadSignature("it fits no secret"));

    fn good() -> HeaderMap {
        headers("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", TAG)
    }

    #[test]
    fn the_specifications_example_is_good() {
        assert_eq!(check(&[SECRET], &good(), SENT, BODY), Ok(()));
    }

    #[test]
    fn either_live_secret_is_good_and_any_of_several_signatures() {
        assert_eq!(check(&["another secret of ours", SECRET], &good(), SENT, BODY), Ok(()));
        let several = format!("v1a,abc v1,AAAA {TAG}");
        let several = headers("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", &several);
        assert_eq!(check(&[SECRET], &several, SENT, BODY), Ok(()));
    }

    #[test]
    fn a_byte_changed_anywhere_is_noticed() {
        assert_eq!(check(&[SECRET], &good(), SENT, b"{\"test\": 2432232315}"), FITS_NONE);
        assert_eq!(check(&["another secret of ours"], &good(), SENT, BODY), FITS_NONE);
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        for (id, timestamp, signature) in [
            ("msg_p5jXN8AQM9LWM0D4loKWxJeK", "1614265330", TAG),
            (id, "1614265331", TAG),
            (id, "1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA="),
            (id, "1614265330", "v1,g0hM9SsE+OTPJTGt"),
            (id, "1614265330", "v1,"),
            (id, "1614265330", "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ] {
            assert_eq!(check(&[SECRET], &headers(id, timestamp, signature), SENT, BODY), FITS_NONE);
        }
    }

    #[test]
    fn five_minutes_either_way_are_forgiven_and_no_second_more() {
        for (off, expected) in [
            (-301, Err(Refusal::StaleSignature)),
            (-300, Ok(())),
            (300, Ok(())),
            (301, Err(Refusal::StaleSignature)),
        ] {
            assert_eq!(check(&[SECRET], &good(), SENT + off, BODY), expected, "{off}");
        }
    }

    #[test]
    fn half_a_signature_is_a_wrong_one() {
        for name in [ID, TIMESTAMP] {
            let mut headers = good();
            headers.remove(name);
            assert!(matches!(check(&[SECRET], &headers, SENT, BODY), Err(Refusal::BadSignature(_))));
            let (mut twice, value) = (good(), HeaderValue::from_static("1614265330"));
            twice.append(HeaderName::from_static(name), value);
            assert!(matches!(check(&[SECRET], &twice, SENT, BODY), Err(Refusal::BadSignature(_))));
        }
        let odd = headers("x", "soon", TAG);
        assert!(matches!(check(&[SECRET], &odd, SENT, BODY), Err(Refusal::BadSignature(_))));
    }

    #[test]
    fn without_secrets_no_signature_is_seen() {
        assert!(Signers::new(&[]).read(&good(), || SENT).unwrap().is_none());
        assert_eq!(format!("{:?}", Signers::new(&[])), "Signers(0)");
    }

    /// Lines: id, time, signature, and the body after them.
    fn parts(bytes: &[u8]) -> Option<(HeaderMap, &[u8])> {
        let mut lines = bytes.splitn(4, |byte| *byte == b'\n');
        let mut headers = HeaderMap::new();
        for name in [ID, TIMESTAMP, SIGNATURE] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(lines.next()?).ok()?);
        }
        Some((headers, lines.next()?))
    }

    /// Nothing is believed but what was signed.
    #[test]
    fn fuzz_signatures() {
        let good = format!("msg_p5jXN8AQM9LWM0D4loKWxJek\n{SENT}\n{TAG}\n").into_bytes();
        let good = [&good[..], BODY].concat();
        // As it is sent while one secret replaces the other.
        let both = format!("msg_p5jXN8AQM9LWM0D4loKWxJek\n{SENT}\nv1,AAAA {TAG}\n").into_bytes();
        let both = [&both[..], BODY].concat();
        let secrets = [SigningSecret::parse(SECRET).unwrap()];
        let signers = Signers::new(&secrets);
        let original = parts(&good).unwrap();
        fuzz::fuzz("signatures", &[&good, &both], |bytes| {
            let Some((headers, body)) = parts(bytes) else { return "no headers".to_owned() };
            match signers.read(&headers, || SENT) {
                Ok(Some(signed)) => match signers.verify(&signed, body) {
                    Ok(()) => {
                        let same = |name| headers.get(name) == original.0.get(name);
                        assert!(same(ID) && same(TIMESTAMP) && body == original.1, "it was not signed");
                        "believed".to_owned()
                    }
                    Err(why) => format!("{why} {}", signed.tags.len()),
                },
                Ok(None) => "unsigned".to_owned(),
                Err(why) => why.to_string(),
            }
        });
    }
}
