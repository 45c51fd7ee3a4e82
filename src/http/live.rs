//! Those who watch: sockets of two namespaces and event streams, each told what the hub delivers for its organization, and nothing else.
//! Who may watch is decided as for requests; what pushes look like stands in `live/render.rs`.

mod events;
pub(super) mod greeting;
mod leaving;
mod namespace;
mod render;
mod watcher;

use std::sync::Arc;

use actix_web::rt;
use domain::disclosure::Kind;
use domain::fact::Position;
use domain::ids::Organization;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Engine;
use super::auth;
use super::disclosing;
use super::problem::Problem;
use super::replays;
use super::uploads::UnderWay;
use crate::actors::hub::{Audience, Deliver, Push, Space, Whose};
use crate::realtime::socket_io::{self, Server, Socket};
pub(super) use leaving::{Connection, Watching};
use namespace::{Entrant, Namespace};
pub use render::Renderer;
pub(super) use render::{Rows, When, at_exchange, drawn};
pub(super) use watcher::Watcher;

/// Where somebody stands who has been told everything up to there.
const POSITION: &str = "position";
/// The same, where more was missed than is told: what is shown is to be read anew.
const RESYNC: &str = "resync";
/// Where sockets connect.
pub(super) const SOCKETS: &str = "/socket.io";
/// Where streams are read.
pub(super) const EVENTS: &str = "/events/stream";
/// What may wait for one client. A quarter of 1 MiB is left for what the connection itself holds: one that stops reading costs no more than that.
pub(super) const QUEUE_BYTES_MAX: usize = 768 << 10;
/// The room of those who look after the engine. No organization is called so.
const ADMINS: &str = "/admins";

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(events::told);
}

/// What moves on this node without being recorded.
#[derive(Debug, Clone, Default)]
pub struct Moving {
    pub(super) uploads: UnderWay,
    pub(super) imports: UnderWay,
}

impl Moving {
    fn now(&self, position: Position) -> Vec<Push> {
        let of = |all: &UnderWay, kind| {
            let all = all.take_all().into_iter();
            let pushes = all.filter_map(move |(ours, view)| render::under_way(position, &ours, kind, &view));
            pushes.collect::<Vec<_>>()
        };
        let mut pushes = of(&self.uploads, render::NUMBERS);
        pushes.extend(of(&self.imports, render::CONTACTS));
        pushes
    }
}

/// The sockets of this node.
#[derive(Debug, Clone)]
pub struct Live {
    engine: Engine,
    server: Server,
}

impl Live {
    /// Opens for sockets, until the engine's doors close. To be called inside the runtime.
    pub fn open(engine: &Engine) -> Self {
        let namespaces = Space::ALL.map(|space| {
            let namespace: Arc<dyn socket_io::Namespace> =
                Arc::new(Namespace { engine: engine.clone(), space });
            (name(space), namespace)
        });
        let again: Arc<dyn socket_io::Namespace> = Arc::new(replays::Namespace::new(engine));
        let namespaces = namespaces.into_iter().chain([(replays::NAMESPACE, again)]).collect();
        let server = Server::new(Self::options(), Arc::clone(&engine.ids), namespaces);
        engine.replays.open(&server);
        let live = Self { engine: engine.clone(), server };
        engine.board.attach(Arc::new(live.clone()));
        let (mut closing, closed) = (engine.closing.subscribe(), live.clone());
        rt::spawn(async move {
            // An engine that is gone has closed its doors as well.
            let _ = closing.wait_for(|closing| *closing).await;
            closed.server.close_all();
        });
        live
    }

    /// How the engine serves sockets.
    pub fn options() -> socket_io::Options {
        let headers = &auth::TELLING;
        socket_io::Options { queue_bytes_max: QUEUE_BYTES_MAX, headers, ..socket_io::Options::default() }
    }

    pub(super) fn engine_io(&self) -> &crate::realtime::engine_io::Engine {
        self.server.engine()
    }
}

/// A namespace's name, as clients write it.
fn name(space: Space) -> &'static str {
    match space {
        Space::Calls => "/",
        Space::AutoCalling => "/auto-calling",
    }
}

/// Organizations' names hold no slash.
fn room(audience: &Audience) -> &str {
    match audience {
        Audience::Organization(organization) => organization.as_str(),
        Audience::Admins => ADMINS,
    }
}

/// As sockets are told.
fn packet(push: &Push, number: u64) -> Option<socket_io::Push> {
    match socket_io::Push::try_raw(name(push.space), push.event, &push.data) {
        Ok(packet) => Some(packet.marked(number)),
        Err(why) => {
            tracing::error!(position = push.position, event = push.event, cause = %why, "nobody can be told");
            None
        }
    }
}

impl Deliver for Live {
    fn deliver(&self, push: &Push, number: u64) {
        if let Some(packet) = packet(push, number) {
            self.server.emit(room(&push.audience), &packet);
        }
    }

    fn is_pressed(&self) -> bool {
        self.server.is_anybody_behind(QUEUE_BYTES_MAX / 4)
    }

    /// They show anew who they are; whoever may not watch any more is let go of.
    fn revoke(&self, organization: &Organization, whose: &Whose) {
        for space in Space::ALL {
            let theirs = |entrant: &Entrant| entrant.watcher.is_of(organization, whose);
            for socket in self.server.sockets_of(name(space), theirs) {
                let engine = self.engine.clone();
                tokio::spawn(async move { judge_anew(&engine, space, &socket).await });
            }
        }
        replays::revoke((&self.engine, &self.server), organization, whose);
    }
}

/// Whoever watches is shown numbers and names as they come, which is written down before the first.
async fn looks(engine: &Engine, watcher: &Watcher) -> Result<(), Problem> {
    let watching = engine.ids.uuid().to_string();
    disclosing::watched(engine, &watcher.caller, (Kind::Export, disclosing::LIVE), &watching).await
}

async fn judge_anew(engine: &Engine, space: Space, socket: &Socket) {
    let Some(entrant) = socket.data::<Entrant>() else { return };
    let now = entrant.watcher.confirm(engine, || !socket.is_gone()).await;
    match now.and_then(|now| now.may_see(space).map(|()| now)) {
        Ok(now) if now.is_admin(space) => socket.join(ADMINS),
        Ok(_) => socket.leave(ADMINS),
        Err(why) => {
            tracing::info!(namespace = name(space), reason = %why, "a socket is let go of");
            socket.disconnect();
        }
    }
}
