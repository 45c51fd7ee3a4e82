//! The table of decisions, cell by cell.

use super::*;
use crate::conversation::Path;

fn tashkent() -> Zone {
    Zone::parse("Asia/Tashkent").unwrap()
}

/// On the wall in Tashkent.
fn at(text: &str) -> DateTime<Utc> {
    tashkent().instant(format!("2026-11-{text}:00").parse().unwrap())
}

fn outcome(reach: Reach) -> Outcome {
    Outcome { reach, path: Path::Answer, talk_secs: None, cause: None }
}

/// Calls that end as they begin, and what follows on the last.
fn after(calls: &[(Reach, DateTime<Utc>)]) -> Next {
    after_by(&Pack::always(), calls)
}

fn after_by(pack: &Pack, calls: &[(Reach, DateTime<Utc>)]) -> Next {
    let (mut tries, mut next) = (Tries::default(), Next::Final);
    for (reach, at) in calls {
        let outcome = outcome(reach.clone());
        let call = Ended { outcome: &outcome, dialled_at: *at, ended_at: *at };
        let stored = serde_json::to_string(&tries).unwrap();
        tries = serde_json::from_str(&stored).unwrap();
        tries.count(call);
        next = tries.next(call, pack, tashkent());
    }
    next
}

/// Calls as soon as each may be, until nothing more follows.
fn chain(reach: &Reach, from: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let mut calls = vec![(reach.clone(), from)];
    while let Next::Again { at } = after(&calls) {
        calls.push((reach.clone(), at));
    }
    calls.into_iter().map(|(_, at)| at).collect()
}

fn callback(text: &str) -> Reach {
    Reach::Reached(Upshot::CallbackRequested { at: Some(at(text)) })
}

#[test]
fn busy_is_called_again_soon_twice_a_day_and_six_times_in_all() {
    let calls = chain(&Reach::Busy, at("20T10:00"));
    let expected = ["20T10:00", "20T10:05", "21T10:00", "21T10:05", "22T10:00", "22T10:05"].map(at);
    assert_eq!(calls, expected);
}

#[test]
fn six_calls_in_all_are_six_whatever_came_of_each() {
    let mixed = [Reach::Busy, Reach::NoAnswer, Reach::Busy, Reach::Unavailable, Reach::Busy, Reach::NoAnswer];
    let days = ["20T10:00", "21T10:00", "22T10:00", "23T10:00", "24T10:00", "25T10:00"].map(at);
    let calls: Vec<_> = mixed.into_iter().zip(days).collect();
    assert!(matches!(after(&calls[..5]), Next::Again { .. }));
    assert_eq!(after(&calls), Next::Final);
}

#[test]
fn no_answer_is_called_again_in_another_part_of_the_day() {
    let calls = chain(&Reach::NoAnswer, at("20T09:30"));
    let expected = ["20T09:30", "20T12:00", "21T09:30", "21T13:30", "22T09:30", "22T13:30"].map(at);
    assert_eq!(calls, expected);
    assert_eq!(after(&[(Reach::NoAnswer, at("20T11:00"))]), Next::Again { at: at("20T13:00") });
    assert_eq!(after(&[(Reach::NoAnswer, at("20T17:30"))]), Next::Again { at: at("20T22:00") });
    assert_eq!(after(&[(Reach::NoAnswer, at("20T23:00"))]), Next::Again { at: at("21T06:00") });
    assert_eq!(after(&[(Reach::NoAnswer, at("20T03:00"))]), Next::Again { at: at("20T06:00") });
}

#[test]
fn a_network_error_doubles_and_disturbs_nobody() {
    let minutes = |reach| -> Vec<i64> {
        let calls = chain(&reach, at("20T10:00"));
        calls.windows(2).map(|pair| (pair[1] - pair[0]).num_minutes()).collect()
    };
    assert_eq!(minutes(Reach::NetworkError), [1, 2, 4, 8, 16]);
    assert_eq!(minutes(Reach::AgentRefused), [1, 2, 4]);
    let mut tries = Tries::default();
    let failed = outcome(Reach::NetworkError);
    tries.count(Ended { outcome: &failed, dialled_at: at("20T10:00"), ended_at: at("20T10:00") });
    assert_eq!((tries.disturbed, tries.lately.len()), (0, 0));
}

