//! The sentences a contact of a campaign lives by.

use super::*;
use crate::conversation::{Path, Reach, Upshot};
use crate::policy::eligible::{Figures, Rule, Standing};

const NUMBER: Fingerprint = Fingerprint([7; 16]);

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_759_775_400 + 60 * minute, 0).unwrap()
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn outcome(reach: Reach) -> Outcome {
    Outcome { reach, path: Path::Answer, talk_secs: None, cause: None }
}

fn end(call: u128, reach: Reach, next: Next) -> Command {
    let ending = Box::new(Ending { outcome: outcome(reach), words: Words::default(), next });
    Command::End { call: id(call), ending, at: at(3) }
}

fn enlisted() -> Event {
    Event::Enlisted { at: at(0) }
}

fn dialled(call: u128) -> Event {
    Event::Dialled { call: id(call), attempt: 1, number: Some(NUMBER), was_skipped: false, at: at(1) }
}

fn ended(call: u128, reach: Reach, next: Next) -> Event {
    let personal = Personal::Clear(Words::default());
    Event::Ended { call: id(call), outcome: outcome(reach), next, at: at(3), personal }
}

fn dial(call: u128) -> Command {
    Command::Dial { call: id(call), number: NUMBER, at: at(1) }
}

fn again() -> Next {
    Next::Again { at: at(10) }
}

fn after(events: &[Event]) -> Target {
    let mut target = Target::default();
    for event in events {
        target.apply(event.clone());
    }
    target
}

fn suppressed() -> Decision {
    let figures = Figures::Contact(Standing::Inactive);
    Decision { until: None, rule: Rule::ContactStatus, figures }
}

#[test]
fn one_call_is_under_way_at_a_time() {
    let waiting = after(&[enlisted()]);
    assert_eq!(waiting.decide(dial(1)), Ok(vec![dialled(1)]));
    let calling = after(&[enlisted(), dialled(1)]);
    assert_eq!(calling.decide(dial(1)), Ok(vec![]));
    assert_eq!(calling.decide(dial(2)), Err(Error::Calling { call: id(1) }));
    assert_eq!(calling.decide(Command::Drop { at: at(2) }), Err(Error::Calling { call: id(1) }));
    assert_eq!(after(&[]).decide(dial(1)), Err(Error::Unknown));
}

#[test]
fn what_follows_on_a_call_decides_whether_it_is_over() {
    let busy = after(&[enlisted(), dialled(1), ended(1, Reach::Busy, again())]);
    assert_eq!((busy.phase(), busy.view().retry_at), (Phase::Waiting, Some(at(10))));
    let callback = Next::Callback { at: at(20) };
    let asked = Reach::Reached(Upshot::CallbackRequested { at: Some(at(20)) });
    let asked = after(&[enlisted(), dialled(1), ended(1, asked, callback)]);
    assert_eq!((asked.phase(), asked.view().callback_at), (Phase::Waiting, Some(at(20))));
    let over = after(&[enlisted(), dialled(1), ended(1, Reach::Reached(Upshot::Success), Next::Final)]);
    assert_eq!((over.phase(), over.decide(dial(2))), (Phase::Over, Err(Error::Over)));
}

#[test]
fn an_agent_that_answers_twice_is_heard_once() {
    let over = after(&[enlisted(), dialled(1), ended(1, Reach::Busy, again())]);
    assert_eq!(over.decide(end(1, Reach::Busy, Next::Final)), Ok(vec![]));
    assert_eq!(over.decide(end(1, Reach::NoAnswer, Next::Final)), Ok(vec![]), "that is less than is known");
    assert_eq!(over.decide(end(7, Reach::Busy, Next::Final)), Ok(vec![]), "nobody asked for that call");
    let calling = after(&[enlisted(), dialled(1)]);
    assert_eq!(calling.decide(end(7, Reach::Busy, Next::Final)), Ok(vec![]), "it is another call");
}

