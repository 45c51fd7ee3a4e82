//! A JSON object read field by field, so that each mistake names its field, and no field is passed over.

use actix_web::HttpRequest;
use actix_web::web::Payload;
use serde_json::{Map, Value};

use super::body;
use super::problem::{Code, Problem};

/// A body as an object whose fields are taken out one by one.
#[derive(Debug)]
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

impl Fields {
    pub(super) async fn read(request: &HttpRequest, payload: Payload, max: usize) -> Result<Self, Problem> {
        let bytes = body::read(request, payload, max).await?;
        let object = || Problem::new(Code::BadJson, "the body has to be a JSON object");
        serde_json::from_slice(&bytes).map(Self).map_err(|_| object())
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
        self.said(name, max)?.ok_or_else(|| Problem::field(name, "is required"))
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

fn checked(name: &'static str, text: String, max: usize) -> Result<String, Problem> {
    if text.chars().count() > max {
        return Err(Problem::field(name, format!("may have at most {max} characters")));
    }
    Ok(text)
}
