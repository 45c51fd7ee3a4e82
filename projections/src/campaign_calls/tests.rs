//! What the screen makes of a campaign's calls.

use super::*;

use std::sync::Arc;

use domain::conversation::{Path, Reach, Upshot};
use domain::fact::Circumstances;
use domain::ids::{Fingerprint, Organization, StreamId};
use domain::policy::retry::Next;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000 + 60 * minute, 0).unwrap()
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn fact(position: Position, event: Event) -> Fact {
    let organization = Organization::parse("1").unwrap();
    let stream = StreamId::target(&organization, id(9), id(7));
    let (recorded_at, occurred_at) = (at(0), at(0));
    let circumstances = Arc::new(Circumstances::default());
    Fact { position, stream, sequence: 1, recorded_at, occurred_at, circumstances, event }
}

fn dialled() -> Event {
    let number = Some(Fingerprint([7; 16]));
    Event::Target(target::Event::Dialled { call: id(1), attempt: 2, number, was_skipped: false, at: at(1) })
}

fn outcome(reach: Reach) -> Outcome {
    Outcome { reach, path: Path::Answer, talk_secs: Some(20), cause: None }
}

fn words() -> Personal<Words> {
    let summary = Some("Gaplashildi".to_owned());
    let recording_url = Some("https://x/1.mp3".to_owned());
    Personal::Clear(Words { summary, recording_url, ..Words::default() })
}

fn ended(reach: Reach, personal: Personal<Words>) -> Event {
    let (call, next) = (id(1), Next::Final);
    Event::Target(target::Event::Ended { call, outcome: outcome(reach), next, at: at(2), personal })
}

fn corrected(reach: Reach) -> Event {
    Event::Target(target::Event::Corrected {
        call: id(1),
        outcome: outcome(reach),
        next: Some(Next::Final),
        was: None,
        was_skipped: false,
        counted: None,
        at: at(9),
        personal: words(),
    })
}

fn folded(events: Vec<Event>) -> CallRow {
    let mut row = None;
    for (event, position) in events.into_iter().zip(1..) {
        let fact = fact(position, event);
        let (Touch::New(key) | Touch::Existing(key)) = CampaignCalls::touches(&fact).unwrap();
        assert_eq!(key, id(1));
        CampaignCalls::fold(&mut row, &fact).unwrap();
    }
    row.unwrap()
}

#[test]
fn a_call_is_shown_once_it_has_ended() {
    let row = folded(vec![dialled()]);
    assert_eq!((row.contact, row.campaign, row.attempt, row.started_at), (id(7), id(9), 2, at(1)));
    assert_eq!(row.number, Some(Fingerprint([7; 16]).to_string()));
    assert!(row.as_result(String::new()).is_none());
    let row = folded(vec![dialled(), ended(Reach::Reached(Upshot::Refused), words())]);
    let result = row.as_result("+998901234567".to_owned()).unwrap();
    assert_eq!((result.status, result.notes.as_deref()), (CallStatus::Answered, Some("Gaplashildi")));
    assert_eq!((result.created_at, result.position, result.ended_at), (at(2), 2, Some(at(2))));
}

#[test]
fn what_is_known_better_later_keeps_the_calls_place() {
    let row = folded(vec![dialled(), ended(Reach::Unconfirmed, words()), corrected(Reach::Busy)]);
    assert_eq!((row.status, row.created_at, row.position), (Some(CallStatus::Busy), at(2), 2));
}

#[test]
fn nothing_is_known_of_a_forgotten_person_and_sealed_data_is_not_taken_for_none() {
    let row = folded(vec![dialled(), ended(Reach::Busy, Personal::Forgotten)]);
    assert_eq!((row.summary.clone(), row.recording_url.clone()), (None, None));
    let sealed = fact(4, ended(Reach::Busy, Personal::Sealed("k.c".to_owned())));
    assert!(CampaignCalls::fold(&mut Some(row), &sealed).is_err());
    assert!(CampaignCalls::fold(&mut None, &fact(1, ended(Reach::Busy, words()))).is_err());
}
