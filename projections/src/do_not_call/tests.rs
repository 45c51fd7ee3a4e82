//! What the screen makes of opting out and in.

use super::*;

use std::sync::Arc;

use domain::fact::Circumstances;
use domain::ids::StreamId;

const STREAM: &str = "1/~f65be5d4dbf76660b0e9155290795e6f";

fn at(secs: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000 + secs, 0).unwrap()
}

fn fact(position: Position, event: person::Event) -> Fact {
    let circumstances = Circumstances { actor: "aziz".to_owned(), ..Circumstances::default() };
    Fact {
        position,
        stream: StreamId::stored(STREAM.to_owned()),
        sequence: position,
        recorded_at: at(0),
        occurred_at: at(0),
        circumstances: Arc::new(circumstances),
        event: Event::Person(event),
    }
}

fn out(personal: Option<Personal<Number>>) -> person::Event {
    person::Event::OptedOut { by: Wish::Hand, at: at(1), personal }
}

fn known() -> person::Event {
    let number = Number { phone: "+998901234567".to_owned(), note: Some("asked by letter".to_owned()) };
    out(Some(Personal::Clear(number)))
}

fn folded(events: Vec<person::Event>) -> Result<ForbiddenRow, Unfoldable> {
    let mut row = None;
    for (position, event) in (1..).zip(events) {
        DoNotCall::fold(&mut row, &fact(position, event))?;
    }
    row.ok_or(Unfoldable("there is no row"))
}

#[test]
fn a_number_shows_who_has_forbidden_it_and_prints_nothing_of_it() {
    let row = folded(vec![known()]).unwrap();
    assert_eq!((row.id(), row.source, &*row.actor), (&STREAM[3..], Wish::Hand, "aziz"));
    assert_eq!((row.phone.as_deref(), &*row.phone_backwards), (Some("+998901234567"), "765432109899+"));
    assert_eq!((row.note.as_deref(), row.since, row.listed), (Some("asked by letter"), at(1), 1));
    assert!(!format!("{row:?}").contains("90123"));
}

#[test]
fn a_number_that_was_taken_off_leaves_nothing_of_the_person() {
    let back = || person::Event::OptedIn { at: at(2) };
    let row = folded(vec![known(), back()]).unwrap();
    assert_eq!((row.listed, row.phone, &*row.phone_backwards, row.note), (0, None, "", None));
    let again = folded(vec![known(), back(), known()]).unwrap();
    assert_eq!((again.listed, again.position, again.phone.is_some()), (1, 3, true));
    assert!(folded(vec![back()]).is_err());
}

/// Version 1 of the event did not say it, and who was forgotten is forgotten here.
#[test]
fn a_number_that_nobody_knows_is_forbidden_all_the_same() {
    for personal in [None, Some(Personal::Forgotten)] {
        let row = folded(vec![out(personal)]).unwrap();
        assert_eq!((row.listed, row.phone, &*row.phone_backwards), (1, None, ""));
    }
    assert!(folded(vec![out(Some(Personal::Sealed("x.y".to_owned())))]).is_err());
}

#[test]
fn only_opting_out_and_in_is_looked_at() {
    let touched = |event| DoNotCall::touches(&fact(1, event));
    assert_eq!(touched(out(None)), Some(Touch::Existing(STREAM.to_owned())));
    assert_eq!(touched(person::Event::OptedIn { at: at(1) }), Some(Touch::Existing(STREAM.to_owned())));
    assert_eq!(touched(person::Event::Retired { at: at(1) }), None);
}
