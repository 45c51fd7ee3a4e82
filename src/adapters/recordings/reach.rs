//! Which addresses a recording may come from: public ones, and of the others those that the operator has named.
//! Otherwise a report could make the engine call whatever the engine can reach and its sender cannot.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::adapters::public::is_public;

/// `REMOTE_HOST` is looked up by then, or nobody can say what is another name of it.
const REMOTE_WAIT: Duration = Duration::from_secs(5);

/// The hosts that may be called though they are not public.
#[derive(Debug, Clone, Default)]
pub(super) struct Reach {
    pub(super) named: Vec<String>,
    /// The host of the calls: on its network, but not this machine under another name.
    pub(super) remote: Option<String>,
}

/// Which port of a host is asked for. The host of the calls answers at other ports than the usual ones too, and one of them
/// starts calls: a report must not ring anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Port {
    Usual,
    Other,
}

/// Why a host is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    NoAddress,
    Private,
    Port,
    /// The host of the calls has no address at the moment, so that this could be another name of it.
    Unsure,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAddress => "the recording's host has no address",
            Self::Private => "the recording's host is not public, and RECORDING_HOSTS does not name it",
            Self::Port => "the recording lies at a port of REMOTE_HOST that RECORDING_HOSTS does not open",
            Self::Unsure => {
                "REMOTE_HOST has no address at the moment, so that its ports cannot be told from others"
            }
        })
    }
}

impl std::error::Error for Refusal {}

impl Reach {
    /// What a name stands for is asked here and nowhere else, so that what was looked at is what is called.
    async fn look_up(self, host: String, port: Port) -> Result<Vec<SocketAddr>, Refusal> {
        let found = tokio::net::lookup_host((host.as_str(), 0)).await;
        let found: Vec<SocketAddr> = found.map_err(|_| Refusal::NoAddress)?.collect();
        if found.is_empty() {
            return Err(Refusal::NoAddress);
        }
        let addresses: Vec<IpAddr> = found.iter().map(SocketAddr::ip).collect();
        self.check(&host, &addresses, port).await.map(|()| found)
    }

    /// Whether a host, as its address of the web names it, may be called at all of these addresses.
    pub(super) async fn check(&self, host: &str, addresses: &[IpAddr], port: Port) -> Result<(), Refusal> {
        let remote = self.remote_addresses().await;
        addresses.iter().try_for_each(|address| self.judge((host, *address), port, remote.as_deref()))
    }

    /// None where its name cannot be looked up.
    async fn remote_addresses(&self) -> Option<Vec<IpAddr>> {
        let Some(remote) = &self.remote else { return Some(vec![]) };
        let asked = tokio::net::lookup_host((remote.trim_matches(['[', ']']), 0));
        let found = tokio::time::timeout(REMOTE_WAIT, asked).await.ok()?.ok()?;
        let found: Vec<IpAddr> = found.map(|address| address.ip().to_canonical()).collect();
        (!found.is_empty()).then_some(found)
    }

    /// The host of the calls is told by its addresses, for it may have other names than the one that settings know.
    fn judge(
        &self,
        (host, address): (&str, IpAddr),
        port: Port,
        remote: Option<&[IpAddr]>,
    ) -> Result<(), Refusal> {
        let address = address.to_canonical();
        if self.named.iter().any(|name| is_called(name, host, address)) {
            return Ok(());
        }
        let known = self.remote.iter().any(|name| is_called(name, host, address));
        let is_remote = known || remote.is_some_and(|remote| remote.contains(&address));
        match port {
            Port::Other if is_remote => return Err(Refusal::Port),
            Port::Other if remote.is_none() => return Err(Refusal::Unsure),
            Port::Other | Port::Usual => {}
        }
        let near = is_remote && !address.is_loopback() && !address.is_unspecified();
        if is_public(address) || near { Ok(()) } else { Err(Refusal::Private) }
    }
}

/// Whether a name of the settings means this host, or this address of it.
fn is_called(name: &str, host: &str, address: IpAddr) -> bool {
    let name = name.trim_matches(['[', ']']);
    name.eq_ignore_ascii_case(host.trim_matches(['[', ']']).trim_end_matches('.'))
        || name.parse::<IpAddr>().is_ok_and(|named| named.to_canonical() == address)
}

/// Looks names up for whoever asks at one kind of port, since a name comes without its port.
#[derive(Debug)]
pub(super) struct Lookup {
    pub(super) reach: Reach,
    pub(super) port: Port,
}

