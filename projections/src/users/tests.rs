//! What the screen makes of users.

use super::*;

use std::sync::Arc;

use domain::fact::Circumstances;
use domain::ids::{StreamId, UserName};
use domain::user::PasswordHash;

fn at(secs: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000 + secs, 0).unwrap()
}

fn fact(event: user::Event) -> Fact {
    Fact {
        position: 9,
        stream: StreamId::stored("1/aziz".to_owned()),
        sequence: 1,
        recorded_at: at(0),
        occurred_at: at(0),
        circumstances: Arc::new(Circumstances::default()),
        event: Event::User(event),
    }
}

fn hash() -> PasswordHash {
    PasswordHash::parse("$argon2id$one".to_owned()).unwrap()
}

fn created() -> user::Event {
    let name = UserName::parse("aziz").unwrap();
    user::Event::Created { id: Uuid::nil(), name, role: Role::Operator, password: hash(), at: at(0) }
}

fn folded(events: Vec<user::Event>) -> UserRow {
    let mut row = None;
    for event in events {
        Users::fold(&mut row, &fact(event)).unwrap();
    }
    row.unwrap()
}

#[test]
fn a_user_shows_without_a_password() {
    let row = folded(vec![created()]);
    assert_eq!((row.name.as_str(), row.role, row.organization.as_str()), ("aziz", Role::Operator, "1"));
    assert!(!format!("{row:?}").contains("argon2"), "{row:?}");
}

#[test]
fn what_became_of_a_user_is_seen() {
    let changes = vec![
        created(),
        user::Event::RoleSet { role: Role::Admin, at: at(1) },
        user::Event::PasswordSet { password: hash(), at: at(2) },
        user::Event::SignedIn { session: Uuid::nil(), expires_at: at(9), at: at(3) },
        user::Event::Disabled { at: at(4) },
    ];
    let row = folded(changes.clone());
    assert_eq!((row.role, row.password_set_at), (Role::Admin, at(2)));
    assert_eq!((row.signed_in_at, row.disabled_at), (Some(at(3)), Some(at(4))));
    let back = folded(changes.into_iter().chain([user::Event::Enabled { at: at(5) }]).collect());
    assert_eq!(back.disabled_at, None);
}

#[test]
fn a_user_without_a_beginning_makes_no_sense() {
    assert!(Users::fold(&mut None, &fact(user::Event::Disabled { at: at(1) })).is_err());
    let mut row = Some(folded(vec![created()]));
    assert!(Users::fold(&mut row, &fact(created())).is_err());
}
