//! What everybody else holds of the watch over an exchange: how it stands, and a way to ask for a synchronization.
//! The watcher holds the other end, which outlives it: whoever takes its place goes on where it was.
//! The exchange's recordings are not asked for here, but of `ports::Recordings`, as all are.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::ids::Organization;
use domain::pbx::Refusal;
use tokio::sync::{Mutex, mpsc, watch};

/// One synchronization that is asked for while another one is asked for already is the same.
const ASKED_LEN_MAX: usize = 1;

/// How the watch stands, on this node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// As the settings name it.
    pub driver: &'static str,
    /// Whether nobody is called there.
    pub simulated: bool,
    /// Whether this node is the one that watches.
    pub watching: bool,
    /// Whether the exchange answered when it was last asked.
    pub connected: bool,
    pub last_poll: Option<DateTime<Utc>>,
    /// When its log was last read to its newest row.
    pub last_sync: Option<DateTime<Utc>>,
    /// When that is due again.
    pub next_sync: Option<DateTime<Utc>>,
    /// So much the exchange's clock is ahead of ours.
    pub clock_offset_ms: Option<i64>,
    /// While the log is read.
    pub syncing: Option<Progress>,
    pub refused: Option<Refusal>,
    /// What is wrong at the moment, for people; no number and no secret stands in it.
    pub trouble: Option<String>,
}

/// How far the log is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub rows: u64,
    /// Of so many, where the exchange counts them.
    pub total: Option<u64>,
}

impl Standing {
    /// Before anything was asked of the exchange.
    pub fn new(driver: &'static str, simulated: bool) -> Self {
        Self {
            driver,
            simulated,
            watching: false,
            connected: false,
            last_poll: None,
            last_sync: None,
            next_sync: None,
            clock_offset_ms: None,
            syncing: None,
            refused: None,
            trouble: None,
        }
    }
}

/// What the watcher is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// To read the log now, and to knock again where the exchange did not let us in.
    SyncNow,
}

/// What becomes of asking for a synchronization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It begins as soon as what is under way is over.
    Taken,
    /// Somebody had asked for it.
    Waiting,
    /// Nobody watches here.
    Nobody,
}

/// The cheap handle.
#[derive(Debug, Clone)]
pub struct Watch {
    organization: Organization,
    standing: Arc<watch::Receiver<Standing>>,
    ask: mpsc::Sender<Ask>,
}

/// The watcher's end. Cheap to clone, so that a watcher that is started anew has it again.
#[derive(Debug, Clone)]
pub struct WatchEnd {
    standing: Arc<watch::Sender<Standing>>,
    asked: Arc<Mutex<mpsc::Receiver<Ask>>>,
}

/// Both ends.
pub fn watch(organization: Organization, standing: Standing) -> (Watch, WatchEnd) {
    let (tell, told) = watch::channel(standing);
    let (ask, asked) = mpsc::channel(ASKED_LEN_MAX);
    let end = WatchEnd { standing: Arc::new(tell), asked: Arc::new(Mutex::new(asked)) };
    (Watch { organization, standing: Arc::new(told), ask }, end)
}

impl Watch {
    /// Whose calls the exchange's are.
    pub fn organization(&self) -> &Organization {
        &self.organization
    }

    pub fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }

    pub fn sync_now(&self) -> Asked {
        if !self.standing.borrow().watching {
            return Asked::Nobody;
        }
        match self.ask.try_send(Ask::SyncNow) {
            Ok(()) => Asked::Taken,
            Err(mpsc::error::TrySendError::Full(_)) => Asked::Waiting,
            Err(mpsc::error::TrySendError::Closed(_)) => Asked::Nobody,
        }
    }
}

impl WatchEnd {
    pub fn tell(&self, change: impl FnOnce(&mut Standing)) {
        self.standing.send_modify(change);
    }

    pub fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }

    /// Waits until somebody asks; never ends while anybody holds a handle.
    pub async fn asked(&self) -> Option<Ask> {
        self.asked.lock().await.recv().await
    }
}
