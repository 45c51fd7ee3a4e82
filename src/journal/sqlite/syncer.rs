//! The thread that waits for the disk: what the writer committed is synced here while the next batch is written.
//! Only then is anybody told, in the order of the commits.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Instant;

use domain::fact::{Fact, Position};
use tokio::sync::watch;

use super::writer::Tell;
use crate::journal::batch::{Outcome, Waiter, settle_all};
use crate::journal::feed::Tail;
use crate::journal::{Refused, count_commit};

/// Batches that wait for their sync besides the one that is being synced. The writer is one ahead at most:
/// then it waits too, and what queues up meanwhile makes its next batch larger.
const WAITING_MAX: usize = 0;

/// A batch as the writer committed it, and whom to tell what.
pub(super) struct Written {
    pub(super) last: Position,
    pub(super) events: u64,
    pub(super) facts: Vec<Fact>,
    pub(super) waiting: Vec<Waiter>,
    pub(super) results: Vec<Outcome>,
    pub(super) tells: Vec<Tell>,
    pub(super) began: Instant,
}

pub(super) struct Syncer {
    log: File,
    tail: Arc<Tail>,
    /// Those who watch learn from its end that nothing more will come.
    head: watch::Sender<Position>,
}

impl Syncer {
    /// `log` is the file that commits are appended to. A second descriptor of it is harmless: SQLite locks other files.
    /// What a killed process left in it is synced first, since it is shown from now on.
    pub(super) fn open(log: &Path, tail: Arc<Tail>, head: watch::Sender<Position>) -> io::Result<Self> {
        let log = File::open(log)?;
        log.sync_data()?;
        Ok(Self { log, tail, head })
    }

    pub(super) fn start(self) -> io::Result<(SyncSender<Written>, JoinHandle<()>)> {
        let (sender, written) = sync_channel(WAITING_MAX);
        let thread = std::thread::Builder::new().name("journal sync".into());
        Ok((sender, thread.spawn(move || self.run(&written))?))
    }

    /// Ends with the writer, or with the first sync that fails: what such a sync left behind nobody can tell,
    /// so nothing is stored any more until the next start has read what is there.
    fn run(self, written: &Receiver<Written>) {
        while let Ok(batch) = written.recv() {
            if let Err(why) = self.log.sync_data() {
                tracing::error!(cause = %why, "the journal could not be synced; nothing is stored until a restart");
                return batch.refuse(&format!("the disk refused a sync: {why}"));
            }
            self.publish(batch);
        }
    }

    /// The order matters: what was answered is in the tail and behind the head before anybody hears of it.
    fn publish(&self, batch: Written) {
        let Written { last, events, facts, waiting, results, tells, began } = batch;
        self.tail.extend(facts);
        self.head.send_if_modified(|head| std::mem::replace(head, last) != last);
        count_commit(events, results.len(), began.elapsed());
        settle_all(waiting, results);
        for tell in tells {
            tell(Ok(()));
        }
    }
}

impl Written {
    /// Nobody may take it for stored; whether it is, the next start finds out.
    pub(super) fn refuse(self, why: &str) {
        let results = self.waiting.iter().map(|_| Err(Refused::Unavailable(why.into()))).collect();
        settle_all(self.waiting, results);
        for tell in self.tells {
            tell(Err(why.into()));
        }
    }
}
