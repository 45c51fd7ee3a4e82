//! The sentences a session lives by, and the whole machine on one page.

use cqrs_es::Aggregate;
use cqrs_es::test::TestFramework;
use uuid::Uuid;

use super::*;

type Sessions = TestFramework<Session>;

const ID: Uuid = Uuid::from_u128(7);
const ANOTHER: Uuid = Uuid::from_u128(8);

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_759_775_400 + second, 0).unwrap()
}

fn opened() -> Event {
    opened_for(None, Completion::Results)
}

fn opened_for(list: Option<Pinned>, completion: Completion) -> Event {
    Event::Opened { id: ID, remote: Remote::Ssh, list, completion, at: at(0) }
}

/// With a list of 150 numbers.
fn listed() -> Event {
    opened_for(Some(Pinned { id: ANOTHER, total: 150 }), Completion::Results)
}

fn open(id: Uuid, second: i64) -> Command {
    Command::Open { id, remote: Remote::Ssh, list: None, completion: Completion::Results, at: at(second) }
}

fn over(by: Option<Closing>) -> Event {
    Event::Completed { response: None, by, at: at(5) }
}

fn launched() -> Event {
    Event::Launched { at: at(1) }
}

fn well() -> Exit {
    Exit { code: Some(0), stdout: "Call process started".to_owned(), ..Exit::default() }
}

fn badly() -> Exit {
    Exit { code: Some(7), stderr: "no route to host\n".to_owned(), ..Exit::default() }
}

fn back(exit: Exit) -> Event {
    Event::Returned { exit, at: at(2) }
}

fn completed() -> Event {
    Event::Completed { response: Some("Call process started".to_owned()), by: None, at: at(2) }
}

fn failed(reason: &str) -> Event {
    Event::Failed { reason: reason.to_owned(), at: at(2) }
}

fn returning(exit: Exit, heard: bool) -> Command {
    Command::Return { exit, heard, at: at(2) }
}

#[test]
fn a_session_is_opened_and_then_launched() {
    Sessions::with(()).given_no_previous_events().when(open(ID, 0)).then_expect_events(vec![opened()]);
    let launch = Command::Launch { at: at(1) };
    Sessions::with(()).given(vec![opened()]).when(launch).then_expect_events(vec![launched()]);
}

#[test]
fn opening_twice_is_heard_once() {
    Sessions::with(()).given(vec![opened(), launched()]).when(open(ID, 9)).then_expect_events(vec![]);
}

#[test]
fn a_name_in_use_is_not_given_to_another_session() {
    Sessions::with(()).given(vec![opened()]).when(open(ANOTHER, 9)).then_expect_error(Error::AlreadyOpen);
}

#[test]
fn without_a_list_a_session_is_over_when_its_command_is() {
    Sessions::with(())
        .given(vec![opened(), launched()])
        .when(returning(well(), false))
        .then_expect_events(vec![back(well()), completed()]);
}

#[test]
fn a_bad_exit_fails_a_session_that_nobody_reported_to() {
    Sessions::with(()).given(vec![opened(), launched()]).when(returning(badly(), false)).then_expect_events(
        vec![back(badly()), failed("Remote command failed: exit code 7: no route to host")],
    );
}

#[test]
fn a_bad_exit_does_not_undo_what_was_heard() {
    let response = Some(String::new());
    Sessions::with(())
        .given(vec![opened(), launched()])
        .when(returning(badly(), true))
        .then_expect_events(vec![back(badly()), Event::Completed { response, by: None, at: at(2) }]);
}

#[test]
fn a_complaint_says_how_the_command_ended() {
    let killed = Exit { signal: Some("TERM".to_owned()), ..Exit::default() };
    assert_eq!(killed.complaint(), "Remote command failed: killed by signal TERM");
    assert_eq!(Exit::default().complaint(), "Remote command failed: no exit code");
    assert_eq!(badly().complaint(), "Remote command failed: exit code 7: no route to host");
}

