//! One call: the states it goes through, each with the instant from which it can be seen. Some are planned ahead, others happen by hand.
//! What the box says of it is read off its steps; nothing runs.

use serde_json::{Value, json};

use super::log::Row;

/// The numbers of live states, which are not those of the log.
pub mod status {
    pub const CONNECTING: u16 = 1;
    pub const RINGING: u16 = 2;
    pub const CONNECTED: u16 = 3;
    pub const DISCONNECTING: u16 = 4;
    pub const DISCONNECTED: u16 = 5;
    pub const VOICEMAIL: u16 = 6;
    pub const QUEUE_WAITING: u16 = 8;
    pub const QUEUE_CONNECTED: u16 = 9;
    pub const BUSY: u16 = 10;
    pub const FORBIDDEN: u16 = 11;
}

/// The numbers of the log's states.
mod logged {
    pub(super) const FAILED: u16 = 1;
    pub(super) const BUSY: u16 = 2;
    pub(super) const NO_ANSWER: u16 = 3;
    pub(super) const ANSWERED: u16 = 4;
    pub(super) const FORBIDDEN: u16 = 5;
    pub(super) const VOICEMAIL: u16 = 6;
}

pub(super) const MILLIS: i64 = 1_000;

/// What can be seen of a call from an instant on, in milliseconds of the clock that the box was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub at: i64,
    /// None where the call is gone from the list.
    pub status: Option<u16>,
    /// The other party by then: a queue, or the agent that took it.
    pub to: String,
}

#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) id: String,
    from: String,
    began: i64,
    /// How far the box's own clock was ahead when it began.
    skew: i64,
    steps: Vec<Step>,
    recorded: bool,
}

impl Call {
    pub(super) fn new(id: String, (from, to): (&str, &str), (began, skew): (i64, i64), first: u16) -> Self {
        let step = Step { at: began, status: Some(first), to: to.to_owned() };
        Self { id, from: from.to_owned(), began, skew, steps: vec![step], recorded: true }
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// From then on it is in this state, with this party where another one is named. What is gone stays gone.
    pub(super) fn step(&mut self, at: i64, status: Option<u16>, to: Option<&str>) {
        let Some(last) = self.steps.last().filter(|last| last.status.is_some()) else { return };
        let to = to.unwrap_or(&last.to).to_owned();
        self.steps.push(Step { at, status, to });
    }

    pub(super) fn leave_unrecorded(&mut self) {
        self.recorded = false;
    }

    /// Whether it leaves the list at an instant that is known.
    pub(super) fn gone(&self) -> Option<i64> {
        self.steps.last().filter(|last| last.status.is_none()).map(|last| last.at)
    }

    fn seen(&self, now: i64) -> Option<(u16, &str)> {
        let step = self.steps.iter().rev().find(|step| step.at <= now)?;
        Some((step.status?, &step.to))
    }

    fn first_with(&self, of: &[u16]) -> Option<i64> {
        let mut steps = self.steps.iter();
        steps.find(|step| step.status.is_some_and(|status| of.contains(&status))).map(|step| step.at)
    }

    fn answered(&self) -> Option<i64> {
        self.first_with(&[status::CONNECTED, status::QUEUE_CONNECTED, status::VOICEMAIL])
    }

    /// When the parties had hung up, which is a little before it leaves the list.
    fn over(&self) -> Option<i64> {
        self.first_with(&[status::DISCONNECTING, status::DISCONNECTED]).or_else(|| self.gone())
    }

    fn talked(&self, now: i64) -> i64 {
        let until = self.over().map_or(now, |over| over.min(now));
        self.answered().map_or(0, |answered| (until - answered).max(0) / MILLIS)
    }

    /// As the list of active calls has it; none where it is not in it.
    pub(super) fn live(&self, now: i64) -> Option<Value> {
        let (status, to) = self.seen(now)?;
        Some(json!({
            "id": self.id,
            "FROM": { "NUMBER": self.from },
            "TO": { "NUMBER": to },
            "STATUS": status,
            "CALL_DURATION": (now - self.began) / MILLIS,
            "ANSWERED_DURATION": self.talked(now),
        }))
    }

    /// As the log will have it; none while it goes on.
    pub(super) fn row(&self) -> Option<Row> {
        let over = self.over().filter(|_| self.gone().is_some())?;
        let has = |status: u16| self.first_with(&[status]).is_some();
        let status = if has(status::FORBIDDEN) {
            logged::FORBIDDEN
        } else if has(status::BUSY) {
            logged::BUSY
        } else if has(status::VOICEMAIL) {
            logged::VOICEMAIL
        } else if self.answered().is_some() {
            logged::ANSWERED
        } else if has(status::RINGING) || has(status::QUEUE_WAITING) {
            logged::NO_ANSWER
        } else {
            logged::FAILED
        };
        Some(Row {
            id: self.id.clone(),
            timestamp: (self.began + self.skew).div_euclid(MILLIS),
            from: self.from.clone(),
            to: self.steps.first().map(|first| first.to.clone()).unwrap_or_default(),
            status,
            call_secs: (over - self.began) / MILLIS,
            answered_secs: self.talked(over),
            recorded: self.recorded,
        })
    }

    /// Whoever talked at the box's end, and when, in the box's seconds; none where nobody did or it is not recorded.
    pub(super) fn talk(&self) -> Option<(String, i64)> {
        let answered = self.answered().filter(|_| self.recorded)?;
        let last = self.steps.iter().rev().find(|step| step.status.is_some())?;
        Some((last.to.clone(), (answered + self.skew).div_euclid(MILLIS)))
    }

    pub(super) fn from(&self) -> &str {
        &self.from
    }
}
