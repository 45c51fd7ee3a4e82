//! The sentences a watched call lives by, and the whole machine on one page.

use cqrs_es::test::TestFramework;
use cqrs_es::{Aggregate, DomainEvent};

use super::*;

type Calls = TestFramework<PbxCall>;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_759_775_400 + second, 0).unwrap()
}

fn call(name: &str) -> PbxCallId {
    PbxCallId::parse(name).unwrap()
}

fn parties() -> Parties {
    Parties { from: "998000000001".to_owned(), to: "158".to_owned() }
}

fn incoming() -> Course {
    Course { direction: Direction::Incoming, internal: false }
}

fn see(talking: bool) -> Command {
    Command::See(Box::new(Sight {
        id: Uuid::nil(),
        call: call("1700000000.42"),
        course: incoming(),
        extension: Some("158".to_owned()),
        talking,
        started_at: at(0),
        parties: parties(),
        at: at(1),
    }))
}

fn seen(talking: bool) -> Event {
    let Command::See(sight) = see(talking) else { panic!("it sees") };
    (*sight).into()
}

fn row(key: &str, status: Status) -> Row {
    let talk_secs = if status == Status::Answered { 35 } else { 0 };
    let key = call(key);
    Row {
        key,
        mark: None,
        started_at: at(0),
        ring_secs: 7,
        talk_secs,
        status,
        voicemail: false,
        code: "4".to_owned(),
    }
}

fn log(status: Status) -> Command {
    let (row, course, parties) = (row("k1:a-0", status), incoming(), parties());
    Command::Log(Box::new(Entry { id: Uuid::nil(), row, course, extension: None, parties, at: at(60) }))
}

fn logged() -> Event {
    let Command::Log(entry) = log(Status::Answered) else { panic!("it logs") };
    (*entry).into()
}

fn answer() -> Command {
    Command::Answer { extension: Some("159".to_owned()), answered_at: at(7), at: at(8) }
}

fn answered() -> Event {
    Event::Answered { extension: Some("159".to_owned()), answered_at: at(7), at: at(8) }
}

fn end() -> Command {
    Command::End { ended_at: at(42), at: at(44) }
}

fn ended() -> Event {
    Event::Ended { ended_at: at(42), at: at(44) }
}

fn miss(how: Missing) -> Command {
    Command::Miss { how, ended_at: at(9), at: at(11) }
}

fn missed(how: Missing) -> Event {
    Event::Missed { how, ended_at: at(9), at: at(11) }
}

fn confirm(key: &str, status: Status) -> Command {
    Command::Confirm { row: row(key, status), at: at(60) }
}

fn matched() -> Event {
    Event::Matched { call: call("1700000000.42"), at: at(60) }
}

fn find(recording: &str) -> Command {
    Command::FindRecording { recording: recording.to_owned(), extension: None, at: at(70) }
}

fn found() -> Event {
    Event::RecordingFound { recording: "771".to_owned(), extension: None, at: at(70) }
}

#[test]
fn a_call_rings_is_answered_and_ends() {
    Calls::with(()).given_no_previous_events().when(see(false)).then_expect_events(vec![seen(false)]);
    Calls::with(()).given(vec![seen(false)]).when(answer()).then_expect_events(vec![answered()]);
    Calls::with(()).given(vec![seen(false), answered()]).when(end()).then_expect_events(vec![ended()]);
}

#[test]
fn a_call_is_seen_once() {
    Calls::with(()).given(vec![seen(false), answered()]).when(see(false)).then_expect_events(vec![]);
}

#[test]
fn a_call_that_talks_does_not_ring_again() {
    Calls::with(()).given(vec![seen(true)]).when(answer()).then_expect_events(vec![]);
}

#[test]
fn a_call_ends_once() {
    let over = vec![seen(true), ended()];
    Calls::with(()).given(over.clone()).when(end()).then_expect_events(vec![]);
    Calls::with(()).given(over).when(miss(Missing::Busy)).then_expect_events(vec![]);
}

#[test]
fn the_log_confirms_what_it_says_too_and_corrects_what_it_does_not() {
    let over = vec![seen(false), missed(Missing::Busy)];
    let (busy, answered) = (row("k1:a-0", Status::Busy), row("k1:a-0", Status::Answered));
    let was = Some(Status::Busy);
    let confirmed = Event::Confirmed { row: busy, was, at: at(60) };
    Calls::with(())
        .given(over.clone())
        .when(confirm("k1:a-0", Status::Busy))
        .then_expect_events(vec![confirmed]);
    let corrected = Event::Corrected { row: answered, was: Status::Busy, at: at(60) };
    Calls::with(()).given(over).when(confirm("k1:a-0", Status::Answered)).then_expect_events(vec![corrected]);
}

#[test]
fn the_log_may_end_a_call_before_anybody_sees_its_end() {
    let confirmed = Event::Confirmed { row: row("k1:a-0", Status::Answered), was: None, at: at(60) };
    let told = vec![seen(true), confirmed.clone()];
    Calls::with(())
        .given(vec![seen(true)])
        .when(confirm("k1:a-0", Status::Answered))
        .then_expect_events(vec![confirmed]);
    Calls::with(()).given(told).when(end()).then_expect_events(vec![]);
}

