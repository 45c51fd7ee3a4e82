//! What terms make of everybody whom a call concerns.

use chrono::NaiveDate;
use cqrs_es::Aggregate;
use uuid::Uuid;

use super::*;
use crate::contact::{self, Details};
use crate::conversation::{Path, Promise, Reach, Upshot};
use crate::personal::Personal;
use crate::policy::eligible::Rule;

/// A Monday, 14:00 in Tashkent.
fn monday() -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(2026, 11, 16).unwrap().and_hms_opt(9, 0, 0).unwrap().and_utc()
}

fn terms() -> Terms {
    Terms::of(&Settings::default(), &Pack::uz(), Zone::UTC, TimeDelta::minutes(10))
}

fn contact() -> Contact {
    let details = Details { phone: "+998901234567".to_owned(), ..Details::default() };
    let mut contact = Contact::default();
    let (id, personal) = (Uuid::from_u128(1), Personal::Clear(details));
    contact.apply(contact::Event::Created { id, import: None, at: monday(), personal });
    contact
}

fn target(calls: i64) -> Target {
    let mut target = Target::default();
    target.apply(target::Event::Enlisted { at: monday() });
    if calls > 0 {
        let at = monday();
        let call = Uuid::from_u128(2);
        target.apply(target::Event::Dialled { call, attempt: 1, number: None, was_skipped: false, at });
    }
    target
}

fn outcome(upshot: Upshot) -> Outcome {
    Outcome { reach: Reach::Reached(upshot), path: Path::Answer, talk_secs: None, cause: None }
}

#[test]
fn a_number_lives_by_the_clock_of_its_country() {
    let (contact, person, target) = (contact(), Person::default(), target(0));
    let parties = Parties { contact: &contact, person: &person, listed: None, target: &target };
    let at = |hours| terms().weigh(&parties, Whole::default(), monday() + TimeDelta::hours(hours)).decision;
    assert_eq!(at(0), Decision::Dial);
    let Decision::Deferred { until, rule: Rule::Window, .. } = at(7) else { panic!("it is nine there") };
    assert_eq!(until, monday() + TimeDelta::hours(19), "nine in the morning");
    assert_eq!(terms().clock(&contact, monday()).as_str(), "Asia/Tashkent");
}

#[test]
fn a_campaigns_pack_can_only_take_away() {
    let pack = |house: &Pack, settings: &str| {
        let settings: Settings = serde_json::from_str(settings).unwrap();
        Terms::of(&settings, house, Zone::UTC, TimeDelta::minutes(10)).pack
    };
    let always = pack(&Pack::always(), r#"{"rulesPack": "us_reg_f"}"#);
    assert_eq!((always.windows, always.caps), (Pack::us_reg_f().windows, Pack::us_reg_f().caps));
    assert_eq!(always.name, "always + us_reg_f");
    assert_eq!(pack(&Pack::uz(), r#"{"rulesPack": "always"}"#).windows, Pack::uz().windows);
    assert_eq!(pack(&Pack::uz(), r#"{"rulesPack": "uz"}"#), Pack::uz());
    let unknown = serde_json::from_str::<Settings>(r#"{"rulesPack": "de"}"#).unwrap_err().to_string();
    assert!(unknown.contains("us_reg_f"), "{unknown}");
}

#[test]
fn whoever_is_listed_or_gone_is_not_called() {
    let (there, target) = (contact(), target(0));
    let mut out = Person::default();
    let rule = |contact: &Contact, person: &Person, listed| {
        let parties = Parties { contact, person, listed, target: &target };
        match terms().weigh(&parties, Whole::default(), monday()).decision {
            Decision::Suppressed { rule, .. } => Some(rule),
            Decision::Dial | Decision::Deferred { .. } => None,
        }
    };
    assert_eq!(rule(&there, &out, None), None);
    assert_eq!(rule(&there, &out, Some(List::Global)), Some(Rule::DoNotCall));
    assert_eq!(rule(&Contact::default(), &out, None), Some(Rule::ContactStatus));
    out.apply(person::Event::OptedOut { by: Wish::Conversation, at: monday(), personal: None });
    assert_eq!(rule(&there, &out, None), Some(Rule::DoNotCall));
}

#[test]
fn a_promise_keeps_every_campaign_quiet() {
    let (contact, target) = (contact(), target(1));
    let due = NaiveDate::from_ymd_opt(2026, 11, 20);
    let promised = outcome(Upshot::PromiseToPay(Promise { amount: None, due }));
    let ending = terms().ending((&contact, &target, Uuid::nil()), promised, Words::default(), monday());
    let Next::Promised { until } = ending.next else { panic!("{:?}", ending.next) };
    let campaign = Uuid::from_u128(9);
    let quiet = person::Command::KeepQuiet { until, campaign, at: monday() };
    assert_eq!(aftermath(&ending, campaign, || unreachable!(), monday()), Some(quiet));
}

#[test]
fn a_late_answer_counts_no_second_attempt() {
    let contact = contact();
    let mut given_up = target(1);
    let (call, unknown) = (Uuid::from_u128(2), Outcome::unconfirmed(Path::TimedOut));
    let Ending { outcome: lost, next, .. } =
        terms().ending((&contact, &given_up, call), unknown, Words::default(), monday());
    let personal = Personal::Clear(Words::default());
    given_up.apply(target::Event::Ended { call, outcome: lost, next, at: monday(), personal });
    let busy = Outcome { reach: Reach::Busy, ..outcome(Upshot::Success) };
    let late =
        terms().ending((&contact, &given_up, call), busy, Words::default(), monday() + TimeDelta::hours(1));
    assert_eq!(late.next, Next::Again { at: monday() + TimeDelta::minutes(65) });
}
