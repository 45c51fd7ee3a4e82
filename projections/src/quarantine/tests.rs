//! What the screen makes of held reports.

use super::*;

use std::sync::Arc;

use domain::fact::Circumstances;
use domain::ids::{SessionId, StreamId};
use domain::quarantine::Body;

const ID: &str = "0199b9f4-6f00-7000-8000-000000000009";

fn at(secs: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000 + secs, 0).unwrap()
}

fn fact(event: quarantine::Event) -> Fact {
    Fact {
        position: 9,
        stream: StreamId::stored(format!("1/{ID}")),
        sequence: 1,
        recorded_at: at(0),
        occurred_at: at(0),
        circumstances: Arc::new(Circumstances::default()),
        event: Event::Quarantine(event),
    }
}

fn held(personal: Personal<Body>) -> quarantine::Event {
    quarantine::Event::Held {
        session: "made-up".to_owned(),
        reason: Reason::UnknownSession,
        at: at(0),
        personal,
    }
}

fn clear() -> quarantine::Event {
    held(Personal::Clear(Body { json: "{\"phoneNumber\":\"1\"}".to_owned() }))
}

fn folded(events: Vec<quarantine::Event>) -> HeldRow {
    let mut row = None;
    for event in events {
        Quarantine::fold(&mut row, &fact(event)).unwrap();
    }
    row.unwrap()
}

#[test]
fn a_held_report_shows_word_for_word() {
    let row = folded(vec![clear()]);
    assert_eq!((row.id.to_string(), row.state), (ID.to_owned(), State::Held));
    assert_eq!(row.body.as_deref(), Some("{\"phoneNumber\":\"1\"}"));
    assert!(!format!("{row:?}").contains("phoneNumber"), "nothing prints a body");
}

#[test]
fn what_became_of_it_is_seen() {
    let bound = quarantine::Event::Bound { session: SessionId::parse("s-1").unwrap(), at: at(5) };
    let row = folded(vec![clear(), bound]);
    assert_eq!(
        (row.state, row.bound_to.as_deref(), row.settled_at),
        (State::Bound, Some("s-1"), Some(at(5)))
    );
    let discarded = quarantine::Event::Discarded { reason: Some("a test".to_owned()), at: at(6) };
    let row = folded(vec![clear(), discarded]);
    assert_eq!((row.state, row.discard_reason.as_deref()), (State::Discarded, Some("a test")));
    assert!(row.body.is_some(), "what was discarded can still be read");
}

#[test]
fn nothing_is_left_of_a_forgotten_person() {
    assert_eq!(folded(vec![held(Personal::Forgotten)]).body, None);
}

#[test]
fn sealed_data_is_not_taken_for_none() {
    let sealed = fact(held(Personal::Sealed("k.c".to_owned())));
    assert!(Quarantine::fold(&mut None, &sealed).is_err());
}
