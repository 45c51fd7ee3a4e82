//! How often anybody may ask, and whose word is taken for where a request comes from. What is counted, and how, is the door's business.

use std::net::IpAddr;
use std::time::Duration;

use super::values::Read;
use super::{Error, Reading};

/// What is asked of everybody. None: as often as they like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Of each key, and of each user.
    pub per_key: Option<Rate>,
    pub per_address: Option<Rate>,
    /// The same of those that report, too.
    pub webhook: bool,
    /// The same of this machine itself, too.
    pub loopback: bool,
    /// Whose `X-Forwarded-For` is believed.
    pub proxies: Networks,
}

/// So many at once, and one more each time so long has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub burst: u32,
    pub every: Duration,
}

impl Rate {
    /// Until all of it is there again.
    pub fn whole(self) -> Duration {
        self.every * self.burst
    }
}

/// Addresses of the network, each by itself or with all that begin alike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(pub(super) Vec<Network>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Network {
    base: IpAddr,
    /// How many bits are the same in all of its addresses.
    bits: u32,
}

impl Networks {
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(address))
    }
}

impl Network {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (base, bits) = text.split_once('/').map_or((text, None), |(base, bits)| (base, Some(bits)));
        let base = base.trim_matches(['[', ']']).parse::<IpAddr>().ok()?.to_canonical();
        let all = if base.is_ipv4() { u32::BITS } else { u128::BITS };
        let bits = bits.map_or(Some(all), |bits| bits.parse().ok()).filter(|bits| *bits <= all)?;
        Some(Self { base, bits })
    }

    fn contains(self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                (base.to_bits() ^ address.to_bits()).leading_zeros() >= self.bits
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                (base.to_bits() ^ address.to_bits()).leading_zeros() >= self.bits
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl Reading<'_> {
    pub(super) fn limits(&self) -> Result<Limits, Error> {
        let (webhook, loopback) = self.value("RATE_LIMIT_EXEMPT", exempt)?;
        Ok(Limits {
            per_key: self.value("RATE_LIMIT_PER_KEY", rate)?,
            per_address: self.value("RATE_LIMIT_PER_ADDRESS", rate)?,
            webhook,
            loopback,
            proxies: self.value("TRUSTED_PROXIES", networks)?,
        })
    }
}

/// More would be none.
const COUNT_MAX: u32 = 1_000_000;
const UNITS: [(&str, Duration); 3] =
    [("s", Duration::from_secs(1)), ("min", Duration::from_mins(1)), ("h", Duration::from_hours(1))];

fn rate(text: &str) -> Read<Option<Rate>> {
    let wrong = || {
        format!("`{text}` is no rate such as 100/s burst 1000 (s, min or h; 1 to {COUNT_MAX}), and not off")
    };
    if text == "off" { Ok(None) } else { paced(text).map(Some).ok_or_else(wrong) }
}

fn paced(text: &str) -> Option<Rate> {
    let count = |text: &str| text.trim().parse().ok().filter(|count| (1..=COUNT_MAX).contains(count));
    let (pace, burst) = text.split_once("burst").map_or((text, None), |(pace, burst)| (pace, Some(burst)));
    let (number, unit) = pace.trim().split_once('/')?;
    let number = count(number)?;
    let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit.trim())?;
    let burst = burst.map_or(Some(number), count)?;
    Some(Rate { burst, every: *unit / number })
}

/// Whether reports are limited, and whether this machine is.
fn exempt(text: &str) -> Read<(bool, bool)> {
    let (mut webhook, mut loopback) = (true, true);
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match part {
            "webhook" => webhook = false,
            "loopback" => loopback = false,
            "nobody" => {}
            other => return Err(format!("`{other}` is none of webhook, loopback, nobody")),
        }
    }
    Ok((webhook, loopback))
}

fn networks(text: &str) -> Read<Networks> {
    if text == "none" {
        return Ok(Networks::default());
    }
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let network = |part: &str| {
        Network::parse(part).ok_or_else(|| {
            format!("`{part}` is no address or network, such as 127.0.0.1 or 10.0.0.0/8, and not none")
        })
    };
    parts.map(network).collect::<Read<_>>().map(Networks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_said_in_words() {
        let millis = |burst, millis| Some(Rate { burst, every: Duration::from_millis(millis) });
        for (text, expected) in [
            ("off", None),
            ("100/s burst 1000", millis(1_000, 10)),
            ("100/s", millis(100, 10)),
            ("60 / min burst 5", millis(5, 1_000)),
            ("1/h", millis(1, 3_600_000)),
        ] {
            assert_eq!(rate(text), Ok(expected), "{text}");
        }
        for text in ["", "0/s", "100", "100/d", "100/s burst", "100/s burst 0", "1000001/s", "-1/s", "on"] {
            assert!(rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_network_holds_what_begins_like_it() {
        let known = networks("127.0.0.1, 10.0.0.0/8,2001:db8::/32, 192.0.2.6/31").unwrap();
        for inside in
            ["127.0.0.1", "::ffff:127.0.0.1", "10.255.1.2", "2001:db8:1::1", "192.0.2.6", "192.0.2.7"]
        {
            assert!(known.contain(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["127.0.0.2", "11.0.0.1", "2001:db9::1", "192.0.2.8", "::1"] {
            assert!(!known.contain(outside.parse().unwrap()), "{outside}");
        }
        assert!(networks("0.0.0.0/0").unwrap().contain("203.0.113.9".parse().unwrap()));
        for text in ["proxy.example.com", "10.0.0.0/33", "10.0.0.0/", "::/129"] {
            assert!(networks(text).is_err(), "{text}");
        }
    }
}
