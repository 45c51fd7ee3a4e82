//! Starting the calls: a session is opened, and the answer waits for what the remote host says, as long as one is willing to.
//! Who runs the remote command is not here: an effect does, and the session's screen tells how it went.

use std::fmt::Write as _;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post};
use domain::fact::{Circumstances, Position};
use domain::ids::{SessionId, StreamId};
use domain::session::{Command, Remote};
use futures_util::future::{Either, select};
use projections::Freshness;
use projections::projection::Projection;
use projections::session_stats::{self, SessionRow, SessionStats, Status};
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Engine;
use super::auth::Calls;
use super::edge::{self, RequestId};
use super::problem::{Code, Problem, ProblemBody};
use super::sessions::Home;
use crate::config::Role;
use crate::dispatch::Meta;

/// Starts that may wait at once.
const STARTS_MAX: usize = 64;
/// A start is waited for at least so long, however short the wait for its command is: clients that have seen PENDING never ask again.
const LAUNCH_WAIT_MIN: Duration = Duration::from_secs(5);
/// A waiting start looks at its session this often at most, however much else is going on.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
const STARTED: &str = "Remote process started.";

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(start);
}

pub(super) fn bound() -> Semaphore {
    Semaphore::new(STARTS_MAX)
}

/// What became of the start. `code` is null while the remote command is still running.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Started<'a> {
    ok: bool,
    message: &'a str,
    session_id: &'a str,
    stdout: &'a str,
    stderr: &'a str,
    code: Option<i64>,
    signal: Option<&'a str>,
    /// Present where nobody real is rung.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    simulated: bool,
}

/// Opens a session and runs the remote command for it. No body is needed.
#[utoipa::path(tag = "calls", responses(
    (status = OK, body = Started<'_>, description = "`ok` is false where the remote command ended badly"),
    (status = BAD_GATEWAY, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
    (status = GATEWAY_TIMEOUT, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/calls/start")]
async fn start(engine: Engine, caller: Calls, id: RequestId) -> Result<HttpResponse, Problem> {
    caller.0.require(Role::Operator)?;
    let full = |_| Problem::new(Code::Busy, "too many starts are waiting; nothing was started");
    let _place = engine.starts.try_acquire().map_err(full)?;
    let opened = open(&engine, &caller, &id).await?;
    let (row, position) = wait(&engine, &opened).await?;
    answer(&engine, &opened.home, row.as_deref(), position)
}

struct Opened {
    home: Arc<Home>,
    position: Position,
}

async fn open(engine: &Engine, caller: &Calls, id: &RequestId) -> Result<Opened, Problem> {
    let (organization, at) = (caller.0.organization.clone(), engine.clock.now());
    let session = SessionId::parse(&name(engine, at.timestamp_millis()))?;
    let command = Command::Open { id: engine.ids.uuid(), remote: engine.options.remote, at };
    let circumstances = Circumstances {
        organization: organization.to_string(),
        actor: caller.0.actor.clone(),
        correlation: id.as_str().to_owned(),
        causation: String::new(),
    };
    let meta = Meta { circumstances: Arc::new(circumstances), command: None };
    let opened = engine.dispatch.session(StreamId::session(&organization, &session), command, meta).await;
    // Where nobody knows whether it was stored, the name lets one look before starting again.
    let done =
        opened.map_err(|why| Problem::from(why).with("ok", false).with("sessionId", session.as_str()))?;
    let home = engine.known.learn(Home { organization, session });
    Ok(Opened { home, position: done.position })
}

/// `session-<unix ms>-<6 base36>`. Each of the six comes from a byte of its own, which is random enough to tell two of one millisecond apart.
fn name(engine: &Engine, millis: i64) -> String {
    let mut bytes = [0; 6];
    engine.ids.fill(&mut bytes);
    let mut name = format!("session-{millis}-");
    for byte in bytes {
        let digit = char::from_digit(u32::from(byte) % 36, 36).unwrap_or('0');
        // Writing to a string cannot fail.
        let _ = name.write_char(digit);
    }
    name
}

/// Until when one waits.
struct Patience {
    /// For the start.
    launch: Instant,
    /// For the end of the remote command.
    end: Instant,
}

impl Patience {
    fn from_now(start_wait: Duration) -> Self {
        let now = Instant::now();
        Self { launch: now + start_wait.max(LAUNCH_WAIT_MIN), end: now + start_wait }
    }

    fn until(&self, row: Option<&SessionRow>) -> Instant {
        if row.is_none_or(|row| row.status == Status::Pending) { self.launch } else { self.end }
    }
}

/// The session's row once the remote command has come back, or the row as it is when the time is over or the doors are closed.
async fn wait(engine: &Engine, opened: &Opened) -> Result<(Option<Arc<SessionRow>>, Position), Problem> {
    let patience = Patience::from_now(engine.options.start_wait);
    let (mut target, mut until) = (opened.position, patience.launch);
    loop {
        let fresh = screen(engine, target, until).await;
        let Home { organization, session } = &*opened.home;
        let row =
            session_stats::find(&engine.screens, organization.as_str(), session.as_str(), fresh.position)
                .await?;
        until = patience.until(row.as_deref());
        let settled = row.as_ref().is_some_and(|row| row.status.ended() || row.exit_stdout.is_some());
        if settled || Instant::now() >= until || *engine.closing.borrow() {
            return Ok((row, fresh.position));
        }
        // Whatever happens next comes after what was seen. Under load that is at once, hence the pause.
        target = fresh.position + 1;
        tokio::time::sleep_until(until.min(Instant::now() + LOOK_AGAIN)).await;
    }
}

/// The screen when it shows `target`, or as it is when the time is over or the doors are closed.
async fn screen(engine: &Engine, target: Position, until: Instant) -> Freshness {
    let mut closing = engine.closing.subscribe();
    let closed = pin!(async { closing.wait_for(|closed| *closed).await.is_ok() });
    let left = until.saturating_duration_since(Instant::now());
    let shown = pin!(engine.screens.wait(SessionStats::NAME, target, left));
    match select(shown, closed).await {
        Either::Left((fresh, _)) => fresh,
        Either::Right(_) => engine.screens.wait(SessionStats::NAME, target, Duration::ZERO).await,
    }
}

fn answer(
    engine: &Engine,
    home: &Home,
    row: Option<&SessionRow>,
    position: Position,
) -> Result<HttpResponse, Problem> {
    let session = home.session.as_str();
    let Some(row) = row.filter(|row| row.status != Status::Pending) else {
        let detail =
            "the session is open and its start is under way; do not start again, look at the session";
        return Err(Problem::new(Code::StartUnconfirmed, detail)
            .with("ok", false)
            .with("sessionId", session));
    };
    let failed = row.status == Status::Failed;
    let message = row.error_message.as_deref().filter(|_| failed).unwrap_or(STARTED);
    if failed && row.exit_stdout.is_none() {
        let problem = Problem::new(Code::RemoteUnreachable, message.to_owned());
        return Err(problem.with("ok", false).with("sessionId", session));
    }
    let started = Started {
        ok: !failed,
        message,
        session_id: session,
        stdout: row.exit_stdout.as_deref().unwrap_or(""),
        stderr: row.exit_stderr.as_deref().unwrap_or(""),
        code: row.exit_code,
        signal: row.exit_signal.as_deref(),
        simulated: engine.options.remote == Remote::Simulated,
    };
    let mut answer = HttpResponse::build(StatusCode::OK);
    Ok(answer.insert_header((edge::POSITION, position)).json(started))
}
