//! Socket.IO for real clients, on the engine's own port, in three parts that know nothing of calls:
//! `engine_io` carries messages over polling and websockets, `codec` reads and writes packets, `socket_io` has namespaces,
//! sockets and rooms. Who may come in and what is told is said by the namespaces that are handed to `socket_io::Server`.

pub mod codec;
pub mod engine_io;
pub mod socket_io;

use std::any::Any;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::Extensions;
use actix_web::middleware::Condition;
use actix_web::rt::net::TcpStream;
use actix_web::web::{self, ServiceConfig};
use engine_io::Engine;

/// A peer that takes nothing for this long is gone. Without that actix would try for ever to flush what was said last.
const PEER_WAIT: Duration = Duration::from_secs(8);

/// Which pages of other origins may poll. Browsers do not apply this to websockets.
pub type Origins = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// Mounts the protocol at a path (`/socket.io`), with and without a slash at its end.
/// Origins are none where whoever mounts it answers for them itself.
pub fn configure(routes: &mut ServiceConfig, path: &str, engine: &Engine, origins: Option<Origins>) {
    let (engine, wanted) = (engine.clone(), origins.is_some());
    let resource = web::resource([path.to_owned(), format!("{path}/")])
        .route(web::to(move |request, payload| engine_io::serve(engine.clone(), request, payload)))
        .wrap(Condition::new(wanted, cors(origins)));
    routes.service(resource);
}

/// The origin is echoed, since pages may send their cookies along.
fn cors(origins: Option<Origins>) -> Cors {
    Cors::default()
        .allowed_origin_fn(move |origin, _| {
            let origin = origin.to_str().unwrap_or("");
            origins.as_ref().is_some_and(|allow| allow(origin))
        })
        .allowed_methods(["GET", "POST"])
        .allow_any_header()
        .supports_credentials()
        .max_age(3_600)
}

/// A connection's own socket, until it is known what the connection is for. Kept as a connection's data.
#[derive(Debug)]
pub struct Peer(Mutex<Option<OwnedFd>>);

impl Peer {
    /// Lets go of it once it stops reading: it has to keep up with what is pushed.
    pub fn press(&self) {
        if let Some(stream) = self.take() {
            let patience = socket2::SockRef::from(&stream).set_tcp_user_timeout(Some(PEER_WAIT));
            if let Err(why) = patience {
                tracing::debug!(cause = %why, "a connection keeps the system's own patience");
            }
        }
    }

    /// It may read as slowly as it likes.
    pub fn spare(&self) {
        drop(self.take());
    }

    fn take(&self) -> Option<OwnedFd> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// For `HttpServer::on_connect`: lets a push leave while an earlier one is not acknowledged, and keeps the socket for what is asked first.
pub fn on_connect(connection: &dyn Any, data: &mut Extensions) {
    let Some(stream) = connection.downcast_ref::<TcpStream>() else { return };
    let ready = stream.set_nodelay(true).and_then(|()| stream.as_fd().try_clone_to_owned());
    match ready {
        Ok(stream) => drop(data.insert(Peer(Mutex::new(Some(stream))))),
        Err(why) => tracing::debug!(cause = %why, "a connection keeps the system's own ways"),
    }
}
