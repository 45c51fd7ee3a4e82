//! `karnay status`: the running engine's own account of itself, as a table or as it was sent.

use std::io::{self, Write};

use clap::Args;
use serde::Deserialize;

use super::engine::{Actor, Engine, Projection, Status};
use super::table::{self, grouped};
use super::{Error, Outcome};
use crate::config::Config;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Print the engine's answer as JSON, for machines
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(options: &Options, config: &Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    let engine = Engine::of(config)?;
    let (text, status) = engine.status().await?;
    if options.json {
        writeln!(out, "{}", text.trim_end())?;
    } else {
        print(&status, &engine.url, out)?;
        // What has been understood already is JSON; an older engine does not say this.
        let Besides { restored: held, simulated, disk } = serde_json::from_str(&text).unwrap_or_default();
        restored(held.as_ref(), out)?;
        played(&simulated, out)?;
        room(&disk, out)?;
    }
    Ok(if status.ready { Outcome::Fine } else { Outcome::NotFine })
}

/// What a status says besides how the engine is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Besides {
    restored: Option<Unconfirmed>,
    /// Far ends that the engine plays itself.
    simulated: Vec<String>,
    disk: Disk,
}

/// A restore that nobody has confirmed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Unconfirmed {
    position: u64,
    taken_at: String,
    restored_at: String,
    forgotten_applied: bool,
}

const APPLIED: &str = "         a list of those who were forgotten was applied since";
const UNAPPLIED: &str =
    "         NOBODY IS FORGOTTEN AGAIN whom it brought back, until karnay forgotten apply <list>";

/// What is left where the data lies.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Disk {
    free_bytes: Option<u64>,
    is_low: bool,
}

fn restored(held: Option<&Unconfirmed>, out: &mut dyn Write) -> io::Result<()> {
    let Some(Unconfirmed { position, taken_at, restored_at, forgotten_applied }) = held else {
        return Ok(());
    };
    writeln!(
        out,
        "\nRESTORED at {restored_at} from a backup of {taken_at}, up to position {}: nobody is rung until \
         karnay restore --confirm",
        grouped(*position)
    )?;
    writeln!(out, "{}", if *forgotten_applied { APPLIED } else { UNAPPLIED })
}

fn played(simulated: &[String], out: &mut dyn Write) -> io::Result<()> {
    if simulated.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nSIMULATED: {}; nobody real is reached", simulated.join(", "))
}

fn room(disk: &Disk, out: &mut dyn Write) -> io::Result<()> {
    let Disk { free_bytes: Some(free), is_low: true } = disk else { return Ok(()) };
    writeln!(out, "\nDISK: {} MB are left; no file and no recording is taken in", grouped(free / 1_000_000))
}

fn print(status: &Status, url: &str, out: &mut dyn Write) -> io::Result<()> {
    let health = if status.ready { "ready".to_owned() } else { format!("NOT READY: {}", reasons(status)) };
    writeln!(out, "karnay {} at {url}: {health}", status.version)?;
    let (queue, max) = (grouped(status.journal.queued), grouped(status.journal.queue_max));
    writeln!(
        out,
        "journal  position {}, queue {queue} of {max}, {}",
        grouped(status.position),
        status.store
    )?;
    let effects = &status.effects;
    let [ready, sent, done] = [effects.ready, effects.sent, effects.done].map(grouped);
    writeln!(out, "effects  ready {ready}, sent {sent}, done {done}\n")?;
    let screens: Vec<_> = status.projections.iter().map(screen).collect();
    table::print(
        out,
        ["SCREEN", "VERSION", "GENERATION", "STATE", "POSITION", "BEHIND", "AGE", "PARKED"],
        &screens,
    )?;
    writeln!(out)?;
    let actors: Vec<_> = status.actors.iter().map(actor).collect();
    table::print(out, ["ACTOR", "STATE", "RESTARTS", "BEATS", "LAST BEAT"], &actors)
}

fn reasons(status: &Status) -> String {
    if status.reasons.is_empty() { "it does not say why".to_owned() } else { status.reasons.join("; ") }
}

fn screen(screen: &Projection) -> [String; 8] {
    [
        screen.name.clone(),
        screen.version.to_string(),
        screen.generation.to_string(),
        screen.state.clone(),
        grouped(screen.position),
        grouped(screen.lag),
        format!("{:.1} s", screen.lag_seconds),
        grouped(screen.parked),
    ]
}

fn actor(actor: &Actor) -> [String; 5] {
    let (seconds, tenths) = (actor.beat_age_ms / 1_000, actor.beat_age_ms % 1_000 / 100);
    [
        actor.name.clone(),
        actor.state.clone(),
        grouped(actor.restarts),
        grouped(actor.beats),
        format!("{seconds}.{tenths} s ago"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_becomes_a_page() {
        let answer = r#"{ "ready": false, "reasons": ["the journal cannot be reached"], "version": "0.1.0", "store": "sqlite",
            "position": 1234567, "journal": { "queued": 3, "queueMax": 8192 }, "effects": { "ready": 1, "sent": 0, "done": 12 },
            "projections": [
              { "name": "call_history", "version": 1, "generation": 3, "state": "live", "position": 1234567, "lag": 0, "parked": 0 },
              { "name": "call_history", "version": 1, "generation": 4, "state": "building", "position": 1000, "lag": 1233567 }],
            "actors": [{ "name": "projector:call_history", "state": "running", "restarts": 0, "beats": 1204, "beatAgeMs": 312 }],
            "new": true }"#;
        let mut out = Vec::new();
        print(&serde_json::from_str(answer).unwrap(), "http://127.0.0.1:3000", &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @"
        karnay 0.1.0 at http://127.0.0.1:3000: NOT READY: the journal cannot be reached
        journal  position 1,234,567, queue 3 of 8,192, sqlite
        effects  ready 1, sent 0, done 12

        SCREEN        VERSION  GENERATION  STATE      POSITION     BEHIND    AGE  PARKED
        call_history        1           3  live      1,234,567          0  0.0 s       0
        call_history        1           4  building      1,000  1,233,567  0.0 s       0

        ACTOR                   STATE    RESTARTS  BEATS  LAST BEAT
        projector:call_history  running         0  1,204  0.3 s ago
        ");
    }
}
