//! The sentences a call lives by. What a number counts as must not depend on the order in which reports arrive,
//! nor on how often a sender says them.

use cqrs_es::Aggregate;
use cqrs_es::test::TestFramework;
use proptest::prelude::*;

use super::*;
use crate::outcome::Class;

type Calls = TestFramework<Call>;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_759_775_400 + second, 0).unwrap()
}

fn said(status: CallStatus) -> Report {
    Report {
        id: Uuid::from_u128(1),
        event_id: None,
        listing: Listing::Listed,
        status,
        talk_secs: None,
        started_at: Some(at(0)),
        ended_at: None,
        details: Details { phone: "90 123-45-67".to_owned(), ..Details::default() },
        at: at(60),
    }
}

fn noted(report: Report, notes: &str) -> Report {
    let details = Details { notes: Some(notes.to_owned()), ..report.details.clone() };
    Report { details, ..report }
}

fn told(report: Report, before: Option<CallStatus>, after: CallStatus) -> Told {
    Told {
        id: Uuid::from_u128(1),
        event_id: report.event_id,
        listing: report.listing,
        status: report.status,
        before,
        after,
        talk_secs: report.talk_secs,
        started_at: report.started_at,
        ended_at: report.ended_at,
        at: report.at,
        personal: Personal::Clear(report.details),
    }
}

fn tell(report: Report) -> Command {
    Command::Report(Box::new(report))
}

/// A busy line, as the first thing heard of an attempt.
fn busy() -> Event {
    Event::Reported(told(said(CallStatus::Busy), None, CallStatus::Busy))
}

#[test]
fn the_first_report_of_a_number_counts_it() {
    Calls::with(())
        .given_no_previous_events()
        .when(tell(said(CallStatus::Busy)))
        .then_expect_events(vec![busy()]);
}

#[test]
fn a_stronger_status_is_an_upgrade_of_the_same_attempt() {
    let answered = Report { id: Uuid::from_u128(2), ..said(CallStatus::Answered) };
    let upgrade = told(answered.clone(), Some(CallStatus::Busy), CallStatus::Answered);
    Calls::with(())
        .given(vec![busy()])
        .when(tell(answered))
        .then_expect_events(vec![Event::Strengthened(upgrade)]);
}

#[test]
fn a_weaker_status_that_comes_late_is_kept_and_changes_nothing() {
    let late = said(CallStatus::NoAnswer);
    let overtaken = told(late.clone(), Some(CallStatus::Busy), CallStatus::Busy);
    Calls::with(())
        .given(vec![busy()])
        .when(tell(late))
        .then_expect_events(vec![Event::Overtaken(overtaken)]);
}

#[test]
fn another_start_is_another_attempt_of_the_same_number() {
    let second =
        Report { id: Uuid::from_u128(2), started_at: Some(at(300)), ..said(CallStatus::ConnectedToOperator) };
    let after = CallStatus::ConnectedToOperator;
    let told = Told { id: second.id, ..told(second.clone(), Some(CallStatus::Busy), after) };
    Calls::with(()).given(vec![busy()]).when(tell(second)).then_expect_events(vec![Event::Reported(told)]);
}

#[test]
fn what_is_said_twice_is_heard_once() {
    Calls::with(()).given(vec![busy()]).when(tell(said(CallStatus::Busy))).then_expect_events(vec![]);
}

#[test]
fn a_senders_own_id_is_heard_again_with_another_outcome() {
    let named = |status| Report { event_id: Some("e-1".to_owned()), ..said(status) };
    let mut call = heard(&[named(CallStatus::Busy)]);
    assert!(tell_to(&mut call, named(CallStatus::Busy)).is_empty(), "the same outcome is a repetition");
    assert_eq!(tell_to(&mut call, named(CallStatus::Answered)).len(), 1, "another outcome is news");
}

#[test]
fn a_detail_that_was_missing_is_an_amendment_and_counts_nothing() {
    let richer = noted(said(CallStatus::Busy), "Ertaga qo'ng'iroq qiling");
    let personal = Personal::Clear(richer.details.clone());
    let amendment = Amendment { id: Uuid::from_u128(1), at: at(60), personal };
    Calls::with(())
        .given(vec![busy()])
        .when(tell(richer))
        .then_expect_events(vec![Event::Amended(amendment)]);
}

