//! Where a request comes from: the connection's far end or, where that is a proxy that the settings trust, whom it asks for.
//! What anybody else says of that is believed by nobody.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;

use super::Engine;
use crate::config::Networks;

const FORWARDED_FOR: &str = "x-forwarded-for";

pub(super) fn of(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    let engine = request.app_data::<Engine>();
    Some(engine.map_or(peer, |engine| behind(&engine.options.limits.proxies, peer, request.headers())))
}

/// Whoever has one address has the whole network below it, where there is one.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address @ IpAddr::V4(_) => address,
    }
}

/// Each proxy adds whom it was asked by at the end: the last one that is none of ours is the one that our own proxies saw, and what stands
/// before it anybody may have written.
fn behind(proxies: &Networks, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    if !proxies.contain(peer) {
        return peer;
    }
    let values = headers.get_all(FORWARDED_FOR).map(|value| value.to_str().unwrap_or(""));
    let said: Vec<&str> = values.flat_map(|value| value.split(',')).collect();
    let mut said = said.into_iter().rev();
    let mut address = peer;
    while proxies.contain(address) {
        let Some(before) = said.next().and_then(read) else { break };
        address = before;
    }
    address
}

/// `203.0.113.9`, and `203.0.113.9:50000` as some write it.
fn read(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.trim_matches(['[', ']']).parse().ok();
    bare.or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()))
        .map(|ip: IpAddr| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::config::{Config, Sources};

    fn seen(peer: &str, said: &[&str]) -> String {
        let trusted = Sources::only([("TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8,fd00::/8")]);
        let proxies = Config::read(&trusted).unwrap().limits.proxies;
        let request = said
            .iter()
            .fold(TestRequest::default(), |request, value| request.append_header((FORWARDED_FOR, *value)));
        let request = request.to_http_request();
        behind(&proxies, peer.parse().unwrap(), request.headers()).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(seen("127.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(seen("192.0.2.7", &["203.0.113.9"]), "192.0.2.7");
        assert_eq!(seen("127.0.0.1", &[]), "127.0.0.1");
    }

    #[test]
    fn the_last_that_is_no_proxy_is_whoever_asks() {
        // What a client made up stands before what our own proxies added.
        assert_eq!(seen("127.0.0.1", &["127.0.0.1, 198.51.100.1, 203.0.113.9, 10.1.2.3"]), "203.0.113.9");
        assert_eq!(seen("127.0.0.1", &["198.51.100.1", "203.0.113.9", "10.1.2.3"]), "203.0.113.9");
        assert_eq!(seen("127.0.0.1", &["203.0.113.9, nonsense"]), "127.0.0.1");
        assert_eq!(seen("127.0.0.1", &["10.1.2.3"]), "10.1.2.3");
    }

    #[test]
    fn an_address_may_have_a_port() {
        for (text, expected) in [
            ("203.0.113.9:50000", "203.0.113.9"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
        ] {
            assert_eq!(seen("127.0.0.1", &[text]), expected);
        }
    }

    #[test]
    fn a_network_is_one_address() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.7"), of("192.0.2.7"));
    }
}
