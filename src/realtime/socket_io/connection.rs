//! One session's namespaces: who is being asked about, who is in, and a packet that waits for its attachments.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use actix_web::rt;
use bytes::Bytes;
use serde_json::Value;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::{Ack, Admission, Ended, Event, Floor, Hall, Handshake, Payload, Refusal, Socket};
use crate::realtime::codec::{self, Kind, Received};
use crate::realtime::engine_io::{Malformed, Message, Session, Talk};

pub(super) struct Connection {
    hall: Arc<Hall>,
    session: Session,
    itself: Weak<Self>,
    table: Mutex<Table>,
}

struct Table {
    entries: HashMap<Arc<str>, Entry>,
    /// An event whose attachments are still coming.
    partial: Option<Partial>,
    turns: u64,
    /// Since when nobody is in, where so.
    unused_at: Option<Instant>,
    closed: bool,
}

enum Entry {
    /// Being asked about, in this turn: an answer to an earlier one counts for nothing. Who is in and asks anew stays in until then.
    Asked {
        turn: u64,
        task: Option<AbortHandle>,
        former: Option<Inside>,
    },
    In(Inside),
    /// It was in; what is still under way from it is no offence.
    Gone,
}

struct Inside {
    socket: Socket,
    task: Option<AbortHandle>,
    until: Option<Instant>,
}

/// Kept as text: what it says is much larger once it is read.
struct Partial {
    text: Box<str>,
    expected: usize,
    attachments: Vec<Bytes>,
    bytes: usize,
    until: Instant,
}

