//! What a session's counters make of what happened.

use super::*;

use std::sync::Arc;

use domain::call::Amendment;
use domain::fact::Circumstances;
use domain::ids::StreamId;
use domain::language::Language;
use domain::personal::Personal;

pub(super) fn at(secs: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000 + secs, 0).unwrap()
}

pub(super) fn fact(position: Position, stream: &str, event: Event) -> Fact {
    Fact {
        position,
        stream: StreamId::stored(stream.to_owned()),
        sequence: 1,
        recorded_at: at(i64::try_from(position).unwrap()),
        occurred_at: at(0),
        circumstances: Arc::new(Circumstances::default()),
        event,
    }
}

fn opened() -> Option<SessionRow> {
    opened_with(None)
}

pub(super) fn opened_with(list: Option<session::Pinned>) -> Option<SessionRow> {
    let mut row = None;
    let event = session::Event::Opened {
        id: Uuid::nil(),
        remote: Remote::Simulated,
        list,
        completion: session::Completion::Results,
        at: at(0),
    };
    SessionStats::fold(&mut row, &fact(1, "1/s-1", Event::Session(event))).unwrap();
    row
}

fn told(listing: Listing, before: Option<CallStatus>, after: CallStatus) -> Told {
    Told {
        id: Uuid::nil(),
        event_id: None,
        listing,
        status: after,
        before,
        after,
        talk_secs: None,
        started_at: None,
        ended_at: None,
        at: at(5),
        personal: Personal::Forgotten,
    }
}

fn call(row: &mut Option<SessionRow>, position: Position, event: call::Event) {
    SessionStats::fold(row, &fact(position, "1/s-1/0000001", Event::Call(event))).unwrap();
}

#[test]
fn a_number_counts_once_as_its_strongest_status() {
    let mut row = opened();
    call(&mut row, 2, call::Event::Reported(told(Listing::Listed, None, CallStatus::Busy)));
    call(
        &mut row,
        3,
        call::Event::Strengthened(told(Listing::Listed, Some(CallStatus::Busy), CallStatus::Answered)),
    );
    let row = row.unwrap();
    assert_eq!((row.processed, row.connected, row.failed), (1, 1, 0));
    assert_eq!((row.counted(CallStatus::Busy), row.counted(CallStatus::Answered)), (0, 1));
    assert_eq!(row.updated_at, at(3));
}

#[test]
fn an_unlisted_number_counts_apart_and_once() {
    let mut row = opened();
    call(&mut row, 2, call::Event::Reported(told(Listing::Unlisted, None, CallStatus::Busy)));
    let again = told(Listing::Unlisted, Some(CallStatus::Busy), CallStatus::Answered);
    call(&mut row, 3, call::Event::Reported(again));
    let row = row.unwrap();
    assert_eq!((row.unlisted_results, row.processed), (1, 0));
}

#[test]
fn what_changes_no_counter_still_shows_in_the_time() {
    let mut row = opened();
    call(
        &mut row,
        2,
        call::Event::Overtaken(told(Listing::Listed, Some(CallStatus::Busy), CallStatus::Busy)),
    );
    let amended = Amendment { id: Uuid::nil(), at: at(9), personal: Personal::Forgotten };
    call(&mut row, 7, call::Event::Amended(amended));
    let row = row.unwrap();
    assert_eq!((row.processed, row.updated_at), (0, at(7)));
}

#[test]
fn a_call_belongs_to_its_session() {
    let event = || Event::Call(call::Event::Reported(told(Listing::NoList, None, CallStatus::Busy)));
    for stream in ["1/s-1/0000001", "1/s-1/~0a0b"] {
        assert_eq!(
            SessionStats::touches(&fact(1, stream, event())),
            Some(Touch::Existing("1/s-1".to_owned()))
        );
    }
}

#[test]
fn a_session_runs_and_ends() {
    let mut row = opened();
    let mut say = |position, event| {
        SessionStats::fold(&mut row, &fact(position, "1/s-1", Event::Session(event))).unwrap();
        row.clone().unwrap()
    };
    let running = say(2, session::Event::Launched { at: at(2) });
    assert_eq!((running.status, running.remote_response.clone()), (Status::Running, None));
    assert_eq!((running.progress(), running.duration_secs(at(61))), (50, 61));
    let done = say(3, session::Event::Completed { response: Some("ok".to_owned()), by: None, at: at(90) });
    assert_eq!((done.status, done.remote_response.as_deref()), (Status::Completed, Some("ok")));
    assert_eq!((done.progress(), done.duration_secs(at(600)), done.error_message), (100, 90, None));
}

#[test]
fn a_failed_session_says_why() {
    let mut row = opened();
    assert_eq!(row.as_ref().unwrap().progress(), 0);
    let failed = session::Event::Failed { reason: "timeout".to_owned(), at: at(4) };
    SessionStats::fold(&mut row, &fact(2, "1/s-1", Event::Session(failed))).unwrap();
    let row = row.unwrap();
    assert_eq!(
        (row.status, row.error_message.as_deref(), row.progress()),
        (Status::Failed, Some("timeout"), 0)
    );
    assert!(row.status.ended() && row.status.description(Language::Uzbek) == "Xatolik yuz berdi");
}

#[test]
fn progress_is_rounded_down() {
    let row = SessionRow { total: Some(3), processed: 2, ..opened().unwrap() };
    assert_eq!(row.progress(), 66);
}

#[test]
fn no_row_is_changed_by_what_does_not_fit() {
    let mut row = opened();
    let before = row.clone();
    let again = session::Event::Adopted { id: Uuid::max(), at: at(1) };
    assert!(SessionStats::fold(&mut row, &fact(2, "1/s-1", Event::Session(again))).is_err());
    assert_eq!(row, before);
    let launched = Event::Session(session::Event::Launched { at: at(1) });
    assert!(SessionStats::fold(&mut None, &fact(2, "1/s-1", launched)).is_err());
}

#[test]
fn what_the_remote_command_left_behind_is_shown() {
    let mut row = opened();
    assert_eq!(row.as_ref().unwrap().exit_stdout, None);
    let exit = Exit { code: Some(0), ..Exit::default() };
    let event = session::Event::Returned { exit, at: at(1) };
    SessionStats::fold(&mut row, &fact(2, "1/s-1", Event::Session(event))).unwrap();
    let row = row.unwrap();
    assert_eq!((row.exit_code, row.exit_stdout.as_deref(), row.exit_signal), (Some(0), Some(""), None));
}

#[test]
fn a_status_is_told_in_every_language() {
    let told = |language| Status::ALL.map(|status| status.description(language));
    let documented =
        ["Navbatda...", "Qayta ishlanmoqda...", "Muvaffaqiyatli tugallandi", "Xatolik yuz berdi"];
    assert_eq!(told(Language::Uzbek), documented);
    let mut texts: Vec<&str> = Language::ALL.into_iter().flat_map(told).collect();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), Status::ALL.len() * Language::ALL.len(), "no two share a text: {texts:?}");
    for language in [Language::UzbekCyrillic, Language::Russian] {
        let cyrillic = |text: &str| text.chars().any(|c| ('а'..='я').contains(&c));
        assert!(told(language).into_iter().all(cyrillic), "{language:?}");
    }
}
