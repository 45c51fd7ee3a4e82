//! Figures and reasons, which are stored in the journal's words, as the rest of an answer is written: names in camelCase, times to the
//! millisecond, and nothing where there was nothing to tell.

use chrono::{DateTime, NaiveDateTime, SubsecRound as _, Utc};
use serde::Serialize;
use serde_json::Value;

use super::times::Stamp;

/// What is stored of a rule that had nothing to look at.
const NOTHING: &str = "nothing";
const MILLIS: u16 = 3;

pub(super) fn shown(figures: impl Serialize) -> Value {
    serde_json::to_value(figures).map_or(Value::Null, rewritten)
}

/// The same of what a screen holds.
pub(super) fn of_stored(json: &str) -> Value {
    serde_json::from_str(json).map_or(Value::Null, rewritten)
}

fn rewritten(figures: Value) -> Value {
    if figures.as_str() == Some(NOTHING) { Value::Null } else { within(figures) }
}

fn within(value: Value) -> Value {
    match value {
        Value::Object(parts) => parts.into_iter().map(|(name, part)| (camel(&name), within(part))).collect(),
        Value::Array(parts) => parts.into_iter().map(within).collect(),
        Value::String(text) => Value::String(time(&text).unwrap_or(text)),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
    }
}

/// `in_a_row` is `inARow`.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

/// An instant, or what a clock on the wall showed.
fn time(text: &str) -> Option<String> {
    if let Ok(at) = text.parse::<DateTime<Utc>>() {
        return Some(Stamp(at).to_string());
    }
    let wall: NaiveDateTime = text.parse().ok()?;
    Some(wall.trunc_subsecs(MILLIS).format("%Y-%m-%dT%H:%M:%S%.3f").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    use domain::policy::eligible::{Figures, Standing};
    use serde_json::json;

    #[test]
    fn stored_words_are_written_as_answers_are() {
        let at: DateTime<Utc> = "2026-11-21T10:00:00.123456Z".parse().unwrap();
        let clock = json!({ "wall": { "time": "2026-11-21T15:00:00.123456", "zone": "Asia/Tashkent" } });
        for (figures, expected) in [
            (shown(Figures::Nothing), Value::Null),
            (shown(Figures::Contact(Standing::DoNotCall)), json!({ "contact": "do_not_call" })),
            (shown(Figures::Live { since: at }), json!({ "live": { "since": "2026-11-21T10:00:00.123Z" } })),
            (shown(clock), json!({ "wall": { "time": "2026-11-21T15:00:00.123", "zone": "Asia/Tashkent" } })),
            (
                of_stored(r#"{"breaker":{"at":"2026-11-21T10:00:00.123456Z","in_a_row":3,"of_last":[40]}}"#),
                json!({ "breaker": { "at": "2026-11-21T10:00:00.123Z", "inARow": 3, "ofLast": [40] } }),
            ),
            (shown("2026-11-21"), json!("2026-11-21")),
        ] {
            assert_eq!(figures, expected);
        }
    }
}
