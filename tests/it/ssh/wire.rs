//! A wire between the engine and its host that breaks where one wants it to, or holds everything back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

const PATIENCE: Duration = Duration::from_mins(1);

/// It counts bytes towards the host, over every connection.
pub(crate) struct Wire {
    pub(crate) port: u16,
    pub(crate) carried: Arc<AtomicU64>,
    gate: Arc<Gate>,
}

/// Bytes beyond `until` wait before it: everybody's, or those of whoever comes first.
struct Gate {
    until: watch::Sender<u64>,
    waiting: watch::Sender<bool>,
    holds_all: AtomicBool,
}

impl Wire {
    /// Breaks once it has carried so much towards the host.
    pub(crate) async fn to(port: u16, len_max: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gate = Gate {
            until: watch::Sender::new(u64::MAX),
            waiting: watch::Sender::new(false),
            holds_all: AtomicBool::new(true),
        };
        let port_here = listener.local_addr().unwrap().port();
        let wire = Self { port: port_here, carried: Arc::default(), gate: Arc::new(gate) };
        let (carried, gate) = (Arc::clone(&wire.carried), Arc::clone(&wire.gate));
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, port, len_max, Arc::clone(&carried), Arc::clone(&gate)));
            }
        });
        wire
    }

    /// From now on it takes whatever comes, and carries only so much more of it.
    pub(crate) fn hold_after(&self, len: u64) {
        self.gate.holds_all.store(true, Ordering::SeqCst);
        self.hold(len);
    }

    /// The same for the one connection that comes so far first; others go on.
    pub(crate) fn hold_one_after(&self, len: u64) {
        self.gate.holds_all.store(false, Ordering::SeqCst);
        self.hold(len);
    }

    fn hold(&self, len: u64) {
        self.gate.waiting.send_replace(false);
        self.gate.until.send_replace(self.carried.load(Ordering::SeqCst) + len);
    }

    /// Until something waits in it.
    pub(crate) async fn holds(&self) {
        let mut waiting = self.gate.waiting.subscribe();
        let held = tokio::time::timeout(PATIENCE, waiting.wait_for(|waiting| *waiting)).await;
        held.expect("nothing comes along the wire").unwrap();
    }

    /// What waits goes on, and so does what comes.
    pub(crate) fn let_go(&self) {
        self.gate.until.send_replace(u64::MAX);
    }
}

impl Gate {
    async fn pass(&self, carried: u64) {
        let mut until = self.until.subscribe();
        if carried <= *until.borrow() {
            return;
        }
        let is_first = !self.waiting.send_replace(true);
        if is_first || self.holds_all.load(Ordering::SeqCst) {
            until.wait_for(|until| carried <= *until).await.unwrap();
        }
    }
}

async fn carry(near: TcpStream, port: u16, len_max: u64, carried: Arc<AtomicU64>, gate: Arc<Gate>) {
    let far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let ((mut from_near, mut to_near), (mut from_far, mut to_far)) = (near.into_split(), far.into_split());
    let back = tokio::spawn(async move { tokio::io::copy(&mut from_far, &mut to_near).await });
    let mut piece = vec![0; 4 << 10];
    while let Ok(read @ 1..) = from_near.read(&mut piece).await {
        let len = u64::try_from(read).unwrap();
        let carried = carried.fetch_add(len, Ordering::SeqCst) + len;
        gate.pass(carried).await;
        if carried > len_max || to_far.write_all(&piece[..read]).await.is_err() {
            break;
        }
    }
    back.abort();
}
