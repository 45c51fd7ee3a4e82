//! The exchange itself: calls that go on, the log of those that are over, the recordings of some.
//! Everything follows from the clock when somebody looks; between two looks nothing runs.

use std::collections::VecDeque;
use std::time::Duration;

use super::super::dice::Dice;
use super::call::{Call, MILLIS, Step, status};
use super::directory;
use super::log::{Log, Shelf};
use super::query::Listed;
use super::tapes::Tape;
use super::traffic::Traffic;

/// Calls that are over and whose steps are still known.
const OVER_MAX: usize = 5_000;
/// The first recording's id.
const TAPES_FROM: u64 = 771;

/// How long things take.
#[derive(Debug, Clone, Copy)]
pub struct Delays {
    /// From hanging up until a call leaves the list.
    pub closing: Duration,
    /// How long a busy tone is listened to.
    pub tone: Duration,
    /// From leaving the list until the row is in the log.
    pub log: Duration,
    /// From then until the recording is there.
    pub tape: Duration,
}

impl Default for Delays {
    fn default() -> Self {
        Self {
            closing: Duration::from_millis(300),
            tone: Duration::from_secs(5),
            log: Duration::ZERO,
            tape: Duration::from_secs(1),
        }
    }
}

#[derive(Debug)]
pub(super) struct Exchange {
    seed: u64,
    delays: Delays,
    /// Of a hundred calls that were answered.
    unrecorded: u8,
    traffic: Option<Traffic>,
    calls: Vec<Call>,
    over: VecDeque<Call>,
    begun: u64,
    taped: u64,
    pub(super) log: Log,
    pub(super) tapes: Shelf<Tape>,
}

impl Exchange {
    pub(super) fn new((seed, unrecorded): (u64, u8), delays: Delays, traffic: Option<Traffic>) -> Self {
        Self {
            seed,
            delays,
            unrecorded,
            traffic,
            calls: vec![],
            over: VecDeque::new(),
            begun: 0,
            taped: 0,
            log: Log::default(),
            tapes: Shelf::default(),
        }
    }

    /// Lets happen what has happened by now.
    pub(super) fn advance(&mut self, now: i64, skew: i64) {
        while let Some(planned) = self.traffic.as_mut().and_then(|traffic| traffic.due(now)) {
            let parties = (planned.from.as_str(), planned.to.as_str());
            let id = self.begin(parties, (planned.at, skew), status::CONNECTING);
            let Some(call) = self.calls.iter_mut().find(|call| call.id == id) else { continue };
            for (after, status, to) in planned.steps {
                call.step(planned.at + after, status, to);
            }
        }
        let gone = self.calls.extract_if(.., |call| call.gone().is_some_and(|gone| gone <= now));
        let mut gone: Vec<Call> = gone.collect();
        gone.sort_by_key(Call::gone);
        for call in gone {
            self.file(call);
        }
        self.log.rows.show(now);
        self.tapes.show(now);
    }

    pub(super) fn begin(&mut self, parties: (&str, &str), (now, skew): (i64, i64), first: u16) -> String {
        self.begun += 1;
        let id = format!("{}.{}", (now + skew).div_euclid(MILLIS), self.begun);
        self.calls.push(Call::new(id.clone(), parties, (now, skew), first));
        id
    }

    /// False where there is no such call any more.
    pub(super) fn step(&mut self, id: &str, now: i64, status: Option<u16>, to: Option<&str>) -> bool {
        let Some(call) = self.calls.iter_mut().find(|call| call.id == id) else { return false };
        call.step(now, status, to);
        true
    }

    /// Hangs up, or lets a tone be heard, and is gone a little later.
    pub(super) fn leave(&mut self, id: &str, now: i64, last: u16) -> bool {
        let heard = if last == status::DISCONNECTING { self.delays.closing } else { self.delays.tone };
        self.step(id, now, Some(last), None) && self.step(id, now + millis(heard), None, None)
    }

    pub(super) fn leave_unrecorded(&mut self, id: &str) -> bool {
        let call = self.calls.iter_mut().find(|call| call.id == id);
        call.map(Call::leave_unrecorded).is_some()
    }

    /// Of a call that goes on, or was over not long ago.
    pub(super) fn steps(&self, id: &str) -> Vec<Step> {
        let mut known = self.calls.iter().chain(&self.over);
        known.find(|call| call.id == id).map(|call| call.steps().to_vec()).unwrap_or_default()
    }

    pub(super) fn live(&self, now: i64) -> Listed {
        Listed(self.calls.iter().filter_map(|call| call.live(now)).collect())
    }

    fn file(&mut self, mut call: Call) {
        if Dice::new(self.seed, &format!("tape/{}", call.id)).below(100) < u64::from(self.unrecorded) {
            call.leave_unrecorded();
        }
        if let Some((mut row, gone)) = call.row().zip(call.gone()) {
            let shows = gone + millis(self.delays.log);
            let talk = call.talk().filter(|_| row.answered_secs > 0);
            row.recorded = talk.is_some();
            if let Some((with, started)) = talk {
                self.taped += 1;
                let inside = directory::is_inside(call.from()) && !directory::is_inside(&with);
                let (extension, caller) =
                    if inside { (call.from().to_owned(), with) } else { (with, call.from().to_owned()) };
                let id = (TAPES_FROM + self.taped - 1).to_string();
                let tape =
                    Tape { id, call: call.id.clone(), extension, caller, secs: row.answered_secs, started };
                self.tapes.put(shows + millis(self.delays.tape), started, tape);
            }
            self.log.rows.put(shows, row.timestamp, row);
        }
        if self.over.len() >= OVER_MAX {
            self.over.pop_front();
        }
        self.over.push_back(call);
    }
}

pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
