//! Whether people may be called at an instant, and from when on they may again: windows and holidays on the clock on their wall.
//! An instant always shows one time on the wall, so that asking about one is right over any change of the clock; what comes next is
//! looked for in stretches between two changes, where the wall and the world run alike.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use crate::rules::Pack;
use crate::rules::holidays::Holidays;
use crate::rules::week::Week;
use crate::zone::Zone;

/// What is closed for so long is never open: no year lacks every weekday.
pub const HORIZON: TimeDelta = TimeDelta::days(400);

/// When people in one zone may be called.
#[derive(Debug, Clone, Copy)]
pub struct Calendar<'a> {
    pub windows: &'a Week,
    pub holidays: &'a Holidays,
    pub zone: Zone,
}

impl<'a> Calendar<'a> {
    pub fn of(pack: &'a Pack, zone: Zone) -> Self {
        Self { windows: &pack.windows, holidays: &pack.holidays, zone }
    }

    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        self.in_window(at) && self.holiday(at).is_none()
    }

    pub fn in_window(&self, at: DateTime<Utc>) -> bool {
        let wall = self.zone.wall(at);
        self.windows.is_open(wall.weekday(), wall.time())
    }

    /// The holiday that it is there.
    pub fn holiday(&self, at: DateTime<Utc>) -> Option<NaiveDate> {
        let date = self.zone.wall(at).date();
        self.holidays.contain(date).then_some(date)
    }

    /// From when on it is open, not before `from`. None: it never is.
    pub fn next_open(&self, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.windows.is_never_open() {
            return None;
        }
        let end = from.checked_add_signed(HORIZON)?;
        let mut at = from;
        while at < end {
            let until = self.next_change(at);
            if let Some(open) = self.open_within(at, until) {
                return Some(open);
            }
            at = until;
        }
        None
    }

    /// The end of a stretch, a day at most, in which the clock is not changed.
    fn next_change(&self, from: DateTime<Utc>) -> DateTime<Utc> {
        let ahead = self.zone.ahead(from);
        let (mut same, mut other) = (from, from + TimeDelta::days(1));
        if self.zone.ahead(other) == ahead {
            return other;
        }
        // Clocks are changed on a whole second; halving ends within one.
        while other - same > TimeDelta::milliseconds(1) {
            let middle = same + (other - same) / 2;
            if self.zone.ahead(middle) == ahead { same = middle } else { other = middle }
        }
        whole_second(other)
    }

    fn open_within(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let ahead = self.zone.ahead(from);
        let (start, end) = (from.naive_utc() + ahead, until.naive_utc() + ahead);
        let dates = start.date().iter_days().take_while(|date| date.and_time(NaiveTime::MIN) < end);
        let open = dates.filter(|date| !self.holidays.contain(*date));
        let mut opening = open.filter_map(|date| self.open_on(date, start));
        opening.next().filter(|wall| *wall < end).map(|wall| (wall - ahead).and_utc())
    }

    /// The first open time of a day, not before `from`.
    fn open_on(&self, date: NaiveDate, from: NaiveDateTime) -> Option<NaiveDateTime> {
        let midnight = date.and_time(NaiveTime::MIN);
        let minute = |minutes: u16| midnight + TimeDelta::minutes(minutes.into());
        let pieces = self.windows.day(date.weekday()).iter();
        pieces
            .map(|(open, shut)| (minute(*open).max(from), minute(*shut)))
            .find(|(open, shut)| open < shut)
            .map(|(open, _)| open)
    }
}

fn whole_second(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(at.timestamp(), 0).unwrap_or(at)
}

#[cfg(test)]
mod tests;
