//! What another program's events say in our words: a file that names for each of its event types which values make a call's report, or
//! that it is left out on purpose.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::cli::Error;
use crate::journal::chain;
use crate::journal::foreign::ForeignEvent;

/// What a report consists of, as `POST /calls/result` takes it.
const FIELDS: [&str; 10] = [
    "sessionId",
    "phoneNumber",
    "callStatus",
    "callDuration",
    "operatorName",
    "operatorId",
    "callStartTime",
    "callEndTime",
    "recordingUrl",
    "notes",
];
/// Without these it is none.
const NEEDED: [&str; 3] = ["sessionId", "phoneNumber", "callStatus"];

/// The engine takes no longer name of a report.
const NAME_LEN_MAX: usize = 200;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mapping {
    #[serde(default)]
    report: Vec<Report>,
    #[serde(default)]
    leave: Vec<Which>,
}

/// Events that tell how a call went.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    aggregate_type: String,
    event_type: String,
    /// Where each field comes from: a JSON pointer into the event, or the value itself.
    fields: BTreeMap<String, String>,
    /// What their statuses are called here.
    #[serde(default)]
    statuses: BTreeMap<String, String>,
}

/// Events that nothing is made of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    aggregate_type: String,
    /// `*`: all of that aggregate's that are not mapped.
    event_type: String,
}

/// What an event comes to.
#[derive(Debug, PartialEq)]
pub(super) enum Meaning {
    /// The report's body.
    Report(Value),
    Left,
    Unmapped,
    /// Something that is needed is not in it.
    Unfit(String),
}

impl Mapping {
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let wrong = |why: String| Error::File { path: path.display().to_string(), why };
        let text = std::fs::read_to_string(path).map_err(|why| wrong(format!("cannot be read: {why}")))?;
        Self::parse(&text).map_err(wrong)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mapping: Self = toml::from_str(text).map_err(|why| why.to_string().trim().replace('\n', " "))?;
        for report in &mapping.report {
            let which = format!("the report of {} {}", report.aggregate_type, report.event_type);
            if let Some(field) = report.fields.keys().find(|field| !FIELDS.contains(&field.as_str())) {
                return Err(format!("{which} has a field {field}; there are {}", FIELDS.join(", ")));
            }
            if let Some(field) = NEEDED.into_iter().find(|field| !report.fields.contains_key(*field)) {
                return Err(format!("{which} needs a field {field}"));
            }
        }
        Ok(mapping)
    }

    pub(super) fn of(&self, event: &ForeignEvent) -> Meaning {
        let is = |aggregate_type: &str, event_type: &str| {
            aggregate_type == event.aggregate_type && event_type == event.event_type
        };
        if let Some(report) = self.report.iter().find(|it| is(&it.aggregate_type, &it.event_type)) {
            return report.body(event).map_or_else(Meaning::Unfit, Meaning::Report);
        }
        let left = |which: &Which| {
            is(&which.aggregate_type, &which.event_type)
                || (which.event_type == "*" && which.aggregate_type == event.aggregate_type)
        };
        if self.leave.iter().any(left) { Meaning::Left } else { Meaning::Unmapped }
    }
}

impl Report {
    fn body(&self, event: &ForeignEvent) -> Result<Value, String> {
        let whole = json!({
            "aggregateType": event.aggregate_type, "aggregateId": event.aggregate_id, "sequence": event.sequence,
            "eventType": event.event_type, "eventVersion": event.event_version,
            "payload": event.payload, "metadata": event.metadata,
        });
        let mut body = Map::new();
        for (field, from) in &self.fields {
            let found = if from.starts_with('/') { whole.pointer(from) } else { Some(&Value::Null) };
            let value = match found {
                Some(Value::Null) if !from.starts_with('/') => Value::from(from.as_str()),
                None | Some(Value::Null) if NEEDED.contains(&field.as_str()) => {
                    return Err(format!("{field}: there is nothing at {from}"));
                }
                None | Some(Value::Null) => continue,
                Some(value @ (Value::String(_) | Value::Number(_))) => value.clone(),
                Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
                    return Err(format!("{field}: what is at {from} is neither a text nor a number"));
                }
            };
            body.insert(field.clone(), value);
        }
        self.translate(&mut body)?;
        body.insert("eventId".to_owned(), name(event).into());
        Ok(Value::Object(body))
    }

    /// Where statuses are named, others are not guessed.
    fn translate(&self, body: &mut Map<String, Value>) -> Result<(), String> {
        if self.statuses.is_empty() {
            return Ok(());
        }
        let Some(status) = body.get_mut("callStatus") else { return Ok(()) };
        let theirs = status.as_str().map_or_else(|| status.to_string(), ToOwned::to_owned);
        let ours = self.statuses.get(&theirs);
        *status =
            ours.ok_or_else(|| format!("callStatus: {theirs} is not among the statuses"))?.as_str().into();
        Ok(())
    }
}

