//! Windows over changes of the clock, past midnight and around holidays, against a search minute by minute.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::rules::Changes;
use crate::rules::read::read;

fn pack(written: &Value) -> Pack {
    Pack::always().overridden(&read::<Changes>(written).unwrap())
}

fn daily(from: &str, until: &str) -> Pack {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    pack(&json!({"windows": [{"days": days, "from": from, "until": until}]}))
}

fn zone(name: &str) -> Zone {
    Zone::parse(name).unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// What is open next, on the wall there.
fn next(pack: &Pack, name: &str, from: &str) -> String {
    let calendar = Calendar::of(pack, zone(name));
    let open = calendar.next_open(at(from)).unwrap();
    assert!(calendar.is_open(open), "{open}");
    open.with_timezone(&Utc).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

#[test]
fn a_window_begins_at_its_first_minute_and_is_over_at_its_last() {
    let (uz, tashkent) = (Pack::uz(), zone("Asia/Tashkent"));
    let calendar = Calendar::of(&uz, tashkent);
    assert!(
        !calendar.is_open(at("2026-11-20T03:59:59.999Z")) && calendar.is_open(at("2026-11-20T04:00:00Z"))
    );
    assert!(
        calendar.is_open(at("2026-11-20T14:59:59.999Z")) && !calendar.is_open(at("2026-11-20T15:00:00Z"))
    );
    assert_eq!(next(&uz, "Asia/Tashkent", "2026-11-20T15:00:00Z"), "2026-11-21T04:00:00Z");
    assert_eq!(next(&uz, "Asia/Tashkent", "2026-11-21T15:00:00Z"), "2026-11-23T04:00:00Z", "past Sunday");
    assert_eq!(
        next(&uz, "Asia/Tashkent", "2026-03-20T15:00:00Z"),
        "2026-03-23T04:00:00Z",
        "Navruz and Sunday"
    );
}

#[test]
fn a_window_in_the_hour_that_does_not_exist_opens_when_the_clock_was_put_forward() {
    let two_to_three = daily("02:00", "03:00");
    let calendar = Calendar::of(&two_to_three, zone("Europe/Berlin"));
    for second in 0..86_400 {
        let instant = at("2026-03-29T00:00:00Z") + TimeDelta::seconds(second);
        assert!(!calendar.is_open(instant), "there is no such hour on that day: {instant}");
    }
    assert_eq!(next(&two_to_three, "Europe/Berlin", "2026-03-28T12:00:00Z"), "2026-03-30T00:00:00Z");
    let half = daily("02:30", "04:00");
    assert_eq!(next(&half, "Europe/Berlin", "2026-03-29T00:00:00Z"), "2026-03-29T01:00:00Z");
}

#[test]
fn an_hour_that_comes_twice_is_open_twice() {
    let half = daily("02:00", "02:30");
    assert_eq!(next(&half, "Europe/Berlin", "2026-10-25T00:00:00Z"), "2026-10-25T00:00:00Z");
    assert_eq!(next(&half, "Europe/Berlin", "2026-10-25T00:30:00Z"), "2026-10-25T01:00:00Z");
    // Put back from 03:00 to 02:00 into a window that began before and had just closed.
    let before = daily("01:30", "02:45");
    assert_eq!(next(&before, "Europe/Berlin", "2026-10-25T00:50:00Z"), "2026-10-25T01:00:00Z");
}

#[test]
fn midnight_may_not_exist_where_a_holiday_ends() {
    // Beirut puts its clock forward at midnight: the day after the holiday begins at 01:00.
    let closed = pack(&json!({"holidays": ["2026-03-28"]}));
    assert_eq!(next(&closed, "Asia/Beirut", "2026-03-28T10:00:00Z"), "2026-03-28T22:00:00Z");
}

#[test]
fn a_day_that_was_left_out_is_passed() {
    // Samoa went from the 29th of December 2011 to the 31st.
    let friday = pack(&json!({"windows": [{"days": ["fri"], "from": "09:00", "until": "10:00"}]}));
    assert_eq!(next(&friday, "Pacific/Apia", "2011-12-29T12:00:00Z"), "2012-01-05T19:00:00Z");
}

#[test]
fn what_is_never_open_says_so() {
    let sunday = pack(&json!({"windows": [{"days": ["sun"], "from": "09:00", "until": "10:00"}]}));
    let never = sunday.tightened(
        &read::<Changes>(&json!({"windows": [{"days": ["mon"], "from": "09:00", "until": "10:00"}]}))
            .unwrap(),
    );
    assert_eq!(Calendar::of(&never, Zone::UTC).next_open(at("2026-11-20T00:00:00Z")), None);
    let mut holidays = vec![];
    let mut day: NaiveDate = "2024-01-01".parse().unwrap();
    while holidays.len() < 366 {
        holidays.push(day.format("%m-%d").to_string());
        day = day.succ_opt().unwrap();
    }
    let always_closed = pack(&json!({"holidays": holidays}));
    assert_eq!(Calendar::of(&always_closed, Zone::UTC).next_open(at("2026-11-20T00:00:00Z")), None);
}

const ZONES: [&str; 9] = [
    "Asia/Tashkent",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "America/Havana",
];

fn written() -> impl Strategy<Value = Value> {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let time = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
    let window = (proptest::sample::subsequence(&DAYS[..], 1..=7), 0..1440_u32, 1..1440_u32);
    let window = window.prop_map(move |(days, from, long)| {
        json!({"days": days, "from": time(from), "until": time((from + long) % 1440)})
    });
    let holiday = (1..=12_u32, 1..=28_u32).prop_map(|(month, day)| format!("{month:02}-{day:02}"));
    (proptest::collection::vec(window, 1..4), proptest::collection::vec(holiday, 0..40))
        .prop_map(|(windows, holidays)| json!({"windows": windows, "holidays": holidays}))
}

proptest! {
    /// Instants are drawn from around changes of the clock as often as from anywhere.
    #[test]
    fn the_next_opening_is_what_a_search_minute_by_minute_finds(
        written in written(),
        name in proptest::sample::select(&ZONES[..]),
        minute in prop_oneof![0..525_600_i64, 124_000..127_500_i64, 426_000..430_000_i64, 95_000..98_000_i64],
    ) {
        let pack = pack(&written);
        let calendar = Calendar::of(&pack, zone(name));
        let from = at("2026-01-01T00:00:00Z") + TimeDelta::minutes(minute);
        let mut minutes = (0..14 * 1440).map(|minute| from + TimeDelta::minutes(minute));
        let found = minutes.find(|instant| calendar.is_open(*instant));
        let told = calendar.next_open(from);
        match found {
            Some(found) => prop_assert_eq!(told, Some(found)),
            None => prop_assert!(told.is_none_or(|told| told >= from + TimeDelta::days(14))),
        }
    }
}
