//! Screens kept at the journal's head by projectors under a guardian: they panic, hang, are rebuilt, and show the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::fact::Position;
use domain::ids::StreamId;
use domain::session::{Event, Session};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use karnay::actors::guardian::{self, Limits};
use karnay::actors::projector::screen::{Following, Opened, Screen, Shown};
use karnay::actors::projector::{self, Error, Handle, Options};
use karnay::journal::feed::{Page, Reading};
use karnay::journal::{Append, Entry, Journal, Unit};
use karnay::ports::Clock as _;
use projections::call_history::CallHistory;
use projections::follow::{Advance, Flip, Replay};
use projections::session_stats::{self, SessionStats};
use projections::{Screens, Store};

use crate::effects::bench::{Bench, settled};

const NAME: &str = "session_stats";
const LIMITS: Limits = Limits {
    round: Duration::from_millis(20),
    silence_max: Duration::from_millis(500),
    step_max: Duration::from_secs(5),
    restarts_max: 3,
    window: Duration::from_mins(1),
    abandoned_max: 20,
};

/// What goes wrong with a page, and how often.
#[derive(Clone)]
enum Fault {
    Panic,
    /// Keeps the thread to itself, and then goes on as if nothing had been.
    Block(Duration),
}

struct Faulty {
    inner: Shown<SessionStats>,
    fault: Fault,
    left: Arc<AtomicI64>,
}

struct FaultyFollower {
    inner: Box<dyn Following>,
    fault: Fault,
    left: Arc<AtomicI64>,
}

impl Faulty {
    fn new(screens: &Screens, fault: Fault, times: i64) -> Arc<Self> {
        Arc::new(Self { inner: Shown::new(screens), fault, left: Arc::new(AtomicI64::new(times)) })
    }
}

impl Screen for Faulty {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn reading(&self) -> Reading {
        self.inner.reading()
    }

    fn kind(&self, text: &str) -> Option<&'static str> {
        self.inner.kind(text)
    }

    fn open(&self) -> Opened<Box<dyn Following>> {
        let (inner, fault, left) = (self.inner.open(), self.fault.clone(), Arc::clone(&self.left));
        async move {
            let inner = inner.await?;
            let faulty: Box<dyn Following> = Box::new(FaultyFollower { inner, fault, left });
            Ok(faulty)
        }
        .boxed_local()
    }

    fn rebuild(&self) -> Opened<Box<dyn Following>> {
        self.inner.rebuild()
    }

    fn resume(&self) -> Opened<Option<Box<dyn Following>>> {
        self.inner.resume()
    }

    fn replay<'a>(
        &'a self,
        stream: (&'a str, &'a str),
        page: &'a Page,
        through: Position,
    ) -> LocalBoxFuture<'a, Result<Replay, projections::Error>> {
        self.inner.replay(stream, page, through)
    }

    fn discard<'a>(
        &'a self,
        stream: (&'a str, &'a str),
    ) -> LocalBoxFuture<'a, Result<bool, projections::Error>> {
        self.inner.discard(stream)
    }
}

impl Following for FaultyFollower {
    fn position(&self) -> Position {
        self.inner.position()
    }

    fn building(&self) -> bool {
        self.inner.building()
    }

    fn advance<'a>(&'a mut self, page: &'a Page) -> LocalBoxFuture<'a, Result<Advance, projections::Error>> {
        if self.left.fetch_sub(1, Ordering::SeqCst) > 0 {
            match self.fault {
                Fault::Panic => panic!("a screen's own mistake"),
                Fault::Block(time) => std::thread::sleep(time),
            }
        }
        self.inner.advance(page)
    }

    fn settle(&mut self) -> LocalBoxFuture<'_, Result<Advance, projections::Error>> {
        self.inner.settle()
    }

    fn flip(&mut self) -> LocalBoxFuture<'_, Result<Flip, projections::Error>> {
        self.inner.flip()
    }
}

async fn screens(bench: &Bench) -> Screens {
    let (path, clock) = (bench.path().join("screens.db"), bench.clock.clone());
    Screens::open(projections::Options::new(Store::Sqlite(path), Arc::new(move || clock.now())))
        .await
        .unwrap()
}

fn start(bench: &Bench, screen: Arc<dyn Screen>) -> (guardian::Handle, Handle) {
    let options = Options {
        screen,
        journal: bench.journal.clone(),
        clock: bench.clock.clone(),
        runtime: tokio::runtime::Handle::current(),
    };
    let (ward, handle) = projector::ward(options);
    (guardian::start(LIMITS, vec![ward]).unwrap(), handle)
}

