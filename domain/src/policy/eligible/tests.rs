//! Each rule says no when it has to, and ninety days of dialling whenever there is nothing against it break none.

mod days;

use chrono::TimeDelta;
use serde_json::json;

use super::*;
use crate::rules::Changes;
use crate::rules::read::read;
use crate::zone::Clocks;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A Friday noon in Tashkent.
fn noon() -> DateTime<Utc> {
    at("2026-11-20T07:00:00Z")
}

fn zone(name: &str) -> Zone {
    Zone::parse(name).unwrap()
}

/// Somebody against whom there is nothing.
fn known(pack: &Pack) -> Known<'_> {
    Known {
        contact: ContactView {
            standing: Standing::Active,
            whereabouts: Whereabouts { country: Clocks::of_country("UZ"), ..Whereabouts::default() },
        },
        person: PersonView::default(),
        target: TargetView::default(),
        campaign: CampaignView { pack, budget: Budget::default(), spent: Spent::default(), tripped: None },
    }
}

fn decided(known: &Known) -> Decision {
    weigh(known, noon()).decision
}

fn deferred(known: &Known, now: DateTime<Utc>) -> (Rule, DateTime<Utc>) {
    let Decision::Deferred { until, rule, .. } = weigh(known, now).decision else {
        panic!("{:?}", weigh(known, now).decision)
    };
    (rule, until)
}

#[test]
fn whom_nothing_speaks_against_is_dialled_and_every_rule_was_tried_in_order() {
    let pack = Pack::uz();
    let weighed = weigh(&known(&pack), noon());
    assert_eq!(weighed.decision, Decision::Dial);
    assert_eq!(weighed.tested.map(|tested| tested.rule), Rule::ALL);
    assert!(weighed.tested.iter().all(|tested| tested.verdict == Verdict::Pass));
}

#[test]
fn what_no_waiting_changes_suppresses() {
    let pack = Pack::uz();
    let whole = known(&pack);
    let budget = Budget { calls: std::num::NonZeroU32::new(5), talk_mins: None };
    let tripped = Tripped { at: noon(), in_a_row: 10, failed: 10, of_last: 10 };
    let contact = |standing| Known { contact: ContactView { standing, ..whole.contact }, ..whole };
    let person = |person| Known { person, ..whole };
    let campaign = |campaign| Known { campaign, ..whole };
    let nowhere = ContactView { whereabouts: Whereabouts::default(), ..whole.contact };
    for (known, expected) in [
        (contact(Standing::Inactive), Rule::ContactStatus),
        (contact(Standing::Completed), Rule::ContactStatus),
        (contact(Standing::DoNotCall), Rule::ContactStatus),
        (person(PersonView { listed: Some(List::Organization), ..whole.person }), Rule::DoNotCall),
        (person(PersonView { listed: Some(List::Global), ..whole.person }), Rule::DoNotCall),
        (person(PersonView { retired: true, ..whole.person }), Rule::NumberRetired),
        (Known { contact: nowhere, ..whole }, Rule::ZoneKnown),
        (
            campaign(CampaignView { budget, spent: Spent { calls: 5, talk_secs: 0 }, ..whole.campaign }),
            Rule::Budget,
        ),
        (campaign(CampaignView { tripped: Some(tripped), ..whole.campaign }), Rule::Breaker),
    ] {
        let Decision::Suppressed { rule, .. } = decided(&known) else { panic!("{expected:?}") };
        assert_eq!(rule, expected);
        assert_eq!(rule.is_the_campaigns(), matches!(rule, Rule::Budget | Rule::Breaker));
    }
}

#[test]
fn what_waiting_changes_defers_until_it_has() {
    let pack = Pack::uz();
    let whole = known(&pack);
    let soon = noon() + TimeDelta::hours(1);
    let (once, twice) = (
        [Tried { at: noon() - TimeDelta::hours(20), spoke: true }],
        [
            Tried { at: noon() - TimeDelta::hours(22), spoke: false },
            Tried { at: noon() - TimeDelta::hours(1), spoke: false },
        ],
    );
    let person = |person| Known { person, ..whole };
    let live = Live { since: noon(), until: soon };
    let late = Live { since: noon(), until: noon() };
    for (known, expected) in [
        (person(PersonView { live: Some(live), ..whole.person }), (Rule::CallUnderWay, soon)),
        (
            person(PersonView { live: Some(late), ..whole.person }),
            (Rule::CallUnderWay, noon() + TimeDelta::minutes(1)),
        ),
        (person(PersonView { promised_until: Some(soon), ..whole.person }), (Rule::Promise, soon)),
        (person(PersonView { tried: &twice, ..whole.person }), (Rule::Caps, noon() + TimeDelta::hours(2))),
        (person(PersonView { tried: &once, ..whole.person }), (Rule::Caps, noon() + TimeDelta::hours(4))),
        (
            Known { target: TargetView { retry_at: Some(soon), callback_at: None }, ..whole },
            (Rule::RetryDue, soon),
        ),
        (
            Known { target: TargetView { retry_at: None, callback_at: Some(soon) }, ..whole },
            (Rule::CallbackDue, soon),
        ),
    ] {
        assert_eq!(deferred(&known, noon()), expected);
        assert_eq!(weigh(&known, expected.1).decision == Decision::Dial, known.person.live.is_none());
    }
}

