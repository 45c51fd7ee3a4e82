//! How long to wait before the next try: longer each time, bounded, and never in step with everybody else.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::within(FIRST, LONGEST)
    }
}

impl Backoff {
    pub fn within(first: Duration, longest: Duration) -> Self {
        Self { first, longest, failures: 0 }
    }

    /// Between a half and the whole of a span that doubles with every failure in a row.
    pub fn pause(&mut self) -> Duration {
        let span = self.first.saturating_mul(1 << self.failures.min(16)).min(self.longest);
        self.failures = self.failures.saturating_add(1);
        let percent = RandomState::new().hash_one(self.failures) % 51;
        span.mul_f64(f64::from(u32::try_from(percent).unwrap_or(0) + 50) / 100.0)
    }

    pub fn failures(&self) -> u32 {
        self.failures
    }

    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_are_bounded() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..40).map(|_| backoff.pause()).collect();
        assert!(waits[0] >= FIRST / 2 && waits[0] <= FIRST);
        assert!(waits.iter().all(|wait| *wait <= LONGEST));
        assert!(waits[39] >= LONGEST / 2);
        backoff.reset();
        assert!(backoff.pause() <= FIRST);
    }
}
