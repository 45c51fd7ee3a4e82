//! A ward's sign of life and its counters, shared with the guardian. A replaced ward gets a new one,
//! so that a dead ward that wakes up again does not speak for its successor.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[derive(Debug, Clone)]
pub struct Pulse(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    beat: Instant,
    beats: u64,
    working_since: Option<Instant>,
    counters: BTreeMap<&'static str, u64>,
}

/// As long as it lives its ward is at one step of work.
#[derive(Debug)]
pub struct Work(Pulse);

impl Default for Pulse {
    fn default() -> Self {
        Self::new(BTreeMap::new())
    }
}

impl Pulse {
    pub(super) fn new(counters: BTreeMap<&'static str, u64>) -> Self {
        Self(Arc::new(Mutex::new(State { beat: Instant::now(), beats: 0, working_since: None, counters })))
    }

    pub fn beat(&self) {
        let mut state = self.lock();
        state.beat = Instant::now();
        state.beats += 1;
    }

    pub(super) fn beats(&self) -> u64 {
        self.lock().beats
    }

    /// Marks a step of work that must not take for ever.
    pub fn work(&self) -> Work {
        self.lock().working_since = Some(Instant::now());
        Work(self.clone())
    }

    pub fn count(&self, what: &'static str, more: u64) {
        *self.lock().counters.entry(what).or_insert(0) += more;
    }

    pub fn show(&self, what: &'static str, value: u64) {
        self.lock().counters.insert(what, value);
    }

    pub(super) fn silent_for(&self) -> Duration {
        self.lock().beat.elapsed()
    }

    pub(super) fn working_for(&self) -> Option<Duration> {
        self.lock().working_since.map(|since| since.elapsed())
    }

    pub(super) fn counters(&self) -> BTreeMap<&'static str, u64> {
        self.lock().counters.clone()
    }

    /// Nobody is blamed for the time in which the whole process stood still.
    pub(super) fn forgive(&self) {
        let mut state = self.lock();
        let now = Instant::now();
        state.beat = now;
        state.working_since = state.working_since.map(|_| now);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.0.lock().working_since = None;
    }
}
