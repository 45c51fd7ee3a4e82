//! When a campaign would be over if everybody who waits were called once: a rough figure, from how fast it calls and when it may.

use std::num::NonZeroU32;

use chrono::{DateTime, TimeDelta, Utc};

use crate::campaign::Settings;
use crate::decimal::Rate;
use crate::policy::dialling::Terms;
use crate::policy::windows::Calendar;
use crate::zone::Zone;

/// What a call is taken to last where none was made yet.
const CALL_SECS: u32 = 60;
/// Ringing, beside the talk.
const RING_SECS: u32 = 15;
/// Further ahead nobody plans.
const AHEAD_MAX: TimeDelta = TimeDelta::days(366);
const STRIDE: TimeDelta = TimeDelta::minutes(5);

/// How fast calls go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    pub at_once: NonZeroU32,
    pub rate: Option<Rate>,
    pub call_secs: u32,
}

#[derive(Debug, Clone, Copy)]
pub struct Forecast {
    pub pace: Pace,
    /// How many calls there would be.
    pub waiting: u64,
    /// When the last of them may be made at the earliest.
    pub last: Option<DateTime<Utc>>,
}

impl Pace {
    /// With the calls that were made so far, and their seconds of talk in all.
    pub fn of(settings: &Settings, (calls, talk_secs): (u64, u64)) -> Self {
        let mean = talk_secs.checked_div(calls).and_then(|mean| u32::try_from(mean).ok());
        Self {
            at_once: settings.lines(),
            rate: settings.calls_per_second,
            call_secs: mean.map_or(CALL_SECS, |mean| mean.saturating_add(RING_SECS)),
        }
    }

    /// How long so many calls take, one after another on every line.
    fn takes(&self, calls: u64) -> TimeDelta {
        let lines = u64::from(self.at_once.get());
        let by_lines = calls.div_ceil(lines).saturating_mul(u64::from(self.call_secs));
        let by_rate = self.rate.map_or(0, |rate| {
            calls.saturating_mul(1_000).div_ceil(u64::from(rate.thousandths())) + u64::from(self.call_secs)
        });
        TimeDelta::seconds(i64::try_from(by_lines.max(by_rate)).unwrap_or(i64::MAX / 1_000))
    }
}

impl Forecast {
    /// None where nobody would be called within a year.
    pub fn ends(&self, terms: &Terms, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.waiting == 0 {
            return None;
        }
        let calendar = Calendar::of(&terms.pack, terms.zone.unwrap_or(Zone::UTC));
        let one = TimeDelta::seconds(self.pace.call_secs.into());
        let called = worked(&calendar, now, self.pace.takes(self.waiting))?;
        Some(self.last.map_or(called, |last| called.max(last + one)))
    }
}

/// When so much time has passed while it was open.
fn worked(calendar: &Calendar, from: DateTime<Utc>, work: TimeDelta) -> Option<DateTime<Utc>> {
    let (mut at, mut left, end) = (calendar.next_open(from)?, work, from + AHEAD_MAX);
    while at < end {
        if left <= STRIDE {
            return Some(at + left);
        }
        (at, left) = (at + STRIDE, left - STRIDE);
        if !calendar.is_open(at) {
            at = calendar.next_open(at)?;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Pack;

    const ONE: &str = r#"{"concurrency": 1}"#;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn ends(pack: &Pack, settings: &str, waiting: u64, last: Option<&str>) -> Option<DateTime<Utc>> {
        let settings: Settings = serde_json::from_str(settings).unwrap();
        let zone = Zone::parse("Asia/Tashkent").unwrap();
        let terms = Terms::of(&settings, pack, zone, TimeDelta::minutes(10));
        let calm = Pace::of(&settings, (0, 0));
        Forecast { pace: calm, waiting, last: last.map(at) }.ends(&terms, at("2026-11-16T14:00:00Z"))
    }

    #[test]
    fn lines_and_rate_tell_how_long_it_takes() {
        assert_eq!(ends(&Pack::always(), "{}", 0, None), None);
        assert_eq!(ends(&Pack::always(), ONE, 60, None), Some(at("2026-11-16T15:00:00Z")));
        let ten = r#"{"concurrency": 10}"#;
        assert_eq!(ends(&Pack::always(), ten, 60, None), Some(at("2026-11-16T14:06:00Z")));
        let slow = r#"{"concurrency": 10, "callsPerSecond": 0.1}"#;
        assert_eq!(ends(&Pack::always(), slow, 60, None), Some(at("2026-11-16T14:11:00Z")));
    }

    #[test]
    fn it_goes_on_when_it_is_open_again() {
        // Open until 15:00, and from 04:00 on.
        assert_eq!(ends(&Pack::uz(), ONE, 120, None), Some(at("2026-11-17T05:00:00Z")));
        let late = Some("2026-11-18T04:00:00Z");
        assert_eq!(ends(&Pack::uz(), ONE, 1, late), Some(at("2026-11-18T04:01:00Z")));
    }

    #[test]
    fn what_calls_lasted_so_far_is_what_they_last() {
        let pace = Pace::of(&Settings::default(), (10, 300));
        assert_eq!(pace.call_secs, 45);
    }
}
