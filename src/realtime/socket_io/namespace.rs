//! What an application answers for one namespace, and what it is told.

use std::any::Any;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{Ack, Ended, Payload, Socket};
use crate::realtime::engine_io::Session;

/// One namespace. None of these is called with a lock held, so each may use whatever it likes of sockets and server.
pub trait Namespace: Send + Sync {
    /// Whether a client may come in. It is dropped where the client goes away, or asks anew, before it answers.
    fn authorize(&self, handshake: Handshake) -> BoxFuture<'_, Result<Admission, Refusal>>;

    /// The socket is in its rooms, and what is told to these waits for it until this is over. So here it is sent what it missed;
    /// whoever tells it up to a mark answers that mark, and pushes up to it that waited are dropped as told already.
    /// Dropped where the socket ends meanwhile. Events of the socket may come before it is over.
    fn connected<'a>(&'a self, socket: &'a Socket) -> BoxFuture<'a, Option<u64>>;

    fn event(&self, socket: &Socket, event: Event);

    /// Called once a socket that was let in, whether or not `connected` was over.
    fn disconnected(&self, socket: &Socket, why: Ended);
}

/// A client that wants in.
pub struct Handshake {
    pub namespace: Arc<str>,
    /// What the client says for itself, an object: its token among other things.
    pub auth: Value,
    pub(super) session: Session,
}

impl Handshake {
    /// A parameter of the connection's query. It is the connection's, and not the namespace's: the first namespace that a client asks for makes the connection.
    pub fn query(&self, name: &str) -> Option<String> {
        self.session.opening().query(name)
    }

    /// A header of the request that made the connection, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.session.opening().header(name)
    }

    pub fn peer(&self) -> Option<SocketAddr> {
        self.session.opening().peer()
    }
}

/// It holds a token.
impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

/// How a client is let in.
pub struct Admission {
    pub rooms: Vec<String>,
    /// The application's own, for as long as the socket lives.
    pub data: Arc<dyn Any + Send + Sync>,
    /// The socket ends after this long: when its token does.
    pub lasts: Option<Duration>,
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission").field("lasts", &self.lasts).finish_non_exhaustive()
    }
}

/// Why a client is not let in.
#[derive(Debug, Clone)]
pub enum Refusal {
    /// For good: clients do not try again by themselves. Their page reads it in `err.message` and `err.data`.
    Told { message: String, data: Option<Value> },
    /// Nobody can tell now. The connection is ended, which clients take for a reason to come back after a while.
    NotNow,
}

/// What a client said.
#[derive(Debug)]
pub struct Event {
    pub name: String,
    pub payload: Payload,
    /// Where the client waits for an answer.
    pub ack: Option<Ack>,
}
