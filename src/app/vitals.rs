//! How the engine is, gathered from its parts for `/status`, `/health/ready` and `/metrics`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::fact::Position;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use projections::Screens;
use projections::follow::Replay;
use projections::registry::State;

use super::Ports;
use super::verification::Verifying;
use crate::actors::{guardian, projector};
use crate::dispatch::Dispatch;
use crate::http::vitals::{
    Actor, Asker, Disk, Effects, Error, Keeper, ParkedStream, Projection, Queue, Rebuild, Replayed, Status,
    Unconfirmed, Verification, Vitals,
};
use crate::journal::moving;
use crate::journal::restores::{Confirmed, Restored};
use crate::journal::{Journal, QUEUE_LEN_MAX};
use crate::ports::{self, Clock, Room};

/// A screen that is behind and stood still for so long has something to say in the log.
const STUCK_AFTER: Duration = Duration::from_secs(15);

/// A rebuild that is refused is refused by then.
const REFUSAL_WAIT: Duration = Duration::from_millis(100);

/// Handles to everything that can say how it is.
#[derive(Debug)]
pub(super) struct Pulse {
    journal: Journal,
    screens: Screens,
    dispatch: Dispatch,
    guardian: guardian::Handle,
    projectors: Vec<projector::Handle>,
    clock: Arc<dyn Clock>,
    verifying: Verifying,
    disk: Arc<dyn ports::Disk>,
    simulated: Vec<&'static str>,
    /// Where keys lie, and a journal that is embedded or was.
    folder: PathBuf,
    began: Instant,
    /// Where each screen that is behind was at the last look, and since when it is there.
    seen: Mutex<HashMap<String, (Position, Instant)>>,
}

impl Pulse {
    pub(super) fn new(
        (journal, screens): (&Journal, &Screens),
        dispatch: &Dispatch,
        (guardian, projectors): (&guardian::Handle, Vec<projector::Handle>),
        (ports, disk, simulated): (&Ports, &Arc<dyn ports::Disk>, Vec<&'static str>),
        (verifying, folder): (Verifying, &Path),
    ) -> Self {
        Self {
            journal: journal.clone(),
            screens: screens.clone(),
            dispatch: dispatch.clone(),
            guardian: guardian.clone(),
            projectors,
            clock: Arc::clone(&ports.clock),
            verifying,
            disk: Arc::clone(disk),
            simulated,
            folder: folder.to_owned(),
            began: Instant::now(),
            seen: Mutex::default(),
        }
    }

    async fn look(&self) -> Status {
        let reasons = self.ready().await.err().unwrap_or_default();
        let screens = self.screens.status().await.unwrap_or_default();
        let Room { free, is_low } = self.disk.room();
        let counts = self.journal.effect_counts().await.unwrap_or_default();
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            store: self.journal.kind().to_owned(),
            position: self.journal.position(),
            uptime_seconds: self.began.elapsed().as_secs(),
            simulated: self.simulated.clone(),
            restored: self.journal.held().await.ok().flatten().map(Unconfirmed::from),
            ready: reasons.is_empty(),
            reasons,
            journal: Queue { queued: self.journal.depth(), queue_max: QUEUE_LEN_MAX },
            keepers: self.dispatch.progress().into_iter().map(Keeper::from).collect(),
            projections: screens.into_iter().map(|screen| self.projection(screen)).collect(),
            actors: self.guardian.progress().into_iter().map(Actor::from).collect(),
            disk: Disk { free_bytes: free, is_low },
            effects: Effects { ready: counts.ready, sent: counts.sent, done: counts.done },
        }
    }

    fn projection(&self, screen: projections::Status) -> Projection {
        let head = self.journal.position();
        let lag = head.saturating_sub(screen.position);
        // At the head there is nothing to be late with, however long ago the last event was.
        let late = screen.recorded_at.filter(|_| lag > 0).map(|at| self.clock.now() - at);
        let lag_seconds = late.and_then(|late| late.to_std().ok()).map_or(0.0, |late| late.as_secs_f64());
        let building = screen.state == State::Building;
        let rebuild = building.then(|| Rebuild {
            fraction: screen.fraction(head),
            remaining_seconds: screen.remaining(head).map(|left| left.as_secs_f64()),
        });
        Projection {
            name: screen.name,
            version: screen.version,
            generation: screen.generation,
            state: if building { "building" } else { "live" }.to_owned(),
            position: screen.position,
            lag,
            lag_seconds,
            events_per_second: screen.events_per_sec,
            parked: screen.parked,
            rebuild,
        }
    }

    /// Screens that are behind and have not moved for a while, seen from one look to the next.
    fn stuck(&self, screens: &[projections::Status]) -> Vec<String> {
        let head = self.journal.position();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stuck = vec![];
        for screen in screens.iter().filter(|screen| screen.state == State::Live) {
            if screen.position >= head {
                seen.remove(&screen.name);
                continue;
            }
            let known = seen.get(&screen.name).copied().filter(|(position, _)| *position == screen.position);
            let (_, since) = known.unwrap_or_else(|| (screen.position, Instant::now()));
            seen.insert(screen.name.clone(), (screen.position, since));
            if since.elapsed() > STUCK_AFTER {
                stuck.push(format!("{} does not move on from position {}", screen.name, screen.position));
            }
        }
        stuck
    }

    async fn generation(&self, name: &str) -> Result<i64, Error> {
        let known = self.screens.status().await.map_err(|why| Error::Unavailable(why.to_string()))?;
        let newest = known.iter().filter(|screen| screen.name == name).map(|screen| screen.generation).max();
        newest.ok_or_else(|| Error::UnknownProjection(name.to_owned()))
    }