#[test]
fn a_row_counts_once_and_a_call_has_one_row() {
    let confirmed =
        Event::Confirmed { row: row("k1:a-0", Status::Answered), was: Some(Status::Answered), at: at(60) };
    let told = vec![seen(true), ended(), confirmed];
    Calls::with(()).given(told.clone()).when(confirm("k1:a-0", Status::Answered)).then_expect_events(vec![]);
    Calls::with(()).given(told).when(confirm("k1:b-0", Status::Answered)).then_expect_error(Error::Taken);
    Calls::with(()).given(vec![logged()]).when(log(Status::Answered)).then_expect_events(vec![]);
}

#[test]
fn a_row_belongs_to_one_call_or_is_one() {
    let claim = || Command::Match { call: call("1700000000.99"), at: at(60) };
    Calls::with(()).given(vec![matched()]).when(claim()).then_expect_events(vec![]);
    Calls::with(()).given(vec![logged()]).when(claim()).then_expect_events(vec![]);
    Calls::with(()).given(vec![matched()]).when(log(Status::Answered)).then_expect_events(vec![]);
}

#[test]
fn a_recording_is_found_once() {
    Calls::with(()).given(vec![logged()]).when(find("771")).then_expect_events(vec![found()]);
    Calls::with(()).given(vec![logged(), found()]).when(find("772")).then_expect_events(vec![]);
}

#[test]
fn only_what_was_recorded_is_listened_to() {
    let listen = |by: &str, second| Command::Listen { by: by.to_owned(), at: at(second) };
    let listened = |by: &str, second| Event::Listened { by: by.to_owned(), at: at(second) };
    Calls::with(()).given(vec![logged()]).when(listen("a", 80)).then_expect_error(Error::NoRecording);
    let news = |given: Vec<Event>, when, then: Vec<Event>| {
        let known = [vec![logged(), found()], given].concat();
        Calls::with(()).given(known).when(when).then_expect_events(then);
    };
    news(vec![], listen("a", 80), vec![listened("a", 80)]);
    // A player asks for parts, and each of two people listens.
    let before = || vec![listened("a", 80)];
    news(before(), listen("a", 81), vec![]);
    news(before(), listen("a", 80 + 899), vec![]);
    news(before(), listen("a", 80 + 900), vec![listened("a", 80 + 900)]);
    news(before(), listen("b", 81), vec![listened("b", 81)]);
}

#[test]
fn nobody_reads_a_number_in_a_debug_text() {
    let texts =
        [format!("{:?}", see(false)), format!("{:?}", seen(false)), format!("{:?}", log(Status::Busy))];
    for text in texts {
        assert!(!text.contains("998000000001") && !text.contains("\"from\""), "{text}");
    }
}

/// One column a situation, with the events that led there.
fn situations() -> Vec<(&'static str, Vec<Event>)> {
    let confirmed = |was| Event::Confirmed { row: row("k1:a-0", Status::Answered), was, at: at(60) };
    vec![
        ("new", vec![]),
        ("ringing", vec![seen(false)]),
        ("talking", vec![seen(false), answered()]),
        ("seen talking", vec![seen(true)]),
        ("ended", vec![seen(true), ended()]),
        ("missed", vec![seen(false), missed(Missing::Voicemail)]),
        ("confirmed", vec![seen(true), ended(), confirmed(Some(Status::Answered))]),
        ("told early", vec![seen(false), confirmed(None)]),
        ("logged", vec![logged()]),
        ("recorded", vec![logged(), found()]),
        ("matched", vec![matched()]),
    ]
}

/// One row a command.
fn commands() -> Vec<(&'static str, Command)> {
    vec![
        ("see", see(false)),
        ("answer", answer()),
        ("end", end()),
        ("miss", miss(Missing::Busy)),
        ("log", log(Status::Answered)),
        ("match", Command::Match { call: call("1700000000.42"), at: at(60) }),
        ("confirm", confirm("k1:a-0", Status::Answered)),
        ("confirm, busy", confirm("k1:a-0", Status::Busy)),
        ("confirm, another row", confirm("k1:b-0", Status::Answered)),
        ("find recording", find("772")),
        ("listen", Command::Listen { by: "user:aziz".to_owned(), at: at(80) }),
        ("look", Command::Look),
    ]
}

fn after(events: Vec<Event>) -> PbxCall {
    events.into_iter().fold(PbxCall::default(), |mut call, event| {
        call.apply(event);
        call
    })
}

/// What a command leads to: the events' names, `-` where it is accepted without effect, the refusal in brackets.
fn cell(call: &PbxCall, command: Command) -> String {
    match call.decide(command) {
        Ok(events) if events.is_empty() => "-".to_owned(),
        Ok(events) => events.iter().map(DomainEvent::event_type).collect::<Vec<_>>().join(", "),
        Err(refusal) => format!("({})", format!("{refusal:?}").to_lowercase()),
    }
}

/// A change of rule is a changed cell in the diff.
#[test]
fn every_command_in_every_situation() {
    let row = |name: &str, cells: Vec<String>| {
        let cells: Vec<String> = cells.iter().map(|cell| format!("{cell:<17}")).collect();
        format!("{name:<22}{}", cells.concat()).trim_end().to_owned()
    };
    let mut page = vec![row("", situations().into_iter().map(|(name, _)| name.to_owned()).collect())];
    for (name, command) in commands() {
        let cells = situations().into_iter().map(|(_, events)| cell(&after(events), command.clone()));
        page.push(row(name, cells.collect()));
    }
    insta::assert_snapshot!(page.join("\n"));
}
