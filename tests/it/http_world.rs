//! The routes on a real journal, real keepers and real screens in a folder of their own; only what surrounds them is small.
//! The remote host is the test: it says what became of a start.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServerHandle, Service, ServiceResponse};
use actix_web::http::Method;
use actix_web::test::{self, TestRequest};
use actix_web::web::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use domain::fact::Circumstances;
use domain::ids::{Organization, SessionId, StreamId};
use domain::phone::Home;
use domain::rules::Pack;
use domain::session::{Command, Completion, Remote};
use domain::zone::Zone;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jsonwebtoken::{EncodingKey, Header};
use karnay::actors::hub;
use karnay::actors::pbx::handle::Watch;
use karnay::actors::watchdog::Kept;
use karnay::adapters::disk::Disk;
use karnay::adapters::outside::Outside;
use karnay::adapters::receivers::{self, Web};
use karnay::adapters::recordings::{self, Recordings};
use karnay::adapters::simulated_agent::{self, SimulatedAgent};
use karnay::adapters::spreadsheet::Spreadsheets;
use karnay::adapters::system::{SystemClock, SystemIds};
use karnay::adapters::unset::Unset;
use karnay::config::{Config, Secret, Sources, UnknownSession};
use karnay::dispatch::dialling::House;
use karnay::dispatch::far_ends::{Ends, FarEnds, Opened, Wrong};
use karnay::dispatch::{Dispatch, Meta};
use karnay::http::Moving;
use karnay::http::vitals::{Asker, Error, ParkedStream, Replayed, Status, Verification, Vitals};
use karnay::http::{Engine, Options, Parts};
use karnay::journal::feed::Reading;
use karnay::journal::keys::DataKey;
use karnay::journal::verify::Place;
use karnay::journal::{self, Journal};
use karnay::ports::{Clock, Ids, RemoteHost};
use projections::api_keys::ApiKeys;
use projections::call_history::CallHistory;
use projections::campaign_board::CampaignBoard;
use projections::campaign_calls::CampaignCalls;
use projections::campaign_hours::CampaignHours;
use projections::contact_book::ContactBook;
use projections::follow::{Follower, PAGE, Page};
use projections::milestones;
use projections::number_lists::NumberLists;
use projections::pbx_calls::PbxCalls;
use projections::pbx_watch::PbxWatch;
use projections::projection::Projection;
use projections::promises::Promises;
use projections::quarantine::Quarantine;
use projections::session_stats::SessionStats;
use projections::targets::Targets;
use projections::users::Users;
use projections::webhook_endpoints::WebhookEndpoints;
use projections::{Screens, Store};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::proof::proof;

pub(crate) const SECRET: &str = "a secret that is long enough to be one";

pub(crate) struct Floor {
    pub(crate) engine: Engine,
    pub(crate) dispatch: Dispatch,
    pub(crate) journal: Journal,
    pub(crate) screens: Screens,
    folder: TempDir,
}

/// A time that stands still until it is moved. It begins now, since tokens are judged by the machine's own.
#[derive(Debug)]
pub(crate) struct StillClock(Mutex<DateTime<Utc>>);

impl StillClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(now())))
    }

    pub(crate) fn pass(&self, time: TimeDelta) {
        *self.0.lock().unwrap() += time;
    }
}

impl Clock for StillClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// Nothing is sent from here; what may be sent where is judged as ever.
fn nobody() -> Arc<Web> {
    let (named, sign) = (Arc::new(|_| false), Arc::new(|_: &str, _: (&str, &str), _: &[u8]| None));
    let outside = Outside { hosts: vec![], named, setting: "WEBHOOK_PRIVATE_HOSTS" };
    Arc::new(Web::new(receivers::Options { outside, sign }))
}

/// Whoever looks after the engine is not here: it says that all is well.
#[derive(Debug)]
struct Calm;

impl Vitals for Calm {
    fn status(&self) -> BoxFuture<'_, Status> {
        let status = Status { ready: true, version: "test".to_owned(), ..Status::default() };
        async { status }.boxed()
    }

    fn ready(&self) -> BoxFuture<'_, Result<(), Vec<String>>> {
        async { Err(vec!["the disk is full".to_owned(), "a keeper is silent".to_owned()]) }.boxed()
    }

    fn warnings(&self) -> Vec<String> {
        vec![]
    }

    fn rebuild<'a>(&'a self, projection: &'a str) -> BoxFuture<'a, Result<i64, Error>> {
        let known = projection == SessionStats::NAME;
        let unknown = Error::UnknownProjection(projection.to_owned());
        async move { if known { Ok(2) } else { Err(unknown) } }.boxed()
    }

    fn replay<'a>(&'a self, _: ParkedStream<'a>) -> BoxFuture<'a, Result<Replayed, Error>> {
        async { Ok(Replayed::Followed { events: 1 }) }.boxed()
    }

    fn discard<'a>(&'a self, _: ParkedStream<'a>) -> BoxFuture<'a, Result<(), Error>> {
        async { Ok(()) }.boxed()
    }

    fn forgotten_applied<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<bool, Error>> {
        async { Ok(true) }.boxed()
    }

    fn confirm_restore<'a>(&'a self, _: &'a str, _: bool) -> BoxFuture<'a, Result<bool, Error>> {
        async { Ok(true) }.boxed()
    }

    fn is_left_behind(&self) -> bool {
        false
    }

    fn verify(&self, _: Asker) -> bool {
        true
    }

    fn verification(&self) -> Verification {
        Verification::default()
    }
}

