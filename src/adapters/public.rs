//! Which addresses are public: whoever is named from outside may be called there, and nowhere that only the engine can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An IPv4 address that is written as one of IPv6 is judged as what it stands for.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
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
