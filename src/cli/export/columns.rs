//! The columns of an export, the same in every format. Besides what every event has they hold what is counted of calls, so that an
//! analyst gets the engine's own figures without a key and without taking payloads apart. `docs/export.md` says what each means.

use std::borrow::Cow;
use std::collections::HashMap;

use cqrs_es::Aggregate as _;
use domain::call::Call;
use domain::fact::Circumstances;
use domain::session::Session;
use serde::Deserialize;

use crate::journal::Stored;
use crate::journal::masked::masked;

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Number,
    /// Microseconds since 1970, in UTC.
    Time,
    Text,
    /// JSON as it is stored.
    Json,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    /// Whether there are events that have nothing there.
    pub(super) optional: bool,
    /// Whether few values come again and again.
    pub(super) repeats: bool,
}

const fn always(name: &'static str, shape: Shape, repeats: bool) -> Column {
    Column { name, shape, optional: false, repeats }
}

const fn of_calls(name: &'static str, shape: Shape) -> Column {
    Column { name, shape, optional: true, repeats: true }
}

pub(super) const COLUMNS: [Column; 19] = [
    always("position", Shape::Number, false),
    always("recordedAt", Shape::Time, false),
    always("occurredAt", Shape::Time, false),
    always("kind", Shape::Text, true),
    always("type", Shape::Text, true),
    always("version", Shape::Text, true),
    always("stream", Shape::Text, false),
    always("sequence", Shape::Number, true),
    always("organization", Shape::Text, true),
    always("actor", Shape::Text, true),
    always("correlation", Shape::Text, true),
    always("causation", Shape::Text, true),
    always("payload", Shape::Json, false),
    of_calls("session", Shape::Text),
    of_calls("listing", Shape::Text),
    of_calls("status", Shape::Text),
    of_calls("before", Shape::Text),
    of_calls("after", Shape::Text),
    of_calls("talkSecs", Shape::Number),
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    Nothing,
    Number(i64),
    Time(i64),
    Text(Cow<'a, str>),
    Json(Cow<'a, str>),
}

/// What is counted of a call, as it stands in its events.
#[derive(Debug, Default, Deserialize)]
struct Counted<'a> {
    #[serde(borrow, default)]
    listing: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    status: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    before: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    after: Option<Cow<'a, str>>,
    #[serde(default)]
    talk_secs: Option<i64>,
}

/// An event's cells, in the order of the columns.
pub(super) fn cells<'a>(event: &'a Stored, circumstances: &'a Circumstances) -> [Cell<'a>; COLUMNS.len()] {
    let text = |text: &'a str| Cell::Text(Cow::Borrowed(text));
    let maybe = |text: Option<Cow<'a, str>>| text.map_or(Cell::Nothing, Cell::Text);
    let counted = counted(event);
    [
        number(event.position),
        Cell::Time(event.recorded_at),
        Cell::Time(event.occurred_at),
        text(&event.kind),
        text(&event.event_type),
        text(&event.event_version),
        text(&event.stream),
        number(event.sequence),
        text(&circumstances.organization),
        text(&circumstances.actor),
        text(&circumstances.correlation),
        text(&circumstances.causation),
        Cell::Json(masked(&event.kind, &event.payload)),
        session(event).map_or(Cell::Nothing, text),
        maybe(counted.listing),
        maybe(counted.status),
        maybe(counted.before),
        maybe(counted.after),
        counted.talk_secs.map_or(Cell::Nothing, Cell::Number),
    ]
}

fn number(number: u64) -> Cell<'static> {
    Cell::Number(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A session's stream bears its name, and so do its calls'.
fn session(event: &Stored) -> Option<&str> {
    let of_session = event.kind == Call::TYPE || event.kind == Session::TYPE;
    event.stream.split('/').nth(1).filter(|_| of_session)
}

/// What no sense can be made of counts for nothing; it stands in its payload.
fn counted(event: &Stored) -> Counted<'_> {
    if event.kind != Call::TYPE {
        return Counted::default();
    }
    let said: Option<HashMap<Cow<'_, str>, Counted<'_>>> = serde_json::from_str(&event.payload).ok();
    said.and_then(|said| said.into_values().next()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: &str, event_type: &str, payload: &str) -> Vec<(&'static str, String)> {
        let event = Stored {
            position: 7,
            kind: kind.to_owned(),
            stream: "1/session-1/0000001".to_owned(),
            sequence: 1,
            event_type: event_type.to_owned(),
            event_version: "1".to_owned(),
            payload: payload.to_owned(),
            metadata: "{}".to_owned(),
            occurred_at: 1,
            recorded_at: 2,
            hash: [0; 32],
        };
        let circumstances = Circumstances::default();
        let cells = cells(&event, &circumstances).into_iter().zip(COLUMNS).skip(13);
        let told = |(cell, column): (Cell<'_>, Column)| match cell {
            Cell::Text(text) => Some((column.name, text.into_owned())),
            Cell::Number(number) => Some((column.name, number.to_string())),
            Cell::Nothing | Cell::Time(_) | Cell::Json(_) => None,
        };
        cells.filter_map(told).collect()
    }

    #[test]
    fn what_is_counted_of_a_call_stands_in_columns() {
        let strengthened = include_str!("../../../tests/it/golden/call.strengthened.v1.json");
        let expected = [
            ("session", "session-1"),
            ("listing", "listed"),
            ("status", "CONNECTED_TO_OPERATOR"),
            ("before", "ANSWERED"),
            ("after", "CONNECTED_TO_OPERATOR"),
            ("talkSecs", "45"),
        ];
        let told = of("call", "strengthened", strengthened);
        assert_eq!(told, expected.map(|(name, text)| (name, text.to_owned())));
        let reported = of("call", "reported", include_str!("../../../tests/it/golden/call.reported.v1.json"));
        assert!(reported.iter().all(|(name, _)| *name != "before"), "{reported:?}");
        let amended = of("call", "amended", include_str!("../../../tests/it/golden/call.amended.v1.json"));
        assert_eq!(amended, [("session", "session-1".to_owned())]);
    }

    #[test]
    fn the_document_says_what_each_column_is() {
        let document = include_str!("../../../docs/export.md");
        let rows = document.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
        let told: Vec<(&str, &str, &str)> = rows
            .map(|(name, rest)| {
                let (shape, rest) = rest.split_once(" | ").unwrap();
                (name, shape, rest.split_once(" | ").unwrap().0)
            })
            .collect();
        let known = COLUMNS.map(|column| {
            let shape = match column.shape {
                Shape::Number => "INT64",
                Shape::Time => "TIMESTAMP",
                Shape::Text | Shape::Json => "STRING",
            };
            (column.name, shape, if column.optional { "may be" } else { "never" })
        });
        assert_eq!(told, known);
    }

    #[test]
    fn other_events_have_nothing_there() {
        assert!(of("contact", "created", r#"{"created":{"status":"x"}}"#).is_empty());
        assert_eq!(of("call", "reported", "no json"), [("session", "session-1".to_owned())]);
    }
}
