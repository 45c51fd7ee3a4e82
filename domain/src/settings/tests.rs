//! What is set, unset and left as it was.

use cqrs_es::test::TestFramework;

use super::*;

type Given = TestFramework<Settings>;

fn at() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

fn clear(text: &str) -> Value {
    Value::Clear(text.to_owned())
}

fn sealed(text: &str) -> Value {
    Value::Sealed(SealedSecret::new(text.to_owned()))
}

fn changes(all: &[(&str, Option<Value>)]) -> Changes {
    all.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn changed(all: &[(&str, Option<Value>)]) -> Event {
    Event::Changed { changes: changes(all), at: at() }
}

fn change(all: &[(&str, Option<Value>)]) -> Command {
    Command::Change { changes: changes(all), at: at() }
}

#[test]
fn what_is_said_is_set() {
    let said =
        [("AGENT_URL", Some(clear("https://agent.example/"))), ("AGENT_TOKEN", Some(sealed("c2VhbGVk")))];
    Given::with(()).given_no_previous_events().when(change(&said)).then_expect_events(vec![changed(&said)]);
}

#[test]
fn only_what_is_different_is_recorded() {
    let known = [("REMOTE_HOST", Some(clear("one.example"))), ("REMOTE_USER", Some(clear("karnay")))];
    Given::with(())
        .given(vec![changed(&known)])
        .when(change(&[("REMOTE_HOST", Some(clear("two.example"))), ("REMOTE_USER", Some(clear("karnay")))]))
        .then_expect_events(vec![changed(&[("REMOTE_HOST", Some(clear("two.example")))])]);
    Given::with(()).given(vec![changed(&known)]).when(change(&known)).then_expect_events(vec![]);
    Given::with(()).given_no_previous_events().when(Command::Look).then_expect_events(vec![]);
}

#[test]
fn what_is_unset_is_gone_and_what_was_never_set_stays_so() {
    let mut settings = Settings::default();
    settings.apply(changed(&[
        ("REMOTE_HOST", Some(clear("one.example"))),
        ("REMOTE_USER", Some(clear("karnay"))),
    ]));
    let unset = change(&[("REMOTE_HOST", None), ("AGENT_URL", None)]);
    let events = settings.decide(unset);
    assert_eq!(events, [changed(&[("REMOTE_HOST", None)])]);
    for event in events {
        settings.apply(event);
    }
    assert_eq!(settings.values().keys().collect::<Vec<_>>(), ["REMOTE_USER"]);
}

#[test]
fn a_secret_is_not_printed() {
    let said = change(&[("AGENT_TOKEN", Some(sealed("c2VhbGVk")))]);
    assert!(!format!("{said:?}").contains("c2VhbGVk"), "{said:?}");
}
