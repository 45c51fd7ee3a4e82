//! Every event that was ever written is told, in every language, and told apart from others.

use std::collections::BTreeMap;

use domain::fact::{Event, Recorded};
use domain::{
    api_key, call, campaign, contact, denial, disclosure, import, number_list, pbx, pbx_call, person,
    promise, quarantine, remote, session, settings, target, user, webhook_endpoint,
};

use super::*;

fn of<A: Recorded>(payload: &str) -> Event {
    A::fact(serde_json::from_str(payload).unwrap())
}

fn event(kind: &str, payload: &str) -> Event {
    match kind {
        "session" => of::<session::Session>(payload),
        "call" => of::<call::Call>(payload),
        "quarantine" => of::<quarantine::Quarantine>(payload),
        "number_list" => of::<number_list::NumberList>(payload),
        "remote" => of::<remote::RemoteHost>(payload),
        "contact" => of::<contact::Contact>(payload),
        "import" => of::<import::Import>(payload),
        "person" => of::<person::Person>(payload),
        "campaign" => of::<campaign::Campaign>(payload),
        "target" => of::<target::Target>(payload),
        "promise" => of::<promise::Promises>(payload),
        "user" => of::<user::User>(payload),
        "api_key" => of::<api_key::ApiKey>(payload),
        "webhook_endpoint" => of::<webhook_endpoint::WebhookEndpoint>(payload),
        "settings" => of::<settings::Settings>(payload),
        "pbx" => of::<pbx::Pbx>(payload),
        "pbx_call" => of::<pbx_call::PbxCall>(payload),
        "disclosure" => of::<disclosure::Disclosure>(payload),
        "denial" => of::<denial::Denials>(payload),
        other => panic!("{other} is told by nobody"),
    }
}

/// Every event that was ever written, with the name of its file.
fn every_event() -> BTreeMap<String, Event> {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/golden");
    let files = std::fs::read_dir(golden).unwrap().map(|file| file.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let read = |path: std::path::PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let kind = name.split('.').next().unwrap().to_owned();
        (name, event(&kind, &std::fs::read_to_string(&path).unwrap()))
    };
    files.map(read).collect()
}

fn teller(language: Language) -> Teller {
    Teller { language, zone: chrono_tz::Asia::Tashkent }
}

#[test]
fn every_event_is_told_in_every_language() {
    for (name, event) in every_event() {
        let told = Language::ALL.map(|language| teller(language).words(&event));
        for words in &told {
            assert!(!words.is_empty() && !words.contains(['{', '}', '@']), "{name}: {words}");
        }
        let cyrillic = |text: &str| text.chars().any(|c| ('\u{400}'..'\u{530}').contains(&c));
        assert_eq!(
            told.each_ref().map(|words| cyrillic(words)),
            [false, true, true, false],
            "{name}: {told:?}"
        );
        let figures = |text: &str| {
            let mut digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
            digits.sort_unstable();
            digits
        };
        assert!(told.iter().all(|words| figures(words) == figures(&told[0])), "{name}: {told:?}");
    }
}

#[test]
fn different_events_of_one_kind_are_told_differently() {
    let mut told: BTreeMap<(String, String), String> = BTreeMap::new();
    for (name, event) in every_event() {
        let (kind, event_type) = (event.kind().to_owned(), event.name());
        let words = teller(Language::English).words(&event);
        if let Some(other) = told.insert((kind, words.clone()), event_type.clone()) {
            assert_eq!(other, event_type, "{name}: {words}");
        }
    }
}

#[test]
fn a_sentence_holds_the_figures_that_matter() {
    let payload = include_str!("../../../../tests/it/golden/target.ended.v1.json");
    let words = teller(Language::English).words(&event("target", payload));
    assert_eq!(words, "The call ended: Promised to pay. Nobody calls before 2025-10-12 00:00");
}
