//! Which addresses a recording may come from: public ones, and of the others those that the operator has named.
//! Otherwise a report could make the engine call whatever the engine can reach and its sender cannot.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The hosts that may be called though they are not public.
#[derive(Debug, Clone, Default)]
pub(super) struct Reach {
    pub(super) named: Vec<String>,
    /// The host of the calls: on its network, but not this machine under another name.
    pub(super) remote: Option<String>,
}

/// Why a host is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    NoAddress,
    Private,
    Port,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAddress => "the recording's host has no address",
            Self::Private => "the recording's host is not public, and RECORDING_HOSTS does not name it",
            Self::Port => "the recording lies at a port of REMOTE_HOST that RECORDING_HOSTS does not open",
        })
    }
}

impl std::error::Error for Refusal {}

impl Reach {
    /// What a name stands for is asked here and nowhere else, so that what was looked at is what is called.
    async fn look_up(self, host: String) -> Result<Vec<SocketAddr>, Refusal> {
        let found = tokio::net::lookup_host((host.as_str(), 0)).await;
        let found: Vec<SocketAddr> = found.map_err(|_| Refusal::NoAddress)?.collect();
        if found.is_empty() {
            return Err(Refusal::NoAddress);
        }
        let all = found.iter().all(|address| self.allows(&host, address.ip()));
        if all { Ok(found) } else { Err(Refusal::Private) }
    }

    /// The host of the calls answers at other ports than the usual ones too, and one of them starts calls: a report must not ring anybody.
    pub(super) fn minds_port(&self, host: &str, port: Option<u16>) -> bool {
        let is =
            |name: &String| name.trim_matches(['[', ']']).eq_ignore_ascii_case(host.trim_end_matches('.'));
        port.is_some() && self.remote.iter().any(is) && !self.named.iter().any(is)
    }

    /// Whether a host, as its address of the web names it, may be called at an address.
    pub(super) fn allows(&self, host: &str, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let is = |name: &String| {
            name.eq_ignore_ascii_case(host.trim_end_matches('.'))
                || name.parse::<IpAddr>().is_ok_and(|named| named.to_canonical() == address)
        };
        let remote = !address.is_loopback() && !address.is_unspecified() && self.remote.iter().any(is);
        is_public(address) || remote || self.named.iter().any(is)
    }
}

impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let looking = self.clone().look_up(name.as_str().to_owned());
        Box::pin(async move {
            let found = looking.await?;
            Ok::<Addrs, _>(Box::new(found.into_iter()))
        })
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Whatever IANA's register of special addresses does not keep for something else.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let nobodys = matches!((a, b), (0 | 10 | 127 | 224.., _));
    let shared =
        matches!((a, b), (100, 64..=127) | (169, 254) | (172, 16..=31) | (192, 168) | (198, 18 | 19));
    let kept = matches!((a, b, c), (192, 0, 0 | 2) | (192, 88, 99) | (198, 51, 100) | (203, 0, 113));
    !(nobodys || shared || kept)
}

/// Only what is given out (`2000::/3`), save the parts that lead back to an older address or to nobody.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    match (a, b) {
        (0x2001, 0..=0x01ff | 0x0db8) => false,
        (0x2002, _) => false,
        (0x3fff, 0..=0x0fff) => false,
        (0x2000..=0x3fff, _) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(named: &[&str], remote: Option<&str>) -> Reach {
        Reach {
            named: named.iter().map(|name| (*name).to_owned()).collect(),
            remote: remote.map(ToOwned::to_owned),
        }
    }

    #[test]
    fn no_report_reaches_what_starts_calls() {
        let ours = reach(&[], Some("10.0.0.5"));
        assert!(ours.minds_port("10.0.0.5", Some(3000)));
        assert!(!ours.minds_port("10.0.0.5", None) && !ours.minds_port("8.8.8.8", Some(3000)));
        assert!(!reach(&["10.0.0.5"], Some("10.0.0.5")).minds_port("10.0.0.5", Some(3000)));
    }

    #[test]
    fn public_addresses_are_called_and_others_are_not() {
        let table = [
            ("8.8.8.8", true),
            ("1.1.1.1", true),
            ("9.255.255.255", true),
            ("11.0.0.0", true),
            ("100.63.255.255", true),
            ("100.128.0.0", true),
            ("172.15.255.255", true),
            ("172.32.0.0", true),
            ("192.169.0.1", true),
            ("198.17.0.1", true),
            ("223.255.255.255", true),
            ("0.0.0.0", false),
            ("0.1.2.3", false),
            ("10.0.0.1", false),
            ("100.64.0.1", false),
            ("100.127.255.255", false),
            ("127.0.0.1", false),
            ("127.255.255.254", false),
            ("169.254.169.254", false),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("192.0.0.8", false),
            ("192.0.2.1", false),
            ("192.168.1.1", false),
            ("198.18.0.1", false),
            ("198.19.255.255", false),
            ("198.51.100.7", false),
            ("203.0.113.7", false),
            ("224.0.0.1", false),
            ("240.0.0.1", false),
            ("255.255.255.255", false),
            ("2606:4700:4700::1111", true),
            ("2001:200::1", true),
            ("::", false),
            ("::1", false),
            ("::127.0.0.1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("::ffff:8.8.8.8", true),
            ("64:ff9b::10.0.0.1", false),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("2002:7f00:1::", false),
            ("3fff::1", false),
            ("fc00::1", false),
            ("fd12:3456::1", false),
            ("fe80::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
        ];
        for (address, public) in table {
            let allowed = reach(&[], None).allows("host.example", address.parse().unwrap());
            assert_eq!(allowed, public, "{address}");
        }
    }

    #[test]
    fn what_the_operator_names_may_be_called() {
        let named = reach(&["127.0.0.1", "files.internal", "fd00::7"], Some("10.0.0.5"));
        let allows = |host: &str, address: &str| named.allows(host, address.parse().unwrap());
        assert!(allows("127.0.0.1", "127.0.0.1") && allows("x.example", "::ffff:127.0.0.1"));
        assert!(allows("FILES.internal.", "192.168.7.7") && allows("[fd00::7]", "fd00::7"));
        assert!(allows("10.0.0.5", "10.0.0.5"));
        assert!(!allows("127.0.0.2", "127.0.0.2") && !allows("other.internal", "192.168.7.7"));
        assert!(!allows("10.0.0.6", "10.0.0.6"));
    }

    #[test]
    fn the_remote_host_is_no_way_to_this_machine() {
        let remote = reach(&[], Some("calls.internal"));
        assert!(remote.allows("calls.internal", "10.0.0.5".parse().unwrap()));
        for here in ["127.0.0.1", "::1", "0.0.0.0", "::ffff:127.0.0.1"] {
            assert!(!remote.allows("calls.internal", here.parse().unwrap()), "{here}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_here_is_refused() {
        let found = reach(&[], None).look_up("localhost".to_owned()).await;
        assert_eq!(found, Err(Refusal::Private));
        let found = reach(&["localhost"], None).look_up("localhost".to_owned()).await;
        assert!(found.is_ok_and(|found| !found.is_empty()));
    }
}
