//! The one task that appends for this node, on a thread of its own: it takes what queued up while the last batch was under way.
//! No timer gathers batches. A lost connection leaves a batch in doubt: the journal itself tells what became of it.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use domain::fact::{Fact, Position};
use sqlx::Connection;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::follow::advance;
use super::line::{Dialer, Line, Verdict, WRITE_WAIT, judge};
use super::schema::{CONNECT_WAIT, plainly};
use super::statement::{self, Written};
use crate::journal::batch::{Outcome, Prepared, drain, refuse_all, settle_all};
use crate::journal::feed::Tail;
use crate::journal::{Appended, BATCH_EVENTS_MAX, Refused, count_commit, micros};
use crate::ports::Clock;

/// How long units wait for a lost server before they are told that it is away.
const PATIENCE: Duration = Duration::from_secs(2);

/// Units set aside because an earlier one of their stream is under way.
const HELD_LEN_MAX: usize = BATCH_EVENTS_MAX;

/// A race is tried again whole, since the next statement sees who won; then by halves; a single unit this often.
const TRIES_MAX: u32 = 3;

pub(super) struct Writer {
    pub(super) dialer: Dialer,
    pub(super) line: Option<Line>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) tail: Arc<Tail>,
    pub(super) head: Arc<watch::Sender<Position>>,
    /// Our own newest position, for those who tell other nodes.
    pub(super) own: watch::Sender<Position>,
    pub(super) depth: Arc<AtomicUsize>,
    /// Whether the server is known to be away, so that nobody else waits for it either.
    pub(super) away: Arc<AtomicBool>,
    pub(super) queue: mpsc::Receiver<Prepared>,
    pub(super) held: VecDeque<Prepared>,
    pub(super) names: RandomState,
    /// Connections lost since the last commit.
    pub(super) losses: u32,
}

/// Units that are sent together, and how often they have been.
struct Part {
    units: Vec<Prepared>,
    tries: u32,
}

impl Writer {
    pub(super) async fn run(mut self) {
        while let Some(batch) = self.next_batch().await {
            self.commit(batch).await;
        }
        if let Some(line) = self.line {
            // The server notices by itself where this does not reach it.
            let _ = line.connection.close().await;
        }
    }

    /// The units that may go together: at most one for each stream and command, so that the statement can check them all at once.
    async fn next_batch(&mut self) -> Option<Vec<Prepared>> {
        let mut waiting = std::mem::take(&mut self.held);
        let first = match waiting.pop_front() {
            Some(first) => first,
            None => self.queue.recv().await?,
        };
        let (queue, held, names) = (&mut self.queue, &mut self.held, &self.names);
        let mut taken = HashSet::new();
        claim(&mut taken, names, &first);
        let next = || loop {
            let newest = || if held.len() < HELD_LEN_MAX { queue.try_recv().ok() } else { None };
            let unit = waiting.pop_front().or_else(newest)?;
            if claim(&mut taken, names, &unit) {
                return Some(unit);
            }
            held.push_back(unit);
        };
        let batch = drain(first, next, Prepared::size);
        self.held.extend(waiting);
        self.depth.fetch_sub(batch.len(), Ordering::Relaxed);
        Some(batch)
    }

