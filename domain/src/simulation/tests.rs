//! A simulated campaign keeps every rule, over every clock. What the rules are is read here from their text, and whether they were kept
//! is worked out from the events alone (`law`, `record`): nothing of the policies is asked.

mod agent;
mod law;
mod record;

use std::num::NonZeroU32;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Value, json};

use super::report::{Contacts, End, Report};
use super::*;
use crate::rules::{Pack, read};
use crate::zone::Zone;
use agent::Invented;
use law::Law;
use record::Record;

const ZONES: [&str; 4] = ["Europe/Berlin", "America/New_York", "Asia/Tashkent", "Australia/Sydney"];
/// Ninety days from the first hold the clock changes of one half of the year in every zone that has them, from the second the other's.
const SEASONS: [&str; 2] = ["2026-09-15T03:00:00Z", "2027-02-20T15:30:00Z"];
/// Nobody ever waits for a line.
const PLENTY: u32 = 1_000;

struct Case<'a> {
    pack: &'a str,
    begins: &'a str,
    days: i64,
    contacts: u32,
    lines: u32,
    seed: u64,
    settings: Value,
}

impl Case<'_> {
    fn begins(&self) -> DateTime<Utc> {
        self.begins.parse().unwrap()
    }

    fn plan(&self) -> Plan {
        let settings: Settings = read::read(&self.settings).unwrap();
        let pack = Pack::named(self.pack).unwrap();
        let terms = Terms::of(&settings, &pack, Zone::UTC, TimeDelta::minutes(10));
        let (begins, lines) = (self.begins(), NonZeroU32::new(self.lines).unwrap());
        Plan { settings, terms, lines, begins, ends: begins + TimeDelta::days(self.days) }
    }

    /// The texts themselves, each of which has to be kept, whatever the stricter of two is.
    fn laws(&self) -> Vec<Law> {
        let pack = serde_json::to_value(Pack::named(self.pack).unwrap()).unwrap();
        let changes = self.settings.get("rules").cloned();
        Law::together([Some(pack), changes].into_iter().flatten().map(|text| Law::read(&text)).collect())
    }

    fn details(&self) -> Vec<Details> {
        let zones = ZONES.iter().cycle();
        let details = (0..self.contacts).zip(zones).map(|(who, zone)| Details {
            phone: format!("+99890{who:07}"),
            zone: Some((*zone).to_owned()),
            ..Details::default()
        });
        details.collect()
    }

    fn run(&self) -> (Record, Report) {
        let unhindered = self.lines == PLENTY;
        let mut record = Record::new(self.laws(), unhindered.then(|| self.plan().ends));
        let mut invented = Invented::new(self.seed);
        let mut world =
            World { agent: &mut |asked| Ok(invented.speak(asked)), hear: &mut |told| record.hear(told) };
        let mut simulation = Simulation::begin(self.plan(), self.details(), &mut world).unwrap();
        while simulation.step(&mut world).unwrap() {}
        let report = simulation.report();
        record.asked = invented.wanted;
        (record, report)
    }
}

/// Hours that begin and end anywhere, over midnight too, on three days or more.
fn window() -> impl Strategy<Value = Value> {
    let days = proptest::sample::subsequence(vec!["mon", "tue", "wed", "thu", "fri", "sat", "sun"], 3..=7);
    let clock = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
    (days, 0..1_440_u32, 120..1_300_u32).prop_map(move |(days, from, long)| {
        json!({ "days": days, "from": clock(from), "until": clock((from + long) % 1_440) })
    })
}

/// What a campaign may want stricter.
fn changes() -> impl Strategy<Value = Value> {
    let holidays = proptest::sample::subsequence(
        vec!["10-25", "2026-11-01", "2026-10-04", "03-14", "2027-03-28", "04-04", "2026-10-05", "02-22"],
        0..=8,
    );
    let cap = (prop::bool::ANY, 1..40_u32, 1..4_u32).prop_map(|(spoke, hours, most)| {
        let count = if spoke { "conversations" } else { "attempts" };
        json!({ "count": count, "within": format!("{hours}h"), "atMost": most })
    });
    let quiet = (1..9_u32, prop::bool::ANY).prop_map(
        |(days, spares)| json!({ "afterConversation": format!("{days}d"), "sparesCallbacks": spares }),
    );
    let windows = prop::option::of(prop::collection::vec(window(), 1..4));
    (windows, holidays, prop::collection::vec(cap, 0..3), prop::option::of(quiet)).prop_map(
        |(windows, holidays, caps, quiet)| {
            let mut changes = json!({ "holidays": holidays, "caps": caps });
            for (name, value) in [("windows", windows.map(Value::from)), ("quiet", quiet)] {
                changes.as_object_mut().unwrap().extend(value.map(|value| (name.to_owned(), value)));
            }
            changes
        },
    )
}