#[test]
fn a_call_that_was_never_placed_leaves_nothing_behind() {
    let withdraw = |call| Command::Withdraw { call: id(call), at: at(2) };
    let withdrawn = |call, status| Event::Withdrawn { call: id(call), status, at: at(2) };
    let calling = [enlisted(), dialled(1)];
    assert_eq!(after(&calling).decide(withdraw(1)), Ok(vec![withdrawn(1, Status::Pending)]));
    assert_eq!(after(&calling).decide(withdraw(2)), Ok(vec![]), "it is another call");
    let waiting = after(&[enlisted(), dialled(1), withdrawn(1, Status::Pending)]);
    assert_eq!(waiting.decide(dial(2)), Ok(vec![dialled(2)]), "it is the first attempt still");
    assert_eq!(waiting.decide(end(1, Reach::Busy, again())), Ok(vec![]));
    let busy = [enlisted(), dialled(1), ended(1, Reach::Busy, again())];
    let second =
        Event::Dialled { call: id(2), attempt: 2, number: Some(NUMBER), was_skipped: false, at: at(10) };
    let back = after(&[&busy[..], &[second, withdrawn(2, Status::Busy)]].concat());
    assert_eq!(back.view().retry_at, Some(at(10)), "what it waited for it waits for again");
}

#[test]
fn a_call_is_known_by_the_number_it_rang() {
    let calling = after(&[enlisted(), dialled(1)]);
    assert_eq!((calling.rang(id(1)), calling.rang(id(2))), (Some((at(1), Some(NUMBER))), None));
    let events = [enlisted(), dialled(1), ended(1, Reach::Busy, again()), dialled(2)];
    let dropped = Event::Dropped { counted: None, was_skipped: false, at: at(9) };
    for known in [after(&events[..3]), after(&events), after(&[&events[..3], &[dropped]].concat())] {
        assert_eq!(known.rang(id(1)), Some((at(1), Some(NUMBER))));
    }
}

#[test]
fn the_agent_takes_a_call_once() {
    let accept = || Command::Accept { call: id(1), reference: Some("c-1".to_owned()), at: at(2) };
    let calling = [enlisted(), dialled(1)];
    let accepted = after(&calling).decide(accept()).unwrap();
    assert_eq!(accepted.len(), 1);
    let taken = after(&[&calling[..], &accepted].concat());
    assert_eq!(taken.live().unwrap().reference.as_deref(), Some("c-1"));
    assert_eq!(taken.decide(accept()), Ok(vec![]));
}

#[test]
fn what_was_given_up_is_corrected_once() {
    let given_up = [enlisted(), dialled(1), ended(1, Reach::Unconfirmed, Next::Final)];
    let target = after(&given_up);
    assert_eq!(target.phase(), Phase::Over);
    let late = target.decide(end(1, Reach::Reached(Upshot::Success), Next::Final)).unwrap();
    assert!(matches!(late[..], [Event::Corrected { counted: Some(Status::Failed), .. }]), "{late:?}");
    let corrected = after(&[&given_up[..], &late].concat());
    assert_eq!(corrected.last().unwrap().outcome.reach, Reach::Reached(Upshot::Success));
    assert_eq!(corrected.decide(end(1, Reach::Busy, again())), Ok(vec![]));
    assert_eq!(target.decide(end(1, Reach::Unconfirmed, Next::Final)), Ok(vec![]), "that is no news");
}

fn told(call: u128, reach: Reach, summary: Option<&str>, next: Next) -> Command {
    let words = Words { summary: summary.map(str::to_owned), ..Words::default() };
    let ending = Box::new(Ending { outcome: outcome(reach), words, next });
    Command::End { call: id(call), ending, at: at(5) }
}

