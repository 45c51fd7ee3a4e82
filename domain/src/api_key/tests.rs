//! What may happen to a key, in given/when/then.

use super::*;
use crate::access::Scope;

fn at(secs: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000 + secs, 0).unwrap()
}

fn make(digit: &str) -> Command {
    Command::Make {
        name: "call server".to_owned(),
        grant: Grant { role: Role::Operator, scopes: Scopes::of(&[Scope::Webhook]) },
        hash: SecretHash::parse(digit.repeat(64)).unwrap(),
        expires_at: at(60),
        at: at(0),
    }
}

fn after(commands: impl IntoIterator<Item = Command>) -> ApiKey {
    let mut key = ApiKey::default();
    for command in commands {
        for event in key.decide(command).unwrap() {
            key.apply(event);
        }
    }
    key
}

#[test]
fn a_key_is_made_once() {
    let key = after([make("a")]);
    assert!(matches!(&key, ApiKey::Made(terms) if terms.expires_at == at(60)));
    assert_eq!(key.decide(make("a")), Ok(vec![]), "said twice");
    assert_eq!(key.decide(make("b")), Err(Error::AlreadyThere));
}

#[test]
fn a_revoked_key_stays_revoked() {
    let key = after([make("a"), Command::Revoke { at: at(1) }]);
    assert_eq!(key, ApiKey::Revoked);
    assert_eq!(key.decide(Command::Revoke { at: at(2) }), Ok(vec![]));
    assert_eq!(key.decide(make("a")), Err(Error::AlreadyThere));
}

#[test]
fn what_was_never_made_is_unknown() {
    assert_eq!(ApiKey::New.decide(Command::Look), Err(Error::Unknown));
    assert_eq!(ApiKey::New.decide(Command::Revoke { at: at(1) }), Err(Error::Unknown));
}

#[test]
fn nothing_prints_a_secrets_hash() {
    let printed = format!("{:?} {:?}", make("a"), after([make("a")]));
    assert!(!printed.contains("aaaa"), "{printed}");
    assert_eq!(SecretHash::parse("a secret".to_owned()), None);
}
