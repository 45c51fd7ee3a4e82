//! The journal for programs outside: an organization's events in the order of their positions, by page, by long poll or as a stream.
//! Nothing is queued for a reader: what it did not take yet stands in the journal, and is read when it has taken what came before.

mod asked;
mod reader;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::HeaderValue;
use actix_web::web::Query;
use actix_web::{HttpResponse, get};
use domain::disclosure::{Kind, Way};
use domain::fact::Position;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, sleep_until};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::auth::Caller;
use super::disclosing::{EVENTS, Reading};
use super::problem::{Problem, ProblemBody};
use super::query::Described;
use super::{Engine, edge};
use crate::dispatch::feed::{Page, Wanted};
use asked::{Asked, Follow, Part};
pub(super) use reader::Reader;

/// Streams that this node keeps up at once: each holds a page.
const FEEDS_MAX: usize = 64;
/// The journal is looked at this often at most, however much is recorded.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(events);
}

pub(super) fn bound() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(FEEDS_MAX))
}

/// An event as it was recorded.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FeedEvent)]
struct EventView {
    /// Its place in the journal.
    position: u64,
    #[schema(format = DateTime)]
    recorded_at: String,
    /// When it happened, as the far end said.
    #[schema(format = DateTime)]
    occurred_at: String,
    #[schema(example = "call")]
    kind: String,
    #[schema(example = "reported")]
    r#type: String,
    version: String,
    stream: String,
    /// Its place in its stream.
    sequence: u64,
    organization: String,
    /// A user, a key, a policy or the webhook.
    actor: String,
    /// The request that all of this began with; empty where none did.
    correlation: String,
    /// The event or effect that led here directly; empty where that is the request itself.
    causation: String,
    /// In the journal's own names. Hashes are masked. What belongs to a person is `<key>.<ciphertext>`; with `clear=true` it is in
    /// clear, and null where the person was forgotten.
    #[schema(value_type = Object)]
    payload: Value,
}

/// The organization's events in the order of their positions, for programs that keep figures of their own: docs/own-projection.md.
///
/// `X-Next-Position` is where to go on, also where a page is empty because what was recorded meanwhile is others'; `X-Position` is where
/// the journal ended and `X-Behind` how much of it was not looked at yet. A page has at most `limit` events, and ends sooner after 1 MiB
/// or 8,192 events of anybody's. As a stream it is `application/x-ndjson`, or `text/event-stream` where that is accepted, with each
/// event's position as its id; when nothing happens a heartbeat says every 15 seconds where the reader stands.
///
/// For auditors, managers and admins; `clear=true` is for auditors and admins, and it is recorded that they looked.
#[utoipa::path(tag = "events", security(("token" = [])),
    params(Part, ("Last-Event-ID" = Option<String>, Header, description = "Of a stream: the position of the last event that came")),
    responses(
        (status = OK, body = Vec<EventView>, headers(
            ("X-Next-Position" = u64, description = "Where to go on"),
            ("X-Position" = u64, description = "Where the journal ended"),
            ("X-Behind" = u64, description = "Positions that were not looked at yet"),
        )),
        (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
        (status = FORBIDDEN, body = ProblemBody, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
        (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
    ))]
#[get("/events")]
async fn events(
    engine: Engine,
    reader: Reader,
    (request, looking): (Described, Reading),
    part: Query<Part>,
) -> Result<HttpResponse, Problem> {
    let asked = Asked::read(&engine, &reader, &request.0, &part).await?;
    match asked.follow {
        Follow::Stream(form) => stream::begin(engine, reader, (looking, &request.0), (asked, form)),
        Follow::None => page(&engine, &reader, &looking, &asked, None).await,
        Follow::Poll(wait) => {
            let until = Instant::now().checked_add(wait);
            page(&engine, &reader, &looking, &asked, until).await
        }
    }
}

/// The page, or where it is empty and there is time: the first that is not.
async fn page(
    engine: &Engine,
    reader: &Reader,
    looking: &Reading,
    asked: &Asked,
    until: Option<Instant>,
) -> Result<HttpResponse, Problem> {
    let (mut head, mut closing) = (engine.dispatch.head_moving(), engine.closing.subscribe());
    let (mut from, caller) = (asked.from, reader.caller());
    loop {
        head.mark_unchanged();
        let way = if until.is_none() { Way::Copied } else { Way::Listed };
        let page = looked(engine, (caller, looking, way), &asked.wanted, (from, asked.limit)).await?;
        let over = until.is_none_or(|until| until <= Instant::now()) || *closing.borrow();
        if over || !page.lines.is_empty() {
            return Ok(answer(&page));
        }
        from = page.next;
        if page.behind() == 0 {
            // Whichever it is, everything is looked at again.
            tokio::select! {
                () = sleep_until(until.unwrap_or_else(Instant::now)) => {}
                _ = closing.wait_for(|closing| *closing) => {}
                // A journal that ended is told by the next look.
                _ = head.changed() => sleep(LOOK_AGAIN).await,
            }
        }
    }
}

/// A page, once it is written down who is shown it. One that is asked for is taken away, and written down each time; of whoever follows
/// what happens that they do.
async fn looked(
    engine: &Engine,
    (caller, looking, way): (&Caller, &Reading, Way),
    wanted: &Wanted,
    (from, limit): (Position, usize),
) -> Result<Page, Problem> {
    let page = engine.dispatch.feed(wanted, from, limit).await?;
    if page.personal {
        looking.discloses(engine, caller, (way, Kind::Export, EVENTS)).await?;
    }
    Ok(page)
}

fn answer(page: &Page) -> HttpResponse {
    let lines: Vec<&str> = page.lines.iter().map(|line| line.text.as_str()).collect();
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((edge::NEXT_POSITION, HeaderValue::from(page.next)))
        .insert_header((edge::POSITION, HeaderValue::from(page.head)))
        .insert_header((edge::BEHIND, HeaderValue::from(page.behind())))
        .body(format!("[{}]", lines.join(",")))
}
