//! The sentences a contact's promises live by.

use cqrs_es::test::TestFramework;

use super::*;
use crate::conversation::{Outcome, Path};
use crate::target::Words;

type Told = TestFramework<Promises>;

const UNTIL: i64 = 100;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_759_775_400 + 60 * minute, 0).unwrap()
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn soms(hundredths: i64) -> Amount {
    Amount::of_hundredths(hundredths)
}

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 10, day).unwrap()
}

fn make(call: u128, minute: i64) -> Command {
    let promise = Promise { amount: Some(soms(1000)), due: Some(day(10)) };
    Command::Make { call: id(call), campaign: id(9), promise, until: at(minute + UNTIL), at: at(minute) }
}

fn made(call: u128, minute: i64) -> Event {
    let (amount, due) = (Some(soms(1000)), Some(day(10)));
    Event::Made { call: id(call), campaign: id(9), amount, due, until: at(minute + UNTIL), at: at(minute) }
}

fn pay(call: u128, hundredths: i64) -> Command {
    Command::Pay { call: id(call), amount: soms(hundredths), at: at(5) }
}

fn paid(hundredths: i64) -> Event {
    Event::Paid { call: id(1), amount: soms(hundredths), at: at(5) }
}

fn kept() -> Event {
    Event::Kept { call: id(1), at: at(5) }
}

fn broken(minute: i64) -> Event {
    Event::Broken { call: id(1), at: at(minute) }
}

fn break_it(minute: i64) -> Command {
    Command::Break { call: id(1), at: at(minute) }
}

#[test]
fn a_promise_is_made_once_a_call() {
    Told::with(()).given_no_previous_events().when(make(1, 0)).then_expect_events(vec![made(1, 0)]);
    Told::with(()).given(vec![made(1, 0)]).when(make(1, 0)).then_expect_events(vec![]);
    let replaced = Event::Superseded { call: id(1), by: id(2), at: at(7) };
    let both = vec![made(1, 0), replaced.clone(), made(2, 7)];
    Told::with(()).given(vec![made(1, 0)]).when(make(2, 7)).then_expect_events(vec![replaced, made(2, 7)]);
    Told::with(()).given(both).when(make(1, 8)).then_expect_events(vec![]);
}

#[test]
fn a_later_promise_finds_an_overdue_one_broken() {
    let later = vec![broken(UNTIL), made(2, UNTIL)];
    Told::with(()).given(vec![made(1, 0)]).when(make(2, UNTIL)).then_expect_events(later);
}

#[test]
fn it_is_broken_when_its_time_is_over_and_not_before() {
    Told::with(()).given(vec![made(1, 0)]).when(break_it(UNTIL - 1)).then_expect_events(vec![]);
    Told::with(()).given(vec![made(1, 0)]).when(break_it(UNTIL)).then_expect_events(vec![broken(UNTIL)]);
    for over in [kept(), broken(UNTIL), Event::Withdrawn { call: id(1), at: at(5) }] {
        Told::with(()).given(vec![made(1, 0), over]).when(break_it(UNTIL + 1)).then_expect_events(vec![]);
    }
    let put_off = Event::Rescheduled { call: id(1), due: day(20), until: at(2 * UNTIL), at: at(5) };
    Told::with(()).given(vec![made(1, 0), put_off]).when(break_it(UNTIL)).then_expect_events(vec![]);
}

#[test]
fn parts_add_up_to_a_promise_that_is_kept() {
    Told::with(()).given(vec![made(1, 0)]).when(pay(1, 400)).then_expect_events(vec![paid(400)]);
    let whole = vec![paid(600), kept()];
    Told::with(()).given(vec![made(1, 0), paid(400)]).when(pay(1, 600)).then_expect_events(whole);
    let more = vec![made(1, 0), paid(1000), kept()];
    Told::with(()).given(more).when(pay(1, 5)).then_expect_events(vec![paid(5)]);
}

#[test]
fn of_a_promise_without_an_amount_any_payment_is_all_of_it() {
    let undated =
        Event::Made { call: id(1), campaign: id(9), amount: None, due: None, until: at(UNTIL), at: at(0) };
    Told::with(()).given(vec![undated]).when(pay(1, 1)).then_expect_events(vec![paid(1), kept()]);
}

#[test]
fn money_that_comes_late_keeps_what_was_broken() {
    let late = || vec![made(1, 0), broken(UNTIL)];
    Told::with(())
        .given(late())
        .when(Command::Keep { call: id(1), at: at(5) })
        .then_expect_events(vec![kept()]);
    Told::with(()).given(late()).when(pay(1, 999)).then_expect_events(vec![paid(999)]);
    let reschedule = Command::Reschedule { call: id(1), due: day(20), until: at(300), at: at(200) };
    Told::with(()).given(late()).when(reschedule).then_expect_error(Error::Over);
}

#[test]
fn another_day_is_agreed_on_while_it_is_open() {
    let reschedule = |due| Command::Reschedule { call: id(1), due: day(due), until: at(300), at: at(5) };
    let put_off = Event::Rescheduled { call: id(1), due: day(20), until: at(300), at: at(5) };
    Told::with(()).given(vec![made(1, 0)]).when(reschedule(20)).then_expect_events(vec![put_off]);
    Told::with(()).given(vec![made(1, 0)]).when(reschedule(10)).then_expect_events(vec![]);
}

#[test]
fn what_was_replaced_or_never_made_cannot_be_changed() {
    let replaced = Event::Superseded { call: id(1), by: id(2), at: at(7) };
    let both = || vec![made(1, 0), replaced.clone(), made(2, 7)];
    for command in [pay(1, 5), Command::Keep { call: id(1), at: at(8) }] {
        Told::with(()).given(both()).when(command).then_expect_error(Error::Over);
    }
    Told::with(()).given(both()).when(pay(3, 5)).then_expect_error(Error::Unknown);
    Told::with(()).given(both()).when(break_it(UNTIL)).then_expect_events(vec![]);
}

#[test]
fn what_was_misheard_is_withdrawn_unless_it_was_kept() {
    let withdraw = || Command::Withdraw { call: id(1), at: at(6) };
    let withdrawn = || Event::Withdrawn { call: id(1), at: at(6) };
    for before in [vec![made(1, 0)], vec![made(1, 0), broken(UNTIL)]] {
        Told::with(()).given(before).when(withdraw()).then_expect_events(vec![withdrawn()]);
    }
    Told::with(()).given(vec![made(1, 0), withdrawn()]).when(withdraw()).then_expect_events(vec![]);
    Told::with(()).given(vec![made(1, 0), kept()]).when(withdraw()).then_expect_error(Error::Over);
    Told::with(()).given(vec![made(1, 0), withdrawn()]).when(pay(1, 1)).then_expect_error(Error::Over);
}

#[test]
fn a_call_speaks_of_a_promise_only_where_one_was_made() {
    let promise = Promise { amount: Some(soms(1000)), due: Some(day(10)) };
    let ending = |reach, next| {
        let outcome = Outcome { reach, path: Path::Answer, talk_secs: None, cause: None };
        Ending { outcome, words: Words::default(), next }
    };
    let promised = ending(Reach::Reached(Upshot::PromiseToPay(promise)), Next::Promised { until: at(UNTIL) });
    assert_eq!(heard((id(1), id(9)), &promised, at(0)), Some(make(1, 0)));
    let refused = ending(Reach::Reached(Upshot::Refused), Next::Final);
    assert_eq!(heard((id(1), id(9)), &refused, at(0)), None);
}
