//! What the screen makes of a contact in a campaign.

use super::*;

use std::sync::Arc;

use domain::conversation::{Path, Reach, Upshot};
use domain::fact::Circumstances;
use domain::ids::StreamId;
use domain::policy::eligible::{Figures, Rule, Standing};

fn at(secs: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000 + secs, 0).unwrap()
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn fact(position: Position, event: target::Event) -> Fact {
    Fact {
        position,
        stream: StreamId::stored(format!("1/{}/{}", id(1), id(2))),
        sequence: position,
        recorded_at: at(0),
        occurred_at: at(0),
        circumstances: Arc::new(Circumstances::default()),
        event: Event::Target(event),
    }
}

fn folded(events: Vec<target::Event>) -> TargetRow {
    let mut row = None;
    for (position, event) in (1..).zip(events) {
        Targets::fold(&mut row, &fact(position, event)).unwrap();
    }
    row.unwrap()
}

fn enlisted() -> target::Event {
    target::Event::Enlisted { at: at(0) }
}

fn dialled() -> target::Event {
    target::Event::Dialled { call: id(3), attempt: 1, number: None, was_skipped: false, at: at(1) }
}

fn ended(reach: Reach, next: Next, personal: Personal<Words>) -> target::Event {
    let outcome = Outcome { reach, path: Path::Answer, talk_secs: Some(45), cause: None };
    target::Event::Ended { call: id(3), outcome, next, at: at(46), personal }
}

#[test]
fn a_call_shows_from_its_beginning_to_its_end() {
    let waiting = folded(vec![enlisted()]);
    assert_eq!(
        (waiting.state, waiting.call_status, waiting.due_at),
        (State::Waiting, Status::Pending, Some(at(0)))
    );
    assert_eq!((waiting.campaign, waiting.contact), (id(1), id(2)));
    let calling = folded(vec![enlisted(), dialled()]);
    assert_eq!((calling.state, calling.call_status, calling.due_at), (State::Calling, Status::Calling, None));
    let words = Words { summary: Some("To'laydi".to_owned()), ..Words::default() };
    let over = ended(Reach::Reached(Upshot::Success), Next::Final, Personal::Clear(words));
    let over = folded(vec![enlisted(), dialled(), over]);
    assert_eq!((over.state, over.call_status, over.talk_secs), (State::Over, Status::Success, Some(45)));
    assert_eq!((over.summary.as_deref(), over.attempts), (Some("To'laydi"), 1));
}

#[test]
fn between_two_calls_the_last_one_shows() {
    let busy = ended(Reach::Busy, Next::Again { at: at(300) }, Personal::Forgotten);
    let row = folded(vec![enlisted(), dialled(), busy]);
    assert_eq!((row.state, row.call_status, row.due_at), (State::Waiting, Status::Busy, Some(at(300))));
    let wrong =
        folded(vec![enlisted(), dialled(), ended(Reach::InvalidNumber, Next::Retired, Personal::Forgotten)]);
    assert_eq!((wrong.call_status, wrong.reason.as_deref()), (Status::Failed, Some("INVALID_NUMBER")));
}

#[test]
fn what_holds_a_call_back_shows() {
    let decision = |until, rule| Decision { until, rule, figures: Figures::Contact(Standing::Inactive) };
    let put_off = |decision| target::Event::Deferred { decision, was_skipped: false, at: at(1) };
    let skipped = folded(vec![enlisted(), put_off(decision(None, Rule::ContactStatus))]);
    assert_eq!((skipped.state, skipped.due_at), (State::Skipped, None));
    assert_eq!(skipped.rule.as_deref(), Some("contact_status"));
    assert_eq!(skipped.figures.as_deref(), Some(r#"{"contact":"inactive"}"#));
    let later = folded(vec![enlisted(), put_off(decision(Some(at(60)), Rule::Window)), dialled()]);
    assert_eq!((later.state, later.rule, later.figures), (State::Calling, None, None));
}

#[test]
fn who_comes_back_begins_anew_in_the_same_place() {
    let dropped = target::Event::Dropped { counted: None, was_skipped: false, at: at(9) };
    let gone = folded(vec![
        enlisted(),
        dialled(),
        ended(Reach::Busy, Next::Final, Personal::Forgotten),
        dropped.clone(),
    ]);
    assert_eq!(gone.state, State::Dropped);
    let back = folded(vec![enlisted(), dropped, enlisted()]);
    assert_eq!((back.state, back.attempts, back.position), (State::Waiting, 0, 1));
}
