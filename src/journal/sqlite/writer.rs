//! The one thread that writes: it takes what queued up while it was busy, and commits that together. No timer gathers batches.
//! Whether a batch is safe is the syncer's business, which tells everybody; a refused unit costs its neighbours nothing.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SendError, SyncSender};
use std::thread::JoinHandle;
use std::time::Instant;

use domain::fact::{Fact, Position};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::watch;

use super::commands;
use super::emptying::Emptying;
use super::schema::Lock;
use super::syncer::{Syncer, Written, refuse};
use crate::journal::batch::{Outcome, Prepared, Waiter, drain};
use crate::journal::chain::{Digest, GENESIS, Hash};
use crate::journal::feed::Tail;
use crate::journal::{Appended, CommandId, Error, Refused, from_micros, micros};
use crate::ports::Clock;

/// The log is moved into the file between commits, whenever so many bytes of events have been written.
/// Pages and indexes make it grow by six to eight times as much. Often and little, for everybody waits meanwhile.
const CHECKPOINT_BYTES: usize = 2 << 20;

/// Said from the first sync that failed.
pub(super) const NO_SYNC: &str = "nothing can be stored before a restart: the log tells why";

#[expect(
    clippy::large_enum_variant,
    reason = "nearly every job is the large one, and a box for each would cost more"
)]
pub(super) enum Job {
    Append(Prepared),
    Task(Task),
}

/// Another write, with what to tell whom when the commit is through.
pub(super) type Task = Box<dyn FnOnce(&Connection) -> rusqlite::Result<Tell> + Send>;
pub(super) type Tell = Box<dyn FnOnce(Result<(), String>) + Send>;

/// What the writer shares with the handles.
pub(super) struct Shared {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) depth: Arc<AtomicUsize>,
    pub(super) ailing: Arc<AtomicBool>,
    pub(super) emptying: Arc<Emptying>,
}

pub(super) struct Writer {
    connection: Connection,
    _lock: Lock,
    shared: Shared,
    state: State,
    unchecked: usize,
    written: SyncSender<Written>,
    syncer: JoinHandle<bool>,
}

/// What the next batch continues. Taken over only when its commit is through.
#[derive(Debug, Clone, Copy)]
struct State {
    position: Position,
    recorded_at: i64,
    digest: Hash,
}

/// A batch in the making.
#[derive(Default)]
struct Batch {
    /// In the order of the appends among the jobs.
    results: Vec<Outcome>,
    tells: Vec<Tell>,
    facts: Vec<Fact>,
    bytes: usize,
}

