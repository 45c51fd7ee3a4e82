//! The sentences a remote host lives by.

use cqrs_es::test::TestFramework;

use super::*;

type Hosts = TestFramework<RemoteHost>;

fn session(name: &str) -> Holder {
    let organization = Organization::parse("1").unwrap();
    Holder::Session { organization, session: SessionId::parse(name).unwrap() }
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_759_775_400 + second, 0).unwrap()
}

fn taken(name: &str) -> Event {
    Event::Taken { holder: session(name), at: at(0) }
}

fn take(name: &str, over: Option<&str>) -> Command {
    Command::Take { holder: session(name), over: over.map(session), at: at(0) }
}

#[test]
fn a_host_is_taken_by_one() {
    Hosts::with(()).given_no_previous_events().when(take("a", None)).then_expect_events(vec![taken("a")]);
    Hosts::with(()).given(vec![taken("a")]).when(take("a", None)).then_expect_events(vec![]);
    let held = Error::Held { by: session("a"), since: at(0) };
    Hosts::with(()).given(vec![taken("a")]).when(take("b", None)).then_expect_error(held);
}

#[test]
fn a_host_is_taken_over_from_the_one_that_was_looked_at() {
    Hosts::with(()).given(vec![taken("a")]).when(take("b", Some("a"))).then_expect_events(vec![taken("b")]);
    let held = Error::Held { by: session("b"), since: at(0) };
    Hosts::with(()).given(vec![taken("a"), taken("b")]).when(take("c", Some("a"))).then_expect_error(held);
}

#[test]
fn only_its_holder_gives_a_host_back() {
    let release = |name: &str| Command::Release { holder: session(name), at: at(1) };
    let released = Event::Released { at: at(1) };
    Hosts::with(()).given(vec![taken("a")]).when(release("b")).then_expect_events(vec![]);
    Hosts::with(()).given(vec![taken("a")]).when(release("a")).then_expect_events(vec![released.clone()]);
    Hosts::with(())
        .given(vec![taken("a"), released])
        .when(take("b", None))
        .then_expect_events(vec![taken("b")]);
}

/// At once, after half a minute, after half an hour.
fn needs(by: &Holder, session: Option<Standing>) -> [Need<'_>; 3] {
    [1, 30, 1_800].map(|after| need(by, session, at(0), at(after)))
}

#[test]
fn a_host_is_held_as_long_as_its_session_lives() {
    let standing = |phase, launched| Some(Standing { phase, launched });
    let by = session("a");
    let Holder::Session { organization, session } = &by else { panic!("it is a session") };
    let (runs, passing, none) = (Need::Session { organization, session }, Need::Passing, Need::None);
    for (session_is, expected) in [
        (standing(Phase::Pending, false), [runs, runs, runs]),
        (standing(Phase::Running, true), [runs, runs, runs]),
        (standing(Phase::Completed, true), [none, none, none]),
        (standing(Phase::Failed, true), [none, none, none]),
        (standing(Phase::Completed, false), [passing, passing, none]),
        (standing(Phase::Failed, false), [passing, passing, none]),
        (standing(Phase::New, false), [passing, none, none]),
        (None, [passing, none, none]),
    ] {
        assert_eq!(needs(&by, session_is), expected, "{session_is:?}");
    }
}

#[test]
fn a_host_is_held_while_a_list_is_put_there() {
    let organization = Organization::parse("1").unwrap();
    let list = Holder::List { organization, list: Uuid::nil(), attempt: Uuid::nil() };
    assert_eq!(needs(&list, None), [Need::Passing, Need::Passing, Need::None]);
}
