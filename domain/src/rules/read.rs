//! Reads rules somebody wrote, and names the field that is wrong. It knows nothing about what is read: the types judge, and what is
//! wrong is found by leaving parts out until they judge otherwise; what is missing, by putting it in. How it is told is `said.rs`'s.

mod said;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Which field, `caps[1].within`, and what is wrong with it. The field is empty where it is the whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct Invalid {
    pub field: String,
    pub why: String,
}

/// Deeper than rules go.
const DEPTH_MAX: usize = 8;

pub fn read<T: DeserializeOwned>(value: &Value) -> Result<T, Invalid> {
    // A list would pass for the fields of a struct in their order.
    if !value.is_object() {
        return Err(Invalid { field: String::new(), why: "has to be an object".to_owned() });
    }
    serde_json::from_value(value.clone()).map_err(|wrong| {
        let why = wrong.to_string();
        let judge = |value: &Value| serde_json::from_value::<T>(value.clone()).err().map(|e| e.to_string());
        let pointer = match missing(&why) {
            Some(name) => incomplete(value, (name, &why), &judge).unwrap_or_default(),
            None => guilty(value, &why, &judge),
        };
        Invalid { field: field(&pointer, &why), why: said::plainly(&why) }
    })
}

fn missing(why: &str) -> Option<&str> {
    why.strip_prefix("missing field `")?.split('`').next()
}

/// The way to the object that is judged otherwise once it has the missing field, and that may have it.
fn incomplete(
    whole: &Value,
    (name, why): (&str, &str),
    judge: &impl Fn(&Value) -> Option<String>,
) -> Option<String> {
    let mut pointers = vec![String::new()];
    while let Some(pointer) = pointers.pop() {
        let judged = put_in(whole, &pointer, name).map(|whole| judge(&whole).unwrap_or_default());
        if judged.is_some_and(|judged| judged != why && !judged.starts_with("unknown ")) {
            return Some(pointer);
        }
        let children = children(whole, &pointer).into_iter().rev();
        pointers.extend(children.map(|child| format!("{pointer}/{}", escaped(&child))));
    }
    None
}

/// None where there is no object, or where it is there.
fn put_in(whole: &Value, pointer: &str, name: &str) -> Option<Value> {
    let mut whole = whole.clone();
    let object = whole.pointer_mut(pointer)?.as_object_mut()?;
    object.insert(name.to_owned(), Value::Null).is_none().then_some(whole)
}

/// The way to the smallest part that is wrong by itself, and without which nothing is wrong in this way.
fn guilty(whole: &Value, why: &str, judge: &impl Fn(&Value) -> Option<String>) -> String {
    let mut pointer = String::new();
    for _ in 0..DEPTH_MAX {
        let says_why =
            |changed: Option<Value>| changed.and_then(|value| judge(&value)).as_deref() == Some(why);
        let is_it = |child: &String| {
            says_why(alone(whole, &pointer, child)) && !says_why(leave_out(whole, &pointer, child))
        };
        let Some(child) = children(whole, &pointer).into_iter().find(is_it) else { break };
        pointer = format!("{pointer}/{}", escaped(&child));
    }
    pointer
}

fn children(whole: &Value, pointer: &str) -> Vec<String> {
    match whole.pointer(pointer) {
        Some(Value::Object(object)) => object.keys().cloned().collect(),
        Some(Value::Array(list)) => (0..list.len()).map(|place| place.to_string()).collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => vec![],
    }
}

/// Of an object only one part; of a list its beginning, since the shortest one that is wrong ends with what is wrong.
fn alone(whole: &Value, pointer: &str, child: &str) -> Option<Value> {
    let mut whole = whole.clone();
    match whole.pointer_mut(pointer)? {
        Value::Object(object) => object.retain(|name, _| name == child),
        Value::Array(list) => list.truncate(child.parse::<usize>().ok()? + 1),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    }
    Some(whole)
}

/// A list is cut off before the one left out, since another may be wrong in the same way.
fn leave_out(whole: &Value, pointer: &str, child: &str) -> Option<Value> {
    let mut whole = whole.clone();
    match whole.pointer_mut(pointer)? {
        Value::Object(object) => drop(object.remove(child)),
        Value::Array(list) => list.truncate(child.parse().ok()?),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    }
    Some(whole)
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// `/caps/1` and "missing field `within`" are `caps[1].within`.
fn field(pointer: &str, why: &str) -> String {
    let parts = pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~"));
    let mut path = String::new();
    for part in parts.chain(named(why)) {
        if part.parse::<usize>().is_ok() {
            path = format!("{path}[{part}]");
        } else if path.is_empty() {
            path = part;
        } else if !path.ends_with(&format!(".{part}")) && path != part {
            path = format!("{path}.{part}");
        }
    }
    path
}

/// The field that a judgement itself names.
fn named(why: &str) -> Option<String> {
    let unknown = || why.strip_prefix("unknown field `")?.split('`').next();
    missing(why).or_else(unknown).map(str::to_owned)
}
