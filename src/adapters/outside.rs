//! Hosts that somebody else than the operator has named: only public addresses are called, and of the others those that the operator
//! names too. What a name stands for is looked up here and nowhere else, so that what was looked at is what is called.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderMap, HeaderValue, VIA};

use super::public::is_public;

pub const URL_LEN_MAX: usize = 2_000;
/// A request that is made for somebody else says so, as one that a proxy passes on does: whoever trusts what comes from this machine
/// itself, an engine first of all, does not take it for a wish of this machine.
const FOR_ANOTHER: HeaderValue = HeaderValue::from_static("1.1 karnay");

/// What every request bears whose address somebody has named.
pub(super) fn marked() -> HeaderMap {
    HeaderMap::from_iter([(VIA, FOR_ANOTHER)])
}

/// Whether the operator has named an address.
pub type Named = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// Who may be called.
#[derive(Clone)]
pub struct Outside {
    /// Names of hosts that may be called whatever they stand for.
    pub hosts: Vec<String>,
    pub named: Named,
    /// The setting by which the operator names them.
    pub setting: &'static str,
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

/// Why a host is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("has to be an address of the web such as https://example.com/hook")]
    NoAddress,
    #[error("may have at most {URL_LEN_MAX} characters")]
    Long,
    #[error("holds a name or a password, which would be shown with it")]
    Password,
    #[error("has to begin with https, unless {setting} names the host")]
    Clear { setting: &'static str },
    #[error("leads to an address that is not public, and {setting} does not name it")]
    Private { setting: &'static str },
    #[error("has a host without an address")]
    Nowhere,
}

impl Outside {
    fn is_named(&self, host: &str) -> bool {
        let host = host.trim_matches(['[', ']']).trim_end_matches('.');
        self.hosts.iter().any(|name| name.eq_ignore_ascii_case(host))
    }

    pub fn may_call(&self, host: &str, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || (self.named)(address) || self.is_named(host)
    }

    /// Every address that a host has. One that may not be called is reason enough to call none of them.
    pub async fn look_up(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Refusal> {
        let found = tokio::net::lookup_host((host, port)).await;
        let found: Vec<SocketAddr> = found.map_err(|_| Refusal::Nowhere)?.collect();
        if found.is_empty() {
            return Err(Refusal::Nowhere);
        }
        let all_may = found.iter().all(|found| self.may_call(host, found.ip()));
        if all_may { Ok(found) } else { Err(Refusal::Private { setting: self.setting }) }
    }

    /// What the text of a host says of it; a name says nothing before it is looked up.
    pub fn judge_host(&self, host: &str) -> Result<(), Refusal> {
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        if address.is_some_and(|address| !self.may_call(host, address)) {
            return Err(Refusal::Private { setting: self.setting });
        }
        Ok(())
    }

    /// What the address itself says. The parser has made four numbers of every other way to write them.
    pub fn judge(&self, text: &str) -> Result<Url, Refusal> {
        if text.chars().count() > URL_LEN_MAX {
            return Err(Refusal::Long);
        }
        let url = Url::parse(text).map_err(|_| Refusal::NoAddress)?;
        let Some(host) = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https")) else {
            return Err(Refusal::NoAddress);
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Password);
        }
        self.judge_host(host)?;
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        let is_ours =
            self.is_named(host) || address.is_some_and(|address| (self.named)(address.to_canonical()));
        if url.scheme() == "http" && !is_ours {
            return Err(Refusal::Clear { setting: self.setting });
        }
        Ok(url)
    }
}

/// The same for a client of the web, which asks for each name that it connects to.
impl Resolve for Outside {
    fn resolve(&self, name: Name) -> Resolving {
        let outside = self.clone();
        Box::pin(async move {
            let found = outside.look_up(name.as_str(), 0).await?;
            Ok::<Addrs, _>(Box::new(found.into_iter()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTING: &str = "PRIVATE_HOSTS";
    const PRIVATE: Refusal = Refusal::Private { setting: SETTING };
    const CLEAR: Refusal = Refusal::Clear { setting: SETTING };

    fn outside(hosts: &[&str], network: &'static str) -> Outside {
        Outside {
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            named: Arc::new(move |address| address.to_string().starts_with(network)),
            setting: SETTING,
        }
    }

    fn nobody() -> Outside {
        outside(&[], "nowhere")
    }

    /// Every way to write an address of this machine or of the network around it.
    #[test]
    fn only_public_addresses_are_called() {
        for private in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://0/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://10.1.2.3:8443/",
            "https://172.16.0.1/",
            "https://192.168.1.1/",
            "https://169.254.169.254/latest/meta-data/",
            "https://100.64.0.1/",
            "https://[fd00:ec2::254]/",
            "https://[fe80::1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[2002:7f00:1::]/",
            "https://①②⑦.0.0.1/",
        ] {
            assert_eq!(nobody().judge(private), Err(PRIVATE), "{private}");
        }
        for public in ["https://8.8.8.8/", "https://[2606:4700:4700::1111]/", "https://example.com/hook?x=1"]
        {
            assert!(nobody().judge(public).is_ok(), "{public}");
        }
    }

    #[test]
    fn an_address_is_one_of_the_web_and_holds_no_password() {
        for (wrong, why) in [
            ("", Refusal::NoAddress),
            ("example.com", Refusal::NoAddress),
            ("ftp://example.com/", Refusal::NoAddress),
            ("file:///etc/passwd", Refusal::NoAddress),
            ("https://a:b@example.com/", Refusal::Password),
            ("http://example.com/", CLEAR),
            ("http://8.8.8.8/", CLEAR),
            (&format!("https://example.com/{}", "x".repeat(URL_LEN_MAX)), Refusal::Long),
        ] {
            assert_eq!(nobody().judge(wrong), Err(why), "{wrong}");
        }
    }

    #[test]
    fn what_the_operator_names_may_be_called_unencrypted() {
        let named = outside(&["hooks.internal"], "10.");
        for ours in [
            "http://hooks.internal:8080/",
            "http://HOOKS.internal./",
            "http://10.0.0.7/",
            "https://10.0.0.7/",
        ] {
            assert!(named.judge(ours).is_ok(), "{ours}");
        }
        assert_eq!(named.judge("http://127.0.0.1/"), Err(PRIVATE));
        assert!(named.may_call("hooks.internal", "192.168.1.1".parse().unwrap()));
        assert!(!named.may_call("other.internal", "192.168.1.1".parse().unwrap()));
    }
}
