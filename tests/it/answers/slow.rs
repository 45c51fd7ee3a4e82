//! Bodies that do not arrive: all of them at once, since each is waited for.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread::JoinHandle;
use std::time::Duration;

use karnay::adapters::system::SystemClock;
use karnay::config::SigningSecret;
use karnay::config::signature::SigningKey;
use karnay::ports::Clock as _;
use reqwest::header::HeaderMap;

use super::bodies::FORM;
use super::{CALLBACK, Given, Route, SECRET, Walk};
use crate::schemathesis::Known;

/// Of another body than the one that comes: that is only seen when it is there.
pub(super) fn signature() -> HeaderMap {
    let key = SigningKey::new(&SigningSecret::parse(SECRET).unwrap());
    key.headers("msg_1", SystemClock.now().timestamp(), b"another body")
}

/// The longest of them is waited for half a minute.
const PATIENCE: Duration = Duration::from_secs(45);

/// What is said to those who announce a body and send nothing of it.
pub(super) fn late(walk: &Walk, routes: &[Route]) -> JoinHandle<BTreeSet<Given>> {
    let (port, token, known) = (walk.world.port, walk.token.clone(), walk.known.clone());
    let routes: Vec<Route> = routes.iter().filter(|route| route.has_body()).cloned().collect();
    std::thread::spawn(move || {
        let asked = routes.iter().map(|route| (begun(port, &head(route, (&token, &known), 99)), route));
        // No form is so large, which is said before any of it has come.
        let large = routes.iter().filter(|route| route.takes_a_form());
        let asked =
            asked.chain(large.map(|route| (begun(port, &head(route, (&token, &known), 1 << 30)), route)));
        let asked: Vec<_> = asked.collect();
        asked.into_iter().map(|(connection, route)| route.given(status(connection))).collect()
    })
}

fn begun(port: u16, head: &str) -> TcpStream {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    connection.write_all(head.as_bytes()).unwrap();
    connection
}

fn head(route: &Route, (token, known): (&str, &Known), length: usize) -> String {
    let kind = if route.takes_a_form() { FORM } else { "application/json" };
    let mut head = format!("{} {} HTTP/1.1\r\nhost: 127.0.0.1\r\n", route.method, route.address(known));
    let signature = if route.path == CALLBACK { signature() } else { HeaderMap::new() };
    let length = length.to_string();
    let bearer = format!("Bearer {token}");
    let shown = [("authorization", bearer.as_str())].into_iter().filter(|_| route.path != "/auth/login");
    let signed = signature.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
    let body = [("content-type", kind), ("content-length", length.as_str())];
    for (name, value) in shown.chain(signed).chain(body) {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    head + "\r\n"
}

fn status(mut connection: TcpStream) -> u16 {
    let mut head = [0; 12];
    connection.read_exact(&mut head).unwrap();
    std::str::from_utf8(&head[9..]).unwrap().parse().unwrap()
}
