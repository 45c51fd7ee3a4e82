//! Rates hold over any time, shares are fair, and nobody starves.

use proptest::prelude::*;

use super::*;

fn at(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_795_000_000_000 + millis).unwrap()
}

fn bucket(thousandths: u32, slack_ms: i64) -> Bucket {
    Bucket::new(Rate::of_thousandths(thousandths).unwrap(), TimeDelta::milliseconds(slack_ms))
}

#[test]
fn calls_a_second_are_exact_over_time_however_odd_the_ticks() {
    for (rate, thousandths) in [(0.5, 500), (3.0, 3_000), (7.3, 7_300), (50.0, 50_000), (999.0, 999_000)] {
        let mut bucket = bucket(thousandths, 100);
        let (mut now, mut taken, ticks) = (0, 0, [10, 90, 33, 100, 7]);
        for tick in ticks.into_iter().cycle().take(50_000) {
            taken += bucket.take(u32::MAX, at(now));
            now += tick;
        }
        let expected = rate * f64::from(u32::try_from(now).unwrap()) / 1_000.0;
        let off = (f64::from(taken) - expected).abs() / expected;
        assert!(off < 0.001, "{rate} a second: {taken} for {expected}");
    }
}

#[test]
fn what_was_not_used_is_not_saved_up() {
    let mut bucket = bucket(10_000, 100);
    assert_eq!(bucket.take(5, at(0)), 1);
    assert_eq!(bucket.take(5, at(60_000)), 2, "a minute of silence earns one tick");
    assert_eq!(bucket.ready_at(at(60_000)), Some(at(60_100)));
    assert_eq!(bucket.take(5, at(60_099)), 0);
    assert_eq!(bucket.take(5, at(60_100)), 1);
    bucket.give_back(1);
    assert_eq!(bucket.take(5, at(60_100)), 1);
}

#[test]
fn a_clock_that_goes_back_earns_nothing() {
    let mut bucket = bucket(10_000, 0);
    assert_eq!(bucket.take(1, at(1_000)), 1);
    assert_eq!(bucket.take(9, at(0)), 0);
    assert_eq!(bucket.take(9, at(1_100)), 1);
}

fn asking(campaign: u128, weight: u8, live: u32, wants: u32) -> Asking {
    let priority = Priority::of(NonZeroU8::new(weight).unwrap());
    Asking { campaign: Uuid::from_u128(campaign), priority, live, wants }
}

fn shared(free: u32, all: &[Asking]) -> Vec<u32> {
    let mut given = Turns::default().share(free, all);
    all.iter().map(|asking| given.remove(&asking.campaign).unwrap()).collect()
}

#[test]
fn lines_are_shared_by_weight() {
    assert_eq!(shared(8, &[asking(1, 1, 0, 99), asking(2, 3, 0, 99)]), [2, 6]);
    assert_eq!(shared(4, &[asking(1, 1, 4, 99), asking(2, 1, 0, 99)]), [0, 4], "who holds lines waits");
    assert_eq!(
        shared(8, &[asking(1, 1, 0, 99), asking(2, 3, 0, 2)]),
        [6, 2],
        "what one does not want, others get"
    );
    assert_eq!(shared(0, &[asking(1, 1, 0, 9)]), [0]);
    assert_eq!(shared(9, &[]), Vec::<u32>::new());
}

#[test]
fn calls_too_short_to_hold_a_line_are_shared_by_weight_too() {
    let all = [asking(1, 1, 0, 1), asking(2, 2, 0, 1), asking(3, 1, 0, 1)];
    let (mut turns, mut had) = (Turns::default(), [0, 0, 0]);
    for _ in 0..400 {
        let given = turns.share(1, &all);
        for (asking, had) in all.iter().zip(&mut had) {
            *had += given[&asking.campaign];
        }
    }
    assert_eq!(had, [100, 200, 100]);
}

#[test]
fn who_comes_later_does_not_get_what_was_missed() {
    let mut turns = Turns::default();
    for _ in 0..100 {
        turns.share(1, &[asking(1, 1, 0, 1)]);
    }
    let both = [asking(1, 1, 0, 1), asking(2, 1, 0, 1)];
    let given: u32 = (0..10).map(|_| turns.share(1, &both)[&Uuid::from_u128(2)]).sum();
    assert_eq!(given, 5);
}

#[test]
fn a_budget_counts_calls_and_talk() {
    let spent = |calls, talk_secs| Spent { calls, talk_secs };
    let budget = |text: &str| serde_json::from_str::<Budget>(text).unwrap();
    assert_eq!(budget("{}").left(spent(9, 9)), None);
    let both = budget(r#"{"calls": 10, "talkMins": 2}"#);
    assert_eq!(both.left(spent(4, 119)), Some(6));
    assert_eq!(both.left(spent(4, 120)), Some(0));
    assert_eq!(both.left(spent(12, 0)), Some(0));
    for wrong in [r#"{"calls": 0}"#, r#"{"talkMins": 0}"#, r#"{"money": 1}"#] {
        assert!(serde_json::from_str::<Budget>(wrong).is_err(), "{wrong}");
    }
    assert_eq!(free(NonZeroU32::new(5).unwrap(), 7), 0);
    assert_eq!(free(NonZeroU32::new(5).unwrap(), 2), 3);
}

proptest! {
    #[test]
    fn no_second_sees_more_than_the_rate_and_its_slack(
        thousandths in 200..200_000_u32,
        ticks in proptest::collection::vec(1..400_i64, 1..200),
    ) {
        let mut bucket = bucket(thousandths, 50);
        let (mut now, mut calls) = (0, Vec::new());
        for tick in ticks {
            now += tick;
            calls.extend(std::iter::repeat_n(now, usize::try_from(bucket.take(500, at(now))).unwrap()));
        }
        // A call that is caught up with is at most the slack old.
        let limit = u64::from(thousandths) * 1_050 / 1_000_000 + 1;
        for first in &calls {
            let second = calls.iter().filter(|call| (*first..*first + 1_000).contains(call)).count();
            prop_assert!(u64::try_from(second).unwrap() <= limit, "{second} > {limit}");
        }
    }

    /// Every campaign that always wants gets its share of the turns, whatever the others do.
    #[test]
    fn nobody_starves(weights in proptest::collection::vec(1..20_u8, 1..8), free in 1..4_u32) {
        let all: Vec<Asking> = weights.iter().zip(1..).map(|(weight, id)| asking(id, *weight, 0, 100)).collect();
        let (mut turns, mut had) = (Turns::default(), BTreeMap::<Uuid, u32>::new());
        let rounds = 20 * weights.iter().map(|weight| u32::from(*weight)).sum::<u32>();
        for _ in 0..rounds {
            for (campaign, given) in turns.share(free, &all) {
                *had.entry(campaign).or_default() += given;
            }
        }
        for asking in &all {
            prop_assert!(had[&asking.campaign] >= 10, "{asking:?}: {had:?}");
        }
    }

    #[test]
    fn no_line_is_left_idle_or_given_twice(
        asked in proptest::collection::vec((1..9_u8, 0..20_u32, 0..20_u32), 0..6),
        free in 0..60_u32,
    ) {
        let all: Vec<Asking> =
            asked.iter().zip(1..).map(|((weight, live, wants), id)| asking(id, *weight, *live, *wants)).collect();
        let given = shared(free, &all);
        let wanted: u32 = all.iter().map(|asking| asking.wants).sum();
        prop_assert_eq!(given.iter().sum::<u32>(), free.min(wanted));
        prop_assert!(given.iter().zip(&all).all(|(given, asking)| *given <= asking.wants));
    }
}
