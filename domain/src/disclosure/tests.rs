//! One look a reader, a thing and an hour, in given/when/then.

use super::*;

fn at(mins: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000, 0).unwrap() + TimeDelta::minutes(mins)
}

fn look(by: &str, mins: i64) -> Command {
    Command::Look(Looked { by: by.to_owned(), kind: Kind::Contact, id: "c-1".to_owned(), at: at(mins) })
}

/// How many looks were written down.
fn written(commands: impl IntoIterator<Item = Command>) -> usize {
    let mut seen = Disclosure::default();
    let mut said = |command| {
        let events = seen.decide(command).unwrap();
        let count = events.len();
        for event in events {
            seen.apply(event);
        }
        count
    };
    commands.into_iter().map(&mut said).sum()
}

#[test]
fn one_look_stands_for_an_hour() {
    assert_eq!(written([look("aziz", 0), look("aziz", 1), look("aziz", 59)]), 1);
    assert_eq!(written([look("aziz", 0), look("aziz", 59), look("aziz", 60)]), 2);
}

#[test]
fn everybody_is_written_down() {
    assert_eq!(written([look("aziz", 0), look("bobur", 1), look("aziz", 2), look("bobur", 3)]), 2);
}

#[test]
fn only_those_of_the_last_hour_are_remembered() {
    let mut seen = Disclosure::default();
    for (nth, by) in ["aziz", "bobur", "karim"].into_iter().enumerate() {
        for event in seen.decide(look(by, 61 * i64::try_from(nth).unwrap())).unwrap() {
            seen.apply(event);
        }
    }
    assert_eq!(seen.lately.keys().collect::<Vec<_>>(), ["karim"]);
}

#[test]
fn kinds_are_written_as_they_are_called() {
    for kind in Kind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}
