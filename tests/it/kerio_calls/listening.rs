//! Listening to a call of the exchange: fetched once, kept, and written down.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use actix_web::http::Method;
use domain::fact::Event;
use domain::pbx::said::{Inside, RecordingRow};
use domain::pbx_call;
use futures_util::FutureExt as _;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use karnay::actors::pbx::handle::{self, Standing};
use karnay::adapters::disk::Disk;
use karnay::adapters::recordings;
use karnay::journal::feed::Reading;
use karnay::ports::Playback;
use karnay::ports::pbx::{About, Live, LogPage, LogRows, Pbx, PbxTrouble};
use tempfile::TempDir;

use super::*;
use crate::http_world::Answer;

/// What the exchange gives when it is asked for a recording.
#[derive(Debug, Clone)]
enum Gives {
    /// So many bytes are announced.
    Sound(Vec<u8>, u64),
    Nothing,
    Trouble(PbxTrouble),
}

/// An exchange of which nothing but its recordings is asked.
#[derive(Debug)]
pub(super) struct Box_ {
    gives: Mutex<Gives>,
    asked: AtomicU32,
}

impl Box_ {
    pub(super) fn silent() -> Self {
        Self { gives: Mutex::new(Gives::Nothing), asked: AtomicU32::new(0) }
    }

    fn gives(&self, gives: Gives) {
        *self.gives.lock().unwrap() = gives;
    }
}

fn unasked<T: Send + 'static>() -> BoxFuture<'static, Result<T, PbxTrouble>> {
    async { Err(PbxTrouble::Unsupported { what: "this is a test".to_owned() }) }.boxed()
}

impl Pbx for Box_ {
    fn about(&self) -> BoxFuture<'_, Result<About, PbxTrouble>> {
        unasked()
    }

    fn live(&self) -> BoxFuture<'_, Result<Live, PbxTrouble>> {
        unasked()
    }

    fn log(&self, _: LogPage) -> BoxFuture<'_, Result<LogRows, PbxTrouble>> {
        unasked()
    }

    fn recordings(&self, _: DateTime<Utc>, _: u32) -> BoxFuture<'_, Result<Vec<RecordingRow>, PbxTrouble>> {
        unasked()
    }

    fn directory(&self) -> BoxFuture<'_, Result<Vec<Inside>, PbxTrouble>> {
        unasked()
    }

    fn open_recording<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Playback>, PbxTrouble>> {
        assert_eq!(id, "42");
        self.asked.fetch_add(1, Ordering::Relaxed);
        let gives = self.gives.lock().unwrap().clone();
        async move {
            match gives {
                Gives::Nothing => Ok(None),
                Gives::Trouble(why) => Err(why),
                Gives::Sound(sound, size) => {
                    let pieces =
                        sound.chunks(1_000).map(|piece| Ok(piece.to_vec().into())).collect::<Vec<_>>();
                    let bytes = futures_util::stream::iter(pieces).boxed();
                    Ok(Some(Playback { size: Some(size), version: None, bytes }))
                }
            }
        }
        .boxed()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        async {}.boxed()
    }
}

struct House {
    floor: Floor,
    pbx: Arc<Box_>,
    folder: TempDir,
}

fn sound() -> Vec<u8> {
    (0..5_000_u32).flat_map(u32::to_be_bytes).collect()
}

const RECORDING: &str = "/kerio/calls/1700000000.1/recording";

impl House {
    /// With one call that was recorded.
    async fn new() -> Self {
        Self::with(0).await
    }

    /// On a disk where so many bytes are enough.
    async fn with(enough: u64) -> Self {
        let (pbx, folder) = (Arc::new(Box_::silent()), tempfile::tempdir().unwrap());
        let disk = Arc::new(Disk::new(folder.path().to_owned(), enough));
        let exchange =
            recordings::Exchange { pbx: pbx.clone(), folder: folder.path().join("recordings"), disk };
        let (watch, _) = handle::watch(Organization::parse("1").unwrap(), Standing::new("jsonrpc", true));
        let floor = Floor::at_exchange(exchange, watch).await;
        story(&floor).await;
        Self { floor, pbx, folder }
    }

    fn sounds(&self) {
        self.pbx.gives(Gives::Sound(sound(), u64::try_from(sound().len()).unwrap()));
    }

