//! Ports for programs that tests start.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

static TAKEN: AtomicU16 = AtomicU16::new(0);

/// Below the ports that connections are given: nobody may take ours while what listens there is down,
/// nor may a client that keeps dialling it meet itself.
pub(crate) fn free_port() -> u16 {
    let begin = 20_000 + u16::try_from(std::process::id() % 9_000).unwrap();
    let begin = begin + TAKEN.fetch_add(1, Ordering::Relaxed) % 2_000;
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    (begin..32_000).find(free).expect("no free port")
}
