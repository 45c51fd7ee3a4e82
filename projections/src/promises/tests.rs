//! What the screen makes of a contact's promises.

use super::*;

use std::sync::Arc;

use cqrs_es::Aggregate as _;
use domain::conversation::Promise;
use domain::fact::Circumstances;
use domain::ids::{Organization, StreamId};
use domain::promise::Command;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000 + 60 * minute, 0).unwrap()
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 10, day).unwrap()
}

fn fact(position: Position, event: promise::Event) -> Fact {
    Fact {
        position,
        stream: StreamId::promises(&Organization::parse("1").unwrap(), id(7)),
        sequence: position,
        recorded_at: at(100),
        occurred_at: at(100),
        circumstances: Arc::new(Circumstances::default()),
        event: Event::Promise(event),
    }
}

/// The rows that the screen makes of what the domain says, as a follower would.
fn rows(commands: Vec<Command>) -> Vec<PromiseRow> {
    let (mut state, mut rows, mut position) = (promise::Promises::default(), vec![], 0);
    for command in commands {
        for event in state.decide(command).unwrap() {
            state.apply(event.clone());
            position += 1;
            let fact = fact(position, event);
            let (Touch::New(key) | Touch::Existing(key)) = Promises::touches(&fact).unwrap();
            let known = rows.iter().position(|row: &PromiseRow| row.id == key);
            let mut row = known.map(|known| rows.remove(known));
            Promises::fold(&mut row, &fact).unwrap();
            rows.push(row.unwrap());
        }
    }
    rows.sort_by_key(|row| row.position);
    rows
}

fn make(call: u128, minute: i64) -> Command {
    let promise = Promise { amount: Some(Amount::of_hundredths(1000)), due: Some(day(10)) };
    Command::Make { call: id(call), campaign: id(9), promise, until: at(minute + 50), at: at(minute) }
}

#[test]
fn a_promise_is_followed_to_its_end() {
    let (call, due) = (id(1), day(12));
    let pay = |hundredths| Command::Pay { call, amount: Amount::of_hundredths(hundredths), at: at(60) };
    let moved = Command::Reschedule { call, due, until: at(80), at: at(5) };
    let shown = rows(vec![make(1, 0), moved, pay(400), pay(600)]);
    let [row] = &shown[..] else { panic!("{shown:?}") };
    assert_eq!((row.status, row.paid, row.rescheduled), (Phase::Kept, Amount::of_hundredths(1000), 1));
    assert_eq!((row.due.as_deref(), row.until, row.contact), (Some("2025-10-12"), at(80), id(7)));
    assert_eq!((row.settled_at, row.made_at), (Some(at(60)), at(0)));
}

#[test]
fn each_of_a_contacts_promises_has_a_row() {
    let shown = rows(vec![make(1, 0), make(2, 7), Command::Break { call: id(2), at: at(60) }]);
    let told: Vec<_> = shown.iter().map(|row| (row.id, row.status, row.superseded_by)).collect();
    assert_eq!(told, [(id(1), Phase::Superseded, Some(id(2))), (id(2), Phase::Broken, None)]);
}

#[test]
fn a_promise_is_made_once() {
    let mut row = rows(vec![make(1, 0)]).pop();
    let event = promise::Event::Kept { call: id(1), at: at(1) };
    assert!(Promises::fold(&mut None, &fact(9, event)).is_err());
    let due = None;
    let again =
        promise::Event::Made { call: id(1), campaign: id(9), amount: None, due, until: at(1), at: at(1) };
    assert!(Promises::fold(&mut row, &fact(9, again)).is_err());
}
