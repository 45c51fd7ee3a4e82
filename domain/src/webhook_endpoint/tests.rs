//! The sentences of an endpoint's life.

use super::*;

fn at(secs: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000 + secs, 0).unwrap()
}

fn secret(text: &str) -> SealedSecret {
    SealedSecret::new(text.to_owned())
}

fn terms() -> Terms {
    Terms {
        url: "https://example.com/hook".to_owned(),
        description: "warehouse".to_owned(),
        types: Types::default(),
    }
}

fn register(beside: u64) -> Command {
    Command::Register { terms: terms(), secret: secret("one"), beside, at: at(0) }
}

/// An endpoint after these commands, each of which was accepted.
fn after(commands: impl IntoIterator<Item = Command>) -> WebhookEndpoint {
    let mut endpoint = WebhookEndpoint::default();
    for command in commands {
        for event in endpoint.decide(command).unwrap() {
            endpoint.apply(event);
        }
    }
    endpoint
}

fn turn(paused: bool) -> Command {
    Command::Change { change: Change { paused: Some(paused), ..Change::default() }, at: at(9) }
}

#[test]
fn nobody_has_more_than_so_many() {
    let new = WebhookEndpoint::default();
    assert_eq!(new.decide(register(ENDPOINTS_MAX)), Err(Error::TooMany));
    assert!(new.decide(register(ENDPOINTS_MAX - 1)).is_ok());
}

#[test]
fn what_is_not_there_is_unknown_before_and_after() {
    let removed = after([register(0), Command::Remove { at: at(1) }]);
    for endpoint in [WebhookEndpoint::default(), removed.clone()] {
        for command in [Command::Look, turn(true), Command::RotateSecret { secret: secret("two"), at: at(2) }]
        {
            assert_eq!(endpoint.decide(command), Err(Error::Unknown));
        }
    }
    assert_eq!(removed.decide(Command::Remove { at: at(3) }), Ok(vec![]));
    assert_eq!(removed.decide(register(0)), Err(Error::AlreadyThere));
}

#[test]
fn what_is_said_again_changes_nothing() {
    let known = after([register(0)]);
    let same = Change { url: Some(terms().url), paused: Some(false), ..Change::default() };
    assert_eq!(known.decide(Command::Change { change: same, at: at(1) }), Ok(vec![]));
    let paused = after([register(0), turn(true)]);
    assert_eq!(paused.decide(turn(true)), Ok(vec![]));
    assert_eq!(paused.decide(Command::Disable { why: Fault::Gone, at: at(2) }), Ok(vec![]));
}

#[test]
fn whoever_was_disabled_is_resumed_by_hand() {
    let disabled = after([register(0), Command::Disable { why: Fault::Failing, at: at(1) }]);
    assert_eq!(disabled.standing().unwrap().sending, Sending::Disabled(Fault::Failing));
    assert_eq!(disabled.decide(turn(false)), Ok(vec![Event::Resumed { at: at(9) }]));
}

#[test]
fn whoever_is_resumed_or_moved_begins_anew() {
    let moved = Change { url: Some("https://example.com/new".to_owned()), ..Change::default() };
    let moved = Command::Change { change: moved, at: at(9) };
    let told = Change { description: Some("other".to_owned()), ..Change::default() };
    let told = Command::Change { change: told, at: at(9) };
    let failing = |commands: Vec<Command>, since| {
        let all = std::iter::once(register(0)).chain(commands);
        after(all).standing().unwrap().failing_since(Some(at(since)))
    };
    assert_eq!(failing(vec![], 5), Some(at(5)));
    assert_eq!(failing(vec![told], 5), Some(at(5)));
    let disabled = Command::Disable { why: Fault::Failing, at: at(6) };
    for begun in [vec![moved], vec![disabled, turn(false)], vec![turn(true), turn(false)]] {
        assert_eq!(failing(begun.clone(), 8), None, "{begun:?}");
        assert_eq!(failing(begun, 9), Some(at(9)));
    }
}

#[test]
fn two_secrets_sign_while_one_replaces_the_other() {
    let rotated = after([register(0), Command::RotateSecret { secret: secret("two"), at: at(10) }]);
    let signing = |now| -> Vec<String> {
        let standing = rotated.standing().unwrap();
        standing.secrets(now).map(|secret| secret.expose().to_owned()).collect()
    };
    assert_eq!(signing(at(11)), ["two", "one"]);
    assert_eq!(signing(at(10) + BOTH_SIGN_FOR), ["two"]);
    assert!(!format!("{rotated:?}").contains("one\""), "{rotated:?}");
}

#[test]
fn what_is_offered_is_there() {
    assert!(OFFERED.iter().all(|kind| fact::TYPES.iter().any(|(known, _)| known == kind)));
}

#[test]
fn events_are_wanted_by_kind_or_by_name() {
    let types = |names: &[&str]| Types::parse(names.iter().map(|name| (*name).to_owned()).collect());
    let some = types(&["session", "call.reported", "call.reported"]).unwrap();
    assert_eq!(some.names(), ["call.reported", "session"]);
    assert!(some.want("call", "reported") && some.want("session", "opened"));
    assert!(!some.want("call", "amended") && !some.want("campaign", "started"));
    let all = Types::default();
    assert!(all.want("call", "amended") && !all.want("user", "created") && !all.want("api_key", "made"));
    for (wrong, told) in [
        ("user.created", "user.created is none of them"),
        ("pears", "pears is none of them"),
        ("call.reportd", "is call.reported meant?"),
    ] {
        assert!(types(&[wrong]).unwrap_err().to_string().contains(told), "{wrong}");
    }
}
