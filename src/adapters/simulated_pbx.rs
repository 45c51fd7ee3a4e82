//! A telephone exchange that connects nobody: an HTTPS server that answers as a Kerio Operator box does, with calls of its own.
//! It is written from what is known about the box and shares no word with the side that asks, lest both be wrong together.
//! What it says is in memory and begins anew with each start.

mod call;
mod certificate;
mod core;
mod directory;
mod door;
mod download;
mod exchange;
mod faults;
mod log;
mod loose;
mod methods;
mod query;
mod rest;
mod rpc;
mod sessions;
mod tapes;
mod traffic;
mod wire;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;

use self::core::Core;
use crate::ports::{Clock, Ids};
use call::status as live;

pub use self::core::Counts;
pub use call::{Step, status};
pub use directory::{QUEUE, RING_GROUP};
pub use exchange::Delays;
pub use faults::{Audio, BadFaults, Faults, Timestamps};
pub use log::Row;
pub use tapes::Tape;

pub const USER: &str = "monitor";

pub struct Options {
    /// At 127.0.0.1; nought takes any free one.
    pub port: u16,
    /// Made up where none is given.
    pub password: Option<String>,
    pub seed: u64,
    /// Calls that come by themselves, on the average.
    pub calls_per_minute: u32,
    /// How many times faster than life those go.
    pub speed: u32,
    pub delays: Delays,
    /// How many of a hundred answered calls are never recorded.
    pub unrecorded: u8,
    pub faults: Faults,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
}

impl Options {
    /// Healthy and silent: nobody calls unless told to.
    pub fn new(clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self {
            port: 0,
            password: None,
            seed: 0,
            calls_per_minute: 0,
            speed: 1,
            delays: Delays::default(),
            unrecorded: 0,
            faults: Faults::default(),
            clock,
            ids,
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("port", &self.port).finish_non_exhaustive()
    }
}

/// A running box. It ends when this is dropped.
pub struct SimulatedPbx {
    core: Arc<Core>,
    address: SocketAddr,
    fingerprint: String,
    server: ServerHandle,
}

impl std::fmt::Debug for SimulatedPbx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimulatedPbx").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for SimulatedPbx {
    fn drop(&mut self) {
        // The request to stop is sent at once; only its answer would have to be waited for.
        drop(self.server.stop(false));
    }
}

/// Answers from now on; to be called where tasks can be spawned.
pub fn start(options: Options) -> io::Result<SimulatedPbx> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
    let address = listener.local_addr()?;
    let (tls, fingerprint) = certificate::fresh()?;
    let core = Arc::new(Core::new(options));
    let server = door::serve(&core, listener, tls)?;
    let handle = server.handle();
    tokio::spawn(async move {
        if let Err(why) = server.await {
            tracing::error!("the simulated exchange ended: {why}");
        }
    });
    Ok(SimulatedPbx { core, address, fingerprint, server: handle })
}

impl SimulatedPbx {
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// `https://127.0.0.1:4021`, without a stroke at its end.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// As the setting has it: `pin:` and the SHA-256 of the certificate.
    pub fn pin(&self) -> String {
        format!("pin:{}", self.fingerprint)
    }

    pub fn user(&self) -> &'static str {
        USER
    }

    pub fn password(&self) -> &str {
        self.core.password()
    }

    /// A call that is being set up. Its id is the one that the list shows.
    pub fn connect(&self, from: &str, to: &str) -> String {
        self.core.begin((from, to), live::CONNECTING)
    }

    /// A call that rings.
    pub fn ring(&self, from: &str, to: &str) -> String {
        self.core.begin((from, to), live::RINGING)
    }

    /// A call that waits in a queue.
    pub fn queue(&self, from: &str) -> String {
        self.core.begin((from, QUEUE), live::QUEUE_WAITING)
    }

    /// False where there is no such call, here and below.
    pub fn answer(&self, id: &str) -> bool {
        self.proceed(id, live::CONNECTED, None)
    }

    /// An agent takes a call out of the queue, or another line takes one over.
    pub fn transfer(&self, id: &str, agent: &str) -> bool {
        self.proceed(id, live::QUEUE_CONNECTED, Some(agent))
    }

    pub fn voicemail(&self, id: &str) -> bool {
        self.proceed(id, live::VOICEMAIL, None)
    }

    pub fn busy(&self, id: &str) -> bool {
        self.core.leave(id, live::BUSY)
    }

    pub fn forbidden(&self, id: &str) -> bool {
        self.core.leave(id, live::FORBIDDEN)
    }

    pub fn hang_up(&self, id: &str) -> bool {
        self.core.leave(id, live::DISCONNECTING)
    }

    /// Gone from the list at once, without having been seen to end.
    pub fn vanish(&self, id: &str) -> bool {
        self.core.step(id, None, None)
    }

    /// Any state, known or not, with another party where one is named.
    pub fn proceed(&self, id: &str, status: u16, to: Option<&str>) -> bool {
        self.core.step(id, Some(status), to)
    }

    /// Nobody records this call, however it ends.
    pub fn leave_unrecorded(&self, id: &str) -> bool {
        self.core.leave_unrecorded(id)
    }

    /// What could be seen of a call, and from when on. Some of it may lie ahead.
    pub fn steps(&self, id: &str) -> Vec<Step> {
        self.core.steps(id)
    }

    /// So many rows from before now, evenly over a time, in the place of those made up before.
    pub fn make_log(&self, rows: usize, over: Duration) {
        self.core.make_log(rows, over);
    }

    /// Every row that is in the log or will be, whatever was shown.
    pub fn log(&self) -> Vec<Row> {
        self.core.log(0, usize::MAX).1
    }

    /// A part of the same, and how many rows there are in all.
    pub fn log_page(&self, skip: usize, limit: usize) -> (usize, Vec<Row>) {
        self.core.log(skip, limit)
    }

    /// Every recording that there is or will be.
    pub fn tapes(&self) -> Vec<Tape> {
        self.core.tapes()
    }

    pub fn faults(&self, change: impl FnOnce(&mut Faults)) {
        self.core.faults(change);
    }

    /// Ends all sessions now.
    pub fn expire(&self) {
        self.core.expire();
    }

    /// Ends all sessions, and every connection breaks for so long.
    pub fn restart(&self, away: Duration) {
        self.core.restart(away);
    }

    pub fn counts(&self) -> Counts {
        self.core.counts()
    }
}