#[test]
fn a_command_that_returns_late_is_noted_and_changes_nothing() {
    let lost = vec![opened(), launched(), failed("nobody knows")];
    Sessions::with(()).given(lost).when(returning(well(), false)).then_expect_events(vec![back(well())]);
}

#[test]
fn a_command_returns_once() {
    let over = vec![opened(), launched(), back(well()), completed()];
    Sessions::with(()).given(over).when(returning(badly(), false)).then_expect_events(vec![]);
}

#[test]
fn what_is_complete_cannot_fail() {
    let over = vec![opened(), launched(), back(well()), completed()];
    let fail = Command::Fail { reason: "too late".to_owned(), at: at(3) };
    Sessions::with(()).given(over).when(fail).then_expect_error(Error::Ended);
}

#[test]
fn a_session_with_a_list_outlasts_its_command() {
    Sessions::with(())
        .given(vec![listed(), launched()])
        .when(returning(well(), false))
        .then_expect_events(vec![back(well())]);
    let given = vec![listed(), launched(), back(well())];
    let complete = Command::Complete { at: at(5) };
    Sessions::with(()).given(given).when(complete).then_expect_events(vec![over(None)]);
}

#[test]
fn where_the_command_decides_its_return_ends_a_session_with_a_list() {
    let opened = opened_for(Some(Pinned { id: ANOTHER, total: 150 }), Completion::Command);
    Sessions::with(())
        .given(vec![opened, launched()])
        .when(returning(well(), false))
        .then_expect_events(vec![back(well()), completed()]);
}

#[test]
fn what_was_given_up_goes_on_when_a_result_comes() {
    let given = vec![listed(), launched(), failed("nobody knows")];
    let reopened = Event::Reopened { at: at(3) };
    let reopen = Command::Reopen { at: at(3) };
    Sessions::with(()).given(given.clone()).when(reopen).then_expect_events(vec![reopened.clone()]);
    let going_on = [given, vec![reopened]].concat();
    let complete = Command::Complete { at: at(5) };
    Sessions::with(()).given(going_on).when(complete).then_expect_events(vec![over(None)]);
}

#[test]
fn a_stop_that_did_not_succeed_can_be_asked_for_again() {
    let (asked, reason) = (Event::StopAsked { at: at(5) }, "no such process".to_owned());
    let running = vec![listed(), launched()];
    let stop = || Command::Stop { at: at(5) };
    Sessions::with(()).given(running.clone()).when(stop()).then_expect_events(vec![asked.clone()]);
    let stopping = [running, vec![asked.clone()]].concat();
    Sessions::with(()).given(stopping.clone()).when(stop()).then_expect_events(vec![]);
    let kept_on = Event::StopFailed { reason: reason.clone(), at: at(6) };
    let keep_on = Command::KeepOn { reason, at: at(6) };
    Sessions::with(()).given(stopping.clone()).when(keep_on).then_expect_events(vec![kept_on.clone()]);
    Sessions::with(()).given([stopping, vec![kept_on]].concat()).when(stop()).then_expect_events(vec![asked]);
}

/// What a session is stored as where it has a list: a form for ever, like the golden files.
#[test]
fn a_list_is_written_beside_the_session() {
    let stored = r#"{"opened":{"id":"00000000-0000-0000-0000-000000000007","remote":"ssh","list":{"id":"00000000-0000-0000-0000-000000000008","total":150},"completion":"command","at":"2025-10-06T18:30:00Z"}}"#;
    let opened = opened_for(Some(Pinned { id: ANOTHER, total: 150 }), Completion::Command);
    assert_eq!(serde_json::to_string(&opened).unwrap(), stored);
    assert_eq!(serde_json::from_str::<Event>(stored).unwrap(), opened);
    let closed = r#"{"completed":{"response":null,"by":"idle","at":"2025-10-06T18:30:05Z"}}"#;
    assert_eq!(serde_json::to_string(&over(Some(Closing::Idle))).unwrap(), closed);
}

