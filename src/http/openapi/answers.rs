//! What a route answers beside what it says of itself: whatever stands before every handler of its kind can refuse.
//! What a route does say of such an answer stays as it is, and where it only names a problem's status, that is put into words.

use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::{Content, HeaderBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Response, Type};

use super::operations;
use crate::http::problem::{CONTENT_TYPE, Code};
use crate::http::{limits, repeat, versions};

/// A status, by one of its codes, and when it is answered.
type Answer = (Code, &'static str);

const ANYWHERE: [Answer; 4] = [
    (Code::BadRequest, "Something of what was sent is wrong"),
    (
        Code::OriginRefused,
        "Not from that page, or not with that token: its role or what it is for does not allow this",
    ),
    (Code::TooManyRequests, "Asked too often; `Retry-After` says when to come back"),
    (Code::Busy, "Not now; `Retry-After` says when to come back"),
];
const WHERE_ONE_SHOWS_ONESELF: Answer =
    (Code::TokenMissing, "A token is needed, or the one that came is not good");
const WITH_A_NAME: Answer =
    (Code::CommandReused, "The `Idempotency-Key` was used before, for something else");
const WITH_A_VERSION: Answer = (Code::ChangedMeanwhile, "It was changed meanwhile");
const WITH_A_BODY: [Answer; 3] = [
    (Code::RequestTimeout, "The body did not arrive in time"),
    (Code::TooLarge, "The body is too large"),
    (Code::EncodingUnknown, "The body came packed"),
];

/// Where a route names them.
const NAMED: [Answer; 5] = [
    (Code::NotFound, "What is asked for is not there"),
    (Code::CampaignRunning, "Not as things stand; `code` says why"),
    (Code::RangeOutside, "It is shorter than that"),
    (Code::RemoteUnreachable, "The far end could not be used"),
    (Code::StartUnconfirmed, "It is under way, and nothing is known of it yet"),
];

fn all() -> impl Iterator<Item = Answer> {
    ANYWHERE
        .into_iter()
        .chain([WHERE_ONE_SHOWS_ONESELF, WITH_A_NAME, WITH_A_VERSION])
        .chain(WITH_A_BODY)
        .chain(NAMED)
}

pub(super) fn complete(api: &mut OpenApi) {
    let components = api.components.get_or_insert_default();
    for (code, told) in all() {
        components.responses.insert(code.slug().to_owned(), problem(code, told).into());
    }
    for (path, item) in &mut api.paths.paths {
        for (_, operation) in operations(item) {
            say_all(path, operation);
        }
    }
}

fn say_all(path: &str, operation: &mut Operation) {
    for (status, told) in &mut operation.responses.responses {
        if is_untold(told)
            && let Some((code, _)) = all().find(|(code, _)| code.status().as_str() == status)
        {
            *told = RefOr::Ref(Ref::from_response_name(code.slug()));
        }
    }
    let shows = operation.security.as_ref().map(|_| WHERE_ONE_SHOWS_ONESELF);
    let body: &[Answer] = if operation.request_body.is_some() { &WITH_A_BODY } else { &[] };
    let named = takes(operation, repeat::KEY).then_some(WITH_A_NAME);
    let seen = takes(operation, versions::IF_MATCH).then_some(WITH_A_VERSION);
    let anywhere =
        ANYWHERE.iter().filter(|(code, _)| *code != Code::TooManyRequests || !limits::is_free(path));
    for (code, _) in anywhere.chain(&shows).chain(&named).chain(&seen).chain(body) {
        let known = operation.responses.responses.entry(code.status().as_u16().to_string());
        known.or_insert_with(|| RefOr::Ref(Ref::from_response_name(code.slug())));
    }
}

/// A problem of which nothing is said but its status.
fn is_untold(told: &RefOr<Response>) -> bool {
    match told {
        RefOr::T(told) => told.description.is_empty() && told.content.contains_key(CONTENT_TYPE),
        RefOr::Ref(_) => false,
    }
}

fn takes(operation: &Operation, header: &str) -> bool {
    let is_it = |parameter: &RefOr<Parameter>| match parameter {
        RefOr::T(parameter) => parameter.name == header,
        RefOr::Ref(_) => false,
    };
    operation.parameters.iter().flatten().any(is_it)
}

fn problem(code: Code, told: &str) -> Response {
    let body = Content::new(Some(Ref::from_schema_name("Problem")));
    let answer = ResponseBuilder::new().description(told).content(CONTENT_TYPE, body);
    let secs = ObjectBuilder::new().schema_type(Type::Integer);
    let after = HeaderBuilder::new().schema(Some(secs)).description(Some("Seconds")).build();
    let passes = matches!(code, Code::Busy | Code::TooManyRequests);
    if passes { answer.header("Retry-After", after).build() } else { answer.build() }
}
