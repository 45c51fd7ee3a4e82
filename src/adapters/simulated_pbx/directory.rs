//! Who is behind the box: people with lines of three and four digits, a queue, a ring group; and whoever calls from outside, made up.

use serde_json::{Value, json};

use super::super::dice::Dice;

/// A line, whose it is, and the name behind it.
const LINES: [(&str, &str, &str); 8] = [
    ("101", "aziz", "Aziz Karimov"),
    ("102", "malika", "Malika Yusupova"),
    ("103", "bobur", "Bobur Rahimov"),
    ("104", "dilnoza", "Dilnoza Saidova"),
    ("158", "jasur", "Jasur Toshev"),
    ("1001", "nodira", "Nodira Qodirova"),
    ("1002", "sardor", "Sardor Aliyev"),
    ("1003", "zulfiya", "Zulfiya Umarova"),
];

pub const QUEUE: &str = "600";
pub const RING_GROUP: &str = "700";

/// Those that take the queue's calls.
const AGENTS: [&str; 4] = ["101", "102", "103", "1001"];

/// Kinds of numbers in the directory.
const LINE: u8 = 1;
const QUEUES: u8 = 5;
const VOICEMAIL: u8 = 7;
const RING_GROUPS: u8 = 9;
const ECHO: u8 = 10;

const OTHERS: [(&str, &str, u8); 4] = [
    (QUEUE, "Sales", QUEUES),
    (RING_GROUP, "Office", RING_GROUPS),
    ("**120", "Voicemail", VOICEMAIL),
    ("**110", "Echo", ECHO),
];

pub(super) fn is_inside(number: &str) -> bool {
    LINES.iter().any(|(line, ..)| *line == number) || OTHERS.iter().any(|(other, ..)| *other == number)
}

/// The pair of a made-up call: most come from outside, some go out, a few stay inside.
pub(super) fn parties(dice: &mut Dice) -> (String, String) {
    let outside = outside(dice);
    let line = line(dice);
    match dice.below(10) {
        0..=3 => (outside, line),
        4 => (outside, QUEUE.to_owned()),
        5 => (outside, RING_GROUP.to_owned()),
        6..=8 => (line, outside),
        _ => (line, LINES.get(index(dice, LINES.len())).map_or("101", |(line, ..)| line).to_owned()),
    }
}

pub(super) fn agent(dice: &mut Dice) -> &'static str {
    AGENTS.get(index(dice, AGENTS.len())).copied().unwrap_or("101")
}

fn line(dice: &mut Dice) -> String {
    LINES.get(index(dice, LINES.len())).map_or("101", |(line, ..)| line).to_owned()
}

/// A number that nobody has, as the exchange before the box writes it.
fn outside(dice: &mut Dice) -> String {
    format!("99890{:07}", dice.below(10_000_000))
}

fn index(dice: &mut Dice, of: usize) -> usize {
    usize::try_from(dice.below(u64::try_from(of).unwrap_or(1))).unwrap_or(0)
}

pub(super) fn numbers() -> Vec<Value> {
    let lines = LINES.iter().map(|(line, _, name)| (*line, *name, LINE));
    let all = lines.chain(OTHERS);
    all.map(
        |(number, name, kind)| json!({ "TEL_NUM": number, "DESCRIPTION": name, "EXTENSION_TYPE_ID": kind }),
    )
    .collect()
}

pub(super) fn lines() -> Vec<Value> {
    let row = |(at, (line, user, name)): (usize, &(&str, &str, &str))| {
        json!({ "guid": at + 1, "parentId": 0, "telNum": line, "sipUsername": line, "USERNAME": user, "FULL_NAME": name,
            "EMAIL": "", "lineType": 0, "sipStatus": { "registered": at % 4 != 3 } })
    };
    LINES.iter().enumerate().map(row).collect()
}

pub(super) fn users() -> Vec<Value> {
    let row = |(at, (line, user, name)): (usize, &(&str, &str, &str))| {
        json!({ "GUID": at + 1, "USERNAME": user, "FULL_NAME": name, "EMAIL": "", "DISABLED": 0,
            "EXTENSIONS": [{ "GUID": at + 1, "TEL_NUM": line, "DESCRIPTION": name, "IS_PRIMARY": 1 }] })
    };
    LINES.iter().enumerate().map(row).collect()
}

pub(super) fn queues() -> Vec<Value> {
    vec![json!({ "guid": 1, "queueNumber": QUEUE, "description": "Sales" })]
}

pub(super) fn ring_groups() -> Vec<Value> {
    vec![json!({ "GUID": 1, "EXTENSION_NUMBER": RING_GROUP, "DESCRIPTION": "Office" })]
}

/// None where there is no such queue.
pub(super) fn agents(queue: &str) -> Option<Vec<Value>> {
    (queue == QUEUE)
        .then(|| AGENTS.iter().map(|line| json!({ "EXTENSION_NUMBER": line, "STATUS": 1 })).collect())
}
