//! How often each caller and each address has asked: so many times at once, and so many a second after that (`RATE_LIMIT_…`).
//! In memory and bounded: a restart forgives, and of several nodes each counts for itself.
//! Sockets are not counted, they bound themselves; neither are those who look whether the engine lives, nor browsers that ask whether a
//! page may ask.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};
use chrono::{DateTime, Utc};
use domain::ids::Organization;
use lru::LruCache;

use super::auth::{Caller, is_near};
use super::{Engine, address};
use crate::config::{self, Rate};

/// Callers and addresses that are remembered, so many of each; the ones that were quiet longest are forgotten first.
const REMEMBERED_MAX: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();
/// What call servers and the agent report through.
const WEBHOOKS: [&str; 2] = ["/calls/result", "/auto-calling/agent/callback"];
const HEALTH: &str = "/health/";
/// As the IETF's draft of `RateLimit` header fields has them.
pub(super) const POLICY: &str = "ratelimit-policy";
pub(super) const LIMIT: &str = "ratelimit";

/// Whether anybody may ask as often as they like.
pub(super) fn is_free(path: &str) -> bool {
    path.starts_with(HEALTH)
}

/// Who is counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Whose {
    Caller(Organization, String),
    Address(IpAddr),
}

/// One of the limits, by the name that it is told under.
#[derive(Debug, Clone, Copy)]
struct Limit {
    name: &'static str,
    rate: Rate,
}

/// How somebody stands with a limit.
#[derive(Debug, Clone, Copy)]
struct Standing {
    limit: Limit,
    left: u32,
    /// Until all of it is theirs again.
    full_in: Duration,
    /// Until they may ask again, where they have asked too often.
    wait: Option<Duration>,
}

/// What a request has been told so far of the limits that it counts towards.
#[derive(Debug, Default)]
struct Told(Vec<Standing>);

/// Somebody asked too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many requests for one {limit}; the next one is looked at in {wait_secs} s")]
pub struct TooOften {
    pub limit: &'static str,
    pub wait_secs: u32,
}

/// When everything that is allowed at once will be allowed again, for each who asked lately.
#[derive(Debug)]
struct Buckets(Mutex<LruCache<Whose, DateTime<Utc>>>);

#[derive(Debug)]
pub(super) struct Limits {
    callers: Buckets,
    /// Apart from callers, so that a crowd of addresses makes nobody forgotten who is known.
    addresses: Buckets,
}

impl Default for Limits {
    fn default() -> Self {
        let buckets = || Buckets(Mutex::new(LruCache::new(REMEMBERED_MAX)));
        Self { callers: buckets(), addresses: buckets() }
    }
}

impl Buckets {
    fn take(&self, whose: Whose, limit: Limit, now: DateTime<Utc>) -> Standing {
        let (most, every) = (limit.rate.whole(), limit.rate.every);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back makes nobody wait for longer than it takes to have everything again.
        let owed = known.get(&whose).and_then(|full_at| (*full_at - now).to_std().ok());
        let owed = owed.unwrap_or_default().min(most);
        let after = owed + every;
        if after > most {
            return Standing { limit, left: 0, full_in: owed, wait: Some(after.saturating_sub(most)) };
        }
        known.put(whose, now + after);
        Standing { limit, left: count(most.saturating_sub(after), every), full_in: after, wait: None }
    }
}

/// To be asked before anything else is looked at.
pub(super) fn by_address(request: &ServiceRequest) -> Result<(), TooOften> {
    let request = request.request();
    let Some(engine) = request.app_data::<Engine>() else { return Ok(()) };
    let config::Limits { per_address: Some(rate), loopback, webhook, .. } = engine.options.limits else {
        return Ok(());
    };
    let path = request.path();
    if (is_webhook(path) && !webhook) || is_free(path) {
        return Ok(());
    }
    // What came through a proxy on this machine is somebody's behind it.
    if is_near(request) && !loopback {
        return Ok(());
    }
    let Some(address) = address::of(request) else { return Ok(()) };
    let whose = Whose::Address(address::network(address));
    let limit = Limit { name: "address", rate };
    counted(request, engine.limits.addresses.take(whose, limit, engine.clock.now()))
}

/// To be asked when it is known who asks, and whether or not they may.
pub(super) fn by_caller(engine: &Engine, request: &HttpRequest, caller: &Caller) -> Result<(), TooOften> {
    let config::Limits { per_key: Some(rate), loopback, webhook, .. } = engine.options.limits else {
        return Ok(());
    };
    if (is_near(request) && !loopback) || (is_webhook(request.path()) && !webhook) {
        return Ok(());
    }
    let whose = Whose::Caller(caller.organization.clone(), caller.actor.clone());
    let limit = Limit { name: "key", rate };
    counted(request, engine.limits.callers.take(whose, limit, engine.clock.now()))
}

