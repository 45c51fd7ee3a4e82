//! Days on which nobody is called: one day, or the same day of every year. Movable feasts are one day a year.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

/// More days than a year has are no holidays.
pub const HOLIDAYS_MAX: usize = 400;
/// A year in which every day exists that can be a yearly holiday.
const LEAP_YEAR: i32 = 2024;

/// Written `2026-03-20`, or `03-21` for every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Holiday {
    Once(NaiveDate),
    Yearly { month: u32, day: u32 },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadHoliday {
    #[error("{0:?} is no day; one is written as in 2026-03-20, or 03-21 for every year")]
    NoDay(String),
    #[error("there are at most {HOLIDAYS_MAX} holidays")]
    TooMany,
}

impl Holiday {
    pub const fn yearly(month: u32, day: u32) -> Self {
        Self::Yearly { month, day }
    }

    pub fn parse(text: &str) -> Result<Self, BadHoliday> {
        let once = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(Self::Once);
        let every = || NaiveDate::parse_from_str(&format!("{LEAP_YEAR}-{text}"), "%Y-%m-%d").ok();
        let yearly = || every().map(|day| Self::yearly(day.month(), day.day()));
        let wrong = || BadHoliday::NoDay(text.chars().take(32).collect());
        once.or_else(yearly).ok_or_else(wrong)
    }

    fn is(self, date: NaiveDate) -> bool {
        match self {
            Self::Once(day) => day == date,
            Self::Yearly { month, day } => (month, day) == (date.month(), date.day()),
        }
    }
}

impl fmt::Display for Holiday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Once(day) => write!(f, "{day}"),
            Self::Yearly { month, day } => write!(f, "{month:02}-{day:02}"),
        }
    }
}

impl TryFrom<String> for Holiday {
    type Error = BadHoliday;

    fn try_from(text: String) -> Result<Self, BadHoliday> {
        Self::parse(&text)
    }
}

impl From<Holiday> for String {
    fn from(holiday: Holiday) -> Self {
        holiday.to_string()
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Holiday>", into = "Vec<Holiday>")]
pub struct Holidays(Vec<Holiday>);

impl Holidays {
    pub(super) fn of(days: Vec<Holiday>) -> Self {
        Self(days)
    }

    pub fn contain(&self, date: NaiveDate) -> bool {
        self.0.iter().any(|holiday| holiday.is(date))
    }

    #[must_use]
    pub fn either(&self, other: &Self) -> Self {
        let mut all = [self.0.as_slice(), &other.0].concat();
        all.sort_unstable();
        all.dedup();
        Self(all)
    }
}

impl TryFrom<Vec<Holiday>> for Holidays {
    type Error = BadHoliday;

    fn try_from(days: Vec<Holiday>) -> Result<Self, BadHoliday> {
        if days.len() > HOLIDAYS_MAX { Err(BadHoliday::TooMany) } else { Ok(Self(days)) }
    }
}

impl From<Holidays> for Vec<Holiday> {
    fn from(holidays: Holidays) -> Self {
        holidays.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holiday_is_one_day_or_one_of_every_year() {
        let holidays: Holidays = serde_json::from_str(r#"["2026-03-20", "03-21", "02-29"]"#).unwrap();
        let contain = |text: &str| holidays.contain(text.parse().unwrap());
        assert!(contain("2026-03-20") && contain("2026-03-21") && contain("2031-03-21"));
        assert!(contain("2028-02-29") && !contain("2027-03-20") && !contain("2027-03-01"));
        assert_eq!(serde_json::to_string(&holidays).unwrap(), r#"["2026-03-20","03-21","02-29"]"#);
        for wrong in ["13-01", "2026-02-29", "3", "", "03-32", "21.03"] {
            assert!(Holiday::parse(wrong).is_err(), "{wrong}");
        }
    }
}
