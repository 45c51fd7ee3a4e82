//! Engine.IO, the protocol's fourth revision: sessions that carry messages over long-polling and websockets, with a change
//! from the one to the other, heartbeats, and bounds on whatever a client sends or does not read.
//! What the messages say is not known here: a `Door` makes a `Talk` for each session.

mod heartbeat;
mod packet;
mod polling;
pub(super) mod registry;
mod session;
mod websocket;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, Query};
use actix_web::{HttpRequest, HttpResponse, rt};
use bytes::Bytes;
use serde_json::json;
use tokio::time::Instant;

use crate::ports::Ids;
use crate::realtime::Peer;
use registry::{Registry, Sid};
use session::Phase;

pub use packet::Packet;
pub use session::{Malformed, Opening, Session};

/// The revision that is spoken. The third is another protocol, and JSONP is a transport of it.
const REVISION: &str = "4";
/// A session keeps its query.
const QUERY_LEN_MAX: usize = 4_096;

/// How a server behaves. The suites of the protocol want shorter heartbeats.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub ping_interval: Duration,
    pub ping_timeout: Duration,
    /// Of a request, a frame, an answer to a poll, or an event with all that is attached.
    pub max_payload: usize,
    /// What may wait for one client. Whoever has more waiting does not read, and is let go.
    pub queue_bytes_max: usize,
    pub sessions_max: usize,
    /// A session that is of no use yet when so many others have come after it gives way.
    pub unused_max: usize,
    /// The headers that the protocol above may ask for, in lower case; no others are kept.
    pub headers: &'static [&'static str],
    /// A websocket on trial has this long.
    pub probe_wait: Duration,
    /// A poll that comes while a websocket is on trial waits this long for what becomes of it.
    pub poll_hold: Duration,
    /// A session that its client closed is known for this long to the poll that is on its way.
    pub linger: Duration,
    /// A session that is of no use to the protocol above, such as one without a socket, ends after this long.
    pub unused_wait: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            max_payload: 1_000_000,
            queue_bytes_max: 1_024 * 1_024,
            sessions_max: 25_000,
            unused_max: 4_096,
            headers: &[],
            probe_wait: Duration::from_secs(10),
            poll_hold: Duration::from_millis(100),
            linger: Duration::from_secs(1),
            unused_wait: Duration::from_secs(45),
        }
    }
}

/// Whoever makes conversations of sessions.
pub trait Door: Send + Sync {
    /// Called once a session, before anything is received.
    fn open(&self, session: &Session) -> Arc<dyn Talk>;
}

/// One session's conversation. It is never called with a lock of the session held.
pub trait Talk: Send + Sync {
    fn message(&self, message: Message<'_>) -> Result<(), Malformed>;
    /// Whether it is of any use by now.
    fn is_used(&self) -> bool;
    /// Does what is due, and says when there is something to do again.
    fn due(&self, now: Instant) -> Option<Instant>;
    /// The session is over; called once, and last.
    fn closed(&self, why: Ended);
}

#[derive(Debug)]
pub enum Message<'a> {
    Text(&'a str),
    Binary(Bytes),
}

/// Why a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    ByClient,
    ByServer,
    TransportClosed,
    PingTimeout,
    Malformed,
    /// It sent more at once than is allowed.
    TooLarge,
    /// It does not read what it is sent.
    TooSlow,
    /// It was of no use to anybody for too long.
    Unused,
}

/// A server of sessions. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Shared>);

struct Shared {
    options: Options,
    ids: Arc<dyn Ids>,
    door: Arc<dyn Door>,
    registry: Registry,
}

impl Engine {
    pub fn new(options: Options, ids: Arc<dyn Ids>, door: Arc<dyn Door>) -> Self {
        Self(Arc::new(Shared { options, ids, door, registry: Registry::default() }))
    }

    /// How many sessions there are.
    pub fn sessions(&self) -> usize {
        self.0.registry.len()
    }

    /// Ends every session, so that clients go elsewhere at once, and opens no other.
    pub fn close_all(&self) {
        for session in self.0.registry.close() {
            session.close(Ended::ByServer);
        }
    }

    pub(super) fn options(&self) -> &Options {
        &self.0.options
    }

