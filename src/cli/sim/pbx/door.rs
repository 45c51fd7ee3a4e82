//! The plain door by which a test steers an exchange that runs as a program of its own: calls, faults, the truth, the counts.
//! It takes JSON only, which no page of a browser may send here unasked.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::StatusCode;
use actix_web::{App, HttpResponse, HttpServer, web};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::adapters::simulated_pbx::{Faults, Row, SimulatedPbx, Step, Tape};

const SHUTDOWN_SECS: u64 = 1;
/// Made-up rows, which cost nothing until they are looked at.
const ROWS_MAX: usize = 10_000_000;

type Shared = web::Data<SimulatedPbx>;

/// A call to begin, in one of the ways calls begin.
#[derive(Deserialize)]
struct Begun {
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    how: How,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum How {
    #[default]
    Ring,
    Connect,
    Queue,
}

/// What becomes of a call.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
enum Turn {
    Answer,
    Transfer { to: String },
    HangUp,
    Busy,
    Forbidden,
    Voicemail,
    Vanish,
    LeaveUnrecorded,
    Proceed { status: u16, to: Option<String> },
}

#[derive(Deserialize)]
struct Wrong {
    faults: String,
}

#[derive(Deserialize)]
struct Away {
    #[serde(default)]
    away_ms: u64,
}

#[derive(Deserialize)]
struct Made {
    rows: usize,
    over_secs: u64,
}

/// Of the truth, which may be large.
#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    skip: usize,
    limit: Option<usize>,
}

pub(super) fn serve(pbx: Arc<SimulatedPbx>, listener: TcpListener) -> io::Result<Server> {
    let pbx = web::Data::from(pbx);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(pbx.clone())
            .service(web::resource("/calls").route(web::post().to(begin)))
            .service(web::resource("/calls/{id}").route(web::get().to(steps)).route(web::post().to(turn)))
            .service(web::resource("/faults").route(web::post().to(faults)))
            .service(web::resource("/expire").route(web::post().to(expire)))
            .service(web::resource("/restart").route(web::post().to(restart)))
            .service(web::resource("/log").route(web::get().to(log)).route(web::post().to(make_log)))
            .service(web::resource("/recordings").route(web::get().to(recordings)))
            .service(web::resource("/counts").route(web::get().to(counts)))
            .default_service(web::to(|| async { told(StatusCode::NOT_FOUND, "there is no such thing here") }))
    });
    Ok(server.workers(1).disable_signals().shutdown_timeout(SHUTDOWN_SECS).listen(listener)?.run())
}

async fn begin(pbx: Shared, call: web::Json<Begun>) -> HttpResponse {
    let Begun { from, to, how } = &*call;
    let id = match how {
        How::Ring => pbx.ring(from, to),
        How::Connect => pbx.connect(from, to),
        How::Queue => pbx.queue(from),
    };
    HttpResponse::Ok().json(json!({ "id": id, "steps": stepped(&pbx.steps(&id)), "simulated": true }))
}

async fn turn(pbx: Shared, id: web::Path<String>, turn: web::Json<Turn>) -> HttpResponse {
    let there = match &*turn {
        Turn::Answer => pbx.answer(&id),
        Turn::Transfer { to } => pbx.transfer(&id, to),
        Turn::HangUp => pbx.hang_up(&id),
        Turn::Busy => pbx.busy(&id),
        Turn::Forbidden => pbx.forbidden(&id),
        Turn::Voicemail => pbx.voicemail(&id),
        Turn::Vanish => pbx.vanish(&id),
        Turn::LeaveUnrecorded => pbx.leave_unrecorded(&id),
        Turn::Proceed { status, to } => pbx.proceed(&id, *status, to.as_deref()),
    };
    if there { steps(pbx, id).await } else { told(StatusCode::NOT_FOUND, "there is no such call any more") }
}

async fn steps(pbx: Shared, id: web::Path<String>) -> HttpResponse {
    let steps = pbx.steps(&id);
    if steps.is_empty() {
        return told(StatusCode::NOT_FOUND, "there is no such call any more");
    }
    HttpResponse::Ok().json(json!({ "id": *id, "steps": stepped(&steps), "simulated": true }))
}

/// In the place of those that went before.
async fn faults(pbx: Shared, wrong: web::Json<Wrong>) -> HttpResponse {
    match wrong.faults.parse::<Faults>() {
        Ok(parsed) => {
            pbx.faults(|faults| *faults = parsed);
            done()
        }
        Err(why) => told(StatusCode::BAD_REQUEST, &why.to_string()),
    }
}

async fn expire(pbx: Shared, _asked: web::Json<Value>) -> HttpResponse {
    pbx.expire();
    done()
}

async fn restart(pbx: Shared, away: web::Json<Away>) -> HttpResponse {
    pbx.restart(Duration::from_millis(away.away_ms));
    done()
}

/// The truth, whatever the box shows of it.
async fn log(pbx: Shared, part: web::Query<Part>) -> HttpResponse {
    let (total, rows) = pbx.log_page(part.skip, part.limit.unwrap_or(usize::MAX));
    let rows: Vec<Value> = rows.iter().map(logged).collect();
    HttpResponse::Ok().json(json!({ "total": total, "rows": rows, "simulated": true }))
}

async fn make_log(pbx: Shared, made: web::Json<Made>) -> HttpResponse {
    if made.rows > ROWS_MAX {
        return told(StatusCode::BAD_REQUEST, "that is more than ten million rows");
    }
    pbx.make_log(made.rows, Duration::from_secs(made.over_secs));
    done()
}

async fn recordings(pbx: Shared) -> HttpResponse {
    let tapes: Vec<Value> = pbx.tapes().iter().map(taped).collect();
    HttpResponse::Ok().json(json!({ "recordings": tapes, "simulated": true }))
}

async fn counts(pbx: Shared) -> HttpResponse {
    let counts = pbx.counts();
    HttpResponse::Ok().json(json!({ "logins": counts.logins, "refusedLogins": counts.refused_logins,
        "requests": counts.requests, "simulated": true }))
}

fn stepped(steps: &[Step]) -> Vec<Value> {
    steps.iter().map(|step| json!({ "at": step.at, "status": step.status, "to": step.to })).collect()
}

fn logged(row: &Row) -> Value {
    json!({ "id": row.id, "timestamp": row.timestamp, "from": row.from, "to": row.to, "status": row.status,
        "callSecs": row.call_secs, "answeredSecs": row.answered_secs, "recorded": row.recorded })
}

fn taped(tape: &Tape) -> Value {
    json!({ "id": tape.id, "call": tape.call, "extension": tape.extension, "caller": tape.caller,
        "secs": tape.secs, "started": tape.started })
}

fn done() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "simulated": true }))
}

fn told(status: StatusCode, message: &str) -> HttpResponse {
    HttpResponse::build(status).json(json!({ "message": message, "simulated": true }))
}
