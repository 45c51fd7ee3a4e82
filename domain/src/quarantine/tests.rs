//! The sentences a held report lives by, and the whole machine on one page.

use cqrs_es::Aggregate;
use cqrs_es::test::TestFramework;

use super::*;

type Held = TestFramework<Quarantine>;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_759_775_400 + second, 0).unwrap()
}

fn session(name: &str) -> SessionId {
    SessionId::parse(name).unwrap()
}

fn held() -> Event {
    let personal = Personal::Clear(Body { json: "{}".to_owned() });
    Event::Held { session: "made-up".to_owned(), reason: Reason::UnknownSession, at: at(0), personal }
}

fn bound() -> Event {
    Event::Bound { session: session("s-1"), at: at(1) }
}

fn discarded() -> Event {
    Event::Discarded { reason: None, at: at(1) }
}

fn bind(name: &str) -> Command {
    Command::Bind { session: session(name), at: at(1) }
}

fn hold() -> Command {
    let body = Body { json: "{}".to_owned() };
    Command::Hold { session: "made-up".to_owned(), reason: Reason::UnknownSession, body, at: at(0) }
}

fn discard() -> Command {
    Command::Discard { reason: None, at: at(1) }
}

#[test]
fn what_is_held_can_be_bound() {
    Held::with(()).given(vec![held()]).when(bind("s-1")).then_expect_events(vec![bound()]);
}

#[test]
fn what_is_bound_goes_nowhere_else() {
    let elsewhere = Error::Bound { session: session("s-1") };
    Held::with(()).given(vec![held(), bound()]).when(bind("s-2")).then_expect_error(elsewhere.clone());
    Held::with(()).given(vec![held(), bound()]).when(discard()).then_expect_error(elsewhere);
}

#[test]
fn binding_twice_is_heard_once() {
    Held::with(()).given(vec![held(), bound()]).when(bind("s-1")).then_expect_events(vec![]);
}

#[test]
fn what_was_discarded_is_not_bound() {
    Held::with(()).given(vec![held(), discarded()]).when(bind("s-1")).then_expect_error(Error::Discarded);
}

#[test]
fn a_name_is_kept_as_far_as_it_can_be() {
    for (name, kept) in [
        ("made-up".to_owned(), "made-up".to_owned()),
        ("я".repeat(200), "я".repeat(200)),
        ("я".repeat(201), format!("{}…", "я".repeat(199))),
        ("x".repeat(100_000), format!("{}…", "x".repeat(199))),
    ] {
        let Command::Hold { reason, body, at, .. } = hold() else { unreachable!() };
        let command = Command::Hold { session: name, reason, body: body.clone(), at };
        let held = Event::Held { session: kept, reason, at, personal: Personal::Clear(body) };
        Held::with(()).given_no_previous_events().when(command).then_expect_events(vec![held]);
    }
}

fn situations() -> Vec<(&'static str, Vec<Event>)> {
    vec![
        ("new", vec![]),
        ("held", vec![held()]),
        ("bound to s-1", vec![held(), bound()]),
        ("discarded", vec![held(), discarded()]),
    ]
}

fn cell(events: Vec<Event>, command: Command) -> String {
    let mut held = Quarantine::default();
    for event in events {
        held.apply(event);
    }
    match held.decide(command) {
        Ok(events) if events.is_empty() => "-".to_owned(),
        Ok(events) => events.iter().map(DomainEvent::event_type).collect::<Vec<_>>().join(", "),
        Err(Error::Unknown) => "(unknown)".to_owned(),
        Err(Error::Bound { .. }) => "(bound)".to_owned(),
        Err(Error::Discarded) => "(discarded)".to_owned(),
    }
}

/// A change of rule is a changed cell in the diff.
#[test]
fn every_command_in_every_situation() {
    let row = |name: &str, cells: Vec<String>| {
        let cells: Vec<String> = cells.iter().map(|cell| format!("{cell:<14}")).collect();
        format!("{name:<14}{}", cells.concat()).trim_end().to_owned()
    };
    let mut page = vec![row("", situations().into_iter().map(|(name, _)| name.to_owned()).collect())];
    let commands = [
        ("hold", hold()),
        ("bind to s-1", bind("s-1")),
        ("bind to s-2", bind("s-2")),
        ("discard", discard()),
    ];
    for (name, command) in commands {
        let cells = situations().into_iter().map(|(_, events)| cell(events, command.clone()));
        page.push(row(name, cells.collect()));
    }
    insta::assert_snapshot!(page.join("\n"), @r"
                  new           held          bound to s-1  discarded
    hold          held          -             -             -
    bind to s-1   (unknown)     bound         -             (discarded)
    bind to s-2   (unknown)     bound         (bound)       (discarded)
    discard       (unknown)     discarded     (bound)       -
    ");
}