#[test]
fn the_other_rows_are_as_decided() {
    assert_eq!(chain(&Reach::Unavailable, at("20T01:00")), ["20T01:00", "20T07:00", "20T13:00"].map(at));
    assert_eq!(chain(&Reach::Rejected, at("20T10:00")), ["20T10:00", "21T00:00"].map(at));
    let dropped = Reach::Reached(Upshot::Dropped);
    assert_eq!(chain(&dropped, at("20T10:00")), ["20T10:00", "20T10:30"].map(at));
}

#[test]
fn some_ends_are_the_end() {
    let now = at("20T10:00");
    for (reach, next) in [
        (Reach::InvalidNumber, Next::Retired),
        (Reach::Unconfirmed, Next::Final),
        (Reach::Reached(Upshot::Success), Next::Final),
        (Reach::Reached(Upshot::Failed), Next::Final),
        (Reach::Reached(Upshot::Refused), Next::Final),
        (Reach::Reached(Upshot::OptedOut), Next::OptedOut),
    ] {
        assert_eq!(after(&[(reach.clone(), now)]), next, "{reach:?}");
        assert_eq!(after(&[(callback("21T10:00"), now), (reach.clone(), now)]), next, "{reach:?}");
    }
}

#[test]
fn a_matrix_that_lacks_a_row_never_calls_again() {
    let mut bare = Pack::always();
    bare.retry = serde_json::from_str("{}").unwrap();
    assert_eq!(after_by(&bare, &[(Reach::Busy, at("20T10:00"))]), Next::Final);
}

#[test]
fn a_promise_is_silence_until_its_day_is_over_and_a_grace_after_it() {
    let promised = |due: Option<&str>| {
        let due = due.map(|due| due.parse().unwrap());
        let promise = Reach::Reached(Upshot::PromiseToPay(Promise { amount: None, due }));
        after(&[(promise, at("20T10:00"))])
    };
    assert_eq!(promised(Some("2026-11-25")), Next::Promised { until: at("27T00:00") });
    assert_eq!(promised(Some("2026-11-01")), Next::Promised { until: at("22T00:00") }, "past: from today on");
    assert_eq!(promised(None), Next::Promised { until: at("27T10:00") });
    let never = promised(Some("+262142-12-31"));
    assert_eq!(never, Next::Promised { until: at("20T10:00") + AHEAD_MAX }, "no clock shows that day");
    assert_eq!(promised(Some("9999-12-31")), Next::Promised { until: at("20T10:00") + AHEAD_MAX });
}

#[test]
fn a_callback_is_at_the_instant_asked_for_and_once_again_after_it() {
    let asked = (callback("21T18:30"), at("20T10:00"));
    assert_eq!(after(std::slice::from_ref(&asked)), Next::Callback { at: at("21T18:30") });
    let missed = (Reach::NoAnswer, at("21T18:30"));
    assert_eq!(after(&[asked.clone(), missed.clone()]), Next::Callback { at: at("21T18:45") });
    let again = (Reach::Busy, at("21T18:45"));
    assert_eq!(after(&[asked.clone(), missed.clone(), again]), Next::Final);
    let line = (Reach::NetworkError, at("21T18:45"));
    assert_eq!(
        after(&[asked, missed, line]),
        Next::Callback { at: at("21T18:46") },
        "no try of the person's"
    );
}

#[test]
fn a_callback_without_a_time_that_can_be_is_a_day_later() {
    let now = at("20T10:00");
    let asked = |at| after(&[(Reach::Reached(Upshot::CallbackRequested { at }), now)]);
    assert_eq!(asked(None), Next::Callback { at: at("21T10:00") });
    assert_eq!(asked("9999-01-01T00:00:00Z".parse().ok()), Next::Callback { at: at("21T10:00") });
    assert_eq!(asked(Some(at("19T10:00"))), Next::Callback { at: at("20T10:15") }, "past");
    assert_eq!(asked(Some(at("20T10:01"))), Next::Callback { at: at("20T10:01") });
}

#[test]
fn nobody_asks_for_callbacks_for_ever() {
    let asked = vec![(callback("21T10:00"), at("20T10:00")); 6];
    assert_eq!(after(&asked[..5]), Next::Callback { at: at("21T10:00") });
    assert_eq!(after(&asked), Next::Final);
}
