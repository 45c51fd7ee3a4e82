//! A request's place in a trace. It goes on with the trace that its `traceparent` names, where it has one, and is called by its route
//! and by no method that was made up: whatever a caller writes may name a person.

use actix_web::HttpMessage as _;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderMap;
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{
    SpanContext, SpanId, Status, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::edge::RequestId;
use super::live::SOCKETS;

/// As OpenTelemetry knows them, and what it calls any other.
const METHODS: [&str; 9] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];
const OTHER: &str = "_OTHER";
/// What the W3C calls it.
const PARENT: &str = "traceparent";

/// Before it is known what becomes of the request.
pub(super) fn join(span: &Span, request: &ServiceRequest) {
    let parent = if is_told_by_itself(request.path()) {
        Context::new().with_remote_span_context(unsampled())
    } else if request.headers().contains_key(PARENT) {
        TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(request.headers()))
    } else {
        return;
    };
    // Where spans are not collected, nothing goes on with anything.
    let _ = span.set_parent(parent);
}

/// Those who watch the engine ask all the time, and sockets wait for as long as they are there.
fn is_told_by_itself(path: &str) -> bool {
    path == "/metrics" || path.starts_with("/health/") || path.trim_end_matches('/') == SOCKETS
}

/// A parent that nobody collects: neither is what goes on with it.
fn unsampled() -> SpanContext {
    let (trace, span) = (TraceId::from(1_u128), SpanId::from(1_u64));
    SpanContext::new(trace, span, TraceFlags::NOT_SAMPLED, true, TraceState::NONE)
}

pub(super) fn name<B>(span: &Span, response: &ServiceResponse<B>) {
    let context = span.context();
    let told = context.span();
    if !told.is_recording() {
        return;
    }
    let (request, status) = (response.request(), response.status());
    let route = request.match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let said = request.method().as_str();
    let method = METHODS.into_iter().find(|known| *known == said).unwrap_or(OTHER);
    told.update_name(format!("{method} {route}"));
    if status.is_server_error() {
        told.set_status(Status::error(""));
    }
    span.set_attribute("http.request.method", method);
    span.set_attribute("http.route", route);
    span.set_attribute("http.response.status_code", i64::from(status.as_u16()));
    if let Some(id) = request.extensions().get::<RequestId>() {
        span.set_attribute("request.id", id.as_str().to_owned());
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(actix_web::http::header::HeaderName::as_str).collect()
    }
}
