//! The watcher's loops and what they share. One sees to the lease, one looks at the calls, one reads the log, and one hears what is asked.
//! They take turns at the board: a call that ended is not matched with a row while a look is on its way that still shows it.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use domain::fact::Circumstances;
use domain::ids::StreamId;
use domain::pbx::board::Board;
use domain::pbx::reading::Reading;
use domain::pbx::{self, Refusal};
use tokio::sync::{Mutex, Notify, watch};
use uuid::Uuid;

use super::exchange::Exchange;
use super::gaps::Gaps;
use super::{NAME, Options};
use crate::actors::guardian::Pulse;
use crate::dispatch::pbx::Watching;
use crate::dispatch::{Done, Failure, Meta};
use crate::journal;
use crate::ports::pbx::PbxTrouble;

/// Why a step came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(transparent)]
    Exchange(#[from] PbxTrouble),
    #[error(transparent)]
    Journal(#[from] journal::Error),
    #[error(transparent)]
    Screens(#[from] projections::Error),
    #[error("what was seen cannot be stored: {0}")]
    Calls(#[from] Failure<domain::pbx_call::Error>),
    #[error("how the watch stands cannot be stored: {0}")]
    Watch(#[from] Failure<pbx::Error>),
    #[error("the log cannot be read on: {0}")]
    Paging(#[from] pbx::paging::Error),
    #[error("the screen of the exchange's calls is behind")]
    Behind,
    #[error("another node watches")]
    Theirs,
}

/// What is laid out while this node watches.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) board: Board,
    pub(super) reading: Reading,
    /// How far the exchange's clock is before ours.
    pub(super) offset: TimeDelta,
    pub(super) gaps: Gaps,
    pub(super) refused: Option<Refusal>,
}

/// Whether anything may be asked of the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// Another node watches.
    Theirs,
    Open,
    /// It does not let us in, and is not asked again until somebody says so.
    Shut,
}

pub(super) struct Keeping {
    pub(super) options: Arc<Options>,
    pub(super) exchange: Exchange,
    pub(super) pulse: Pulse,
    owner: Uuid,
    door: watch::Sender<Door>,
    /// None until a look was good.
    pub(super) desk: Mutex<Option<Desk>>,
    pub(super) laid_out: watch::Sender<bool>,
    /// Somebody wants the log to be read now.
    pub(super) wanted: Notify,
    /// The exchange was heard of, or somebody wants it asked: it is not waited for any longer.
    pub(super) woken: Notify,
    /// It has said what it is since the door was opened.
    pub(super) entered: Cell<bool>,
    /// It is known to answer more slowly than it is asked.
    pub(super) is_slow: Cell<bool>,
    /// When the numbers inside were asked for.
    pub(super) directory_at: Cell<Option<Instant>>,
    /// Since when, by the exchange's clock, calls may have been missed that no reading has looked for.
    pub(super) missed_since: Cell<Option<DateTime<Utc>>>,
}

/// What seldom happens is there as 0, so that Prometheus sees it grow.
fn begin_counting() {
    metrics::gauge!("karnay_pbx_refused").set(0.0);
    for outcome in ["good", "failed"] {
        metrics::counter!("karnay_pbx_polls_total", "outcome" => outcome).increment(0);
    }
    for rows in ["read", "new"] {
        metrics::counter!("karnay_pbx_log_rows_total", "rows" => rows).increment(0);
    }
    for list in ["live", "log"] {
        metrics::counter!("karnay_pbx_unknown_total", "list" => list).increment(0);
    }
}

impl Keeping {
    pub(super) fn new(options: Arc<Options>, pulse: Pulse) -> Self {
        let exchange = Exchange { pbx: Arc::clone(&options.pbx), runtime: options.runtime.clone() };
        begin_counting();
        Self {
            owner: options.ids.uuid(),
            options,
            exchange,
            pulse,
            door: watch::Sender::new(Door::Theirs),
            desk: Mutex::new(None),
            laid_out: watch::Sender::new(false),
            wanted: Notify::new(),
            woken: Notify::new(),
            entered: Cell::new(false),
            is_slow: Cell::new(false),
            directory_at: Cell::new(None),
            missed_since: Cell::new(None),
        }
    }

    /// Never ends by itself.
    pub(super) async fn go_on(&self) {
        tokio::join!(self.hold(), self.keep_looking(), self.keep_syncing(), self.listen());
    }

    /// Whoever cannot renew the lease stops watching.
    async fn hold(&self) {
        let lease = self.options.limits.lease;
        loop {
            let ours = self.options.journal.lease(NAME, self.owner, lease).await;
            if let Err(why) = &ours {
                tracing::warn!(cause = %why, "whether this node watches the exchange cannot be told at the moment");
            }
            match (ours.unwrap_or(false), self.is_ours()) {
                (true, false) => self.begin(),
                (false, true) => self.leave().await,
                (true, true) | (false, false) => {}
            }
            tokio::time::sleep(lease / 4).await;
        }
    }

    fn begin(&self) {
        let limits = &self.options.limits;
        tracing::info!("Starting real-time polling every {}", spoken(limits.poll, "second", 1));
        tracing::info!("Starting auto-sync every {}", spoken(limits.sync, "minute", 60));
        self.options.end.tell(|standing| standing.watching = true);
        self.door.send_replace(Door::Open);
    }

    async fn leave(&self) {
        self.entered.set(false);
        tracing::info!("another node watches the exchange");
        self.door.send_replace(Door::Theirs);
        self.laid_out.send_replace(false);
        *self.desk.lock().await = None;
        self.options.end.tell(|standing| {
            (standing.watching, standing.connected, standing.syncing) = (false, false, None);
        });
        self.options.pbx.close().await;
    }

    pub(super) fn is_ours(&self) -> bool {
        *self.door.borrow() != Door::Theirs
    }

    pub(super) fn is_open(&self) -> bool {
        *self.door.borrow() == Door::Open
    }

    /// Waits until the exchange may be asked.
    pub(super) async fn opened(&self) {
        // The door lives as long as whoever waits at it.
        let _ = self.door.subscribe().wait_for(|door| *door == Door::Open).await;
    }

    /// What is asked for by hand opens a door that was shut.
    async fn listen(&self) {
        while self.options.end.asked().await.is_some() {
            if self.is_ours() {
                self.door.send_replace(Door::Open);
                self.woken.notify_one();
                self.wanted.notify_one();
            }
        }
        // Nobody holds a handle any more: nobody will ask.
        std::future::pending::<()>().await;
    }

    /// It does not let us in: told once, and not tried again until somebody has looked after it.
    pub(super) async fn shut(&self, why: Refusal, trouble: &PbxTrouble) {
        tracing::error!(
            cause = %trouble,
            "the exchange does not let us in, and is not asked again until a synchronization is asked for or the engine is started anew"
        );
        self.entered.set(false);
        self.pulse.show("refused", 1);
        metrics::gauge!("karnay_pbx_refused").set(1.0);
        self.away(&trouble.to_string());
        self.options.end.tell(|standing| standing.refused = Some(why));
        let refuse = pbx::Command::Refuse { why, at: self.now() };
        if let Err(why) = self.say(refuse).await {
            tracing::warn!(cause = %why, "that the exchange does not let us in could not be recorded");
        }
        if let Some(desk) = self.desk.lock().await.as_mut() {
            desk.refused = Some(why);
            desk.gaps.refused();
        }
        self.door.send_if_modified(|door| {
            let open = *door == Door::Open;
            *door = if open { Door::Shut } else { *door };
            open
        });
    }

    pub(super) fn away(&self, trouble: &str) {
        metrics::gauge!("karnay_pbx_connected").set(0.0);
        self.pulse.show("connected", 0);
        self.options.end.tell(|standing| {
            (standing.connected, standing.trouble) = (false, Some(trouble.to_owned()));
        });
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.options.clock.now()
    }

    pub(super) async fn say(&self, command: pbx::Command) -> Result<Done<pbx::Pbx>, Failure<pbx::Error>> {
        let Watching { circumstances, organization, .. } = self.watching();
        let meta = Meta { circumstances, command: None };
        self.options.dispatch.pbx(StreamId::pbx(&organization), command, meta).await
    }

    pub(super) fn watching(&self) -> Watching {
        let Options { organization, home, .. } = &*self.options;
        let circumstances = Circumstances {
            organization: organization.to_string(),
            actor: NAME.to_owned(),
            ..Circumstances::default()
        };
        Watching {
            organization: organization.clone(),
            home: *home,
            circumstances: Arc::new(circumstances),
            at: self.now(),
        }
    }
}

/// What shuts the door, and how it is recorded.
pub(super) fn refusal(trouble: &PbxTrouble) -> Option<Refusal> {
    match trouble {
        PbxTrouble::Password => Some(Refusal::Password),
        PbxTrouble::Rights { .. } => Some(Refusal::Rights),
        PbxTrouble::Certificate { .. } => Some(Refusal::Certificate),
        PbxTrouble::Away { .. } | PbxTrouble::Senseless { .. } | PbxTrouble::Unsupported { .. } => None,
    }
}

/// How long, as operators look for it.
fn spoken(span: Duration, unit: &str, secs: u64) -> String {
    let count = span.as_secs() / secs;
    if span != Duration::from_secs(count * secs) {
        return format!("{} ms", span.as_millis());
    }
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
