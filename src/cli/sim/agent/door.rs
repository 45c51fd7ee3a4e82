//! The simulated agent's HTTP door: a call for a request, and a look into its books. Every answer says that it is simulated.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::body::SizedStream;
use actix_web::dev::Server;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, ContentType};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use bytes::Bytes;
use futures_util::stream;
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::adapters::simulated_agent::{Fault, Known, Reporter, SimulatedAgent, Taken};
use crate::adapters::system::SystemIds;
use crate::config::{Secret, is_here};
use crate::ports::Ids as _;

const SHUTDOWN_SECS: u64 = 1;
/// What is known about a person is a page, not a book.
const REQUEST_LEN_MAX: usize = 256 << 10;

/// What a request needs.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) agent: SimulatedAgent,
    pub(super) late_by: Duration,
    pub(super) token: Option<Secret>,
    pub(super) report_to: Option<Url>,
    pub(super) reporter: Reporter,
}

/// The documented request; names are asked for by nobody here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    phone_number: String,
    #[serde(default)]
    custom_data: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AskedAbout {
    idempotency_key: Option<String>,
    call_id: Option<String>,
}

pub(super) fn serve(desk: Desk, listener: TcpListener) -> io::Result<Server> {
    let desk = web::Data::new(desk);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(desk.clone())
            .app_data(web::PayloadConfig::new(REQUEST_LEN_MAX))
            .service(web::resource("/call").route(web::post().to(call)))
            .service(web::resource("/status").route(web::get().to(status)))
            .default_service(web::to(|| async {
                told(StatusCode::NOT_FOUND, "there are only POST /call and GET /status")
            }))
    });
    Ok(server.workers(1).disable_signals().shutdown_timeout(SHUTDOWN_SECS).listen(listener)?.run())
}

async fn call(desk: web::Data<Desk>, request: HttpRequest, body: Bytes) -> HttpResponse {
    if !is_known(&desk, &request) {
        return told(StatusCode::UNAUTHORIZED, "the token is missing or wrong");
    }
    let asked = match serde_json::from_slice::<Asked>(&body) {
        Ok(asked) if !asked.phone_number.trim().is_empty() => asked,
        Ok(_) => return told(StatusCode::BAD_REQUEST, "phoneNumber is empty"),
        Err(why) => return told(StatusCode::BAD_REQUEST, &format!("the request cannot be read: {why}")),
    };
    let named = header(&request, "idempotency-key").filter(|key| !key.is_empty());
    let effect = named.map_or_else(|| SystemIds.uuid().to_string(), ToOwned::to_owned);
    let taken = desk.agent.take(&effect, asked.phone_number.trim(), &asked.custom_data);
    tracing::info!(call = %taken.call_id, fault = ?taken.fault, "SIMULATED call: nobody is rung");
    answer(&desk, &request, &effect, taken).await
}

async fn answer(desk: &Desk, request: &HttpRequest, effect: &str, taken: Taken) -> HttpResponse {
    match taken.fault {
        Some(Fault::Error) => return told(StatusCode::INTERNAL_SERVER_ERROR, "a simulated fault"),
        Some(Fault::Dead) => return std::future::pending().await,
        Some(Fault::Callback) => {
            report(desk, request, effect, &taken);
            return HttpResponse::Accepted().json(json!({ "callId": taken.call_id, "simulated": true }));
        }
        Some(Fault::Twice) => report(desk, request, effect, &taken),
        Some(Fault::Slow | Fault::Half | Fault::Late) | None => {}
    }
    tokio::time::sleep_until(taken.ends).await;
    match taken.fault {
        Some(Fault::Half) => return half(&taken.answer),
        Some(Fault::Late) => tokio::time::sleep(desk.late_by).await,
        Some(Fault::Slow | Fault::Dead | Fault::Error | Fault::Twice | Fault::Callback) | None => {}
    }
    HttpResponse::Ok().json(taken.answer)
}

fn report(desk: &Desk, request: &HttpRequest, effect: &str, taken: &Taken) {
    if let Some(url) = report_to(desk, request) {
        desk.reporter.report(&url, effect, taken.clone());
    } else {
        tracing::warn!(call = %taken.call_id, "nobody is told of this call's end: set --callback-url");
    }
}

/// A whole head, and a body that breaks off.
fn half(answer: &Value) -> HttpResponse {
    let mut body = Bytes::from(answer.to_string());
    let len = u64::try_from(body.len()).unwrap_or(u64::MAX);
    body.truncate(body.len() / 2);
    let pieces = stream::iter([Ok(body), Err(io::Error::other("a simulated fault"))]);
    HttpResponse::Ok().content_type(ContentType::json()).body(SizedStream::new(len, pieces))
}

async fn status(desk: web::Data<Desk>, request: HttpRequest, about: web::Query<AskedAbout>) -> HttpResponse {
    if !is_known(&desk, &request) {
        return told(StatusCode::UNAUTHORIZED, "the token is missing or wrong");
    }
    match desk.agent.known(about.idempotency_key.as_deref(), about.call_id.as_deref()) {
        Known::Nothing => told(StatusCode::NOT_FOUND, "there is no such call"),
        Known::Going { call_id, .. } => {
            HttpResponse::Accepted().json(json!({ "callId": call_id, "simulated": true }))
        }
        Known::Over(answer) => HttpResponse::Ok().json(answer),
    }
}

fn is_known(desk: &Desk, request: &HttpRequest) -> bool {
    let Some(token) = &desk.token else { return true };
    let given = header(request, AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("Bearer "));
    given.is_some_and(|given| verify_slices_are_equal(given.as_bytes(), token.expose().as_bytes()).is_ok())
}

/// A stranger's request must not make this program call others.
fn report_to(desk: &Desk, request: &HttpRequest) -> Option<Url> {
    let asked = || header(request, "x-callback-url").and_then(|url| Url::parse(url).ok()).filter(is_here);
    desk.report_to.clone().or_else(asked)
}

fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

fn told(status: StatusCode, message: &str) -> HttpResponse {
    HttpResponse::build(status).json(json!({ "message": message, "simulated": true }))
}
