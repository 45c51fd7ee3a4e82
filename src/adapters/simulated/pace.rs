//! How fast a list is dialled, and what the clock on the simulated floor shows meanwhile.
//! A floor that runs faster begins in the past, so that no report speaks of a time that has not come yet.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

/// How fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Calls that go on at the same time.
    pub at_once: u16,
    /// Calls begun in a second of ours.
    pub per_second: u32,
    /// Seconds of the floor in a second of ours.
    pub speed: u32,
}

/// What the end of a run is later than it was reckoned.
const RECKONED_WRONG: u32 = 10;
/// Nothing takes longer on the floor.
const CALL_MAX: Duration = Duration::from_mins(5);

impl Pace {
    /// So long a run takes by our clock, as far as one can tell before it: never less.
    fn reckoned(self, numbers: u64, floor_secs: u64) -> Duration {
        let busy = Duration::from_secs(floor_secs) / u32::from(self.at_once.max(1)) / self.speed.max(1);
        let begun = Duration::from_secs(numbers) / self.per_second.max(1);
        let reckoned = busy.max(begun);
        reckoned + reckoned / RECKONED_WRONG + CALL_MAX / self.speed.max(1)
    }
}

/// The clock of one run's floor, and the gate through which its calls begin.
#[derive(Debug)]
pub(super) struct Floor {
    pace: Pace,
    began: Instant,
    opened: DateTime<Utc>,
    shown_at_first: DateTime<Utc>,
    next: Mutex<Instant>,
}

impl Floor {
    /// `floor_secs` is how long the calls to all of the numbers take, one after the other.
    pub(super) fn open(pace: Pace, now: DateTime<Utc>, numbers: u64, floor_secs: u64) -> Self {
        let ahead = pace.reckoned(numbers, floor_secs).saturating_mul(pace.speed.max(1).saturating_sub(1));
        let ahead = TimeDelta::from_std(ahead).unwrap_or_default();
        let began = Instant::now();
        let shown_at_first = now.checked_sub_signed(ahead).unwrap_or(now);
        Self { pace, began, opened: now, shown_at_first, next: Mutex::new(began) }
    }

    /// The time on the floor, for something that takes so many seconds from now on.
    pub(super) fn begins(&self, secs: u32) -> DateTime<Utc> {
        self.shows(self.began.elapsed(), Duration::from_secs(u64::from(secs)))
    }

    /// So long after it was opened. Where an engine that was slow has let the reckoned time pass, the floor falls back.
    fn shows(&self, passed: Duration, lasts: Duration) -> DateTime<Utc> {
        let speed = self.pace.speed.max(1);
        let floor = later(self.shown_at_first, passed.saturating_mul(speed));
        let ours = later(self.opened, passed + lasts / speed);
        floor.min(ours - TimeDelta::from_std(lasts).unwrap_or_default())
    }

    /// Waits so many seconds of the floor.
    pub(super) async fn pass(&self, secs: u32) {
        tokio::time::sleep(Duration::from_secs(u64::from(secs)) / self.pace.speed.max(1)).await;
    }

    /// Waits until another call may begin.
    pub(super) async fn turn(&self) {
        tokio::time::sleep_until(self.turn_for(Instant::now())).await;
    }

    /// When whoever comes now may begin.
    fn turn_for(&self, now: Instant) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = now.max(*next);
        *next = turn + Duration::from_secs(1) / self.pace.per_second.max(1);
        turn
    }
}

fn later(time: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(by).ok().and_then(|by| time.checked_add_signed(by)).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF_A_MINUTE: Duration = Duration::from_secs(30);

    fn noon() -> DateTime<Utc> {
        "2025-10-06T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_floor_at_our_own_speed_shows_our_time() {
        let pace = Pace { at_once: 2, per_second: 1, speed: 1 };
        let floor = Floor::open(pace, noon(), 10, 400);
        assert_eq!(floor.shows(HALF_A_MINUTE, HALF_A_MINUTE), noon() + TimeDelta::seconds(30));
    }

    #[test]
    fn a_faster_floor_is_never_ahead_of_us() {
        let pace = Pace { at_once: 5, per_second: 50, speed: 30 };
        let floor = Floor::open(pace, noon(), 100, 4_500);
        let (first, last) =
            (floor.shows(Duration::ZERO, HALF_A_MINUTE), floor.shows(HALF_A_MINUTE, CALL_MAX));
        assert!(first < noon());
        assert_eq!(last - first, TimeDelta::seconds(4_500 / 5), "all calls have their time");
        assert!(last + CALL_MAX <= noon() + TimeDelta::seconds(40));
        let slow = floor.shows(HALF_A_MINUTE * 100, HALF_A_MINUTE) + HALF_A_MINUTE;
        assert_eq!(slow, noon() + TimeDelta::seconds(3_001), "an end is no later than it is told");
    }

    #[test]
    fn calls_begin_one_after_the_other() {
        let pace = Pace { at_once: 100, per_second: 4, speed: 1 };
        let floor = Floor::open(pace, noon(), 9, 9);
        let turns: Vec<Instant> = (0..9).map(|_| floor.turn_for(floor.began)).collect();
        assert_eq!(turns[8] - turns[0], Duration::from_secs(2));
        let late = floor.began + HALF_A_MINUTE;
        assert_eq!(floor.turn_for(late), late, "what was not used is not saved up");
    }
}
