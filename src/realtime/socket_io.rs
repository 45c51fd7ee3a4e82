//! Socket.IO, the protocol's fifth revision: namespaces over one session, sockets, rooms, events and their acknowledgements.
//! Who may come in and what is said is the namespaces' own affair.

mod connection;
mod namespace;
mod push;
mod rooms;
mod socket;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::engine_io::{Door, Engine, Session, Talk};
use crate::ports::Ids;
use connection::Connection;
use rooms::Rooms;

pub use super::codec::{Payload, placeholder};
pub use super::engine_io::{Ended, Options};
pub use namespace::{Admission, Event, Handshake, Namespace, Refusal};
pub use push::{Push, Unsendable};
pub use socket::{Ack, Socket};

/// The server that applications hold: it tells rooms, and lets go of sockets. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    engine: Engine,
    hall: Arc<Hall>,
}

/// What all connections share.
struct Hall {
    ids: Arc<dyn Ids>,
    floors: HashMap<Arc<str>, Floor>,
    numbers: AtomicU64,
    options: Options,
}

/// A namespace and who is in it.
struct Floor {
    name: Arc<str>,
    namespace: Arc<dyn Namespace>,
    rooms: Rooms,
}

impl Server {
    /// With all of its namespaces, by their names as clients write them: `/`, `/auto-calling`.
    pub fn new(options: Options, ids: Arc<dyn Ids>, namespaces: Vec<(&str, Arc<dyn Namespace>)>) -> Self {
        let floors = namespaces.into_iter().map(|(name, namespace)| {
            let name: Arc<str> = Arc::from(name);
            (Arc::clone(&name), Floor { name, namespace, rooms: Rooms::default() })
        });
        let hall = Arc::new(Hall {
            ids: Arc::clone(&ids),
            floors: floors.collect(),
            numbers: AtomicU64::new(0),
            options,
        });
        Self { engine: Engine::new(options, ids, Arc::new(Lobby(Arc::clone(&hall)))), hall }
    }

    /// Tells everybody in a room, and says how many that were. It never waits.
    pub fn emit(&self, room: &str, push: &Push) -> usize {
        self.hall.floors.get(push.namespace()).map_or(0, |floor| floor.rooms.emit(room, push))
    }

    /// Ends the sockets of a namespace whose own data says so, and says how many that were. Their clients do not come back by themselves.
    pub fn disconnect_where<T: Send + Sync + 'static>(
        &self,
        namespace: &str,
        wanted: impl Fn(&T) -> bool,
    ) -> usize {
        let sockets = self.sockets_of(namespace, wanted);
        sockets.iter().for_each(Socket::disconnect);
        sockets.len()
    }

    /// The sockets of a namespace whose own data says so.
    pub fn sockets_of<T: Send + Sync + 'static>(
        &self,
        namespace: &str,
        wanted: impl Fn(&T) -> bool,
    ) -> Vec<Socket> {
        let floor = self.hall.floors.get(namespace);
        let mut sockets = floor.map_or_else(Vec::new, |floor| floor.rooms.everybody());
        // Asked with no lock held.
        sockets.retain(|socket| socket.data::<T>().is_some_and(&wanted));
        sockets
    }

    /// Whether more bytes than these wait for any client that is in a namespace.
    pub fn is_anybody_behind(&self, bytes: usize) -> bool {
        self.hall.floors.values().any(|floor| floor.rooms.any(|socket| socket.session().queued() > bytes))
    }

    /// How many sockets a namespace has.
    pub fn sockets(&self, namespace: &str) -> usize {
        self.hall.floors.get(namespace).map_or(0, |floor| floor.rooms.len())
    }

    /// How many sessions there are, with and without sockets.
    pub fn sessions(&self) -> usize {
        self.engine.sessions()
    }

    /// Lets everybody go at once, so that they come back to a server that lives. To be called before the HTTP server stops.
    pub fn close_all(&self) {
        self.engine.close_all();
    }

    pub fn engine(&self) -> &Engine {
        &self.engine
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("engine", &self.engine).finish_non_exhaustive()
    }
}

impl Hall {
    fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }
}

/// Where sessions come in.
struct Lobby(Arc<Hall>);

impl Door for Lobby {
    fn open(&self, session: &Session) -> Arc<dyn Talk> {
        Connection::open(&self.0, session)
    }
}
