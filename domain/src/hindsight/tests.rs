//! Simulated campaigns looked back at: the same rules change nothing, others change what can be worked out from the events alone.

use std::num::NonZeroU32;

use serde_json::{Value, json};

use super::report::Report;
use super::*;
use crate::contact::Details;
use crate::rules::read;
use crate::simulation::{self, Asked, Simulation, Spoken, Told, World};

const BEGINS: &str = "2026-09-15T03:00:00Z";
const CONTACTS: u32 = 60;
const CALL_MAX: TimeDelta = TimeDelta::minutes(10);

fn settings(told: &Value) -> Settings {
    read::read(told).unwrap()
}

fn zone() -> Zone {
    Zone::parse("Asia/Tashkent").unwrap()
}

/// The same people say the same: mostly nothing, sometimes that they pay, call back later, or want to be left alone.
fn spoken(asked: &Asked) -> Spoken {
    let who: u32 = asked.details.phone[6..].parse().unwrap();
    let told = match (who * 7 + asked.attempt * 3) % 20 {
        0..9 => json!({ "success": false, "outcome": "NO_ANSWER" }),
        9..13 => json!({ "success": false, "outcome": "BUSY" }),
        13..15 => {
            json!({ "success": true, "outcome": "CALLBACK_REQUESTED", "callbackAt": asked.at + TimeDelta::hours(30) })
        }
        15 => {
            json!({ "success": true, "outcome": "PROMISE_TO_PAY", "promisedDate": "2026-09-20", "duration": 60 })
        }
        16 => json!({ "success": false, "optOut": true, "duration": 20 }),
        _ => json!({ "success": true, "outcome": "SUCCESS", "duration": 60 }),
    };
    Spoken { secs: 30 + who % 40, answer: serde_json::from_value(told).unwrap() }
}

fn fact(told: &Told, position: u64) -> Arc<Fact> {
    let event = match told.event {
        simulation::Event::Campaign(event) => Event::Campaign(event.clone()),
        simulation::Event::Contact(event) => Event::Contact(event.clone()),
        simulation::Event::Person(event) => Event::Person(event.clone()),
        simulation::Event::Target(event) => Event::Target(event.clone()),
    };
    let (at, stream, sequence) = (told.at, told.whose.stream(), told.sequence);
    let circumstances = Arc::default();
    Arc::new(Fact { position, stream, sequence, recorded_at: at, occurred_at: at, circumstances, event })
}

/// What becomes of a number once a call to it is over.
fn is_after_a_call(event: &Event) -> bool {
    matches!(event, Event::Person(event) if !matches!(event, person::Event::Rung { .. }))
}

/// A campaign of thirty days. As the engine stores it, what a call means for the number comes before the call's own end.
fn past(pack: &str, told: &Value) -> Vec<Arc<Fact>> {
    let mut settings = settings(told);
    // As the engine takes it where a campaign says nothing.
    settings.concurrency = Some(settings.lines());
    let terms = Terms::of(&settings, &Pack::named(pack).unwrap(), zone(), CALL_MAX);
    let begins: DateTime<Utc> = BEGINS.parse().unwrap();
    let (lines, ends) = (NonZeroU32::new(100).unwrap(), begins + TimeDelta::days(30));
    let plan = simulation::Plan { settings, terms, lines, begins, ends };
    let details = |who: u32| Details { phone: format!("+99890{who:07}"), ..Details::default() };
    let mut facts = vec![];
    let mut hear = |told: &Told| facts.push(fact(told, 0));
    let mut agent = |asked: Asked<'_>| Ok(spoken(&asked));
    let mut world = World { agent: &mut agent, hear: &mut hear };
    let mut simulation = Simulation::begin(plan, (0..CONTACTS).map(details).collect(), &mut world).unwrap();
    while simulation.step(&mut world).unwrap() {}
    for at in 1..facts.len() {
        let ended = |fact: &Fact| matches!(fact.event, Event::Target(target::Event::Ended { .. }));
        if ended(&facts[at - 1]) && is_after_a_call(&facts[at].event) {
            facts.swap(at - 1, at);
        }
    }
    facts
}

fn looked_at(facts: &[Arc<Fact>], pack: &str, (other_pack, other): (&str, Option<&Value>)) -> Report {
    let named = |name| Pack::named(name).unwrap();
    let other = other.map(settings);
    let plan =
        Plan { pack: named(pack), other_pack: named(other_pack), other, zone: zone(), call_max: CALL_MAX };
    // No key made them: the numbers are called as their contacts are.
    let number = |_: &Organization, phone: &Phone| {
        let who = phone.as_str().get(6..).and_then(|digits| digits.parse().ok()).unwrap_or(u64::MAX);
        Fingerprint(*Uuid::from_u64_pair(2, who).as_bytes())
    };
    let organization = Organization::parse(simulation::ORGANIZATION).unwrap();
    let campaign = facts.iter().find_map(|fact| fact.stream.of_target()).unwrap().0;
    let mut hindsight = Hindsight::new(plan, (organization, campaign), &number);
    for fact in facts {
        hindsight.hear(fact);
    }
    hindsight.report()
}