#[test]
fn a_weaker_report_fills_gaps_and_replaces_nothing() {
    let strong = Report { talk_secs: Some(45), ..noted(said(CallStatus::Answered), "kept") };
    let mut weak =
        Report { talk_secs: Some(1), ended_at: Some(at(45)), ..noted(said(CallStatus::Busy), "lost") };
    weak.details.operator_name = Some("Alisher".to_owned());
    let call = heard(&[strong, weak]);
    let attempt = call.attempt(Some(at(0))).unwrap();
    assert_eq!((attempt.status, attempt.talk_secs), (CallStatus::Answered, Some(45)));
    assert_eq!(attempt.ended_at, Some(at(45)));
    assert_eq!(attempt.details.notes.as_deref(), Some("kept"));
    assert_eq!(attempt.details.operator_name.as_deref(), Some("Alisher"));
}

#[test]
fn the_phone_stays_as_it_was_first_written() {
    let mut second = said(CallStatus::Answered);
    second.details.phone = "+998901234567".to_owned();
    let call = heard(&[said(CallStatus::Busy), second]);
    assert_eq!(call.attempt(Some(at(0))).unwrap().details.phone, "90 123-45-67");
}

#[test]
fn somebody_who_plays_with_the_webhook_is_stopped() {
    let attempt = |n: usize| Report {
        id: Uuid::from_u128(n.try_into().unwrap()),
        started_at: Some(at(n.try_into().unwrap())),
        ..said(CallStatus::Busy)
    };
    let call = heard(&(0..REPORTS_MAX).map(attempt).collect::<Vec<_>>());
    let one_more = call.decide(tell(attempt(REPORTS_MAX)));
    assert_eq!(one_more, Err(Error::TooManyReports { max: REPORTS_MAX }));
    assert_eq!(call.decide(tell(attempt(0))), Ok(vec![]), "a repetition is still recognised");
}

#[test]
fn a_call_prints_nothing_personal() {
    let event = busy();
    assert!(!format!("{event:?}").contains("123"), "{event:?}");
}

#[test]
fn a_call_that_is_not_sealed_cannot_be_stored() {
    assert!(serde_json::to_string(&busy()).is_err());
}

#[test]
fn a_late_repetition_of_a_weaker_report_takes_nothing_back() {
    let (weak, strong) = (noted(said(CallStatus::Busy), "weak"), noted(said(CallStatus::Answered), "strong"));
    let mut call = heard(&[weak.clone(), strong]);
    assert_eq!(tell_to(&mut call, weak), vec![]);
    assert_eq!(call.attempt(Some(at(0))).unwrap().details.notes.as_deref(), Some("strong"));
}

#[test]
fn a_senders_id_that_is_used_for_two_attempts_tells_of_both() {
    let named = |status, start| Report {
        event_id: Some("e-1".to_owned()),
        started_at: Some(at(start)),
        ..said(status)
    };
    let second = Report { id: Uuid::from_u128(2), started_at: Some(at(300)), ..said(CallStatus::Busy) };
    let call = heard(&[named(CallStatus::Answered, 0), second, named(CallStatus::Answered, 300)]);
    assert_eq!(call.attempt(Some(at(300))).unwrap().status, CallStatus::Answered);
}

/// Says a report and applies what follows from it.
fn tell_to(call: &mut Call, report: Report) -> Vec<Event> {
    let events = call.decide(tell(report)).unwrap();
    for event in events.clone() {
        call.apply(event);
    }
    events
}

fn heard(reports: &[Report]) -> Call {
    let mut call = Call::default();
    for report in reports {
        tell_to(&mut call, report.clone());
    }
    call
}

/// What each attempt stands at, whatever order they were heard in.
fn attempts(call: &Call) -> Vec<(Option<DateTime<Utc>>, CallStatus)> {
    let mut all: Vec<_> = call.attempts.iter().map(|attempt| (attempt.started_at, attempt.status)).collect();
    all.sort_by_key(|(started_at, _)| *started_at);
    all
}

