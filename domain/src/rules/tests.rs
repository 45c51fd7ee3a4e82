//! What packs say, how they are read, and that tightening only takes away.

use chrono::{NaiveTime, TimeDelta, Weekday};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::read::{Invalid, read};
use super::retry::Kind;
use super::span::Span;
use super::*;

fn changes(value: &Value) -> Changes {
    read(value).unwrap_or_else(|wrong| panic!("{wrong}: {value}"))
}

fn wrong(value: &Value) -> String {
    let Invalid { field, .. } = read::<Changes>(value).expect_err(&value.to_string());
    field
}

fn open(week: &Week, day: Weekday, time: &str) -> bool {
    week.is_open(day, NaiveTime::parse_from_str(time, "%H:%M").unwrap())
}

#[test]
fn the_packs_say_what_was_decided() {
    let (uz, us, ru) = (Pack::uz(), Pack::us_reg_f(), Pack::ru_230_fz());
    let hours =
        |pack: &Pack, day| pack.windows.day(day).iter().map(|(a, b)| (a / 60, b / 60)).collect::<Vec<_>>();
    assert!(!uz.verified && us.verified && ru.verified && Pack::always().verified);
    assert_eq!(hours(&uz, Weekday::Sat), [(9, 20)]);
    assert_eq!(hours(&uz, Weekday::Sun), []);
    assert_eq!(hours(&us, Weekday::Sun), [(8, 21)]);
    assert_eq!((hours(&ru, Weekday::Fri), hours(&ru, Weekday::Sat)), (vec![(8, 22)], vec![(9, 20)]));
    assert_eq!(hours(&Pack::always(), Weekday::Mon), [(0, 24)]);
    let caps = |pack: &Pack| serde_json::to_value(&pack.caps).unwrap();
    let cap = |count: &str, within: &str, at_most: u32| json!({"count": count, "within": within, "atMost": at_most});
    assert_eq!(caps(&uz), json!([cap("attempts", "1d", 2), cap("conversations", "1d", 1)]));
    assert_eq!(caps(&us), json!([cap("attempts", "7d", 7)]));
    let russian = [cap("attempts", "1d", 1), cap("attempts", "7d", 2), cap("attempts", "31d", 8)];
    assert_eq!(caps(&ru), json!(russian));
    assert_eq!(us.quiet.after_conversation.unwrap().span(), Span::days(7));
}

#[test]
fn the_matrix_says_what_was_decided() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&Pack::always().retry).unwrap());
}

#[test]
fn a_pack_is_read_as_it_was_written() {
    for name in Pack::NAMES {
        let pack = Pack::named(name).unwrap();
        assert_eq!(pack.name, name);
        let written = serde_json::to_value(&pack).unwrap();
        assert_eq!(read::<Pack>(&written).unwrap(), pack, "{written}");
    }
    assert_eq!(Pack::named("none"), None);
}

