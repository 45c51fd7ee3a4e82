//! The thread that waits for the disk: what the writer committed is synced here while the next batch is written.
//! Only then is anybody told, in the order of the commits.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Instant;

use domain::fact::{Fact, Position};
use tokio::sync::watch;

use super::writer::Tell;
use crate::journal::batch::{Outcome, Waiter, refuse_all, settle_all};
use crate::journal::count_commit;
use crate::journal::feed::Tail;

/// No batch waits between the two threads: the writer is one ahead at most, and what queues up meanwhile makes its next
/// batch larger. It must be none, for what waited there when a sync fails would never be told.
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
    pub(super) fn open(log: &Path, tail: Arc<Tail>, position: Position) -> io::Result<Self> {
        let log = OpenOptions::new().read(true).write(true).open(log)?;
        write_anew(&log)?;
        Ok(Self { log, tail, head: watch::Sender::new(position) })
    }

    pub(super) fn head(&self) -> watch::Receiver<Position> {
        self.head.subscribe()
    }

    /// The thread says at its end whether everything it was handed is on the disk.
    pub(super) fn start(self) -> io::Result<(SyncSender<Written>, JoinHandle<bool>)> {
        let (sender, written) = sync_channel(WAITING_MAX);
        let thread = std::thread::Builder::new().name("journal sync".into());
        Ok((sender, thread.spawn(move || self.run(&written))?))
    }

    /// Ends with the writer, or with the first sync that fails: from then on the log in memory and the log on the disk
    /// may differ, so nothing is stored any more. The engine ends with it, and the next start writes the log anew.
    fn run(self, written: &Receiver<Written>) -> bool {
        while let Ok(batch) = written.recv() {
            if let Err(why) = self.log.sync_data() {
                tracing::error!(cause = %why, "the journal could not be synced");
                refuse(batch.waiting, batch.tells, &format!("the disk refused a sync: {why}"));
                return false;
            }
            self.publish(batch);
        }
        true
    }

    /// The order matters: what was answered is in the tail and behind the head before anybody hears of it.
    fn publish(&self, batch: Written) {
        let Written { last, events, facts, waiting, results, tells, began } = batch;
        self.tail.trail.mark(&waiting, &results);
        self.tail.extend(facts);
        self.head.send_if_modified(|head| std::mem::replace(head, last) != last);
        count_commit(events, results.len(), began.elapsed());
        settle_all(waiting, results);
        for tell in tells {
            tell(Ok(()));
        }
    }
}

/// What a killed process left in the log is shown from now on, so it has to be on the disk. Syncing is not enough:
/// after a sync that failed the system takes pages for clean that never got there.
fn write_anew(log: &File) -> io::Result<()> {
    let (mut chunk, mut at) = (vec![0; 1 << 20], 0);
    loop {
        let read = log.read_at(&mut chunk, at)?;
        let Some(bytes) = chunk.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        log.write_all_at(bytes, at)?;
        at += u64::try_from(read).map_err(io::Error::other)?;
    }
    log.sync_data()
}

/// Nobody may take it for stored; whether it is, the next start finds out.
pub(super) fn refuse(waiting: Vec<Waiter>, tells: Vec<Tell>, why: &str) {
    refuse_all(waiting, why);
    for tell in tells {
        tell(Err(why.into()));
    }
}
