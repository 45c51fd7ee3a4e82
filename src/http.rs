//! The door for programs: routes, who may use them, and how mistakes are told. One file a resource.
//! A handler parses, dispatches or reads a screen, and answers. It holds no rule and no SQL.

pub mod auth;
pub mod problem;
pub mod vitals;

mod address;
mod as_of;
mod body;
mod cors;
mod denials;
mod disclosing;
mod docs;
mod edge;
mod fields;
mod figures;
mod formula;
mod json;
mod language;
mod limits;
mod listening;
mod live;
mod openapi;
mod page;
mod pages;
mod query;
mod removed;
mod repeat;
mod span;
mod table;
mod times;
mod traced;

mod agent;
mod api_keys;
pub(crate) mod audit;
mod campaigns;
mod contacts;
mod cursors;
mod dashboard;
mod do_not_call;
mod feed;
mod health;
mod history;
mod imports;
mod kerio;
mod projections;
mod promises;
mod quarantine;
mod recordings;
pub mod replays;
mod restore;
mod results;
mod sessions;
mod settings;
mod sign_in;
mod start;
mod uploads;
mod users;
mod versions;
mod wait;
mod webhooks;
pub(crate) mod when;

use std::fmt;
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ::projections::Screens;
use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::{App, FromRequest, HttpRequest, middleware, web};
use chrono_tz::Tz;
use domain::ids::Organization;
use domain::phone::Home;
use domain::session::Completion;
use tokio::sync::watch;
use tracing_actix_web::TracingLogger;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::actors::hub::Board;
use crate::actors::pbx::handle::Watch;
use crate::config::token::Signer;
use crate::config::{self, Access, Origins, Said, Secret, UnknownSession};
use crate::dispatch::Dispatch;
use crate::dispatch::far_ends::FarEnds;
use crate::dispatch::proof::Proof;
use crate::ports::{Clock, Disk, Ids, Recordings, Sheets, receivers::Receivers};
use crate::realtime;
use auth::password::Hashing;
use auth::{BadKey, Keys, Signers, Tries};
use denials::Denials;
use limits::Limits;
pub use listening::{bind, server};
pub use live::{Live, Moving, Renderer};
use problem::{Code, Problem};
use replays::Replays;
use sessions::Known;
use vitals::Vitals;

/// Renders the metrics as Prometheus reads them.
pub type Render = Arc<dyn Fn() -> String + Send + Sync>;

/// What the routes stand on.
pub struct Parts {
    pub dispatch: Dispatch,
    pub screens: Screens,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub sheets: Arc<dyn Sheets>,
    pub recordings: Arc<dyn Recordings>,
    /// Whom organizations have call.
    pub ends: FarEnds,
    pub disk: Arc<dyn Disk>,
    pub receivers: Arc<dyn Receivers>,
    pub vitals: Arc<dyn Vitals>,
    pub proof: Proof,
    pub metrics: Render,
    /// What the hub tells.
    pub board: Arc<Board>,
    pub moving: Moving,
    /// Where an exchange is watched.
    pub pbx: Option<Watch>,
    pub options: Options,
}

#[derive(Debug, Clone)]
pub struct Options {
    /// Whose requests without a token are.
    pub organization: Organization,
    pub home: Home,
    pub timezone: Tz,
    /// How long a read waits for what was written just before it.
    pub read_wait: Duration,
    /// How long a start waits for the remote command.
    pub start_wait: Duration,
    pub unknown_session: UnknownSession,
    pub access: Access,
    pub limits: config::Limits,
    /// Access's own, or the one made at first start.
    pub jwt_secret: Secret,
    /// Whether only this machine can reach the server.
    pub loopback_only: bool,
    /// Addresses of the call servers that were told to report here.
    pub call_servers: Vec<IpAddr>,
    pub origins: Origins,
    pub completion: Completion,
    /// Far ends that this engine plays itself.
    pub simulated: Vec<&'static str>,
    /// Whether sessions may run beside each other.
    pub parallel: bool,
    /// What was said at the start.
    pub settings: Arc<[Said]>,
    /// Where uploaded files lie until they are read.
    pub uploads: PathBuf,
    /// How many replays there are at a time, and how long one is played to nobody.
    pub replays: replays::Limits,
}

/// The handle that every request holds. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

pub struct Inner {
    dispatch: Dispatch,
    screens: Screens,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    sheets: Arc<dyn Sheets>,
    recordings: Arc<dyn Recordings>,
    ends: FarEnds,
    disk: Arc<dyn Disk>,
    receivers: Arc<dyn Receivers>,
    vitals: Arc<dyn Vitals>,
    proof: Proof,
    metrics: Render,
    board: Arc<Board>,
    pbx: Option<Watch>,
    options: Options,
    keys: Keys,
    signer: Signer,
    signers: Signers,
    tries: Tries,
    limits: Limits,
    denials: Denials,
    known: Known,
    moving: Moving,
    unfit: recordings::Unfit,
    starts: tokio::sync::Semaphore,
    workbooks: tokio::sync::Semaphore,
    feeds: Arc<tokio::sync::Semaphore>,
    hashing: Hashing,
    /// Who places held reports, one after another.
    placing: tokio::sync::Mutex<()>,
    /// Whether the doors are being closed, so that nobody is kept waiting.
    closing: watch::Sender<bool>,
    watching: live::Watching,
    replays: Replays,
    turns: repeat::Turns,
}

