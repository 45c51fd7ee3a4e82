//! How fast time passes while something is played: so many times as fast as then, and never a pause longer than somebody waits.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// Faster than that is as fast as possible, which is 0.
pub(crate) const SPEED_MAX: u32 = 1_000_000;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) speed: u32,
    pub(crate) pause_max: Duration,
}

impl Pace {
    /// How long to wait for what was recorded so much later.
    pub(crate) fn wait(self, from: DateTime<Utc>, to: DateTime<Utc>) -> Duration {
        let then = (to - from).to_std().unwrap_or_default();
        then.checked_div(self.speed).unwrap_or_default().min(self.pause_max)
    }

    /// What time it is then, once so much has passed since `from`, where `next` comes next. Long silences are shortened to what is
    /// waited at most; it is never later than what comes next.
    pub(crate) fn passed(self, from: DateTime<Utc>, passed: Duration, next: DateTime<Utc>) -> DateTime<Utc> {
        if self.speed == 0 {
            return next;
        }
        let then = |real: Duration| {
            TimeDelta::from_std(real.saturating_mul(self.speed)).unwrap_or(TimeDelta::MAX / 4)
        };
        let silence = next.checked_sub_signed(then(self.pause_max)).unwrap_or(from).max(from);
        silence.checked_add_signed(then(passed)).unwrap_or(next).min(next)
    }

    pub(crate) fn faster(&mut self) {
        self.speed = self.speed.saturating_mul(2).min(SPEED_MAX);
    }

    pub(crate) fn slower(&mut self) {
        self.speed = if self.speed == 0 { SPEED_MAX } else { (self.speed / 2).max(1) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_759_775_400 + secs, 0).unwrap()
    }

    fn pace(speed: u32) -> Pace {
        Pace { speed, pause_max: Duration::from_secs(5) }
    }

    #[test]
    fn a_minute_takes_a_second_at_sixty_times_and_a_night_no_longer_than_is_waited() {
        assert_eq!(pace(60).wait(at(0), at(60)), Duration::from_secs(1));
        assert_eq!(pace(60).wait(at(0), at(8 * 3600)), Duration::from_secs(5));
        assert_eq!(pace(0).wait(at(0), at(8 * 3600)), Duration::ZERO);
        assert_eq!(pace(60).wait(at(60), at(0)), Duration::ZERO, "time that stands still is not waited for");
    }

    #[test]
    fn the_clock_of_then_goes_on_between_events_and_leaps_over_silence() {
        let second = Duration::from_secs(1);
        assert_eq!(pace(60).passed(at(0), second, at(90)), at(60));
        assert_eq!(pace(60).passed(at(0), second, at(30)), at(30), "never past what comes next");
        assert_eq!(
            pace(60).passed(at(0), Duration::ZERO, at(7200)),
            at(7200 - 300),
            "a night is five seconds"
        );
        assert_eq!(pace(0).passed(at(0), Duration::ZERO, at(7200)), at(7200));
    }

    #[test]
    fn it_is_made_faster_and_slower_within_bounds() {
        let mut pace = pace(1);
        pace.slower();
        assert_eq!(pace.speed, 1);
        for _ in 0..40 {
            pace.faster();
        }
        assert_eq!(pace.speed, SPEED_MAX);
        pace.speed = 0;
        pace.faster();
        assert_eq!(pace.speed, 0, "nothing is faster than as fast as possible");
        pace.slower();
        assert_eq!(pace.speed, SPEED_MAX);
    }
}
