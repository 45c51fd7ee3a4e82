//! A real journal in a folder of its own, a real dispatch, a clock that can be put forward, and engines that can be killed.

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use actix::Arbiter;
use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::{Aggregate as _, DomainEvent as _};
use domain::fact::Circumstances;
use domain::ids::{Organization, SessionId, StreamId};
use domain::phone::Home;
use domain::policy::launch::Launching;
use domain::session::{Command, Completion, Event, Exit, Phase, Remote, Session};
use futures_util::FutureExt as _;
use karnay::actors::effector::{self, Heard, Limits};
use karnay::actors::guardian::{self, Ward};
use karnay::actors::reactor;
use karnay::adapters::local::{self, Local};
use karnay::adapters::recordings;
use karnay::adapters::system::{SystemClock, SystemIds};
use karnay::dispatch::{Dispatch, Meta};
use karnay::journal::effects::{Take, Taken};
use karnay::journal::keys::DataKey;
use karnay::journal::verify::Place;
use karnay::journal::{self, Journal};
use karnay::ports::{Clock, Ids, Recordings, RemoteHost};
use projections::Screens;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::LEASE;
use super::far::{Act, Far};
use crate::http_world::far_ends;
use crate::postgres::{self, Server};

#[derive(Debug, Default)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + TimeDelta::microseconds(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) struct Bench {
    folder: TempDir,
    place: Place,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) ids: Arc<SystemIds>,
    pub(crate) journal: Journal,
    pub(crate) dispatch: Dispatch,
    /// Stopped when the last test that uses it is over.
    _server: Option<Arc<Server>>,
}

impl Bench {
    pub(crate) async fn open() -> Self {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir_all(&data).unwrap();
        Self::at(folder, Place::Folder(data), None).await
    }

    pub(crate) async fn postgres(server: Arc<Server>) -> Self {
        let place = Place::Url(server.database().await);
        Self::at(TempDir::new().unwrap(), place, Some(server)).await
    }

    async fn at(folder: TempDir, place: Place, server: Option<Arc<Server>>) -> Self {
        let (clock, ids) = (Arc::new(TestClock::default()), Arc::new(SystemIds));
        let (journal, dispatch) = journal_at(&place, &clock, &ids).await;
        Self { folder, place, clock, ids, journal, dispatch, _server: server }
    }

    /// As the next process would find it.
    pub(crate) async fn reopen(&mut self) {
        self.dispatch.drain().await;
        self.journal.close().await;
        (self.journal, self.dispatch) = journal_at(&self.place, &self.clock, &self.ids).await;
    }

    /// What a restore leaves in a journal that ends here.
    pub(crate) async fn restored(&self) {
        let marks = format!(
            "INSERT INTO restores (number, position, taken_at, restored_at) VALUES (1, {}, 0, 0);
             UPDATE effects SET doubted = 1, owner = NULL WHERE state <> 'done';",
            self.journal.position()
        );
        match &self.place {
            Place::Folder(data) => {
                let beside = rusqlite::Connection::open(data.join("journal.db")).unwrap();
                beside.execute_batch(&marks).unwrap();
            }
            Place::Url(url) => {
                sqlx::raw_sql(&marks).execute(&mut postgres::connect(url).await).await.unwrap();
            }
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(crate) fn lines(&self) -> PathBuf {
        self.folder.path().join("lines")
    }

    pub(crate) fn ended_marks(&self) -> usize {
        let entries = std::fs::read_dir(self.folder.path().join("remote")).unwrap();
        entries
            .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|e| e == "exit"))
            .count()
    }

    pub(crate) fn local(&self, command: &str) -> Arc<Local> {
        let (command, timeout) = (command.to_owned(), Duration::from_secs(20));
        let folder = self.folder.path();
        let options = local::Options {
            command,
            stop_command: None,
            path: folder.join("numbers.txt"),
            recordings: folder.join("recordings"),
            timeout,
            folder: folder.join("remote"),
        };
        Arc::new(Local::open(options).unwrap())
    }

    pub(crate) async fn open_session(&self, name: &str) -> StreamId {
        let organization = Organization::parse("1").unwrap();
        let stream = StreamId::session(&organization, &SessionId::parse(name).unwrap());
        let open = Command::Open {
            id: self.ids.uuid(),
            remote: Remote::Local,
            list: None,
            completion: Completion::Results,
            at: self.clock.now(),
        };
        self.tell(&stream, open).await;
        stream
    }

    pub(crate) async fn tell_launch(&self, stream: &StreamId) {
        self.tell(stream, Command::Launch { at: self.clock.now() }).await;
    }

    pub(crate) async fn tell_return(&self, stream: &StreamId, exit: Exit) {
        self.tell(stream, Command::Return { exit, heard: false, at: self.clock.now() }).await;
    }

    async fn tell(&self, stream: &StreamId, command: Command) {
        let circumstances = Circumstances { organization: "1".into(), ..Circumstances::default() };
        let meta = Meta { circumstances: Arc::new(circumstances), command: None };
        self.dispatch.session(stream.clone(), command, meta).await.unwrap();
    }

    async fn events(&self, stream: &StreamId) -> Vec<Event> {
        self.journal.load::<Session>(stream).await.unwrap().0
    }

    pub(crate) async fn history(&self, stream: &StreamId) -> Vec<String> {
        self.events(stream).await.iter().map(Event::event_type).collect()
    }

    pub(crate) async fn phase(&self, stream: &StreamId) -> Phase {
        self.phase_if_known(stream).await.unwrap()
    }