/// Campaigns call at any time.
pub(crate) fn house() -> House {
    let zone = Zone::parse("Asia/Tashkent").unwrap();
    House { pack: Pack::always(), zone, patience: TimeDelta::minutes(10) }
}

pub(crate) fn options() -> Options {
    let config = Config::read(&Sources::only([])).unwrap();
    Options {
        organization: Organization::parse("1").unwrap(),
        home: Home::parse("UZ").unwrap(),
        timezone: chrono_tz::Asia::Tashkent,
        read_wait: Duration::from_secs(2),
        start_wait: Duration::from_millis(1_500),
        unknown_session: UnknownSession::NotFound,
        settings: Arc::from([]),
        access: config.access,
        limits: config.limits,
        jwt_secret: Secret::new(SECRET),
        loopback_only: true,
        call_servers: vec![],
        origins: config.http.cors,
        completion: Completion::Results,
        simulated: vec!["agent", "remote"],
        parallel: false,
        uploads: std::env::temp_dir(),
        replays: karnay::http::replays::Limits::default(),
    }
}

/// The house's far ends: nobody has any of their own.
pub(crate) fn far_ends(dispatch: &Dispatch, remote: Arc<dyn RemoteHost>) -> FarEnds {
    let config = Config::read(&Sources::only([])).unwrap();
    let options = simulated_agent::Options {
        seed: 0,
        speed: simulated_agent::SPEED,
        faults: simulated_agent::Faults::default(),
        clock: Arc::new(SystemClock),
    };
    let ends = Ends {
        remote,
        host: "test".into(),
        path: config.remote.path.into(),
        recordings: config.remote.recordings.into(),
        agent: Arc::new(SimulatedAgent::new(options)),
        agent_secrets: None,
        campaigns: house(),
    };
    let nobody =
        |_: &Opened| Err(Wrong { name: "AGENT_URL".to_owned(), why: "is not known here".to_owned() });
    FarEnds::new(dispatch.clone(), ends, Arc::new(nobody))
}

fn recordings(exchange: Option<recordings::Exchange>) -> Recordings {
    let (hosts, len_max) = (vec![], recordings::LEN_MAX);
    Recordings::new(recordings::Options { remote_host: None, hosts, exchange, len_max })
}