fn is_webhook(path: &str) -> bool {
    WEBHOOKS.contains(&path)
}

/// What is told of it in the answer is kept with the request.
fn counted(request: &HttpRequest, standing: Standing) -> Result<(), TooOften> {
    let mut extensions = request.extensions_mut();
    if let Some(Told(known)) = extensions.get_mut() {
        known.push(standing);
    } else {
        extensions.insert(Told(vec![standing]));
    }
    let Some(wait) = standing.wait else { return Ok(()) };
    let limit = standing.limit.name;
    metrics::counter!("karnay_rate_limited_total", "limit" => limit).increment(1);
    Err(TooOften { limit, wait_secs: whole_secs(wait) })
}

/// Says in the answer what is left.
pub(super) fn tell(response: &mut ServiceResponse<BoxBody>) {
    let Some(Told(known)) = response.request().extensions_mut().remove() else { return };
    let listed = |told: fn(&Standing) -> String| known.iter().map(told).collect::<Vec<_>>().join(", ");
    for (name, value) in [(POLICY, listed(Standing::policy)), (LIMIT, listed(Standing::left))] {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
}

impl Standing {
    fn policy(&self) -> String {
        let Limit { name, rate } = self.limit;
        format!("\"{name}\";q={};w={}", rate.burst, whole_secs(rate.whole()))
    }

    fn left(&self) -> String {
        format!("\"{}\";r={};t={}", self.limit.name, self.left, whole_secs(self.full_in))
    }
}

/// Begun seconds, one at least.
fn whole_secs(time: Duration) -> u32 {
    let begun = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    u32::try_from(begun.max(1)).unwrap_or(u32::MAX)
}

/// How often a time has passed in another.
fn count(time: Duration, every: Duration) -> u32 {
    let times = time.as_nanos().checked_div(every.as_nanos());
    times.and_then(|times| u32::try_from(times).ok()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_760_000_000_000 + millis).unwrap()
    }

    fn of(address: u32) -> Whose {
        Whose::Address(IpAddr::V4(address.into()))
    }

    /// Three at once, and two a second.
    const LIMIT: Limit =
        Limit { name: "address", rate: Rate { burst: 3, every: Duration::from_millis(500) } };

    /// What is left to them then; nothing where they have to wait, and for how many milliseconds.
    fn take(buckets: &Buckets, address: u32, millis: i64) -> Result<u32, u128> {
        let standing = buckets.take(of(address), LIMIT, at(millis));
        standing.wait.map_or(Ok(standing.left), |wait| Err(wait.as_millis()))
    }

    #[test]
    fn so_many_at_once_and_so_many_a_second() {
        let buckets = Limits::default().addresses;
        assert_eq!([0; 3].map(|now| take(&buckets, 1, now)), [Ok(2), Ok(1), Ok(0)]);
        assert_eq!(take(&buckets, 1, 0), Err(500));
        assert_eq!(take(&buckets, 1, 499), Err(1), "half a second makes one");
        assert_eq!(take(&buckets, 1, 500), Ok(0));
        assert_eq!(take(&buckets, 1, 500), Err(500), "and not two");
        assert_eq!(take(&buckets, 1, 60_000), Ok(2), "no more than at the beginning");
        assert_eq!(take(&buckets, 2, 500), Ok(2), "another one's are their own");
    }

    #[test]
    fn whoever_is_refused_waits_no_longer_for_it() {
        let buckets = Limits::default().addresses;
        assert_eq!((0..100).filter(|_| take(&buckets, 1, 0).is_ok()).count(), 3);
        assert_eq!(take(&buckets, 1, 500), Ok(0));
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out() {
        let buckets = Limits::default().addresses;
        assert_eq!(take(&buckets, 1, 3_600_000), Ok(2));
        assert_eq!(take(&buckets, 1, 0), Err(500));
    }

    #[test]
    fn no_crowd_is_remembered_without_end() {
        let buckets = Limits::default().addresses;
        for address in 0..20_000 {
            assert_eq!(take(&buckets, address, 0), Ok(2));
        }
        assert_eq!(buckets.0.lock().unwrap().len(), REMEMBERED_MAX.get());
    }

    #[test]
    fn what_is_left_is_told_in_the_drafts_words() {
        let buckets = Limits::default().addresses;
        let standing = buckets.take(of(1), LIMIT, at(0));
        assert_eq!(standing.policy(), "\"address\";q=3;w=2");
        assert_eq!(standing.left(), "\"address\";r=2;t=1");
    }
}
