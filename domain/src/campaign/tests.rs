//! The sentences a campaign lives by, and the whole machine on one page.

use super::*;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_759_775_400 + second, 0).unwrap()
}

fn plan(name: &str) -> Box<Plan> {
    let settings = Settings::default();
    Box::new(Plan { name: name.to_owned(), description: None, kind: Kind::DebtCollection, settings })
}

fn after(events: Vec<Event>) -> Campaign {
    let mut campaign = Campaign::default();
    for event in events {
        campaign.apply(event);
    }
    campaign
}

fn situations() -> Vec<(&'static str, Vec<Event>)> {
    let created = || Event::Created { id: Uuid::from_u128(1), plan: plan("a"), at: at(0) };
    let enlisted = || Event::Enlisted { count: 3, at: at(1) };
    let started = || Event::Started { at: at(2) };
    let with = |last: Event| vec![created(), enlisted(), started(), last];
    vec![
        ("new", vec![]),
        ("empty", vec![created()]),
        ("pending", vec![created(), enlisted()]),
        ("running", vec![created(), enlisted(), started()]),
        ("paused", with(Event::Paused { why: Why::Asked, at: at(3) })),
        ("completed", with(Event::Completed { at: at(3) })),
        ("failed", with(Event::Failed { reason: "x".to_owned(), at: at(3) })),
        ("removed", with(Event::Removed { at: at(3) })),
    ]
}

fn commands() -> Vec<(&'static str, Command)> {
    vec![
        ("create again", Command::Create { id: Uuid::from_u128(1), plan: plan("a"), at: at(9) }),
        ("create another", Command::Create { id: Uuid::from_u128(2), plan: plan("a"), at: at(9) }),
        ("change nothing", Command::Change { plan: plan("a"), at: at(9) }),
        ("change", Command::Change { plan: plan("b"), at: at(9) }),
        ("enlist", Command::Enlist { count: 2, at: at(9) }),
        ("enlist nobody", Command::Enlist { count: 0, at: at(9) }),
        ("start", Command::Start { contacts: 3, open: 2, at: at(9) }),
        ("start empty", Command::Start { contacts: 0, open: 0, at: at(9) }),
        ("start with none left", Command::Start { contacts: 3, open: 0, at: at(9) }),
        ("pause", Command::Pause { why: Why::Asked, at: at(9) }),
        ("complete", Command::Complete { at: at(9) }),
        ("fail", Command::Fail { reason: "y".to_owned(), at: at(9) }),
        ("remove", Command::Remove { at: at(9) }),
        ("look", Command::Look),
    ]
}

fn cell(campaign: &Campaign, command: Command) -> String {
    match campaign.decide(command) {
        Ok(events) if events.is_empty() => "-".to_owned(),
        Ok(events) => events.iter().map(DomainEvent::event_type).collect::<Vec<_>>().join(", "),
        Err(why) => match why {
            Error::Unknown => "unknown",
            Error::AlreadyThere => "there",
            Error::Empty => "empty",
            Error::NothingLeft => "nothing left",
            Error::NotRunning => "not running",
            Error::Running => "running",
        }
        .to_uppercase(),
    }
}

#[test]
fn every_command_in_every_situation() {
    let row = |name: &str, cells: Vec<String>| {
        let cells: Vec<String> = cells.iter().map(|cell| format!("{cell:<13}")).collect();
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
fn settings_are_read_and_strangers_refused() {
    let read = serde_json::from_str::<Settings>;
    assert_eq!(read("{}").unwrap(), Settings::default());
    let set = read(r#"{"zone":"Asia/Tashkent","concurrency":5,"callsPerSecond":2.5,"priority":3}"#).unwrap();
    assert_eq!(set.concurrency.unwrap().get(), 5);
    for wrong in
        [r#"{"atOnce":5}"#, r#"{"concurrency":0}"#, r#"{"zone":"Tashkent"}"#, r#"{"callsPerSecond":0}"#]
    {
        assert!(read(wrong).is_err(), "{wrong}");
    }
    let written = serde_json::to_string(&set).unwrap();
    assert_eq!(read(&written).unwrap(), set);
}