impl Resolve for Lookup {
    fn resolve(&self, name: Name) -> Resolving {
        let looking = self.reach.clone().look_up(name.as_str().to_owned(), self.port);
        Box::pin(async move {
            let found = looking.await?;
            Ok::<Addrs, _>(Box::new(found.into_iter()))
        })
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

    /// Where the host of the calls is looked up as these addresses.
    fn judged(reach: &Reach, host: &str, address: &str, port: Port, remote: &[&str]) -> Result<(), Refusal> {
        let remote: Vec<IpAddr> = remote.iter().map(|address| address.parse().unwrap()).collect();
        reach.judge((host, address.parse().unwrap()), port, Some(&remote))
    }

    #[test]
    fn no_report_reaches_what_starts_calls() {
        let (ours, at) = (reach(&[], Some("10.0.0.5")), ["10.0.0.5"]);
        assert_eq!(judged(&ours, "10.0.0.5", "10.0.0.5", Port::Other, &at), Err(Refusal::Port));
        assert_eq!(judged(&ours, "10.0.0.5", "10.0.0.5", Port::Usual, &at), Ok(()));
        assert_eq!(judged(&ours, "8.8.8.8", "8.8.8.8", Port::Other, &at), Ok(()));
        let opened = reach(&["10.0.0.5"], Some("10.0.0.5"));
        assert_eq!(judged(&opened, "10.0.0.5", "10.0.0.5", Port::Other, &at), Ok(()));
    }

    /// A public call server, its address in every spelling, another name of it, and its neighbour.
    #[test]
    fn another_name_of_the_remote_host_is_the_remote_host() {
        let (ours, at) = (reach(&[], Some("calls.example")), ["8.8.8.8", "2606:4700::7"]);
        for (host, address) in [
            ("calls.example", "8.8.8.8"),
            ("CALLS.example.", "9.9.9.9"),
            ("8.8.8.8", "8.8.8.8"),
            ("alias.example", "8.8.8.8"),
            ("alias.example", "::ffff:8.8.8.8"),
            ("[2606:4700::7]", "2606:4700::7"),
        ] {
            assert_eq!(
                judged(&ours, host, address, Port::Other, &at),
                Err(Refusal::Port),
                "{host} {address}"
            );
            assert_eq!(judged(&ours, host, address, Port::Usual, &at), Ok(()), "{host} {address}");
        }
        assert_eq!(judged(&ours, "files.example", "8.8.4.4", Port::Other, &at), Ok(()));
        for opened in ["alias.example", "8.8.8.8"] {
            let opened = reach(&[opened], Some("calls.example"));
            assert_eq!(judged(&opened, "alias.example", "8.8.8.8", Port::Other, &at), Ok(()));
        }
        let near = judged(&ours, "alias.internal", "10.0.0.5", Port::Usual, &["10.0.0.5"]);
        assert_eq!(near, Ok(()), "on its own network it is called by any name");
    }

    #[test]
    fn nobody_guesses_what_the_remote_host_is_called() {
        let ours = reach(&[], Some("calls.example"));
        let judge = |port| ours.judge(("alias.example", "8.8.8.8".parse().unwrap()), port, None);
        assert_eq!((judge(Port::Other), judge(Port::Usual)), (Err(Refusal::Unsure), Ok(())));
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
            let allowed = judged(&reach(&[], None), "host.example", address, Port::Usual, &[]);
            assert_eq!(allowed.is_ok(), public, "{address}");
        }
    }

    #[test]
    fn what_the_operator_names_may_be_called() {
        let named = reach(&["127.0.0.1", "files.internal", "fd00::7"], Some("10.0.0.5"));
        let allows =
            |host: &str, address: &str| judged(&named, host, address, Port::Usual, &["10.0.0.5"]).is_ok();
        assert!(allows("127.0.0.1", "127.0.0.1") && allows("x.example", "::ffff:127.0.0.1"));
        assert!(allows("FILES.internal.", "192.168.7.7") && allows("[fd00::7]", "fd00::7"));
        assert!(allows("10.0.0.5", "10.0.0.5"));
        assert!(!allows("127.0.0.2", "127.0.0.2") && !allows("other.internal", "192.168.7.7"));
        assert!(!allows("10.0.0.6", "10.0.0.6"));
    }

    #[test]
    fn the_remote_host_is_no_way_to_this_machine() {
        let remote = reach(&[], Some("calls.internal"));
        let judged = |address| judged(&remote, "calls.internal", address, Port::Usual, &[address]);
        assert_eq!(judged("10.0.0.5"), Ok(()));
        for here in ["127.0.0.1", "::1", "0.0.0.0", "::ffff:127.0.0.1"] {
            assert_eq!(judged(here), Err(Refusal::Private), "{here}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_here_is_refused() {
        let look_up =
            |named: &[&str], remote, port| reach(named, remote).look_up("localhost".to_owned(), port);
        assert_eq!(look_up(&[], None, Port::Usual).await, Err(Refusal::Private));
        let found = look_up(&["localhost"], None, Port::Usual).await;
        assert!(found.is_ok_and(|found| !found.is_empty()));
        assert_eq!(look_up(&[], Some("127.0.0.1"), Port::Other).await, Err(Refusal::Port));
        // Too long a name for anybody to be asked about it.
        let nobody = "calls".repeat(60);
        assert_eq!(look_up(&[], Some(&nobody), Port::Other).await, Err(Refusal::Unsure));
    }
}
