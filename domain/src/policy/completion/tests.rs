//! When a session is over.

use std::sync::Arc;

use uuid::Uuid;

use super::*;
use crate::call::Details;
use crate::fact::Circumstances;
use crate::ids::StreamId;
use crate::outcome::CallStatus;
use crate::personal::Personal;
use crate::session::{Pinned, Remote};

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_759_775_400 + second, 0).unwrap()
}

fn fact(stream: &str, second: i64, event: Event) -> Fact {
    Fact {
        position: 1,
        stream: StreamId::stored(stream.to_owned()),
        sequence: 1,
        recorded_at: at(second),
        occurred_at: at(second),
        circumstances: Arc::new(Circumstances::default()),
        event,
    }
}

fn session(second: i64, event: session::Event) -> Fact {
    fact("1/s-1", second, Event::Session(event))
}

fn opened(total: Option<u32>, completion: Completion) -> Fact {
    let list = total.map(|total| Pinned { id: Uuid::nil(), total });
    session(0, session::Event::Opened { id: Uuid::nil(), remote: Remote::Ssh, list, completion, at: at(0) })
}

fn failed(second: i64) -> Fact {
    session(second, session::Event::Failed { reason: "x".into(), at: at(second) })
}

fn told(line: u32, listing: Listing, before: Option<CallStatus>, second: i64) -> Fact {
    let told = Told {
        id: Uuid::nil(),
        event_id: None,
        listing,
        status: CallStatus::Busy,
        before,
        after: CallStatus::Busy,
        talk_secs: None,
        started_at: None,
        ended_at: None,
        at: at(second),
        personal: Personal::Clear(Details::default()),
    };
    fact(&format!("1/s-1/{line:07}"), second, Event::Call(call::Event::Reported(told)))
}

fn complete() -> Intent {
    let (organization, session) = StreamId::stored("1/s-1".into()).whose().unwrap();
    Intent::CompleteSession { organization, session }
}

fn reopen() -> Intent {
    let (organization, session) = StreamId::stored("1/s-1".into()).whose().unwrap();
    Intent::ReopenSession { organization, session }
}

/// What is wanted after each fact, the policy being stored and read again in between.
fn wanted(facts: &[Fact]) -> Vec<Vec<Intent>> {
    let mut state = serde_json::to_string(&Completing::default()).unwrap();
    let mut all = vec![];
    for fact in facts {
        let mut policy: Completing = serde_json::from_str(&state).unwrap();
        all.push(policy.react(fact));
        state = serde_json::to_string(&policy).unwrap();
    }
    all
}

const FIRST: Option<CallStatus> = None;

#[test]
fn the_last_listed_number_completes() {
    let facts = [
        opened(Some(2), Completion::Results),
        told(1, Listing::Listed, FIRST, 1),
        told(1, Listing::Listed, Some(CallStatus::Busy), 2),
        told(9, Listing::Unlisted, FIRST, 3),
        told(2, Listing::Listed, FIRST, 4),
    ];
    assert_eq!(wanted(&facts), [vec![], vec![], vec![], vec![], vec![complete()]]);
}

#[test]
fn a_session_that_waits_for_its_command_is_not_completed_by_its_numbers() {
    let facts = [opened(Some(1), Completion::Command), told(1, Listing::Listed, FIRST, 1)];
    assert_eq!(wanted(&facts), [vec![], vec![]]);
}

#[test]
fn a_late_result_reopens_what_was_given_up_once() {
    let facts = [
        opened(Some(2), Completion::Results),
        failed(1),
        told(1, Listing::Listed, FIRST, 2),
        told(2, Listing::Listed, FIRST, 3),
    ];
    assert_eq!(wanted(&facts), [vec![], vec![], vec![reopen()], vec![complete()]]);
    let unlisted = [
        opened(None, Completion::Results),
        failed(1),
        told(1, Listing::NoList, FIRST, 2),
        told(2, Listing::NoList, FIRST, 3),
    ];
    assert_eq!(wanted(&unlisted), [vec![], vec![], vec![reopen()], vec![]]);
}

#[test]
fn what_was_given_up_long_ago_is_forgotten() {
    let long = REOPENED_WITHIN.num_seconds() + 2;
    let elsewhere =
        fact("1/s-2", long, Event::Session(session::Event::Failed { reason: "x".into(), at: at(long) }));
    let facts = [failed(1), elsewhere, told(1, Listing::NoList, FIRST, long + 1)];
    assert_eq!(wanted(&facts), [vec![], vec![], vec![]]);
}

#[test]
fn what_is_completed_is_forgotten() {
    let completed = session(1, session::Event::Completed { response: None, by: None, at: at(1) });
    let mut policy = Completing::default();
    policy.react(&opened(Some(1), Completion::Results));
    policy.react(&completed);
    assert_eq!(policy, Completing::default());
}

#[test]
fn silence_ends_what_has_nothing_else_to_wait_for() {
    let watched = |listed, returned| Watched { heard_at: at(0), listed, returned };
    let limit = TimeDelta::hours(1);
    assert!(is_idle(&watched(true, false), at(3_600), limit));
    assert!(is_idle(&watched(false, true), at(3_600), limit));
    assert!(!is_idle(&watched(true, true), at(3_599), limit));
    assert!(!is_idle(&watched(false, false), at(99_999), limit), "its command is still running");
}
