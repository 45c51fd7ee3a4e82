//! The composition root: everything is built, wired, run and shut down here, and the tests use the same.
//! It holds no rule and answers no request; it knows every part and no part knows it.

mod agent;
mod ends;
mod far_ends;
mod pbx;
mod rebuild;
mod receivers;
mod remote;
mod restored;
mod signing;
mod simulation;
mod uploads;
mod users;
mod verification;
mod vitals;
mod wards;

use std::net::{IpAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::projections::{Screens, Store};
use actix::Arbiter;
use actix_web::dev::ServerHandle;
use anyhow::{Context as _, anyhow};
use chrono::TimeDelta;
use domain::rules::Pack;
use domain::zone::Zone;
use sqlx::postgres::PgPoolOptions;
use tokio::signal::unix::{SignalKind, signal};

use crate::actors::{dialler, effector, guardian, hub, pbx as watcher, projector};
use crate::adapters::simulated::CallServer;
use crate::adapters::spreadsheet::Spreadsheets;
use crate::adapters::system::{SystemClock, SystemIds};
use crate::config::{Config, keys};
use crate::dispatch::Dispatch;
use crate::dispatch::dialling::House;
use crate::dispatch::proof::Proof;
use crate::http;
use crate::journal::keys::DataKey;
use crate::journal::signer::Signer;
use crate::journal::verify::Place;
use crate::journal::{self, Journal};
use crate::ports::{AgentKind, Clock, Ids, RemoteHost, VoiceAgent};
use crate::telemetry;

pub use agent::voice_agent;
use ends::{Ends, ends};
pub use pbx::{Exchange, exchange, exchange_options, recordings_folder};
pub use rebuild::{RebuildStep, rebuild_offline};
use remote::call_servers;
pub use signing::{lose_key_offline, take_key_offline};
use uploads::{forget_uploads, uploads};
pub use users::{Errand, user_offline};
use verification::Verifying;
use vitals::Pulse;

/// Commands are spread over so many threads at most; beyond that the journal's one writer is what counts.
const KEEPER_THREADS_MAX: usize = 4;
/// Connections for reading the screens and writing them.
const SCREEN_CONNECTIONS_MAX: u32 = 8;
/// What is under way in the world is waited for this long at a stop, the doors' closing included: of ten seconds some are left for the
/// stores. What is not done then is asked about after the next start.
const EFFECTS_PATIENCE: Duration = Duration::from_secs(7);
/// Commands that were taken in are stored in milliseconds, unless the store is away.
const DRAIN_PATIENCE: Duration = Duration::from_secs(1);
/// One small write.
const SIGN_PATIENCE: Duration = Duration::from_millis(500);
/// An exchange forgets a session by itself too.
const LEAVE_PATIENCE: Duration = Duration::from_millis(500);
/// Reads fail after this long where the database is away; nobody waits for it in silence.
const SCREEN_CONNECTION_WAIT: Duration = Duration::from_secs(2);

/// The world as the engine is given it. What is none is made from the configuration.
#[derive(Debug, Clone)]
pub struct Ports {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub remote: Option<Arc<dyn RemoteHost>>,
    pub agent: Option<Arc<dyn VoiceAgent>>,
    /// How fast the dialler works.
    pub dialling: dialler::Limits,
    /// How closely an exchange is watched; none where the settings say so.
    pub watching: Option<watcher::Limits>,
}

impl Ports {
    pub fn real() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            remote: None,
            agent: None,
            dialling: dialler::Limits::default(),
            watching: None,
        }
    }
}

/// An engine that is built and listens.
#[derive(Debug)]
pub struct App {
    journal: Journal,
    screens: Screens,
    dispatch: Dispatch,
    effector: effector::Handle,
    guardian: guardian::Handle,
    signer: Signer,
    engine: http::Engine,
    listener: TcpListener,
    /// What dials and reports from inside this process, where the remote host is simulated.
    simulated: Option<CallServer>,
    /// What is watched, and its imitation where it is one.
    exchange: Option<Exchange>,
    watch: Option<watcher::handle::Watch>,
}

