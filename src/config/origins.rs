//! Pages of browsers, by where they were served.

use std::collections::BTreeSet;
use std::net::IpAddr;

use reqwest::Url;

/// Which pages browsers may call the engine from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origins {
    pub any: bool,
    /// Any page of this machine, whatever its port.
    pub loopback: bool,
    /// As browsers send them: `https://board.example.com`.
    pub listed: BTreeSet<String>,
}

impl Origins {
    /// Whether a page with this `Origin` may call.
    pub fn allow(&self, origin: &str) -> bool {
        self.any || self.listed.contains(origin) || (self.loopback && is_loopback(origin))
    }
}

fn is_loopback(origin: &str) -> bool {
    Url::parse(origin).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && is_here(&url))
}

/// Whether an address leads to this machine, as far as its text tells.
pub fn is_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or("").trim_matches(['[', ']']);
    let name = host == "localhost" || host.ends_with(".localhost");
    name || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
