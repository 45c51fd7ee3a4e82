//! What happens to every request: it gets an id, is counted and timed, and whatever went wrong leaves as a problem.
//! It also bounds how many requests one worker has under way.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread::LocalKey;
use std::time::{Duration, Instant};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage, HttpRequest, ResponseError, rt};
use domain::fact::Circumstances;
use domain::ids::Organization;
use metrics::{Counter, Histogram};

use super::Engine;
use super::live::Connection;
use super::problem::{CONTENT_TYPE, Code, Problem};
use super::{body, denials, limits, query};
use crate::realtime::Peer;

pub(super) const REQUEST_ID: &str = "x-request-id";
pub(super) const POSITION: &str = "x-position";
pub(super) const BEHIND: &str = "x-behind";
pub(super) const NEXT: &str = "x-next-cursor";
pub(super) const NEXT_POSITION: &str = "x-next-position";

/// More requests under way in one worker than this are turned away.
const UNDER_WAY_MAX: usize = 4_096;
/// The same for reports, from their first byte on. They have a count of their own, so that a storm of them closes nothing else.
const ARRIVING_MAX: usize = 4_096;
/// Reports being stored: further ones are turned away, so that those that are admitted stay quick in a storm.
/// What one worker can store in about 20 ms; call servers come back. Whoever is still sending has no place among them.
const REPORTS_MAX: usize = 160;
/// A request that is turned away is told so after a second more or less, the time after which it may come back: whoever asks
/// again at once would otherwise take the time of those that are admitted. It is this long at least, and as much longer as
/// spreads a crowd that came in one moment over a second, so that it does not come back in one moment.
/// So many wait like this in one worker; beyond them it is told at once.
const TURNED_AWAY_WAIT: Duration = Duration::from_millis(500);
/// Coprime to a thousand: as many steps end at as many different milliseconds.
const TURNED_AWAY_STEP_MS: u64 = 619;
const TURNED_AWAY_MAX: usize = 4_096;
const REQUEST_ID_LEN_MAX: usize = 64;
/// Routes and statuses that are counted one by one; no client can make more of them.
const METERS_MAX: usize = 1_024;

/// The request's id: the client's own where it sent a good one.
#[derive(Debug, Clone)]
pub(super) struct RequestId(String);

impl RequestId {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// What is recorded beside an event that this request causes.
    pub(super) fn circumstances(&self, organization: &Organization, actor: &str) -> Circumstances {
        Circumstances {
            organization: organization.to_string(),
            actor: actor.to_owned(),
            correlation: self.0.clone(),
            causation: String::new(),
        }
    }

    fn of(request: &ServiceRequest) -> Self {
        let given = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
        let plain = |c: char| c.is_ascii_alphanumeric() || "._:-".contains(c);
        let good =
            given.filter(|id| !id.is_empty() && id.len() <= REQUEST_ID_LEN_MAX && id.chars().all(plain));
        match (good, request.app_data::<Engine>()) {
            (Some(id), _) => Self(id.to_owned()),
            (None, Some(engine)) => Self(engine.ids.uuid().to_string()),
            (None, None) => Self("unknown".to_owned()),
        }
    }
}

impl actix_web::FromRequest for RequestId {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        let id = request.extensions().get::<Self>().cloned();
        std::future::ready(id.ok_or_else(|| Problem::new(Code::Internal, "the request has no id")))
    }
}

/// What a request asks for beside what its route says.
#[derive(Debug, Clone, Copy)]
struct Asks {
    head_only: bool,
}

/// Whether nothing of the answer but its head is sent.
pub(super) fn is_head(request: &HttpRequest) -> bool {
    request.extensions().get::<Asks>().is_some_and(|asks| asks.head_only)
}

pub(super) async fn edge(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if is_of_sockets(request.path()) {
        // A protocol of its own: it says what is wrong in its own words, its polls wait, and it bounds itself.
        if let Some(connection) = request.request().conn_data::<Connection>() {
            connection.watches();
        }
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    if let Some(peer) = request.conn_data::<Peer>() {
        if request.path() == super::live::EVENTS { peer.press() } else { peer.spare() }
    }
    let started = Instant::now();
    let head_only = request.method() == Method::HEAD;
    if head_only {
        // Routed and answered as GET, so that it is there wherever GET is and says the same.
        request.head_mut().method = Method::GET;
    }
    let id = RequestId::of(&request);
    let shown = HeaderValue::from_str(id.as_str()).ok();
    request.extensions_mut().insert(id);
    request.extensions_mut().insert(Asks { head_only });
    let gate = if request.path() == "/calls/result" { Gate::Arriving } else { Gate::All };
    let mut response = if let Some(under_way) = UnderWay::begin(gate) {
        let looks = request.method() == Method::GET;
        let answering = async move {
            let _under_way = under_way;
            next.call(request).await.map(ServiceResponse::map_into_boxed_body)
        };
        told(if looks { answering.await } else { to_its_end(answering).await }?, shown.as_ref())
    } else {
        body::discard(request.take_payload()).await;
        let busy = turned_away().await;
        request.into_response(busy.error_response())
    };
    limits::tell(&mut response);
    if let Some(shown) = shown {
        response.headers_mut().insert(HeaderName::from_static(REQUEST_ID), shown);
    }
    measure(&response, started);
    Ok(if head_only { response.map_body(|_, body| BoxBody::new(Unsaid(body.size()))) } else { response })
}

/// Turns away who asks too often, and what no store can hold. Within what tells browsers which pages may read an answer: a page is to
/// know why, and when to come back.
pub(super) async fn threshold(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let wrong = if is_of_sockets(request.path()) {
        None
    } else {
        let limited = limits::by_address(&request).err().map(Problem::from);
        limited.or_else(|| query::unstorable(request.query_string()))
    };
    let Some(wrong) = wrong else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    body::discard(request.take_payload()).await;
    Ok(request.error_response(wrong))
}

/// Whoever goes away takes a look with them, and nothing that was begun: a task of its own goes on with it.
async fn to_its_end<T: 'static>(
    answering: impl Future<Output = Result<T, Error>> + 'static,
) -> Result<T, Error> {
    let answer = rt::spawn(answering).await;
    answer.unwrap_or_else(|why| Err(Problem::new(Code::Internal, why.to_string()).into()))
}

