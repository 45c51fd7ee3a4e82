//! What a value is, in words: of what kind, between which bounds, with which fields.

use serde_json::Value;

use super::text::{escaped, line};

/// Bounds as the description names them, and as people do.
const BOUNDS: [(&str, &str, &str); 6] = [
    ("minimum", "at least", ""),
    ("exclusiveMinimum", "above", ""),
    ("maximum", "at most", ""),
    ("minLength", "at least", " letters"),
    ("maxLength", "at most", " letters"),
    ("default", "where it is left out,", ""),
];

/// The kind of a value. One that has a name of its own leads to it.
pub(super) fn kind(schema: &Value) -> String {
    if let Some(name) = named(schema) {
        return format!("<a href=\"#schema-{name}\">{name}</a>", name = escaped(name));
    }
    for any in ["oneOf", "anyOf", "allOf"] {
        if let Some(parts) = schema[any].as_array() {
            let parts: Vec<String> = parts.iter().map(kind).collect();
            return parts.join(if any == "allOf" { " with " } else { " or " });
        }
    }
    match &schema["type"] {
        Value::Array(kinds) => {
            let kinds: Vec<String> =
                kinds.iter().filter_map(Value::as_str).map(|one| plain(one, schema)).collect();
            kinds.join(" or ")
        }
        Value::String(one) => plain(one, schema),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => "anything".to_owned(),
    }
}

fn named(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/components/schemas/")
}

fn plain(name: &str, schema: &Value) -> String {
    match (name, schema["format"].as_str()) {
        ("array", _) => format!("list of {}", kind(&schema["items"])),
        ("object", _) if schema["additionalProperties"].is_object() => {
            format!("each name with {}", kind(&schema["additionalProperties"]))
        }
        ("string", Some("date-time")) => "time".to_owned(),
        ("string", Some("date")) => "day".to_owned(),
        ("string", Some("uuid")) => "UUID".to_owned(),
        ("string", Some("binary")) => "file".to_owned(),
        ("string", _) => "text".to_owned(),
        ("integer", _) => "whole number".to_owned(),
        ("boolean", _) => "true or false".to_owned(),
        (other, _) => escaped(other),
    }
}

/// What is said of a value beside its kind.
pub(super) fn said(schema: &Value) -> String {
    let mut parts: Vec<String> = schema["description"].as_str().map(line).into_iter().collect();
    parts.extend(values(schema));
    let bounds = BOUNDS.iter().filter(|(name, ..)| !schema[name].is_null());
    let bounds: Vec<String> = bounds
        .map(|(name, told, of)| format!("{told} <code>{}</code>{of}", written(&schema[name])))
        .collect();
    if !bounds.is_empty() {
        parts.push(format!("<small>{}</small>", bounds.join(", ")));
    }
    if !schema["example"].is_null() && !schema["example"].is_object() {
        parts.push(format!("<small>such as <code>{}</code></small>", written(&schema["example"])));
    }
    parts.join(" ")
}

/// The words that a value can be.
fn values(schema: &Value) -> Option<String> {
    let words: Vec<String> =
        schema["enum"].as_array()?.iter().map(|one| format!("<code>{}</code>", written(one))).collect();
    Some(words.join(" "))
}

fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| escaped(&value.to_string()), escaped)
}

/// The fields of an object, a row each; nothing where it has none of its own.
pub(super) fn fields(schema: &Value) -> String {
    let whole = schema["allOf"].as_array().into_iter().flatten().chain([schema]);
    let rows: Vec<String> = whole.flat_map(rows).collect();
    if rows.is_empty() { String::new() } else { format!("<table>{}</table>", rows.concat()) }
}

fn rows(schema: &Value) -> Vec<String> {
    let required = |name: &str| {
        schema["required"].as_array().is_some_and(|names| names.iter().any(|one| one.as_str() == Some(name)))
    };
    let all = schema["properties"].as_object().into_iter().flatten();
    all.map(|(name, field)| row(name, field, required(name))).collect()
}

pub(super) fn row(name: &str, schema: &Value, required: bool) -> String {
    let star = if required { "<b title=\"required\">*</b>" } else { "" };
    let (name, kind, said) = (escaped(name), kind(schema), said(schema));
    format!(
        "<tr><th scope=\"row\"><code>{name}</code>{star}</th><td class=\"kind\">{kind}</td><td>{said}</td></tr>"
    )
}