    async fn commit(&mut self, units: Vec<Prepared>) {
        let mut parts = vec![Part { units, tries: 0 }];
        while let Some(part) = parts.pop() {
            let Some(line) = &mut self.line else {
                turn_away(&part.units, "the journal is closing");
                continue;
            };
            let (began, now) = (Instant::now(), micros(self.clock.now()));
            let sending = statement::append(&mut line.connection, &part.units, now);
            let why = match timeout(WRITE_WAIT, sending).await {
                Ok(Ok(written)) => {
                    self.publish(part.units, written, began);
                    continue;
                }
                Ok(Err(why)) => why,
                Err(_) => sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()),
            };
            match judge(&why) {
                Verdict::Raced => again(part, Refused::Conflict, &mut parts),
                Verdict::Faulty => {
                    tracing::error!(cause = %plainly(&why), "the store does not take an event");
                    let tries = TRIES_MAX;
                    again(Part { tries, ..part }, Refused::Unavailable(plainly(&why)), &mut parts);
                }
                Verdict::TurnedAway => {
                    tracing::error!(cause = %plainly(&why), "a batch could not be committed");
                    turn_away(&part.units, &plainly(&why));
                }
                Verdict::Lost => {
                    tracing::error!(cause = %plainly(&why), "the journal's connection is lost");
                    let unsent = parts.drain(..).rev().flat_map(|part| part.units).collect();
                    self.hold(unsent);
                    self.recover(part.units).await;
                }
            }
        }
    }

    /// The order matters: what was answered is in the tail and behind the head before anybody hears of it.
    fn publish(&mut self, units: Vec<Prepared>, written: Written, began: Instant) {
        self.losses = 0;
        let Written { stretch, outcomes } = written;
        let mut events = 0;
        let count = units.len();
        if let Some(stretch) = stretch {
            events = stretch.last - stretch.base;
        }
        let waiting: Vec<_> = units.iter().map(Prepared::waiter).collect();
        self.tail.trail.mark(&waiting, &outcomes);
        let facts = units.into_iter().zip(&outcomes).flat_map(|(unit, outcome)| facts(unit, outcome));
        self.tail.extend(facts);
        if let Some(stretch) = stretch.filter(|_| events > 0) {
            advance(&self.head, stretch.last);
            self.own.send_replace(stretch.last);
        }
        count_commit(events, count, began.elapsed());
        settle_all(waiting, outcomes);
    }

    /// Comes back with a new connection and the truth about the units in doubt, or without where the queue was closed.
    async fn recover(&mut self, mut doubtful: Vec<Prepared>) {
        self.losses += 1;
        let old = self.line.take().map(|line| line.backend);
        let deadline = Instant::now() + PATIENCE;
        while let Some(mut line) = self.redial(old, deadline, &mut doubtful).await {
            let asking = statement::standing(&mut line.connection, &doubtful);
            match timeout(CONNECT_WAIT, asking).await {
                Ok(Ok(found)) => {
                    tracing::info!(position = line.head, "the journal is back");
                    if line.head < *self.head.borrow() {
                        tracing::error!(
                            position = line.head,
                            "the store came back without its newest events: rebuild every screen"
                        );
                    }
                    let head = line.head;
                    self.line = Some(line);
                    self.away.store(false, Ordering::Relaxed);
                    self.resolve(doubtful, found);
                    advance(&self.head, head);
                    return;
                }
                Ok(Err(why)) => tracing::warn!(cause = %plainly(&why), "the journal was lost again"),
                Err(_) => tracing::warn!("the journal does not answer"),
            }
        }
    }

    /// Dials, and in the meantime sees to it that nobody waits longer than the deadline.
    async fn redial(
        &mut self,
        old: Option<super::line::Backend>,
        deadline: Instant,
        doubtful: &mut Vec<Prepared>,
    ) -> Option<Line> {
        let dialer = self.dialer.clone();
        let mut dialing = std::pin::pin!(dialer.redial(old));
        let mut patient = true;
        loop {
            tokio::select! {
                biased;
                line = &mut dialing => return Some(line),
                () = sleep_until(deadline), if patient => {
                    patient = false;
                    self.away.store(true, Ordering::Relaxed);
                    turn_away(&std::mem::take(doubtful), "the server is away");
                    let held: Vec<_> = self.held.drain(..).collect();
                    self.depth.fetch_sub(held.len(), Ordering::Relaxed);
                    turn_away(&held, "the server is away");
                }
                unit = self.queue.recv(), if !patient => {
                    let unit = unit?;
                    self.depth.fetch_sub(1, Ordering::Relaxed);
                    turn_away(&[unit], "the server is away");
                }
            }
        }
    }

    /// The old backend is gone: what stands now was stored, and what does not never will be, so it may go again, once.
    fn resolve(&mut self, doubtful: Vec<Prepared>, found: Vec<Option<Appended>>) {
        let (mut stored, mut absent) = (vec![], vec![]);
        for (unit, appended) in doubtful.into_iter().zip(found) {
            match appended {
                Some(appended) => stored.push((appended, unit)),
                None => absent.push(unit),
            }
        }
        stored.sort_by_key(|(appended, _)| appended.first);
        if let Some((last, _)) = stored.last() {
            let last = last.last;
            let (outcomes, units): (Vec<Outcome>, Vec<_>) =
                stored.into_iter().map(|(appended, unit)| (Ok(appended), unit)).unzip();
            let waiting: Vec<_> = units.iter().map(Prepared::waiter).collect();
            self.tail.trail.mark(&waiting, &outcomes);
            self.tail
                .extend(units.into_iter().zip(&outcomes).flat_map(|(unit, outcome)| facts(unit, outcome)));
            advance(&self.head, last);
            self.own.send_replace(last);
            settle_all(waiting, outcomes);
        }
        if self.losses > 1 {
            turn_away(&absent, "the server went away twice");
        } else {
            self.hold(absent);
        }
    }

    /// Puts units back to the front of the line.
    fn hold(&mut self, units: Vec<Prepared>) {
        self.depth.fetch_add(units.len(), Ordering::Relaxed);
        units.into_iter().rev().for_each(|unit| self.held.push_front(unit));
    }
}

/// Claims a unit's streams and command for a batch. Where one is taken the unit waits,
/// and its other names stay claimed, so that nobody who came later overtakes it.
fn claim(taken: &mut HashSet<u64>, names: &RandomState, prepared: &Prepared) -> bool {
    let unit = &prepared.unit;
    let command =
        unit.command.as_ref().map(|command| names.hash_one((&unit.circumstances.organization, command.id)));
    let streams = unit.appends.iter().map(|append| names.hash_one((append.kind, append.stream.as_str())));
    let mut free = true;
    for name in command.into_iter().chain(streams) {
        free &= taken.insert(name);
    }
    free
}

fn again(part: Part, at_last: Refused, parts: &mut Vec<Part>) {
    let Part { mut units, tries } = part;
    if tries == 0 || (units.len() == 1 && tries < TRIES_MAX) {
        parts.push(Part { units, tries: tries + 1 });
    } else if units.len() > 1 {
        let rest = units.split_off(units.len() / 2);
        parts.push(Part { units: rest, tries });
        parts.push(Part { units, tries });
    } else {
        settle_all(units.iter().map(Prepared::waiter).collect(), vec![Err(at_last)]);
    }
}

fn turn_away(units: &[Prepared], why: &str) {
    refuse_all(units.iter().map(Prepared::waiter).collect(), why);
}

/// What a stored unit adds to the tail. A repetition adds nothing: its events are where they were.
fn facts(prepared: Prepared, outcome: &Outcome) -> Vec<Fact> {
    let Ok(Appended { first, recorded_at, repeated: false, .. }) = outcome else { return vec![] };
    let circumstances = prepared.unit.circumstances;
    let mut positions = *first..;
    let mut facts = Vec::with_capacity(prepared.hashes.len());
    for append in prepared.unit.appends {
        for ((sequence, event), position) in
            (append.expected + 1..).zip(append.events).zip(positions.by_ref())
        {
            facts.push(Fact {
                position,
                stream: append.stream.clone(),
                sequence,
                recorded_at: *recorded_at,
                occurred_at: event.occurred_at,
                circumstances: Arc::clone(&circumstances),
                event: event.fact,
            });
        }
    }
    facts
}