impl Writer {
    /// The writer, and the position that moves when what it wrote is safe.
    pub(super) fn try_new(
        connection: Connection,
        lock: Lock,
        shared: Shared,
        (log, tail): (&Path, Arc<Tail>),
    ) -> Result<(Self, watch::Receiver<Position>), Error> {
        let state = last_state(&connection)
            .map_err(|why| Error::Open(format!("cannot read the journal's end: {why}")))?;
        let cannot = |why: std::io::Error| Error::Open(format!("cannot sync {}: {why}", log.display()));
        let syncer = Syncer::open(log, tail, state.position).map_err(cannot)?;
        let head = syncer.head();
        let (written, syncer) = syncer.start().map_err(cannot)?;
        Ok((Self { connection, _lock: lock, shared, state, unchecked: 0, written, syncer }, head))
    }

    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            let batch = drain(first, || jobs.try_recv().ok(), Job::size);
            self.shared.depth.fetch_sub(batch.len(), Ordering::Relaxed);
            self.commit(batch);
            self.checkpoint();
        }
        drop(self.written);
        let synced = self.syncer.join().unwrap_or(false);
        // Leaves an empty log behind, so that the file alone is the journal; but for one that cannot be trusted.
        let close = if synced { empty_log(&self.connection) } else { keep_log(&self.connection) };
        if let Err(why) = close {
            tracing::warn!(cause = %why, "the journal's log was not put away; the next start does that");
        }
    }

    fn commit(&mut self, jobs: Vec<Job>) {
        let began = Instant::now();
        let waiting: Vec<_> = jobs.iter().filter_map(Job::waiter).collect();
        let mut batch = Batch::default();
        if self.syncer.is_finished() {
            return self.give_up(waiting, batch.tells, NO_SYNC);
        }
        match self.write(jobs, &mut batch) {
            Ok(state) => self.hand_over(state, batch, waiting, began),
            Err(why) => {
                // Rolled back already where the error was SQLite's own; saying so twice is harmless.
                let _ = self.connection.execute_batch("ROLLBACK");
                tracing::error!(cause = %why, "a batch could not be committed");
                self.give_up(waiting, batch.tells, &why.to_string());
            }
        }
    }

    fn hand_over(&mut self, state: State, batch: Batch, waiting: Vec<Waiter>, began: Instant) {
        let events = state.position - self.state.position;
        if events > 0 {
            self.shared.ailing.store(false, Ordering::Relaxed);
        }
        self.state = state;
        self.unchecked += batch.bytes;
        let Batch { results, tells, facts, .. } = batch;
        let written = Written { last: state.position, events, facts, waiting, results, tells, began };
        if let Err(SendError(written)) = self.written.send(written) {
            self.give_up(written.waiting, written.tells, NO_SYNC);
        }
    }

    fn give_up(&self, waiting: Vec<Waiter>, tells: Vec<Tell>, why: &str) {
        self.shared.ailing.store(true, Ordering::Relaxed);
        refuse(waiting, tells, why);
    }

    fn write(&self, jobs: Vec<Job>, batch: &mut Batch) -> rusqlite::Result<State> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let mut state = self.state;
        state.recorded_at = micros(self.shared.clock.now()).max(state.recorded_at);
        let mut digest = Digest::after(&state.digest, state.recorded_at);
        for job in jobs {
            match job {
                Job::Append(unit) => {
                    let result = self.append(unit, &mut state, &mut digest, batch)?;
                    batch.results.push(result);
                }
                Job::Task(task) => self.task(task, batch)?,
            }
        }
        if state.position > self.state.position {
            state.digest = digest.finish();
            let mut insert = self.connection.prepare_cached(
                "INSERT INTO batches (last, first, recorded_at, digest) VALUES (?1, ?2, ?3, ?4)",
            )?;
            let first = self.state.position + 1;
            insert.execute(params![state.position, first, state.recorded_at, state.digest])?;
        } else {
            state.recorded_at = self.state.recorded_at;
        }
        self.connection.execute_batch("COMMIT")?;
        Ok(state)
    }

    /// The only writer can look before it writes: nothing moves in between.
    fn append(
        &self,
        prepared: Prepared,
        state: &mut State,
        digest: &mut Digest,
        batch: &mut Batch,
    ) -> rusqlite::Result<Outcome> {
        if let Some(earlier) = self.repeated(&prepared)? {
            return Ok(earlier);
        }
        for append in &prepared.unit.appends {
            if !self.stands_at(append.kind, append.stream.as_str(), append.expected)? {
                return Ok(Err(Refused::Conflict));
            }
        }
        self.store_keys(&prepared)?;
        batch.bytes += prepared.bytes;
        let first = state.position + 1;
        self.store_events(prepared, first, state, digest, batch)?;
        let recorded_at = from_micros(state.recorded_at);
        Ok(Ok(Appended { first, last: state.position, recorded_at, repeated: false }))
    }

    fn store_events(
        &self,
        prepared: Prepared,
        first: Position,
        state: &mut State,
        digest: &mut Digest,
        batch: &mut Batch,
    ) -> rusqlite::Result<()> {
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO events (position, aggregate_type, aggregate_id, sequence, event_type, event_version,
             payload, metadata, occurred_at, recorded_at, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?;
        let Prepared { unit, metadata, hashes, .. } = prepared;
        let mut hashes = hashes.into_iter();
        let count: usize = unit.appends.iter().map(|append| append.events.len()).sum();
        if let Some(command) = &unit.command {
            // One before the first where it said nothing: there is no position to wait for.
            let last = first + u64::try_from(count).unwrap_or(0) - 1;
            self.remember(&unit.circumstances.organization, command, (first, last), state.recorded_at)?;
        }
        for append in unit.appends {
            for (sequence, event) in (append.expected + 1..).zip(append.events) {
                let hash = hashes.next().unwrap_or(GENESIS);
                state.position += 1;
                insert.execute(params![
                    state.position,
                    append.kind,
                    append.stream.as_str(),
                    sequence,
                    event.event_type,
                    event.event_version,
                    event.payload,
                    metadata,
                    micros(event.occurred_at),
                    state.recorded_at,
                    hash
                ])?;
                digest.add(state.position, &hash);
                batch.facts.push(Fact {
                    position: state.position,
                    stream: append.stream.clone(),
                    sequence,
                    recorded_at: from_micros(state.recorded_at),
                    occurred_at: event.occurred_at,
                    circumstances: Arc::clone(&unit.circumstances),
                    event: event.fact,
                });
            }
        }
        Ok(())
    }

    /// The stored outcome of a command that was carried out before.
    fn repeated(&self, prepared: &Prepared) -> rusqlite::Result<Option<Outcome>> {
        let Some(command) = &prepared.unit.command else { return Ok(None) };
        let found = commands::find(&self.connection, &prepared.unit.circumstances.organization, command.id)?;
        let same =
            |(body, appended)| if body == command.body { Ok(appended) } else { Err(Refused::CommandReused) };
        Ok(found.map(same))
    }

    fn remember(
        &self,
        organization: &str,
        command: &CommandId,
        (first, last): (Position, Position),
        recorded_at: i64,
    ) -> rusqlite::Result<()> {
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO commands (organization, id, body, first, last, recorded_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        let id = command.id.as_bytes().as_slice();
        insert.execute(params![organization, id, command.body, first, last, recorded_at]).map(drop)
    }

    fn stands_at(&self, kind: &str, stream: &str, expected: u64) -> rusqlite::Result<bool> {
        let mut find = self.connection.prepare_cached(
            "SELECT 1 FROM events WHERE aggregate_type = ?1 AND aggregate_id = ?2 AND sequence = ?3",
        )?;
        let moved_on = find.exists(params![kind, stream, expected + 1])?;
        Ok(!moved_on && (expected == 0 || find.exists(params![kind, stream, expected])?))
    }

    /// A key may travel with several units until one of them is known to be stored.
    fn store_keys(&self, prepared: &Prepared) -> rusqlite::Result<()> {
        for key in &prepared.unit.keys {
            let mut insert = self.connection.prepare_cached(
                "INSERT INTO person_keys (id, organization, person, wrapped) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (id) DO NOTHING",
            )?;
            let (id, person) = (key.id.as_bytes().as_slice(), key.person.as_slice());
            insert.execute(params![id, key.organization, person, key.wrapped])?;
        }
        Ok(())
    }

    /// A task that fails is undone alone, and told by dropping what would have told it.
    fn task(&self, task: Task, batch: &mut Batch) -> rusqlite::Result<()> {
        self.connection.execute_batch("SAVEPOINT task")?;
        match task(&self.connection) {
            Ok(tell) => {
                batch.tells.push(tell);
                self.connection.execute_batch("RELEASE task")
            }
            Err(why) => {
                tracing::error!(cause = %why, "the journal refused a write beside the events");
                self.connection.execute_batch("ROLLBACK TO task; RELEASE task")
            }
        }
    }

    /// Moves the log into the file. The log grows to about the bound and what one batch adds.
    fn checkpoint(&mut self) {
        if self.shared.emptying.is_asked()
            && !self.syncer.is_finished()
            && self.shared.emptying.grant(&self.connection)
        {
            self.unchecked = 0;
        }
        if self.unchecked < CHECKPOINT_BYTES || self.syncer.is_finished() {
            return;
        }
        self.unchecked = 0;
        let began = Instant::now();
        if let Err(why) = self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
            tracing::warn!(cause = %why, "the journal's log could not be moved into its file");
        }
        metrics::histogram!("karnay_checkpoint_seconds").record(began.elapsed().as_secs_f64());
    }
}

impl Job {
    fn waiter(&self) -> Option<Waiter> {
        match self {
            Self::Append(prepared) => Some(prepared.waiter()),
            Self::Task(_) => None,
        }
    }

    fn size(&self) -> (usize, usize) {
        match self {
            Self::Append(prepared) => prepared.size(),
            Self::Task(_) => (1, 0),
        }
    }
}

fn empty_log(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
}

fn keep_log(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map(drop)
}

fn last_state(connection: &Connection) -> rusqlite::Result<State> {
    let last = connection.query_row(
        "SELECT last, recorded_at, digest FROM batches ORDER BY last DESC LIMIT 1",
        [],
        |row| Ok(State { position: row.get(0)?, recorded_at: row.get(1)?, digest: row.get(2)? }),
    );
    Ok(last.optional()?.unwrap_or(State { position: 0, recorded_at: 0, digest: GENESIS }))
}
