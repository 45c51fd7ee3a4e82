//! The one handle on all screens: opening them, waiting until one has caught up, and seeing how each stands.

mod progress;
mod reading;

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::fact::Position;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::api_keys::ApiKeys;
use crate::cache::Cache;
use crate::call_history::CallHistory;
use crate::campaign_board::CampaignBoard;
use crate::campaign_calls::CampaignCalls;
use crate::campaign_hours::CampaignHours;
use crate::contact_book::ContactBook;
use crate::do_not_call::DoNotCall;
use crate::error::Error;
use crate::imports::Imports;
use crate::number_lists::NumberLists;
use crate::pbx_calls::PbxCalls;
use crate::pbx_watch::PbxWatch;
use crate::projection::Spec;
use crate::promises::Promises;
use crate::quarantine::Quarantine;
use crate::registry::{self, Generation, Parked, State};
use crate::row::Cell;
use crate::session_stats::{SessionRow, SessionStats};
use crate::store::postgres::Postgres;
use crate::store::sqlite::Sqlite;
use crate::store::{Backend, Step, schema};
use crate::targets::Targets;
use crate::users::Users;
use crate::webhook_endpoints::WebhookEndpoints;

pub use crate::options::{Clock, Options, Store};

use progress::Meters;
pub use progress::Status;

/// Sessions whose row is kept for those who ask again and again.
const SESSIONS_CACHED: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();
/// While somebody waits, the registry is looked at this often: another node may be the one that follows.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Further behind than this a screen will not catch up within anybody's patience: it is being built, and one is told so at once.
const HOPELESS: u64 = 50_000;

/// How current an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// What the screen holds, at least.
    pub position: Position,
    /// How many positions are missing to what was asked for.
    pub behind: u64,
    /// Streams whose later events it does not hold.
    pub parked: u64,
}

/// How far a screen's live generation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) generation: i64,
    /// Read at least; what is stored may be a little behind.
    pub(crate) position: Position,
    pub(crate) recorded_at: Option<DateTime<Utc>>,
    /// Of an older version that nobody feeds any more, shown until its successor is built.
    pub(crate) frozen: bool,
    pub(crate) parked: u64,
}

#[derive(Clone)]
pub struct Screens {
    inner: Arc<Inner>,
}

struct Inner {
    backend: Backend,
    clock: Clock,
    milestones_every: u64,
    screens: BTreeMap<&'static str, Screen>,
    meters: Meters,
    sessions: Cache<String, SessionRow>,
}

struct Screen {
    spec: Spec,
    applied: watch::Sender<Applied>,
    looked: Mutex<Option<Instant>>,
}

impl fmt::Debug for Screens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Screens").field("backend", &self.inner.backend).finish_non_exhaustive()
    }
}

impl Screens {
    pub async fn open(options: Options) -> Result<Self, Error> {
        Self::open_with(options, &Self::specs()).await
    }

    /// Every screen there is.
    pub(crate) fn specs() -> [Spec; 17] {
        [
            Spec::of::<SessionStats>(),
            Spec::of::<CallHistory>(),
            Spec::of::<NumberLists>(),
            Spec::of::<Quarantine>(),
            Spec::of::<ContactBook>(),
            Spec::of::<DoNotCall>(),
            Spec::of::<Imports>(),
            Spec::of::<CampaignBoard>(),
            Spec::of::<Targets>(),
            Spec::of::<Promises>(),
            Spec::of::<CampaignHours>(),
            Spec::of::<CampaignCalls>(),
            Spec::of::<PbxCalls>(),
            Spec::of::<PbxWatch>(),
            Spec::of::<Users>(),
            Spec::of::<ApiKeys>(),
            Spec::of::<WebhookEndpoints>(),
        ]
    }