impl Connection {
    pub(super) fn open(hall: &Arc<Hall>, session: &Session) -> Arc<Self> {
        Arc::new_cyclic(|itself| Self {
            hall: Arc::clone(hall),
            session: session.clone(),
            itself: itself.clone(),
            table: Mutex::new(Table {
                entries: HashMap::new(),
                partial: None,
                turns: 0,
                unused_at: Some(Instant::now() + hall.options.unused_wait),
                closed: false,
            }),
        })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn receive(&self, packet: Received, attachments: Vec<Bytes>) -> Result<(), Malformed> {
        let Received { namespace, kind, .. } = packet;
        match (kind, self.hall.floors.get(namespace.as_str())) {
            (Kind::Connect { .. }, None) => {
                self.session.send(&[codec::refused(&namespace, "Invalid namespace", None)]);
                Ok(())
            }
            (_, None) => Err(Malformed),
            (Kind::Connect { auth }, Some(floor)) => {
                self.ask(floor, auth);
                Ok(())
            }
            (Kind::Disconnect, Some(floor)) => self.leave(floor),
            (Kind::Ack, Some(floor)) => self.found(floor).map(drop),
            (Kind::Event { name, args, ack }, Some(floor)) => {
                if let Some(socket) = self.found(floor)? {
                    let ack = ack.map(|id| Ack { socket: socket.clone(), id });
                    let event = Event { name, payload: Payload { args, attachments }, ack };
                    floor.namespace.event(&socket, event);
                }
                Ok(())
            }
        }
    }

    /// The socket that a packet is from. None where it has just been ended; whoever was never in says what makes no sense.
    fn found(&self, floor: &Floor) -> Result<Option<Socket>, Malformed> {
        match self.table().entries.get(&floor.name) {
            Some(Entry::In(inside) | Entry::Asked { former: Some(inside), .. }) => {
                Ok(Some(inside.socket.clone()).filter(|socket| !socket.is_gone()))
            }
            Some(Entry::Gone) => Ok(None),
            Some(Entry::Asked { former: None, .. }) | None => Err(Malformed),
        }
    }

    fn leave(&self, floor: &Floor) -> Result<(), Malformed> {
        let mut table = self.table();
        let left = match table.entries.get(&floor.name) {
            None => return Err(Malformed),
            Some(Entry::Asked { .. } | Entry::In(_) | Entry::Gone) => {
                table.entries.insert(Arc::clone(&floor.name), Entry::Gone)
            }
        };
        table.count(Instant::now() + self.hall.options.unused_wait);
        drop(table);
        self.session.nudge();
        self.end(left, Ended::ByClient);
        Ok(())
    }

    /// Asks the namespace in a task of its own, so that heartbeats and other namespaces go on. Who asks anew begins anew.
    fn ask(&self, floor: &Floor, auth: Value) {
        let Some(itself) = self.itself.upgrade() else { return };
        let mut table = self.table();
        if table.closed {
            return;
        }
        table.turns += 1;
        let turn = table.turns;
        let former = match table.entries.remove(&floor.name) {
            Some(Entry::Asked { task, former, .. }) => {
                if let Some(task) = task {
                    task.abort();
                }
                former
            }
            Some(Entry::In(inside)) => Some(inside),
            Some(Entry::Gone) | None => None,
        };
        table.entries.insert(Arc::clone(&floor.name), Entry::Asked { turn, task: None, former });
        drop(table);
        let name = Arc::clone(&floor.name);
        let task = rt::spawn(async move { itself.admit(&name, turn, auth).await }).abort_handle();
        // The task runs on this very thread, so it has not begun.
        if let Some(Entry::Asked { turn: now, task: kept, .. }) = self.table().entries.get_mut(&floor.name)
            && *now == turn
        {
            *kept = Some(task);
        }
    }

    async fn admit(&self, name: &Arc<str>, turn: u64, auth: Value) {
        let Some(floor) = self.hall.floors.get(name) else { return };
        let handshake = Handshake { namespace: Arc::clone(name), auth, session: self.session.clone() };
        match floor.namespace.authorize(handshake).await {
            Err(Refusal::NotNow) => self.session.doom(Ended::ByServer),
            Err(Refusal::Told { message, data }) => {
                let refused = codec::refused(name, &message, data.as_ref());
                let mut table = self.table();
                if table.is_asked(name, turn) {
                    let former = table.entries.remove(name).and_then(Entry::inside);
                    table.count(Instant::now() + self.hall.options.unused_wait);
                    self.session.send(&[refused]);
                    drop(table);
                    self.session.nudge();
                    self.end(former.map(Entry::In), Ended::ByServer);
                }
            }
            Ok(admission) => {
                if let Some(socket) = self.let_in(floor, turn, &admission) {
                    floor.rooms.enter(&socket, &admission.rooms);
                    self.session.nudge();
                    let told = floor.namespace.connected(&socket).await;
                    socket.release(told);
                }
            }
        }
    }

    /// None where the client is gone or has asked anew. The connect packet is queued before anybody can tell the socket anything.
    fn let_in(&self, floor: &Floor, turn: u64, admission: &Admission) -> Option<Socket> {
        let mut table = self.table();
        if !table.is_asked(&floor.name, turn) {
            return None;
        }
        let socket = Socket::new(&self.hall, floor, &self.session, Arc::clone(&admission.data));
        self.session.send(&[codec::connected(&floor.name, socket.id())]);
        let (task, former) = match table.entries.remove(&floor.name) {
            Some(Entry::Asked { task, former, .. }) => (task, former),
            Some(Entry::In(_) | Entry::Gone) | None => (None, None),
        };
        let until = admission.lasts.map(|lasts| Instant::now() + lasts);
        let inside = Inside { socket: socket.clone(), task, until };
        table.entries.insert(Arc::clone(&floor.name), Entry::In(inside));
        table.unused_at = None;
        drop(table);
        self.end(former.map(Entry::In), Ended::ByClient);
        Some(socket)
    }

    /// Tells the namespace, once, that a socket is gone. Nothing is locked here.
    fn end(&self, entry: Option<Entry>, why: Ended) {
        let (asking, inside) = match entry {
            Some(Entry::Asked { task, former, .. }) => (task, former),
            Some(Entry::In(inside)) => (None, Some(inside)),
            Some(Entry::Gone) | None => (None, None),
        };
        if let Some(Inside { socket, task, .. }) = inside {
            socket.depart();
            if let Some(floor) = self.hall.floors.get(socket.namespace()) {
                floor.namespace.disconnected(&socket, why);
            }
            if let Some(task) = task {
                task.abort();
            }
        }
        if let Some(task) = asking {
            task.abort();
        }
    }

    /// Nothing is kept for somebody who is not in, nor for longer than an answer to a ping is waited for.
    fn begin(&self, packet: &Received, text: &str) -> Result<(), Malformed> {
        let floor = self.hall.floors.get(packet.namespace.as_str()).ok_or(Malformed)?;
        self.found(floor)?;
        let until = Instant::now() + self.hall.options.ping_timeout;
        let (text, expected, bytes) = (text.into(), packet.attachments, text.len());
        self.table().partial = Some(Partial { text, expected, attachments: vec![], bytes, until });
        self.session.nudge();
        Ok(())
    }

    fn complete(&self) -> Result<(), Malformed> {
        let mut table = self.table();
        let whole = table.partial.take_if(|partial| partial.attachments.len() == partial.expected);
        drop(table);
        whole.map_or(Ok(()), |Partial { text, attachments, .. }| {
            self.receive(codec::parse(&text)?, attachments)
        })
    }
}

impl Talk for Connection {
    fn message(&self, message: Message<'_>) -> Result<(), Malformed> {
        let mut table = self.table();
        match (message, &mut table.partial) {
            (Message::Text(_), Some(_)) | (Message::Binary(_), None) => Err(Malformed),
            (Message::Text(text), None) => {
                drop(table);
                let packet = codec::parse(text)?;
                if packet.attachments == 0 { self.receive(packet, vec![]) } else { self.begin(&packet, text) }
            }
            (Message::Binary(bytes), Some(partial)) => {
                partial.bytes += bytes.len();
                if partial.bytes > self.hall.options.max_payload {
                    return Err(Malformed);
                }
                partial.attachments.push(bytes);
                drop(table);
                self.complete()
            }
        }
    }