    /// None where there is no room.
    fn open(&self, opening: Opening, phase: Phase) -> Option<Session> {
        let session = Session::new(&self.0, opening, phase);
        let Options { sessions_max, unused_max, .. } = self.0.options;
        if let Some(old) = self.0.registry.give_way(unused_max).filter(|old| !old.is_used()) {
            old.doom(Ended::Unused);
        }
        if !self.0.registry.add(&session, sessions_max) {
            return None;
        }
        if phase == Phase::Websocket {
            session.send(&[Packet::open(&self.greeting(&session, &[]))]);
        }
        session.begin(self.0.door.open(&session));
        rt::spawn(heartbeat::keep(session.clone()));
        Some(session)
    }

    fn greeting(&self, session: &Session, upgrades: &[&str]) -> String {
        let Options { ping_interval, ping_timeout, max_payload, .. } = self.0.options;
        json!({
            "sid": session.sid().reveal(),
            "upgrades": upgrades,
            "pingInterval": u64::try_from(ping_interval.as_millis()).unwrap_or(u64::MAX),
            "pingTimeout": u64::try_from(ping_timeout.as_millis()).unwrap_or(u64::MAX),
            "maxPayload": max_payload,
        })
        .to_string()
    }

    fn open_polling(&self, request: &HttpRequest) -> HttpResponse {
        let Some(session) = self.open(Opening::of(request, self.0.options.headers), Phase::Polling) else {
            return refused(Refused::Full);
        };
        polling::answer(format!("0{}", self.greeting(&session, &["websocket"])))
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("options", &self.0.options).finish_non_exhaustive()
    }
}

/// Any request to the protocol's path.
pub(super) async fn serve(engine: Engine, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    if let Some(peer) = request.conn_data::<Peer>() {
        peer.press();
    }
    let asked = match Asked::of(&engine, &request) {
        Ok(asked) => asked,
        Err(why) => return refused(why),
    };
    match (asked, request.method()) {
        (Asked { websocket: false, session: None }, &Method::GET) => engine.open_polling(&request),
        (Asked { websocket: true, session: None }, &Method::GET) => {
            websocket::open(&engine, &request, payload)
        }
        (Asked { session: None, .. }, _) => refused(Refused::BadMethod),
        (Asked { websocket: false, session: Some(session) }, &Method::GET) => polling::poll(&session).await,
        (Asked { websocket: false, session: Some(session) }, &Method::POST) => {
            polling::post(&session, &request, payload).await
        }
        (Asked { websocket: true, session: Some(session) }, &Method::GET) => {
            websocket::upgrade(&engine, session, &request, payload)
        }
        (Asked { session: Some(_), .. }, _) => refused(Refused::BadRequest),
    }
}

/// What a request is about.
struct Asked {
    websocket: bool,
    session: Option<Session>,
}

impl Asked {
    fn of(engine: &Engine, request: &HttpRequest) -> Result<Self, Refused> {
        let text = Some(request.query_string()).filter(|text| text.len() <= QUERY_LEN_MAX);
        let query = Query::<Vec<(String, String)>>::from_query(text.ok_or(Refused::BadRequest)?);
        let query = query.map_err(|_| Refused::BadRequest)?.into_inner();
        let value = |name| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let websocket = match value("transport") {
            Some("polling") => false,
            Some("websocket") => true,
            _ => return Err(Refused::UnknownTransport),
        };
        if value("EIO") != Some(REVISION) || value("j").is_some() {
            return Err(Refused::Unsupported);
        }
        let session = match value("sid") {
            None => None,
            Some(sid) => {
                let found = engine.0.registry.find(&Sid::given(sid));
                Some(found.ok_or(Refused::UnknownSession)?)
            }
        };
        Ok(Self { websocket, session })
    }
}

/// Why a request gets nothing, with the numbers that clients know.
#[derive(Debug, Clone, Copy)]
enum Refused {
    UnknownTransport,
    UnknownSession,
    BadMethod,
    BadRequest,
    Unsupported,
    /// There are too many sessions, or the server is closing.
    Full,
}

fn refused(why: Refused) -> HttpResponse {
    let (status, code, message) = match why {
        Refused::UnknownTransport => (StatusCode::BAD_REQUEST, 0, "Transport unknown"),
        Refused::UnknownSession => (StatusCode::BAD_REQUEST, 1, "Session ID unknown"),
        Refused::BadMethod => (StatusCode::BAD_REQUEST, 2, "Bad handshake method"),
        Refused::BadRequest => (StatusCode::BAD_REQUEST, 3, "Bad request"),
        Refused::Full => (StatusCode::SERVICE_UNAVAILABLE, 4, "Forbidden"),
        Refused::Unsupported => (StatusCode::BAD_REQUEST, 5, "Unsupported protocol version"),
    };
    HttpResponse::build(status).json(json!({ "code": code, "message": message }))
}
