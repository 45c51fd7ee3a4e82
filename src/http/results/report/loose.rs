//! A JSON value of any kind, taken in without complaint so that whoever knows the field's name can complain.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::http::problem::Problem;

/// What stood in a field.
#[derive(Debug, Default, PartialEq)]
pub(super) enum Loose<'a> {
    /// Absent or null.
    #[default]
    Nothing,
    Text(Cow<'a, str>),
    Whole(i128),
    /// A number with a fraction or beyond 64 bits.
    Number(f64),
    /// A list, an object or a truth value.
    Other,
}

impl<'a> Loose<'a> {
    /// A text of at most `max` characters; an empty one says nothing.
    pub(super) fn text(self, name: &'static str, max: usize) -> Result<Option<Cow<'a, str>>, Problem> {
        match self {
            Self::Nothing => Ok(None),
            Self::Text(text) if text.len() > max && text.chars().count() > max => {
                Err(Problem::field(name, format!("is longer than {max} characters")))
            }
            Self::Text(text) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
            Self::Whole(_) | Self::Number(_) | Self::Other => Err(Problem::field(name, "has to be a text")),
        }
    }

    /// A text, or a whole number for its digits: senders write numbers as either.
    pub(super) fn digits(self, name: &'static str, max: usize) -> Result<Option<Cow<'a, str>>, Problem> {
        let text =
            if let Self::Whole(number @ 0..) = self { Self::Text(number.to_string().into()) } else { self };
        text.text(name, max)
    }

    /// A whole number, or the text of one.
    pub(super) fn whole(self, name: &'static str) -> Result<Option<i64>, Problem> {
        let wrong = || Problem::field(name, "has to be a whole number");
        match self {
            Self::Nothing => Ok(None),
            Self::Whole(number) => i64::try_from(number).map(Some).map_err(|_| wrong()),
            Self::Number(number) => from_float(number).map(Some).ok_or_else(wrong),
            Self::Text(text) => match text.trim() {
                "" => Ok(None),
                text => {
                    text.parse().ok().or_else(|| from_float(text.parse().ok()?)).map(Some).ok_or_else(wrong)
                }
            },
            Self::Other => Err(wrong()),
        }
    }
}

/// `45.0` is as whole as `45`.
fn from_float(number: f64) -> Option<i64> {
    let small = number.abs() < f64::from(u32::MAX) && number.fract() == 0.0;
    small.then(|| format!("{number:.0}").parse().ok()).flatten()
}

impl<'de: 'a, 'a> Deserialize<'de> for Loose<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reading)
    }
}

struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = Loose<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Loose::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Loose::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Loose::Nothing)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Loose::Other)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Loose::Whole(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Loose::Whole(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Loose::Number(number))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Loose::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Loose::Other)
    }
}
