//! Reading a request's body: bounded in size and in time, never packed, and without a copy where it came in one piece.

use std::time::Duration;

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::web::{Bytes, BytesMut, Payload};
use actix_web::{HttpRequest, dev};
use futures_util::StreamExt;

/// A body that is not there after this long will not come.
const WAIT: Duration = Duration::from_secs(10);
/// This much of a body that is too large is still read, since a sender in the middle of sending does not hear the answer.
const OVERFLOW_READ_MAX: usize = 32 << 20;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Error {
    #[error("the body may have at most {max} bytes")]
    TooLarge { max: usize },
    #[error("the body did not arrive in time")]
    TooSlow,
    #[error("what is sent has to come as it is, without Content-Encoding")]
    Encoded,
    #[error("the body broke off")]
    Broken,
}

/// The whole body, at most `max` bytes of it.
pub(super) async fn read(request: &HttpRequest, mut payload: Payload, max: usize) -> Result<Bytes, Error> {
    plain(request.headers())?;
    let all = collect(&mut payload, max);
    tokio::time::timeout(WAIT, all).await.map_err(|_| Error::TooSlow)?
}

/// Nothing is unpacked here: what came packed would be taken for what it is not.
pub(super) fn plain(headers: &HeaderMap) -> Result<(), Error> {
    let mut codings = headers.get_all(header::CONTENT_ENCODING);
    let identity = |coding: &HeaderValue| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity");
    if codings.all(identity) { Ok(()) } else { Err(Error::Encoded) }
}

/// Lets what is still being sent go by: an answer before its end would cost the client its connection.
pub(super) async fn discard(mut payload: dev::Payload) {
    let all = async {
        let mut gone = 0;
        while let Some(Ok(chunk)) = payload.next().await {
            gone += chunk.len();
            if gone > OVERFLOW_READ_MAX {
                return;
            }
        }
    };
    // Whoever is slower than that loses it after all.
    let _ = tokio::time::timeout(WAIT, all).await;
}

async fn collect(payload: &mut Payload, max: usize) -> Result<Bytes, Error> {
    let Some(first) = payload.next().await else { return Ok(Bytes::new()) };
    let first = first.map_err(|_| Error::Broken)?;
    let Some(second) = payload.next().await else { return bounded(first, max) };
    let mut all = BytesMut::with_capacity(max.min(first.len() * 4));
    let mut total = first.len();
    all.extend_from_slice(&first);
    let mut next = Some(second);
    while let Some(chunk) = next {
        let chunk = chunk.map_err(|_| Error::Broken)?;
        total += chunk.len();
        if total > OVERFLOW_READ_MAX {
            break;
        }
        if total <= max {
            all.extend_from_slice(&chunk);
        }
        next = payload.next().await;
    }
    if total > max { Err(Error::TooLarge { max }) } else { Ok(all.freeze()) }
}

fn bounded(bytes: Bytes, max: usize) -> Result<Bytes, Error> {
    if bytes.len() > max { Err(Error::TooLarge { max }) } else { Ok(bytes) }
}
