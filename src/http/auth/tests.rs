//! Who a token makes one: every forged, borrowed and broken one is refused, whatever its header asks for.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::*;

const SECRET: &str = "a secret that is long enough to be one";

struct Stranger {
    private: Vec<u8>,
    public: PublicKey,
}

impl Stranger {
    fn new() -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let mut der = hex::decode("302a300506032b6570032100").unwrap();
        der.extend_from_slice(pair.public_key().as_ref());
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der));
        let private = pair.to_pkcs8().unwrap().as_ref().to_vec();
        Self { private, public: PublicKey { kind: KeyKind::Edwards, pem } }
    }
}

fn keys(public: Option<&PublicKey>) -> Keys {
    Keys::try_new(&Secret::new(SECRET), public, Role::Manager).unwrap()
}

fn signed(claims: &Value) -> String {
    encode(&Header::default(), claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

fn with_header(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
    let tag = aws_lc_rs::hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
}

fn now() -> i64 {
    i64::try_from(jsonwebtoken::get_current_timestamp()).unwrap()
}

#[test]
fn a_token_with_nothing_but_an_organization_is_good() {
    let caller = keys(None).caller(&signed(&json!({ "organizationId": 7 }))).unwrap();
    let expected = Caller {
        organization: Organization::parse("7").unwrap(),
        role: Role::Manager,
        actor: "token".to_owned(),
        scopes: Scopes::all(),
        sign_in: None,
        until: None,
    };
    assert_eq!(caller, expected);
    let claims = json!({ "organizationId": "acme", "role": "admin", "sub": "u-1\n2", "exp": now() + 60, "nbf": now() - 60 });
    let caller = keys(None).caller(&signed(&claims)).unwrap();
    assert_eq!(
        (caller.organization.as_str(), caller.role, caller.actor.as_str()),
        ("acme", Role::Admin, "u-12")
    );
}

#[test]
fn clocks_may_differ_by_half_a_minute() {
    let keys = keys(None);
    let at = |exp: i64, nbf: i64| {
        keys.caller(&signed(&json!({ "organizationId": 1, "exp": exp, "nbf": nbf }))).err()
    };
    assert_eq!(at(now() - 20, now() + 20), None);
    assert_eq!(at(now() - 40, now()), Some(Refusal::Expired));
    assert_eq!(at(now() + 40, now() + 60), Some(Refusal::Invalid("it is not valid yet")));
}

#[test]
fn bad_claims_are_refused() {
    let claims = [
        json!({}),
        json!({ "organizationId": null }),
        json!({ "organizationId": "" }),
        json!({ "organizationId": "a/b" }),
        json!({ "organizationId": -1 }),
        json!({ "organizationId": 1.5 }),
        json!({ "organizationId": [1] }),
        json!({ "organizationId": 1, "role": "emperor" }),
        json!({ "organizationId": 1, "role": 1 }),
        json!({ "organizationId": 1, "exp": "tomorrow" }),
        json!({ "organizationId": 1, "exp": null }),
        json!({ "organizationId": 1, "exp": -1 }),
        json!({ "organizationId": 1, "nbf": "yesterday" }),
        json!({ "organizationId": 1, "aud": "another service" }),
    ];
    for claims in claims {
        let refused = keys(None).caller(&signed(&claims));
        assert!(matches!(refused, Err(Refusal::Invalid(_))), "{claims}: {refused:?}");
    }
}

#[test]
fn only_the_keys_own_algorithm_is_accepted() {
    let (issuer, claims) = (Stranger::new(), json!({ "organizationId": 1 }));
    let both = keys(Some(&issuer.public));
    let pem = issuer.public.pem.as_bytes();
    let header = |alg: &str| json!({ "alg": alg, "typ": "JWT" });
    let unsigned = |alg: &str| {
        let token = with_header(&header(alg), &claims, b"");
        format!("{}.", token.rsplit_once('.').unwrap().0)
    };
    let tokens = [
        with_header(&header("HS256"), &claims, b"another key"),
        with_header(&header("HS256"), &claims, b""),
        // The public key's own text as a shared secret.
        with_header(&header("HS256"), &claims, pem),
        with_header(&header("EdDSA"), &claims, SECRET.as_bytes()),
        with_header(&header("EdDSA"), &claims, pem),
        with_header(&header("RS256"), &claims, SECRET.as_bytes()),
        with_header(&header("HS384"), &claims, SECRET.as_bytes()),
        with_header(&header("HS512"), &claims, SECRET.as_bytes()),
        with_header(&header("none"), &claims, SECRET.as_bytes()),
        unsigned("none"),
        unsigned("None"),
        unsigned("NONE"),
        unsigned("HS256"),
        unsigned(""),
    ];
    for token in tokens {
        assert!(matches!(both.caller(&token), Err(Refusal::Invalid(_))), "{token}");
    }
    let private = EncodingKey::from_ed_der(&issuer.private);
    let good = encode(&Header::new(Algorithm::EdDSA), &claims, &private).unwrap();
    assert!(both.caller(&good).is_ok());
    assert!(keys(None).caller(&good).is_err(), "without the public key it is a stranger's");
}

#[test]
fn a_header_chooses_no_key() {
    let claims = json!({ "organizationId": 1 });
    let own = json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode("mine") });
    let tricks = [
        json!({ "alg": "HS256", "kid": "../../../dev/null" }),
        json!({ "alg": "HS256", "kid": "' union select 'mine" }),
        json!({ "alg": "HS256", "kid": "/proc/sys/kernel/randomize_va_space" }),
        json!({ "alg": "HS256", "jwk": own }),
        json!({ "alg": "HS256", "jku": "http://127.0.0.1:1/keys" }),
        json!({ "alg": "HS256", "x5u": "http://127.0.0.1:1/chain" }),
    ];
    for header in tricks {
        for secret in ["mine", "", "2\n"] {
            let token = with_header(&header, &claims, secret.as_bytes());
            assert!(keys(None).caller(&token).is_err(), "{header}");
        }
    }
    let harmless = with_header(&json!({ "alg": "HS256", "kid": "2024-01" }), &claims, SECRET.as_bytes());
    assert!(keys(None).caller(&harmless).is_ok(), "a kid says nothing");
    let critical =
        with_header(&json!({ "alg": "HS256", "crit": ["exp"], "exp": 1 }), &claims, SECRET.as_bytes());
    assert_eq!(keys(None).caller(&critical), Err(Refusal::Invalid("it has critical headers")));
}

