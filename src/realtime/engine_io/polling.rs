//! Long-polling: a GET waits for packets, a POST brings some. Each is a turn that ends the session when its client goes away.

use std::future::poll_fn;
use std::str;
use std::task::{self, Context};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::{HttpRequest, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use tokio::time::{Instant, timeout_at};

use super::packet::SEPARATOR;
use super::session::{Malformed, Phase, Poll, State};
use super::{Ended, Message, Options, Refused, Session, refused};

const CLOSE: &[u8] = b"1";
const NOOP: &[u8] = b"6";

/// An answer to a poll or a POST, never kept by anybody in between.
pub(super) fn answer(text: impl Into<Bytes>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/plain; charset=UTF-8"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(text.into())
}

/// What a poll is told.
enum Told {
    Packets(Bytes),
    Refused(Refused),
}

pub(super) async fn poll(session: &Session) -> HttpResponse {
    let mut turn = match Turn::begin(session) {
        Ok(turn) => turn,
        Err(Told::Packets(packets)) => return answer(packets),
        Err(Told::Refused(why)) => return refused(why),
    };
    let told = match turn.held_until {
        // Perhaps the websocket that is being tried makes this poll needless.
        Some(until) => {
            timeout_at(until, turn.told()).await.unwrap_or(Told::Packets(Bytes::from_static(NOOP)))
        }
        None => turn.told().await,
    };
    turn.over = true;
    match told {
        Told::Packets(packets) => answer(packets),
        Told::Refused(why) => refused(why),
    }
}

/// A poll that waits. Dropped before its answer, it ends the session: the client is gone.
struct Turn<'a> {
    session: &'a Session,
    held_until: Option<Instant>,
    over: bool,
}

impl<'a> Turn<'a> {
    fn begin(session: &'a Session) -> Result<Self, Told> {
        session.expire(Instant::now());
        let mut state = session.state();
        match (state.phase, state.poll) {
            (Phase::Closed(Ended::ByClient), Poll::None) => {
                drop(state);
                session.forget();
                return Err(Told::Packets(Bytes::from_static(NOOP)));
            }
            (Phase::Closed(_), _) => return Err(Told::Refused(Refused::UnknownSession)),
            (Phase::Websocket, _) => return Err(Told::Refused(Refused::BadRequest)),
            (Phase::Polling | Phase::Probing, Poll::Waiting | Poll::Released) => {
                drop(state);
                session.close(Ended::Malformed);
                return Err(Told::Refused(Refused::BadRequest));
            }
            (Phase::Polling | Phase::Probing, Poll::None) => {}
        }
        let held = state.phase == Phase::Probing && state.queue.is_empty();
        state.poll = Poll::Waiting;
        let held_until = held.then(|| Instant::now() + session.0.shared.options.poll_hold);
        Ok(Self { session, held_until, over: false })
    }

    async fn told(&self) -> Told {
        poll_fn(|context| self.session.poll_told(context)).await
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.session.state().poll = Poll::None;
        if !self.over {
            self.session.close(Ended::TransportClosed);
        }
    }
}

impl Session {
    fn poll_told(&self, context: &mut Context<'_>) -> task::Poll<Told> {
        let mut state = self.state();
        let batch = state.batch(self.0.shared.options.max_payload);
        task::Poll::Ready(match (state.phase, batch) {
            (Phase::Closed(Ended::ByClient), _) => Told::Packets(Bytes::from_static(NOOP)),
            (Phase::Closed(_), None) => Told::Packets(Bytes::from_static(CLOSE)),
            (Phase::Closed(_), Some(mut batch)) => {
                batch.extend_from_slice(&[0x1e]);
                batch.extend_from_slice(CLOSE);
                Told::Packets(batch.freeze())
            }
            (Phase::Websocket, _) => Told::Refused(Refused::BadRequest),
            (Phase::Polling | Phase::Probing, Some(batch)) => Told::Packets(batch.freeze()),
            (Phase::Polling | Phase::Probing, None) if state.poll == Poll::Released => {
                Told::Packets(Bytes::from_static(NOOP))
            }
            (Phase::Polling | Phase::Probing, None) => {
                state.writer = Some(context.waker().clone());
                return task::Poll::Pending;
            }
        })
    }
}

impl State {
    /// What fits into one answer, where a poll may take it.
    fn batch(&mut self, max: usize) -> Option<BytesMut> {
        if self.phase == Phase::Websocket || self.queue.is_empty() {
            return None;
        }
        let mut batch = BytesMut::new();
        while let Some(next) = self.queue.front() {
            if !batch.is_empty() && batch.len() + 1 + next.polled_len() > max {
                break;
            }
            if !batch.is_empty() {
                batch.extend_from_slice(&[0x1e]);
            }
            next.write_polled(&mut batch);
            self.next_packet();
        }
        Some(batch)
    }
}

/// Packets from the client.
pub(super) async fn post(session: &Session, request: &HttpRequest, payload: web::Payload) -> HttpResponse {
    let mut posting = match Posting::begin(session) {
        Ok(posting) => posting,
        Err(why) => return refused(why),
    };
    let Options { max_payload: max, ping_timeout, .. } = session.0.shared.options;
    let told = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let body = if told.is_some_and(|length: usize| length > max) {
        None
    } else {
        // No pong comes while it does, so that a longer one ends the session in any case.
        match tokio::time::timeout(ping_timeout, payload.to_bytes_limited(max)).await {
            Ok(body) => body.ok(),
            Err(_) => return HttpResponse::build(StatusCode::REQUEST_TIMEOUT).force_close().finish(),
        }
    };
    match body {
        None => {
            posting.ends = Some(Ended::TooLarge);
            HttpResponse::new(StatusCode::PAYLOAD_TOO_LARGE)
        }
        Some(Err(_)) => refused(Refused::BadRequest),
        Some(Ok(body)) => {
            posting.ends = session.receive_payload(&body).err().map(|Malformed| Ended::Malformed);
            if posting.ends.is_some() { refused(Refused::BadRequest) } else { answer("ok") }
        }
    }
}

/// A POST that is under way. Dropped before its end, it ends the session.
struct Posting<'a> {
    session: &'a Session,
    ends: Option<Ended>,
}

impl<'a> Posting<'a> {
    fn begin(session: &'a Session) -> Result<Self, Refused> {
        if session.expire(Instant::now()) {
            return Err(Refused::UnknownSession);
        }
        let mut state = session.state();
        if state.phase == Phase::Websocket {
            return Err(Refused::BadRequest);
        }
        if state.posting {
            drop(state);
            session.close(Ended::Malformed);
            return Err(Refused::BadRequest);
        }
        state.posting = true;
        Ok(Self { session, ends: Some(Ended::TransportClosed) })
    }
}

impl Drop for Posting<'_> {
    fn drop(&mut self) {
        self.session.state().posting = false;
        if let Some(why) = self.ends {
            self.session.close(why);
        }
    }
}

impl Session {
    fn receive_payload(&self, body: &[u8]) -> Result<(), Malformed> {
        let text = str::from_utf8(body).map_err(|_| Malformed)?;
        for packet in text.split(SEPARATOR) {
            if self.is_over() {
                return Ok(());
            }
            match packet.strip_prefix('b') {
                Some(encoded) => {
                    let bytes = STANDARD.decode(encoded).map_err(|_| Malformed)?;
                    self.receive(Message::Binary(Bytes::from(bytes)))?;
                }
                None => self.receive_text(packet)?,
            }
        }
        Ok(())
    }
}
