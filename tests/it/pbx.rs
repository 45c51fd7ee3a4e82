//! R8: an exchange is watched over HTTPS, with whatever goes wrong there, on both stores. The watcher, the keepers and the screens are
//! the engine's own; the exchange is the simulated one, which shares no type with them and knows the truth.

mod deep;
mod doors;
mod legs;
mod live;
mod nodes;
mod panics;
mod recordings;
mod syncing;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::ids::{Organization, PbxCallId, StreamId};
use domain::pbx::reading::Reading;
use domain::pbx_call::Status;
use domain::phone::Home;
use karnay::actors::guardian;
use karnay::actors::pbx::handle::{self, Standing, Watch};
use karnay::actors::pbx::{self, Limits};
use karnay::actors::projector::{self, screen::Screen, screen::Shown};
use karnay::adapters::exchange::{self, Password, Times, Tls};
use karnay::adapters::kerio::Kerio;
use karnay::adapters::simulated_pbx::{self, Row, SimulatedPbx};
use karnay::adapters::system::{SystemClock, SystemIds};
use karnay::dispatch::Dispatch;
use karnay::journal::keys::DataKey;
use karnay::journal::verify::Place;
use karnay::journal::{self, Journal};
use karnay::ports::pbx::Pbx;
use karnay::ports::{Clock, Ids};
use projections::pbx_calls::{self, Filter, PbxCallRow, PbxCalls};
use projections::pbx_watch::PbxWatch;
use projections::projection::Projection as _;
use projections::{Screens, Store};
use sqlx::postgres::PgPoolOptions;
use tempfile::TempDir;

use crate::postgres::Server;

const PATIENCE: Duration = Duration::from_mins(1);
/// The longest that a call takes from its end into the log, and some more on a loaded machine.
const SETTLED: Duration = Duration::from_secs(15);

/// Looks come quickly, so that much happens in a short time.
fn quick() -> Limits {
    Limits {
        poll: Duration::from_millis(40),
        sync: Duration::from_millis(400),
        page: 50,
        pause_max: Duration::from_millis(300),
        lease: Duration::from_millis(1_200),
        ..Limits::default()
    }
}

/// What a node stands on.
pub(crate) struct Ground {
    folder: TempDir,
    postgres: Option<(Arc<Server>, String)>,
}

impl Ground {
    fn sqlite() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), postgres: None }
    }

    async fn postgres() -> Self {
        let server = Server::shared();
        let url = server.database().await;
        Self { folder: tempfile::tempdir().unwrap(), postgres: Some((server, url)) }
    }

    async fn journal(&self) -> Journal {
        let place = match &self.postgres {
            None => Place::Folder(self.folder.path().to_owned()),
            Some((_, url)) => Place::Url(url.clone()),
        };
        let options = journal::Options { place, clock: Arc::new(SystemClock), ids: Arc::new(SystemIds) };
        Journal::open(options, |_| Ok(DataKey([7; 32]))).await.unwrap()
    }

    async fn screens(&self) -> Screens {
        let store = match &self.postgres {
            None => Store::Sqlite(self.folder.path().join("screens.db")),
            Some((_, url)) => {
                Store::Postgres(PgPoolOptions::new().max_connections(6).connect_lazy(url).unwrap())
            }
        };
        Screens::open(projections::Options::new(store, Arc::new(|| SystemClock.now()))).await.unwrap()
    }
}

/// An engine, as far as it watches.
pub(crate) struct Node {
    journal: Journal,
    screens: Screens,
    guardian: guardian::Handle,
    watch: Watch,
    pbx: Arc<dyn Pbx>,
}

fn home() -> Home {
    Home::parse("UZ").unwrap()
}

fn organization() -> Organization {
    Organization::parse("1").unwrap()
}

fn simulated(faults: &str) -> SimulatedPbx {
    let mut options = simulated_pbx::Options::new(Arc::new(SystemClock), Arc::new(SystemIds));
    options.faults = faults.parse().unwrap();
    simulated_pbx::start(options).unwrap()
}

fn driver(exchange: &SimulatedPbx, password: &str, pin: &str) -> Arc<dyn Pbx> {
    let pin = hex::decode(pin.trim_start_matches("pin:")).unwrap().try_into().unwrap();
    Arc::new(
        Kerio::try_new(exchange::Options {
            host: "127.0.0.1".to_owned(),
            port: exchange.port(),
            user: exchange.user().to_owned(),
            password: Password::new(password),
            tls: Tls::Pin(pin),
            times: Times {
                poll: Duration::from_secs(2),
                call: Duration::from_secs(20),
                piece: Duration::from_secs(5),
            },
            recording_len_max: 1 << 20,
        })
        .unwrap(),
    )
}

impl Node {
    async fn start(ground: &Ground, exchange: &SimulatedPbx, limits: Limits) -> Self {
        let pbx = driver(exchange, exchange.password(), &exchange.pin());
        Self::with(ground, pbx, limits).await
    }

    async fn with(ground: &Ground, pbx: Arc<dyn Pbx>, limits: Limits) -> Self {
        Self::with_ids(ground, pbx, limits, Arc::new(SystemIds)).await
    }

