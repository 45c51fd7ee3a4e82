//! Websockets: the first transport or the second, after a probe. Frames are read by a task and written by the answer's body.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::error::PayloadError;
use actix_web::{Error, HttpRequest, HttpResponse, rt, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, ProtocolError};
use bytes::Bytes;
use tokio::task::{AbortHandle, yield_now};
use tokio::time::{Instant, timeout_at};

use super::packet::{Packet, close_frame, pong_frame};
use super::session::{Malformed, Opening, Phase};
use super::{Ended, Engine, Message, Refused, Session, refused};

const NORMAL: u16 = 1_000;
const GOING_AWAY: u16 = 1_001;
const PROTOCOL_ERROR: u16 = 1_002;
const TOO_LARGE: u16 = 1_009;

/// A session that begins with a websocket.
pub(super) fn open(engine: &Engine, request: &HttpRequest, payload: web::Payload) -> HttpResponse {
    let Some((answer, frames)) = handshake(engine, request, payload) else {
        return refused(Refused::BadRequest);
    };
    let Some(session) = engine.open(Opening::of(request, engine.options().headers), Phase::Websocket) else {
        return refused(Refused::Full);
    };
    let link = Link::new(Some(session.clone()));
    let reader = rt::spawn(read(frames, session.clone(), link.clone())).abort_handle();
    session.read_by(&link, reader);
    bodied(answer, link)
}

/// A websocket for a session that polls so far.
pub(super) fn upgrade(
    engine: &Engine,
    session: Session,
    request: &HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    if session.expire(Instant::now()) {
        return refused(Refused::UnknownSession);
    }
    let Some((answer, frames)) = handshake(engine, request, payload) else {
        return refused(Refused::BadRequest);
    };
    let link = Link::new(None);
    if session.begin_probe() {
        let reader = rt::spawn(probe(frames, Trial(session), link.clone())).abort_handle();
        link.lock().reader = Some(reader);
    } else {
        link.end(PROTOCOL_ERROR);
    }
    bodied(answer, link)
}

/// The answer as actix-ws makes it, and the frames within the bound: each, and what is put together of several.
fn handshake(
    engine: &Engine,
    request: &HttpRequest,
    payload: web::Payload,
) -> Option<(HttpResponse, AggregatedMessageStream)> {
    let max = engine.options().max_payload;
    let (answer, _, frames) = actix_ws::handle(request, payload).ok()?;
    Some((answer, frames.max_frame_size(max).aggregate_continuations().max_continuation_size(max)))
}

fn bodied(answer: HttpResponse, link: Link) -> HttpResponse {
    answer.map_body(|_, replaced| BoxBody::new(Body { link, last: false, _replaced: replaced }))
}

/// A websocket's own state: what it says for itself, and the session it writes for once it carries one.
#[derive(Clone)]
struct Link(Arc<Mutex<Line>>);

struct Line {
    session: Option<Session>,
    /// Before anything of the session.
    reply: Option<Packet>,
    /// Only the newest is answered, which is all that is asked for.
    pong: Option<Bytes>,
    ends: Option<u16>,
    body: Option<Waker>,
    reader: Option<AbortHandle>,
}