#[test]
fn the_latest_of_several_holds_and_then_it_has_to_be_open() {
    let pack = Pack::uz();
    let night = at("2026-11-20T18:00:00Z");
    let whole = known(&pack);
    let both = Known {
        person: PersonView { promised_until: Some(night), ..whole.person },
        target: TargetView { retry_at: Some(noon() + TimeDelta::hours(1)), callback_at: None },
        ..whole
    };
    assert_eq!(deferred(&both, noon()), (Rule::Promise, at("2026-11-21T04:00:00Z")), "nine on Saturday");
    assert_eq!(deferred(&whole, night), (Rule::Window, at("2026-11-21T04:00:00Z")));
    assert_eq!(deferred(&whole, at("2026-12-08T07:00:00Z")), (Rule::Holiday, at("2026-12-09T04:00:00Z")));
    assert_eq!(deferred(&whole, at("2026-03-20T18:00:00Z")), (Rule::Window, at("2026-03-23T04:00:00Z")));
}

#[test]
fn a_callback_goes_though_a_retry_would_be_later_but_not_at_night() {
    let pack = Pack::uz();
    let whole = known(&pack);
    let asked = |callback_at| {
        let target =
            TargetView { retry_at: Some(noon() + TimeDelta::hours(5)), callback_at: Some(callback_at) };
        Known { target, ..whole }
    };
    assert_eq!(decided(&asked(noon())), Decision::Dial);
    let night = at("2026-11-20T18:00:00Z");
    assert_eq!(deferred(&asked(night), night), (Rule::Window, at("2026-11-21T04:00:00Z")));
}

#[test]
fn a_callback_breaks_the_silence_where_the_pack_spares_it() {
    let pack = Pack::us_reg_f();
    let whole = known(&pack);
    let spoke = [Tried { at: noon() - TimeDelta::days(1), spoke: true }];
    let quiet = Known { person: PersonView { tried: &spoke, ..whole.person }, ..whole };
    assert_eq!(deferred(&quiet, noon()).0, Rule::QuietTime);
    let target = TargetView { retry_at: None, callback_at: Some(noon()) };
    assert_eq!(decided(&Known { target, ..quiet }), Decision::Dial);
}

#[test]
fn a_pack_that_is_never_open_suppresses() {
    let sunday = json!({"windows": [{"days": ["sun"], "from": "09:00", "until": "10:00"}]});
    let never = Pack::uz().tightened(&read::<Changes>(&sunday).unwrap());
    let Decision::Suppressed { rule, .. } = decided(&known(&never)) else { panic!() };
    assert_eq!(rule, Rule::Window);
}

#[test]
fn figures_are_stored_so_for_ever() {
    let pack = Pack::uz();
    let uz = pack.caps[0];
    let at = noon();
    let stored: Vec<String> = [
        Figures::Nothing,
        Figures::Contact(Standing::DoNotCall),
        Figures::List(List::Global),
        Figures::Clock { zone: zone("Asia/Tashkent"), by: Source::Country },
        Figures::Live { since: at },
        Figures::Due { at },
        Figures::Silence { spoke_at: at, after_conversation: Span::days(7) },
        Figures::Cap { cap: uz, found: 2 },
        Figures::Wall { time: zone("Asia/Tashkent").wall(at), zone: zone("Asia/Tashkent") },
        Figures::Holiday { date: "2026-03-21".parse().unwrap() },
        Figures::Budget { budget: Budget::default(), spent: Spent { calls: 1, talk_secs: 2 } },
        Figures::Failures(Tripped { at, in_a_row: 1, failed: 2, of_last: 3 }),
    ]
    .iter()
    .map(|figures| {
        let text = serde_json::to_string(figures).unwrap();
        assert_eq!(serde_json::from_str::<Figures>(&text).unwrap(), *figures);
        text
    })
    .collect();
    insta::assert_snapshot!(stored.join("\n"));
    insta::assert_snapshot!(serde_json::to_string(&Rule::ALL).unwrap());
}

#[test]
fn a_rule_is_called_as_it_is_stored() {
    for rule in Rule::ALL {
        assert_eq!(serde_json::to_value(rule).unwrap(), rule.as_str());
        assert!(!rule.description(crate::language::Language::default()).is_empty());
    }
}
