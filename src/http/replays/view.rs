//! A replay as it is shown, by REST and to those who watch it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::disclosure::Kind;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::stand::{Replay, Stand};
use crate::http::times::Stamp;

/// Something that is played again.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Replay)]
pub(super) struct ReplayView<'a> {
    id: Uuid,
    /// As it was asked for: `session`, `campaign` or `call`.
    #[schema(example = "session")]
    kind: &'static str,
    /// What is played: a session by its `sessionId`, a campaign or a call by its id.
    of: &'a str,
    state: State,
    /// Why it is over. `through`: everything was told. `unwatched`: nobody watched for a minute. `closing`: the engine stops.
    #[schema(value_type = Option<ReplayEnd>)]
    ended: Option<&'static str>,
    /// How many times as fast as it happened; 0 is as fast as possible.
    speed: u32,
    max_pause_seconds: u64,
    /// What time it is there.
    #[schema(value_type = String, format = DateTime)]
    at: Stamp,
    /// Where the journal stood then: `asOf` asks for everything else as it was.
    position: u64,
    first_position: u64,
    last_position: u64,
    /// Events between the two that tell of it.
    events: u64,
    /// Those of them that were told, or passed by.
    events_played: u64,
    /// What was pushed for them.
    pushes: u64,
    /// Sockets that watch.
    watchers: usize,
    by: &'a str,
    #[schema(value_type = String, format = DateTime)]
    started_at: Stamp,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ReplayState)]
enum State {
    Playing,
    Paused,
    Over,
}

#[derive(Debug, ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "it only names the values to the API's document")]
pub(super) enum ReplayEnd {
    Through,
    Stopped,
    Unwatched,
    Closing,
    Failed,
}

impl<'a> ReplayView<'a> {
    pub(super) fn new(replay: &'a Replay, stand: &Stand, now: DateTime<Utc>) -> Self {
        let state = match stand.over {
            Some(_) => State::Over,
            None if stand.paused => State::Paused,
            None => State::Playing,
        };
        Self {
            id: replay.id,
            kind: asked_for(replay.played.kind).as_str(),
            of: &replay.played.name,
            state,
            ended: stand.over.map(super::stand::End::as_str),
            speed: stand.pace.speed,
            max_pause_seconds: stand.pace.pause_max.as_secs(),
            at: Stamp(stand.then(now)),
            position: stand.position,
            first_position: replay.extent.first,
            last_position: replay.extent.last,
            events: replay.extent.events,
            events_played: stand.events,
            pushes: stand.pushes,
            watchers: stand.watchers,
            by: &replay.by,
            started_at: Stamp(replay.started_at),
        }
    }
}

/// Calls at the exchange are asked for like any others.
fn asked_for(kind: Kind) -> Kind {
    if kind == Kind::PbxCall { Kind::Call } else { kind }
}

/// The same as it is pushed.
#[derive(Debug, Serialize)]
pub(super) struct StateView<'a> {
    replay: bool,
    #[serde(flatten)]
    view: ReplayView<'a>,
}

impl<'a> StateView<'a> {
    pub(super) fn new(view: ReplayView<'a>) -> Self {
        Self { replay: true, view }
    }

    pub(super) fn written(&self) -> Option<Arc<RawValue>> {
        let written = to_raw_value(self);
        written
            .inspect_err(|why| tracing::error!(cause = %why, "a state cannot be written"))
            .ok()
            .map(Arc::from)
    }
}