impl Floor {
    pub(crate) async fn new() -> Self {
        Self::with(options()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self::built(options, true).await
    }

    /// The same behind a socket of its own, until the handle stops it.
    pub(crate) fn serve(&self) -> (SocketAddr, ServerHandle) {
        let listener = karnay::http::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let server = karnay::http::server(&self.engine, vec![listener], 1).unwrap();
        let handle = server.handle();
        actix::spawn(server);
        (address, handle)
    }

    /// `followed` is whether anybody feeds the screens.
    pub(crate) async fn built(options: Options, followed: bool) -> Self {
        Self::listening(options, followed, (recordings(None), Arc::new(Unset))).await
    }

    /// In a time that stands still until somebody moves it.
    pub(crate) async fn standing_still(options: Options, clock: Arc<StillClock>) -> Self {
        Self::timed(options, true, (recordings(None), None), clock).await
    }

    /// With an exchange that somebody watches.
    pub(crate) async fn at_exchange(exchange: recordings::Exchange, watch: Watch) -> Self {
        let recordings = (recordings(Some(exchange)), Some(watch));
        Self::timed(options(), true, recordings, Arc::new(SystemClock)).await
    }

    /// With recordings that come from somewhere.
    pub(crate) async fn listening(
        options: Options,
        followed: bool,
        (recordings, remote): (Recordings, Arc<dyn RemoteHost>),
    ) -> Self {
        let ends = (recordings, None, remote);
        Self::opened(options, (followed, milestones::EVERY), ends, Arc::new(SystemClock)).await
    }

    /// Followed by screens that keep copies of their rows at this distance.
    pub(crate) async fn copying(every: u64) -> Self {
        let clock = Arc::new(SystemClock);
        let remote: Arc<dyn RemoteHost> = Arc::new(Unset);
        let ends = (recordings(None), None, remote);
        Self::opened(options(), (true, every), ends, clock).await
    }

    async fn timed(
        options: Options,
        followed: bool,
        (recordings, watch): (Recordings, Option<Watch>),
        clock: Arc<dyn Clock>,
    ) -> Self {
        let remote: Arc<dyn RemoteHost> = Arc::new(Unset);
        let ends = (recordings, watch, remote);
        Self::opened(options, (followed, milestones::EVERY), ends, clock).await
    }

    async fn opened(
        options: Options,
        (followed, milestones_every): (bool, u64),
        (recordings, pbx, remote): (Recordings, Option<Watch>, Arc<dyn RemoteHost>),
        clock: Arc<dyn Clock>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ids: Arc<dyn Ids> = Arc::new(SystemIds);
        let place = Place::Folder(folder.path().to_owned());
        let opening = journal::Options { place, clock: clock.clone(), ids: ids.clone() };
        let journal = Journal::open(opening, |_| Ok(DataKey([7; 32]))).await.unwrap();
        let dispatch = Dispatch::start(&journal, &[actix::Arbiter::current()]);
        let told = clock.clone();
        let store = Store::Sqlite(folder.path().join("screens.db"));
        let screens = projections::Options { store, clock: Arc::new(move || told.now()), milestones_every };
        let screens = Screens::open(screens).await.unwrap();
        if followed {
            actix::spawn(follow::<SessionStats>(journal.clone(), screens.clone()));
            actix::spawn(follow::<CallHistory>(journal.clone(), screens.clone()));
            actix::spawn(follow::<NumberLists>(journal.clone(), screens.clone()));
            actix::spawn(follow::<Quarantine>(journal.clone(), screens.clone()));
            actix::spawn(follow::<ContactBook>(journal.clone(), screens.clone()));
            actix::spawn(follow::<CampaignBoard>(journal.clone(), screens.clone()));
            actix::spawn(follow::<Targets>(journal.clone(), screens.clone()));
            actix::spawn(follow::<Promises>(journal.clone(), screens.clone()));
            actix::spawn(follow::<CampaignHours>(journal.clone(), screens.clone()));
            actix::spawn(follow::<CampaignCalls>(journal.clone(), screens.clone()));
            actix::spawn(follow::<PbxCalls>(journal.clone(), screens.clone()));
            actix::spawn(follow::<PbxWatch>(journal.clone(), screens.clone()));
            actix::spawn(follow::<Users>(journal.clone(), screens.clone()));
            actix::spawn(follow::<ApiKeys>(journal.clone(), screens.clone()));
            actix::spawn(follow::<WebhookEndpoints>(journal.clone(), screens.clone()));
        }
        let (vitals, metrics) = (Arc::new(Calm), Arc::new(|| "karnay_test 1\n".to_owned()));
        let (sheets, told) = (Arc::new(Spreadsheets), screens.clone());
        let recordings = Arc::new(recordings);
        let parts = Parts {
            dispatch: dispatch.clone(),
            ends: far_ends(&dispatch, remote),
            screens: told,
            clock,
            ids,
            sheets,
            recordings,
            disk: Arc::new(Disk::new(folder.path().to_owned(), 0)),
            receivers: nobody(),
            vitals,
            proof: proof(&journal),
            metrics,
            board: hub::board(journal.position()),
            moving: Moving::default(),
            pbx,
            options,
        };
        Self { engine: Engine::try_new(parts).unwrap(), dispatch, journal, screens, folder }
    }

    /// The same journal under screens of their own, which nobody feeds.
    pub(crate) async fn beside(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::Sqlite(folder.path().join("screens.db"));
        let screens = projections::Options::new(store, Arc::new(now));
        let screens = Screens::open(screens).await.unwrap();
        let parts = Parts {
            dispatch: self.dispatch.clone(),
            ends: far_ends(&self.dispatch, Arc::new(Unset)),
            screens: screens.clone(),
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            sheets: Arc::new(Spreadsheets),
            recordings: Arc::new(recordings(None)),
            disk: Arc::new(Disk::new(folder.path().to_owned(), 0)),
            receivers: nobody(),
            vitals: Arc::new(Calm),
            proof: proof(&self.journal),
            metrics: Arc::new(String::new),
            board: hub::board(self.journal.position()),
            moving: Moving::default(),
            pbx: None,
            options: options(),
        };
        let (dispatch, journal) = (self.dispatch.clone(), self.journal.clone());
        Self { engine: Engine::try_new(parts).unwrap(), dispatch, journal, screens, folder }
    }

    /// Nothing, on a disk with room for more.
    pub(crate) fn kept(&self) -> Kept {
        let disk = Arc::new(Disk::new(self.folder.path().to_owned(), 0));
        Kept { disk, recordings: Arc::new(recordings(None)), recordings_for: None }
    }

    /// Where the journal lies.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// A session that runs, as if somebody had started it.
    pub(crate) async fn session(&self, organization: &str, name: &str) {
        let id = SystemIds.uuid();
        self.command(
            organization,
            name,
            Command::Open {
                id,
                remote: Remote::Simulated,
                list: None,
                completion: Completion::Results,
                at: now(),
            },
        )
        .await;
        self.command(organization, name, Command::Launch { at: now() }).await;
    }

    pub(crate) async fn command(&self, organization: &str, name: &str, command: Command) {
        let organization = Organization::parse(organization).unwrap();
        let stream = StreamId::session(&organization, &SessionId::parse(name).unwrap());
        let meta = Meta { circumstances: Arc::new(Circumstances::default()), command: None };
        self.dispatch.session(stream, command, meta).await.unwrap();
    }

    pub(crate) async fn ask(&self, request: TestRequest) -> Answer {
        let service = test::init_service(karnay::http::app(self.engine.clone(), None)).await;
        let response = service.call(request.to_request()).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let streams = headers
            .get("content-type")
            .is_some_and(|kind| kind == "text/event-stream" || kind == "application/x-ndjson");
        let bytes = if streams { first_piece(response).await } else { test::read_body(response).await };
        let headers =
            headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        Answer { status, headers: headers.collect(), bytes: bytes.to_vec() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(near(Method::GET, path)).await
    }

    /// Many reports, each of which must be taken.
    pub(crate) async fn reports(&self, bodies: impl Iterator<Item = Value>) {
        let service = test::init_service(karnay::http::app(self.engine.clone(), None)).await;
        for body in bodies {
            let request = near(Method::POST, "/calls/result").set_payload(body.to_string());
            assert_eq!(service.call(request.to_request()).await.unwrap().status(), 200);
        }
    }

    pub(crate) async fn report(&self, body: &Value) -> Answer {
        self.ask(near(Method::POST, "/calls/result").set_payload(body.to_string())).await
    }
}

/// Of an answer that does not end.
async fn first_piece(response: ServiceResponse<impl MessageBody>) -> Bytes {
    let mut body = Box::pin(response.into_body());
    let piece = std::future::poll_fn(|context| body.as_mut().poll_next(context)).await;
    piece.and_then(Result::ok).unwrap_or_default()
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.bytes);
        serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why}: {} {text}", self.status))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Where a list goes on, as its `Link` says.
    pub(crate) fn next_page(&self) -> Option<String> {
        let link = self.header("link")?;
        let (path, rel) = link.strip_prefix('<').unwrap().split_once('>').unwrap();
        assert_eq!(rel, "; rel=\"next\"");
        Some(path.to_owned())
    }

