//! The box's one door, HTTPS: which address leads where. Cookies count only where their path says, as a browser would have it.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, COOKIE};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use bytes::Bytes;
use rustls::ServerConfig;
use serde::Deserialize;

use super::core::Core;
use super::rpc::{self, SESSION_COOKIE, TOKEN_COOKIE};
use super::sessions::Shown;
use super::wire::{self, Reply};
use super::{download, rest};

const REQUEST_LEN_MAX: usize = 1 << 20;
const SHUTDOWN_SECS: u64 = 1;
/// Where the cookies count.
const COOKIE_PATH: &str = "/admin/";

type Shared = web::Data<Core>;

pub(super) fn serve(core: &Arc<Core>, listener: TcpListener, tls: ServerConfig) -> io::Result<Server> {
    let core = web::Data::from(core.clone());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(core.clone())
            .app_data(web::PayloadConfig::new(REQUEST_LEN_MAX))
            .route("/admin/api/jsonrpc/", web::post().to(jsonrpc))
            .route("/myphone/api/jsonrpc/", web::post().to(jsonrpc))
            .route("/admin/dologin.php", web::post().to(form_login))
            .route("/admin/api/download/{name}", web::get().to(fetch))
            .route("/api/rest/v1/calls/cdr", web::get().to(rest_log))
            .route("/api/rest/v1/calls/active", web::get().to(rest_active))
            .route("/api/rest/v1/calls/{id}/recording", web::get().to(rest_recording))
            .default_service(web::to(nothing))
    });
    let server = server.workers(1).disable_signals().shutdown_timeout(SHUTDOWN_SECS);
    Ok(server.listen_rustls_0_23(listener, tls)?.run())
}

async fn jsonrpc(core: Shared, request: HttpRequest, body: Bytes) -> HttpResponse {
    wire::send(&core, || rpc::answer(&core, &shown(&request), &body)).await
}

#[derive(Deserialize)]
struct Form {
    kerio_username: String,
    kerio_password: String,
}

async fn form_login(core: Shared, form: web::Form<Form>) -> HttpResponse {
    wire::send(&core, || {
        let (mut state, now) = core.now();
        state.count("POST /admin/dologin.php");
        let entered = rpc::enter(&core, &mut state, now, (&form.kerio_username, &form.kerio_password));
        let location = if entered.is_some() { "/admin/" } else { "/admin/login/" };
        let cookies = entered.map(|(cookies, _)| cookies).unwrap_or_default();
        Reply { cookies, location: Some(location), ..Reply::page(StatusCode::FOUND) }
    })
    .await
}

async fn fetch(core: Shared, request: HttpRequest, name: web::Path<String>) -> HttpResponse {
    wire::send(&core, || {
        let (mut state, now) = core.now();
        state.count("GET /admin/api/download");
        download::fetch(&mut state, now, &shown(&request), &name)
    })
    .await
}

async fn rest_log(core: Shared, request: HttpRequest, wanted: web::Query<rest::Wanted>) -> HttpResponse {
    rested(&core, &request, "cdr", || rest::log(&core.now().0, &wanted)).await
}

async fn rest_active(core: Shared, request: HttpRequest) -> HttpResponse {
    rested(&core, &request, "active", || {
        let (state, now) = core.now();
        rest::active(&state, now)
    })
    .await
}

async fn rest_recording(core: Shared, request: HttpRequest, call: web::Path<String>) -> HttpResponse {
    rested(&core, &request, "recording", || rest::recording(&core.now().0, &call)).await
}

async fn rested(
    core: &Core,
    request: &HttpRequest,
    what: &str,
    work: impl FnOnce() -> Reply,
) -> HttpResponse {
    wire::send(core, || {
        core.now().0.count(&format!("GET /api/rest/v1/calls/{what}"));
        let given = request.headers().get(AUTHORIZATION).and_then(|given| given.to_str().ok());
        if rest::is_known(core, given) { work() } else { rest::refused() }
    })
    .await
}

async fn nothing(core: Shared) -> HttpResponse {
    wire::send(&core, || Reply::page(StatusCode::NOT_FOUND)).await
}

fn shown(request: &HttpRequest) -> Shown {
    let token = request.headers().get("x-token").and_then(|token| token.to_str().ok()).map(str::to_owned);
    if !request.path().starts_with(COOKIE_PATH) {
        return Shown { token, ..Shown::default() };
    }
    let lines = request.headers().get_all(COOKIE).filter_map(|line| line.to_str().ok());
    let cookies: Vec<(&str, &str)> =
        lines.flat_map(|line| line.split(';')).filter_map(|cookie| cookie.trim().split_once('=')).collect();
    let cookie =
        |name: &str| cookies.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    Shown { session: cookie(SESSION_COOKIE), token_cookie: cookie(TOKEN_COOKIE), token }
}
