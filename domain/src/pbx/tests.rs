//! The sentences the watch over an exchange lives by.

use cqrs_es::test::TestFramework;

use super::*;

type Watches = TestFramework<Pbx>;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_759_775_400 + second, 0).unwrap()
}

fn synced(through: Option<i64>, second: i64) -> Synced {
    Synced { through: through.map(at), rows: 9, new: 4, at: at(second) }
}

fn gap(from: i64, to: i64) -> Command {
    Command::Miss { from: at(from), to: at(to), why: Gap::Unreachable, at: at(to) }
}

fn missed(from: i64, to: i64) -> Event {
    Event::MonitorGap { from: at(from), to: at(to), why: Gap::Unreachable, at: at(to) }
}

fn after(events: Vec<Event>) -> Pbx {
    events.into_iter().fold(Pbx::default(), |mut pbx, event| {
        pbx.apply(event);
        pbx
    })
}

#[test]
fn every_reading_of_the_log_is_recorded_and_none_takes_the_mark_back() {
    let first = Event::Synced(synced(Some(100), 110));
    Watches::with(())
        .given(vec![first.clone()])
        .when(Command::Sync(synced(Some(50), 120)))
        .then_expect_events(vec![Event::Synced(synced(Some(50), 120))]);
    let read = |later| after(vec![first.clone(), Event::Synced(synced(later, 120))]).through();
    assert_eq!(read(Some(50)), Some(at(100)));
    assert_eq!(read(None), Some(at(100)));
    assert_eq!(read(Some(119)), Some(at(119)));
}

#[test]
fn a_gap_has_a_length_and_gaps_do_not_overlap() {
    Watches::with(()).given_no_previous_events().when(gap(0, 9)).then_expect_events(vec![missed(0, 9)]);
    Watches::with(()).given_no_previous_events().when(gap(9, 9)).then_expect_error(Error::NoGap);
    Watches::with(()).given(vec![missed(0, 9)]).when(gap(8, 20)).then_expect_error(Error::NoGap);
    Watches::with(()).given(vec![missed(0, 9)]).when(gap(9, 20)).then_expect_events(vec![missed(9, 20)]);
}

#[test]
fn whoever_is_not_let_in_says_so_once_and_says_when_it_is_over() {
    let refused = |why| Event::Refused { why, at: at(1) };
    let refuse = |why| Command::Refuse { why, at: at(1) };
    let accepted = Event::Accepted { at: at(2) };
    let accept = || Command::Accept { at: at(2) };
    let (password, rights) = (Refusal::Password, Refusal::Rights);
    let begun = || Watches::with(()).given_no_previous_events();
    begun().when(refuse(password)).then_expect_events(vec![refused(password)]);
    begun().when(accept()).then_expect_events(vec![]);
    let again = || Watches::with(()).given(vec![refused(password)]);
    again().when(refuse(password)).then_expect_events(vec![]);
    again().when(refuse(rights)).then_expect_events(vec![refused(rights)]);
    again().when(accept()).then_expect_events(vec![accepted.clone()]);
    Watches::with(()).given(vec![refused(password), accepted]).when(accept()).then_expect_events(vec![]);
}

#[test]
fn what_was_heard_last_is_never_earlier_than_before() {
    let pbx = after(vec![Event::Refused { why: Refusal::Rights, at: at(9) }, missed(0, 5)]);
    assert_eq!(pbx.heard_at(), Some(at(9)));
    assert_eq!(pbx.refused(), Some(Refusal::Rights));
}

#[test]
fn a_stop_says_when_it_was_looked_last_unless_more_is_known() {
    let leave = || Command::Leave { at: at(5) };
    let heard = |second| Event::Accepted { at: at(second) };
    Watches::with(()).given(vec![heard(4)]).when(leave()).then_expect_events(vec![Event::Left { at: at(5) }]);
    Watches::with(()).given(vec![heard(6)]).when(leave()).then_expect_events(vec![]);
    assert_eq!(after(vec![heard(1), Event::Left { at: at(5) }]).heard_at(), Some(at(5)));
}
