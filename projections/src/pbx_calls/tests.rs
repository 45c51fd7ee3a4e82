//! What the screen makes of an exchange's calls.

use super::*;

use std::sync::Arc;

use domain::fact::Circumstances;
use domain::ids::{Organization, PbxCallId, StreamId};
use domain::outcome::CallStatus;

fn at(secs: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000 + secs, 0).unwrap()
}

fn call() -> PbxCallId {
    PbxCallId::parse("1760000000.42").unwrap()
}

fn fact(position: Position, event: pbx_call::Event) -> Fact {
    let stream = StreamId::pbx_call(&Organization::parse("1").unwrap(), &call());
    Fact {
        position,
        stream,
        sequence: 1,
        recorded_at: at(0),
        occurred_at: at(0),
        circumstances: Arc::new(Circumstances::default()),
        event: Event::PbxCall(event),
    }
}

fn parties() -> Personal<Parties> {
    Personal::Clear(Parties { from: "+998 90 123-45-67".to_owned(), to: "600".to_owned() })
}

fn seen(personal: Personal<Parties>) -> pbx_call::Event {
    pbx_call::Event::Seen {
        id: Uuid::from_u128(7),
        call: call(),
        course: Course { direction: Direction::Incoming, internal: false },
        extension: Some("600".to_owned()),
        talking: false,
        started_at: at(0),
        at: at(1),
        personal,
    }
}

fn answered(secs: i64) -> pbx_call::Event {
    let extension = Some("1001".to_owned());
    pbx_call::Event::Answered { extension, answered_at: at(secs), at: at(secs + 1) }
}

fn row_of_log(status: Status, talk_secs: u32) -> Row {
    let key = PbxCallId::parse("k1:ab-0").unwrap();
    let code = "4".to_owned();
    Row { key, mark: None, started_at: at(-1), ring_secs: 6, talk_secs, status, voicemail: false, code }
}

fn folded(events: Vec<pbx_call::Event>) -> PbxCallRow {
    let mut row = None;
    for (position, event) in (5..).zip(events) {
        let fact = fact(position, event);
        if PbxCalls::touches(&fact).is_some() {
            PbxCalls::fold(&mut row, &fact).unwrap();
        }
    }
    row.unwrap()
}

#[test]
fn a_call_rings_is_answered_and_ends() {
    let rings = folded(vec![seen(parties())]);
    assert_eq!((rings.state, rings.status, rings.confirmed), (State::Ringing, None, 0));
    assert_eq!((rings.call.as_str(), rings.position), ("1760000000.42", 5));
    assert_eq!((rings.from_backwards.as_str(), rings.to_backwards.as_str()), ("765432109899+", "006"));
    let talks = folded(vec![seen(parties()), answered(5)]);
    assert_eq!((talks.state, talks.answered_at, talks.ring_secs), (State::Talking, Some(at(5)), Some(5)));
    assert_eq!((talks.extension.as_deref(), talks.updated_at), (Some("1001"), at(6)));
    let ended = pbx_call::Event::Ended { ended_at: at(25), at: at(27) };
    let over = folded(vec![seen(parties()), answered(5), ended]);
    assert_eq!((over.state, over.status, over.talk_secs), (State::Ended, Some(Status::Answered), Some(20)));
    assert_eq!((over.ended_at, over.created_at, over.updated_at), (Some(at(25)), at(1), at(27)));
}

#[test]
fn the_log_is_believed() {
    let missed = pbx_call::Event::Missed { how: Missing::Voicemail, ended_at: at(9), at: at(9) };
    let before = folded(vec![seen(parties()), missed.clone()]);
    assert_eq!((before.state, before.status, before.voicemail), (State::Missed, Some(Status::Unanswered), 1));
    let (row, was) = (row_of_log(Status::Answered, 30), Status::Unanswered);
    let corrected = pbx_call::Event::Corrected { row, was, at: at(99) };
    let after = folded(vec![seen(parties()), missed, corrected]);
    assert_eq!((after.state, after.status, after.voicemail), (State::Ended, Some(Status::Answered), 0));
    assert_eq!((after.started_at, after.answered_at, after.ended_at), (at(-1), Some(at(5)), Some(at(35))));
    assert_eq!((after.ring_secs, after.talk_secs, after.confirmed), (Some(6), Some(30), 1));
}

#[test]
fn a_row_of_the_log_that_belongs_to_a_call_is_no_call() {
    let matched = fact(9, pbx_call::Event::Matched { call: call(), at: at(9) });
    assert_eq!(PbxCalls::touches(&matched), None);
}

#[test]
fn a_call_that_nobody_saw_is_what_the_log_says() {
    let logged = pbx_call::Event::Logged {
        id: Uuid::from_u128(8),
        row: row_of_log(Status::Busy, 0),
        course: Course { direction: Direction::Outgoing, internal: true },
        extension: Some("1001".to_owned()),
        at: at(300),
        personal: parties(),
    };
    let found = pbx_call::Event::RecordingFound { recording: "77".to_owned(), extension: None, at: at(301) };
    let row = folded(vec![logged, found]);
    assert_eq!((row.state, row.status, row.internal), (State::Missed, Some(Status::Busy), 1));
    assert_eq!((row.call.as_str(), row.answered_at, row.ended_at), ("k1:ab-0", None, Some(at(5))));
    assert_eq!((row.recording.as_deref(), row.extension.as_deref()), (Some("77"), Some("1001")));
    assert_eq!((row.created_at, row.updated_at), (at(300), at(301)));
    let shown = row.as_result().unwrap();
    assert_eq!((shown.status, shown.phone.as_str(), shown.created_at), (CallStatus::Busy, "600", at(-1)));
}

#[test]
fn nothing_is_known_of_forgotten_people_and_what_is_sealed_is_not_taken_for_nothing() {
    let row = folded(vec![seen(Personal::Forgotten), answered(5)]);
    assert_eq!((row.from_number.as_str(), row.to_number.as_str(), row.state), ("", "", State::Talking));
    let sealed = fact(5, seen(Personal::Sealed("k.c".to_owned())));
    assert!(PbxCalls::fold(&mut None, &sealed).is_err());
}

#[test]
fn a_call_that_goes_on_is_no_result_yet() {
    assert_eq!(folded(vec![seen(parties())]).as_result().map(|row| row.id), None);
}
