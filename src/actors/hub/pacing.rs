//! How often one thing is shown that changes all the time: at once, and then at intervals for as long as it goes on changing.
//! Its last state is always shown.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

use domain::fact::Position;

#[derive(Debug)]
pub struct Pacing<K> {
    interval: Duration,
    known: HashMap<K, Shown>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Shown {
    /// Where it changed last, while that was not shown yet.
    stale: Option<Position>,
    last: Option<Instant>,
}

impl<K: Eq + Hash + Clone> Pacing<K> {
    pub fn new(interval: Duration) -> Self {
        Self { interval, known: HashMap::new() }
    }

    pub fn touch(&mut self, key: K, at: Position) {
        let shown = self.known.entry(key).or_default();
        shown.stale = shown.stale.max(Some(at));
    }

    /// What is to be shown now. It counts as shown; `touch` it where that fails.
    pub fn due(&mut self, now: Instant) -> Vec<(K, Position)> {
        let interval = self.interval;
        let rests = |shown: &Shown| shown.last.is_some_and(|last| now < last + interval);
        self.known.retain(|_, shown| shown.stale.is_some() || rests(shown));
        let due = self.known.iter_mut().filter(|(_, shown)| !rests(shown));
        due.filter_map(|(key, shown)| {
            let at = shown.stale.take()?;
            shown.last = Some(now);
            Some((key.clone(), at))
        })
        .collect()
    }

    /// How long until something is.
    pub fn next(&self, now: Instant) -> Option<Duration> {
        let stale = self.known.values().filter(|shown| shown.stale.is_some());
        let at = stale.map(|shown| shown.last.map_or(now, |last| last + self.interval));
        at.min().map(|at| at.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_millis(250);

    #[test]
    fn what_changes_all_the_time_is_shown_at_intervals_and_at_last() {
        let (mut pacing, start) = (Pacing::new(INTERVAL), Instant::now());
        let mut shown = vec![];
        for ms in 0..=600 {
            pacing.touch("a", ms);
            shown.extend(pacing.due(start + Duration::from_millis(ms)).iter().map(|_| ms));
        }
        assert_eq!(shown, [0, 250, 500]);
        assert_eq!(pacing.next(start + Duration::from_millis(600)), Some(Duration::from_millis(150)));
        assert_eq!(pacing.due(start + Duration::from_millis(750)), [("a", 600)], "how it stands at last");
    }

    #[test]
    fn what_rests_is_forgotten_after_its_interval() {
        let (mut pacing, start) = (Pacing::new(INTERVAL), Instant::now());
        pacing.touch("a", 7);
        assert_eq!(pacing.due(start), [("a", 7)]);
        assert_eq!((pacing.next(start), pacing.known.len()), (None, 1));
        assert!(pacing.due(start + INTERVAL).is_empty());
        assert!(pacing.known.is_empty());
    }
}
