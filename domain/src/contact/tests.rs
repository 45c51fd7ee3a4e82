//! The sentences a contact lives by.

use cqrs_es::test::TestFramework;

use super::*;

type Contacts = TestFramework<Contact>;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_759_775_400 + second, 0).unwrap()
}

fn details(phone: &str) -> Details {
    let named = |text: &str| text.to_owned();
    Details {
        first_name: named("Ali"),
        last_name: named("Valiyev"),
        phone: named(phone),
        ..Details::default()
    }
}

fn created() -> Event {
    let personal = Personal::Clear(details("+998901234567"));
    Event::Created { id: Uuid::from_u128(1), import: None, at: at(0), personal }
}

fn create(phone: &str) -> Command {
    Command::Create { id: Uuid::from_u128(1), details: details(phone), import: None, at: at(0) }
}

#[test]
fn a_contact_is_created_once() {
    Contacts::with(())
        .given_no_previous_events()
        .when(create("+998901234567"))
        .then_expect_events(vec![created()]);
    Contacts::with(()).given(vec![created()]).when(create("+998901234567")).then_expect_events(vec![]);
    Contacts::with(()).given(vec![created()]).when(create("+998")).then_expect_error(Error::AlreadyThere);
}

#[test]
fn what_is_known_changes_as_a_whole() {
    let change = |phone| Command::Change { details: details(phone), at: at(1) };
    let changed = Event::Changed { at: at(1), personal: Personal::Clear(details("+998907654321")) };
    Contacts::with(()).given(vec![created()]).when(change("+998901234567")).then_expect_events(vec![]);
    Contacts::with(()).given(vec![created()]).when(change("+998907654321")).then_expect_events(vec![changed]);
}

#[test]
fn a_status_is_set_once() {
    let set = |status| Command::SetStatus { status, at: at(1) };
    let given = || vec![created(), Event::StatusSet { status: Status::DoNotCall, at: at(1) }];
    Contacts::with(()).given(vec![created()]).when(set(Status::Active)).then_expect_events(vec![]);
    Contacts::with(()).given(given()).when(set(Status::DoNotCall)).then_expect_events(vec![]);
    let active = Event::StatusSet { status: Status::Active, at: at(1) };
    Contacts::with(()).given(given()).when(set(Status::Active)).then_expect_events(vec![active]);
}

#[test]
fn who_was_removed_is_unknown() {
    let given = || vec![created(), Event::Removed { at: at(1) }];
    Contacts::with(()).given(given()).when(Command::Look).then_expect_error(Error::Unknown);
    Contacts::with(()).given(given()).when(Command::Remove { at: at(2) }).then_expect_events(vec![]);
    Contacts::with(())
        .given_no_previous_events()
        .when(Command::Remove { at: at(2) })
        .then_expect_error(Error::Unknown);
    let mut contact = Contact::default();
    for event in given() {
        contact.apply(event);
    }
    assert_eq!((contact.status(), contact.details()), (None, &Details::default()));
}

fn forgotten() -> Event {
    Event::Forgotten { numbers: vec![Fingerprint([7; 16])], reason: None, at: at(2) }
}

fn forget() -> Command {
    Command::Forget { numbers: vec![Fingerprint([7; 16])], reason: None, at: at(2) }
}

#[test]
fn a_person_is_forgotten_once_and_for_good() {
    let given = || vec![created(), forgotten()];
    Contacts::with(()).given(vec![created()]).when(forget()).then_expect_events(vec![forgotten()]);
    Contacts::with(()).given(given()).when(forget()).then_expect_events(vec![]);
    for change in [
        Command::Change { details: details("+998901234567"), at: at(3) },
        Command::SetStatus { status: Status::Active, at: at(3) },
    ] {
        Contacts::with(()).given(given()).when(change).then_expect_error(Error::Forgotten);
    }
    let removed = Event::Removed { at: at(3) };
    Contacts::with(()).given(given()).when(Command::Remove { at: at(3) }).then_expect_events(vec![removed]);
    Contacts::with(()).given_no_previous_events().when(forget()).then_expect_error(Error::Unknown);
}

/// As a journal has it to say that was restored from a backup.
#[test]
fn whoever_comes_back_is_forgotten_again() {
    let again = |bytes: &[u8]| {
        let numbers = bytes.iter().map(|byte| Fingerprint([*byte; 16])).collect();
        Command::ForgetAgain { numbers, reason: None, at: at(2) }
    };
    let of = |byte| Event::Forgotten { numbers: vec![Fingerprint([byte; 16])], reason: None, at: at(2) };
    Contacts::with(()).given_no_previous_events().when(again(&[7])).then_expect_events(vec![of(7)]);
    Contacts::with(()).given(vec![created()]).when(again(&[7])).then_expect_events(vec![of(7)]);
    let known = || vec![created(), of(7)];
    Contacts::with(()).given(known()).when(again(&[7])).then_expect_events(vec![]);
    Contacts::with(()).given(known()).when(again(&[7, 8])).then_expect_events(vec![of(8)]);
    let both = vec![created(), of(7), of(8)];
    Contacts::with(()).given(both).when(again(&[8, 7])).then_expect_events(vec![]);
    let create =
        Command::Create { id: Uuid::nil(), details: details("+998901234567"), import: None, at: at(3) };
    Contacts::with(()).given(vec![of(7)]).when(create).then_expect_error(Error::Forgotten);
}

#[test]
fn who_was_removed_can_be_forgotten_still() {
    let given = vec![created(), Event::Removed { at: at(1) }];
    Contacts::with(()).given(given).when(forget()).then_expect_events(vec![forgotten()]);
}
