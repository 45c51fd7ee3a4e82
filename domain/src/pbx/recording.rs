//! Which recording is of which call. An exchange does not say, and not even which of the two numbers called; a wrong voice is worse than
//! none, so that a recording that could be of two calls is of neither. Of two that can only be of one call, the nearer is taken.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::matching::Number;
use super::said::RecordingRow;

/// The start of a recording and the moment of the answer are no further apart.
pub const START_APART_MAX: TimeDelta = TimeDelta::seconds(10);
/// What is recorded begins a little later than what is said, and ends a little later too.
const SECS_APART_MAX: u32 = 5;

/// An answered call without a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanting {
    pub from: Number,
    /// Wherever it went to, and who answered.
    pub to: Vec<Number>,
    /// By the exchange's clock.
    pub answered_at: DateTime<Utc>,
    pub talk_secs: u32,
}

/// A recording and a call by their places in what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    pub recording: usize,
    pub call: usize,
}

pub fn pairs(recordings: &[RecordingRow], calls: &[Wanting]) -> Vec<Pair> {
    let mut nearest: BTreeMap<usize, (TimeDelta, usize)> = BTreeMap::new();
    for (recording, row) in recordings.iter().enumerate() {
        let mut fitting = calls.iter().enumerate().filter_map(|(call, one)| Some((one.apart(row)?, call)));
        let (Some((apart, call)), None) = (fitting.next(), fitting.next()) else { continue };
        let known = nearest.entry(call).or_insert((apart, recording));
        *known = (*known).min((apart, recording));
    }
    nearest.into_iter().map(|(call, (_, recording))| Pair { recording, call }).collect()
}

impl Wanting {
    /// None where it cannot be this call's.
    fn apart(&self, row: &RecordingRow) -> Option<TimeDelta> {
        let apart = (row.started_at - self.answered_at).abs();
        if apart > START_APART_MAX || row.secs.abs_diff(self.talk_secs) > SECS_APART_MAX {
            return None;
        }
        let (one, other) = (Number::new(&row.extension), Number::new(&row.other));
        let either = |from: &Number, to: &Number| self.from == *from && self.to.contains(to);
        (either(&one, &other) || either(&other, &one)).then_some(apart)
    }
}

#[cfg(test)]
mod tests;
