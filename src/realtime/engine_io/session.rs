//! One client's session: what waits to be sent, over which transport, and until when it may be silent.
//! All of it stands under one mutex that is never held while the protocol above is called; transports are
//! `poll` functions over it (`polling`, `websocket`), and its task is in `heartbeat`.

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use actix_web::HttpRequest;
use actix_web::web::Query;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::packet::Packet;
use super::registry::Sid;
use super::{Ended, Message, Shared, Talk};

/// A client's session. Cheap to clone; sending never waits, never calls back and may be done under any lock.
#[derive(Clone)]
pub struct Session(pub(super) Arc<Inner>);

pub(super) struct Inner {
    sid: Sid,
    opening: Opening,
    pub(super) shared: Arc<Shared>,
    state: Mutex<State>,
    /// Wakes the session's task when its times have changed.
    pub(super) nudge: Notify,
}

pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) queue: VecDeque<Packet>,
    queued: usize,
    /// Whoever may write: the pending poll, or the websocket's body.
    pub(super) writer: Option<Waker>,
    pub(super) poll: Poll,
    pub(super) posting: bool,
    pub(super) ping_at: Instant,
    pub(super) pinged: bool,
    /// Why it is to be closed, by its own task.
    pub(super) doom: Option<Ended>,
    pub(super) reader: Option<AbortHandle>,
    pub(super) talk: Option<Arc<dyn Talk>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Polling,
    /// Polling, while a websocket is being tried.
    Probing,
    Websocket,
    Closed(Ended),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Poll {
    None,
    Waiting,
    /// To be answered with nothing, so that the client may change its transport.
    Released,
}

impl Session {
    pub(super) fn new(shared: &Arc<Shared>, opening: Opening, phase: Phase) -> Self {
        let state = State {
            phase,
            queue: VecDeque::new(),
            queued: 0,
            writer: None,
            poll: Poll::None,
            posting: false,
            ping_at: Instant::now() + shared.options.ping_interval,
            pinged: false,
            doom: None,
            reader: None,
            talk: None,
        };
        Self(Arc::new(Inner {
            sid: Sid::new(&*shared.ids),
            opening,
            shared: Arc::clone(shared),
            state: Mutex::new(state),
            nudge: Notify::new(),
        }))
    }

    /// Gives it its conversation, which ends at once where the server was closed meanwhile.
    pub(super) fn begin(&self, talk: Arc<dyn Talk>) {
        let mut state = self.state();
        if let Phase::Closed(why) = state.phase {
            drop(state);
            return talk.closed(why);
        }
        state.talk = Some(talk);
    }

    /// The request that opened it.
    pub fn opening(&self) -> &Opening {
        &self.0.opening
    }

    /// Queues packets, all of them or none. False where the session is over, or is now, because its client does not read.
    pub fn send(&self, packets: &[Packet]) -> bool {
        let mut state = self.state();
        if state.is_over() {
            return false;
        }
        let weight: usize = packets.iter().map(Packet::weight).sum();
        if state.queued + weight > self.0.shared.options.queue_bytes_max {
            drop(state);
            self.doom(Ended::TooSlow);
            return false;
        }
        state.queued += weight;
        state.queue.extend(packets.iter().cloned());
        state.wake();
        true
    }

    /// Whether the protocol above has a use for it.
    pub(super) fn is_used(&self) -> bool {
        let talk = self.state().talk.clone();
        talk.is_none_or(|talk| talk.is_used())
    }

    /// Closes it, from its own task: whoever asks may hold a lock.
    pub fn doom(&self, why: Ended) {
        let mut state = self.state();
        if state.is_over() {
            return;
        }
        state.doom = Some(why);
        if why == Ended::TooSlow {
            state.forget_queue();
        }
        drop(state);
        self.0.nudge.notify_one();
    }

    /// Asks the protocol above anew when it wants to be woken.
    pub fn nudge(&self) {
        self.0.nudge.notify_one();
    }

    /// How much waits for the client.
    pub fn queued(&self) -> usize {
        self.state().queued
    }

    pub fn is_over(&self) -> bool {
        self.state().is_over()
    }

    /// Ends it and tells the protocol above, once. Not to be called with a lock held.
    pub(super) fn close(&self, why: Ended) {
        let mut state = self.state();
        if matches!(state.phase, Phase::Closed(_)) {
            return;
        }
        let lingers = why == Ended::ByClient && state.phase != Phase::Websocket && state.poll == Poll::None;
        state.phase = Phase::Closed(why);
        if !matches!(why, Ended::ByServer) {
            state.forget_queue();
        }
        let (talk, reader) = (state.talk.take(), state.reader.take());
        state.wake();
        drop(state);
        if !lingers {
            self.forget();
        }
        self.0.nudge.notify_one();
        if let Some(talk) = talk {
            talk.closed(why);
        }
        // Last, for it may be the very task that is here.
        if let Some(reader) = reader {
            reader.abort();
        }
    }