/// When each contact was called, by whether the call would have been made all the same.
fn dialled(facts: &[Arc<Fact>], report: &Report, made: bool) -> Vec<(Uuid, DateTime<Utc>)> {
    let gone: HashSet<Uuid> = report.refused.iter().map(|refused| refused.call).collect();
    let call = |fact: &Arc<Fact>| {
        let Event::Target(target::Event::Dialled { call, at, .. }) = &fact.event else { return None };
        (gone.contains(call) != made).then(|| (fact.stream.of_target().unwrap().1, *at))
    };
    facts.iter().filter_map(call).collect()
}

#[test]
fn the_same_rules_change_nothing() {
    let strict = json!({ "concurrency": 5, "rules": { "caps": [{ "count": "attempts", "within": "3d", "atMost": 2 }] } });
    for pack in Pack::NAMES {
        for told in [json!({}), strict.clone(), json!({ "budget": { "calls": 70 } })] {
            let facts = past(pack, &told);
            for other in [None, Some(&told)] {
                let report = looked_at(&facts, pack, (pack, other));
                assert!(report.is_empty() && report.unexplained.is_empty(), "{pack} {told}: {report:#?}");
                assert_eq!(report.was, report.would);
                assert!(report.was.attempts >= CONTACTS && report.stopped.is_none(), "{report:#?}");
            }
        }
    }
}

#[test]
fn a_stricter_cap_leaves_no_more_calls_than_it_allows_and_takes_none_away_without_need() {
    let facts = past("always", &json!({}));
    let other = json!({ "rules": { "caps": [{ "count": "attempts", "within": "2d", "atMost": 1 }] } });
    let report = looked_at(&facts, "always", ("always", Some(&other)));
    let left = dialled(&facts, &report, true);
    let near = |who: Uuid, at: DateTime<Utc>| {
        left.iter()
            .filter(|(whom, before)| *whom == who && *before < at && at - *before < TimeDelta::days(2))
            .count()
    };
    assert!(left.iter().all(|(who, at)| near(*who, *at) == 0));
    assert!(report.refused.len() > 20 && report.by_rule().keys().eq(&["caps"]), "{:?}", report.by_rule());
    for refused in &report.refused {
        let before = left.iter().rfind(|(who, at)| *who == refused.contact && *at < refused.at).unwrap();
        assert_eq!(
            (near(refused.contact, refused.at), refused.earliest),
            (1, Some(before.1 + TimeDelta::days(2)))
        );
    }
    let first: HashSet<Uuid> = report.refused.iter().map(|refused| refused.contact).collect();
    assert_eq!(
        report.refused.iter().filter(|refused| refused.exact).count(),
        first.len(),
        "the first of each is certain"
    );
    assert_eq!(report.would.attempts, u32::try_from(left.len()).unwrap());
    assert_eq!(report.was.attempts - report.would.attempts, u32::try_from(report.refused.len()).unwrap());
}

#[test]
fn a_budget_ends_it_where_it_is_used_up() {
    let facts = past("always", &json!({}));
    let report = looked_at(&facts, "always", ("always", Some(&json!({ "budget": { "calls": 25 } }))));
    assert_eq!((report.would.attempts, report.unreached), (25, CONTACTS - 25));
    let first = report.refused.first().unwrap();
    assert_eq!(
        (first.why, Some(first.at)),
        (Why::Rule(Rule::Budget), report.stopped.map(|stopped| stopped.at))
    );
    assert!(report.would.open.contacts >= CONTACTS - 25, "those who were not called are open still");
}

#[test]
fn fewer_tries_leave_contacts_through_that_were_called_again() {
    let facts = past("always", &json!({}));
    let mut pack = serde_json::to_value(Pack::always()).unwrap();
    for kind in ["busy", "no_answer"] {
        pack["retry"][kind]["atMost"] = json!(0);
    }
    let report =
        looked_at(&facts, "always", ("always", Some(&json!({ "rules": { "retry": pack["retry"] } }))));
    assert!(report.retries.fewer > 0 && report.retries.more == 0, "{:?}", report.retries);
    assert!(report.by_rule().contains_key("through"), "{:?}", report.by_rule());
    for refused in report.refused.iter().filter(|refused| refused.why == Why::Through) {
        assert_eq!((refused.attempt > 1, refused.earliest), (true, None));
    }
}

#[test]
fn looser_rules_free_those_who_were_put_off() {
    let facts = past("uz", &json!({}));
    let report = looked_at(&facts, "uz", ("always", None));
    assert!(report.refused.is_empty() && !report.freed.is_empty(), "{report:#?}");
    let strict = looked_at(&past("always", &json!({})), "always", ("uz", None));
    assert!(strict.freed.is_empty() && !strict.refused.is_empty());
}

#[test]
fn two_looks_say_the_same() {
    let facts = past("us_reg_f", &json!({}));
    let other = json!({ "rulesPack": "uz", "concurrency": 1 });
    let look = || serde_json::to_string(&looked_at(&facts, "us_reg_f", ("ru_230_fz", Some(&other)))).unwrap();
    assert_eq!(look(), look());
}
