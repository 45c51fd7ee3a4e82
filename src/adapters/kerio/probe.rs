//! What a real box answers, told without any of its values: to be looked at once where nobody has seen one.
//! It reads and changes nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::rpc::Failed;
use super::{Kerio, newest, rows};
use crate::adapters::exchange::loose::Loose;
use crate::ports::pbx::{About, Pbx as _, PbxTrouble};

/// A key, from its outermost name to its innermost, and the kinds of value that it had.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shape {
    pub key: String,
    pub kind: &'static str,
}

/// What was found. Of each part why not, where it was not.
#[derive(Debug)]
pub struct Found {
    pub about: About,
    pub constants: Result<BTreeSet<String>, PbxTrouble>,
    /// None where there is no row to look at.
    pub live: Result<Option<BTreeSet<Shape>>, PbxTrouble>,
    pub log: Result<Option<BTreeSet<Shape>>, PbxTrouble>,
    pub recording: Result<Option<BTreeSet<Shape>>, PbxTrouble>,
    pub directory: Result<usize, PbxTrouble>,
    /// Whether conditions on the time of a row work, if that can be told.
    pub minds_time: Result<bool, PbxTrouble>,
    pub batches: Result<bool, PbxTrouble>,
    /// The box's clock, as it was asked for.
    pub told_at: Option<DateTime<Utc>>,
}

impl Kerio {
    /// Asks for one of each, and leaves in an orderly way.
    pub async fn probe(&self) -> Result<Found, PbxTrouble> {
        let about = self.about().await?;
        let constants = self.told("Server.getConstantList", json!({})).await;
        let live = self.first("Status.getCalls", "calls", json!({ "start": 0, "limit": 1 })).await;
        let told_at = live.as_ref().ok().and_then(|(_, told_at)| *told_at);
        let of = |column: &str| json!({ "orderBy": [newest(column)], "start": 0, "limit": 1 });
        let log = self.first("CallHistory.get", "callHistory", of("TIMESTAMP")).await;
        let recording = self.first("Recordings.get", "recordingList", of("STARTED")).await;
        let found = Found {
            about,
            constants: constants.map(|answer| names(&answer.result)),
            live: live.map(|(shape, _)| shape),
            log: log.map(|(shape, _)| shape),
            recording: recording.map(|(shape, _)| shape),
            directory: self.directory().await.map(|numbers| numbers.len()),
            minds_time: self.minds_time().await,
            batches: self.batches().await,
            told_at,
        };
        self.close().await;
        Ok(found)
    }

    async fn first(
        &self,
        method: &str,
        name: &str,
        query: Value,
    ) -> Result<(Option<BTreeSet<Shape>>, Option<DateTime<Utc>>), PbxTrouble> {
        let answer = self.list(method, query).await?;
        let listed = rows::listed(&answer.result, name)?;
        Ok((listed.rows.first().map(shape), answer.told_at))
    }

    /// The engine does well without it.
    async fn batches(&self) -> Result<bool, PbxTrouble> {
        let commands = [json!({ "method": "Version.getApiVersion", "params": {} })];
        let within: Duration = self.0.options.times.call;
        match self.call("Batch.run", &json!({ "commandList": commands }), within).await {
            Ok(_) => Ok(true),
            Err(Failed::Fault { .. }) => Ok(false),
            Err(failed) => Err(failed.of("Batch.run")),
        }
    }
}

/// Names are the box's vocabulary, values may be the customer's.
fn names(constants: &Value) -> BTreeSet<String> {
    let list = Loose::new(constants).and_then(|constants| constants.get(&["constantList"]));
    match list {
        Some(Value::Array(list)) => {
            list.iter().filter_map(Loose::new).filter_map(|constant| constant.text(&["name"])).collect()
        }
        Some(Value::Object(map)) => map.keys().cloned().collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => BTreeSet::new(),
    }
}

fn shape(row: &Value) -> BTreeSet<Shape> {
    let mut found = BTreeSet::new();
    describe(row, "", &mut found);
    found
}

fn describe(value: &Value, key: &str, found: &mut BTreeSet<Shape>) {
    let kind = match value {
        Value::Object(map) => {
            for (name, value) in map {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                describe(value, &key, found);
            }
            return;
        }
        Value::Array(list) => {
            for value in list {
                describe(value, &format!("{key}[]"), found);
            }
            "list"
        }
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(number) if number.is_f64() => "number with a fraction",
        Value::Number(_) => "whole number",
        Value::String(text) if text.is_empty() => "empty text",
        Value::String(text) if text.parse::<f64>().is_ok() => "text that is a number",
        Value::String(_) => "text",
    };
    found.insert(Shape { key: key.to_owned(), kind });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_tells_keys_and_kinds_and_no_value() {
        let row =
            json!({ "FROM": { "NUMBER": "998000000001", "NAME": null }, "STATUS": 2, "L": [{ "a": 1.5 }] });
        let shown: Vec<String> =
            shape(&row).into_iter().map(|shape| format!("{}: {}", shape.key, shape.kind)).collect();
        let told = [
            "FROM.NAME: null",
            "FROM.NUMBER: text that is a number",
            "L: list",
            "L[].a: number with a fraction",
            "STATUS: whole number",
        ];
        assert_eq!(shown, told);
    }
}