    pub(crate) async fn open_with(options: Options, specs: &[Spec]) -> Result<Self, Error> {
        let backend = match options.store {
            Store::Sqlite(path) => Backend::Sqlite(Sqlite::open(path).await?),
            Store::Postgres(pool) => Backend::Postgres(Postgres::open(pool).await?),
        };
        schema::prepare(&backend, specs, (options.clock)()).await.map_err(unusable)?;
        let mut screens = BTreeMap::new();
        for spec in specs {
            let live = registry::live(&backend, spec.name).await?;
            let applied = watch::Sender::new(applied(&live, spec.version));
            screens.insert(spec.name, Screen { spec: *spec, applied, looked: Mutex::default() });
        }
        let inner = Inner {
            backend,
            clock: options.clock,
            milestones_every: options.milestones_every,
            screens,
            meters: Meters::default(),
            sessions: Cache::new(SESSIONS_CACHED),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Waits until the screen holds everything up to `target`, or says how far behind it is.
    /// A rebuild is not waited for.
    pub async fn wait(&self, name: &str, target: Position, timeout: Duration) -> Freshness {
        let Some(screen) = self.inner.screens.get(name) else {
            return Freshness { position: 0, behind: target, parked: 0 };
        };
        if screen.position() >= target {
            return screen.freshness(target);
        }
        let until = Instant::now() + timeout;
        let mut applied = screen.applied.subscribe();
        loop {
            self.look(screen).await;
            let now = Instant::now();
            if !screen.pending(target) || now >= until {
                return screen.freshness(target);
            }
            let again = until.min(now + LOOK_AGAIN);
            // Either way one looks: a change may be the one that was waited for.
            let _ =
                tokio::time::timeout_at(again, applied.wait_for(|applied| !short_of(applied, target))).await;
        }
    }

    /// Reads what another node has applied. In the embedded store there is no other.
    async fn look(&self, screen: &Screen) {
        if matches!(self.inner.backend, Backend::Sqlite(_)) || !screen.may_look() {
            return;
        }
        match registry::live(&self.inner.backend, screen.spec.name).await {
            Ok(live) => screen.publish(applied(&live, screen.spec.version)),
            Err(error) => tracing::warn!(screen = screen.spec.name, %error, "the registry could not be read"),
        }
    }

    /// How each generation of each screen stands.
    pub async fn status(&self) -> Result<Vec<Status>, Error> {
        let known = registry::generations(&self.inner.backend, None).await?;
        let shown = known.into_iter().filter(|known| known.state != State::Retired);
        Ok(shown.map(|known| self.inner.meters.status(self.as_read(known))).collect())
    }

    /// A generation as this process knows it, which may have read further than is stored.
    fn as_read(&self, stored: Generation) -> Generation {
        let screen = self.inner.screens.get(stored.name.as_str());
        let read = screen.map(|screen| *screen.applied.borrow());
        let further =
            |read: &Applied| read.generation == stored.generation && read.position > stored.position;
        match read.filter(further) {
            Some(Applied { position, recorded_at, .. }) => Generation { position, recorded_at, ..stored },
            None => stored,
        }
    }

    /// The streams that the live generation of a screen has parked, the longest parked first.
    pub async fn parked(&self, name: &str) -> Result<Vec<Parked>, Error> {
        let live = registry::live(&self.inner.backend, name).await?;
        registry::parked(&self.inner.backend, name, live.generation).await
    }

    /// Gives up the events of a parked stream: what it says from now on is taken again. False where it is not parked.
    pub async fn discard(&self, name: &str, kind: &str, stream: &str) -> Result<bool, Error> {
        let live = registry::live(&self.inner.backend, name).await?;
        let prefix = self.inner.backend.dialect().prefix();
        let steps = vec![
            Step::new(format!(
                "update {prefix}projections set epoch = epoch + 1 where name = $1 and generation = $2"
            ))
            .with(vec![Cell::text(name), Cell::int(live.generation)])
            .expecting(1),
            unpark(prefix, &live, (kind, stream)),
        ];
        let given_up = self.inner.backend.transact(steps).await?;
        if given_up {
            tracing::warn!(screen = name, kind, stream, "the events of a parked stream were given up");
        }
        Ok(given_up)
    }

    /// Starts anew every generation that holds more than the journal does: it was fed by another journal.
    /// For the embedded store, once at start; its names are returned.
    pub async fn forget_beyond(&self, head: Position) -> Result<Vec<&'static str>, Error> {
        let mut forgotten = vec![];
        for screen in self.inner.screens.values() {
            let known = registry::generations(&self.inner.backend, Some(screen.spec.name)).await?;
            if known.iter().all(|known| known.position <= head) {
                continue;
            }
            let (dialect, now) = (self.inner.backend.dialect(), (self.inner.clock)());
            let next = schema::next(&known);
            let steps = schema::start_anew(dialect, &screen.spec, (&known, next), now);
            if self.inner.backend.transact(steps).await? {
                let live = registry::live(&self.inner.backend, screen.spec.name).await?;
                screen.applied.send_replace(applied(&live, screen.spec.version));
                forgotten.push(screen.spec.name);
            }
        }
        Ok(forgotten)
    }

    /// Before the process ends: leaves one tidy file behind.
    pub async fn close(&self) -> Result<(), Error> {
        let Backend::Sqlite(store) = &self.inner.backend else { return Ok(()) };
        store.settle().await.map(drop)
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.inner.backend
    }

    pub(crate) fn milestones_every(&self) -> u64 {
        self.inner.milestones_every
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.inner.clock)()
    }

