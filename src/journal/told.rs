//! An event as those outside are told of it: under the names of its columns, whatever the format, its payload in the journal's own words.

use chrono::{DateTime, SecondsFormat};
use domain::fact::{self, Circumstances, Position, UnknownType};
use serde::Serialize;
use serde_json::value::RawValue;

use super::Stored;

pub const COLUMNS: [&str; 13] = [
    "position",
    "recordedAt",
    "occurredAt",
    "kind",
    "type",
    "version",
    "stream",
    "sequence",
    "organization",
    "actor",
    "correlation",
    "causation",
    "payload",
];

/// An event under the names of its columns.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Told<'a> {
    position: Position,
    recorded_at: String,
    occurred_at: String,
    kind: &'a str,
    r#type: &'a str,
    version: &'a str,
    stream: &'a str,
    sequence: u64,
    organization: &'a str,
    actor: &'a str,
    correlation: &'a str,
    causation: &'a str,
    payload: Payload<'a>,
}

/// As it was stored, or as text where that is no JSON.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Payload<'a> {
    Json(&'a RawValue),
    Text(&'a str),
}

impl<'a> Told<'a> {
    /// `payload` is the event's as it may be shown.
    pub fn new(event: &'a Stored, payload: &'a str, circumstances: &'a Circumstances) -> Self {
        Self {
            position: event.position,
            recorded_at: time(event.recorded_at),
            occurred_at: time(event.occurred_at),
            kind: &event.kind,
            r#type: &event.event_type,
            version: &event.event_version,
            stream: &event.stream,
            sequence: event.sequence,
            organization: &circumstances.organization,
            actor: &circumstances.actor,
            correlation: &circumstances.correlation,
            causation: &circumstances.causation,
            payload: serde_json::from_str(payload).map_or(Payload::Text(payload), Payload::Json),
        }
    }

    pub fn cells(&self, payload: &'a str) -> [String; COLUMNS.len()] {
        [
            self.position.to_string(),
            self.recorded_at.clone(),
            self.occurred_at.clone(),
            self.kind.to_owned(),
            self.r#type.to_owned(),
            self.version.to_owned(),
            self.stream.to_owned(),
            self.sequence.to_string(),
            self.organization.to_owned(),
            self.actor.to_owned(),
            self.correlation.to_owned(),
            self.causation.to_owned(),
            payload.to_owned(),
        ]
    }
}

/// Which types of events are wanted: `reported` of any kind, or `call.reported`. None of them is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Types(Vec<String>);

/// Why these are no types of events.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTypes {
    #[error("has to be types such as reported or call.reported, separated by commas")]
    Form,
    #[error(transparent)]
    Unknown(#[from] UnknownType),
}

impl Types {
    /// With commas between them. What names no events is refused, for it would look as if nothing had been recorded.
    pub fn parse(text: &str) -> Result<Self, BadTypes> {
        let types: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
        let word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        let good = |name: &String| match name.split_once('.') {
            Some((kind, event_type)) => word(kind) && word(event_type),
            None => word(name),
        };
        if !types.iter().all(good) {
            return Err(BadTypes::Form);
        }
        types.iter().try_for_each(|name| fact::known(name))?;
        Ok(Self(types))
    }

    pub fn want(&self, event: &Stored) -> bool {
        let named = |wanted: &String| {
            *wanted == event.event_type || wanted.split_once('.') == Some((&event.kind, &event.event_type))
        };
        self.0.is_empty() || self.0.iter().any(named)
    }

    pub fn names(&self) -> &[String] {
        &self.0
    }
}

impl From<Vec<String>> for Types {
    fn from(types: Vec<String>) -> Self {
        Self(types)
    }
}

/// As all times outside are written.
pub fn time(micros: i64) -> String {
    let time = DateTime::from_timestamp_micros(micros).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_chosen_with_or_without_its_kind() {
        let event = Stored {
            position: 1,
            kind: "call".to_owned(),
            stream: String::new(),
            sequence: 1,
            event_type: "reported".to_owned(),
            event_version: "1".to_owned(),
            payload: "{}".to_owned(),
            metadata: "{}".to_owned(),
            occurred_at: 0,
            recorded_at: 0,
            hash: [0; 32],
        };
        let wants = |types: &str| Types::parse(types).unwrap().want(&event);
        assert!(Types::default().want(&event));
        assert!(wants("reported") && wants("call.reported") && wants("held, reported"));
        assert!(!wants("session.opened") && !wants("held"));
    }

    #[test]
    fn what_can_be_no_type_is_refused() {
        for bad in ["", "reported,", "Reported", "call.", ".reported", "call.reported.x", "a b"] {
            assert_eq!(Types::parse(bad), Err(BadTypes::Form), "{bad}");
        }
        let told = Types::parse("held,call.reportd").unwrap_err().to_string();
        assert_eq!(told, "no event is called call.reportd; is call.reported meant?");
    }
}
