//! The feed as a stream: pages of the journal one after another, the next one read when the last was taken. A reader that stops
//! taking costs one page of memory, and misses nothing.

use std::collections::VecDeque;
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use domain::disclosure::Way;
use domain::fact::Position;
use futures_util::stream::{self, Stream};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::asked::{Asked, Form};
use super::{LOOK_AGAIN, Reader, looked};
use crate::dispatch::feed::{Line, Wanted};
use crate::http::Engine;
use crate::http::disclosing::Reading;
use crate::http::live::Connection;
use crate::http::problem::{Code, Problem};

/// Events of one page.
const PAGE: usize = 256;
/// What is handed over at once; the connection holds about as much again.
const PIECE_BYTES: usize = 64 << 10;
/// Proxies close what is silent, and a reader wants to know that it has missed nothing.
const BREATH: Duration = Duration::from_secs(15);

pub(super) fn begin(
    engine: Engine,
    reader: Reader,
    (looking, request): (Reading, &HttpRequest),
    (asked, form): (Asked, Form),
) -> Result<HttpResponse, Problem> {
    let Ok(place) = engine.feeds.clone().try_acquire_owned() else {
        return Err(Problem::new(Code::Busy, "too many streams are being read; poll instead, or come back"));
    };
    if let Some(connection) = request.conn_data::<Connection>() {
        connection.watches();
    }
    let feeding = Feeding::new(engine, (reader, looking), (asked, form), place);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, form.media_type()))
        .insert_header((CACHE_CONTROL, "no-store"))
        // nginx would keep events back until there are enough of them.
        .insert_header((HeaderName::from_static("x-accel-buffering"), "no"))
        .streaming(feeding.pieces()))
}

/// One stream.
struct Feeding {
    engine: Engine,
    reader: Reader,
    looking: Reading,
    wanted: Wanted,
    form: Form,
    /// What was read and not handed over yet.
    lines: VecDeque<Line>,
    next: Position,
    head: watch::Receiver<Position>,
    closing: watch::Receiver<bool>,
    until: Option<Instant>,
    spoke: Instant,
    _place: OwnedSemaphorePermit,
}

impl Feeding {
    fn new(
        engine: Engine,
        (reader, looking): (Reader, Reading),
        (asked, form): (Asked, Form),
        place: OwnedSemaphorePermit,
    ) -> Self {
        let (head, closing) = (engine.dispatch.head_moving(), engine.closing.subscribe());
        let left =
            reader.caller().until.map(|until| (until - engine.clock.now()).to_std().unwrap_or_default());
        let until = left.and_then(|left| Instant::now().checked_add(left));
        Self {
            engine,
            reader,
            looking,
            wanted: asked.wanted,
            form,
            lines: VecDeque::new(),
            next: asked.from,
            head,
            closing,
            until,
            spoke: Instant::now(),
            _place: place,
        }
    }

    fn pieces(self) -> impl Stream<Item = Result<Bytes, actix_web::Error>> {
        stream::unfold(self, async |mut feeding| {
            let piece = feeding.piece().await?;
            feeding.spoke = Instant::now();
            Some((Ok(Bytes::from(piece)), feeding))
        })
    }

    /// None where it is over.
    async fn piece(&mut self) -> Option<String> {
        loop {
            if *self.closing.borrow() || self.until.is_some_and(|until| until <= Instant::now()) {
                return None;
            }
            if !self.lines.is_empty() {
                return Some(self.taken());
            }
            self.judge_anew().await?;
            self.head.mark_unchanged();
            let caught_up = self.read().await?;
            if self.lines.is_empty() && self.spoke.elapsed() >= BREATH {
                return Some(self.heartbeat());
            }
            if self.lines.is_empty() && caught_up {
                self.woken().await;
            }
        }
    }

    async fn judge_anew(&mut self) -> Option<()> {
        let closing = self.closing.clone();
        let judged = self.reader.still(&self.engine, self.wanted.clear, || !*closing.borrow()).await;
        judged.inspect_err(|why| tracing::info!(reason = %why, "a reader of the feed is let go of")).ok()
    }

    /// The next page; true where there is none after it.
    async fn read(&mut self) -> Option<bool> {
        let who = (self.reader.caller(), &self.looking, Way::Listed);
        let page = looked(&self.engine, who, &self.wanted, (self.next, PAGE)).await;
        let page =
            page.inspect_err(|why| tracing::warn!(cause = %why, "a stream of the feed breaks off")).ok()?;
        self.next = page.next;
        let caught_up = page.behind() == 0;
        self.lines.extend(page.lines);
        Some(caught_up)
    }

    /// Until something may be different, or it is time for a heartbeat.
    async fn woken(&mut self) {
        let breath = self.spoke + BREATH;
        let over = self.until.map_or(breath, |until| until.min(breath));
        // Whichever it is, everything is looked at again.
        tokio::select! {
            () = sleep_until(over) => {}
            _ = self.closing.wait_for(|closing| *closing) => {}
            _ = self.head.changed() => sleep(LOOK_AGAIN).await,
            // It is the next look that takes notice.
            _ = self.reader.revoked().changed() => self.reader.revoked().mark_changed(),
        }
    }

    fn taken(&mut self) -> String {
        let mut piece = String::new();
        while piece.len() < PIECE_BYTES
            && let Some(line) = self.lines.pop_front()
        {
            match self.form {
                Form::Lines => piece += &line.text,
                Form::Events => {
                    piece.extend(["id: ", &line.position.to_string(), "\ndata: ", &line.text, "\n"]);
                }
            }
            piece.push('\n');
        }
        piece
    }

    /// Where the reader stands, though nothing came for it.
    fn heartbeat(&self) -> String {
        let (next, head) = (self.next, (*self.head.borrow()).max(self.next - 1));
        let told = format!("{{\"heartbeat\":true,\"nextPosition\":{next},\"head\":{head}}}");
        match self.form {
            Form::Lines => format!("{told}\n"),
            Form::Events => format!("id: {}\nevent: heartbeat\ndata: {told}\n\n", next - 1),
        }
    }
}
