//! Starting the calls: the remote host is taken, a session is opened with its list, and the answer waits for what the remote host says, as long as one is willing to.
//! Who runs the remote command is not here: an effect does, and the session's screen tells how it went.

mod pinned;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse, post};
use domain::access::Role;
use domain::fact::{Circumstances, Position};
use domain::ids::{Organization, SessionId, StreamId};
use domain::remote::Holder;
use domain::session::{Command, Pinned};
use projections::projection::Projection;
use projections::session_stats::{self, SessionRow, SessionStats, Status};
use serde::{Deserialize as _, Serialize};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tracing::Instrument as _;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::auth::Calls;
use super::edge::{self, RequestId};
use super::problem::{Code, Problem, ProblemBody};
use super::repeat::{Key, Named};
use super::sessions::{Home, Standing};
use super::{Engine, body, json, wait};
use crate::dispatch::far_ends::Ends;
use crate::dispatch::named::Earlier;
use crate::dispatch::remote::Refusal;
use crate::dispatch::{CommandId, Failure, Meta};
use pinned::{Asked, Body};

/// Starts that may wait at once.
const STARTS_MAX: usize = 64;
/// A start is waited for at least so long, however short the wait for its command is: clients that have seen PENDING never ask again.
const LAUNCH_WAIT_MIN: Duration = Duration::from_secs(5);
/// A list on its way to the remote host is looked at this often.
const HELD_AGAIN: Duration = Duration::from_millis(100);
/// A larger body is no start.
const BODY_LEN_MAX: usize = 64 << 10;
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
#[utoipa::path(tag = "calls", security((), ("token" = [])), params(Key), request_body(content = Option<Body>, content_type = "application/json"), responses(
    (status = OK, body = Started<'_>, description = "`ok` is false where the remote command ended badly"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json", description = "No such upload or session"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json",
        description = "A session runs on the remote host (`sessionId` says which), or there is nothing to retry"),
    (status = BAD_GATEWAY, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
    (status = GATEWAY_TIMEOUT, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/calls/start")]
async fn start(
    engine: Engine,
    caller: Calls,
    id: RequestId,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    // Clients read `sessionId` without looking at anything else, so that it is there whatever went wrong.
    let told = |problem: Problem| problem.or("ok", false).or("sessionId", Value::Null);
    begin(engine, caller, id, (request, payload)).await.map_err(told)
}

async fn begin(
    engine: Engine,
    caller: Calls,
    id: RequestId,
    (request, payload): (HttpRequest, Payload),
) -> Result<HttpResponse, Problem> {
    caller.0.require(Role::Operator)?;
    let full = |_| Problem::new(Code::Busy, "too many starts are waiting; nothing was started");
    let _place = engine.starts.try_acquire().map_err(full)?;
    let body = body::read(&request, payload, BODY_LEN_MAX).await?;
    let (asked, organization) = (asked(&body)?, &caller.0.organization);
    let whole = String::from_utf8_lossy(body.trim_ascii());
    let named = Named::begin(&engine, organization, &request, &whole).await?;
    let opened = if let Some(earlier) = &named.earlier {
        again(&engine, organization, earlier).await?
    } else {
        // On its own, so that a client that goes away leaves no half of it: a host that is taken for a session that is never opened.
        let (opening, command) = (engine.clone(), named.command.clone());
        let opening = async move { open(&opening, &caller, (&id, command), &asked).await };
        let opened = actix_web::rt::spawn(opening.in_current_span());
        let broke = |why| Problem::new(Code::Internal, "see the log").because(why);
        opened.await.map_err(broke)??
    };
    let (row, position) = settled(&engine, &opened).await?;
    answer(&opened.home, row.as_deref(), position)
}

/// Clients send no body, an empty one, null or an object. What is not understood must not dial a whole list by mistake.
fn asked(bytes: &[u8]) -> Result<Body, Problem> {
    if matches!(bytes.trim_ascii(), b"" | b"null") {
        return Ok(Body::default());
    }
    let told = Value::Object(json::object(bytes)?);
    Body::deserialize(told).map_err(|_| {
        Problem::new(
            Code::BadJson,
            "the body has to be an object with uploadId, or with retryOf and statuses, or empty",
        )
    })
}

struct Opened {
    home: Arc<Home>,
    position: Position,
}

/// The session that was opened under the same name.
async fn again(engine: &Engine, organization: &Organization, earlier: &Earlier) -> Result<Opened, Problem> {
    let stream = earlier.stream.as_ref().and_then(|stream| stream.as_str().split_once('/'));
    let session = stream.map_or("", |(_, session)| session);
    match engine.known.find(engine, session, Some(organization)).await? {
        Standing::Known(home) => Ok(Opened { home, position: earlier.position }),
        Standing::Foreign | Standing::Unknown | Standing::Unsure => {
            Err(Problem::new(Code::ScreensBehind, "the session is open, but not shown yet")
                .with("ok", false)
                .with("sessionId", session))
        }
    }
}

async fn open(
    engine: &Engine,
    caller: &Calls,
    (id, command): (&RequestId, Option<CommandId>),
    body: &Body,
) -> Result<Opened, Problem> {
    let organization = caller.0.organization.clone();
    let circumstances = Arc::new(id.circumstances(&organization, &caller.0.actor));
    let at = engine.clock.now();
    let session = SessionId::parse(&name(engine, at.timestamp_millis()))?;
    let holder = Holder::Session { organization: organization.clone(), session: session.clone() };
    let ends = engine.ends.of(&organization).await.map_err(|why| Problem::from(why).with("ok", false))?;
    take_remote(engine, &ends, &holder, &circumstances).await?;
    let asked = Asked { engine, caller: &caller.0, circumstances: &circumstances };
    let opened = match asked.list(body).await {
        Ok(list) => {
            let meta = Meta { circumstances: Arc::clone(&circumstances), command };
            let home = Home { organization, session, list: None };
            store(engine, &ends, home, list, meta).await
        }
        Err(why) => Err((why, true)),
    };
    match opened {
        Ok(opened) => Ok(opened),
        Err((why, nothing_stored)) => {
            if nothing_stored {
                let (host, now) = (&ends.host, engine.clock.now());
                engine.dispatch.release_remote(host, holder, &circumstances, now).await;
            }
            Err(why)
        }
    }
}

/// Fails with whether it is certain that no session was opened.
async fn store(
    engine: &Engine,
    ends: &Ends,
    home: Home,
    list: Option<Pinned>,
    meta: Meta,
) -> Result<Opened, (Problem, bool)> {
    let command = Command::Open {
        id: engine.ids.uuid(),
        remote: ends.remote.kind(),
        list,
        completion: engine.options.completion,
        at: engine.clock.now(),
    };
    let stream = StreamId::session(&home.organization, &home.session);
    match engine.dispatch.session(stream, command, meta).await {
        Ok(done) => {
            let home = engine.known.learn(Home { list: list.map(|list| list.id), ..home });
            Ok(Opened { home, position: done.position })
        }
        Err(why) => {
            let certain = !matches!(why, Failure::Unavailable(_));
            // Where nobody knows whether it was stored, the name lets one look before starting again.
            let named = Problem::from(why).with("ok", false).with("sessionId", home.session.as_str());
            Err((named, certain))
        }
    }
}

/// One list is dialled at a time. A list that is just being put there is waited for, be it that of a session which is over by now.
/// A session that runs is not.
async fn take_remote(
    engine: &Engine,
    ends: &Ends,
    holder: &Holder,
    circumstances: &Arc<Circumstances>,
) -> Result<(), Problem> {
    if engine.options.parallel {
        return Ok(());
    }
    let Holder::Session { organization, .. } = holder else { return Ok(()) };
    let until = Instant::now() + engine.options.start_wait;
    loop {
        let (host, now) = (&ends.host, engine.clock.now());
        match engine.dispatch.take_remote(host, holder.clone(), circumstances, now).await {
            Ok(()) => return Ok(()),
            Err(Refusal::Failed(why)) => return Err(Problem::from(why).with("ok", false)),
            Err(Refusal::Held { organization: theirs, session }) => {
                let detail = "a session runs on the remote host; close it, or wait until it is over";
                let busy = Problem::new(Code::RemoteInUse, detail).with("ok", false);
                let ours = theirs == *organization;
                return Err(if ours { busy.with("sessionId", session.as_str()) } else { busy });
            }
            Err(Refusal::Passing) => {}
        }
        if Instant::now() >= until || *engine.closing.borrow() {
            let detail = "a list is being put on the remote host";
            return Err(Problem::new(Code::RemoteInUse, detail).with("ok", false));
        }
        tokio::time::sleep(HELD_AGAIN).await;
    }
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
async fn settled(engine: &Engine, opened: &Opened) -> Result<(Option<Arc<SessionRow>>, Position), Problem> {
    let patience = Patience::from_now(engine.options.start_wait);
    let Home { organization, session, .. } = &*opened.home;
    let look = async |position| {
        let row =
            session_stats::find(&engine.screens, organization.as_str(), session.as_str(), position).await?;
        let settled = row.as_ref().is_some_and(|row| row.status.ended() || row.exit_stdout.is_some());
        let until = (!settled).then(|| patience.until(row.as_deref()));
        Ok((row, until))
    };
    let from = (opened.position, patience.launch);
    let (row, fresh) = wait::until(engine, SessionStats::NAME, from, look).await?;
    Ok((row, fresh.position))
}

fn answer(home: &Home, row: Option<&SessionRow>, position: Position) -> Result<HttpResponse, Problem> {
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
        simulated: row.is_simulated(),
    };
    let mut answer = HttpResponse::build(StatusCode::OK);
    Ok(answer.insert_header((edge::POSITION, position)).json(started))
}
