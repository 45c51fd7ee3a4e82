//! The JSON of a body, as every route reads it: one object that names each of its fields once. What is wrong is told with its place;
//! nothing of the body is repeated. What the fields may hold is said where they are read.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::problem::{Code, Problem};

/// A body's fields, whatever they hold.
pub(super) fn object(bytes: &[u8]) -> Result<Map<String, Value>, Problem> {
    read::<Object>(bytes).map(|object| object.0)
}

/// A body as a type of its own, which takes any value in any field and complains of none but a field that is there twice.
pub(super) fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Problem> {
    // A list would be taken for the fields in their order.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(no_object(bytes));
    }
    serde_json::from_slice(bytes).map_err(|why| malformed(&why))
}

fn no_object(bytes: &[u8]) -> Problem {
    match serde_json::from_slice::<IgnoredAny>(bytes) {
        Err(why) if !bytes.trim_ascii().is_empty() => malformed(&why),
        Ok(_) | Err(_) => Problem::new(Code::BadJson, "the body has to be a JSON object"),
    }
}

/// serde's words may quote a value, so only the place is passed on.
fn malformed(why: &serde_json::Error) -> Problem {
    let (line, column) = (why.line(), why.column());
    let what = if why.is_data() { "a field is there twice" } else { "the JSON is broken" };
    Problem::new(Code::BadJson, format!("{what} at line {line}, column {column}"))
}

struct Object(Map<String, Value>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reading)
    }
}

struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Object, A::Error> {
        let mut object = Map::new();
        while let Some((name, value)) = fields.next_entry()? {
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("twice"));
            }
        }
        Ok(Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (body, told) in [
            ("", "the body has to be a JSON object"),
            ("[7]", "the body has to be a JSON object"),
            ("null", "the body has to be a JSON object"),
            ("nul", "the JSON is broken at line 1, column 3"),
            ("{\n  \"a\": 7,\n  \"b\" 8 }", "the JSON is broken at line 3, column 7"),
            ("{\"a\": 7", "the JSON is broken at line 1, column 7"),
            ("{} {}", "the JSON is broken at line 1, column 4"),
            ("{\"a\": 7,\n \"a\": 8}", "a field is there twice at line 2, column 8"),
        ] {
            let problem = object(body.as_bytes()).unwrap_err();
            assert_eq!(problem.to_string(), format!("bad-json: {told}"), "{body}");
        }
        assert_eq!(object(b" { \"a\": { \"b\": 7 } } ").unwrap().len(), 1);
    }
}
