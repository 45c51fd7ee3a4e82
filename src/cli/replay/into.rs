//! `karnay replay --into`: has it played by a running engine into the sockets of `/replay`, from the first one that watches, and says how
//! it goes until it is over. Whoever leaves takes it along.

use std::fmt;
use std::io::Write;
use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::signal;
use tokio::signal::unix::{SignalKind, signal};

use super::super::Outcome;
use super::super::engine::{self, Engine};
use super::super::table::counted;
use super::subject::Kind;
use super::{Error, Options};
use crate::config::Config;

/// How often it is asked how it goes.
const LOOK: Duration = Duration::from_millis(500);

/// What the engine says of a replay.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Replay {
    id: String,
    kind: String,
    of: String,
    state: String,
    ended: Option<String>,
    at: String,
    events: u64,
    events_played: u64,
    watchers: u64,
}

impl fmt::Display for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { state, ended, at, events, events_played, watchers, .. } = self;
        let events = counted(*events, "event", "events");
        write!(f, "{at}  {events_played} of {events}, {watchers} watching, ")?;
        match ended {
            Some(ended) => write!(f, "over: {ended}"),
            None if state == "paused" && *watchers == 0 => f.write_str("waiting for somebody to watch"),
            None => f.write_str(state),
        }
    }
}

pub(super) async fn run(
    options: &Options,
    url: &str,
    config: &Config,
    out: &mut dyn Write,
) -> Result<Outcome, super::super::Error> {
    let engine = Engine::at(url, options.token.as_ref(), options.org.as_ref(), config)?;
    let mut stops = Stops { terminate: signal(SignalKind::terminate())? };
    let replay = begin(&engine, options).await?;
    let path = format!("/replays/{}", replay.id);
    writeln!(out, "replay {} of {} {}", replay.id, replay.kind, replay.of)?;
    writeln!(out, "watch it: io('{}/replay', {{ auth: {{ token, replay: '{}' }} }})", engine.url, replay.id)?;
    let (mut last, mut begun) = (String::new(), false);
    loop {
        tokio::select! {
            () = stops.told() => {
                engine.told(Method::DELETE, &path, None).await?;
                writeln!(out, "stopped")?;
                return Ok(Outcome::Fine);
            }
            () = tokio::time::sleep(LOOK) => {}
        }
        let Some(now) = shown(&engine, &path).await? else {
            writeln!(out, "somebody else stopped it")?;
            return Ok(Outcome::Fine);
        };
        if !begun && now.watchers > 0 {
            begun = true;
            engine.told(Method::PATCH, &path, Some(&json!({ "paused": false }))).await?;
            continue;
        }
        let line = now.to_string();
        if line != last {
            writeln!(out, "{line}")?;
            last = line;
        }
        if let Some(ended) = &now.ended {
            return Ok(if ended == "through" { Outcome::Fine } else { Outcome::NotFine });
        }
    }
}

/// None where it is not there any more.
async fn shown(engine: &Engine, path: &str) -> Result<Option<Replay>, engine::Error> {
    let said = engine.told(Method::GET, path, None).await?;
    said.map(|said| engine.read(&said)).transpose()
}

/// As whichever kind of thing bears that name.
async fn begin(engine: &Engine, options: &Options) -> Result<Replay, super::super::Error> {
    let kinds =
        options.kind.map_or_else(|| vec![Kind::Session, Kind::Campaign, Kind::Call], |kind| vec![kind]);
    for kind in kinds {
        if let Some(said) = engine.told(Method::POST, "/replays", Some(&order(options, kind))).await? {
            return Ok(engine.read(&said)?);
        }
    }
    let (kind, id) = (options.kind.map_or("session, campaign or call", Kind::as_str), options.id.clone());
    Err(Error::Elsewhere { url: engine.url.clone(), kind, id }.into())
}

fn order(options: &Options, kind: Kind) -> Value {
    let mut order = Map::new();
    let mut put = |name: &str, value: Value| drop(order.insert(name.to_owned(), value));
    put("kind", kind.as_str().into());
    put("id", options.id.as_str().into());
    put("speed", options.speed.into());
    put("maxPauseSeconds", options.max_pause.as_secs().into());
    put("paused", true.into());
    for (name, place) in [("from", &options.from), ("to", &options.to)] {
        // In the zone of the engine that plays it.
        if let Some(said) = place {
            put(name, said.to_string().into());
        }
    }
    Value::Object(order)
}

/// Ctrl-C, or whoever tells it to end.
struct Stops {
    terminate: signal::unix::Signal,
}

impl Stops {
    async fn told(&mut self) {
        tokio::select! {
            _ = signal::ctrl_c() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
