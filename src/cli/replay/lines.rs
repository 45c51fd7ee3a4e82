//! An event a line, for pipes and programs: for people its time, whom it is about and its words; as JSON with what the screens
//! showed after it.

use std::io::{self, Write};

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use domain::fact::Position;
use serde::{Serialize, Serializer};

use super::figures::Figure;
use super::reel::Scene;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Text(Tz),
    Json,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    /// It is no event of now.
    replay: bool,
    position: Position,
    #[serde(serialize_with = "time")]
    recorded_at: DateTime<Utc>,
    #[serde(serialize_with = "time")]
    occurred_at: DateTime<Utc>,
    kind: &'a str,
    r#type: &'a str,
    stream: &'a str,
    actor: &'a str,
    words: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    #[serde(serialize_with = "figures")]
    figures: &'a [Figure],
}

pub(super) fn print(shape: Shape, scene: &Scene, figures: &[Figure], out: &mut dyn Write) -> io::Result<()> {
    match shape {
        Shape::Text(zone) => writeln!(out, "{}", line(scene, zone, "%F %T %Z")),
        Shape::Json => {
            serde_json::to_writer(&mut *out, &row(scene, figures))?;
            out.write_all(b"\n")
        }
    }
}

pub(super) fn line(scene: &Scene, zone: Tz, time: &str) -> String {
    let at = scene.recorded_at.with_timezone(&zone).format(time);
    let who = [Some(scene.about()), scene.phone.clone()];
    let who: Vec<String> = who.into_iter().flatten().filter(|text| !text.is_empty()).collect();
    let who = if who.is_empty() { scene.kind.clone() } else { who.join(" ") };
    // What a far end wrote neither steers the terminal nor makes another line.
    format!("{at}  {who:<16}  {}", scene.words).replace(char::is_control, " ")
}

fn row<'a>(scene: &'a Scene, figures: &'a [Figure]) -> Row<'a> {
    Row {
        replay: true,
        position: scene.position,
        recorded_at: scene.recorded_at,
        occurred_at: scene.occurred_at,
        kind: &scene.kind,
        r#type: &scene.event_type,
        stream: &scene.stream,
        actor: &scene.actor,
        words: &scene.words,
        phone: scene.phone.as_deref(),
        figures,
    }
}

fn time<S: Serializer>(time: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// Counters as numbers.
fn figures<S: Serializer>(figures: &&[Figure], to: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Value<'a> {
        Count(i64),
        Text(&'a str),
    }
    to.collect_map(
        figures.iter().map(|(name, text)| (name, text.parse().map_or(Value::Text(text), Value::Count))),
    )
}
