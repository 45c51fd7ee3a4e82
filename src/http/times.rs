//! Times on the wire: in with `Z`, an offset or no zone and any number of fraction digits, out in UTC with milliseconds and `Z`.
//! Written out by hand because each report has several and the general parsers cost more than the rest of the request.

use std::fmt;
use std::ops::RangeInclusive;

use chrono::{
    DateTime, Datelike, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone,
    Timelike, Utc,
};
use chrono_tz::Tz;
use serde::{Serialize, Serializer};

/// Longest text looked at.
const LEN_MAX: usize = 40;
const YEARS: RangeInclusive<i32> = 1..=9999;
/// chrono counts on beyond a second's nanoseconds where a second is a leap second.
const NANOS: u32 = 1_000_000_000;
const LAST_MICRO: u32 = 999_999_000;

/// Reads `2025-10-06T18:30:00.000Z` and its relatives; a text without a zone is meant in `zone`. Digits beyond a microsecond are cut off.
/// Years that do not have four digits in UTC are refused, and so is a leap second at another time than a leap second has.
pub(super) fn parse(text: &str, zone: Tz) -> Option<DateTime<Utc>> {
    let time = understood(text, zone).filter(|time| YEARS.contains(&time.year()))?;
    if time.nanosecond() < NANOS {
        return Some(time);
    }
    let midnight = (time.hour(), time.minute(), time.second()) == (23, 59, 59);
    // Stores know none: everywhere it is the last moment of its minute.
    midnight.then(|| time.with_nanosecond(LAST_MICRO)).flatten()
}

fn understood(text: &str, zone: Tz) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if text.len() > LEN_MAX {
        return None;
    }
    let mut reader = Reader(text.as_bytes());
    let date = reader.date()?;
    reader.one_of(b"Tt ")?;
    let local = reader.time(date)?;
    match reader.0 {
        [] => Some(resolve(local, zone)),
        [b'Z' | b'z'] => Some(local.and_utc()),
        _ => {
            let offset = reader.offset()?;
            local.and_local_timezone(offset).single().map(|time| time.to_utc())
        }
    }
}

/// Reads `2025-10-06`: where that day begins in `zone`, and where the next one does.
pub(super) fn day(text: &str, zone: Tz) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let mut reader = Reader(text.trim().as_bytes());
    let date = reader.date().filter(|_| reader.0.is_empty())?;
    let begin = |date: NaiveDate| resolve(date.and_time(NaiveTime::MIN), zone);
    Some((begin(date), begin(date.succ_opt()?)))
}

/// A local time that came twice is meant the first time; one that never was is read with the offset before the gap.
fn resolve(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => time.to_utc(),
        LocalResult::None => {
            let day = TimeDelta::days(1);
            let before =
                local.checked_sub_signed(day).and_then(|before| zone.from_local_datetime(&before).earliest());
            before
                .and_then(|before| before.to_utc().checked_add_signed(day))
                .unwrap_or_else(|| local.and_utc())
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn date(&mut self) -> Option<NaiveDate> {
        let year = self.digits(4)?;
        self.one_of(b"-")?;
        let month = self.digits(2)?;
        self.one_of(b"-")?;
        let day = self.digits(2)?;
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
    }

    fn time(&mut self, date: NaiveDate) -> Option<NaiveDateTime> {
        let hour = self.digits(2)?;
        self.one_of(b":")?;
        let minute = self.digits(2)?;
        self.one_of(b":")?;
        let second = self.digits(2)?;
        let micros = if self.one_of(b".,").is_some() { self.fraction()? } else { 0 };
        let (second, micros) = if second == 60 { (59, micros + 1_000_000) } else { (second, micros) };
        date.and_hms_micro_opt(hour, minute, second, micros)
    }

    /// At least one digit; those after the sixth are read over.
    fn fraction(&mut self) -> Option<u32> {
        let count = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        let first = digits.iter().copied().chain(std::iter::repeat(b'0')).take(6);
        (count > 0).then(|| first.fold(0, |sum, byte| sum * 10 + u32::from(byte - b'0')))
    }

    /// `+05:00`, `+0500` or `+05`.
    fn offset(&mut self) -> Option<FixedOffset> {
        let sign = self.one_of(b"+-")?;
        let hours = self.digits(2)?;
        let minutes = if self.0.is_empty() {
            0
        } else {
            // The colon may be missing.
            let _ = self.one_of(b":");
            self.digits(2)?
        };
        if !self.0.is_empty() || hours > 23 || minutes > 59 {
            return None;
        }
        let east = i32::try_from(hours * 3600 + minutes * 60).ok()?;
        FixedOffset::east_opt(if sign == b'-' { -east } else { east })
    }

    fn digits(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        let number = |byte: &u8| byte.is_ascii_digit().then(|| u32::from(byte - b'0'));
        digits.iter().try_fold(0, |sum, byte| Some(sum * 10 + number(byte)?))
    }

    fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        bytes.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }
}

