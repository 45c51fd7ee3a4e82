//! Events that are sent to receivers outside: which of those that are not public may be called, and how long it is kept what became of them.

use std::time::Duration;

use super::limits::{Network, Networks};
use super::values::{self, Read};
use super::{Error, Reading};

/// What holds for everybody's endpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhooks {
    pub private: Private,
    pub log_for: Duration,
}

/// What may be called though it is not public.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Private {
    /// Names of hosts, whatever they stand for.
    pub hosts: Vec<String>,
    /// Addresses.
    pub networks: Networks,
}

const DAY: Duration = Duration::from_hours(24);
/// What waits for another try is never removed, and that is for more than a day.
const DAYS: std::ops::RangeInclusive<u32> = 2..=365;

impl Reading<'_> {
    pub(super) fn webhooks(&self) -> Result<Webhooks, Error> {
        let private = self.value("WEBHOOK_PRIVATE_HOSTS", Private::parse)?;
        Ok(Webhooks { private, log_for: self.value("WEBHOOK_LOG_DAYS", days)? })
    }
}

fn days(text: &str) -> Read<Duration> {
    let days = text.parse().ok().filter(|days| DAYS.contains(days));
    let told = || format!("`{text}` is no number of days from {} to {}", DAYS.start(), DAYS.end());
    days.map(|days: u32| DAY * days).ok_or_else(told)
}

impl Private {
    pub(super) fn parse(text: &str) -> Read<Self> {
        let (mut hosts, mut networks) = (vec![], vec![]);
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match Network::parse(part) {
                Some(network) => networks.push(network),
                None => hosts.push(values::recording_host(part)?),
            }
        }
        Ok(Self { hosts, networks: Networks(networks) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_hosts_are_names_addresses_and_networks() {
        let Private { hosts, networks } = Private::parse("hooks.internal, 10.0.0.0/8,[::1]").unwrap();
        assert_eq!(hosts, ["hooks.internal"]);
        for (address, named) in [("10.7.7.7", true), ("::1", true), ("11.0.0.1", false), ("127.0.0.1", false)]
        {
            assert_eq!(networks.contain(address.parse().unwrap()), named, "{address}");
        }
        assert_eq!(Private::parse(""), Ok(Private::default()));
        for wrong in ["http://hooks.internal", "10.0.0.0/33", "hooks:8080", "a b"] {
            assert!(Private::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_log_is_kept_for_some_days() {
        assert_eq!(days("30"), Ok(DAY * 30));
        for wrong in ["", "0", "1", "366", "a month"] {
            assert!(days(wrong).is_err(), "{wrong}");
        }
    }
}
