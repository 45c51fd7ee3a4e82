//! The API's description, made from the routes' own types, and what follows from it: which methods a path has, and which parameters.

mod answers;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use actix_web::dev::ResourceDef;
use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, ResponseError, get};
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{PathItem, RefOr};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use super::auth::Calls;
use super::docs;
use super::problem::{Code, Problem, ProblemBody};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "karnay",
        description = "An event-sourced call engine. Errors are `application/problem+json`. Commands answer with `X-Position`, reads with \
                       `X-Position`, up to which everything that was recorded is in the answer, be it that some of what came later is as well, \
                       and `X-Behind`, what is missing there of what was asked for; every answer carries `X-Request-Id`.",
    ),
    components(schemas(ProblemBody))
)]
struct Api;

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(page);
}

/// The description as it is served, with the paths that are known.
#[derive(Debug)]
pub(super) struct Document {
    json: Bytes,
    /// The same for people.
    page: Bytes,
    paths: Vec<(ResourceDef, String)>,
    /// What may stand behind the question mark of a path that is read.
    queries: HashMap<String, Vec<String>>,
}

pub(super) fn describe(configure: fn(&mut ServiceConfig<'_>)) -> utoipa::openapi::OpenApi {
    let (_, mut api) =
        App::new().into_utoipa_app().openapi(Api::openapi()).configure(configure).split_for_parts();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let components = api.components.get_or_insert_default();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    identify(&mut api);
    answers::complete(&mut api);
    api
}

/// By method and path: handlers of several resources share a name, and an operation's has to be its own.
fn identify(api: &mut utoipa::openapi::OpenApi) {
    for (path, item) in &mut api.paths.paths {
        let words: Vec<&str> =
            path.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        for (method, operation) in operations(item) {
            operation.operation_id = Some([&[method], words.as_slice()].concat().join("_"));
        }
    }
}

/// What a path does, by the methods that there are here.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("get", &mut item.get),
        ("post", &mut item.post),
        ("put", &mut item.put),
        ("patch", &mut item.patch),
        ("delete", &mut item.delete),
    ];
    all.into_iter().filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

/// Made once: every worker serves the same.
pub(super) fn document(configure: fn(&mut ServiceConfig<'_>)) -> Data<Document> {
    static DOCUMENT: OnceLock<Arc<Document>> = OnceLock::new();
    Data::from(Arc::clone(DOCUMENT.get_or_init(|| Arc::new(Document::of(&describe(configure))))))
}

impl Document {
    fn of(api: &utoipa::openapi::OpenApi) -> Self {
        let paths = api.paths.paths.iter();
        let paths = paths.map(|(path, item)| (ResourceDef::new(path.as_str()), methods(item))).collect();
        let queries = api.paths.paths.iter().map(|(path, item)| (path.clone(), query(item))).collect();
        let json = api.to_json().unwrap_or_default();
        let shown = docs::page::page(&serde_json::from_str(&json).unwrap_or_default());
        Self { json: Bytes::from(json), page: Bytes::from(shown), paths, queries }
    }

    pub(super) fn page(&self) -> Bytes {
        self.page.clone()
    }

    /// The parameters of a route, as it is written in the description.
    pub(super) fn query(&self, route: &str) -> &[String] {
        self.queries.get(route).map_or(&[], Vec::as_slice)
    }
}

fn methods(item: &PathItem) -> String {
    let known = [
        ("GET, HEAD", item.get.is_some()),
        ("POST", item.post.is_some()),
        ("PUT", item.put.is_some()),
        ("PATCH", item.patch.is_some()),
        ("DELETE", item.delete.is_some()),
    ];
    let there: Vec<&str> = known.iter().filter(|(_, there)| *there).map(|(method, _)| *method).collect();
    there.join(", ")
}

fn query(item: &PathItem) -> Vec<String> {
    let operations = item.get.iter().chain(&item.post);
    let described = operations.filter_map(|operation| operation.parameters.as_ref()).flatten();
    let asked = described.filter_map(|parameter| match parameter {
        RefOr::T(parameter) => (parameter.parameter_in == ParameterIn::Query).then(|| parameter.name.clone()),
        RefOr::Ref(_) => None,
    });
    // A path that is read and written alike has one description of both.
    let mut names: Vec<String> = vec![];
    for name in asked {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// This description.
#[utoipa::path(tag = "engine", security((), ("token" = [])), responses(
    (status = OK, content_type = "application/json", body = serde_json::Value),
))]
#[get("/openapi.json")]
async fn page(_: Calls, document: Data<Document>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(document.json.clone())
}

/// Where no route is: another method of a known path, or nothing at all.
pub(super) async fn nowhere(request: HttpRequest, document: Data<Document>) -> HttpResponse {
    let known = document.paths.iter().find(|(path, _)| path.is_match(request.path()));
    match known {
        Some((_, methods)) => {
            let problem = Problem::new(Code::MethodNotAllowed, format!("here there is {methods}"));
            let mut answer = problem.error_response();
            if let Ok(methods) = header::HeaderValue::from_str(methods) {
                answer.headers_mut().insert(header::ALLOW, methods);
            }
            answer
        }
        None => {
            Problem::new(Code::NotFound, "there is no such path; /openapi.json lists them").error_response()
        }
    }
}