#[test]
fn what_a_later_report_adds_is_kept_and_what_it_lacks_stands() {
    let success = Reach::Reached(Upshot::Success);
    let mut target = after(&[enlisted(), dialled(1), ended(1, success.clone(), Next::Final)]);
    let mut learn = |command: Command| {
        let events = target.decide(command.clone()).unwrap();
        for event in &events {
            target.apply(event.clone());
        }
        assert_eq!(target.decide(command), Ok(vec![]), "the same again is nothing new");
        (events, target.clone())
    };
    let (events, fuller) = learn(told(1, success, Some("Kelishildi"), Next::Final));
    assert!(matches!(events[..], [Event::Corrected { next: None, counted: None, .. }]), "{events:?}");
    assert_eq!(fuller.phase(), Phase::Over);
    let (events, _) = learn(told(1, Reach::NoAnswer, Some("-"), again()));
    assert!(events.is_empty(), "less is known of it there: {events:?}");
    let out = Reach::Reached(Upshot::OptedOut);
    let (events, gone) = learn(told(1, out.clone(), None, Next::OptedOut));
    let [Event::Corrected { next, was: Some(was), counted, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!((*next, *counted), (Some(Next::OptedOut), Some(Status::Success)));
    assert_eq!((was.outcome.reach.clone(), was.ended_at), (Reach::Reached(Upshot::Success), at(3)));
    let last = gone.last().unwrap();
    assert_eq!((last.outcome.reach.clone(), last.words.summary.as_deref()), (out, Some("Kelishildi")));
    let (events, _) = learn(told(1, Reach::Reached(Upshot::Refused), None, Next::Final));
    assert!(events.is_empty(), "nothing undoes the wish not to be called: {events:?}");
}

#[test]
fn news_of_an_earlier_call_leave_the_one_that_came_since_alone() {
    let busy = [enlisted(), dialled(1), ended(1, Reach::Busy, again())];
    let waiting = after(&busy);
    let late = || told(1, Reach::Reached(Upshot::OptedOut), None, Next::OptedOut);
    let events = waiting.decide(late()).unwrap();
    assert!(matches!(events[..], [Event::Corrected { next: Some(Next::OptedOut), counted: None, .. }]));
    assert_eq!(after(&[&busy[..], &events].concat()).phase(), Phase::Over);
    let calling = [&busy[..], &[dialled(2)]].concat();
    let events = after(&calling).decide(late()).unwrap();
    assert!(matches!(events[..], [Event::Corrected { next: None, counted: None, .. }]), "{events:?}");
    let known = after(&[&calling[..], &events].concat());
    assert_eq!(known.phase(), Phase::Calling(id(2)));
    assert_eq!(known.decide(late()), Ok(vec![]));
    let skipped = Event::Deferred { decision: suppressed(), was_skipped: false, at: at(4) };
    let events = after(&[&busy[..], &[skipped]].concat()).decide(late()).unwrap();
    assert!(matches!(events[..], [Event::Corrected { was_skipped: true, .. }]), "{events:?}");
}

#[test]
fn a_decision_is_told_when_it_changes() {
    let defer = |decision| Command::Defer { decision, at: at(2) };
    let deferred = Event::Deferred { decision: suppressed(), was_skipped: false, at: at(2) };
    assert_eq!(after(&[enlisted()]).decide(defer(suppressed())), Ok(vec![deferred.clone()]));
    let skipped = after(&[enlisted(), deferred]);
    assert_eq!(skipped.decide(defer(suppressed())), Ok(vec![]));
    let later = Decision { until: Some(at(60)), rule: Rule::Window, figures: Figures::Nothing };
    assert_eq!(
        skipped.decide(defer(later)),
        Ok(vec![Event::Deferred { decision: later, was_skipped: true, at: at(2) }])
    );
    let dialled =
        Event::Dialled { call: id(1), attempt: 1, number: Some(NUMBER), was_skipped: true, at: at(1) };
    assert_eq!(skipped.decide(dial(1)), Ok(vec![dialled]));
}

#[test]
fn who_leaves_takes_what_was_counted_along() {
    let over = after(&[enlisted(), dialled(1), ended(1, Reach::NoAnswer, Next::Final)]);
    let dropped = Event::Dropped { counted: Some(Status::NoAnswer), was_skipped: false, at: at(9) };
    assert_eq!(over.decide(Command::Drop { at: at(9) }), Ok(vec![dropped.clone()]));
    let gone = after(&[enlisted(), dropped]);
    assert_eq!(gone.decide(dial(1)), Err(Error::Unknown));
    assert_eq!(gone.decide(Command::Enlist { at: at(10) }), Ok(vec![Event::Enlisted { at: at(10) }]));
}
