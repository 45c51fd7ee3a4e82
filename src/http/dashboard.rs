//! The dashboard's page and the files it is made of, as the crate `web` holds them. Every screen is the same page: which one is
//! meant stands in its address, and is the page's own business. Who may see what is asked by the routes that it reads.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETag, EntityTag, Header as _, IfNoneMatch,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::middleware::Compress;
use actix_web::web::{Bytes, Path, ServiceConfig as Routes, get as read, scope};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, get};
use utoipa_actix_web::service_config::ServiceConfig;
use web::File;

use super::problem::{Code, Problem};

/// Nothing comes from elsewhere, nothing runs that is not a file of ours, and nobody shows it inside a page of theirs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                      media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// The page that stands in has its looks with it, and no script.
const STILL: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
                     frame-ancestors 'none'";
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Kept, and asked about each time.
const ASK: &str = "no-cache";

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(home);
}

/// What the description does not name: the parts of the page are no API.
pub(super) fn files(routes: &mut Routes) {
    routes.service(
        scope("/ui")
            .wrap(Compress::default())
            .route("", read().to(start))
            .route("/{path:.*}", read().to(part)),
    );
}

/// A page for people.
#[utoipa::path(tag = "engine", responses((status = OK, content_type = "text/html", body = String)))]
#[get("/")]
async fn home(request: HttpRequest) -> Result<HttpResponse, Problem> {
    page(&request)
}

async fn start(request: HttpRequest) -> Result<HttpResponse, Problem> {
    page(&request)
}

async fn part(request: HttpRequest, path: Path<String>) -> Result<HttpResponse, Problem> {
    match web::find(&path) {
        Some(file) => Ok(answer(&request, file, POLICY)),
        // A page of before an update asks for parts that are gone: another page in their place would only confuse it.
        None if web::is_file(&path) => Err(Problem::new(Code::NotFound, "the dashboard has no such file")),
        None => page(&request),
    }
}

fn page(request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let found = web::index().map(|index| (index, POLICY));
    let found = found.or_else(|| web::placeholder().map(|still| (still, STILL)));
    let (file, policy) = found.ok_or_else(|| Problem::new(Code::Internal, "this build has no pages"))?;
    Ok(answer(request, file, policy))
}

fn answer(request: &HttpRequest, file: File, policy: &'static str) -> HttpResponse {
    // Weak, for whoever asks for it compressed gets other bytes of the same meaning.
    let tag = EntityTag::new_weak(file.tag);
    let known = knows(request, &tag);
    let mut answer = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    framed(&mut answer, policy)
        .insert_header(ETag(tag))
        .insert_header((CACHE_CONTROL, if file.immutable { FOR_EVER } else { ASK }))
        .insert_header((CONTENT_TYPE, file.mime));
    if known { answer.finish() } else { answer.body(Bytes::from(file.bytes.into_owned())) }
}

/// Nobody shows it inside a page of theirs, nor takes it for something else, nor learns from it where somebody was.
pub(super) fn framed<'a>(
    answer: &'a mut HttpResponseBuilder,
    policy: &'static str,
) -> &'a mut HttpResponseBuilder {
    answer
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((X_FRAME_OPTIONS, "DENY"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
}

fn knows(request: &HttpRequest, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(known)) => known.iter().any(|known| known.weak_eq(tag)),
        Err(_) => false,
    }
}
