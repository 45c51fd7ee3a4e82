//! A span around each request, so that every line of the log says which request it belongs to.
//! The webhook's is made only where one looks closer (`LOG=debug`): it would cost as much as reading the report.

use actix_web::body::MessageBody;
use actix_web::dev::{RequestHead, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::{Error, HttpMessage};
use tracing::field::Empty;
use tracing_actix_web::RootSpanBuilder;

use super::edge::RequestId;
use super::traced;

#[derive(Debug)]
pub(super) struct Span;

macro_rules! request_span {
    ($level:ident, $request:ident) => {{
        let extensions = $request.extensions();
        let id = extensions.get::<RequestId>().map_or("", RequestId::as_str);
        let (method, path) = ($request.method(), $request.path());
        tracing::$level!("request", otel.kind = "server", id, %method, path, status = Empty)
    }};
}

impl RootSpanBuilder for Span {
    fn on_request_start(request: &ServiceRequest) -> tracing::Span {
        let span = if request.path() == "/calls/result" {
            request_span!(debug_span, request)
        } else {
            request_span!(info_span, request)
        };
        traced::join(&span, request);
        span
    }

    fn on_request_end<B: MessageBody>(span: tracing::Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let status = match outcome {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        span.record("status", status.as_u16());
        if let Ok(response) = outcome {
            traced::name(&span, response);
        }
    }
}

/// Whether a page was served under the very name that is asked now: the engine's own dashboard.
pub(super) fn is_own_page(origin: &str, request: &RequestHead) -> bool {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.is_some() && authority == host
}
