//! `/docs`: the API's description as a page for people, made of the same document as `/openapi.json`. It is whole when it comes:
//! nothing is loaded from elsewhere, nothing runs, and no build of the dashboard is needed. What it says is the same in every
//! installation, so that anybody may read it, as they may the dashboard's files.

pub(super) mod page;
mod schema;
mod text;

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use actix_web::middleware::Compress;
use actix_web::web::{Data, ServiceConfig as Routes, get as read, resource};
use actix_web::{HttpResponse, HttpResponseBuilder, get};
use utoipa_actix_web::service_config::ServiceConfig;

use super::openapi::Document;

const LOOKS: &str = include_str!("docs/looks.css");
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(docs);
}

/// What the description does not name.
pub(super) fn files(routes: &mut Routes) {
    routes.service(resource("/docs/looks.css").wrap(Compress::default()).route(read().to(looks)));
}

/// This description as a page for people.
#[utoipa::path(tag = "engine", responses((status = OK, content_type = "text/html", body = String)))]
#[get("/docs", wrap = "Compress::default()")]
async fn docs(document: Data<Document>) -> HttpResponse {
    framed("text/html; charset=utf-8").body(document.page())
}

async fn looks() -> HttpResponse {
    framed("text/css; charset=utf-8").body(LOOKS)
}

/// Nobody shows it inside a page of theirs, and after an update it is the new one.
fn framed(kind: &'static str) -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((X_FRAME_OPTIONS, "DENY"))
        .insert_header((REFERRER_POLICY, "no-referrer"));
    answer
}