#[test]
fn a_sign_in_belongs_to_a_user_of_this_house() {
    let session = Uuid::from_u128(7);
    let claims = json!({ "organizationId": 1, "sub": "aziz", "sid": session.to_string() });
    let caller = keys(None).caller(&signed(&claims)).unwrap();
    let name = UserName::parse("aziz").unwrap();
    assert_eq!(caller.sign_in, Some(SignIn { name, session }));
    for claims in [
        json!({ "organizationId": 1, "sid": session.to_string() }),
        json!({ "organizationId": 1, "sub": 7, "sid": session.to_string() }),
        json!({ "organizationId": 1, "sub": "a/b", "sid": session.to_string() }),
        json!({ "organizationId": 1, "sub": "aziz", "sid": "7" }),
        json!({ "organizationId": 1, "sub": "aziz", "sid": 7 }),
    ] {
        let refused = keys(None).caller(&signed(&claims));
        assert_eq!(refused, Err(Refusal::Invalid("its sid belongs to nobody")), "{claims}");
    }
    let issuer = Stranger::new();
    let private = EncodingKey::from_ed_der(&issuer.private);
    let foreign = encode(&Header::new(Algorithm::EdDSA), &claims, &private).unwrap();
    let caller = keys(Some(&issuer.public)).caller(&foreign).unwrap();
    assert_eq!(caller.sign_in, None, "another issuer's sessions are its own");
}

#[test]
fn what_is_no_token_is_refused() {
    let good = signed(&json!({ "organizationId": 1 }));
    let mut parts = good.split('.');
    let (header, claims) = (parts.next().unwrap(), parts.next().unwrap());
    let broken = [
        String::new(),
        "undefined".to_owned(),
        "..".to_owned(),
        format!("{good}."),
        format!("{good}x"),
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        "x".repeat(TOKEN_LEN_MAX + 1),
        format!(
            "{header}.{}.{}",
            URL_SAFE_NO_PAD.encode("{\"organizationId\":2}"),
            good.rsplit('.').next().unwrap()
        ),
    ];
    for token in broken {
        assert!(keys(None).caller(&token).is_err(), "{token:.60}");
    }
}

#[test]
fn nothing_prints_a_key() {
    assert_eq!(format!("{:?}", keys(None)), "Keys(1)");
}