impl App {
    /// Opens the doors last, but takes the address first: a port in use must not leave a journal behind.
    pub async fn build(mut config: Config, ports: Ports) -> anyhow::Result<Self> {
        let listener = bind(&config)?;
        // Whoever begins to count before there is a recorder counts for nobody.
        telemetry::metrics();
        // Port 0 was a wish for any; from here on it is the one that was given.
        config.http.port = listener.local_addr()?.port();
        let (journal, signer) = signing::open(&config, &ports).await?;
        forget_uploads(&config);
        let screens = open_screens(&config, &ports, &journal).await?;
        let ends = ends(&config, &ports)?;
        let options = http_options(&config, &ports, &ends, call_servers(&config).await)?;
        let Ends { remote, simulated, agent, exchange, recordings, disk, receivers } = ends;
        let (watch, watched) = exchange.as_ref().map(|exchange| exchange.watch(&config)).unzip();
        let dispatch = start_keepers(&journal)?;
        let ends = far_ends::far_ends(&config, &ports, &dispatch, (&remote, &agent))?;
        let world = wards::World {
            journal: journal.clone(),
            screens: screens.clone(),
            dispatch: dispatch.clone(),
            signer: signer.clone(),
            ends,
            recordings,
            disk,
            receivers,
            watched,
            board: hub::board(journal.position()),
            moving: http::Moving::default(),
            ports,
            config: &config,
        };
        let wards::Wards { all, effector, projectors } = wards::all(&world)?;
        let guardian = guardian::start(guardian::Limits::default(), all)?;
        let engine = doors(&world, (&guardian, projectors), watch.clone(), options)?;
        Ok(Self {
            journal,
            screens,
            dispatch,
            effector,
            guardian,
            signer,
            engine,
            listener,
            simulated,
            exchange,
            watch,
        })
    }

    /// Serves until SIGTERM, Ctrl-C or the guardian ends it. An end that nobody asked for is an error.
    pub async fn run_until_stopped(self) -> anyhow::Result<()> {
        let address = self.listener.local_addr()?;
        let server = http::server(&self.engine, vec![self.listener.try_clone()?], http_workers())?;
        let handle = server.handle();
        restored::tell(&self.journal).await;
        let serving = actix::spawn(server);
        tracing::info!("karnay {} listens at http://{address}", env!("CARGO_PKG_VERSION"));
        let end = tokio::select! {
            asked = stop_asked() => asked.map_err(Into::into),
            fatal = self.guardian.fatal() => Err(anyhow!(fatal)),
            () = self.journal.ended() => Err(anyhow!("nothing can be stored any more: the journal's writing broke")),
            ended = serving => Err(anyhow!("the server ended by itself: {ended:?}")),
        };
        self.shut_down(&handle).await;
        end
    }

    /// Doors closed, effects awaited, keepers drained, screens let go, the journal last: what was taken in is answered and stored.
    async fn shut_down(self, server: &ServerHandle) {
        tracing::info!("stopping");
        self.engine.close().await;
        if let Some(simulated) = &self.simulated {
            // Its reports would keep the doors from closing.
            simulated.close();
        }
        let began = Instant::now();
        server.stop(true).await;
        // Before the keepers, for what becomes of an effect is a command.
        if !self.effector.close(EFFECTS_PATIENCE.saturating_sub(began.elapsed())).await {
            tracing::warn!(
                "something is still under way in the world: it is asked about after the next start"
            );
        }
        if let Some(watch) = &self.watch {
            pbx::leave(watch, &self.dispatch).await;
        }
        if tokio::time::timeout(DRAIN_PATIENCE, self.dispatch.drain()).await.is_err() {
            tracing::warn!(
                "some commands got no answer from the store: whoever sent them was not told that they are stored"
            );
        }
        self.guardian.stop().await;
        if let Some(exchange) = &self.exchange
            && tokio::time::timeout(LEAVE_PATIENCE, exchange.pbx.close()).await.is_err()
        {
            tracing::warn!("the exchange did not say goodbye");
        }
        // Whatever is cut off later was signed by then.
        if tokio::time::timeout(SIGN_PATIENCE, self.signer.sign()).await.is_ok_and(|signed| signed.is_err()) {
            tracing::warn!("what was recorded last is not signed; that is done after the next start");
        }
        self.journal.close().await;
        if let Err(why) = self.screens.close().await {
            tracing::warn!(cause = %why, "the screens were not tidied up; nothing is lost");
        }
        tracing::info!("stopped");
    }
}

fn bind(config: &Config) -> anyhow::Result<TcpListener> {
    let address = config.http.address();
    http::bind(address).with_context(|| format!("PORT: cannot listen at {address}"))
}

fn place(config: &Config) -> Place {
    match &config.store.database_url {
        Some(url) => Place::Url(url.expose().to_owned()),
        None => Place::Folder(config.store.data_dir.clone()),
    }
}

async fn open_journal(config: &Config, ports: &Ports) -> anyhow::Result<Journal> {
    let folder = &config.store.data_dir;
    std::fs::create_dir_all(folder)
        .with_context(|| format!("DATA_DIR: cannot write in {}", folder.display()))?;
    let data_key = |fresh: bool| {
        let key = keys::data_key(config, fresh, &mut |bytes| ports.ids.fill(bytes));
        key.map(|key| DataKey(*key.expose())).map_err(|why| why.to_string())
    };
    let options = journal::Options {
        place: place(config),
        clock: Arc::clone(&ports.clock),
        ids: Arc::clone(&ports.ids),
    };
    Ok(Journal::open(options, data_key).await?)
}

