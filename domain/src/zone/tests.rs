//! By whose clock a person is called.

use super::*;
use crate::phone::Home;

fn zone(name: &str) -> Zone {
    Zone::parse(name).unwrap()
}

fn clocks(phone: &str) -> Clocks {
    Clocks::of(&Phone::dialable(phone, Home::parse("UZ").unwrap()).unwrap())
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn the_contact_knows_best_then_the_country_then_the_campaign() {
    let now = at("2026-06-01T00:00:00Z");
    let all = Whereabouts {
        contact: Some(zone("Europe/Berlin")),
        country: clocks("901234567"),
        campaign: Some(Zone::UTC),
    };
    assert_eq!(all.zone(now), Some((zone("Europe/Berlin"), Source::Contact)));
    let nameless = Whereabouts { contact: None, ..all };
    assert_eq!(nameless.zone(now), Some((zone("Asia/Tashkent"), Source::Country)));
    let placeless = Whereabouts { country: Clocks::Unknown, ..nameless };
    assert_eq!(placeless.zone(now), Some((Zone::UTC, Source::Campaign)));
    assert_eq!(Whereabouts::default().zone(now), None);
}

#[test]
fn a_campaigns_clock_is_not_believed_where_the_country_has_no_such_clock() {
    let now = at("2026-06-01T00:00:00Z");
    let american = |campaign| Whereabouts { contact: None, country: clocks("+12125550123"), campaign };
    assert!(matches!(american(None).country, Clocks::Several(_)));
    assert_eq!(american(None).zone(now), None);
    assert_eq!(american(Some(zone("Asia/Tashkent"))).zone(now), None);
    let detroit = zone("America/Detroit");
    assert_eq!(american(Some(detroit)).zone(now), Some((detroit, Source::Campaign)));
}

#[test]
fn every_clock_in_the_table_exists_and_can_be_found() {
    for (code, names) in countries::CLOCKS {
        assert_ne!(Clocks::of_country(code), Clocks::Unknown, "{code}");
        assert!(names.split(' ').all(|name| Zone::parse(name).is_ok()), "{code}");
    }
    assert_eq!(Clocks::of_country("UZ"), Clocks::One(zone("Asia/Tashkent")));
    assert_eq!(Clocks::of_country("XX"), Clocks::Unknown);
}

#[test]
fn an_hour_that_does_not_exist_is_an_hour_later() {
    let berlin = zone("Europe/Berlin");
    let shown = |text: &str| berlin.wall(berlin.instant(text.parse().unwrap())).to_string();
    assert_eq!(shown("2026-03-29T02:30:00"), "2026-03-29 03:30:00");
    assert_eq!(shown("2026-03-29T12:00:00"), "2026-03-29 12:00:00");
    assert_eq!(shown("2026-03-29T01:59:00"), "2026-03-29 01:59:00");
    assert_eq!(berlin.instant("2026-10-25T02:30:00".parse().unwrap()), at("2026-10-25T00:30:00Z"));
}

#[test]
fn a_zone_is_stored_by_its_name() {
    assert_eq!(serde_json::to_string(&zone("Asia/Tashkent")).unwrap(), r#""Asia/Tashkent""#);
    let wrong = serde_json::from_str::<Zone>(r#""Mars/Olympus""#).unwrap_err().to_string();
    assert!(wrong.contains("Mars/Olympus"), "{wrong}");
}
