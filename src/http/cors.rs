//! Which pages browsers may ask the engine from. Who is asking is decided at the doors.

use actix_cors::Cors;

use super::{edge, limits, span};
use crate::config::Origins;

/// Browsers' pages: those that settings name, and the engine's own.
pub(super) fn cors(origins: Origins) -> Cors {
    let ours = [edge::REQUEST_ID, edge::POSITION, edge::BEHIND, edge::NEXT, edge::NEXT_POSITION];
    let limits = [limits::POLICY, limits::LIMIT];
    let exposed = ours.into_iter().chain(limits).chain([
        "link",
        "content-disposition",
        "retry-after",
        "etag",
        "content-range",
    ]);
    Cors::default()
        .allowed_origin_fn(move |origin, request| {
            let origin = origin.to_str().unwrap_or("");
            origins.allow(origin) || span::is_own_page(origin, request)
        })
        .allowed_methods(["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"])
        .allow_any_header()
        .expose_headers(exposed)
        // Socket.IO's clients may be told to send cookies along; nothing here is opened by one.
        .supports_credentials()
        .block_on_origin_mismatch(true)
        .max_age(3_600)
}