proptest! {
    #![proptest_config(Config { cases: 24, failure_persistence: None, ..Config::default() })]

    #[test]
    fn ninety_days_keep_every_rule_in_every_zone(
        pack in prop::sample::select(Pack::NAMES.to_vec()),
        begins in prop::sample::select(SEASONS.to_vec()),
        changes in prop::option::weighted(0.75, changes()),
        seed in 0..u64::MAX,
    ) {
        let settings = changes.map_or_else(|| json!({}), |changes| json!({ "rules": changes }));
        let case = Case { pack, begins, days: 90, contacts: 48, lines: PLENTY, seed, settings };
        let (record, report) = case.run();
        let offences = record.offences();
        prop_assert!(offences.is_empty(), "{}", offences.join("\n"));
        prop_assert_eq!(record.dialled(), report.calls);
    }
}

/// Were nobody called on those days, the property would say nothing about them.
#[test]
fn people_are_called_around_every_change_of_the_clock() {
    for (begins, zone, nights) in [
        (SEASONS[0], "Australia/Sydney", "2026-10-03T16:00:00Z"),
        (SEASONS[0], "Europe/Berlin", "2026-10-25T01:00:00Z"),
        (SEASONS[0], "America/New_York", "2026-11-01T06:00:00Z"),
        (SEASONS[1], "America/New_York", "2027-03-14T07:00:00Z"),
        (SEASONS[1], "Europe/Berlin", "2027-03-28T01:00:00Z"),
        (SEASONS[1], "Australia/Sydney", "2027-04-03T16:00:00Z"),
    ] {
        let case = Case {
            pack: "always",
            begins,
            days: 90,
            contacts: 200,
            lines: PLENTY,
            seed: 5,
            settings: json!({}),
        };
        let (record, _) = case.run();
        let changed: DateTime<Utc> = nights.parse().unwrap();
        let near = record.calls_in(zone).filter(|at| (*at - changed).abs() <= TimeDelta::hours(3)).count();
        assert!(near >= 2, "{zone} {nights}: {near}");
    }
}

#[test]
fn no_more_calls_go_on_at_once_or_begin_in_a_second_than_are_allowed() {
    for (settings, lines, at_most) in
        [(json!({ "concurrency": 3 }), 50, 3), (json!({ "concurrency": 50, "callsPerSecond": 0.01 }), 4, 4)]
    {
        let paced = settings.get("callsPerSecond").is_some();
        let case = Case { pack: "uz", begins: SEASONS[0], days: 30, contacts: 300, lines, seed: 3, settings };
        let (record, _) = case.run();
        assert_eq!(record.offences(), Vec::<String>::new());
        assert!(record.dialled() > 300);
        assert_eq!(record.at_once(), if paced { record.at_once().min(at_most) } else { at_most });
        let apart = record.closest();
        assert!(!paced || apart >= TimeDelta::seconds(100), "{apart}");
    }
}

#[test]
fn everybody_is_through_in_the_end_or_it_says_why_not() {
    let case = |settings| Case {
        pack: "always",
        begins: SEASONS[0],
        days: 300,
        contacts: 100,
        lines: PLENTY,
        seed: 1,
        settings,
    };
    let (_, report) = case(json!({})).run();
    assert!(matches!(report.end, End::Completed { .. }), "{report:?}");
    assert_eq!((report.contacts.open, report.contacts.total), (0, 100));
    let Contacts { success, failed, callback_requested, skipped, .. } = report.contacts;
    assert_eq!(success + failed + callback_requested + skipped, 100);
    assert_eq!(report.attempts.iter().map(|(calls, contacts)| calls * contacts).sum::<u32>(), report.calls);
    assert_eq!(report.outcomes.values().sum::<u32>(), report.calls);
    assert_eq!(report.days.values().sum::<u32>(), report.calls);

    let (record, report) = case(json!({ "budget": { "calls": 40 } })).run();
    assert!(matches!(report.end, End::Paused { why: campaign::Why::Budget { .. }, .. }), "{report:?}");
    assert_eq!((report.calls, record.dialled()), (40, 40));

    let breaker = json!({ "breaker": { "inARow": 1, "percent": 100, "ofLast": 100 } });
    let (_, report) = case(breaker).run();
    assert!(matches!(report.end, End::Paused { why: campaign::Why::Breaker(_), .. }), "{report:?}");
}
