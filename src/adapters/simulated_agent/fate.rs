//! What comes of ringing a number: decided by the seed, the number and which attempt it is, and by nothing else.
//! It knows neither time nor words, and it rings nobody.

use std::ops::RangeInclusive;

use super::super::dice::Dice;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fate {
    pub(super) ring_secs: u32,
    pub(super) talk_secs: u32,
    pub(super) end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    Success,
    /// So much of the debt, in that many days; whole thousands where no debt is known.
    Promise {
        percent: u32,
        thousands: u32,
        days: u32,
    },
    Callback {
        after_secs: u32,
    },
    Refused,
    OptedOut,
    /// Talked, and nothing came of it.
    InVain,
    Dropped,
    NoAnswer,
    Busy,
    SwitchedOff,
    Rejected,
    InvalidNumber,
    NetworkError,
}

impl Fate {
    pub(super) fn secs(&self) -> u32 {
        self.ring_secs + self.talk_secs
    }
}

/// What can be drawn, before its details are.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Success,
    Promise,
    Callback,
    Refused,
    OptedOut,
    InVain,
    Dropped,
    NoAnswer,
    Busy,
    SwitchedOff,
    Rejected,
    NetworkError,
}

/// Of a thousand numbers so many are none, whenever they are rung.
const INVALID: u64 = 20;
/// Of a thousand calls, so many end like this.
const MIX: [(u64, Kind); 12] = [
    (180, Kind::Success),
    (180, Kind::Promise),
    (60, Kind::Callback),
    (60, Kind::Refused),
    (15, Kind::OptedOut),
    (25, Kind::InVain),
    (30, Kind::Dropped),
    (200, Kind::NoAnswer),
    (120, Kind::Busy),
    (60, Kind::SwitchedOff),
    (50, Kind::Rejected),
    (20, Kind::NetworkError),
];

const RING_SECS: RangeInclusive<u32> = 4..=18;
const PERCENTS: [u32; 4] = [25, 50, 50, 100];

pub(super) fn fate(seed: u64, phone: &str, attempt: u32) -> Fate {
    if !is_dialable(phone) || Dice::new(seed, phone).below(1_000) < INVALID {
        return Fate { ring_secs: 1, talk_secs: 0, end: End::InvalidNumber };
    }
    let mut dice = Dice::new(seed, &format!("{phone}/{attempt}"));
    let kind = dice.drawn(&MIX).copied().unwrap_or(Kind::NoAnswer);
    let (ring, talk) = lasts(kind);
    let (ring_secs, talk_secs) = (dice.within(ring), dice.within(talk));
    Fate { ring_secs, talk_secs, end: end(kind, &mut dice) }
}

/// The name of a call, which tells nobody whom it rang.
pub(super) fn call_id(seed: u64, effect: &str) -> String {
    format!("simulated-{:016x}", Dice::new(seed, effect).next())
}

/// Ringing and talking.
fn lasts(kind: Kind) -> (RangeInclusive<u32>, RangeInclusive<u32>) {
    match kind {
        Kind::Success => (RING_SECS, 25..=120),
        Kind::Promise => (RING_SECS, 40..=180),
        Kind::Callback => (RING_SECS, 12..=40),
        Kind::Refused | Kind::OptedOut | Kind::InVain => (RING_SECS, 12..=60),
        Kind::Dropped => (RING_SECS, 2..=8),
        Kind::NoAnswer => (25..=40, 0..=0),
        Kind::Busy => (2..=4, 0..=0),
        Kind::SwitchedOff => (3..=8, 0..=0),
        Kind::Rejected => (4..=15, 0..=0),
        Kind::NetworkError => (1..=5, 0..=0),
    }
}

fn end(kind: Kind, dice: &mut Dice) -> End {
    match kind {
        Kind::Success => End::Success,
        Kind::Promise => {
            let percent = usize::try_from(dice.below(4)).ok().and_then(|at| PERCENTS.get(at).copied());
            let (thousands, days) = (dice.within(50..=500), dice.within(1..=14));
            End::Promise { percent: percent.unwrap_or(100), thousands, days }
        }
        Kind::Callback => End::Callback { after_secs: 60 * dice.within(10..=120) },
        Kind::Refused => End::Refused,
        Kind::OptedOut => End::OptedOut,
        Kind::InVain => End::InVain,
        Kind::Dropped => End::Dropped,
        Kind::NoAnswer => End::NoAnswer,
        Kind::Busy => End::Busy,
        Kind::SwitchedOff => End::SwitchedOff,
        Kind::Rejected => End::Rejected,
        Kind::NetworkError => End::NetworkError,
    }
}

/// `+` and 7 to 15 digits.
fn is_dialable(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn number(index: u32) -> String {
        format!("+99890{index:07}")
    }

    #[test]
    fn the_seed_the_number_and_the_attempt_decide_everything() {
        let fates =
            |seed, attempt| (0..500).map(|index| fate(seed, &number(index), attempt)).collect::<Vec<_>>();
        assert_eq!(fates(7, 0), fates(7, 0));
        for other in [fates(8, 0), fates(7, 1)] {
            let same = fates(7, 0).into_iter().zip(other).filter(|(one, other)| one == other).count();
            assert!(same < 50, "{same}");
        }
    }

    #[test]
    fn outcomes_stay_the_same_whatever_is_updated() {
        let ends: Vec<End> = (0..4).map(|index| fate(1, &number(index), 0).end).collect();
        insta::assert_debug_snapshot!(ends);
    }

    #[test]
    fn people_meet_every_fate_in_a_believable_mix() {
        let mut counted: BTreeMap<String, u32> = BTreeMap::new();
        for index in 0..10_000 {
            let fate = fate(3, &number(index), 0);
            let name = format!("{:?}", fate.end).split(' ').next().unwrap().to_owned();
            assert_eq!(
                fate.talk_secs == 0,
                !["Success", "Promise", "Callback", "Refused", "OptedOut", "InVain", "Dropped"]
                    .contains(&name.as_str())
            );
            *counted.entry(name).or_default() += 1;
        }
        assert_eq!(counted.len(), 13, "{counted:?}");
        assert!((1_600..2_000).contains(&counted["Promise"]), "{counted:?}");
        assert!((1_800..2_200).contains(&counted["NoAnswer"]), "{counted:?}");
        assert!((120..280).contains(&counted["InvalidNumber"]), "{counted:?}");
    }

    #[test]
    fn a_campaign_of_a_hundred_is_over_in_about_a_minute() {
        let secs: u32 = (0..100).map(|index| fate(0, &number(index), 0).secs()).sum();
        let at_once = 3;
        assert!((20..60).contains(&(secs / super::super::SPEED / at_once)), "{secs}");
    }

    #[test]
    fn a_number_that_is_none_never_becomes_one() {
        let none = (0..500).map(number).find(|number| fate(3, number, 0).end == End::InvalidNumber).unwrap();
        assert!((0..20).all(|attempt| fate(3, &none, attempt).end == End::InvalidNumber));
        assert_eq!(fate(3, "salom", 0).end, End::InvalidNumber);
    }

    #[test]
    fn the_name_of_a_call_tells_nobody_whom_it_rang() {
        assert_eq!(call_id(1, "a/b"), call_id(1, "a/b"));
        assert_ne!(call_id(1, "a/b"), call_id(1, "a/c"));
        assert!(!call_id(1, "+998901234567").contains("9989"));
    }
}