fn shown(screens: &Screens) -> Arc<dyn Screen> {
    Arc::new(Shown::<SessionStats>::new(screens))
}

async fn caught_up(bench: &Bench, screens: &Screens) {
    let fresh = screens.wait(NAME, bench.journal.position(), Duration::from_secs(15)).await;
    assert_eq!(fresh.behind, 0);
}

async fn rows(screens: &Screens) -> Vec<String> {
    let rows = session_stats::latest(screens, "1", &session_stats::Wanted::default(), 10_000).await.unwrap();
    rows.into_iter().map(|row| format!("{row:?}")).collect()
}

async fn generation(screens: &Screens) -> (i64, usize) {
    let known = screens.status().await.unwrap();
    let known: Vec<_> = known.into_iter().filter(|known| known.name == NAME).collect();
    (known.last().unwrap().generation, known.len())
}

async fn open_sessions(bench: &Bench, numbers: std::ops::Range<u32>) {
    for number in numbers {
        let stream = bench.open_session(&format!("session-{number}")).await;
        bench.tell_launch(&stream).await;
    }
}

#[actix::test]
async fn what_is_recorded_is_shown_and_a_rebuild_shows_the_same() {
    let bench = Bench::open().await;
    let screens = screens(&bench).await;
    open_sessions(&bench, 0..50).await;
    let (guardian, projector) = start(&bench, shown(&screens));
    open_sessions(&bench, 50..100).await;
    caught_up(&bench, &screens).await;
    let before = rows(&screens).await;
    assert_eq!(before.len(), 100);

    let (first, _) = generation(&screens).await;
    projector.rebuild().await.unwrap();
    assert_eq!(rows(&screens).await, before);
    assert_eq!(generation(&screens).await, (first + 1, 1));

    // The live one goes on with the new generation.
    open_sessions(&bench, 100..110).await;
    caught_up(&bench, &screens).await;
    assert_eq!(rows(&screens).await.len(), 110);
    guardian.stop().await;
}

#[actix::test]
async fn what_is_nothing_to_a_screen_is_seen_at_once_and_stored_in_time() {
    let (bench, name) = (Bench::open().await, "call_history");
    let here = screens(&bench).await;
    // Whoever opens the screens anew sees what is stored.
    let stored = async || screens(&bench).await.wait(name, 0, Duration::ZERO).await.position;
    let (guardian, projector) = start(&bench, Arc::new(Shown::<CallHistory>::new(&here)));
    open_sessions(&bench, 0..10).await;
    let seen = here.wait(name, 20, Duration::from_secs(15)).await;
    assert_eq!((seen.behind, stored().await), (0, 0));
    bench.clock.advance(Duration::from_secs(1));
    settled(&stored, 20).await;

    open_sessions(&bench, 10..20).await;
    projector.rebuild().await.unwrap();
    assert_eq!((here.wait(name, 40, Duration::from_secs(15)).await.behind, stored().await), (0, 40));
    guardian.stop().await;
}

#[actix::test]
async fn the_shown_one_goes_on_while_another_is_built() {
    let bench = Bench::open().await;
    let screens = screens(&bench).await;
    open_sessions(&bench, 0..300).await;
    let (guardian, projector) = start(&bench, shown(&screens));
    caught_up(&bench, &screens).await;
    let again = projector.clone();
    let (rebuilt, ()) = tokio::join!(projector.rebuild(), async {
        tokio::task::yield_now().await;
        assert!(matches!(again.rebuild().await, Err(Error::Rebuilding)));
        for number in 300..330 {
            open_sessions(&bench, number..number + 1).await;
            caught_up(&bench, &screens).await;
        }
    });
    rebuilt.unwrap();
    assert_eq!(rows(&screens).await.len(), 330);
    guardian.stop().await;
}

#[actix::test]
async fn one_that_panics_goes_on_where_it_was() {
    let bench = Bench::open().await;
    let screens = screens(&bench).await;
    let (guardian, projector) = start(&bench, Faulty::new(&screens, Fault::Panic, 2));
    open_sessions(&bench, 0..20).await;
    caught_up(&bench, &screens).await;
    assert_eq!(guardian.progress()[0].restarts, 2);
    let before = rows(&screens).await;
    projector.rebuild().await.unwrap();
    assert_eq!((before.len(), rows(&screens).await), (20, before));
    guardian.stop().await;
}

