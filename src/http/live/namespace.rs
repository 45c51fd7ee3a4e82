//! A namespace of sockets: who comes in shows a token, is told what it missed, and then what happens.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::fact::Position;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::greeting::{agrees, known, lasts, said, told, turned_away};
use super::{ADMINS, POSITION, RESYNC, Watcher, judge_anew, looks, name, packet};
use crate::actors::hub::{Missed, Place, Push, Space};
use crate::http::Engine;
use crate::http::problem::Problem;
use crate::realtime::socket_io::{self, Admission, Ended, Event, Handshake, Socket};

/// For what happens while a client reads what it missed.
const ROOM_LEFT: usize = 128 << 10;

pub(super) struct Namespace {
    pub(super) engine: Engine,
    pub(super) space: Space,
}

/// A socket that was let in.
pub(super) struct Entrant {
    pub(super) watcher: Watcher,
    /// Up to where it knows what happened.
    last: Option<Position>,
    /// Whether the figures know it, or need not any more.
    counted: AtomicBool,
    /// Moves when anybody's rights change after it was looked at what it may see.
    revoked: watch::Receiver<u64>,
}

impl socket_io::Namespace for Namespace {
    fn authorize(&self, handshake: Handshake) -> BoxFuture<'_, Result<Admission, socket_io::Refusal>> {
        async move { self.admit(&handshake).await }.boxed()
    }

    fn connected<'a>(&'a self, socket: &'a Socket) -> BoxFuture<'a, Option<u64>> {
        async move {
            let Entrant { watcher, last, counted, revoked } = socket.data::<Entrant>()?;
            if !counted.swap(true, Ordering::AcqRel) {
                self.gauge().increment(1);
            }
            // In between it was not known yet as somebody who watches.
            if revoked.has_changed().unwrap_or(true) {
                judge_anew(&self.engine, self.space, socket).await;
            }
            if let Some(last) = last {
                self.engine.board.caught_up(*last).await;
            }
            let wanted = |push: &Push| push.space == self.space && watcher.is_told(push);
            Some(self.engine.board.join(*last, &watcher.audiences(self.space), wanted, |place, missed| {
                self.tell(socket, place, missed)
            }))
        }
        .boxed()
    }

    /// It is only listened to.
    fn event(&self, _: &Socket, _: Event) {}

    fn disconnected(&self, socket: &Socket, _: Ended) {
        if socket.data::<Entrant>().is_some_and(|entrant| entrant.counted.swap(true, Ordering::AcqRel)) {
            self.gauge().decrement(1);
        }
    }
}

impl Namespace {
    fn gauge(&self) -> metrics::Gauge {
        metrics::gauge!("karnay_sockets", "namespace" => name(self.space))
    }

    async fn admit(&self, handshake: &Handshake) -> Result<Admission, socket_io::Refusal> {
        let revoked = self.engine.board.revoked();
        let known = known(&self.engine, handshake).await;
        match known.and_then(|watcher| watcher.may_see(self.space).map(|()| watcher)) {
            Err(why) if why.is_passing() => {
                tracing::info!(namespace = name(self.space), reason = %why, "a socket has to come back");
                Err(socket_io::Refusal::NotNow)
            }
            Err(why) => Err(turned_away(&self.engine, handshake, why, name(self.space))),
            Ok(watcher) => {
                if let Err(why) = looks(&self.engine, &watcher).await {
                    tracing::info!(namespace = name(self.space), reason = %why, "a socket has to come back");
                    return Err(socket_io::Refusal::NotNow);
                }
                self.enter(handshake, watcher, revoked).map_err(|problem| told(&problem))
            }
        }
    }

    fn enter(
        &self,
        handshake: &Handshake,
        watcher: Watcher,
        revoked: watch::Receiver<u64>,
    ) -> Result<Admission, Problem> {
        agrees(handshake, &watcher)?;
        let last = said(handshake, "position").map(position).transpose()?;
        let mut rooms = vec![watcher.caller.organization.to_string()];
        if watcher.is_admin(self.space) {
            rooms.push(ADMINS.to_owned());
        }
        let lasts = lasts(&self.engine, &watcher);
        let entrant = Entrant { watcher, last, counted: AtomicBool::new(false), revoked };
        Ok(Admission { rooms, data: Arc::new(entrant), lasts })
    }

    /// Tells what was missed, and from where on the socket is told. Called while nothing else is delivered.
    fn tell(&self, socket: &Socket, place: Place, missed: Missed) -> u64 {
        let stands = match missed {
            Missed::These(pushes) => {
                let packets: Vec<_> = pushes.iter().filter_map(|push| packet(push, place.number)).collect();
                let weight: usize = packets.iter().map(socket_io::Push::weight).sum();
                // Another namespace may have filled the connection already: whoever is told too much is let go of, and comes back for the same.
                if weight + ROOM_LEFT > socket.room() {
                    RESYNC
                } else {
                    for packet in &packets {
                        socket.emit(packet);
                    }
                    POSITION
                }
            }
            Missed::TooMuch => RESYNC,
        };
        let here = json!({ "position": place.position }).into();
        if let Ok(packet) = socket_io::Push::try_new(name(self.space), stands, &here) {
            socket.emit(&packet);
        }
        place.number
    }
}

fn position(value: &Value) -> Result<Position, Problem> {
    let read = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    read.ok_or_else(|| Problem::parameter("position", "has to be a position that a push carried"))
}
