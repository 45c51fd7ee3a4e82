//! How loosely a box may speak: the same rows with other types, more keys and fewer. Which row is spoken how does not change between two answers.

use serde_json::{Map, Value, json};

use super::super::dice::Dice;
use super::faults::Faults;

/// Left out where they say nothing new.
const OPTIONAL: [&str; 3] = ["FROM_TYPE", "NAME", "ANSWERED_DURATION"];
const NOBODY_KNOWS: u16 = 99;

pub(super) fn spoken(rows: Vec<Value>, seed: u64, faults: &Faults) -> Vec<Value> {
    if !faults.loose && faults.unknown == 0 {
        return rows;
    }
    rows.into_iter().map(|row| one(row, seed, faults)).collect()
}

fn one(row: Value, seed: u64, faults: &Faults) -> Value {
    let Value::Object(mut row) = row else { return row };
    let name = ["id", "ID", "TIMESTAMP", "FROM_NUM", "TO_NUM"].map(|key| row.get(key).map(Value::to_string));
    let mut dice = Dice::new(seed, &format!("loose/{name:?}"));
    if row.contains_key("STATUS") && dice.below(100) < u64::from(faults.unknown) {
        row.insert("STATUS".to_owned(), NOBODY_KNOWS.into());
    }
    if faults.loose {
        match dice.below(6) {
            0 => texts(&mut row),
            1 => floats(&mut row),
            2 => more(&mut row),
            3 => fewer(&mut row),
            4 => nameless(&mut row),
            _ => {}
        }
    }
    Value::Object(row)
}

fn texts(row: &mut Map<String, Value>) {
    for value in row.values_mut().filter(|value| value.is_number()) {
        *value = value.to_string().into();
    }
}

/// And numbers of telephones, where they are only digits, as numbers.
fn floats(row: &mut Map<String, Value>) {
    for (key, value) in row {
        if let Some(number) = value.as_f64() {
            *value = number.into();
        } else if key.ends_with("_NUM") || key == "CALLER_ID" || key == "EXTENSION" {
            let digits = value.as_str().filter(|text| !text.starts_with('0'));
            if let Some(number) = digits.and_then(|text| text.parse::<u64>().ok()) {
                *value = number.into();
            }
        }
    }
}

fn more(row: &mut Map<String, Value>) {
    row.insert("CHANNELS".to_owned(), json!([{ "name": "SIP/158-00000001" }]));
    row.insert("X_REASON".to_owned(), Value::Null);
}

fn fewer(row: &mut Map<String, Value>) {
    let silent =
        |key: &str, value: &Value| OPTIONAL.contains(&key) && (key != "ANSWERED_DURATION" || *value == 0);
    row.retain(|key, value| !silent(key, value));
}

fn nameless(row: &mut Map<String, Value>) {
    for (side, name) in [("FROM", "FROM_NAME"), ("TO", "TO_NAME")] {
        if let Some(Value::Object(side)) = row.get_mut(side) {
            side.insert("NAME".to_owned(), Value::Null);
        } else if row.contains_key("TIMESTAMP") {
            row.insert(name.to_owned(), Value::Null);
        }
    }
    if let Some(name) = row.get_mut("NAME") {
        *name = Value::Null;
    }
}