    fn is_used(&self) -> bool {
        self.table().unused_at.is_none()
    }

    /// Sockets whose time is over leave, and so does a session that nobody is in.
    fn due(&self, now: Instant) -> Option<Instant> {
        let mut table = self.table();
        let given_up = table.unused_at.filter(|at| *at <= now).map(|_| Ended::Unused);
        let half = table.partial.as_ref().filter(|partial| partial.until <= now).map(|_| Ended::PingTimeout);
        if let Some(why) = given_up.or(half) {
            drop(table);
            self.session.doom(why);
            return None;
        }
        let over = table.take_over(now);
        table.count(now + self.hall.options.unused_wait);
        let next = table.next();
        drop(table);
        for entry in over {
            entry.socket.disconnect();
            self.end(Some(Entry::In(entry)), Ended::ByServer);
        }
        next
    }

    fn closed(&self, why: Ended) {
        let mut table = self.table();
        table.closed = true;
        table.partial = None;
        let entries = std::mem::take(&mut table.entries);
        drop(table);
        for entry in entries.into_values() {
            self.end(Some(entry), why);
        }
    }
}

impl Table {
    fn is_asked(&self, name: &str, turn: u64) -> bool {
        matches!(self.entries.get(name), Some(Entry::Asked { turn: now, .. }) if *now == turn)
    }

    /// Whoever was ended by the application, or whose time has come.
    fn take_over(&mut self, now: Instant) -> Vec<Inside> {
        let mut over = Vec::new();
        for entry in self.entries.values_mut() {
            match entry {
                Entry::Asked { former, .. } => over.extend(former.take_if(|inside| inside.ends(now))),
                Entry::In(inside) if inside.ends(now) => {
                    over.extend(std::mem::replace(entry, Entry::Gone).inside());
                }
                Entry::In(_) | Entry::Gone => {}
            }
        }
        over
    }

    fn inside(&self) -> impl Iterator<Item = &Inside> {
        self.entries.values().filter_map(|entry| match entry {
            Entry::In(inside) => Some(inside),
            Entry::Asked { former, .. } => former.as_ref(),
            Entry::Gone => None,
        })
    }

    /// Begins to wait for a socket where there is none.
    fn count(&mut self, unused_at: Instant) {
        let used = self.inside().next().is_some();
        self.unused_at = if used { None } else { self.unused_at.or(Some(unused_at)) };
    }

    fn next(&self) -> Option<Instant> {
        let half = self.partial.as_ref().map(|partial| partial.until);
        self.inside().filter_map(|inside| inside.until).chain(self.unused_at).chain(half).min()
    }
}

impl Entry {
    /// Who is in, where somebody is.
    fn inside(self) -> Option<Inside> {
        match self {
            Self::Asked { former, .. } => former,
            Self::In(inside) => Some(inside),
            Self::Gone => None,
        }
    }
}

impl Inside {
    fn ends(&self, now: Instant) -> bool {
        self.socket.is_gone() || self.until.is_some_and(|until| until <= now)
    }
}