#[actix::test]
async fn one_that_hangs_is_left_behind_and_counts_nothing_twice() {
    let bench = Bench::open().await;
    let screens = screens(&bench).await;
    open_sessions(&bench, 0..20).await;
    let (guardian, projector) = start(&bench, Faulty::new(&screens, Fault::Block(Duration::from_secs(2)), 1));
    caught_up(&bench, &screens).await;
    assert_eq!(guardian.progress()[0].restarts, 1);
    open_sessions(&bench, 20..30).await;
    caught_up(&bench, &screens).await;
    // The one that was left behind wakes up with its old page.
    tokio::time::sleep(Duration::from_millis(2_200)).await;
    let before = rows(&screens).await;
    projector.rebuild().await.unwrap();
    assert_eq!((before.len(), rows(&screens).await), (30, before));
    guardian.stop().await;
}

#[actix::test]
async fn one_that_always_panics_ends_the_engine_and_leaves_the_journal_whole() {
    let bench = Bench::open().await;
    let screens = screens(&bench).await;
    let (guardian, _projector) = start(&bench, Faulty::new(&screens, Fault::Panic, i64::MAX));
    open_sessions(&bench, 0..20).await;
    let fatal = tokio::time::timeout(Duration::from_secs(10), guardian.fatal()).await.unwrap();
    assert_eq!(fatal.actor, NAME);
    guardian.stop().await;
    assert_eq!(bench.journal.position(), 40);
    let (guardian, _projector) = start(&bench, shown(&screens));
    caught_up(&bench, &screens).await;
    assert_eq!(rows(&screens).await.len(), 20);
    guardian.stop().await;
}

#[actix::test]
async fn a_rebuild_that_was_interrupted_is_gone_on_with() {
    let bench = Bench::open().await;
    let screens = screens(&bench).await;
    open_sessions(&bench, 0..20).await;
    let (guardian, _projector) = start(&bench, shown(&screens));
    caught_up(&bench, &screens).await;
    guardian.stop().await;
    let (first, _) = generation(&screens).await;
    drop(shown(&screens).rebuild().await.unwrap());
    assert_eq!(generation(&screens).await, (first + 1, 2));

    let (guardian, _projector) = start(&bench, shown(&screens));
    settled(|| generation(&screens), (first + 1, 1)).await;
    assert_eq!(rows(&screens).await.len(), 20);
    guardian.stop().await;
}

/// Something that this program cannot read, as another version might have written it.
pub(crate) async fn append_nonsense(journal: &Journal, stream: &StreamId, at: u64) {
    let (_, expected, _) = journal.load::<Session>(stream).await.unwrap();
    let now = chrono::DateTime::from_timestamp(i64::try_from(at).unwrap(), 0).unwrap();
    let entry = Entry {
        event_type: "vanished".into(),
        event_version: "9".into(),
        payload: r#"{"vanished":{}}"#.into(),
        occurred_at: now,
        fact: domain::fact::Event::Session(Event::Launched { at: now }),
    };
    let append = Append { kind: "session", stream: stream.clone(), expected, events: vec![entry] };
    let circumstances = Arc::default();
    journal.append(Unit { command: None, circumstances, appends: vec![append], keys: vec![] }).await.unwrap();
}

#[actix::test]
async fn a_parked_stream_is_replayed_or_given_up() {
    let mut bench = Bench::open().await;
    let stream = bench.open_session("session-1").await;
    append_nonsense(&bench.journal, &stream, 1).await;
    bench.open_session("session-2").await;
    // The journal's memory holds what was meant; only what is stored is nonsense.
    bench.reopen().await;
    let screens = screens(&bench).await;
    let (guardian, projector) = start(&bench, shown(&screens));
    caught_up(&bench, &screens).await;
    assert_eq!(rows(&screens).await.len(), 2);
    assert_eq!(screens.parked(NAME).await.unwrap().len(), 1);
    settled(|| async { guardian.progress()[0].counters.contains(&("parked", 1)) }, true).await;

    assert!(matches!(
        projector.replay_parked("session", "1/session-1").await,
        Ok(Replay::StillParked { position: 2, .. })
    ));
    assert!(matches!(projector.replay_parked("session", "1/session-2").await, Ok(Replay::NotParked)));
    assert!(matches!(projector.replay_parked("weather", "1/session-1").await, Err(Error::UnknownKind)));
    assert!(projector.discard_parked("session", "1/session-1").await.unwrap());
    assert!(!projector.discard_parked("session", "1/session-1").await.unwrap());
    assert!(screens.parked(NAME).await.unwrap().is_empty());
    open_sessions(&bench, 10..12).await;
    caught_up(&bench, &screens).await;
    guardian.stop().await;
}