    fn projector(&self, name: &str) -> Result<&projector::Handle, Error> {
        let found = self.projectors.iter().find(|projector| projector.name() == name);
        found.ok_or_else(|| Error::UnknownProjection(name.to_owned()))
    }
}

impl Vitals for Pulse {
    fn status(&self) -> BoxFuture<'_, Status> {
        self.look().boxed()
    }

    fn ready(&self) -> BoxFuture<'_, Result<(), Vec<String>>> {
        async {
            let mut reasons = vec![];
            reasons.extend(self.journal.probe().await.err().map(|why| why.to_string()));
            match self.screens.status().await {
                Ok(screens) => reasons.extend(self.stuck(&screens)),
                Err(why) => reasons.push(why.to_string()),
            }
            if reasons.is_empty() { Ok(()) } else { Err(reasons) }
        }
        .boxed()
    }

    fn warnings(&self) -> Vec<String> {
        let Room { free: Some(free), is_low: true } = self.disk.room() else { return vec![] };
        vec![format!("little room is left on the disk: {} MB", free / 1_000_000)]
    }

    fn rebuild<'a>(&'a self, projection: &'a str) -> BoxFuture<'a, Result<i64, Error>> {
        async move {
            let projector = self.projector(projection)?.clone();
            let shown = self.generation(projection).await?;
            let rebuild = tokio::spawn(async move { projector.rebuild().await });
            // Refusals come at once; what is begun goes on without the one who asked.
            match tokio::time::timeout(REFUSAL_WAIT, rebuild).await {
                Ok(Ok(Err(why))) => Err(error(why)),
                Ok(_) | Err(_) => Ok(shown + 1),
            }
        }
        .boxed()
    }

    fn replay<'a>(&'a self, parked: ParkedStream<'a>) -> BoxFuture<'a, Result<Replayed, Error>> {
        let ParkedStream { projection, kind, stream } = parked;
        async move {
            match self.projector(projection)?.replay_parked(kind, stream).await.map_err(error)? {
                Replay::Done { facts } => Ok(Replayed::Followed { events: facts }),
                Replay::StillParked { position, reason } => Ok(Replayed::StillParked { position, reason }),
                Replay::NotParked => Err(Error::NotParked),
                Replay::Lost => Err(Error::Unavailable("the screen moved on; try again".into())),
            }
        }
        .boxed()
    }

    fn discard<'a>(&'a self, parked: ParkedStream<'a>) -> BoxFuture<'a, Result<(), Error>> {
        let ParkedStream { projection, kind, stream } = parked;
        async move {
            let given_up = self.projector(projection)?.discard_parked(kind, stream).await.map_err(error)?;
            if given_up { Ok(()) } else { Err(Error::NotParked) }
        }
        .boxed()
    }

    fn forgotten_applied<'a>(&'a self, by: &'a str) -> BoxFuture<'a, Result<bool, Error>> {
        async move {
            let noted = self.journal.forgotten_applied(by, self.clock.now()).await;
            noted.map_err(|why| Error::Journal(why.to_string()))
        }
        .boxed()
    }

    fn confirm_restore<'a>(&'a self, by: &'a str, nobody: bool) -> BoxFuture<'a, Result<bool, Error>> {
        async move {
            let confirmed = self.journal.confirm_restore(by, nobody, self.clock.now()).await;
            match confirmed.map_err(|why| Error::Journal(why.to_string()))? {
                Confirmed::Done => Ok(true),
                Confirmed::Nothing => Ok(false),
                Confirmed::Unapplied => Err(Error::ForgottenUnapplied),
            }
        }
        .boxed()
    }

    fn is_left_behind(&self) -> bool {
        moving::is_left_behind(&self.folder)
    }

    fn verify(&self, by: Asker) -> bool {
        self.verifying.begin(by)
    }

    fn verification(&self) -> Verification {
        self.verifying.known()
    }
}

fn error(why: projector::Error) -> Error {
    match why {
        projector::Error::Rebuilding => Error::RebuildRunning,
        projector::Error::UnknownKind => Error::NotParked,
        why @ (projector::Error::Journal(_)
        | projector::Error::Screen(_)
        | projector::Error::GivenUp
        | projector::Error::Away
        | projector::Error::Busy) => Error::Unavailable(why.to_string()),
    }
}

impl From<Restored> for Unconfirmed {
    fn from(restored: Restored) -> Self {
        let Restored { position, taken_at, restored_at, forgotten_applied } = restored;
        Self::new(position, (taken_at, restored_at), forgotten_applied)
    }
}

impl From<crate::dispatch::Progress> for Keeper {
    fn from(keeper: crate::dispatch::Progress) -> Self {
        let crate::dispatch::Progress { kind, under_way, done, busy, restarts } = keeper;
        Self { kind: kind.to_owned(), under_way, done, busy, restarts }
    }
}

impl From<guardian::Progress> for Actor {
    fn from(actor: guardian::Progress) -> Self {
        Self {
            name: actor.name.to_owned(),
            state: if actor.working.is_some() { "working" } else { "waiting" }.to_owned(),
            restarts: actor.restarts,
            beats: actor.beats,
            beat_age_ms: u64::try_from(actor.silent.as_millis()).unwrap_or(u64::MAX),
            counters: actor.counters.into_iter().map(|(name, count)| (name.to_owned(), count)).collect(),
        }
    }
}
