//! What the history makes of reports.

use super::*;

use std::sync::Arc;

use domain::call::Amendment;
use domain::fact::Circumstances;
use domain::ids::StreamId;

fn fact(event: call::Event) -> Fact {
    let at = DateTime::from_timestamp(1_760_000_000, 0).unwrap();
    Fact {
        position: 9,
        stream: StreamId::stored("1/s-1/0000001".to_owned()),
        sequence: 1,
        recorded_at: at,
        occurred_at: at,
        circumstances: Arc::new(Circumstances::default()),
        event: Event::Call(event),
    }
}

fn told(status: CallStatus, personal: Personal<Details>) -> Told {
    Told {
        id: Uuid::nil(),
        event_id: None,
        listing: Listing::Listed,
        status,
        before: None,
        after: status,
        talk_secs: Some(10),
        started_at: None,
        ended_at: None,
        at: DateTime::from_timestamp(1_760_000_000, 0).unwrap(),
        personal,
    }
}

fn clear(operator: Option<&str>, notes: Option<&str>) -> Personal<Details> {
    Personal::Clear(Details {
        phone: "90 123 45 67".to_owned(),
        operator_name: operator.map(str::to_owned),
        notes: notes.map(str::to_owned),
        ..Details::default()
    })
}

fn folded(events: Vec<call::Event>) -> ResultRow {
    let mut row = None;
    for event in events {
        CallHistory::fold(&mut row, &fact(event)).unwrap();
    }
    row.unwrap()
}

#[test]
fn a_row_is_what_the_domain_makes_of_its_reports() {
    let row = folded(vec![
        call::Event::Reported(told(CallStatus::Busy, clear(None, Some("first")))),
        call::Event::Strengthened(told(CallStatus::Answered, clear(Some("Alisher"), None))),
        call::Event::Overtaken(told(CallStatus::Failed, clear(Some("Botir"), Some("late")))),
    ]);
    assert_eq!((row.status, row.phone.as_str(), row.position), (CallStatus::Answered, "90 123 45 67", 9));
    assert_eq!((row.operator_name.as_deref(), row.notes.as_deref()), (Some("Alisher"), Some("first")));
}

#[test]
fn an_amendment_speaks() {
    let amended = Amendment { id: Uuid::nil(), at: DateTime::default(), personal: clear(None, Some("new")) };
    let row = folded(vec![
        call::Event::Reported(told(CallStatus::Busy, clear(Some("Alisher"), Some("old")))),
        call::Event::Amended(amended),
    ]);
    assert_eq!((row.operator_name.as_deref(), row.notes.as_deref()), (Some("Alisher"), Some("new")));
}

#[test]
fn nothing_is_known_of_a_forgotten_person() {
    let row = folded(vec![call::Event::Reported(told(CallStatus::Busy, Personal::Forgotten))]);
    assert_eq!((row.phone.as_str(), row.notes, row.status), ("", None, CallStatus::Busy));
}

#[test]
fn sealed_data_is_not_taken_for_none() {
    let sealed = fact(call::Event::Reported(told(CallStatus::Busy, Personal::Sealed("k.c".to_owned()))));
    assert!(CallHistory::fold(&mut None, &sealed).is_err());
}
