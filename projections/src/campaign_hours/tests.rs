//! What an hour of a campaign counts.

use super::*;

use std::sync::Arc;

use chrono::TimeDelta;
use domain::conversation::Path;
use domain::fact::Circumstances;
use domain::ids::StreamId;
use domain::personal::Personal;
use domain::policy::retry::Next;

/// Half past a full hour.
fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_002_200, 0).unwrap() + TimeDelta::minutes(minutes)
}

fn outcome(reach: Reach) -> Outcome {
    Outcome { reach, path: Path::Answer, talk_secs: Some(20), cause: None }
}

fn fact(event: target::Event) -> Fact {
    Fact {
        position: 9,
        stream: StreamId::target(&Organization::parse("1").unwrap(), Uuid::from_u128(1), Uuid::from_u128(2)),
        sequence: 1,
        recorded_at: at(0),
        occurred_at: at(0),
        circumstances: Arc::new(Circumstances::default()),
        event: Event::Target(event),
    }
}

fn dialled(minutes: i64) -> target::Event {
    target::Event::Dialled {
        call: Uuid::nil(),
        attempt: 1,
        number: None,
        was_skipped: false,
        at: at(minutes),
    }
}

fn ended(reach: Reach, minutes: i64) -> target::Event {
    let personal = Personal::Forgotten;
    let (call, next) = (Uuid::nil(), Next::Final);
    target::Event::Ended { call, outcome: outcome(reach), next, at: at(minutes), personal }
}

fn corrected(reach: Reach, was: Option<(Reach, i64)>, minutes: i64) -> target::Event {
    let was = was.map(|(reach, minutes)| target::Was { outcome: outcome(reach), ended_at: at(minutes) });
    target::Event::Corrected {
        call: Uuid::nil(),
        outcome: outcome(reach),
        next: Some(Next::Final),
        was: was.map(Box::new),
        was_skipped: false,
        counted: None,
        at: at(minutes),
        personal: Personal::Forgotten,
    }
}

fn hours(events: Vec<target::Event>) -> Vec<HourRow> {
    let mut rows: Vec<HourRow> = vec![];
    for event in events {
        let fact = fact(event);
        let Some(Touch::New(key) | Touch::Existing(key)) = CampaignHours::touches(&fact) else { continue };
        let known = rows.iter().position(|row| row.stream == key);
        let mut row = known.map(|known| rows.remove(known));
        CampaignHours::fold(&mut row, &fact).unwrap();
        assert_eq!(row.as_ref().unwrap().stream, key);
        rows.push(row.unwrap());
    }
    rows.sort_by_key(|row| row.hour);
    rows
}

#[test]
fn a_call_counts_when_it_is_placed_and_its_outcome_when_it_is_learnt() {
    let rows = hours(vec![
        dialled(0),
        dialled(29),
        ended(Reach::Busy, 29),
        ended(Reach::Reached(Upshot::Success), 30),
    ]);
    let [first, second] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((first.hour, second.hour), (at(-30), at(30)));
    assert_eq!((first.calls, first.busy, first.conversations), (2, 1, 0));
    assert_eq!((first.first_call_at, first.last_call_at), (Some(at(0)), Some(at(29))));
    assert_eq!((second.calls, second.succeeded, second.successes), (0, 1, 1));
    assert_eq!((second.conversations, second.talk_secs, second.first_call_at), (1, 20, None));
}

#[test]
fn what_was_never_placed_and_what_is_known_better_is_taken_back() {
    let rows = hours(vec![
        dialled(0),
        target::Event::Withdrawn { call: Uuid::nil(), status: Status::Pending, at: at(1) },
        dialled(2),
        ended(Reach::Unconfirmed, 3),
        corrected(Reach::NoAnswer, None, 4),
    ]);
    assert_eq!((rows[0].calls, rows[0].unconfirmed, rows[0].no_answer), (1, 0, 1));
}

#[test]
fn what_is_known_better_an_hour_later_counts_when_it_was_counted_first() {
    let was = Some((Reach::Reached(Upshot::Success), 3));
    let rows = hours(vec![
        dialled(0),
        ended(Reach::Reached(Upshot::Success), 3),
        corrected(Reach::Reached(Upshot::Refused), was, 93),
    ]);
    let [only] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((only.succeeded, only.successes, only.refused, only.conversations), (0, 0, 1, 1));
    assert_eq!(only.talk_secs, 20);
}

#[test]
fn every_outcome_has_a_column_of_its_own() {
    let upshots = [
        Upshot::Success,
        Upshot::Failed,
        Upshot::PromiseToPay(domain::conversation::Promise::default()),
        Upshot::CallbackRequested { at: None },
        Upshot::Refused,
        Upshot::OptedOut,
        Upshot::Dropped,
    ];
    let others = [
        Reach::Busy,
        Reach::NoAnswer,
        Reach::Rejected,
        Reach::Unavailable,
        Reach::InvalidNumber,
        Reach::NetworkError,
        Reach::AgentRefused,
        Reach::Unconfirmed,
    ];
    let all: Vec<Reach> = upshots.into_iter().map(Reach::Reached).chain(others).collect();
    for reach in &all {
        let row = hours(vec![ended(reach.clone(), 0)]).remove(0);
        let came: Vec<_> = row.outcomes().into_iter().filter(|(.., calls)| *calls > 0).collect();
        let shown = outcome(reach.clone()).shown();
        assert_eq!(came, [(shown.status, shown.reason, 1)], "{reach:?}");
    }
    let row = hours(all.into_iter().map(|reach| ended(reach, 0)).collect()).remove(0);
    assert!(row.outcomes().iter().all(|(.., calls)| *calls == 1), "{row:?}");
}
