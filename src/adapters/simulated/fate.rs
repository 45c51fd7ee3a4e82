//! What becomes of a number that is dialled: decided by the seed and the number alone, so that the same list goes the same way again.
//! It knows neither time nor pace, and it rings nobody.

use domain::outcome::CallStatus;

use super::super::dice::Dice;

/// One attempt, in the seconds of the simulated floor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attempt {
    /// Before it, where the line was busy the last time.
    pub(super) pause_secs: u32,
    pub(super) ring_secs: u32,
    pub(super) talk_secs: u32,
    /// Reported as answered while it still goes on.
    pub(super) announced: bool,
    pub(super) status: CallStatus,
    pub(super) operator: Option<Operator>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
}

impl Attempt {
    /// How long it keeps its line.
    pub(super) fn secs(&self) -> u32 {
        self.pause_secs + self.ring_secs + self.talk_secs
    }
}

/// Of a thousand numbers, so many end like this the first time they are dialled.
const MIX: [(u64, End); 9] = [
    (230, End::Talked(CallStatus::Answered, Announced::No)),
    (110, End::Talked(CallStatus::ConnectedToOperator, Announced::No)),
    (130, End::Talked(CallStatus::ConnectedToOperator, Announced::Yes)),
    (200, End::Silent(CallStatus::NoAnswer, 25..=40)),
    (120, End::Silent(CallStatus::Busy, 2..=4)),
    (80, End::Silent(CallStatus::Failed, 3..=8)),
    (60, End::Silent(CallStatus::Rejected, 4..=15)),
    (30, End::Silent(CallStatus::InvalidNumber, 1..=2)),
    (40, End::Silent(CallStatus::NetworkError, 1..=5)),
];

/// Every other busy line is tried again.
const BUSY_AGAIN: u64 = 2;
const PAUSE_SECS: std::ops::RangeInclusive<u32> = 20..=40;
const RING_SECS: std::ops::RangeInclusive<u32> = 5..=20;
const TALK_SECS: std::ops::RangeInclusive<u32> = 8..=90;
const OPERATOR_TALK_SECS: std::ops::RangeInclusive<u32> = 30..=180;

const OPERATORS: [Operator; 4] = [
    Operator { id: "simulated-1", name: "Simulyatsiya operatori 1" },
    Operator { id: "simulated-2", name: "Simulyatsiya operatori 2" },
    Operator { id: "simulated-3", name: "Simulyatsiya operatori 3" },
    Operator { id: "simulated-4", name: "Simulyatsiya operatori 4" },
];

#[derive(Debug, Clone)]
enum End {
    Talked(CallStatus, Announced),
    Silent(CallStatus, std::ops::RangeInclusive<u32>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Announced {
    No,
    Yes,
}

/// All attempts on a number, in their order; one at least.
pub(super) fn attempts(seed: u64, number: &str) -> Vec<Attempt> {
    let mut dice = Dice::new(seed, number);
    if !is_dialable(number) {
        return vec![attempt(&mut dice, End::Silent(CallStatus::InvalidNumber, 1..=2))];
    }
    let end = drawn(&mut dice);
    let first = attempt(&mut dice, end);
    if first.status != CallStatus::Busy || dice.below(BUSY_AGAIN) != 0 {
        return vec![first];
    }
    let end = drawn(&mut dice);
    let second = Attempt { pause_secs: dice.within(PAUSE_SECS), ..attempt(&mut dice, end) };
    vec![first, second]
}

/// A name for one attempt in one session that tells nobody which number it was.
pub(super) fn recording_name(seed: u64, session: &str, number: &str, attempt: usize) -> String {
    let mut dice = Dice::new(seed, &format!("{session}/{number}/{attempt}"));
    format!("{:016x}.wav", dice.next())
}

fn attempt(dice: &mut Dice, end: End) -> Attempt {
    match end {
        End::Silent(status, ring) => Attempt {
            pause_secs: 0,
            ring_secs: dice.within(ring),
            talk_secs: 0,
            announced: false,
            status,
            operator: None,
        },
        End::Talked(status, announced) => {
            let with_operator = status == CallStatus::ConnectedToOperator;
            Attempt {
                pause_secs: 0,
                ring_secs: dice.within(RING_SECS),
                talk_secs: dice.within(if with_operator { OPERATOR_TALK_SECS } else { TALK_SECS }),
                announced: announced == Announced::Yes,
                status,
                operator: with_operator.then(|| operator(dice)).flatten(),
            }
        }
    }
}

/// `+` and 7 to 15 digits: what a call server can dial.
fn is_dialable(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn drawn(dice: &mut Dice) -> End {
    dice.drawn(&MIX).cloned().unwrap_or(End::Silent(CallStatus::NoAnswer, 25..=40))
}

fn operator(dice: &mut Dice) -> Option<Operator> {
    let index = usize::try_from(dice.below(4)).unwrap_or(0);
    OPERATORS.get(index).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn number(index: u32) -> String {
        format!("+99890{index:07}")
    }

    #[test]
    fn the_seed_and_the_number_decide_everything() {
        for index in 0..500 {
            assert_eq!(attempts(7, &number(index)), attempts(7, &number(index)));
        }
        let differ = (0..500).filter(|index| attempts(7, &number(*index)) != attempts(8, &number(*index)));
        assert!(differ.count() > 400);
    }

    #[test]
    fn outcomes_stay_the_same_whatever_is_updated() {
        let told: Vec<_> = (0..4).map(|index| attempts(1, &number(index))[0].status.as_str()).collect();
        assert_eq!(told, ["NO_ANSWER", "CONNECTED_TO_OPERATOR", "ANSWERED", "NO_ANSWER"]);
    }

    #[test]
    fn a_list_meets_every_fate_in_a_believable_mix() {
        let mut counted = BTreeMap::new();
        let (mut announced, mut again) = (0, 0);
        for index in 0..10_000 {
            let attempts = attempts(3, &number(index));
            announced += u32::from(attempts[0].announced);
            again += u32::from(attempts.len() == 2);
            *counted.entry(attempts[0].status.as_str()).or_insert(0_u32) += 1;
        }
        assert_eq!(counted.len(), 8, "{counted:?}");
        assert!((4_300..5_100).contains(&(counted["ANSWERED"] + counted["CONNECTED_TO_OPERATOR"])));
        assert!((1_100..1_500).contains(&announced), "{announced}");
        assert!((500..700).contains(&again), "{again}");
    }

    #[test]
    fn what_stands_there_is_dialled_and_may_be_no_number() {
        for text in ["salom", "+", "901234567", "+12", "+9989012345678901"] {
            assert_eq!(attempts(1, text)[0].status, CallStatus::InvalidNumber, "{text}");
        }
    }

    #[test]
    fn a_recording_tells_nobody_the_number() {
        let name = recording_name(1, "session-1-abc", &number(1), 0);
        assert_eq!(name, recording_name(1, "session-1-abc", &number(1), 0));
        assert_ne!(name, recording_name(1, "session-1-abc", &number(1), 1));
        assert!(!name.contains("9989"), "{name}");
    }
}