    /// None while the store is away.
    pub(crate) async fn phase_if_known(&self, stream: &StreamId) -> Option<Phase> {
        let (events, _, _) = self.journal.load::<Session>(stream).await.ok()?;
        let mut session = Session::default();
        for event in events {
            session.apply(event);
        }
        Some(session.phase())
    }

    pub(crate) async fn failure(&self, stream: &StreamId) -> String {
        let events = self.events(stream).await;
        let reason = |event| if let Event::Failed { reason, .. } = event { Some(reason) } else { None };
        events.into_iter().find_map(reason).unwrap()
    }

    pub(crate) async fn ready(&self) -> u64 {
        self.journal.effect_counts().await.map_or(u64::MAX, |counts| counts.ready)
    }

    pub(crate) async fn done(&self) -> u64 {
        self.journal.effect_counts().await.map_or(u64::MAX, |counts| counts.done)
    }

    /// As an effector that is about to die would.
    pub(crate) async fn take(&self) -> Vec<Taken> {
        let now = self.clock.now();
        let take = Take { owner: self.ids.uuid(), now, lease_until: now + LEASE, limit: 10 };
        self.journal.take_effects(take).await.unwrap()
    }
}

async fn journal_at(place: &Place, clock: &Arc<TestClock>, ids: &Arc<SystemIds>) -> (Journal, Dispatch) {
    let (place, clock, ids) = (place.clone(), clock.clone(), ids.clone());
    let journal =
        Journal::open(journal::Options { place, clock, ids }, |_| Ok(DataKey([7; 32]))).await.unwrap();
    let dispatch = Dispatch::start(&journal, &[Arbiter::new().handle()]);
    (journal, dispatch)
}

/// Of nobody: no effect here looks at them.
fn screens(bench: &Bench, runtime: &Runtime) -> Screens {
    let now = bench.clock.clone();
    let store = projections::Store::Sqlite(bench.folder.path().join(format!("{}.db", bench.ids.uuid())));
    let options = projections::Options::new(store, Arc::new(move || now.now()));
    let opening = || runtime.block_on(Screens::open(options)).unwrap();
    std::thread::scope(|threads| threads.spawn(opening).join().unwrap())
}

fn recordings() -> Arc<dyn Recordings> {
    let len_max = recordings::LEN_MAX;
    let options = recordings::Options { remote_host: None, hosts: vec![], exchange: None, len_max };
    Arc::new(recordings::Recordings::new(options))
}

/// A reactor and an effector under a guardian, with their tasks on a runtime that can be killed.
pub(crate) struct Engine {
    guardian: guardian::Handle,
    pub(crate) effector: effector::Handle,
    runtime: Runtime,
}

impl Engine {
    pub(crate) fn start(bench: &Bench, remote: Arc<dyn RemoteHost>) -> Self {
        Self::with(bench, remote, Limits::default(), false)
    }

    pub(crate) fn with(bench: &Bench, remote: Arc<dyn RemoteHost>, limits: Limits, heard: bool) -> Self {
        Self::build(bench, remote, limits, Arc::new(move |_, _| async move { heard }.boxed()), true)
    }

    /// Nobody ever answers whether a session was heard of.
    pub(crate) fn mute(bench: &Bench, remote: Arc<dyn RemoteHost>) -> Self {
        let heard: Heard = Arc::new(|_, _| std::future::pending().boxed());
        Self::build(bench, remote, Limits::default(), heard, true)
    }

    /// A reactor without an effector.
    pub(crate) fn reacting(bench: &Bench) -> Self {
        let heard: Heard = Arc::new(|_, _| async { false }.boxed());
        Self::build(bench, Far::always(Act::Exit(0)), Limits::default(), heard, false)
    }

    fn build(bench: &Bench, remote: Arc<dyn RemoteHost>, limits: Limits, heard: Heard, both: bool) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (effector, handle) = effector::ward(effector::Options {
            home: Home::parse("UZ").unwrap(),
            parallel: true,
            journal: bench.journal.clone(),
            dispatch: bench.dispatch.clone(),
            screens: screens(bench, &runtime),
            recordings: recordings(),
            ends: far_ends(&bench.dispatch, remote),
            clock: bench.clock.clone(),
            ids: bench.ids.clone(),
            heard,
            runtime: runtime.handle().clone(),
            limits,
        });
        let (journal, told, tasks) = (bench.journal.clone(), handle.clone(), runtime.handle().clone());
        let reactor = reactor::ward::<Launching>(
            "reactor",
            reactor::Options { journal, effector: told, runtime: tasks },
        );
        let mut wards: Vec<Ward> = vec![reactor];
        if both {
            wards.push(effector);
        }
        let limits = guardian::Limits { round: Duration::from_millis(50), ..guardian::Limits::default() };
        Self { guardian: guardian::start(limits, wards).unwrap(), effector: handle, runtime }
    }

    pub(crate) async fn stop(self) {
        self.guardian.stop().await;
        self.runtime.shutdown_background();
    }

    /// Everything that is under way stops where it stands, as if the process had died.
    pub(crate) fn kill(self) {
        self.runtime.shutdown_background();
        // The actors themselves hold nothing; they are stopped so that the next ones are alone.
        actix::spawn(async move { self.guardian.stop().await });
    }
}

/// Waits until something is as it should be.
pub(crate) async fn settled<T: PartialEq + Debug, F: Future<Output = T>>(look: impl Fn() -> F, expected: T) {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let found = look().await;
        if found == expected {
            return;
        }
        assert!(Instant::now() < until, "found {found:?}, expected {expected:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
