//! A small body: a JSON object, or nothing at all, whose members are read one by one and refused by name.

use actix_web::HttpRequest;
use actix_web::web::Payload;
use serde_json::{Map, Value};

use super::body;
use super::problem::{Code, Problem};
use crate::config::Secret;

/// What is said in passing is short.
const BODY_LEN_MAX: usize = 16 << 10;

pub(super) struct Said(Map<String, Value>);

impl Said {
    pub(super) async fn read((request, payload): (HttpRequest, Payload)) -> Result<Self, Problem> {
        let bytes = body::read(&request, payload, BODY_LEN_MAX).await?;
        if bytes.trim_ascii().is_empty() {
            return Ok(Self(Map::new()));
        }
        let wrong = |_| Problem::new(Code::BadJson, "the body has to be a JSON object");
        serde_json::from_slice(&bytes).map(Self).map_err(wrong)
    }

    /// A text of at most `max` characters; an empty one says nothing.
    pub(super) fn text(&self, name: &'static str, max: usize) -> Result<Option<String>, Problem> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.chars().count() > max => {
                Err(Problem::field(name, format!("is longer than {max} characters")))
            }
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                Err(Problem::field(name, "has to be a text"))
            }
        }
    }

    pub(super) fn number(&self, name: &'static str) -> Result<Option<u64>, Problem> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let number = value.as_u64().map(Some);
                number.ok_or_else(|| Problem::field(name, "has to be a whole number"))
            }
        }
    }

    pub(super) fn yes_or_no(&self, name: &'static str) -> Result<Option<bool>, Problem> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                value.as_bool().map(Some).ok_or_else(|| Problem::field(name, "has to be true or false"))
            }
        }
    }

    /// Texts, each in its place.
    pub(super) fn texts(&self, name: &'static str) -> Result<Vec<&str>, Problem> {
        let wrong = || Problem::field(name, "has to be a list of texts");
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(vec![]),
            Some(Value::Array(all)) => all.iter().map(|one| one.as_str().ok_or_else(wrong)).collect(),
            Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => Err(wrong()),
        }
    }

    /// A name that older clients write as a number.
    pub(super) fn name(&self, name: &'static str, max: usize) -> Result<Option<String>, Problem> {
        match self.number(name) {
            Ok(number) => Ok(number.map(|number| number.to_string())),
            Err(_) => self.text(name, max),
        }
    }

    /// As it came, blanks and all, and never repeated.
    pub(super) fn secret(&self, name: &'static str) -> Result<Option<Secret>, Problem> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(Secret::new(text))),
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                Err(Problem::field(name, "has to be a text"))
            }
        }
    }
}

/// What cannot be left out.
pub(super) fn needed<T>(name: &'static str, value: Option<T>) -> Result<T, Problem> {
    value.ok_or_else(|| Problem::field(name, "is required"))
}