/// One column a situation, with the events that led there.
fn situations() -> Vec<(&'static str, Vec<Event>)> {
    let adopted = Event::Adopted { id: ID, at: at(0) };
    vec![
        ("new", vec![]),
        ("pending", vec![opened()]),
        ("running", vec![opened(), launched()]),
        ("listed", vec![listed(), launched()]),
        ("stopping", vec![listed(), launched(), Event::StopAsked { at: at(2) }]),
        ("adopted", vec![adopted]),
        ("completed", vec![opened(), launched(), back(well()), completed()]),
        ("failed", vec![opened(), launched(), back(badly()), failed("exit")]),
        ("lost", vec![opened(), launched(), failed("nobody knows")]),
        (
            "stop, reopened",
            vec![
                listed(),
                launched(),
                Event::StopAsked { at: at(2) },
                failed("exit"),
                Event::Reopened { at: at(3) },
            ],
        ),
        ("reopened", vec![opened(), launched(), failed("nobody knows"), Event::Reopened { at: at(3) }]),
    ]
}

/// One row a command.
fn commands() -> Vec<(&'static str, Command)> {
    vec![
        ("open", open(ID, 5)),
        ("open another", open(ANOTHER, 5)),
        ("adopt", Command::Adopt { id: ANOTHER, at: at(5) }),
        ("launch", Command::Launch { at: at(5) }),
        ("return, well", returning(well(), false)),
        ("return, badly", returning(badly(), false)),
        ("return, badly, heard", returning(badly(), true)),
        ("fail", Command::Fail { reason: "unreachable".to_owned(), at: at(5) }),
        ("complete", Command::Complete { at: at(5) }),
        ("close", Command::Close { by: Closing::Idle, at: at(5) }),
        ("reopen", Command::Reopen { at: at(5) }),
        ("stop", Command::Stop { at: at(5) }),
        ("keep on", Command::KeepOn { reason: "no such process".to_owned(), at: at(5) }),
        ("look", Command::Look),
    ]
}

fn after(events: Vec<Event>) -> Session {
    events.into_iter().fold(Session::default(), |mut session, event| {
        session.apply(event);
        session
    })
}

/// What a command leads to: the events' names, `-` where it is accepted without effect, the refusal in brackets.
fn cell(session: &Session, command: Command) -> String {
    match session.decide(command) {
        Ok(events) if events.is_empty() => "-".to_owned(),
        Ok(events) => events.iter().map(DomainEvent::event_type).collect::<Vec<_>>().join(", "),
        Err(refusal) => format!("({})", format!("{refusal:?}").to_lowercase()),
    }
}

/// A change of rule is a changed cell in the diff.
#[test]
fn every_command_in_every_situation() {
    let row = |name: &str, cells: Vec<String>| {
        let cells: Vec<String> = cells.iter().map(|cell| format!("{cell:<22}")).collect();
        format!("{name:<22}{}", cells.concat()).trim_end().to_owned()
    };
    let mut page = vec![row("", situations().into_iter().map(|(name, _)| name.to_owned()).collect())];
    for (name, command) in commands() {
        let cells = situations().into_iter().map(|(_, events)| cell(&after(events), command.clone()));
        page.push(row(name, cells.collect()));
    }
    insta::assert_snapshot!(page.join("\n"));
}

#[test]
fn a_situation_is_what_its_name_says() {
    let phases: Vec<Phase> = situations().into_iter().map(|(_, events)| after(events).phase()).collect();
    let (running, failed) = (Phase::Running, Phase::Failed);
    let completed = Phase::Completed;
    assert_eq!(
        phases,
        [
            Phase::New,
            Phase::Pending,
            running,
            running,
            running,
            running,
            completed,
            failed,
            failed,
            running,
            running
        ]
    );
}
