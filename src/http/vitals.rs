//! How the engine is: what `/status`, `/health/ready` and `/metrics` show, and the few things an admin may do to a screen.
//! Whoever puts the engine together implements the trait; the routes only show what it says.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use domain::fact::Position;
use domain::ids::Organization;
use futures_util::future::BoxFuture;
use serde::Serialize;
use utoipa::ToSchema;

use super::times::Stamp;

pub trait Vitals: Send + Sync + fmt::Debug {
    fn status(&self) -> BoxFuture<'_, Status>;
    /// Whether requests can be served, or every reason why not.
    fn ready(&self) -> BoxFuture<'_, Result<(), Vec<String>>>;
    /// What somebody should see to, though requests can be served.
    fn warnings(&self) -> Vec<String>;
    /// Begins to build a screen anew beside the live one; the number of the generation that will replace it.
    fn rebuild<'a>(&'a self, projection: &'a str) -> BoxFuture<'a, Result<i64, Error>>;
    /// Takes up a parked stream again from its first event that was not understood.
    fn replay<'a>(&'a self, parked: ParkedStream<'a>) -> BoxFuture<'a, Result<Replayed, Error>>;
    /// Gives up the events of a parked stream.
    fn discard<'a>(&'a self, parked: ParkedStream<'a>) -> BoxFuture<'a, Result<(), Error>>;
    /// Notes that a list of those who were forgotten was applied to a restored journal; false where no restore waits for it.
    fn forgotten_applied<'a>(&'a self, by: &'a str) -> BoxFuture<'a, Result<bool, Error>>;
    /// From now on a restored journal may ring people again; false where nothing was to be confirmed. `nobody` was forgotten since the
    /// backup, where no list was applied.
    fn confirm_restore<'a>(&'a self, by: &'a str, nobody: bool) -> BoxFuture<'a, Result<bool, Error>>;
    /// Whether the journal came from the data folder and still lies there, too: what is forgotten here is not forgotten in it.
    fn is_left_behind(&self) -> bool;
    /// Begins to look whether the journal is what was written; false where a look is under way already.
    fn verify(&self, by: Asker) -> bool;
    /// What this node knows of such looks since it was started.
    fn verification(&self) -> Verification;
}

#[derive(Debug, Clone, Copy)]
pub struct ParkedStream<'a> {
    pub projection: &'a str,
    pub kind: &'a str,
    pub stream: &'a str,
}

/// Who wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    pub organization: Organization,
    pub actor: String,
}

/// The look that is under way, and the last one that came to an end.
#[derive(Debug, Clone, Default)]
pub struct Verification {
    pub running: Option<Verifying>,
    pub last: Option<Verified>,
}

#[derive(Debug, Clone)]
pub struct Verifying {
    pub by: Asker,
    pub began_at: DateTime<Utc>,
    pub position: Position,
    pub head: Position,
}

#[derive(Debug, Clone)]
pub struct Verified {
    pub by: Asker,
    pub began_at: DateTime<Utc>,
    pub ended_at: DateTime<Utc>,
    /// Up to where it was looked at.
    pub position: Position,
    pub found: Found,
}

/// What the journal was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// What was written; the digest is over all of it, and so many checkpoints are signed, the last over everything up to there. Of so many
    /// persons nothing can be opened any more, though nobody asked to forget them.
    Sound { digest: String, checkpoints: u64, signed_to: Option<Position>, lost: u64 },
    /// Something else, from here on where the place is known.
    Wrong { position: Option<Position>, what: String },
    /// It could not be read to its end.
    Unreadable,
}

/// What became of a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", tag = "outcome")]
pub enum Replayed {
    /// The stream is followed again.
    Followed { events: usize },
    /// It was parked again.
    StillParked {
        #[schema(value_type = u64)]
        position: Position,
        reason: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no projection {0}")]
    UnknownProjection(String),
    #[error("the stream is not parked")]
    NotParked,
    #[error("the projection is being rebuilt already")]
    RebuildRunning,
    #[error(
        "no list of those who were forgotten was applied since the restore: karnay forgotten apply <list>; where nobody was forgotten \
         since the backup, say so: karnay restore --confirm --nobody-was-forgotten, or nobodyWasForgotten"
    )]
    ForgottenUnapplied,
    #[error("{0}")]
    Unavailable(String),
    #[error("{0}")]
    Journal(String),
}

/// The engine at one glance.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    pub ready: bool,
    /// Why it is not ready.
    pub reasons: Vec<String>,
    pub version: String,
    /// `sqlite` or `postgres`.
    pub store: String,
    /// The journal's newest position.
    #[schema(value_type = u64)]
    pub position: Position,
    pub uptime_seconds: u64,
    /// Far ends that the engine plays itself: nobody real is reached through them. `agent`, `pbx`, `remote`.
    pub simulated: Vec<&'static str>,
    /// The journal comes from a backup, and nobody has confirmed yet that it may ring people again.
    pub restored: Option<Unconfirmed>,
    pub journal: Queue,
    pub keepers: Vec<Keeper>,
    pub projections: Vec<Projection>,
    pub actors: Vec<Actor>,
    pub disk: Disk,
    pub effects: Effects,
}

