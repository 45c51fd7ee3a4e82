//! What all doors of the box share, behind one lock: the exchange, the sessions, the faults, the counts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::call::{MILLIS, Step};
use super::download::Downloads;
use super::exchange::{Exchange, millis};
use super::faults::Faults;
use super::log::Row;
use super::sessions::{Sessions, hex32};
use super::tapes::Tape;
use super::traffic::Traffic;
use super::{Options, USER};
use crate::ports::{Clock, Ids};

/// How much older than the box the newest of the made-up rows is, in seconds, so that no skew of its clock mixes them with others.
const OLD_BEFORE: i64 = 3_600;

/// What was asked for since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub logins: u64,
    pub refused_logins: u64,
    /// By method, and by path for all else. Those that were refused count too.
    pub requests: BTreeMap<String, u64>,
}

impl Counts {
    pub fn of(&self, request: &str) -> u64 {
        self.requests.get(request).copied().unwrap_or(0)
    }
}

pub(super) struct Core {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    seed: u64,
    password: String,
    started: i64,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) exchange: Exchange,
    pub(super) sessions: Sessions,
    pub(super) downloads: Downloads,
    pub(super) faults: Faults,
    pub(super) counts: Counts,
    /// Requests since the start, each a throw of the dice.
    pub(super) thrown: u64,
    /// When a restart is over.
    pub(super) away_until: i64,
}

impl Core {
    pub(super) fn new(options: Options) -> Self {
        let Options {
            password, seed, calls_per_minute, speed, delays, unrecorded, faults, clock, ids, ..
        } = options;
        let now = clock.now().timestamp_millis();
        let traffic = Traffic::new(seed, (calls_per_minute, speed), now);
        let state = State {
            exchange: Exchange::new((seed, unrecorded), delays, traffic),
            sessions: Sessions::default(),
            downloads: Downloads::default(),
            faults,
            counts: Counts::default(),
            thrown: 0,
            away_until: i64::MIN,
        };
        let password = password.unwrap_or_else(|| hex32(&*ids));
        Self { state: Mutex::new(state), clock, ids, seed, password, started: now }
    }

    /// The state as it is by now, and what time that is.
    pub(super) fn now(&self) -> (MutexGuard<'_, State>, i64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now().timestamp_millis();
        let skew = state.skew();
        state.exchange.advance(now, skew);
        (state, now)
    }

    pub(super) fn ids(&self) -> &dyn Ids {
        &*self.ids
    }

    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    pub(super) fn password(&self) -> &str {
        &self.password
    }

    pub(super) fn knows(&self, user: &str, password: &str) -> bool {
        user == USER && verify_slices_are_equal(password.as_bytes(), self.password.as_bytes()).is_ok()
    }

    pub(super) fn begin(&self, parties: (&str, &str), status: u16) -> String {
        let (mut state, now) = self.now();
        let skew = state.skew();
        state.exchange.begin(parties, (now, skew), status)
    }

    pub(super) fn step(&self, id: &str, status: Option<u16>, to: Option<&str>) -> bool {
        let (mut state, now) = self.now();
        state.exchange.step(id, now, status, to)
    }

    pub(super) fn leave(&self, id: &str, last: u16) -> bool {
        let (mut state, now) = self.now();
        state.exchange.leave(id, now, last)
    }

    pub(super) fn leave_unrecorded(&self, id: &str) -> bool {
        self.now().0.exchange.leave_unrecorded(id)
    }

    pub(super) fn steps(&self, id: &str) -> Vec<Step> {
        self.now().0.exchange.steps(id)
    }

    pub(super) fn make_log(&self, rows: usize, over: Duration) {
        let newest = self.started.div_euclid(MILLIS) - OLD_BEFORE;
        let (mut state, _) = self.now();
        state.exchange.log.make_old(rows, (newest, millis(over) / MILLIS), self.seed);
    }

    pub(super) fn log(&self, skip: usize, limit: usize) -> (usize, Vec<Row>) {
        let (state, _) = self.now();
        let log = &state.exchange.log;
        (log.truth_len(), log.truth(skip, limit))
    }

    pub(super) fn tapes(&self) -> Vec<Tape> {
        let (state, _) = self.now();
        let tapes = &state.exchange.tapes;
        tapes.shown().chain(tapes.waiting()).cloned().collect()
    }

    pub(super) fn faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.now().0.faults);
    }

    pub(super) fn expire(&self) {
        self.now().0.sessions.end_all();
    }

    pub(super) fn restart(&self, away: Duration) {
        let (mut state, now) = self.now();
        state.sessions.end_all();
        state.downloads = Downloads::default();
        state.away_until = now + millis(away);
    }

    pub(super) fn counts(&self) -> Counts {
        self.now().0.counts.clone()
    }
}

impl State {
    /// In milliseconds.
    pub(super) fn skew(&self) -> i64 {
        self.faults.skew_secs * MILLIS
    }

    pub(super) fn count(&mut self, request: &str) {
        *self.counts.requests.entry(request.to_owned()).or_default() += 1;
    }
}
