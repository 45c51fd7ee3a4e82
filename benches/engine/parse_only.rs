//! The other side of P1 and P4: a server that parses the webhook's body and answers it, and does nothing else.
//! It runs in a process of its own with the engine's own server settings, so that only the work differs.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use serde::{Deserialize, Serialize};

/// As in `src/http.rs`.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
const HEAD_WAIT: Duration = Duration::from_secs(5);

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    session_id: String,
    phone_number: String,
    call_status: String,
    call_duration: Option<u32>,
    operator_name: Option<String>,
    operator_id: Option<String>,
    call_start_time: Option<String>,
    call_end_time: Option<String>,
    recording_url: Option<String>,
    notes: Option<String>,
}

async fn result(report: web::Json<Report>) -> HttpResponse {
    HttpResponse::Ok().json(report.into_inner())
}

async fn ready() -> HttpResponse {
    HttpResponse::Ok().finish()
}

/// Serves until it is told to stop.
pub(crate) fn serve(port: u16) -> anyhow::Result<()> {
    let app = || {
        App::new().route("/calls/result", web::post().to(result)).route("/health/ready", web::get().to(ready))
    };
    actix_web::rt::System::new().block_on(async move {
        // The engine's own listener and its own limits; the workers are as many as the engine takes.
        let listener = karnay::http::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        let server = HttpServer::new(app).keep_alive(KEEP_ALIVE).client_request_timeout(HEAD_WAIT);
        server.listen(listener)?.run().await?;
        Ok(())
    })
}
