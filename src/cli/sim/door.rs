//! The simulated call server's HTTP door, as the real one has it: start, stop, status, recordings. Every answer says that it is simulated.

use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_RANGES, CONTENT_RANGE, RANGE};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use bytes::Bytes;
use domain::ids::SessionId;
use serde::Deserialize;
use serde_json::json;

use crate::adapters::simulated::{CallServer, Order};

const SHUTDOWN_SECS: u64 = 2;

/// Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Floor(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    calls: CallServer,
    numbers: PathBuf,
    session: Option<SessionId>,
}

/// Who is meant, where a request says so.
#[derive(Deserialize)]
struct Asked {
    session_id: Option<String>,
}

impl Floor {
    pub(super) fn new(calls: CallServer, numbers: PathBuf, session: Option<SessionId>) -> Self {
        Self(Arc::new(Inner { calls, numbers, session }))
    }
}

pub(super) fn serve(floor: Floor, listener: TcpListener) -> io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(floor.clone()))
            .service(web::resource("/start").route(web::get().to(start)).route(web::post().to(start)))
            .service(web::resource("/stop").route(web::get().to(stop)).route(web::post().to(stop)))
            .service(web::resource("/status").route(web::get().to(status)))
            .service(
                web::resource("/recordings/{name}")
                    .route(web::get().to(recording))
                    .route(web::head().to(recording)),
            )
    });
    Ok(server.workers(1).disable_signals().shutdown_timeout(SHUTDOWN_SECS).listen(listener)?.run())
}

/// At once; the dialling goes on in the background.
async fn start(floor: web::Data<Floor>, asked: web::Query<Asked>) -> HttpResponse {
    let Inner { calls, numbers, session } = &*floor.0;
    let named = match asked.into_inner().session_id.filter(|id| !id.is_empty()) {
        Some(text) => match SessionId::parse(&text) {
            Ok(session) => Some(session),
            Err(why) => return told(StatusCode::BAD_REQUEST, &format!("session_id: {why}")),
        },
        None => session.clone().or_else(|| calls.last_session()),
    };
    let Some(session) = named else {
        return told(StatusCode::BAD_REQUEST, "no session is known: add ?session_id= or set SESSION_ID");
    };
    let list = match tokio::fs::read(numbers).await {
        Ok(list) => Bytes::from(list),
        Err(why) => {
            tracing::error!("the list in {} cannot be read: {why}", numbers.display());
            return told(StatusCode::INTERNAL_SERVER_ERROR, &format!("the numbers cannot be read: {why}"));
        }
    };
    let order = Order { session: session.clone(), organization: None, numbers: list, kept: None };
    let begun = calls.start(order);
    let message = if begun { "Call process started" } else { "Call process is running already" };
    HttpResponse::Ok().json(json!({ "message": message, "sessionId": session, "simulated": true }))
}

async fn stop(floor: web::Data<Floor>, asked: web::Query<Asked>) -> HttpResponse {
    let session = asked.session_id.as_deref().filter(|id| !id.is_empty()).map(SessionId::parse);
    let session = match session.transpose() {
        Ok(session) => session,
        Err(why) => return told(StatusCode::BAD_REQUEST, &format!("session_id: {why}")),
    };
    let stopped = floor.0.calls.stop(session.as_ref());
    let answer = json!({ "message": "Call process stopped", "sessionId": session, "stopped": stopped, "simulated": true });
    HttpResponse::Ok().json(answer)
}

async fn status(floor: web::Data<Floor>) -> HttpResponse {
    let sessions = floor.0.calls.progress();
    let running = sessions.iter().any(|session| !session.tally.ended);
    HttpResponse::Ok().json(json!({ "running": running, "sessions": sessions, "simulated": true }))
}

/// Whole, or the one range that was asked for.
async fn recording(floor: web::Data<Floor>, name: web::Path<String>, request: HttpRequest) -> HttpResponse {
    let Some(whole) = floor.0.calls.recording(&name) else {
        return told(StatusCode::NOT_FOUND, "there is no such recording");
    };
    let size = whole.len();
    let asked = request.headers().get(RANGE).and_then(|range| range.to_str().ok());
    let mut answer = HttpResponse::Ok();
    answer.content_type("audio/wav").insert_header((ACCEPT_RANGES, "bytes"));
    match asked.map_or(Range::Whole, |text| range(text, size)) {
        Range::Whole => answer.body(whole),
        Range::Part { first, last } => {
            answer.status(StatusCode::PARTIAL_CONTENT);
            answer.insert_header((CONTENT_RANGE, format!("bytes {first}-{last}/{size}")));
            answer.body(whole.slice(first..=last))
        }
        Range::Beyond => {
            answer.status(StatusCode::RANGE_NOT_SATISFIABLE);
            answer.insert_header((CONTENT_RANGE, format!("bytes */{size}"))).finish()
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Range {
    Whole,
    Part { first: usize, last: usize },
    Beyond,
}

/// `bytes=0-99`, `bytes=100-`, `bytes=-100`. What is not understood asks for nothing in particular, as RFC 9110 has it.
fn range(text: &str, size: usize) -> Range {
    let bounds = text.trim().strip_prefix("bytes=").filter(|bounds| !bounds.contains(','));
    let Some((first, last)) = bounds.and_then(|bounds| bounds.split_once('-')) else { return Range::Whole };
    let end = size.saturating_sub(1);
    let (first, last) = match (first.trim().parse::<usize>(), last.trim().parse::<usize>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.min(end)),
        (Ok(first), Err(_)) if last.trim().is_empty() => (first, end),
        (Err(_), Ok(length)) if first.trim().is_empty() && length > 0 => (size.saturating_sub(length), end),
        (Err(_), Ok(0)) if first.trim().is_empty() => return Range::Beyond,
        _ => return Range::Whole,
    };
    if first >= size { Range::Beyond } else { Range::Part { first, last } }
}

fn told(status: StatusCode, message: &str) -> HttpResponse {
    HttpResponse::build(status).json(json!({ "message": message, "simulated": true }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_one_of_bytes() {
        for (text, expected) in [
            ("bytes=0-9", Range::Part { first: 0, last: 9 }),
            ("bytes=90-", Range::Part { first: 90, last: 99 }),
            ("bytes=-10", Range::Part { first: 90, last: 99 }),
            ("bytes=-1000", Range::Part { first: 0, last: 99 }),
            ("bytes=50-1000", Range::Part { first: 50, last: 99 }),
            ("bytes=100-", Range::Beyond),
            ("bytes=-0", Range::Beyond),
            ("bytes=9-0", Range::Whole),
            ("bytes=0-1,5-6", Range::Whole),
            ("items=0-9", Range::Whole),
            ("bytes=a-b", Range::Whole),
        ] {
            assert_eq!(range(text, 100), expected, "{text}");
        }
    }
}