    pub(crate) fn meters(&self) -> &Meters {
        &self.inner.meters
    }

    pub(crate) fn sessions(&self) -> &Cache<String, SessionRow> {
        &self.inner.sessions
    }

    /// What the live generation holds at least, without asking anybody.
    pub(crate) fn position(&self, name: &str) -> Position {
        self.inner.screens.get(name).map_or(0, Screen::position)
    }

    /// The generation that was last seen to be shown.
    pub(crate) fn generation(&self, name: &str) -> Option<i64> {
        self.inner.screens.get(name).map(|screen| screen.applied.borrow().generation)
    }

    pub(crate) fn publish(&self, name: &str, applied: Applied) {
        if let Some(screen) = self.inner.screens.get(name) {
            screen.publish(applied);
        }
    }
}

impl Screen {
    fn position(&self) -> Position {
        self.applied.borrow().position
    }

    /// Whether it is worth waiting.
    fn pending(&self, target: Position) -> bool {
        short_of(&self.applied.borrow(), target)
    }

    fn freshness(&self, target: Position) -> Freshness {
        let Applied { position, parked, .. } = *self.applied.borrow();
        Freshness { position, behind: target.saturating_sub(position), parked }
    }

    /// Never goes back within a generation: two looks may overtake each other.
    fn publish(&self, new: Applied) {
        self.applied.send_if_modified(|known| {
            let newer = (new.generation, new.position) >= (known.generation, known.position);
            let changes = newer && *known != new;
            if changes {
                *known = new;
            }
            changes
        });
    }

    fn may_look(&self) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let due = looked.is_none_or(|at| at.elapsed() >= LOOK_AGAIN);
        if due {
            *looked = Some(Instant::now());
        }
        due
    }
}

/// Whatever hinders the preparation hinders the start.
fn unusable(error: Error) -> Error {
    match error {
        Error::Sqlite(_) | Error::Postgres(_) => {
            Error::Open(format!("the screens cannot be prepared: {error}"))
        }
        Error::Open(_)
        | Error::Unknown(_)
        | Error::Closed
        | Error::Superseded { .. }
        | Error::Misfed { .. }
        | Error::AlreadyThere
        | Error::Unreadable { .. } => error,
    }
}

fn short_of(applied: &Applied, target: Position) -> bool {
    let behind = target.saturating_sub(applied.position);
    behind > 0 && behind <= HOPELESS && !applied.frozen
}

pub(crate) fn applied(live: &Generation, version: i64) -> Applied {
    let Generation { generation, position, recorded_at, parked, .. } = *live;
    Applied { generation, position, recorded_at, frozen: live.version != version, parked }
}

/// Takes a stream's name off the list of the parked.
pub(crate) fn unpark(prefix: &str, generation: &Generation, (kind, stream): (&str, &str)) -> Step {
    let sql = format!(
        "delete from {prefix}parked where projection = $1 and generation = $2 and kind = $3 and stream = $4"
    );
    let args = vec![
        Cell::text(generation.name.clone()),
        Cell::int(generation.generation),
        Cell::text(kind),
        Cell::text(stream),
    ];
    Step::new(sql).with(args).expecting(1)
}
