//! The namespace of replays: who may look back shows a token and names a replay, is told where it stands, and then what happens there.
//! That they look is written down first, as wherever else somebody is shown what belongs to persons.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use domain::ids::Organization;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use uuid::Uuid;

use super::NAMESPACE;
use super::stand::Replay;
use crate::actors::hub::Whose;
use crate::http::Engine;
use crate::http::disclosing;
use crate::http::live::Watcher;
use crate::http::live::greeting::{self, told};
use crate::http::problem::{Code, Problem};
use crate::realtime::socket_io::{self, Admission, Ended, Event, Handshake, Refusal, Server, Socket};

pub(in crate::http) struct Namespace {
    engine: Engine,
}

/// A socket that was let in.
pub(super) struct Visitor {
    watcher: Watcher,
    replay: Arc<Replay>,
    /// Whether it counts as somebody who watches, or does not any more.
    counted: AtomicBool,
    /// Moves when anybody's rights change after it was looked at what it may see.
    revoked: watch::Receiver<u64>,
}

impl Visitor {
    pub(super) fn watches(&self, replay: Uuid) -> bool {
        self.replay.id == replay
    }
}

impl socket_io::Namespace for Namespace {
    fn authorize(&self, handshake: Handshake) -> BoxFuture<'_, Result<Admission, Refusal>> {
        async move { self.admit(&handshake).await }.boxed()
    }

    fn connected<'a>(&'a self, socket: &'a Socket) -> BoxFuture<'a, Option<u64>> {
        async move {
            let visitor = socket.data::<Visitor>()?;
            if visitor.revoked.has_changed().unwrap_or(true) {
                judge_anew(&self.engine, socket).await;
            }
            let told = visitor.replay.greet(socket, &visitor.counted, self.engine.clock.now())?;
            gauge().increment(1);
            Some(told)
        }
        .boxed()
    }

    /// It is steered by REST.
    fn event(&self, _: &Socket, _: Event) {}

    fn disconnected(&self, socket: &Socket, _: Ended) {
        let Some(visitor) = socket.data::<Visitor>() else { return };
        if visitor.replay.leave(&visitor.counted, self.engine.clock.now()) {
            gauge().decrement(1);
        }
    }
}

fn gauge() -> metrics::Gauge {
    metrics::gauge!("karnay_sockets", "namespace" => NAMESPACE)
}

impl Namespace {
    pub(in crate::http) fn new(engine: &Engine) -> Self {
        Self { engine: engine.clone() }
    }

    async fn admit(&self, handshake: &Handshake) -> Result<Admission, Refusal> {
        let revoked = self.engine.board.revoked();
        let known = greeting::known(&self.engine, handshake).await;
        let known = known.and_then(|watcher| watcher.may_look_back().map(|()| watcher));
        match known {
            Err(why) if why.is_passing() => Err(Refusal::NotNow),
            Err(why) => Err(greeting::turned_away(&self.engine, handshake, why, NAMESPACE)),
            Ok(watcher) => {
                let admitted = self.enter(handshake, watcher, revoked).await;
                admitted
                    .map_err(|problem| if problem.is_passing() { Refusal::NotNow } else { told(&problem) })
            }
        }
    }

    async fn enter(
        &self,
        handshake: &Handshake,
        watcher: Watcher,
        revoked: watch::Receiver<u64>,
    ) -> Result<Admission, Problem> {
        greeting::agrees(handshake, &watcher)?;
        let named = greeting::said(handshake, "replay");
        let named =
            named.ok_or_else(|| Problem::parameter("replay", "has to name the replay to be watched"))?;
        let id = named.as_str().and_then(|text| Uuid::parse_str(text).ok());
        let replay = self.engine.replays.find(&watcher.caller.organization, id)?;
        if replay.is_over() {
            return Err(over());
        }
        let what = (replay.played.kind, replay.played.name.as_str());
        let watching = self.engine.ids.uuid().to_string();
        disclosing::watched(&self.engine, &watcher.caller, what, &watching).await?;
        let rooms = vec![replay.id.to_string()];
        let lasts = greeting::lasts(&self.engine, &watcher);
        let visitor = Visitor { watcher, replay, counted: AtomicBool::new(false), revoked };
        Ok(Admission { rooms, data: Arc::new(visitor), lasts })
    }
}

pub(super) fn over() -> Problem {
    Problem::new(Code::ReplayOver, "the replay is over: have it played anew")
}

/// They show anew who they are; whoever may not look back any more is let go of.
pub(in crate::http) fn revoke(
    (engine, server): (&Engine, &Server),
    organization: &Organization,
    whose: &Whose,
) {
    let theirs = |visitor: &Visitor| visitor.watcher.is_of(organization, whose);
    for socket in server.sockets_of(NAMESPACE, theirs) {
        let engine = engine.clone();
        tokio::spawn(async move { judge_anew(&engine, &socket).await });
    }
}

async fn judge_anew(engine: &Engine, socket: &Socket) {
    let Some(visitor) = socket.data::<Visitor>() else { return };
    let now = visitor.watcher.confirm(engine, || !socket.is_gone()).await;
    if let Err(why) = now.and_then(|now| now.may_look_back()) {
        tracing::info!(namespace = NAMESPACE, reason = %why, "a socket is let go of");
        socket.disconnect();
    }
}
