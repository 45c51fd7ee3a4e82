//! R11: a watcher that panics is replaced, and goes on where it was; a driver that panics is an exchange that did not answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::pbx::said::{Inside, RecordingRow};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use karnay::adapters::system::SystemIds;
use karnay::ports::pbx::{About, Live, LogPage, LogRows, Pbx, PbxTrouble};
use karnay::ports::{Ids, Playback};
use uuid::Uuid;

use super::{Ground, Node, driver, quick, simulated};

/// Goes off once.
#[derive(Debug, Clone, Default)]
struct Mine(Arc<AtomicBool>);

impl Mine {
    fn lay(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn step(&self) {
        assert!(!self.0.swap(false, Ordering::SeqCst), "a mine went off");
    }
}

#[derive(Debug)]
struct Mined {
    mine: Mine,
    pbx: Option<Arc<dyn Pbx>>,
}

impl Mined {
    fn pbx(&self) -> &dyn Pbx {
        self.pbx.as_deref().unwrap()
    }
}

impl Ids for Mined {
    fn uuid(&self) -> Uuid {
        self.mine.step();
        SystemIds.uuid()
    }

    fn fill(&self, bytes: &mut [u8]) {
        SystemIds.fill(bytes);
    }
}

impl Pbx for Mined {
    fn about(&self) -> BoxFuture<'_, Result<About, PbxTrouble>> {
        self.pbx().about()
    }

    fn live(&self) -> BoxFuture<'_, Result<Live, PbxTrouble>> {
        async {
            self.mine.step();
            self.pbx().live().await
        }
        .boxed()
    }

    fn log(&self, page: LogPage) -> BoxFuture<'_, Result<LogRows, PbxTrouble>> {
        self.pbx().log(page)
    }

    fn recordings(
        &self,
        since: DateTime<Utc>,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<RecordingRow>, PbxTrouble>> {
        self.pbx().recordings(since, limit)
    }

    fn directory(&self) -> BoxFuture<'_, Result<Vec<Inside>, PbxTrouble>> {
        self.pbx().directory()
    }

    fn open_recording<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Playback>, PbxTrouble>> {
        self.pbx().open_recording(id)
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.pbx().close()
    }
}

fn restarts(node: &Node) -> u64 {
    node.guardian.progress().iter().map(|ward| ward.restarts).sum()
}

#[actix::test]
async fn a_watcher_that_panics_is_replaced_and_goes_on() {
    let (ground, exchange, mine) = (Ground::sqlite(), simulated(""), Mine::default());
    let ids = Arc::new(Mined { mine: mine.clone(), pbx: None });
    let pbx = driver(&exchange, exchange.password(), &exchange.pin());
    let node = Node::with_ids(&ground, pbx, quick(), ids).await;
    node.until_connected().await;
    let one = exchange.ring("998901110001", "158");
    node.until("seen", async |node| node.course(&one).await == ["seen"]).await;
    mine.lay();
    let other = exchange.ring("998901110002", "101");
    node.until("replaced", async |node| restarts(node) == 1).await;
    exchange.answer(&one);
    node.until("answered", async |node| node.course(&one).await == ["seen", "answered"]).await;
    node.until("seen", async |node| node.course(&other).await == ["seen"]).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    exchange.hang_up(&one);
    exchange.hang_up(&other);
    node.shows_the_log_of(&exchange).await;
    assert_eq!((restarts(&node), node.calls().await.len()), (1, 2));
    node.stop().await;
}

#[actix::test]
async fn a_driver_that_panics_is_an_exchange_that_did_not_answer() {
    let (ground, exchange, mine) = (Ground::sqlite(), simulated(""), Mine::default());
    let pbx = Some(driver(&exchange, exchange.password(), &exchange.pin()));
    let node = Node::with(&ground, Arc::new(Mined { mine: mine.clone(), pbx }), quick()).await;
    node.until_connected().await;
    let failures = node.counter("failures");
    mine.lay();
    node.until("failed", async |node| node.counter("failures") > failures).await;
    node.until_connected().await;
    assert_eq!(restarts(&node), 0);
    node.stop().await;
}