/// What the engine knows a report by: said again it is the same.
fn name(event: &ForeignEvent) -> String {
    let ForeignEvent { aggregate_type, aggregate_id, sequence, .. } = event;
    let name = format!("postgres-es {aggregate_type}/{aggregate_id}/{sequence}");
    if name.len() <= NAME_LEN_MAX {
        name
    } else {
        format!("postgres-es {}", hex::encode(chain::of(name.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPPING: &str = r#"
        [[report]]
        aggregate_type = "call"
        event_type = "CallEnded"
        fields = { sessionId = "history-1", phoneNumber = "/payload/CallEnded/phone", callStatus = "/payload/CallEnded/how", notes = "/metadata/note" }
        statuses = { done = "ANSWERED" }

        [[leave]]
        aggregate_type = "account"
        event_type = "*"
    "#;

    fn event(aggregate_type: &str, event_type: &str, payload: Value) -> ForeignEvent {
        ForeignEvent {
            aggregate_type: aggregate_type.to_owned(),
            aggregate_id: "7".to_owned(),
            sequence: 3,
            event_type: event_type.to_owned(),
            event_version: "1.0".to_owned(),
            payload,
            metadata: json!({}),
        }
    }

    #[test]
    fn an_event_means_what_the_file_says() {
        let mapping = Mapping::parse(MAPPING).unwrap();
        let ended = |how: &str| {
            mapping.of(&event(
                "call",
                "CallEnded",
                json!({ "CallEnded": { "phone": "+998901234567", "how": how } }),
            ))
        };
        let expected = json!({
            "sessionId": "history-1", "phoneNumber": "+998901234567", "callStatus": "ANSWERED", "eventId": "postgres-es call/7/3"
        });
        assert_eq!(ended("done"), Meaning::Report(expected));
        assert_eq!(ended("odd"), Meaning::Unfit("callStatus: odd is not among the statuses".to_owned()));
        let nothing = mapping.of(&event("call", "CallEnded", json!({ "CallEnded": { "how": "done" } })));
        let said = "phoneNumber: there is nothing at /payload/CallEnded/phone";
        assert_eq!(nothing, Meaning::Unfit(said.to_owned()));
        assert_eq!(mapping.of(&event("account", "Opened", json!({}))), Meaning::Left);
        assert_eq!(mapping.of(&event("call", "Rang", json!({}))), Meaning::Unmapped);
    }

    #[test]
    fn a_long_name_is_told_by_its_hash() {
        let mut long = event("call", "CallEnded", json!({}));
        long.aggregate_id = "x".repeat(300);
        assert!(name(&long).len() <= NAME_LEN_MAX);
    }

    #[test]
    fn a_mapping_says_what_is_wrong_with_it() {
        let without = MAPPING.replace("sessionId = \"history-1\", ", "");
        assert_eq!(
            Mapping::parse(&without).unwrap_err(),
            "the report of call CallEnded needs a field sessionId"
        );
        let odd = MAPPING.replace("notes =", "note =");
        assert!(
            Mapping::parse(&odd)
                .unwrap_err()
                .starts_with("the report of call CallEnded has a field note; there are")
        );
        assert!(Mapping::parse("reports = 1").unwrap_err().contains("unknown field"));
    }

    /// Of its first byte hangs whether the rest is a mapping, or what a foreign event holds.
    #[test]
    fn fuzz_mappings_and_foreign_events() {
        let mapping = Mapping::parse(MAPPING).unwrap();
        let held =
            json!({ "CallEnded": { "phone": "+998901234567", "how": "done", "seconds": 45.5 } }).to_string();
        let good = [format!("m{MAPPING}"), format!("e{held}"), "e[null,{}]".to_owned()];
        let good: Vec<&[u8]> = good.iter().map(String::as_bytes).collect();
        // The reason stands at the end, behind what was found.
        let reason = |why: &str| {
            let letters: Vec<char> = why.chars().filter(char::is_ascii_alphabetic).collect();
            letters.iter().rev().take(24).collect::<String>()
        };
        let way = |mapping: &Mapping, held: Value| match mapping.of(&event("call", "CallEnded", held)) {
            Meaning::Unfit(why) => reason(&why),
            Meaning::Report(_) => "report".to_owned(),
            Meaning::Left => "left".to_owned(),
            Meaning::Unmapped => "unmapped".to_owned(),
        };
        fuzz::fuzz("mappings and foreign events", &good, |bytes| match bytes {
            [b'm', text @ ..] => Mapping::parse(&String::from_utf8_lossy(text))
                .map_or_else(|why| reason(&why), |mapping| way(&mapping, json!({}))),
            [_, held @ ..] => serde_json::from_slice(held)
                .map_or_else(|why| reason(&why.to_string()), |held| way(&mapping, held)),
            [] => String::new(),
        });
    }
}
