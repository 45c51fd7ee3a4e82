//! What was said, whatever its form: keys in any case, numbers as whole ones, broken ones or texts, null for nothing.

use std::ops::RangeInclusive;
use std::time::Duration;

use chrono::{DateTime, Datelike as _, NaiveDateTime, Utc};
use serde_json::{Map, Value};

/// Beyond it an instant is in milliseconds: as seconds it would be in the year 5138.
const SECS_MAX: u64 = 100_000_000_000;
/// No call was in another. What is reckoned with a time must not leave the calendar.
pub(in crate::adapters) const YEARS: RangeInclusive<i32> = 1..=9_999;

/// An object's fields.
#[derive(Debug, Clone, Copy)]
pub(in crate::adapters) struct Loose<'a>(&'a Map<String, Value>);

impl<'a> Loose<'a> {
    pub(in crate::adapters) fn new(value: &'a Value) -> Option<Self> {
        value.as_object().map(Self)
    }

    /// The first of these names that holds anything.
    pub(in crate::adapters) fn get(self, names: &[&str]) -> Option<&'a Value> {
        names.iter().find_map(|name| {
            let found = self.0.get(*name);
            let alike = || self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.or_else(|| alike().map(|(_, value)| value)).filter(|value| !value.is_null())
        })
    }

    pub(in crate::adapters) fn text(self, names: &[&str]) -> Option<String> {
        self.get(names).and_then(text)
    }

    pub(in crate::adapters) fn number(self, names: &[&str]) -> Option<i64> {
        self.get(names).and_then(number)
    }

    /// None where it is not said, or less than nothing.
    pub(in crate::adapters) fn secs(self, names: &[&str]) -> Option<u32> {
        self.number(names).and_then(|secs| u32::try_from(secs).ok())
    }

    pub(in crate::adapters) fn time(self, names: &[&str]) -> Option<DateTime<Utc>> {
        self.get(names).and_then(time)
    }

    pub(in crate::adapters) fn list(self, names: &[&str]) -> Option<&'a [Value]> {
        self.get(names).and_then(Value::as_array).map(Vec::as_slice)
    }

    pub(in crate::adapters) fn object(self, names: &[&str]) -> Option<Self> {
        self.get(names).and_then(Self::new)
    }
}

/// A text that is not empty; of a number, the number without a fraction that says nothing.
pub(in crate::adapters) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(
            number
                .as_f64()
                .filter(|_| number.is_f64())
                .map_or_else(|| number.to_string(), |number| number.to_string()),
        ),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A whole number; a fraction is cut off.
pub(in crate::adapters) fn number(value: &Value) -> Option<i64> {
    let cut = |number: f64| format!("{:.0}", number.trunc()).parse().ok();
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(cut)),
        Value::String(text) => {
            let text = text.trim();
            text.parse()
                .ok()
                .or_else(|| text.parse().ok().filter(|number: &f64| number.is_finite()).and_then(cut))
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Seconds or milliseconds since 1970, or a time as it is written; one without a zone is in UTC.
pub(in crate::adapters) fn time(value: &Value) -> Option<DateTime<Utc>> {
    let told = number(value).map_or_else(|| written(value), counted);
    told.filter(|time| YEARS.contains(&time.year()))
}

fn counted(number: i64) -> Option<DateTime<Utc>> {
    if number.unsigned_abs() > SECS_MAX {
        DateTime::from_timestamp_millis(number)
    } else {
        DateTime::from_timestamp(number, 0)
    }
}

fn written(value: &Value) -> Option<DateTime<Utc>> {
    let text = value.as_str()?.trim();
    let written = DateTime::parse_from_rfc3339(text).ok().map(|time| time.with_timezone(&Utc));
    let zoneless = |form: &str| NaiveDateTime::parse_from_str(text, form).ok().map(|time| time.and_utc());
    written.or_else(|| zoneless("%Y-%m-%d %H:%M:%S%.f")).or_else(|| zoneless("%Y-%m-%dT%H:%M:%S%.f"))
}

/// Between two instants, in whole seconds, and never less than none.
pub(in crate::adapters) fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> u32 {
    let secs = (to - from).to_std().unwrap_or(Duration::ZERO).as_secs();
    u32::try_from(secs).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_is_one_in_any_form() {
        for value in [json!(42), json!(42.0), json!(42.9), json!("42"), json!(" 42 "), json!("42.0")] {
            assert_eq!(number(&value), Some(42), "{value}");
        }
        for value in
            [json!(null), json!(""), json!("x"), json!(true), json!([42]), json!("inf"), json!(1e300)]
        {
            assert_eq!(number(&value), None, "{value}");
        }
    }

    #[test]
    fn a_number_is_a_text_without_a_fraction_that_says_nothing() {
        for (value, said) in [(json!(158), "158"), (json!(158.0), "158"), (json!(" **120 "), "**120")] {
            assert_eq!(text(&value).as_deref(), Some(said));
        }
        assert_eq!((text(&json!(" ")), text(&json!(null))), (None, None));
    }

    #[test]
    fn keys_are_found_in_any_case_and_null_is_nothing() {
        let value = json!({ "from_num": null, "FROM_Number": 7, "Other": { "x": 1 } });
        let loose = Loose::new(&value).unwrap();
        assert_eq!(loose.text(&["FROM_NUM", "from_number"]).as_deref(), Some("7"));
        assert_eq!(loose.object(&["OTHER"]).and_then(|other| other.number(&["X"])), Some(1));
        assert!(loose.get(&["from_num"]).is_none() && Loose::new(&json!([])).is_none());
    }

    #[test]
    fn a_time_is_one_in_any_form() {
        for value in [
            json!(1_700_000_000),
            json!("1700000000"),
            json!(1_700_000_000_000_i64),
            json!("2023-11-14T22:13:20Z"),
            json!("2023-11-15T03:13:20+05:00"),
            json!("2023-11-14 22:13:20"),
            json!("2023-11-14T22:13:20.000"),
        ] {
            assert_eq!(time(&value).map(|time| time.timestamp()), Some(1_700_000_000), "{value}");
        }
        for value in [
            json!("yesterday"),
            json!(i64::MIN),
            json!(8_210_266_876_799_999_i64),
            json!("+12023-11-14 22:13:20"),
        ] {
            assert_eq!(time(&value), None, "{value}");
        }
    }
}
