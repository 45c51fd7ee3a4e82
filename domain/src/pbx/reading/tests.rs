//! What the exchange says is understood as kerio's own tables have it, unless told otherwise.

use chrono::{DateTime, Utc};

use super::*;
use crate::pbx::said::{Inside, InsideKind};

fn live(code: &str, talk_secs: u32) -> LiveCall {
    let (from, to) = ("998000000001".to_owned(), "1058".to_owned());
    let id = "1700000000.42".to_owned();
    LiveCall { id, from, to, code: code.to_owned(), secs: talk_secs + 7, talk_secs, direction: None }
}

fn row(code: &str, secs: u32, talk_secs: u32) -> LogRow {
    let started_at = DateTime::<Utc>::from_timestamp(1_700_000_000, 0).unwrap();
    let (from, to) = ("998000000001".to_owned(), "1058".to_owned());
    let code = code.to_owned();
    let (id, direction, recording) = (None, None, None);
    LogRow { id, started_at, from, to, code, secs, talk_secs, direction, recording }
}

fn key() -> PbxCallId {
    PbxCallId::parse("k1:a-0").unwrap()
}

#[test]
fn live_states_mean_what_the_vendors_sample_says() {
    let reading = Reading::default();
    let missed = State::Missed;
    for (code, talk_secs, state, known) in [
        ("0", 0, State::Ringing, true),
        ("0", 3, State::Talking, true),
        ("1", 0, State::Ringing, true),
        ("1", 3, State::Talking, true),
        ("2", 0, State::Ringing, true),
        ("3", 3, State::Talking, true),
        ("4", 3, State::Ended, true),
        ("5", 0, State::Ended, true),
        ("6", 0, missed(Missing::Voicemail), true),
        ("7", 0, State::Ringing, true),
        ("8", 20, State::Ringing, true),
        ("9", 20, State::Talking, true),
        ("10", 0, missed(Missing::Busy), true),
        ("11", 0, missed(Missing::Forbidden), true),
        ("12", 0, State::Ringing, true),
        ("No-Answer", 0, missed(Missing::Unanswered), true),
        ("in_progress", 3, State::Talking, true),
        ("99", 0, State::Ringing, false),
        ("99", 3, State::Talking, false),
    ] {
        let read = reading.live(&live(code, talk_secs)).unwrap();
        assert_eq!((read.state, read.known), (state, known), "{code} after {talk_secs} s");
    }
}

#[test]
fn log_statuses_mean_what_the_log_means() {
    let reading = Reading::default();
    for (code, talk_secs, status, voicemail, known) in [
        ("1", 0, Status::Failed, false, true),
        ("2", 0, Status::Busy, false, true),
        ("3", 0, Status::Unanswered, false, true),
        ("4", 35, Status::Answered, false, true),
        ("5", 0, Status::Failed, false, true),
        ("6", 12, Status::Unanswered, true, true),
        ("no-answer", 0, Status::Unanswered, false, true),
        ("99", 35, Status::Answered, false, false),
        ("99", 0, Status::Failed, false, false),
    ] {
        let read = reading.log(&row(code, talk_secs + 7, talk_secs), key(), None);
        let found = (read.row.status, read.row.voicemail, read.known);
        assert_eq!(found, (status, voicemail, known), "{code} after {talk_secs} s");
        assert_eq!((read.row.ring_secs, read.row.code.as_str()), (7, code));
    }
    assert_eq!(
        reading.log(&row("4", 3, 9), key(), None).row.ring_secs,
        0,
        "nobody rings for less than nothing"
    );
}

#[test]
fn a_table_is_told_otherwise_code_by_code() {
    let live = Table::<LiveWord>::parse("1=talking, 99=Ended,").unwrap();
    assert_eq!(live.get("1"), Some(LiveWord::Talking));
    assert_eq!(live.get("99"), Some(LiveWord::Ended));
    assert_eq!(live.get("2"), Some(LiveWord::Ringing), "the others stay");
    let wrong = Table::<LogWord>::parse("7=ringing").unwrap_err().to_string();
    assert!(wrong.contains("7=ringing") && wrong.contains("answered, unanswered, busy"), "{wrong}");
    for wrong in ["7", "=busy", "7:busy"] {
        assert!(Table::<LogWord>::parse(wrong).is_err(), "{wrong}");
    }
}

