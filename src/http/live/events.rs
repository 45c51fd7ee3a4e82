//! The same pushes for clients without Socket.IO: server-sent events. Nothing is queued for a stream, it reads what the board holds;
//! one that falls behind is told so. Who they are is looked at again when anybody's rights change.
#![expect(unused_qualifications, reason = "utoipa names the types of parameters in full")]

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use actix_web::web::{Bytes, Query};
use actix_web::{HttpRequest, HttpResponse, get};
use domain::fact::Position;
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use utoipa::{IntoParams, ToSchema};

use super::{Connection, POSITION, RESYNC, Watcher, looks};
use crate::actors::hub::{Missed, Place, Push, Space};
use crate::http::Engine;
use crate::http::auth::{self, Refusal};
use crate::http::problem::{Problem, ProblemBody};
use crate::http::query::Described;

const LAST: &str = "last-event-id";
/// Proxies close what is silent; a comment is no event.
const BREATH: Duration = Duration::from_secs(15);

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Since {
    /// The position that the last push carried, for clients that cannot send `Last-Event-ID`.
    position: Option<String>,
}

/// One event, as clients read it from its lines.
#[derive(Debug, ToSchema)]
#[schema(as = LiveEvent)]
#[expect(dead_code, reason = "it only describes the stream to the API's document")]
struct EventText {
    /// Its position.
    id: String,
    /// What it is called in Socket.IO; `position` where everything that was missed is told, `resync` where that is too much.
    event: String,
    /// An object in JSON, with the position in it.
    data: String,
}

/// What happens, as it happens: the events of Socket.IO's both namespaces, as far as the token goes.
///
/// Each event's `id` is its position. A client that comes back with it in `Last-Event-ID` is told what it missed, in order,
/// or `resync` where that is too much: then it reads anew what it shows.
#[utoipa::path(tag = "live", security((), ("token" = [])),
    params(Since, ("Last-Event-ID" = Option<String>, Header, description = "The position that the last event carried")),
    responses(
        (status = OK, body = EventText, content_type = "text/event-stream", description = "One after another, until somebody leaves"),
        (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    ))]
#[get("/events/stream")]
pub(super) async fn told(
    engine: Engine,
    Described(request): Described,
    from: Query<Since>,
) -> Result<HttpResponse, Problem> {
    // Before who they are is looked at, so that nothing changes unseen.
    let revoked = engine.board.revoked();
    let watcher = admit(&engine, &request).await.map_err(|why| auth::refused(&request, why))?;
    looks(&engine, &watcher).await?;
    let header = request.headers().get(LAST).map(|value| value.to_str().unwrap_or("?"));
    let last =
        header.or(from.position.as_deref()).filter(|last| !last.is_empty()).map(position).transpose()?;
    if let Some(last) = last {
        engine.board.caught_up(last).await;
    }
    if let Some(connection) = request.conn_data::<Connection>() {
        connection.watches();
    }
    let reading = Reading::begin(engine, (watcher, revoked), last);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        // nginx would keep events back until there are enough of them.
        .insert_header((HeaderName::from_static("x-accel-buffering"), "no"))
        .streaming(reading.events()))
}

async fn admit(engine: &Engine, request: &HttpRequest) -> Result<Watcher, Refusal> {
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let watcher = Watcher::admit(engine, auth::bearer(request)?, auth::is_straight(header)).await?;
    watcher.asks(engine, request)?;
    watcher.may_see(Space::Calls).or_else(|_| watcher.may_see(Space::AutoCalling))?;
    Ok(watcher)
}

fn position(text: &str) -> Result<Position, Problem> {
    text.parse().map_err(|_| Problem::parameter(POSITION, "has to be a position that an event carried"))
}

/// One stream.
struct Reading {
    engine: Engine,
    watcher: Watcher,
    place: Place,
    moved: watch::Receiver<u64>,
    revoked: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    until: Option<Instant>,
    /// What is to be said first.
    first: Option<String>,
}

impl Reading {
    fn begin(
        engine: Engine,
        (watcher, revoked): (Watcher, watch::Receiver<u64>),
        last: Option<Position>,
    ) -> Self {
        let (moved, closing) = (engine.board.moved(), engine.closing.subscribe());
        let wanted = |push: &Push| watcher.is_told(push);
        let audiences = watcher.audiences(Space::Calls);
        let (place, first) = engine
            .board
            .join(last, &audiences, wanted, |place, missed| (place, written(place, missed, true)));
        let left =
            watcher.caller.until.map(|until| (until - engine.clock.now()).to_std().unwrap_or_default());
        let until = left.and_then(|left| Instant::now().checked_add(left));
        Self { engine, watcher, place, moved, revoked, closing, until, first: Some(first) }
    }

    fn events(self) -> impl Stream<Item = Result<Bytes, actix_web::Error>> {
        stream::unfold(self, async |mut reading| {
            let text = match reading.first.take() {
                Some(first) => first,
                None => reading.next().await?,
            };
            Some((Ok(Bytes::from(text)), reading))
        })
    }

    /// None where it is over.
    async fn next(&mut self) -> Option<String> {
        loop {
            if *self.closing.borrow() || self.until.is_some_and(|until| until <= Instant::now()) {
                return None;
            }
            if self.revoked.has_changed().ok()? {
                self.revoked.mark_unchanged();
                self.judge_anew().await?;
            }
            self.moved.mark_unchanged();
            let watcher = &self.watcher;
            let (place, news) = self.engine.board.since(self.place, |push| watcher.is_told(push));
            self.place = place;
            let text = written(place, news, false);
            if !text.is_empty() {
                return Some(text);
            }
            if timeout(BREATH, self.woken()).await.is_err() {
                return Some(":\n\n".to_owned());
            }
        }
    }

    /// Until something may be different.
    async fn woken(&mut self) {
        let over = self.until.unwrap_or_else(|| Instant::now() + BREATH);
        // Whichever it is, everything is looked at again.
        tokio::select! {
            () = sleep_until(over) => {}
            _ = self.closing.wait_for(|closing| *closing) => {}
            _ = self.moved.changed() => {}
            // It is `next` that takes notice.
            _ = self.revoked.changed() => self.revoked.mark_changed(),
        }
    }

    async fn judge_anew(&mut self) -> Option<()> {
        let now = self.watcher.confirm(&self.engine, || !*self.closing.borrow()).await;
        self.watcher = now.inspect_err(|why| tracing::info!(reason = %why, "a stream is let go of")).ok()?;
        Some(())
    }
}

fn written(place: Place, missed: Missed, is_first: bool) -> String {
    let here = |event| written_one(place.position, event, &format!("{{\"position\":{}}}", place.position));
    let Missed::These(pushes) = missed else { return here(RESYNC) };
    let lines = pushes.iter().map(|push: &Arc<Push>| written_one(push.position, push.event, push.data.get()));
    let mut text: String = lines.collect();
    if is_first {
        text += &here(POSITION);
    }
    text
}

/// A push is one line: its JSON has no line breaks but in texts, where they are escaped.
fn written_one(position: Position, event: &str, data: &str) -> String {
    format!("id: {position}\nevent: {event}\ndata: {data}\n\n")
}