/// What an engine with these settings holds its campaigns to.
pub fn house_of(config: &Config) -> anyhow::Result<House> {
    let agent = if config.agent.url.is_some() { AgentKind::Real } else { AgentKind::Simulated };
    house(config, agent)
}

/// What holds for every campaign. Calls that disturb nobody may go at any time.
fn house(config: &Config, agent: AgentKind) -> anyhow::Result<House> {
    let unless_told = || match agent {
        AgentKind::Simulated => Pack::always(),
        AgentKind::Real => Pack::uz(),
    };
    Ok(House {
        pack: config.agent.rules.clone().unwrap_or_else(unless_told),
        zone: Zone::parse(config.house.timezone.name()).context("DEFAULT_TIMEZONE")?,
        patience: TimeDelta::from_std(config.agent.timeout).context("AGENT_TIMEOUT_SECONDS")?,
    })
}

async fn open_screens(config: &Config, ports: &Ports, journal: &Journal) -> anyhow::Result<Screens> {
    let clock = Arc::clone(&ports.clock);
    let store = match &config.store.database_url {
        None => Store::Sqlite(config.store.data_dir.join("screens.db")),
        Some(url) => {
            let options = PgPoolOptions::new()
                .max_connections(SCREEN_CONNECTIONS_MAX)
                .acquire_timeout(SCREEN_CONNECTION_WAIT);
            Store::Postgres(options.connect_lazy(url.expose()).context("DATABASE_URL")?)
        }
    };
    let embedded = matches!(store, Store::Sqlite(_));
    let screens = Screens::open(::projections::Options::new(store, Arc::new(move || clock.now()))).await?;
    if embedded {
        for name in screens.forget_beyond(journal.position()).await? {
            tracing::warn!(screen = name, "the screen knew more than the journal does: it is built anew");
        }
    }
    Ok(screens)
}

fn start_keepers(journal: &Journal) -> anyhow::Result<Dispatch> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let arbiters: Vec<_> = (0..cores.min(KEEPER_THREADS_MAX))
        .map(|_| Arbiter::try_new().map(|arbiter| arbiter.handle()))
        .collect::<Result<_, _>>()?;
    Ok(Dispatch::start(journal, &arbiters))
}

fn http_workers() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn metrics() -> http::Render {
    let recorder = telemetry::metrics();
    Arc::new(move || recorder.as_ref().map_or_else(String::new, telemetry::Metrics::render))
}

fn http_options(
    config: &Config,
    ports: &Ports,
    ends: &Ends,
    call_servers: Vec<IpAddr>,
) -> anyhow::Result<http::Options> {
    let jwt_secret = keys::jwt_secret(config, &mut |bytes| ports.ids.fill(bytes))?;
    Ok(http::Options {
        organization: config.house.organization.clone(),
        home: config.house.region,
        timezone: config.house.timezone,
        read_wait: config.http.read_wait,
        start_wait: config.remote.start_wait,
        unknown_session: config.house.unknown_session,
        settings: config.said.as_slice().into(),
        access: config.access.clone(),
        limits: config.limits.clone(),
        jwt_secret,
        loopback_only: config.http.host.is_loopback(),
        call_servers,
        origins: config.http.cors.clone(),
        completion: config.sessions.completion,
        simulated: ends.played(),
        parallel: config.sessions.parallel,
        uploads: uploads(config),
        replays: http::replays::Limits::default(),
    })
}

/// What answers requests.
fn doors(
    world: &wards::World<'_>,
    actors: (&guardian::Handle, Vec<projector::Handle>),
    pbx: Option<watcher::handle::Watch>,
    options: http::Options,
) -> anyhow::Result<http::Engine> {
    let wards::World { journal, screens, dispatch, ports, .. } = world;
    let verifying = Verifying::new(place(world.config), &ports.clock);
    let folder = &world.config.store.data_dir;
    let far = (ports, &world.disk, options.simulated.clone());
    let vitals = Pulse::new((journal, screens), dispatch, actors, far, (verifying, folder));
    let engine = http::Engine::try_new(http::Parts {
        dispatch: dispatch.clone(),
        screens: screens.clone(),
        clock: Arc::clone(&ports.clock),
        ids: Arc::clone(&ports.ids),
        sheets: Arc::new(Spreadsheets),
        recordings: Arc::clone(&world.recordings),
        ends: world.ends.clone(),
        disk: Arc::clone(&world.disk),
        receivers: Arc::clone(&world.receivers),
        vitals: Arc::new(vitals),
        proof: Proof::new(world.signer.clone()),
        metrics: metrics(),
        board: Arc::clone(&world.board),
        moving: world.moving.clone(),
        pbx,
        options,
    })?;
    Ok(engine)
}

async fn stop_asked() -> std::io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