fn directory(numbers: &[(&str, InsideKind)], pattern: &str) -> Directory {
    let inside = |(number, kind): &(&str, InsideKind)| Inside { number: (*number).to_owned(), kind: *kind };
    Directory::new(numbers.iter().map(inside).collect(), Pattern::parse(pattern).unwrap())
}

fn placed(directory: Directory, from: &str, to: &str) -> (Direction, bool, Option<String>) {
    let reading = Reading { directory, ..Reading::default() };
    let (course, extension) = reading.place(from, to, None);
    (course.direction, course.internal, extension)
}

#[test]
fn where_a_call_goes_the_directory_says_whatever_the_numbers_lengths() {
    let known = || directory(&[("158", InsideKind::Extension), ("100200", InsideKind::Group)], "");
    let (coming, going) = (Direction::Incoming, Direction::Outgoing);
    let own = |text: &str| Some(text.to_owned());
    for (from, to, expected) in [
        ("998000000001", "158", (coming, false, own("158"))),
        ("998000000001", "100200", (coming, false, own("100200"))),
        ("1055", "158", (coming, false, own("158"))),
        ("158", "998000000001", (going, false, own("158"))),
        ("158", "100", (going, false, own("158"))),
        ("158", "100200", (going, true, own("158"))),
        ("158", "**120", (going, true, own("158"))),
        ("998000000001", "998000000002", (coming, false, None)),
    ] {
        assert_eq!(placed(known(), from, to), expected, "{from} to {to}");
    }
    assert!(known().is_group("100200") && !known().is_group("158"));
}

#[test]
fn short_numbers_are_inside_only_while_nobody_knows_better() {
    let (coming, going) = (Direction::Incoming, Direction::Outgoing);
    let own = |text: &str| Some(text.to_owned());
    assert_eq!(placed(directory(&[], ""), "12345", "998000000001"), (going, false, own("12345")));
    assert_eq!(placed(directory(&[], ""), "1055", "158"), (going, true, own("1055")));
    assert_eq!(placed(directory(&[], "1xx"), "1055", "158"), (coming, false, own("158")));
    assert_eq!(placed(directory(&[], "3-4, 20x"), "1055", "20"), (going, false, own("1055")));
    let both = || directory(&[("700", InsideKind::Extension)], "4");
    assert_eq!(placed(both(), "700", "1234"), (going, true, own("700")));
    assert_eq!(placed(both(), "701", "700"), (coming, false, own("700")));
    for wrong in ["x-y", "5-2", "0", "16", "12", "1.x", "12345678901234xx"] {
        let fits = Pattern::parse(wrong).is_ok();
        assert_eq!(fits, wrong == "12", "{wrong}");
    }
}

#[test]
fn an_exchange_that_tells_the_direction_is_believed() {
    let reading =
        Reading { directory: directory(&[("158", InsideKind::Extension)], ""), ..Reading::default() };
    let told = reading.place("998000000001", "998000000002", Some(Direction::Outgoing));
    let course = Course { direction: Direction::Outgoing, internal: false };
    assert_eq!(told, (course, Some("998000000001".to_owned())));
}

#[test]
fn a_calls_data_are_the_outside_partys() {
    let parties = |from: &str, to: &str| Parties { from: from.to_owned(), to: to.to_owned() };
    let course = |direction, internal| Course { direction, internal };
    let (coming, going) = (Direction::Incoming, Direction::Outgoing);
    assert_eq!(outside(course(coming, false), &parties("1", "2")), "1");
    assert_eq!(outside(course(going, false), &parties("1", "2")), "2");
    assert_eq!(outside(course(going, true), &parties("1", "2")), "1");
}

#[test]
fn every_call_with_a_name_gets_one_that_is_its_own() {
    assert_eq!(call_id(" 1700000000.42 ").unwrap().as_str(), "1700000000.42");
    assert_eq!(call_id(""), None);
    let odd = ["a/b", "a b", "k1:0-0", "x1:6162", "ab", "звонок"];
    let mut given: Vec<_> = odd.iter().map(|odd| call_id(odd).unwrap()).collect();
    assert!(given[..4].iter().all(|id| id.as_str().starts_with("x1:")));
    given.sort();
    given.dedup();
    assert_eq!(given.len(), odd.len());
    assert_eq!(call_id(&"/".repeat(200)), None);
}
