//! A campaign that begins nothing says why.

use super::*;

fn pace() -> Pace {
    Pace { running: true, live: 0, lines: NonZeroU32::MIN, rate: None, began: None }
}

fn now() -> DateTime<Utc> {
    "2026-11-23T07:00:00Z".parse().unwrap()
}

fn holding(pace: &Pace) -> Vec<(&'static str, Verdict)> {
    let held = look(pace, now()).into_iter().filter(|one| one.verdict != Verdict::Pass);
    held.map(|one| (one.hold.as_str(), one.verdict)).collect()
}

#[test]
fn nothing_holds_a_campaign_with_a_free_line() {
    assert_eq!(holding(&pace()), []);
}

#[test]
fn a_campaign_that_stands_is_not_waited_for() {
    assert_eq!(holding(&Pace { running: false, ..pace() }), [("campaign_not_running", Verdict::Stand)]);
}

#[test]
fn a_taken_line_is_waited_for_as_long_as_it_takes() {
    let full = Pace { live: 1, ..pace() };
    assert_eq!(holding(&full), [("concurrency", Verdict::Wait { until: None })]);
    let figures = look(&full, now())[1].figures;
    assert_eq!(figures, Figures::Lines { at_most: NonZeroU32::MIN, live: 1 });
}

#[test]
fn a_call_every_ten_seconds_is_due_ten_seconds_after_the_last() {
    let slow = Pace { rate: Rate::of_thousandths(100), ..pace() };
    assert_eq!(holding(&slow), []);
    let began = |secs| Some(now() - TimeDelta::seconds(secs));
    let until = Some(now() + TimeDelta::seconds(6));
    assert_eq!(holding(&Pace { began: began(4), ..slow }), [("calls_per_second", Verdict::Wait { until })]);
    assert_eq!(holding(&Pace { began: began(10), ..slow }), []);
}
