//! What the screen makes of keys.

use super::*;

use std::sync::Arc;

use domain::access::Scope;
use domain::api_key::{Grant, SecretHash};
use domain::fact::Circumstances;
use domain::ids::StreamId;

const ID: &str = "0199b9f4-6f00-7000-8000-000000000009";

fn at(secs: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000 + secs, 0).unwrap()
}

fn fact(event: api_key::Event) -> Fact {
    Fact {
        position: 9,
        stream: StreamId::stored(format!("1/{ID}")),
        sequence: 1,
        recorded_at: at(0),
        occurred_at: at(0),
        circumstances: Arc::new(Circumstances::default()),
        event: Event::ApiKey(event),
    }
}

fn made() -> api_key::Event {
    api_key::Event::Made {
        name: "call server".to_owned(),
        grant: Grant { role: Role::Operator, scopes: Scopes::of(&[Scope::Webhook]) },
        hash: SecretHash::parse("a".repeat(64)).unwrap(),
        expires_at: at(60),
        at: at(0),
    }
}

#[test]
fn a_key_shows_without_what_it_is_checked_by() {
    let mut row = None;
    ApiKeys::fold(&mut row, &fact(made())).unwrap();
    let shown = row.clone().unwrap();
    assert_eq!((shown.id.to_string(), shown.name.as_str()), (ID.to_owned(), "call server"));
    assert_eq!((shown.scopes, shown.revoked_at), (Scopes::of(&[Scope::Webhook]), None));
    assert!(!format!("{shown:?}").contains("aaaa"), "{shown:?}");
    ApiKeys::fold(&mut row, &fact(api_key::Event::Revoked { at: at(5) })).unwrap();
    assert_eq!(row.unwrap().revoked_at, Some(at(5)));
}

#[test]
fn a_key_without_a_beginning_makes_no_sense() {
    assert!(ApiKeys::fold(&mut None, &fact(api_key::Event::Revoked { at: at(1) })).is_err());
}
