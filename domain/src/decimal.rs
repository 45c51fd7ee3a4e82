//! Decimal figures kept as whole numbers, so that sums are exact: amounts of money, calls a second.
//! They are read from their text, as no binary fraction holds them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Number;

/// Money in hundredths of whatever currency the organization speaks of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amount(i64);

impl Amount {
    pub fn of_hundredths(hundredths: i64) -> Self {
        Self(hundredths)
    }

    pub fn hundredths(self) -> i64 {
        self.0
    }

    /// The sum; the most there can be where it is more than that.
    #[must_use]
    pub fn plus(self, more: Self) -> Self {
        Self(self.0.saturating_add(more.0))
    }

    /// `5170.5`, `5 170,50` and the like, not below nothing; what is finer than a hundredth is rounded.
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        scaled(&plain.replace(',', "."), 2).map(Self)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0.abs() % 100)
    }
}

/// Calls a second, to a thousandth. Written as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u32);

impl Rate {
    pub const MAX: Self = Self(10_000_000);

    /// None where it is nothing or more than ten thousand a second.
    pub fn of_thousandths(thousandths: u32) -> Option<Self> {
        let rate = Self(thousandths);
        (thousandths > 0 && rate <= Self::MAX).then_some(rate)
    }

    pub fn thousandths(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_multiple_of(1000) {
            return serializer.serialize_u32(self.0 / 1000);
        }
        serializer.serialize_f64(f64::from(self.0) / 1000.0)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let told = Number::deserialize(deserializer)?.to_string();
        let thousandths = scaled(&told, 3).and_then(|rate| u32::try_from(rate).ok());
        thousandths.and_then(Self::of_thousandths).ok_or_else(|| {
            de::Error::custom(format!("{told} is no rate; calls a second are from 0.001 to 10000"))
        })
    }
}

/// Digits with at most one point, as a whole number of units of `places` digits behind it.
fn scaled(text: &str, places: usize) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let kept: String = fraction.chars().chain(std::iter::repeat('0')).take(places).collect();
    let up = fraction.chars().nth(places).is_some_and(|next| next >= '5');
    let units: i64 = format!("{whole}{kept}").parse().ok()?;
    units.checked_add(i64::from(up))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_to_the_hundredth() {
        for (text, read) in [
            ("5170.5", "5170.50"),
            ("5 170,50", "5170.50"),
            ("0.005", "0.01"),
            ("5170.504", "5170.50"),
            ("7", "7.00"),
        ] {
            assert_eq!(Amount::parse(text).unwrap().to_string(), read, "{text}");
        }
        for wrong in ["", "-1", "1e5", "1.2.3", "abc", ".5", "99999999999999999999"] {
            assert_eq!(Amount::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_rate_is_written_as_it_was_read() {
        for text in ["1", "0.5", "2.125", "10000", "0.001"] {
            let rate: Rate = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&rate).unwrap(), text);
        }
        for wrong in ["0", "-1", "10001", "0.0001", "\"1\"", "1e300"] {
            assert!(serde_json::from_str::<Rate>(wrong).is_err(), "{wrong}");
        }
    }
}
