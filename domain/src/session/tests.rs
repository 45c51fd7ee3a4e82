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
    Event::Opened { id: ID, remote: Remote::Ssh, at: at(0) }
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
    Event::Completed { response: Some("Call process started".to_owned()), at: at(2) }
}

fn failed(reason: &str) -> Event {
    Event::Failed { reason: reason.to_owned(), at: at(2) }
}

fn returning(exit: Exit, heard: bool) -> Command {
    Command::Return { exit, heard, at: at(2) }
}

#[test]
fn a_session_is_opened_and_then_launched() {
    let open = Command::Open { id: ID, remote: Remote::Ssh, at: at(0) };
    Sessions::with(()).given_no_previous_events().when(open).then_expect_events(vec![opened()]);
    let launch = Command::Launch { at: at(1) };
    Sessions::with(()).given(vec![opened()]).when(launch).then_expect_events(vec![launched()]);
}

#[test]
fn opening_twice_is_heard_once() {
    let again = Command::Open { id: ID, remote: Remote::Ssh, at: at(9) };
    Sessions::with(()).given(vec![opened(), launched()]).when(again).then_expect_events(vec![]);
}

#[test]
fn a_name_in_use_is_not_given_to_another_session() {
    let other = Command::Open { id: ANOTHER, remote: Remote::Ssh, at: at(9) };
    Sessions::with(()).given(vec![opened()]).when(other).then_expect_error(Error::AlreadyOpen);
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
        .then_expect_events(vec![back(badly()), Event::Completed { response, at: at(2) }]);
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

/// One column a situation, with the events that led there.
fn situations() -> Vec<(&'static str, Vec<Event>)> {
    let adopted = Event::Adopted { id: ID, at: at(0) };
    vec![
        ("new", vec![]),
        ("pending", vec![opened()]),
        ("running", vec![opened(), launched()]),
        ("adopted", vec![adopted]),
        ("completed", vec![opened(), launched(), back(well()), completed()]),
        ("failed", vec![opened(), launched(), back(badly()), failed("exit")]),
        ("lost", vec![opened(), launched(), failed("nobody knows")]),
    ]
}

/// One row a command.
fn commands() -> Vec<(&'static str, Command)> {
    vec![
        ("open", Command::Open { id: ID, remote: Remote::Ssh, at: at(5) }),
        ("open another", Command::Open { id: ANOTHER, remote: Remote::Ssh, at: at(5) }),
        ("adopt", Command::Adopt { id: ANOTHER, at: at(5) }),
        ("launch", Command::Launch { at: at(5) }),
        ("return, well", returning(well(), false)),
        ("return, badly", returning(badly(), false)),
        ("return, badly, heard", returning(badly(), true)),
        ("fail", Command::Fail { reason: "unreachable".to_owned(), at: at(5) }),
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
    assert_eq!(phases, [Phase::New, Phase::Pending, running, running, Phase::Completed, failed, failed]);
}
