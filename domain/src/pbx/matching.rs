//! Which row of the log tells of which call that was seen. The log does not say, so that it is the numbers, the start and the duration
//! that have to fit; the nearest pairs are taken first, and each row and each call once.

use chrono::{DateTime, TimeDelta, Utc};

use super::said::LogRow;

/// The start that was reckoned from a call's age and the one in the log are no further apart.
pub const START_APART_MAX: TimeDelta = TimeDelta::seconds(5);
/// So much the durations may differ, for both are whole seconds and no poll is at the very end.
const SECS_APART_MAX: u32 = 3;

/// A call that was seen and has no row yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub from: Number,
    /// Wherever it was seen to go to, and who answered.
    pub to: Vec<Number>,
    /// By the exchange's clock.
    pub started_at: DateTime<Utc>,
    /// It lasted so long at least, for that long it was seen.
    pub least_secs: u32,
    /// And so long at most; none while it goes on.
    pub most_secs: Option<u32>,
}

/// A number as far as two of them are compared. Debug shows nothing of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Number(String);

impl std::fmt::Debug for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Number(***)")
    }
}

impl Number {
    /// The same number is written with a plus here and without it there.
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        Self(text.strip_prefix('+').unwrap_or(text).to_owned())
    }
}

/// A row and a call by their places in what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    pub row: usize,
    pub call: usize,
}

/// How well they fit; less is better. A call that goes on is the last choice, for rows are written at the end.
type Distance = (u64, bool);

pub fn pairs<'a>(rows: impl IntoIterator<Item = &'a LogRow>, calls: &[Candidate]) -> Vec<Pair> {
    let mut fitting = vec![];
    for (row, said) in rows.into_iter().enumerate() {
        for (call, candidate) in calls.iter().enumerate() {
            fitting.extend(candidate.distance(said).map(|distance| (distance, Pair { row, call })));
        }
    }
    fitting.sort_by_key(|(distance, pair)| (*distance, pair.row, pair.call));
    let mut taken: Vec<Pair> = vec![];
    for (_, pair) in fitting {
        if !taken.iter().any(|known| known.row == pair.row || known.call == pair.call) {
            taken.push(pair);
        }
    }
    taken
}

impl Candidate {
    fn distance(&self, row: &LogRow) -> Option<Distance> {
        let apart = (row.started_at - self.started_at).abs();
        if apart > START_APART_MAX {
            return None;
        }
        let short = self.least_secs.saturating_sub(row.secs);
        let long = self.most_secs.map_or(0, |most| row.secs.saturating_sub(most));
        if short > SECS_APART_MAX || long > SECS_APART_MAX {
            return None;
        }
        if self.from != Number::new(&row.from) || !self.to.contains(&Number::new(&row.to)) {
            return None;
        }
        let apart = u64::try_from(apart.num_milliseconds()).unwrap_or(u64::MAX);
        Some((apart.saturating_add(1_000 * u64::from(short + long)), self.most_secs.is_none()))
    }
}

#[cfg(test)]
mod tests;