/// A time as it goes out: `2025-10-06T18:30:00.000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp(pub(super) DateTime<Utc>);

impl Stamp {
    const LEN: usize = "2025-10-06T18:30:00.000Z".len();

    /// None for years that do not have four digits.
    fn short(self) -> Option<[u8; Self::LEN]> {
        let time = self.0;
        let year = u32::try_from(time.year()).ok().filter(|year| *year <= 9999)?;
        let mut text = *b"0000-00-00T00:00:00.000Z";
        // A leap second is the last of its minute.
        let millis = (time.nanosecond() / 1_000_000).min(999);
        let (date, clock) = ((year, time.month(), time.day()), (time.hour(), time.minute(), time.second()));
        let parts = [
            (0, 4, date.0),
            (5, 2, date.1),
            (8, 2, date.2),
            (11, 2, clock.0),
            (14, 2, clock.1),
            (17, 2, clock.2),
            (20, 3, millis),
        ];
        for (start, count, mut value) in parts {
            for place in text.iter_mut().skip(start).take(count).rev() {
                *place = b'0' + u8::try_from(value % 10).unwrap_or(0);
                value /= 10;
            }
        }
        Some(text)
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.short() {
            Some(text) => f.write_str(std::str::from_utf8(&text).unwrap_or_default()),
            None => self.0.format("%Y-%m-%dT%H:%M:%S%.3fZ").fmt(f),
        }
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.short() {
            Some(text) => serializer.serialize_str(std::str::from_utf8(&text).unwrap_or_default()),
            None => serializer.collect_str(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<String> {
        let time = parse(text, chrono_tz::Asia::Tashkent)?;
        Some(time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))
    }

    #[test]
    fn every_documented_spelling_is_read() {
        let table = [
            ("2025-10-06T18:30:00.000Z", "2025-10-06T18:30:00.000000Z"),
            ("2025-10-06T18:30:00Z", "2025-10-06T18:30:00.000000Z"),
            ("2025-10-06t18:30:00z", "2025-10-06T18:30:00.000000Z"),
            ("2025-10-06 18:30:00", "2025-10-06T13:30:00.000000Z"),
            ("2025-10-06T18:30:00", "2025-10-06T13:30:00.000000Z"),
            ("2025-10-06T18:30:00.1", "2025-10-06T13:30:00.100000Z"),
            ("2025-10-06T18:30:00.123456", "2025-10-06T13:30:00.123456Z"),
            ("2025-10-06T18:30:00.123456789Z", "2025-10-06T18:30:00.123456Z"),
            ("2025-10-06T18:30:00+05:00", "2025-10-06T13:30:00.000000Z"),
            ("2025-10-06T18:30:00.5-0330", "2025-10-06T22:00:00.500000Z"),
            ("2025-10-06T18:30:00+05", "2025-10-06T13:30:00.000000Z"),
            (" 2025-10-06T18:30:00Z ", "2025-10-06T18:30:00.000000Z"),
            ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z"),
            ("2017-01-01T04:59:60.5+05:00", "2016-12-31T23:59:59.999999Z"),
            ("2017-01-01 04:59:60", "2016-12-31T23:59:59.999999Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        ];
        for (text, expected) in table {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let table = [
            "",
            "yesterday",
            "2025-10-06",
            "2025-10-06T18:30",
            "2025-13-06T18:30:00Z",
            "2025-02-29T00:00:00Z",
            "2025-10-06T24:00:00Z",
            "2025-10-06T18:60:00Z",
            "2025-10-06T18:30:60Z",
            "2016-12-31T23:59:60+05:00",
            "2016-12-31T23:59:61Z",
            "9999-12-31T23:59:59-23:00",
            "0001-01-01T00:00:00+23:00",
            "0001-01-01T00:00:00",
            "0000-12-31T23:59:59Z",
            "0000-01-01T00:00:00+23:00",
            "2025-10-06T18:30:00.Z",
            "2025-10-06T18:30:00ZZ",
            "2025-10-06T18:30:00+24:00",
            "2025-10-06T18:30:00+5",
            "2025-10-06T18:30:00+05:00x",
            "1759775400",
            "２０25-10-06T18:30:00Z",
            "2025-10-06T18:30:00.000000000000000000000000000Z",
        ];
        for text in table {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_gap_and_a_repeated_hour_have_one_meaning() {
        let berlin = chrono_tz::Europe::Berlin;
        let read = |text| parse(text, berlin).unwrap().to_rfc3339();
        assert_eq!(read("2025-03-30T02:30:00"), "2025-03-30T01:30:00+00:00");
        assert_eq!(read("2025-10-26T02:30:00"), "2025-10-26T00:30:00+00:00");
    }

    #[test]
    fn a_day_is_as_long_as_its_clocks_say() {
        let read =
            |text, zone| day(text, zone).map(|(begin, end)| (begin.to_rfc3339(), (end - begin).num_hours()));
        let table = [
            ("2025-10-06", chrono_tz::Asia::Tashkent, ("2025-10-05T19:00:00+00:00", 24)),
            (" 2025-12-31 ", chrono_tz::UTC, ("2025-12-31T00:00:00+00:00", 24)),
            ("2025-03-30", chrono_tz::Europe::Berlin, ("2025-03-29T23:00:00+00:00", 23)),
            ("2025-10-26", chrono_tz::Europe::Berlin, ("2025-10-25T22:00:00+00:00", 25)),
            // There the clocks go forward at midnight, so that the day begins at one.
            ("2025-09-07", chrono_tz::America::Santiago, ("2025-09-07T04:00:00+00:00", 23)),
        ];
        for (text, zone, (begin, hours)) in table {
            assert_eq!(read(text, zone), Some((begin.to_owned(), hours)), "{text}");
        }
        for wrong in ["", "2025-10", "2025-02-29", "2025-10-06Z", "2025-10-06T", "06.10.2025", "20251006"] {
            assert_eq!(read(wrong, chrono_tz::UTC), None, "{wrong}");
        }
    }

    #[test]
    fn a_stamp_has_milliseconds_and_a_zone() {
        let text = |time: &str| serde_json::to_string(&Stamp(parse(time, chrono_tz::UTC).unwrap())).unwrap();
        assert_eq!(text("2025-10-06T18:30:05.0429Z"), "\"2025-10-06T18:30:05.042Z\"");
        assert_eq!(text("0001-01-01T00:00:00Z"), "\"0001-01-01T00:00:00.000Z\"");
        assert_eq!(text("9999-12-31T23:59:60Z"), "\"9999-12-31T23:59:59.999Z\"");
    }

    proptest! {
        #[test]
        fn nothing_panics(text in ".{0,48}") {
            let _ = parse(&text, chrono_tz::Asia::Tashkent);
        }

        #[test]
        fn what_goes_out_comes_back(millis in 0_i64..4_102_444_800_000) {
            let time = DateTime::from_timestamp_millis(millis).unwrap();
            let text = serde_json::to_string(&Stamp(time)).unwrap();
            prop_assert_eq!(parse(text.trim_matches('"'), chrono_tz::Asia::Tashkent), Some(time));
        }
    }
}
