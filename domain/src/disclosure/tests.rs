//! One look a reader, a thing and an hour, in given/when/then.

use super::*;

fn at(mins: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000, 0).unwrap() + TimeDelta::minutes(mins)
}

fn look(by: &str, mins: i64) -> Command {
    in_a_way(Way::Shown, by, mins)
}

fn in_a_way(how: Way, by: &str, mins: i64) -> Command {
    Command::Look(Looked { by: by.to_owned(), kind: Kind::Contact, id: "c-1".to_owned(), at: at(mins), how })
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
    assert_eq!(seen.lately[&Way::Shown].keys().collect::<Vec<_>>(), ["karim"]);
    seen.apply(Event::Looked(Looked { how: Way::Heard, ..looked("aziz", 600) }));
    assert_eq!(seen.lately.keys().collect::<Vec<_>>(), [&Way::Heard]);
}

fn looked(by: &str, mins: i64) -> Looked {
    let Command::Look(looked) = look(by, mins);
    looked
}

#[test]
fn one_way_does_not_stand_for_another() {
    assert_eq!(written(Way::ALL.map(|way| in_a_way(way, "aziz", 0))), Way::ALL.len());
    assert_eq!(written([look("aziz", 0), in_a_way(Way::Heard, "aziz", 1), look("aziz", 2)]), 2);
}

#[test]
fn whoever_takes_something_away_is_written_down_each_time() {
    for (way, times) in Way::ALL.into_iter().zip([1, 1, 1, 3, 3, 3]) {
        assert_eq!(written([0, 0, 1].map(|mins| in_a_way(way, "aziz", mins))), times, "{way:?}");
    }
}

#[test]
fn the_plain_way_is_written_as_it_always_was() {
    let written = serde_json::to_value(looked("aziz", 0)).unwrap();
    assert_eq!(written.get("how"), None);
    assert_eq!(serde_json::from_value::<Looked>(written).unwrap().how, Way::Shown);
    let heard = Looked { how: Way::Heard, ..looked("aziz", 0) };
    let written = serde_json::to_value(&heard).unwrap();
    assert_eq!(written["how"], "heard");
    assert_eq!(serde_json::from_value::<Looked>(written).unwrap(), heard);
}

#[test]
fn what_is_kept_of_the_last_hour_can_be_stored() {
    let mut seen = Disclosure::default();
    seen.apply(Event::Looked(Looked { how: Way::Listed, ..looked("aziz", 0) }));
    let stored = serde_json::to_string(&seen).unwrap();
    assert_eq!(serde_json::from_str::<Disclosure>(&stored).unwrap(), seen);
}

#[test]
fn kinds_are_written_as_they_are_called() {
    for kind in Kind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}
