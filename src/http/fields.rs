//! A JSON object read field by field, so that each mistake names its field; and whoever asks for it, that no field is passed over.

use actix_web::HttpRequest;
use actix_web::web::Payload;
use domain::phone::{Home, Phone, Unfit};
use serde_json::{Map, Value};

use super::problem::Problem;
use super::{body, json};
use crate::config::Secret;

/// What is said in passing is short.
const SMALL_LEN_MAX: usize = 16 << 10;

/// A body as an object whose fields are taken out one by one. It has no `Debug`: among them may be a password.
pub(super) struct Fields(Map<String, Value>);

/// What a body says of a field that may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Said<T> {
    /// It is not there.
    #[default]
    Nothing,
    /// It is null.
    Empty,
    This(T),
}

impl<T> Said<T> {
    pub(super) fn try_map<U, E>(self, read: impl FnOnce(T) -> Result<Said<U>, E>) -> Result<Said<U>, E> {
        match self {
            Self::Nothing => Ok(Said::Nothing),
            Self::Empty => Ok(Said::Empty),
            Self::This(value) => read(value),
        }
    }
}

impl<T: Clone> Said<T> {
    /// What is known from now on.
    pub(super) fn over(&self, known: Option<T>) -> Option<T> {
        match self {
            Self::Nothing => known,
            Self::Empty => None,
            Self::This(value) => Some(value.clone()),
        }
    }
}

impl Said<String> {
    /// A text that says something; one of blanks does not.
    pub(super) fn told(self) -> Option<String> {
        match self {
            Self::Nothing | Self::Empty => None,
            Self::This(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        }
    }
}

impl Fields {
    pub(super) async fn read(request: &HttpRequest, payload: Payload, max: usize) -> Result<Self, Problem> {
        Self::parse(&body::read(request, payload, max).await?)
    }

    /// A small body, or none at all, which says nothing.
    pub(super) async fn small((request, payload): (HttpRequest, Payload)) -> Result<Self, Problem> {
        let bytes = body::read(&request, payload, SMALL_LEN_MAX).await?;
        if bytes.trim_ascii().is_empty() { Ok(Self(Map::new())) } else { Self::parse(&bytes) }
    }

    fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        json::object(bytes).map(Self)
    }

    /// Everything that is said, however it was written.
    pub(super) fn whole(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }

    /// A field as it came.
    pub(super) fn take(&mut self, name: &'static str) -> Said<Value> {
        match self.0.remove(name) {
            None => Said::Nothing,
            Some(Value::Null) => Said::Empty,
            Some(value) => Said::This(value),
        }
    }

    pub(super) fn text(&mut self, name: &'static str, max: usize) -> Result<Said<String>, Problem> {
        self.take(name).try_map(|value| match value {
            Value::String(text) => checked(name, text, max).map(Said::This),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                Err(Problem::field(name, "has to be a text"))
            }
        })
    }

    /// A text that has to say something, where it is there.
    pub(super) fn said(&mut self, name: &'static str, max: usize) -> Result<Option<String>, Problem> {
        match self.text(name, max)? {
            Said::Nothing => Ok(None),
            Said::This(text) if !text.trim().is_empty() => Ok(Some(text.trim().to_owned())),
            Said::Empty | Said::This(_) => Err(Problem::field(name, "must not be empty")),
        }
    }

    /// The same, and it has to be there.
    pub(super) fn required(&mut self, name: &'static str, max: usize) -> Result<String, Problem> {
        needed(name, self.said(name, max)?)
    }

    pub(super) fn number(&mut self, name: &'static str) -> Result<Option<u64>, Problem> {
        self.some(name, "has to be a whole number", Value::as_u64)
    }

    pub(super) fn yes_or_no(&mut self, name: &'static str) -> Result<Option<bool>, Problem> {
        self.some(name, "has to be true or false", Value::as_bool)
    }

    /// Texts, each in its place.
    pub(super) fn texts(&mut self, name: &'static str) -> Result<Vec<String>, Problem> {
        let text = |one: &Value| one.as_str().map(ToOwned::to_owned);
        let all = |value: &Value| value.as_array()?.iter().map(text).collect();
        Ok(self.some(name, "has to be a list of texts", all)?.unwrap_or_default())
    }

    /// A name that older clients write as a number.
    pub(super) fn name(&mut self, name: &'static str, max: usize) -> Result<Option<String>, Problem> {
        match self.0.get(name).and_then(Value::as_u64) {
            Some(number) => Ok(Some(number.to_string())),
            None => Ok(self.text(name, max)?.told()),
        }
    }

    /// As it came, blanks and all, and never repeated.
    pub(super) fn secret(&mut self, name: &'static str) -> Result<Option<Secret>, Problem> {
        self.some(name, "has to be a text", |value| value.as_str().map(Secret::new))
    }

    /// A value of some kind. Null says nothing.
    fn some<T>(
        &mut self,
        name: &'static str,
        told: &'static str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        match self.take(name) {
            Said::Nothing | Said::Empty => Ok(None),
            Said::This(value) => read(&value).map(Some).ok_or_else(|| Problem::field(name, told)),
        }
    }

    /// What nobody took is not understood. `shown` are fields that answers have and nobody can set: clients send back what they got.
    pub(super) fn end(self, shown: &[&str]) -> Result<(), Problem> {
        match self.0.keys().find(|name| !shown.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let name: String = name.chars().take(64).collect();
                Err(Problem::field(&name, "is not known here"))
            }
        }
    }
}

/// Longer input is no number.
const PHONE_LEN_MAX: usize = 64;

/// A number that can be called, as people write it.
pub(super) fn phone(name: &str, text: &str, home: Home) -> Result<Phone, Problem> {
    if text.chars().count() > PHONE_LEN_MAX {
        return Err(Problem::field(name, format!("may have at most {PHONE_LEN_MAX} characters")));
    }
    let listed = Phone::listed(text, home);
    Ok(listed.map_err(|why| Problem::field(name, unfit(why)))?.phone)
}

/// What is wrong with a number.
pub(super) fn unfit(why: Unfit) -> String {
    format!("is no number to call ({})", why.as_str())
}

/// What cannot be left out.
pub(super) fn needed<T>(name: &'static str, value: Option<T>) -> Result<T, Problem> {
    value.ok_or_else(|| Problem::field(name, "is required"))
}

fn checked(name: &'static str, text: String, max: usize) -> Result<String, Problem> {
    if text.chars().count() > max {
        return Err(Problem::field(name, format!("may have at most {max} characters")));
    }
    Ok(text)
}
