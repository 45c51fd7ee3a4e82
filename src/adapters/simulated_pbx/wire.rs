//! How an answer leaves the box: whole and at once, or as the faults have it. It does not know what is answered.

use std::io;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::body::{BodyStream, SizedStream};
use actix_web::http::StatusCode;
use actix_web::http::header::{DATE, LOCATION, SET_COOKIE, WWW_AUTHENTICATE};
use bytes::Bytes;
use chrono::DateTime;
use futures_util::{StreamExt as _, stream};

use super::super::dice::Dice;
use super::core::Core;

pub(super) const JSON: &str = "application/json-rpc; charset=UTF-8";
pub(super) const PLAIN_JSON: &str = "application/json";
pub(super) const HTML: &str = "text/html; charset=UTF-8";
pub(super) const WAV: &str = "audio/x-wav";
/// What a web interface shows to whoever is not welcome.
pub(super) const PAGE: &str =
    "<!DOCTYPE html><html><head><title>Kerio Operator</title></head><body></body></html>";

/// The one thing that no real box says.
const SIMULATED: &str = "x-simulated";

/// Odd on purpose, so that letters and numbers are torn apart.
const PIECES: [usize; 7] = [1, 7, 2, 31, 3, 1_009, 4_093];
/// Long enough for what was written to be on its way before the connection breaks.
const BREAK_AFTER: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) kind: &'static str,
    pub(super) body: Bytes,
    pub(super) cookies: Vec<String>,
    pub(super) location: Option<&'static str>,
    /// Breaks off in the middle of the body.
    pub(super) half: bool,
}

impl Reply {
    pub(super) fn new(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status, kind, body: body.into(), cookies: vec![], location: None, half: false }
    }

    pub(super) fn page(status: StatusCode) -> Self {
        Self::new(status, HTML, PAGE)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Carried,
    Lost,
    Broken,
    Page,
    Away,
}

/// What is thrown for one request.
struct Thrown {
    fate: Fate,
    latency: Duration,
    chunks: bool,
    close: bool,
    date: Option<String>,
}

/// Does the work and sends its answer, unless a fault comes between.
pub(super) async fn send(core: &Core, work: impl FnOnce() -> Reply) -> HttpResponse {
    let thrown = throw(core);
    let Thrown { fate, latency, .. } = thrown;
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let reply = match fate {
        Fate::Carried => work(),
        Fate::Broken => Reply::page(StatusCode::INTERNAL_SERVER_ERROR),
        Fate::Page => Reply::page(StatusCode::OK),
        Fate::Away => return lost(),
        Fate::Lost => {
            work();
            return lost();
        }
    };
    sent(reply, thrown)
}

fn throw(core: &Core) -> Thrown {
    let (mut state, now) = core.now();
    state.thrown += 1;
    let mut dice = Dice::new(core.seed(), &format!("wire/{}", state.thrown));
    let thrown = dice.below(100);
    let faults = &state.faults;
    let lost = u64::from(faults.lost);
    let broken = lost + u64::from(faults.broken);
    let page = broken + u64::from(faults.page);
    let fate = match thrown {
        _ if now < state.away_until => Fate::Away,
        thrown if thrown < lost => Fate::Lost,
        thrown if thrown < broken => Fate::Broken,
        thrown if thrown < page => Fate::Page,
        _ => Fate::Carried,
    };
    let date = DateTime::from_timestamp_millis(now + state.skew());
    Thrown {
        fate,
        latency: faults.latency,
        chunks: faults.chunks,
        close: dice.below(100) < u64::from(faults.close),
        date: date.map(|date| date.format("%a, %d %b %Y %H:%M:%S GMT").to_string()),
    }
}

fn sent(reply: Reply, thrown: Thrown) -> HttpResponse {
    let mut answer = HttpResponse::build(reply.status);
    if thrown.close {
        answer.force_close();
    }
    answer.content_type(reply.kind).insert_header((SIMULATED, "true"));
    if let Some(date) = thrown.date {
        answer.insert_header((DATE, date));
    }
    for cookie in reply.cookies {
        answer.append_header((SET_COOKIE, cookie));
    }
    if let Some(location) = reply.location {
        answer.insert_header((LOCATION, location));
    }
    if reply.status == StatusCode::UNAUTHORIZED {
        answer.insert_header((WWW_AUTHENTICATE, "Basic realm=\"Kerio Operator\""));
    }
    if reply.half {
        let whole = u64::try_from(reply.body.len()).unwrap_or(u64::MAX);
        answer.body(SizedStream::new(whole, Box::pin(half(&reply.body))))
    } else if thrown.chunks {
        answer.body(BodyStream::new(Box::pin(pieces(reply.body))))
    } else {
        answer.body(reply.body)
    }
}

/// The connection ends before a byte of the answer, for its body fails before its head is written.
fn lost() -> HttpResponse {
    HttpResponse::Ok()
        .body(BodyStream::new(stream::iter([Err::<Bytes, _>(io::Error::other("a simulated fault"))])))
}

/// Its first half, and then the end of the connection.
fn half(body: &Bytes) -> impl stream::Stream<Item = io::Result<Bytes>> + 'static {
    let half = body.slice(..body.len() / 2);
    let broken = stream::once(async {
        tokio::time::sleep(BREAK_AFTER).await;
        Err(io::Error::other("a simulated fault"))
    });
    stream::iter([Ok(half)]).chain(broken)
}

fn pieces(body: Bytes) -> impl stream::Stream<Item = io::Result<Bytes>> {
    let sizes = PIECES.into_iter().cycle();
    stream::unfold((body, sizes), |(mut body, mut sizes)| async move {
        tokio::task::yield_now().await;
        let size = sizes.next()?.min(body.len());
        (size > 0).then(|| (Ok(body.split_to(size)), (body, sizes)))
    })
}