/// The counters of a session, moved as its screen moves them: by what a report changed.
#[derive(Debug, Default, PartialEq)]
struct Tally {
    processed: i64,
    connected: i64,
    failed: i64,
}

impl Tally {
    fn move_by(&mut self, event: &Event) {
        let (Event::Reported(told) | Event::Strengthened(told) | Event::Overtaken(told)) = event else {
            return;
        };
        if let Some(before) = told.before {
            self.count(before, -1);
        }
        self.count(told.after, 1);
    }

    fn count(&mut self, status: CallStatus, by: i64) {
        self.processed += by;
        match status.class() {
            Class::Connected => self.connected += by,
            Class::Failed => self.failed += by,
        }
    }
}

fn any_status() -> impl Strategy<Value = CallStatus> {
    prop::sample::select(CallStatus::ALL.to_vec())
}

prop_compose! {
    /// Few different values, so that reports meet each other often.
    fn any_report()(
        id in any::<u128>(),
        status in any_status(),
        start in prop::option::of(0_i64..3),
        end in prop::option::of(10_i64..12),
        talk_secs in prop::option::of(0_u32..2),
        event_id in prop::option::of("[ab]"),
        notes in prop::option::of("[xy]"),
        operator_name in prop::option::of("[xy]"),
    ) -> Report {
        let (id, started_at, ended_at) = (Uuid::from_u128(id), start.map(at), end.map(at));
        let details = Details { operator_name, notes, ..said(status).details };
        Report { id, event_id, talk_secs, started_at, ended_at, details, ..said(status) }
    }
}

/// The same reports twice over: once as they came, once shuffled with some of them repeated.
fn any_retelling() -> impl Strategy<Value = (Vec<Report>, Vec<Report>)> {
    prop::collection::vec(any_report(), 1..12).prop_flat_map(|reports| {
        let again = prop::sample::subsequence(reports.clone(), 0..=reports.len());
        again.prop_flat_map(move |again| {
            (Just(reports.clone()), Just([reports.clone(), again].concat()).prop_shuffle())
        })
    })
}

proptest! {
    #[test]
    fn order_and_repetition_change_no_standing((reports, shuffled) in any_retelling()) {
        let (one, other) = (heard(&reports), heard(&shuffled));
        prop_assert_eq!(attempts(&one), attempts(&other));
        prop_assert_eq!(one.standing(), other.standing());
    }

    #[test]
    fn a_number_stands_at_the_strongest_that_was_said(reports in prop::collection::vec(any_report(), 1..12)) {
        let strongest = reports.iter().map(|report| report.status).reduce(CallStatus::stronger);
        prop_assert_eq!(heard(&reports).standing(), strongest);
    }

    #[test]
    fn processed_is_connected_and_failed(numbers in prop::collection::vec(prop::collection::vec(any_report(), 0..8), 0..8)) {
        let mut tally = Tally::default();
        for reports in &numbers {
            let mut call = Call::default();
            for report in reports {
                for event in tell_to(&mut call, report.clone()) {
                    tally.move_by(&event);
                }
                prop_assert_eq!(tally.processed, tally.connected + tally.failed);
            }
        }
        let heard_of = numbers.iter().filter(|reports| !reports.is_empty()).count();
        prop_assert_eq!(tally.processed, i64::try_from(heard_of).unwrap());
    }

    #[test]
    fn each_report_begins_where_the_last_one_ended(reports in prop::collection::vec(any_report(), 1..12)) {
        let (mut call, mut standing) = (Call::default(), None);
        for report in reports {
            for event in tell_to(&mut call, report) {
                if let Event::Reported(told) | Event::Strengthened(told) | Event::Overtaken(told) = event {
                    prop_assert_eq!(told.before, standing);
                    standing = Some(told.after);
                }
            }
        }
    }

    #[test]
    fn a_repeated_report_changes_nothing(reports in prop::collection::vec(any_report(), 1..12)) {
        let mut call = heard(&reports);
        let before = call.clone();
        for report in reports {
            prop_assert_eq!(tell_to(&mut call, report), vec![]);
        }
        prop_assert_eq!(call, before);
    }
}