    async fn get(&self, headers: &[(&'static str, &str)]) -> Answer {
        let mut request = near(Method::GET, RECORDING);
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        self.floor.ask(request).await
    }

    /// Who listened, as the journal has it.
    async fn listened(&self) -> Vec<String> {
        let page = self.floor.journal.facts(0, 1_000, Reading::Clear).await.unwrap();
        let listened = page
            .facts
            .iter()
            .filter(|fact| matches!(fact.event, Event::PbxCall(pbx_call::Event::Listened { .. })));
        listened.map(|fact| fact.circumstances.actor.clone()).collect()
    }

    fn kept(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("recordings")).map_or(0, Iterator::count)
    }
}

#[actix_web::test]
async fn where_little_room_is_left_no_recording_is_fetched() {
    let house = House::with(u64::MAX).await;
    house.sounds();
    let answer = house.get(&[]).await;
    assert_eq!((answer.status, &*answer.problem()), (503, "recording-away"));
    assert_eq!(house.kept(), 0);
}

#[actix_web::test]
async fn a_recording_is_fetched_once_and_kept_and_each_listening_is_written_down() {
    let house = House::new().await;
    house.sounds();
    let middle = house.get(&[("range", "bytes=44-")]).await;
    assert_eq!((middle.status, house.listened().await.len()), (206, 1), "all but the head is heard");
    let whole = house.get(&[]).await;
    assert_eq!((whole.status, whole.header("content-type")), (200, Some("audio/wav")));
    assert!(whole.bytes == sound());
    assert_eq!((house.kept(), house.listened().await.len()), (1, 1));
    house.pbx.gives(Gives::Trouble(PbxTrouble::Away { why: "gone".to_owned(), after: None }));
    let part = house.get(&[("range", "bytes=4-7")]).await;
    assert_eq!((part.status, part.header("content-range")), (206, Some("bytes 4-7/20000")));
    assert_eq!(part.bytes, [0, 0, 0, 1]);
    assert_eq!(house.listened().await.len(), 1, "a part is not another listening");
    assert_eq!(house.get(&[("range", "bytes=0-")]).await.status, 206);
    assert_eq!(house.listened().await.len(), 1, "nor is hearing it again at once");
    let tag = whole.header("etag").unwrap();
    let known = house.get(&[("if-none-match", tag)]).await;
    assert_eq!((known.status, known.bytes.len()), (304, 0));
    let outside = house.get(&[("range", "bytes=20000-")]).await;
    assert_eq!((outside.status, &*outside.problem()), (416, "range-outside"));
    let head = house.floor.ask(near(Method::HEAD, RECORDING)).await;
    assert_eq!((head.status, head.bytes.len()), (200, 0));
    assert_eq!(house.listened().await, ["anyone"]);
    assert_eq!(house.pbx.asked.load(Ordering::Relaxed), 1, "it is fetched once");
    let by_id = format!("/kerio/calls/{}/recording", Uuid::from_u128(1));
    assert!(house.floor.get(&by_id).await.bytes == sound());
}

#[actix_web::test]
async fn what_the_exchange_breaks_off_is_not_kept() {
    let house = House::new().await;
    house.pbx.gives(Gives::Sound(sound(), 20_001));
    let broken = house.get(&[]).await;
    assert_eq!((broken.status, &*broken.problem()), (503, "recording-away"));
    assert_eq!((house.kept(), house.listened().await.len()), (0, 0));
    house.sounds();
    assert!(house.get(&[]).await.bytes == sound());
}

#[actix_web::test]
async fn what_cannot_be_heard_is_told_and_not_written_down() {
    let house = House::new().await;
    let nothing = house.get(&[]).await;
    assert_eq!((nothing.status, &*nothing.problem()), (404, "recording-unknown"));
    for (trouble, status, code) in [
        (PbxTrouble::Away { why: "gone".to_owned(), after: None }, 503, "recording-away"),
        (PbxTrouble::Password, 502, "recording-unfit"),
        (PbxTrouble::Rights { what: "listen".to_owned() }, 502, "recording-unfit"),
    ] {
        house.pbx.gives(Gives::Trouble(trouble));
        let answer = house.get(&[]).await;
        assert_eq!((answer.status, &*answer.problem()), (status, code));
    }
    let silent = house.floor.get("/kerio/calls/1700000000.2/recording").await;
    assert_eq!((silent.status, &*silent.problem()), (404, "recording-unknown"));
    assert_eq!((house.kept(), house.listened().await.len()), (0, 0));
}

#[actix_web::test]
async fn those_who_come_at_once_wait_for_one_fetching() {
    let house = House::new().await;
    house.sounds();
    let get = || house.get(&[]);
    let (one, other, third) = tokio::join!(get(), get(), get());
    assert!(one.bytes == sound() && other.bytes == sound() && third.bytes == sound());
    assert_eq!((house.pbx.asked.load(Ordering::Relaxed), house.listened().await.len()), (1, 1));
}
