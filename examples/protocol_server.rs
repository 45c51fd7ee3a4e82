//! The server that the protocols' public suites ask for (socketio/engine.io-protocol, socketio/socket.io-protocol):
//! `cargo run --example protocol_server` listens at port 3000, with heartbeats of 300 and 200 ms.
//! `/engine.io/` sends back what it is sent; `/socket.io/` has the namespaces `/` and `/custom` with their three events.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::{App, HttpServer, rt};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use karnay::adapters::system::SystemIds;
use karnay::realtime::engine_io::{Door, Ended, Engine, Malformed, Message, Options, Packet, Session, Talk};
use karnay::realtime::socket_io::{Admission, Event, Handshake, Namespace, Push, Refusal, Server, Socket};
use karnay::realtime::{self, Origins};
use serde_json::Value;
use tokio::time::Instant;

const PORT: u16 = 3_000;
/// The suites begin to listen for `auth` only after they have seen the connect packet; what comes in the same read is lost to them.
const AUTH_WAIT: Duration = Duration::from_millis(40);

/// Sends back whatever it is sent.
struct Mirror;

struct Reflection(Session);

impl Door for Mirror {
    fn open(&self, session: &Session) -> Arc<dyn Talk> {
        Arc::new(Reflection(session.clone()))
    }
}

impl Talk for Reflection {
    fn is_used(&self) -> bool {
        true
    }

    fn message(&self, message: Message<'_>) -> Result<(), Malformed> {
        self.0.send(&[match message {
            Message::Text(text) => Packet::message(text),
            Message::Binary(bytes) => Packet::binary(&bytes),
        }]);
        Ok(())
    }

    fn due(&self, _: Instant) -> Option<Instant> {
        None
    }

    fn closed(&self, _: Ended) {}
}

/// Both namespaces behave alike.
struct Reference;

impl Namespace for Reference {
    fn authorize(&self, handshake: Handshake) -> BoxFuture<'_, Result<Admission, Refusal>> {
        let admission = Admission { rooms: vec![], data: Arc::new(handshake.auth), lasts: None };
        async { Ok(admission) }.boxed()
    }

    fn connected<'a>(&'a self, socket: &'a Socket) -> BoxFuture<'a, Option<u64>> {
        async {
            tokio::time::sleep(AUTH_WAIT).await;
            let auth = socket.data::<Value>().cloned().unwrap_or_default();
            if let Ok(push) = Push::try_new(socket.namespace(), "auth", &auth.into()) {
                socket.emit(&push);
            }
            None
        }
        .boxed()
    }

    fn event(&self, socket: &Socket, event: Event) {
        match (event.name.as_str(), event.ack) {
            ("message", _) => {
                if let Ok(push) = Push::try_new(socket.namespace(), "message-back", &event.payload) {
                    socket.emit(&push);
                }
            }
            ("message-with-ack", Some(ack)) => {
                ack.send(&event.payload);
            }
            _ => {}
        }
    }

    fn disconnected(&self, _: &Socket, _: Ended) {}
}

fn options() -> Options {
    Options {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        ..Options::default()
    }
}

/// Both ways that `localhost` may lead.
fn listeners() -> std::io::Result<Vec<TcpListener>> {
    let four = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)))?;
    // A machine may have no IPv6.
    Ok(TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, PORT))).into_iter().chain([four]).collect())
}

fn main() -> std::io::Result<()> {
    let mirror = Engine::new(options(), Arc::new(SystemIds), Arc::new(Mirror));
    let reference: Arc<dyn Namespace> = Arc::new(Reference);
    let namespaces = vec![("/", Arc::clone(&reference)), ("/custom", reference)];
    let server = Server::new(options(), Arc::new(SystemIds), namespaces);
    rt::System::new().block_on(async move {
        let mut http = HttpServer::new(move || {
            let anybody = || -> Option<Origins> { Some(Arc::new(|_: &str| true)) };
            App::new()
                .configure(|routes| realtime::configure(routes, "/engine.io", &mirror, anybody()))
                .configure(|routes| realtime::configure(routes, "/socket.io", server.engine(), anybody()))
        })
        .workers(2)
        .h1_allow_half_closed(false)
        .on_connect(realtime::on_connect);
        for listener in listeners()? {
            http = http.listen(listener)?;
        }
        http.run().await
    })
}