    pub(super) fn forget(&self) {
        self.0.shared.registry.remove(&self.0.sid);
    }

    /// Ends a session whose client was silent for too long; timers may fire late, so each request asks. True where it is over.
    pub(super) fn expire(&self, now: Instant) -> bool {
        let state = self.state();
        let silent = now >= state.deadline(self.0.shared.options.ping_timeout);
        let over = state.is_over();
        drop(state);
        if silent && !over {
            self.close(Ended::PingTimeout);
        }
        silent || over
    }

    /// A packet in text, its type first.
    pub(super) fn receive_text(&self, text: &str) -> Result<(), Malformed> {
        let mut characters = text.chars();
        match (characters.next(), characters.as_str()) {
            (Some('1'), "") => self.close(Ended::ByClient),
            (Some('3'), "") => self.ponged(),
            (Some('4'), message) => self.receive(Message::Text(message))?,
            (Some('6'), "") => {}
            _ => return Err(Malformed),
        }
        Ok(())
    }

    pub(super) fn receive(&self, message: Message<'_>) -> Result<(), Malformed> {
        let talk = self.state().talk.clone();
        talk.map_or(Ok(()), |talk| talk.message(message))
    }

    fn ponged(&self) {
        let mut state = self.state();
        if state.pinged {
            state.pinged = false;
            state.ping_at = Instant::now() + self.0.shared.options.ping_interval;
            drop(state);
            self.0.nudge.notify_one();
        }
    }

    pub(super) fn sid(&self) -> &Sid {
        &self.0.sid
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session")
    }
}

impl State {
    pub(super) fn is_over(&self) -> bool {
        self.doom.is_some() || matches!(self.phase, Phase::Closed(_))
    }

    /// When the answer to the last ping, or to the next, must have come.
    pub(super) fn deadline(&self, timeout: std::time::Duration) -> Instant {
        self.ping_at + timeout
    }

    pub(super) fn next_packet(&mut self) -> Option<Packet> {
        let packet = self.queue.pop_front()?;
        self.queued = self.queued.saturating_sub(packet.weight());
        if self.queue.is_empty() {
            // A burst must not be remembered as memory.
            self.queue.shrink_to(QUEUE_KEPT);
        }
        Some(packet)
    }

    pub(super) fn push_ping(&mut self) {
        let ping = Packet::ping();
        self.queued += ping.weight();
        self.queue.push_back(ping);
        self.pinged = true;
        self.wake();
    }

    pub(super) fn wake(&mut self) {
        if let Some(writer) = self.writer.take() {
            writer.wake();
        }
    }

    fn forget_queue(&mut self) {
        self.queue = VecDeque::new();
        self.queued = 0;
    }
}

/// Nobody asks for more of a header.
const HEADER_LEN_MAX: usize = 256;

/// Places in a queue that are kept when it is empty.
const QUEUE_KEPT: usize = 8;

/// What is not of the protocol: the session is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a packet that makes no sense")]
pub struct Malformed;

/// The request that opened a session, as far as namespaces may want it. It is of the connection, not of a namespace.
pub struct Opening {
    query: Box<str>,
    /// Copies: what actix hands out would keep its whole buffer.
    headers: Box<[(&'static str, Box<str>)]>,
    peer: Option<SocketAddr>,
}

impl Opening {
    pub(super) fn of(request: &HttpRequest, wanted: &[&'static str]) -> Self {
        let headers = wanted.iter().filter_map(|name| {
            let value = request.headers().get(*name)?.to_str().unwrap_or("?");
            let end = value.char_indices().nth(HEADER_LEN_MAX).map_or(value.len(), |(end, _)| end);
            Some((*name, Box::from(value.get(..end)?)))
        });
        Self {
            query: Box::from(request.query_string()),
            headers: headers.collect(),
            peer: request.peer_addr(),
        }
    }

    /// The first value of a query parameter.
    pub fn query(&self, name: &str) -> Option<String> {
        let pairs = Query::<Vec<(String, String)>>::from_query(&self.query).ok()?.into_inner();
        pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The beginning of a header's first value, where it is one that is kept.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| &**value)
    }

    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }
}

/// Its query and its headers may hold secrets.
impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening").finish_non_exhaustive()
    }
}
