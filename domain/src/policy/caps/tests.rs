//! Caps roll, and count every call that disturbed somebody.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::rules::Pack;

fn at(hour: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).unwrap() + TimeDelta::hours(hour)
}

fn tried(hours: &[(i64, bool)]) -> Vec<Tried> {
    hours.iter().map(|(hour, spoke)| Tried { at: at(*hour), spoke: *spoke }).collect()
}

#[test]
fn a_cap_rolls_and_knows_no_midnight() {
    let caps = Pack::uz().caps;
    let twice = tried(&[(0, false), (3, false)]);
    assert_eq!(reached(&caps, &twice[..1], at(1)), None);
    let full = reached(&caps, &twice, at(4)).unwrap();
    assert_eq!((full.found, full.until), (2, at(24)));
    assert!(reached(&caps, &twice, at(24) - TimeDelta::milliseconds(1)).is_some());
    assert_eq!(reached(&caps, &twice, at(24)), None);
}

#[test]
fn of_several_caps_the_one_that_holds_longest_is_named() {
    let spoke = tried(&[(0, false), (3, true)]);
    let full = reached(&Pack::uz().caps, &spoke, at(4)).unwrap();
    assert_eq!((full.cap.count, full.until), (Counted::Conversations, at(27)));
    let russian = tried(&[(0, false), (30, false)]);
    let full = reached(&Pack::ru_230_fz().caps, &russian, at(60)).unwrap();
    assert_eq!((full.cap.within.span(), full.until), (Span::days(7), at(7 * 24)));
}

#[test]
fn the_cap_that_leaves_least_is_shown_before_it_is_reached() {
    let caps = Pack::ru_230_fz().caps;
    let (cap, found) = nearest(&caps, &tried(&[(0, false)]), at(30)).unwrap();
    assert_eq!((cap.within.span(), found), (Span::days(1), 0), "one of one is left, as of two in a week");
    let (cap, found) = nearest(&Pack::uz().caps, &tried(&[(0, false)]), at(1)).unwrap();
    assert_eq!((cap.count, cap.at_most.get() - found), (Counted::Attempts, 1));
    assert_eq!(nearest(&[], &[], at(0)), None);
}

#[test]
fn there_is_silence_after_a_conversation_unless_the_person_asked() {
    let quiet = Pack::us_reg_f().quiet;
    let spoke = tried(&[(0, true), (5, false)]);
    assert_eq!(silence(&quiet, &spoke, false, at(6)).unwrap().until, at(7 * 24));
    assert_eq!(silence(&quiet, &spoke, true, at(6)), None);
    assert_eq!(silence(&quiet, &spoke, false, at(7 * 24)), None);
    assert_eq!(silence(&quiet, &tried(&[(0, false)]), false, at(1)), None);
    assert_eq!(silence(&Quiet::default(), &spoke, false, at(6)), None);
    let strict = Quiet { spares_callbacks: false, ..quiet };
    assert!(silence(&strict, &spoke, true, at(6)).is_some());
}

proptest! {
    /// Whoever calls as soon as he may never calls too often, and no sooner would have been right either.
    #[test]
    fn calling_as_soon_as_allowed_breaks_no_cap(
        name in proptest::sample::select(vec!["uz", "us_reg_f", "ru_230_fz"]),
        gaps in proptest::collection::vec((0..40_i64, any::<bool>()), 1..60),
    ) {
        let caps = Pack::named(name).unwrap().caps;
        let (mut done, mut now) = (Vec::new(), at(0));
        for (gap, spoke) in gaps {
            now += TimeDelta::hours(gap);
            if let Some(full) = reached(&caps, &done, now) {
                prop_assert!(full.until > now);
                prop_assert!(reached(&caps, &done, full.until - TimeDelta::seconds(1)).is_some());
                prop_assert_eq!(reached(&caps, &done, full.until), None);
                now = full.until;
            }
            done.push(Tried { at: now, spoke });
        }
        for cap in &caps {
            let within = cap.within.span().delta();
            for first in &done {
                // A conversation is known only once it is had: one more call may find out.
                let stretch = done.iter().filter(|tried| tried.at >= first.at && tried.at < first.at + within);
                let found = stretch.filter(|tried| cap.count == Counted::Attempts || tried.spoke).count();
                prop_assert!(found <= usize::try_from(cap.at_most.get()).unwrap(), "{cap:?} {found}");
            }
        }
    }
}
