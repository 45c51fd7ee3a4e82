//! The server on its listeners: how many may come, and how long each is waited for. What it answers is not its business.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::dev::Server;

use super::live::Live;
use super::{Engine, app};
use crate::realtime;

/// Connections held at once, over all workers. One more waits in the kernel's queue.
const CONNECTIONS_MAX: usize = 25_000;
/// Connections that the kernel holds until a worker takes them.
const BACKLOG: u32 = 4_096;
/// A request's head that is not there after this long will not come.
const HEAD_WAIT: Duration = Duration::from_secs(5);
const KEEP_ALIVE: Duration = Duration::from_secs(75);
const DISCONNECT_WAIT: Duration = Duration::from_secs(2);
/// Requests under way may take this long when the doors are closed.
const SHUTDOWN_SECS: u64 = 5;

/// A listener with room for a crowd. To be called inside the runtime.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => tokio::net::TcpSocket::new_v4()?,
        SocketAddr::V6(_) => tokio::net::TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

/// The server on listeners that are open already. It leaves signals to whoever runs it.
pub fn server(engine: &Engine, listeners: Vec<TcpListener>, workers: usize) -> io::Result<Server> {
    let (engine, workers) = (engine.clone(), workers.max(1));
    let (live, watching) = (Live::open(&engine), engine.watching.clone());
    let mut server = HttpServer::new(move || app(engine.clone(), Some(&live)))
        .workers(workers)
        .max_connections(CONNECTIONS_MAX.div_ceil(workers))
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(HEAD_WAIT)
        .client_disconnect_timeout(DISCONNECT_WAIT)
        // Whoever goes away while a poll waits takes nothing with them.
        .h1_allow_half_closed(false)
        .on_connect(move |connection, data| {
            realtime::on_connect(connection, data);
            watching.connected(data);
        })
        .shutdown_timeout(SHUTDOWN_SECS)
        .disable_signals();
    for listener in listeners {
        server = server.listen(listener)?;
    }
    Ok(server.run())
}
