//! What may happen to a user, in given/when/then.

use chrono::TimeDelta;

use super::*;

fn at(secs: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000 + secs, 0).unwrap()
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn hash(text: &str) -> PasswordHash {
    PasswordHash::parse(format!("$argon2id${text}")).unwrap()
}

fn create() -> Command {
    let name = UserName::parse("Aziz@example").unwrap();
    Command::Create { id: id(1), name, role: Role::Manager, password: hash("one"), at: at(0) }
}

fn sign_in(session: u128, secs: i64) -> Command {
    let expires_at = at(secs) + TimeDelta::hours(12);
    Command::SignIn { session: id(session), checked: hash("one"), expires_at, at: at(secs) }
}

fn change(change: Change) -> Command {
    Command::Change { change, at: at(9) }
}

fn standing(standing: Standing) -> Command {
    change(Change { standing: Some(standing), ..Change::default() })
}

fn after(commands: impl IntoIterator<Item = Command>) -> User {
    let mut user = User::default();
    for command in commands {
        for event in user.decide(command).unwrap() {
            user.apply(event);
        }
    }
    user
}

fn admits(user: &User, session: u128, secs: i64) -> bool {
    user.account().is_some_and(|account| account.admits(id(session), at(secs)))
}

#[test]
fn nobody_is_created_twice() {
    let user = after([create()]);
    assert_eq!(user.decide(create()), Ok(vec![]), "said twice");
    let name = UserName::parse("aziz@example").unwrap();
    let other = Command::Create { id: id(2), name, role: Role::Admin, password: hash("x"), at: at(1) };
    assert_eq!(user.decide(other), Err(Error::AlreadyThere));
}

#[test]
fn nothing_happens_to_whom_nobody_created() {
    let out = Command::SignOut { session: None, at: at(1) };
    for command in [standing(Standing::Disabled), sign_in(5, 1), out, Command::Look] {
        assert_eq!(User::default().decide(command), Err(Error::Unknown));
    }
}

#[test]
fn a_session_holds_until_its_end_and_not_longer() {
    let user = after([create(), sign_in(5, 0)]);
    assert!(admits(&user, 5, 0) && admits(&user, 5, 12 * 3_600 - 1));
    assert!(!admits(&user, 5, 12 * 3_600) && !admits(&user, 6, 0));
}

#[test]
fn signing_out_ends_one_session_or_all() {
    let two = || [create(), sign_in(5, 0), sign_in(6, 1)];
    let one = after(two().into_iter().chain([Command::SignOut { session: Some(id(5)), at: at(2) }]));
    assert!(!admits(&one, 5, 3) && admits(&one, 6, 3));
    let none = after(two().into_iter().chain([Command::SignOut { session: None, at: at(2) }]));
    assert!(!admits(&none, 5, 3) && !admits(&none, 6, 3));
    let again = Command::SignOut { session: Some(id(5)), at: at(4) };
    assert_eq!(one.decide(again), Ok(vec![]), "said twice");
    assert_eq!(none.decide(Command::SignOut { session: None, at: at(4) }), Ok(vec![]));
}

#[test]
fn whoever_is_disabled_is_out_and_stays_out() {
    let user = after([create(), sign_in(5, 0), standing(Standing::Disabled)]);
    assert!(!admits(&user, 5, 1));
    assert_eq!(user.decide(sign_in(6, 1)), Err(Error::Disabled));
    assert_eq!(user.decide(standing(Standing::Disabled)), Ok(vec![]));
    let back = after([create(), sign_in(5, 0), standing(Standing::Disabled), standing(Standing::Enabled)]);
    assert!(!admits(&back, 5, 1), "an old session does not come back");
    assert!(back.decide(sign_in(6, 1)).is_ok());
}

#[test]
fn a_new_password_ends_every_session_and_the_old_one_opens_none() {
    let fresh = Change { password: Some(hash("two")), ..Change::default() };
    let user = after([create(), sign_in(5, 0), change(fresh)]);
    assert!(!admits(&user, 5, 1));
    assert_eq!(user.decide(sign_in(6, 1)), Err(Error::PasswordChanged));
}

#[test]
fn a_role_is_changed_once_and_sessions_go_on() {
    let promoted = || change(Change { role: Some(Role::Admin), ..Change::default() });
    let user = after([create(), sign_in(5, 0), promoted()]);
    assert_eq!(user.account().map(|account| account.role), Some(Role::Admin));
    assert!(admits(&user, 5, 1));
    assert_eq!(user.decide(promoted()), Ok(vec![]));
}

#[test]
fn a_change_of_several_things_is_several_events() {
    let all =
        Change { role: Some(Role::Auditor), standing: Some(Standing::Disabled), password: Some(hash("two")) };
    let events = after([create()]).decide(change(all)).unwrap();
    let names: Vec<String> = events.iter().map(DomainEvent::event_type).collect();
    assert_eq!(names, ["role_set", "password_set", "disabled"]);
}

#[test]
fn live_sessions_are_bounded_and_the_oldest_goes_first() {
    let max = u128::try_from(SESSIONS_MAX).unwrap();
    let sessions = (0..=max).map(|n| sign_in(100 + n, i64::try_from(n).unwrap()));
    let user = after([create()].into_iter().chain(sessions));
    assert!(!admits(&user, 100, 60) && admits(&user, 101, 60) && admits(&user, 100 + max, 60));
}

#[test]
fn expired_sessions_make_room_before_live_ones_do() {
    let late = 12 * 3_600;
    let max = u128::try_from(SESSIONS_MAX).unwrap();
    let early = (0..max - 1).map(|n| sign_in(100 + n, 0));
    let user = after([create()].into_iter().chain(early).chain([sign_in(900, 1), sign_in(901, late)]));
    assert!(admits(&user, 900, late) && admits(&user, 901, late));
    assert_eq!(user.account().map(|account| account.sessions.len()), Some(2));
}

#[test]
fn nothing_prints_a_password() {
    let printed = format!("{:?} {:?}", create(), after([create()]));
    assert!(!printed.contains("argon2id"), "{printed}");
    assert_eq!(PasswordHash::parse("correct horse".to_owned()), None);
}
