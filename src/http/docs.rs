//! `/docs`: the API's description as a page for people, made of the same document as `/openapi.json`. It is whole when it comes:
//! nothing is loaded from elsewhere, nothing runs, and no build of the dashboard is needed. What it says is the same in every
//! installation, so that anybody may read it, as they may the dashboard's files.

pub(super) mod page;
mod schema;
mod text;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::middleware::Compress;
use actix_web::web::{Bytes, Data, ServiceConfig as Routes, get as read, resource};
use actix_web::{HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

use super::dashboard::framed;
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
    sent("text/html; charset=utf-8", document.page())
}

async fn looks() -> HttpResponse {
    sent("text/css; charset=utf-8", LOOKS)
}

/// After an update it is the new one.
fn sent(kind: &'static str, text: impl Into<Bytes>) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    framed(&mut answer, POLICY)
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body::<Bytes>(text.into())
}
