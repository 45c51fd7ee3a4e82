//! Who is in a namespace, and in which of its rooms. It never calls an application.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use super::{Push, Socket};

#[derive(Default)]
pub(super) struct Rooms(RwLock<Book>);

#[derive(Default)]
struct Book {
    everybody: HashMap<u64, Socket>,
    rooms: HashMap<String, HashMap<u64, Socket>>,
    /// Which rooms a socket is in, so that nobody searches all of them when it leaves.
    of: HashMap<u64, Vec<String>>,
}

impl Rooms {
    pub(super) fn enter(&self, socket: &Socket, rooms: &[String]) {
        let mut book = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Whoever left meanwhile would stay for ever.
        if socket.is_gone() {
            return;
        }
        book.everybody.insert(socket.number(), socket.clone());
        for room in rooms {
            book.join(socket, room);
        }
    }

    pub(super) fn join(&self, socket: &Socket, room: &str) {
        let mut book = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if !socket.is_gone() {
            book.join(socket, room);
        }
    }

    pub(super) fn leave(&self, socket: &Socket, room: &str) {
        let mut book = self.0.write().unwrap_or_else(PoisonError::into_inner);
        book.leave(socket.number(), room);
        if let Some(rooms) = book.of.get_mut(&socket.number()) {
            rooms.retain(|joined| joined != room);
        }
    }

    /// To be called once a socket is marked as gone.
    pub(super) fn depart(&self, socket: &Socket) {
        let mut book = self.0.write().unwrap_or_else(PoisonError::into_inner);
        book.everybody.remove(&socket.number());
        for room in book.of.remove(&socket.number()).unwrap_or_default() {
            book.leave(socket.number(), &room);
        }
    }

    pub(super) fn emit(&self, room: &str, push: &Push) -> usize {
        let book = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let members = book.rooms.get(room).into_iter().flat_map(HashMap::values);
        members.filter(|socket| socket.tell(push)).count()
    }

    pub(super) fn everybody(&self) -> Vec<Socket> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).everybody.values().cloned().collect()
    }

    pub(super) fn any(&self, wanted: impl Fn(&Socket) -> bool) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).everybody.values().any(wanted)
    }

    pub(super) fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).everybody.len()
    }
}

impl Book {
    fn join(&mut self, socket: &Socket, room: &str) {
        let members = self.rooms.entry(room.to_owned()).or_default();
        if members.insert(socket.number(), socket.clone()).is_none() {
            self.of.entry(socket.number()).or_default().push(room.to_owned());
        }
    }

    fn leave(&mut self, number: u64, room: &str) {
        let Some(members) = self.rooms.get_mut(room) else { return };
        members.remove(&number);
        if members.is_empty() {
            self.rooms.remove(room);
        }
    }
}