#[test]
fn what_is_wrong_is_named() {
    let window = json!({"days": ["mon"], "from": "09:00", "until": "20:00"});
    let cap = json!({"count": "attempts", "within": "1d", "atMost": 2});
    for (value, field) in [
        (json!({"window": []}), "window"),
        (json!({"windows": [window, {"days": ["mon"], "from": "9", "until": "20:00"}]}), "windows[1].from"),
        (
            json!({"windows": [window, {"days": ["mon", "fry"], "from": "09:00", "until": "20:00"}]}),
            "windows[1].days[1]",
        ),
        (json!({"windows": [{"days": ["mon"], "from": "09:00"}]}), "windows[0].until"),
        (json!({"windows": [{"days": ["mon"], "from": "09:00", "until": "09:00"}]}), "windows[0]"),
        (json!({"windows": [{"days": [], "from": "09:00", "until": "10:00"}]}), "windows[0]"),
        (json!({"windows": [{"days": ["mon"], "from": "24:00", "until": "10:00"}]}), "windows[0]"),
        (json!({"windows": [{"days": ["mon"], "from": "23:60", "until": "10:00"}]}), "windows[0].from"),
        (json!({"holidays": ["03-21", "2026-02-30"]}), "holidays[1]"),
        (json!({"caps": [cap, cap, {"count": "attempts", "within": "61d", "atMost": 1}]}), "caps[2].within"),
        (json!({"caps": [{"count": "attempts", "within": "1d", "atMost": 0}]}), "caps[0].atMost"),
        (json!({"caps": [{"count": "calls", "within": "1d", "atMost": 1}]}), "caps[0].count"),
        (json!({"caps": [cap, {"within": "1d", "atMost": 1}]}), "caps[1].count"),
        (json!({"caps": 7}), "caps"),
        (json!({"quiet": {"afterConversation": -1}}), "quiet.afterConversation"),
        (json!({"quiet": {"afterConversation": "61d"}}), "quiet.afterConversation"),
        (json!({"retry": {"engaged": {}}}), "retry.engaged"),
        (json!({"retry": {"busy": {"after": ["5m", "0s"], "atMost": 3}}}), "retry.busy.after[1]"),
        (json!({"retry": {"busy": {"after": ["5m", "soon"], "atMost": 3}}}), "retry.busy.after[1]"),
        (json!({"retry": {"busy": {"after": ["5m"], "aDay": 0}}}), "retry.busy.aDay"),
        (json!({"retry": {"busy": {"atMost": 1}}}), "retry.busy.atMost"),
        (json!({"retry": {"busy": {"after": ["1s"]}}}), "retry.busy.atMost"),
        (json!({"retry": {"busy": {}, "no_answer": {}}}), "retry.busy.atMost"),
        (json!({"retry": {"busy": {"after": ["1s"], "atMost": null}}}), "retry.busy.atMost"),
        (json!({"retry": {"busy": {"after": vec!["1s"; 21], "atMost": 1}}}), "retry.busy.after[20]"),
        (json!({"retry": {"busy": {"after": ["5m"], "often": 1}}}), "retry.busy.often"),
        (json!({"callbacks": {"tries": 2, "againAfter": "15m", "atMost": 1}}), "callbacks.undatedAfter"),
        (json!({"callbacks": {"againAfter": "15m", "undatedAfter": "1d"}}), "callbacks.tries"),
        (json!({"windows": [window, {"days": ["mon"], "until": "20:00"}]}), "windows[1].from"),
        (json!({"promises": {}}), "promises.grace"),
        (json!([]), ""),
    ] {
        assert_eq!(wrong(&value), field, "{value}");
    }
}

#[test]
fn what_is_wrong_is_told_in_plain_words() {
    let cap = |name: &str, value: Value| {
        let mut cap = json!({"count": "attempts", "within": "1d", "atMost": 2});
        cap[name] = value;
        json!({ "caps": [cap] })
    };
    for (value, told) in [
        (json!(5), "has to be an object"),
        (json!({"caps": 7}), "has to be a list"),
        (json!({"caps": [7]}), "has to be an object"),
        (cap("atMost", json!(0)), "has to be a whole number from 1 to 4294967295"),
        (cap("atMost", json!("x")), "has to be a whole number from 1 to 4294967295"),
        (cap("within", json!(7)), "has to be a text"),
        (cap("count", json!("calls")), "has to be one of attempts, conversations"),
        (cap("count", json!(7)), "has to be a text"),
        (cap("often", json!(7)), "is not known here; known are count, within, atMost"),
        (json!({"windows": [{"days": ["mon"], "from": "09:00"}]}), "is required"),
    ] {
        let Invalid { why, .. } = read::<Changes>(&value).expect_err(&value.to_string());
        assert_eq!(why, told, "{value}");
    }
}

#[test]
fn a_window_past_midnight_is_two_days() {
    let night = json!({"windows": [{"days": ["fri"], "from": "22:00", "until": "02:00"}]});
    let week = changes(&night).windows.unwrap();
    assert!(open(&week, Weekday::Fri, "22:00") && open(&week, Weekday::Fri, "23:59"));
    assert!(open(&week, Weekday::Sat, "00:00") && open(&week, Weekday::Sat, "01:59"));
    assert!(!open(&week, Weekday::Sat, "02:00") && !open(&week, Weekday::Fri, "21:59"));
    assert!(!open(&week, Weekday::Fri, "01:00"), "the night before is not its own");
    assert_eq!(serde_json::to_value(&week).unwrap(), night["windows"], "kept as it was written");
}

