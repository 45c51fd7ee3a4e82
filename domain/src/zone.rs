//! By whose clock a person is called: the contact's own, else the number's country's, else the campaign's.
//! A country with several clocks does not tell which; then the campaign's holds only if it is one of them, and otherwise nobody knows.

mod countries;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use rlibphonenumber::PHONE_NUMBER_UTIL;
use serde::{Deserialize, Serialize};

use crate::phone::Phone;

/// A time zone, by its name in the time zone database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(Tz);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no time zone; one is called as in Asia/Tashkent")]
pub struct BadZone(String);

impl Zone {
    pub const UTC: Self = Self(Tz::UTC);

    pub fn parse(text: &str) -> Result<Self, BadZone> {
        Tz::from_str(text).map(Self).map_err(|_| BadZone(text.chars().take(64).collect()))
    }

    pub fn as_str(self) -> &'static str {
        self.0.name()
    }

    /// What the clock on the wall shows.
    pub fn wall(self, at: DateTime<Utc>) -> NaiveDateTime {
        at.with_timezone(&self.0).naive_local()
    }

    /// How far the clock on the wall is ahead.
    pub fn ahead(self, at: DateTime<Utc>) -> TimeDelta {
        let offset = self.0.offset_from_utc_datetime(&at.naive_utc()).fix();
        TimeDelta::seconds(offset.local_minus_utc().into())
    }

    /// When the clock first shows this; where it never does, as much later as it was put forward.
    pub fn instant(self, wall: NaiveDateTime) -> DateTime<Utc> {
        let told = self.0.from_local_datetime(&wall).earliest();
        let as_before = || wall.and_utc() - self.ahead(wall.and_utc() - TimeDelta::days(1));
        told.map_or_else(as_before, |at| at.to_utc())
    }

    fn agrees(self, other: Self, at: DateTime<Utc>) -> bool {
        self.ahead(at) == other.ahead(at)
    }
}

impl TryFrom<String> for Zone {
    type Error = BadZone;

    fn try_from(text: String) -> Result<Self, BadZone> {
        Self::parse(&text)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.as_str().to_owned()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who told the zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Contact,
    Country,
    Campaign,
}

/// What is known about where a person is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Whereabouts {
    pub contact: Option<Zone>,
    pub country: Clocks,
    pub campaign: Option<Zone>,
}

/// The clocks of a number's country.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Clocks {
    /// No country, or none that is known.
    #[default]
    Unknown,
    One(Zone),
    Several(&'static str),
}

impl Clocks {
    pub fn of(phone: &Phone) -> Self {
        let Ok(number) = PHONE_NUMBER_UTIL.parse(phone.as_str(), None) else { return Self::Unknown };
        number
            .get_region_code()
            .map_or(Self::Unknown, |region| Self::of_country(region.as_region_str().as_str()))
    }

    pub fn of_country(code: &str) -> Self {
        let found = countries::CLOCKS.binary_search_by_key(&code, |(code, _)| code);
        let Some((_, names)) = found.ok().and_then(|at| countries::CLOCKS.get(at)) else {
            return Self::Unknown;
        };
        if names.contains(' ') {
            return Self::Several(names);
        }
        Zone::parse(names).map_or(Self::Unknown, Self::One)
    }

    fn may_be(self, zone: Zone, at: DateTime<Utc>) -> bool {
        match self {
            Self::Unknown => true,
            Self::One(one) => one.agrees(zone, at),
            Self::Several(names) => {
                names.split(' ').filter_map(|name| Zone::parse(name).ok()).any(|one| one.agrees(zone, at))
            }
        }
    }
}

impl Whereabouts {
    /// Whose clock holds, and who said so. None: nobody knows when it is night there.
    pub fn zone(self, at: DateTime<Utc>) -> Option<(Zone, Source)> {
        let country = match self.country {
            Clocks::One(zone) => Some((zone, Source::Country)),
            Clocks::Unknown | Clocks::Several(_) => None,
        };
        let campaign = || self.campaign.filter(|zone| self.country.may_be(*zone, at));
        let contact = self.contact.map(|zone| (zone, Source::Contact));
        contact.or(country).or_else(|| campaign().map(|zone| (zone, Source::Campaign)))
    }
}

#[cfg(test)]
mod tests;
