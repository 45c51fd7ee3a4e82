//! Who tried to sign in and did not: after some in a row one has to wait, each time twice as long.
//! Counted by name and by address, in memory and bounded: a restart forgives, and so does time.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{Organization, UserName};
use lru::LruCache;

use crate::http::address;

/// Names and addresses that are remembered; the ones that were quiet longest are forgotten first.
const REMEMBERED_MAX: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();
/// Wrong in a row before one has to wait. Behind one address there may be a whole office.
const FREE_OF_NAME: u32 = 5;
const FREE_OF_ADDRESS: u32 = 20;
const WAIT_MAX: TimeDelta = TimeDelta::minutes(5);
/// Whoever was quiet for so long begins anew.
const FORGIVEN_AFTER: TimeDelta = TimeDelta::minutes(30);

/// Whose tries are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    Name(Organization, UserName),
    Address(IpAddr),
}

impl Subject {
    /// None for this machine itself: behind its address there may be a proxy, and behind that everybody.
    pub fn of_address(peer: IpAddr) -> Option<Self> {
        (!peer.to_canonical().is_loopback()).then(|| Self::Address(address::network(peer)))
    }

    fn free(&self) -> u32 {
        match self {
            Self::Name(..) => FREE_OF_NAME,
            Self::Address(_) => FREE_OF_ADDRESS,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Row {
    wrong: u32,
    last: DateTime<Utc>,
    /// Nobody is let try before.
    until: DateTime<Utc>,
}

/// How long one has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    pub secs: u32,
}

#[derive(Debug)]
pub struct Tries(Mutex<LruCache<Subject, Row>>);

impl Default for Tries {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(REMEMBERED_MAX)))
    }
}

impl Tries {
    /// Counts a try as a wrong one until it is known to be right, so that many at once are no more than many in a row.
    pub fn begin(&self, subjects: &[Subject], now: DateTime<Utc>) -> Result<(), Wait> {
        let mut rows = self.rows();
        let until = subjects.iter().filter_map(|subject| rows.peek(subject)).map(|row| row.until).max();
        if let Some(until) = until.filter(|until| now < *until) {
            let left = (until - now).num_milliseconds().max(0);
            return Err(Wait { secs: u32::try_from(left.div_euclid(1_000) + 1).unwrap_or(u32::MAX) });
        }
        for subject in subjects {
            let fresh = Row { wrong: 0, last: now, until: now };
            let known = rows.get(subject).copied().filter(|row| now - row.last < FORGIVEN_AFTER);
            let wrong = known.unwrap_or(fresh).wrong.saturating_add(1);
            let until = now + wait(wrong, subject.free());
            rows.put(subject.clone(), Row { wrong, last: now, until });
        }
        Ok(())
    }

    /// It was right: the name begins anew. For the address the try was none, so that whoever knows one password wins nothing by it.
    pub fn right(&self, subjects: &[Subject], now: DateTime<Utc>) {
        let mut rows = self.rows();
        for subject in subjects {
            match subject {
                Subject::Name(..) => drop(rows.pop(subject)),
                Subject::Address(_) => {
                    if let Some(row) = rows.get_mut(subject) {
                        (row.wrong, row.until) = (row.wrong.saturating_sub(1), now);
                    }
                }
            }
        }
    }

    fn rows(&self) -> MutexGuard<'_, LruCache<Subject, Row>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wait(wrong: u32, free: u32) -> TimeDelta {
    match wrong.checked_sub(free) {
        None => TimeDelta::zero(),
        Some(beyond) => TimeDelta::seconds(1 << beyond.min(16)).min(WAIT_MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_760_000_000_000 + millis).unwrap()
    }

    fn name(text: &str) -> Subject {
        Subject::Name(Organization::parse("1").unwrap(), UserName::parse(text).unwrap())
    }

    fn address(text: &str) -> Subject {
        Subject::of_address(text.parse().unwrap()).unwrap()
    }

    #[test]
    fn each_wrong_try_after_the_fifth_costs_twice_the_wait() {
        let (tries, aziz) = (Tries::default(), [name("aziz")]);
        for _ in 0..5 {
            assert_eq!(tries.begin(&aziz, at(0)), Ok(()));
        }
        assert_eq!(tries.begin(&aziz, at(0)), Err(Wait { secs: 2 }));
        assert_eq!(tries.begin(&aziz, at(999)), Err(Wait { secs: 1 }));
        assert_eq!(tries.begin(&aziz, at(1_000)), Ok(()));
        assert!(tries.begin(&aziz, at(2_999)).is_err());
        assert_eq!(tries.begin(&aziz, at(3_000)), Ok(()));
        assert_eq!(tries.begin(&[name("bobur")], at(0)), Ok(()), "another name is another matter");
    }

    #[test]
    fn the_wait_has_an_end_and_time_forgives() {
        let (tries, aziz) = (Tries::default(), [name("aziz")]);
        let mut now = at(0);
        for _ in 0..40 {
            tries.begin(&aziz, now).unwrap();
            now += WAIT_MAX;
        }
        tries.begin(&aziz, now).unwrap();
        assert_eq!(tries.begin(&aziz, now), Err(Wait { secs: 301 }));
        now += FORGIVEN_AFTER;
        assert!((0..4).all(|_| tries.begin(&aziz, now).is_ok()), "begun anew");
    }

    #[test]
    fn a_right_password_frees_the_name_and_not_the_address() {
        let (tries, both) = (Tries::default(), [name("aziz"), address("192.0.2.7")]);
        for _ in 0..6 {
            for _ in 0..3 {
                tries.begin(&both, at(0)).unwrap();
            }
            tries.begin(&both, at(0)).unwrap();
            tries.right(&both, at(0));
        }
        tries.begin(&both, at(0)).unwrap();
        tries.begin(&both, at(0)).unwrap();
        assert!(tries.begin(&both, at(0)).is_err(), "18 and 2 were wrong from there");
        assert_eq!(tries.begin(&both[..1], at(0)), Ok(()));
    }

    #[test]
    fn a_network_is_one_address_and_this_machine_is_none() {
        assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:2"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
        assert_eq!(address("::ffff:192.0.2.7"), address("192.0.2.7"));
        for own in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(Subject::of_address(own.parse().unwrap()), None);
        }
    }
}