    async fn with_ids(ground: &Ground, pbx: Arc<dyn Pbx>, limits: Limits, ids: Arc<dyn Ids>) -> Self {
        let (watch, end) = handle::watch(organization(), Standing::new("jsonrpc", true));
        let (journal, screens) = (ground.journal().await, ground.screens().await);
        let dispatch = Dispatch::start(&journal, &[actix::Arbiter::current()]);
        let options = pbx::Options {
            journal: journal.clone(),
            screens: screens.clone(),
            dispatch,
            pbx: Arc::clone(&pbx),
            end,
            organization: organization(),
            home: home(),
            reading: Reading::default(),
            clock: Arc::new(SystemClock),
            ids,
            runtime: tokio::runtime::Handle::current(),
            limits,
        };
        let shown: [Arc<dyn Screen>; 2] =
            [Arc::new(Shown::<PbxCalls>::new(&screens)), Arc::new(Shown::<PbxWatch>::new(&screens))];
        let mut wards = vec![pbx::ward(options)];
        for screen in shown {
            let (journal, clock) = (journal.clone(), Arc::new(SystemClock));
            let runtime = tokio::runtime::Handle::current();
            wards.push(projector::ward(projector::Options { screen, journal, clock, runtime }).0);
        }
        let watchful = guardian::Limits { round: Duration::from_millis(100), ..guardian::Limits::default() };
        let guardian = guardian::start(watchful, wards).unwrap();
        Self { journal, screens, guardian, watch, pbx }
    }

    /// As the engine stops.
    async fn stop(self) {
        self.guardian.stop().await;
        self.pbx.close().await;
        self.journal.close().await;
        self.screens.close().await.unwrap();
    }

    async fn until(&self, what: &str, mut holds: impl AsyncFnMut(&Self) -> bool) {
        let began = Instant::now();
        while !holds(self).await {
            assert!(began.elapsed() < PATIENCE, "not {what}: {:?}", self.watch.standing());
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    }

    async fn until_connected(&self) {
        self.until("connected", async |node| node.watch.standing().connected).await;
    }

    /// Until a reading that began after now has come to its end.
    async fn synced(&self) {
        let asked = SystemClock.now();
        for _ in 0..2 {
            let before = self.watch.standing().last_sync;
            self.watch.sync_now();
            self.until("synced", async |node| node.watch.standing().last_sync > before).await;
        }
        assert!(self.watch.standing().last_sync > Some(asked));
        let fresh = self.screens.wait(PbxCalls::NAME, self.journal.position(), PATIENCE).await;
        assert_eq!(fresh.behind, 0);
    }

    /// Every call on the screen.
    async fn calls(&self) -> Vec<PbxCallRow> {
        let fresh = self.screens.wait(PbxCalls::NAME, self.journal.position(), PATIENCE).await;
        assert_eq!(fresh.behind, 0);
        let (mut all, mut below) = (vec![], None);
        loop {
            let filter = Filter::default();
            let page =
                pbx_calls::history(&self.screens, &organization(), &filter, (below, 500)).await.unwrap();
            let Some(last) = page.last() else { return all };
            below = Some(last.place());
            all.extend(page);
        }
    }

    /// What the watcher counted.
    fn counter(&self, what: &str) -> u64 {
        let wards = self.guardian.progress();
        let watcher = wards.iter().find(|ward| ward.name == "pbx").unwrap();
        watcher.counters.iter().find(|(name, _)| *name == what).map_or(0, |(_, count)| *count)
    }

    /// What was said of one call, by the events' names.
    async fn course(&self, call: &str) -> Vec<String> {
        self.said("pbx_call", StreamId::pbx_call(&organization(), &PbxCallId::parse(call).unwrap())).await
    }

    /// What was said of the watch.
    async fn watched(&self) -> Vec<String> {
        self.said("pbx", StreamId::pbx(&organization())).await
    }

    async fn said(&self, kind: &'static str, stream: StreamId) -> Vec<String> {
        let stored = self.journal.stream(kind, &stream).await.unwrap();
        stored.into_iter().map(|event| event.event_type).collect()
    }

    /// After a reading the history is the exchange's log, row by row and as often. A call that was hung up a moment ago has no row yet.
    async fn shows_the_log_of(&self, exchange: &SimulatedPbx) {
        let began = Instant::now();
        loop {
            self.synced().await;
            let shown = counted(self.calls().await.iter().map(shown));
            let log = counted(exchange.log().iter().map(told));
            if shown == log {
                return;
            }
            let missing: Vec<_> = log.iter().filter(|(row, count)| shown.get(*row) != Some(*count)).collect();
            let strange: Vec<_> = shown.iter().filter(|(row, count)| log.get(*row) != Some(*count)).collect();
            assert!(began.elapsed() < SETTLED, "missing {missing:?}, strange {strange:?}");
        }
    }
}

/// Start, from, to, status, ringing, talking, whether the log has told of it.
type Call = (i64, String, String, Status, i64, i64, bool);

fn shown(row: &PbxCallRow) -> Call {
    let secs = |secs: Option<u32>| secs.map_or(-1, i64::from);
    let status = row.status.unwrap_or(Status::Failed);
    let (from, to) = (row.from_number.clone(), row.to_number.clone());
    let (ring, talk) = (secs(row.ring_secs), secs(row.talk_secs));
    (row.started_at.timestamp(), from, to, status, ring, talk, row.confirmed == 1)
}

fn told(row: &Row) -> Call {
    let status = match row.status {
        2 => Status::Busy,
        3 | 6 => Status::Unanswered,
        4 => Status::Answered,
        _ => Status::Failed,
    };
    let ring = row.call_secs - row.answered_secs;
    (row.timestamp, row.from.clone(), row.to.clone(), status, ring, row.answered_secs, true)
}

fn counted(calls: impl Iterator<Item = Call>) -> BTreeMap<String, usize> {
    calls.fold(BTreeMap::new(), |mut counted, call| {
        *counted.entry(format!("{call:?}")).or_default() += 1;
        counted
    })
}