fn is_of_sockets(path: &str) -> bool {
    path.trim_end_matches('/') == super::live::SOCKETS
}

/// The body of an answer to HEAD: as long as GET's, and nothing of it.
struct Unsaid(BodySize);

impl MessageBody for Unsaid {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}

/// A place for a report that has come completely. It is held until the report is answered.
pub(super) async fn admit() -> Result<UnderWay, Problem> {
    match UnderWay::begin(Gate::Reports) {
        Some(place) => Ok(place),
        None => Err(turned_away().await),
    }
}

async fn turned_away() -> Problem {
    metrics::counter!("karnay_busy_total", "where" => "http").increment(1);
    if let Some(_waiting) = UnderWay::begin(Gate::TurnedAway) {
        let turn = TURN.replace(TURN.get().wrapping_add(1));
        let spread = Duration::from_millis(u64::from(turn) * TURNED_AWAY_STEP_MS % 1_000);
        tokio::time::sleep(TURNED_AWAY_WAIT + spread).await;
    }
    Problem::new(Code::Busy, "too many requests are under way")
}

/// Which bound a request counts towards.
#[derive(Debug, Clone, Copy)]
enum Gate {
    Arriving,
    Reports,
    All,
    TurnedAway,
}

/// A place among the requests under way in this worker.
#[derive(Debug)]
pub(super) struct UnderWay(Gate);

thread_local! {
    static ARRIVING: Cell<usize> = const { Cell::new(0) };
    static REPORTS: Cell<usize> = const { Cell::new(0) };
    static ALL: Cell<usize> = const { Cell::new(0) };
    static TURNED_AWAY: Cell<usize> = const { Cell::new(0) };
    static TURN: Cell<u32> = const { Cell::new(0) };
    static METERS: RefCell<HashMap<(String, u16), (Counter, Histogram)>> = RefCell::new(HashMap::new());
}

impl Gate {
    fn parts(self) -> (&'static LocalKey<Cell<usize>>, usize) {
        match self {
            Self::Arriving => (&ARRIVING, ARRIVING_MAX),
            Self::Reports => (&REPORTS, REPORTS_MAX),
            Self::All => (&ALL, UNDER_WAY_MAX),
            Self::TurnedAway => (&TURNED_AWAY, TURNED_AWAY_MAX),
        }
    }
}

impl UnderWay {
    fn begin(gate: Gate) -> Option<Self> {
        let (under_way, max) = gate.parts();
        (under_way.get() < max).then(|| {
            under_way.set(under_way.get() + 1);
            Self(gate)
        })
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let (under_way, _) = self.0.parts();
        under_way.set(under_way.get().saturating_sub(1));
    }
}

/// Makes a problem of what others answered in their own words, and logs what the client is not told.
/// The request's span is over by now, so the line names the request itself.
fn told(response: ServiceResponse<BoxBody>, id: Option<&HeaderValue>) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let problem = response.response().error().and_then(|error| error.as_error::<Problem>());
    if let Some(problem) = problem {
        denials::answered(response.request(), problem);
    }
    if let Some(cause) = problem.and_then(Problem::cause) {
        tracing::error!(
            id = id.and_then(|id| id.to_str().ok()),
            code = problem.map_or("", |problem| problem.code().slug()),
            cause,
            "a request failed: {cause}"
        );
    }
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if kind == Some(CONTENT_TYPE.as_bytes()) { response } else { translated(response) }
}

fn translated(mut response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let error = response.response().error();
    let foreign = error.is_some_and(|error| error.as_error::<actix_cors::CorsError>().is_some());
    let problem = match (foreign, response.status()) {
        (true, _) => Problem::new(Code::OriginRefused, "CORS_ORIGINS does not name the page's origin"),
        (false, StatusCode::INTERNAL_SERVER_ERROR) => Problem::new(Code::Internal, "see the log"),
        (false, status) => {
            let code = Code::nearest(status);
            Problem::new(code, error.map_or_else(|| code.title().to_owned(), ToString::to_string))
        }
    };
    let answer = problem.error_response();
    *response.response_mut().status_mut() = answer.status();
    for (name, value) in answer.headers() {
        response.headers_mut().insert(name.clone(), value.clone());
    }
    response.map_body(|_, _| answer.into_body())
}

/// Handles to meters are looked up once a thread: the recorder's own look-up costs more than counting.
fn measure(response: &ServiceResponse<BoxBody>, started: Instant) {
    let route = response.request().match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let key = (route, response.status().as_u16());
    METERS.with_borrow_mut(|meters| {
        if !meters.contains_key(&key) && meters.len() < METERS_MAX {
            let (route, status) = (key.0.clone(), key.1.to_string());
            let counter =
                metrics::counter!("karnay_http_requests_total", "route" => route.clone(), "status" => status);
            meters
                .insert(key.clone(), (counter, metrics::histogram!("karnay_http_seconds", "route" => route)));
        }
        if let Some((counter, histogram)) = meters.get(&key) {
            counter.increment(1);
            histogram.record(started.elapsed().as_secs_f64());
        }
    });
}