impl Link {
    fn new(session: Option<Session>) -> Self {
        Self(Arc::new(Mutex::new(Line {
            session,
            reply: None,
            pong: None,
            ends: None,
            body: None,
            reader: None,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Line)) {
        let mut line = self.lock();
        change(&mut line);
        if let Some(body) = line.body.take() {
            body.wake();
        }
    }

    fn end(&self, code: u16) {
        self.change(|line| line.ends = line.ends.or(Some(code)));
    }
}

/// The answer's body: frames straight from the session's queue.
struct Body {
    link: Link,
    last: bool,
    /// actix-ws takes its end for the end of the connection, and stops reading.
    _replaced: BoxBody,
}

impl MessageBody for Body {
    type Error = Error;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if self.last {
            return Poll::Ready(None);
        }
        let mut line = self.link.lock();
        if let Some(packet) = line.reply.take() {
            return Poll::Ready(Some(Ok(packet.frame())));
        }
        if let Some(frame) = line.pong.take() {
            return Poll::Ready(Some(Ok(frame)));
        }
        let code = match (line.ends, &line.session) {
            (Some(code), _) => code,
            (None, Some(session)) => match session.poll_frame(context) {
                Poll::Ready(Ok(frame)) => return Poll::Ready(Some(Ok(frame))),
                Poll::Ready(Err(code)) => code,
                Poll::Pending => {
                    line.body = Some(context.waker().clone());
                    return Poll::Pending;
                }
            },
            (None, None) => {
                line.body = Some(context.waker().clone());
                return Poll::Pending;
            }
        };
        drop(line);
        self.last = true;
        Poll::Ready(Some(Ok(close_frame(code))))
    }
}

impl Drop for Body {
    /// The connection is gone, or said all that it had to say.
    fn drop(&mut self) {
        let mut line = self.link.lock();
        let (session, reader) = (line.session.take(), line.reader.take());
        drop(line);
        if let Some(session) = session {
            session.close(Ended::TransportClosed);
        }
        if let Some(reader) = reader {
            reader.abort();
        }
    }
}

impl Session {
    /// The next frame, or the code that the websocket is closed with.
    fn poll_frame(&self, context: &mut Context<'_>) -> Poll<Result<Bytes, u16>> {
        let mut state = self.state();
        if let Some(packet) = state.next_packet() {
            return Poll::Ready(Ok(packet.frame()));
        }
        match state.phase {
            Phase::Closed(why) => Poll::Ready(Err(match why {
                Ended::ByClient | Ended::TransportClosed => NORMAL,
                Ended::Malformed => PROTOCOL_ERROR,
                Ended::TooLarge => TOO_LARGE,
                Ended::ByServer | Ended::PingTimeout | Ended::TooSlow | Ended::Unused => GOING_AWAY,
            })),
            Phase::Polling | Phase::Probing | Phase::Websocket => {
                state.writer = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Lets whatever ends the session or the connection end the reading too.
    fn read_by(&self, link: &Link, reader: AbortHandle) {
        link.lock().reader = Some(reader.clone());
        self.state().reader = Some(reader);
    }

    /// False where it has a websocket already, or one on trial.
    fn begin_probe(&self) -> bool {
        let mut state = self.state();
        let fits = state.phase == Phase::Polling;
        if fits {
            state.phase = Phase::Probing;
        }
        fits
    }

    /// The client pauses polling now and waits for its pending poll.
    fn release_poll(&self) {
        use super::session::Poll::{None, Released, Waiting};
        let mut state = self.state();
        match state.poll {
            Waiting => {
                state.poll = Released;
                state.wake();
            }
            None | Released => {}
        }
    }

    /// From here on the websocket carries it, and whatever was queued.
    fn carry_by(&self, link: &Link) -> bool {
        // One lock after another: the body takes them the other way round.
        let reader = link.lock().reader.clone();
        let mut state = self.state();
        if state.phase != Phase::Probing {
            return false;
        }
        state.phase = Phase::Websocket;
        state.reader = reader;
        state.wake();
        drop(state);
        link.change(|line| line.session = Some(self.clone()));
        true
    }
}

/// A session while its websocket is on trial. However the trial ends, polling goes on where it did not succeed.
struct Trial(Session);

impl Drop for Trial {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if state.phase == Phase::Probing {
            state.phase = Phase::Polling;
        }
    }
}

async fn probe(mut frames: AggregatedMessageStream, trial: Trial, link: Link) {
    let Trial(session) = &trial;
    let until = Instant::now() + session.0.shared.options.probe_wait;
    if !says(&mut frames, &link, until, "2probe").await {
        return link.end(PROTOCOL_ERROR);
    }
    link.change(|line| line.reply = Some(Packet::probed()));
    session.release_poll();
    // The answer leaves before an upgrade that came in the same read is carried out.
    yield_now().await;
    if !says(&mut frames, &link, until, "5").await || !session.carry_by(&link) {
        return link.end(PROTOCOL_ERROR);
    }
    read(frames, session.clone(), link).await;
}

/// Whether the next packet, within its time, is this one.
async fn says(frames: &mut AggregatedMessageStream, link: &Link, until: Instant, wanted: &str) -> bool {
    loop {
        match timeout_at(until, frames.recv()).await {
            Ok(Some(Ok(AggregatedMessage::Text(text)))) => return text == wanted,
            Ok(Some(Ok(AggregatedMessage::Ping(echoed)))) => {
                link.change(|line| line.pong = Some(pong_frame(&echoed)));
            }
            Ok(Some(Ok(AggregatedMessage::Pong(_)))) => {}
            Ok(Some(Ok(AggregatedMessage::Binary(_) | AggregatedMessage::Close(_)) | Err(_)) | None)
            | Err(_) => {
                return false;
            }
        }
    }
}

async fn read(mut frames: AggregatedMessageStream, session: Session, link: Link) {
    let why = loop {
        let received = match frames.recv().await {
            Some(Ok(AggregatedMessage::Text(text))) => session.receive_text(&text),
            Some(Ok(AggregatedMessage::Binary(bytes))) => session.receive(Message::Binary(bytes)),
            Some(Ok(AggregatedMessage::Ping(echoed))) => {
                link.change(|line| line.pong = Some(pong_frame(&echoed)));
                Ok(())
            }
            Some(Ok(AggregatedMessage::Pong(_))) => Ok(()),
            Some(Ok(AggregatedMessage::Close(_))) | None => break Ended::TransportClosed,
            Some(Err(why)) => break ended(&why),
        };
        if let Err(Malformed) = received {
            break Ended::Malformed;
        }
        if session.is_over() {
            return;
        }
    };
    session.close(why);
}

fn ended(why: &ProtocolError) -> Ended {
    if let ProtocolError::Io(why) = why
        && let Some(cause) = why.get_ref()
        && cause.is::<PayloadError>()
    {
        return Ended::TransportClosed;
    }
    if matches!(why, ProtocolError::Overflow) { Ended::TooLarge } else { Ended::Malformed }
}