#[test]
fn an_organization_replaces_and_a_campaign_tightens() {
    let said = changes(&json!({
        "windows": [{"days": ["sat", "sun"], "from": "08:00", "until": "12:00"}],
        "caps": [{"count": "attempts", "within": "1d", "atMost": 5}, {"count": "attempts", "within": "7d", "atMost": 3}],
        "retry": {"busy": {"after": ["1m", "1h"], "atMost": 9}},
        "holidays": ["03-21", "12-31"],
    }));
    let replaced = Pack::uz().overridden(&said);
    assert!(
        open(&replaced.windows, Weekday::Sun, "08:00") && !open(&replaced.windows, Weekday::Mon, "10:00")
    );
    assert_eq!(replaced.caps, said.caps.clone().unwrap());
    let busy = |pack: &Pack| serde_json::to_value(pack.retry.row(Kind::Busy)).unwrap();
    assert_eq!(busy(&replaced)["after"], json!(["1m", "1h"]));
    assert_eq!(replaced.retry.row(Kind::NoAnswer), Pack::uz().retry.row(Kind::NoAnswer));

    let tightened = Pack::uz().tightened(&said);
    assert!(
        !open(&tightened.windows, Weekday::Sun, "09:00") && !open(&tightened.windows, Weekday::Sat, "08:59")
    );
    assert!(
        open(&tightened.windows, Weekday::Sat, "09:00") && !open(&tightened.windows, Weekday::Mon, "10:00")
    );
    let caps: Vec<(String, u32)> =
        tightened.caps.iter().map(|cap| (cap.within.span().to_string(), cap.at_most.get())).collect();
    assert_eq!(caps, [("1d".into(), 2), ("7d".into(), 3), ("1d".into(), 1)]);
    let expected = json!({"after": ["5m", "1h"], "doubling": false, "atMost": 5, "aDay": 2, "inAll": 6, "nextDay": false, "otherPartOfDay": false});
    assert_eq!(busy(&tightened), expected);
    for day in ["2026-03-21", "2026-12-31", "2026-05-09"] {
        assert!(tightened.holidays.contain(day.parse().unwrap()), "{day}");
    }
}

fn windows() -> impl Strategy<Value = Vec<Value>> {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let window = (proptest::sample::subsequence(&DAYS[..], 1..=7), 0..1440_u32, 1..1440_u32);
    let written = window.prop_map(|(days, from, length)| {
        let until = (from + length) % 1440;
        let time = |minute| format!("{:02}:{:02}", minute / 60, minute % 60);
        json!({"days": days, "from": time(from), "until": time(until)})
    });
    proptest::collection::vec(written, 1..5)
}

fn rows() -> impl Strategy<Value = Value> {
    (proptest::collection::vec(1..600_u32, 1..5), any::<bool>(), 0..9_u8, proptest::option::of(1..9_u8))
        .prop_map(|(mins, doubling, at_most, a_day)| {
            let after: Vec<String> = mins.iter().map(|mins| format!("{mins}m")).collect();
            json!({"after": after, "doubling": doubling, "atMost": at_most, "aDay": a_day})
        })
}

proptest! {
    #[test]
    fn tightened_is_open_exactly_where_both_are(ours in windows(), theirs in windows()) {
        let (ours, theirs) = (changes(&json!({"windows": ours})), changes(&json!({"windows": theirs})));
        let (Some(one), Some(other)) = (&ours.windows, &theirs.windows) else { panic!() };
        let both = Pack::always().overridden(&ours).tightened(&theirs).windows;
        let mut day = Weekday::Mon;
        for _ in 0..7 {
            for minute in (0..1440).step_by(7) {
                let time = NaiveTime::MIN + TimeDelta::minutes(minute);
                prop_assert_eq!(both.is_open(day, time), one.is_open(day, time) && other.is_open(day, time));
            }
            day = day.succ();
        }
    }

    #[test]
    fn a_tightened_row_is_never_sooner_nor_more_often(ours in rows(), theirs in rows()) {
        let said = |row: &Value| changes(&json!({"retry": {"busy": row}}));
        let (ours, theirs) = (said(&ours), said(&theirs));
        let both = Pack::always().overridden(&ours).tightened(&theirs).retry;
        let row = both.row(Kind::Busy).unwrap();
        for changes in [&ours, &theirs] {
            let one = changes.retry.as_ref().unwrap().row(Kind::Busy).unwrap();
            prop_assert!(row.at_most <= one.at_most);
            prop_assert!(one.a_day.is_none_or(|limit| row.a_day.unwrap() <= limit));
            for before in 0..12 {
                prop_assert!(row.delay(before) >= one.delay(before));
            }
        }
    }
}