/// A backup that was put back.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unconfirmed {
    /// Where the backup ended; what happened after it is not known here.
    #[schema(value_type = u64)]
    pub position: Position,
    #[schema(value_type = String, format = DateTime)]
    taken_at: Stamp,
    #[schema(value_type = String, format = DateTime)]
    restored_at: Stamp,
    /// Whether a list of those who were forgotten was applied since (`karnay forgotten apply`). Until then whom the backup brought back is
    /// not forgotten, and the restore is confirmed only for whoever says that nobody was.
    pub forgotten_applied: bool,
}

impl Unconfirmed {
    pub fn new(
        position: Position,
        (taken_at, restored_at): (DateTime<Utc>, DateTime<Utc>),
        forgotten_applied: bool,
    ) -> Self {
        Self { position, taken_at: Stamp(taken_at), restored_at: Stamp(restored_at), forgotten_applied }
    }
}

/// What waits for the journal's writer.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Queue {
    pub queued: usize,
    pub queue_max: usize,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Keeper {
    pub kind: String,
    pub under_way: usize,
    pub done: u64,
    pub busy: u64,
    pub restarts: u64,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Projection {
    pub name: String,
    pub version: i64,
    pub generation: i64,
    /// `live` or `building`.
    pub state: String,
    #[schema(value_type = u64)]
    pub position: Position,
    /// Events it is behind the journal.
    pub lag: u64,
    pub lag_seconds: f64,
    pub events_per_second: f64,
    pub parked: u64,
    /// Only while it is being built.
    pub rebuild: Option<Rebuild>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rebuild {
    /// 0 to 1.
    pub fraction: f64,
    pub remaining_seconds: Option<f64>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    pub name: String,
    pub state: String,
    pub restarts: u64,
    pub beats: u64,
    /// Time since the last sign of life.
    pub beat_age_ms: u64,
    pub counters: BTreeMap<String, u64>,
}

#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Effects {
    pub ready: u64,
    pub sent: u64,
    pub done: u64,
}

/// What is left where the data folder lies.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Disk {
    /// Null where nobody can tell.
    pub free_bytes: Option<u64>,
    /// Less than `DISK_FREE_MIN_MB`: no file and no recording is taken in.
    pub is_low: bool,
}

impl Status {
    /// The same as gauges, set just before they are read. Whole numbers beyond 2^53 lose their last digits there.
    pub fn gauge(&self) {
        metrics::gauge!("karnay_ready").set(if self.ready { 1.0 } else { 0.0 });
        metrics::gauge!("karnay_uptime_seconds").set(float(self.uptime_seconds));
        metrics::gauge!("karnay_position").set(float(self.position));
        metrics::gauge!("karnay_queue_depth", "queue" => "journal").set(size(self.journal.queued));
        for keeper in &self.keepers {
            metrics::gauge!("karnay_under_way", "kind" => keeper.kind.clone()).set(size(keeper.under_way));
            metrics::gauge!("karnay_keeper_busy", "kind" => keeper.kind.clone()).set(float(keeper.busy));
        }
        for screen in &self.projections {
            screen.gauge();
        }
        for actor in &self.actors {
            metrics::gauge!("karnay_actor_beat_age_ms", "actor" => actor.name.clone())
                .set(float(actor.beat_age_ms));
        }
        metrics::gauge!("karnay_restore_unconfirmed").set(if self.restored.is_some() { 1.0 } else { 0.0 });
        if let Some(free) = self.disk.free_bytes {
            metrics::gauge!("karnay_disk_free_bytes").set(float(free));
        }
        metrics::gauge!("karnay_disk_low").set(if self.disk.is_low { 1.0 } else { 0.0 });
        let Effects { ready, sent, done } = self.effects;
        for (state, count) in [("ready", ready), ("sent", sent), ("done", done)] {
            metrics::gauge!("karnay_effects", "state" => state).set(float(count));
        }
    }
}

impl Projection {
    fn gauge(&self) {
        let labels = [("projection", self.name.clone()), ("state", self.state.clone())];
        metrics::gauge!("karnay_projection_position", &labels).set(float(self.position));
        metrics::gauge!("karnay_projection_lag_events", &labels).set(float(self.lag));
        metrics::gauge!("karnay_projection_lag_seconds", &labels).set(self.lag_seconds);
        metrics::gauge!("karnay_projection_parked", &labels).set(float(self.parked));
    }
}

fn float(number: u64) -> f64 {
    let half = |bits: u64| f64::from(u32::try_from(bits & 0xffff_ffff).unwrap_or(0));
    half(number >> 32) * 4_294_967_296.0 + half(number)
}

fn size(number: usize) -> f64 {
    float(u64::try_from(number).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_gauge_holds_large_numbers() {
        let numbers = [0, 1, u64::from(u32::MAX), 1 << 32, 10_000_000_000];
        let shown = numbers.map(|number| format!("{:.0}", super::float(number)));
        assert_eq!(shown, numbers.map(|number| number.to_string()));
    }
}
