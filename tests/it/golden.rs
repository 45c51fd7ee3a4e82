//! Every event version ever written, as it lies in the journal. These files are never changed: what reads them must keep reading them.
//! That each event has one is a rule of `architecture/records.rs`; here they are decoded.

use std::path::PathBuf;

use cqrs_es::{Aggregate, DomainEvent};
use domain::api_key::ApiKey;
use domain::call::Call;
use domain::campaign::Campaign;
use domain::contact::Contact;
use domain::denial::Denials;
use domain::disclosure::Disclosure;
use domain::fact::{Event, Recorded, TYPES};
use domain::import::Import;
use domain::number_list::NumberList;
use domain::pbx::Pbx;
use domain::pbx_call::PbxCall;
use domain::person::Person;
use domain::promise::Promises;
use domain::quarantine::Quarantine;
use domain::remote::RemoteHost;
use domain::session::Session;
use domain::settings::Settings;
use domain::target::Target;
use domain::user::User;
use domain::webhook_endpoint::WebhookEndpoint;
use serde_json::Value;

struct Golden {
    kind: String,
    name: String,
    version: String,
    payload: String,
}

fn goldens() -> Vec<Golden> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| golden(path)).collect()
}

fn golden(path: &std::path::Path) -> Golden {
    let parts: Vec<&str> = path.file_stem().unwrap().to_str().unwrap().split('.').collect();
    let [kind, name, version] = parts[..] else {
        panic!("{}: not <kind>.<event>.v<version>.json", path.display())
    };
    let version = version.strip_prefix('v').unwrap().to_owned();
    Golden {
        kind: kind.to_owned(),
        name: name.to_owned(),
        version,
        payload: std::fs::read_to_string(path).unwrap(),
    }
}

/// Reads an event, and what it is written as.
fn read<A: Recorded>(golden: &Golden) -> (Event, String, Value) {
    let event: A::Event = serde_json::from_str(&golden.payload).unwrap_or_else(|why| {
        panic!("{}.{}.v{}: {why}", golden.kind, golden.name, golden.version);
    });
    let (version, written) = (event.event_version(), serde_json::to_value(&event).unwrap());
    (A::fact(event), version, written)
}

fn decode(golden: &Golden) -> (Event, String, Value) {
    match golden.kind.as_str() {
        Session::TYPE => read::<Session>(golden),
        Call::TYPE => read::<Call>(golden),
        Quarantine::TYPE => read::<Quarantine>(golden),
        NumberList::TYPE => read::<NumberList>(golden),
        RemoteHost::TYPE => read::<RemoteHost>(golden),
        Contact::TYPE => read::<Contact>(golden),
        Import::TYPE => read::<Import>(golden),
        Person::TYPE => read::<Person>(golden),
        Campaign::TYPE => read::<Campaign>(golden),
        Target::TYPE => read::<Target>(golden),
        Promises::TYPE => read::<Promises>(golden),
        User::TYPE => read::<User>(golden),
        ApiKey::TYPE => read::<ApiKey>(golden),
        WebhookEndpoint::TYPE => read::<WebhookEndpoint>(golden),
        Settings::TYPE => read::<Settings>(golden),
        Pbx::TYPE => read::<Pbx>(golden),
        PbxCall::TYPE => read::<PbxCall>(golden),
        Disclosure::TYPE => read::<Disclosure>(golden),
        Denials::TYPE => read::<Denials>(golden),
        kind => panic!("no aggregate is named {kind}"),
    }
}

#[test]
fn every_golden_event_is_what_its_name_says() {
    for golden in goldens() {
        let (event, current, _) = decode(&golden);
        assert_eq!((event.kind(), event.name()), (golden.kind.as_str(), golden.name.clone()));
        let (version, current): (u32, u32) = (golden.version.parse().unwrap(), current.parse().unwrap());
        assert!(version <= current, "{}.{} is written as version {current} today", golden.kind, golden.name);
    }
}

#[test]
fn every_event_is_still_written_as_its_newest_golden_file_has_it() {
    for golden in goldens() {
        let (_, current, written) = decode(&golden);
        if golden.version == current {
            let stored: Value = serde_json::from_str(&golden.payload).unwrap();
            assert_eq!(written, stored, "{}.{}", golden.kind, golden.name);
        }
    }
}

#[test]
fn a_golden_event_that_no_longer_reads_is_noticed() {
    let golden = |payload: &str| Golden {
        kind: "session".to_owned(),
        name: "failed".to_owned(),
        version: "1".to_owned(),
        payload: payload.to_owned(),
    };
    let whole = golden(r#"{"failed":{"reason":"x","at":"2025-10-06T18:30:00Z"}}"#);
    assert_eq!(decode(&whole).0.name(), "failed");
    let broken = golden(r#"{"failed":{"at":"2025-10-06T18:30:00Z"}}"#);
    assert!(std::panic::catch_unwind(|| decode(&broken)).is_err());
}

/// Whoever chooses among them by name is told of every one.
#[test]
fn every_type_is_known_by_name() {
    let mut golden: Vec<(String, String)> =
        goldens().into_iter().map(|Golden { kind, name, .. }| (kind, name)).collect();
    golden.dedup();
    let of_kind = |(kind, types): &(&str, &[&str])| -> Vec<(String, String)> {
        types.iter().map(|name| ((*kind).to_owned(), (*name).to_owned())).collect()
    };
    let known: Vec<(String, String)> = TYPES.iter().flat_map(of_kind).collect();
    assert_eq!(known, golden);
}