    /// The code of the problem that it is, with everything that a problem must have.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let body = self.json();
        let code = body["code"].as_str().unwrap();
        assert_eq!(body["type"], format!("urn:karnay:problem:{code}"));
        assert_eq!((&body["status"], &body["statusCode"]), (&json!(self.status), &json!(self.status)));
        assert_eq!(body["message"], body["detail"]);
        assert!(body["title"].is_string() && self.header("x-request-id").is_some(), "{self:?}");
        assert_eq!(self.header("retry-after").is_some(), [429, 503].contains(&self.status), "{self:?}");
        code.to_owned()
    }
}

/// A request from this machine.
pub(crate) fn near(method: Method, path: &str) -> TestRequest {
    let peer = "127.0.0.1:50000".parse().unwrap();
    TestRequest::with_uri(path).method(method).peer_addr(peer).insert_header(("host", "localhost:3000"))
}

pub(crate) fn token(claims: &Value) -> String {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    jsonwebtoken::encode(&Header::default(), claims, &key).unwrap()
}

pub(crate) fn bearer(claims: &Value) -> (&'static str, String) {
    ("authorization", format!("Bearer {}", token(claims)))
}

pub(crate) fn now() -> DateTime<Utc> {
    SystemClock.now()
}

pub(crate) fn in_seconds(seconds: i64) -> i64 {
    (now() + TimeDelta::seconds(seconds)).timestamp()
}

async fn follow<P: Projection>(journal: Journal, screens: Screens) {
    let mut follower = Follower::<P>::open(&screens).await.unwrap();
    let mut head = journal.head();
    loop {
        let after = follower.position();
        let page = journal.facts(after, PAGE, Reading::Clear).await.unwrap();
        assert!(page.unreadable.is_empty());
        follower.advance(Page { after, facts: &page.facts, unreadable: &[], last: page.last }).await.unwrap();
        if head.wait_for(|head| *head > follower.position()).await.is_err() {
            return;
        }
    }
}
