//! Calls that come by themselves: when, between whom, and what becomes of each, decided by the seed. Planned when somebody looks, not before.

use super::super::dice::Dice;
use super::call::status;
use super::directory;

/// Where nobody looked for longer, nobody called before that.
const BEHIND_MAX: i64 = 3_600_000;
const MINUTE: u64 = 60_000;

#[derive(Debug)]
pub(super) struct Traffic {
    seed: u64,
    /// Calls a minute, on the average.
    rate: u32,
    /// How many times faster than life calls go.
    speed: u32,
    next: i64,
    made: u64,
}

/// A call, whole.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) at: i64,
    pub(super) from: String,
    pub(super) to: String,
    /// After how many milliseconds it is in which state, none for gone, and with whom where that changes.
    pub(super) steps: Vec<(i64, Option<u16>, Option<&'static str>)>,
}

#[derive(Debug, Clone, Copy)]
enum Fate {
    Talked,
    Queued,
    Missed,
    Busy,
    Voicemail,
    Forbidden,
    Failed,
    /// Over before anybody polls again.
    Short,
}

const FATES: [(u64, Fate); 8] = [
    (48, Fate::Talked),
    (15, Fate::Queued),
    (15, Fate::Missed),
    (8, Fate::Busy),
    (6, Fate::Voicemail),
    (2, Fate::Forbidden),
    (2, Fate::Failed),
    (4, Fate::Short),
];

impl Traffic {
    /// From an instant on; none where nobody calls.
    pub(super) fn new(seed: u64, (rate, times): (u32, u32), next: i64) -> Option<Self> {
        (rate > 0).then_some(Self { seed, rate, speed: times.max(1), next, made: 0 })
    }

    /// The next call that has begun by now.
    pub(super) fn due(&mut self, now: i64) -> Option<Planned> {
        self.next = self.next.max(now - BEHIND_MAX);
        if self.next > now {
            return None;
        }
        let mut dice = Dice::new(self.seed, &format!("traffic/{}", self.made));
        let at = self.next;
        self.made += 1;
        self.next += 1 + i64::try_from(dice.below(2 * MINUTE / u64::from(self.rate))).unwrap_or(1);
        let (from, to) = directory::parties(&mut dice);
        let fate = dice.drawn(&FATES).copied().unwrap_or(Fate::Talked);
        let to = if matches!(fate, Fate::Queued) { directory::QUEUE.to_owned() } else { to };
        let speed = i64::from(self.speed);
        let steps = steps(fate, &mut dice).into_iter().map(|(after, status, to)| (after / speed, status, to));
        Some(Planned { at, from, to, steps: steps.collect() })
    }
}

fn steps(fate: Fate, dice: &mut Dice) -> Vec<(i64, Option<u16>, Option<&'static str>)> {
    let mut millis = |from: u32, to: u32| i64::from(dice.within(from..=to));
    let (setup, ring, talk, closing) =
        (millis(200, 900), millis(2_000, 20_000), millis(4_000, 180_000), millis(200, 600));
    let answered = setup + ring;
    let ended = answered + talk;
    let end = |at: i64| [(at, Some(status::DISCONNECTING), None), (at + closing, None, None)];
    let agent = Some(directory::agent(dice));
    let begin = (setup, Some(status::RINGING), None);
    let mut steps = match fate {
        Fate::Talked => vec![begin, (answered, Some(status::CONNECTED), None)],
        Fate::Queued => {
            vec![(setup, Some(status::QUEUE_WAITING), None), (answered, Some(status::QUEUE_CONNECTED), agent)]
        }
        Fate::Missed => vec![begin],
        Fate::Voicemail => vec![begin, (answered, Some(status::VOICEMAIL), None)],
        Fate::Busy => return vec![(setup, Some(status::BUSY), None), (setup + 4_000, None, None)],
        Fate::Forbidden => return vec![(setup, Some(status::FORBIDDEN), None), (setup + 3_000, None, None)],
        Fate::Failed => {
            return vec![(setup, Some(status::DISCONNECTED), None), (setup + closing, None, None)];
        }
        Fate::Short => return vec![(setup, Some(status::RINGING), None), (setup + 700, None, None)],
    };
    steps.extend(end(if matches!(fate, Fate::Missed) { answered } else { ended }));
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(traffic: &mut Traffic, now: i64) -> Vec<Planned> {
        std::iter::from_fn(|| traffic.due(now)).collect()
    }

    #[test]
    fn calls_come_as_often_as_was_said_and_go_faster_where_asked() {
        let mut life = Traffic::new(1, (60, 1), 0).unwrap();
        let mut fast = Traffic::new(1, (60, 10), 0).unwrap();
        let (life, fast) = (all(&mut life, 1_800_000), all(&mut fast, 1_800_000));
        assert!((1_500..2_100).contains(&life.len()), "half an hour at sixty a minute: {}", life.len());
        assert_eq!(life.len(), fast.len());
        let last = |planned: &Planned| planned.steps.last().unwrap().0;
        assert!(life.iter().zip(&fast).all(|(life, fast)| last(life) / 10 == last(fast)));
        assert!(life.iter().all(|planned| planned.steps.is_sorted_by_key(|step| step.0)), "in order");
        assert!(life.iter().all(|planned| planned.steps.last().unwrap().1.is_none()), "all end");
        assert!(Traffic::new(1, (0, 1), 0).is_none());
    }

    #[test]
    fn nobody_called_while_nobody_looked_for_days() {
        let mut traffic = Traffic::new(1, (60, 1), 0).unwrap();
        let after_days = all(&mut traffic, 30 * 86_400_000);
        assert!(after_days.len() < 4_500, "an hour of calls at most: {}", after_days.len());
        assert!(after_days.iter().all(|planned| planned.at >= 30 * 86_400_000 - BEHIND_MAX));
    }
}
