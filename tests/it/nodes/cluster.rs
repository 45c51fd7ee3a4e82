//! Three engines on one PostgreSQL, the call servers that report to all of them, and a look at their store from beside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sqlx::Row as _;
use sqlx::postgres::PgConnection;
use tokio::task::JoinHandle;

use crate::crash::Memory;
use crate::postgres::connect;
use crate::world::World;

const CLIENTS: usize = 6;
/// Between two reports of a client: load enough to be in the middle of something, on a machine that does other things too.
const PAUSE: Duration = Duration::from_millis(40);
/// What does not come by then does not come.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) struct Cluster {
    pub(super) worlds: Vec<World>,
    store: PgConnection,
}

impl Cluster {
    /// Two more beside one that runs.
    pub(super) async fn around(first: World) -> Self {
        let mut worlds = vec![first.beside(), first.beside()];
        for world in &mut worlds {
            world.start().await;
        }
        let store = connect(first.database_url()).await;
        worlds.insert(0, first);
        Self { worlds, store }
    }

    pub(super) fn ports(&self) -> Vec<u16> {
        self.worlds.iter().map(|world| world.port).collect()
    }

    async fn number(&mut self, sql: &str) -> i64 {
        sqlx::query(sql).fetch_one(&mut self.store).await.unwrap().get(0)
    }

    pub(super) async fn head(&mut self) -> i64 {
        self.number("SELECT position FROM journal_head").await
    }

    /// Calls that were wanted after that position.
    async fn wanted_after(&mut self, head: i64) -> i64 {
        self.number(&format!(
            "SELECT count(*) FROM events WHERE position > {head} AND aggregate_type = 'target' AND event_type = 'dialled'"
        ))
        .await
    }

    /// Calls that were wanted up to that position, and of which nobody has said what became of them.
    pub(super) async fn open_at(&mut self, head: i64) -> i64 {
        self.number(&format!(
            "SELECT count(*) FROM events AS d WHERE position <= {head} AND aggregate_type = 'target' AND event_type = 'dialled' \
             AND NOT EXISTS (SELECT 1 FROM events AS e WHERE e.aggregate_type = 'target' \
             AND e.aggregate_id = d.aggregate_id AND e.sequence > d.sequence AND e.event_type IN ('ended', 'withdrawn'))"
        ))
        .await
    }

    /// How far the screen of sessions has come.
    async fn shown(&mut self) -> i64 {
        self.number(
            "SELECT position FROM screens.projections WHERE name = 'session_stats' AND state = 'live'",
        )
        .await
    }

    /// The node whose dialler has the campaigns before it.
    pub(super) async fn dialling(&self) -> usize {
        self.that_counts("dialler", "campaigns", None).await
    }

    /// A node that has calls in hand, and is another one than that.
    pub(super) async fn carrying(&self, but: usize) -> usize {
        self.that_counts("effector", "under way", Some(but)).await
    }

    async fn that_counts(&self, actor: &str, what: &str, but: Option<usize>) -> usize {
        let began = Instant::now();
        loop {
            for (node, world) in self.worlds.iter().enumerate().filter(|(node, _)| Some(*node) != but) {
                let status = world.status().await;
                let actors = status["actors"].as_array().unwrap();
                let shown = actors.iter().find(|shown| shown["name"] == actor).unwrap();
                if shown["counters"][what].as_u64() > Some(0) {
                    return node;
                }
            }
            assert!(began.elapsed() < PATIENCE, "no {actor} has {what}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// How long after a moment the others want the next call, and show what was recorded after that position.
    pub(super) async fn gone_on(&mut self, then: Instant, head: i64) -> (Duration, Duration) {
        let (mut wanted, mut shown) = (None, None);
        loop {
            if wanted.is_none() && self.wanted_after(head).await > 0 {
                wanted = Some(then.elapsed());
            }
            if shown.is_none() && self.shown().await > head {
                shown = Some(then.elapsed());
            }
            if let (Some(wanted), Some(shown)) = (wanted, shown) {
                return (wanted, shown);
            }
            assert!(then.elapsed() < PATIENCE, "not gone on: {wanted:?}, {shown:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// How long it is since then when it holds.
    pub(super) async fn since(
        &mut self,
        then: Instant,
        what: &str,
        holds: impl AsyncFn(&mut Self) -> bool,
    ) -> Duration {
        while !holds(self).await {
            assert!(then.elapsed() < PATIENCE, "not {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        then.elapsed()
    }
}

/// Call servers that know every node: one that does not answer is left for the next one, as behind a balancer.
pub(super) struct Load {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<()>>,
}

impl Load {
    pub(super) fn begin(ports: &[u16], memory: &Arc<Memory>) -> Self {
        let urls: Vec<_> = ports.iter().map(|port| format!("http://127.0.0.1:{port}/calls/result")).collect();
        let stop = Arc::new(AtomicBool::new(false));
        let client = |first: usize| {
            let (urls, memory, stop) = (urls.clone(), Arc::clone(memory), Arc::clone(&stop));
            async move {
                let mut at = first;
                while !stop.load(Ordering::Relaxed) {
                    if !memory.send(&urls[at % urls.len()]).await {
                        at += 1;
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        };
        let clients = (0..CLIENTS).map(|first| tokio::spawn(client(first))).collect();
        Self { stop, clients }
    }

    pub(super) async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.await.unwrap();
        }
    }
}