impl Engine {
    pub fn try_new(parts: Parts) -> Result<Self, BadKey> {
        let Parts {
            dispatch,
            screens,
            clock,
            ids,
            sheets,
            recordings,
            ends,
            disk,
            receivers,
            vitals,
            proof,
            metrics,
            board,
            moving,
            pbx,
            options,
        } = parts;
        let Access { jwt_public_key, jwt_default_role, .. } = &options.access;
        let keys = Keys::try_new(&options.jwt_secret, jwt_public_key.as_ref(), *jwt_default_role)?;
        let signers = Signers::new(&options.access.webhook_secrets);
        let signer = Signer::new(&options.jwt_secret);
        let replays = Replays::new(options.replays);
        let (known, starts, workbooks) = (Known::default(), start::bound(), table::bound());
        Ok(Self(Arc::new(Inner {
            dispatch,
            screens,
            clock,
            ids,
            sheets,
            recordings,
            ends,
            disk,
            receivers,
            vitals,
            proof,
            metrics,
            board,
            pbx,
            options,
            keys,
            signer,
            signers,
            tries: Tries::default(),
            limits: Limits::default(),
            denials: Denials::default(),
            known,
            moving,
            unfit: recordings::Unfit::default(),
            starts,
            workbooks,
            feeds: feed::bound(),
            hashing: Hashing::default(),
            placing: tokio::sync::Mutex::default(),
            closing: watch::Sender::new(false),
            watching: live::Watching::default(),
            replays,
            turns: repeat::Turns::default(),
        })))
    }

    /// Whoever waits for a start is answered at once with what is known, and whoever watches is sent away.
    /// To be called before the server stops.
    pub async fn close(&self) {
        self.replays.close(self.clock.now());
        self.closing.send_replace(true);
        self.watching.left().await;
        denials::close(self).await;
    }
}

impl Deref for Engine {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("options", &self.options).finish_non_exhaustive()
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inner")
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("options", &self.options).finish_non_exhaustive()
    }
}

impl FromRequest for Engine {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let engine = request.app_data::<Self>().cloned();
        ready(engine.ok_or_else(|| Problem::new(Code::Internal, "the routes have no engine")))
    }
}

/// Every route. `/openapi.json` is made from exactly these, and says so of itself.
pub fn configure(routes: &mut ServiceConfig<'_>) {
    dashboard::configure(routes);
    health::configure(routes);
    restore::configure(routes);
    projections::configure(routes);
    uploads::configure(routes);
    start::configure(routes);
    sessions::configure(routes);
    results::configure(routes);
    history::configure(routes);
    quarantine::configure(routes);
    imports::configure(routes);
    live::configure(routes);
    contacts::configure(routes);
    do_not_call::configure(routes);
    campaigns::configure(routes);
    agent::configure(routes);
    promises::configure(routes);
    kerio::configure(routes);
    recordings::configure(routes);
    settings::configure(routes);
    sign_in::configure(routes);
    users::configure(routes);
    api_keys::configure(routes);
    audit::configure(routes);
    replays::configure(routes);
    feed::configure(routes);
    cursors::configure(routes);
    webhooks::configure(routes);
    openapi::configure(routes);
    docs::configure(routes);
}

/// The application as it is served, and as tests call it, with sockets where they are open.
pub fn app(
    engine: Engine,
    live: Option<&Live>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = actix_web::Error,
        InitError = (),
    > + use<>,
> {
    let cors = cors::cors(engine.options.origins.clone());
    let document = openapi::document(configure);
    let (app, _) = App::new()
        .app_data(engine)
        .app_data(document)
        .app_data(web::QueryConfig::default().error_handler(|_, request| query::wrong(request).into()))
        .app_data(
            web::PathConfig::default()
                .error_handler(|_, _| Problem::parameter("path", "cannot be understood").into()),
        )
        .into_utoipa_app()
        .configure(configure)
        .split_for_parts();
    let sockets = |routes: &mut web::ServiceConfig| {
        if let Some(live) = live {
            // Whose pages may poll is said for all routes below.
            realtime::configure(routes, live::SOCKETS, live.engine_io(), None);
        }
    };
    app.configure(sockets)
        .configure(dashboard::files)
        .configure(docs::files)
        .default_service(web::to(openapi::nowhere))
        .wrap(middleware::from_fn(edge::threshold))
        .wrap(cors)
        .wrap(TracingLogger::<span::Span>::new())
        .wrap(middleware::from_fn(edge::edge))
}

/// The API's description, in `OpenAPI` 3.1.
pub fn document() -> utoipa::openapi::OpenApi {
    openapi::describe(configure)
}
