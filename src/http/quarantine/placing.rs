//! Placing what was held: its body is understood again and recorded the webhook's own way, and only then it is marked as bound.
//! A crash in between leaves it held, and placing it again finds the report stored already: that is a repetition, which harms nothing.
//! Only within the caller's organization, and one person after another in this process.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::HeaderValue;
use domain::access::Role;
use domain::fact::{Circumstances, Position};
use domain::ids::{SessionId, StreamId};
use domain::quarantine::{Command, Error};
use futures_util::StreamExt;
use futures_util::stream;
use projections::projection::Projection;
use projections::quarantine::{self, HeldLine, HeldRow, Part, Quarantine, State};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::unknown;
use crate::dispatch::Meta;
use crate::http::Engine;
use crate::http::auth::Caller;
use crate::http::edge::{self, RequestId};
use crate::http::problem::{Code, Problem};
use crate::http::results::{self, Recorded, ResultView};
use crate::http::sessions::{self, Home, Standing};

/// Held reports looked at in one request.
const LOOKED_AT_MAX: u32 = 1_000;
/// Of these so many are placed at once, so that they share commits.
const AT_ONCE: usize = 16;

/// Where a held report went.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PlacedReport)]
pub(super) struct PlacedView<'a> {
    id: Uuid,
    state: &'static str,
    bound_to: &'a str,
    /// As it is stored; null where it had been bound there before.
    result: Option<ResultView<'a>>,
}

/// What became of many.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReplayedReports)]
pub(super) struct Replayed {
    looked_at: u32,
    /// Stored in their sessions and no longer held.
    placed: u32,
    /// Of those, the ones that the session had heard before.
    duplicates: u32,
    /// Looked at and still held, by the code of the problem.
    still_held: BTreeMap<&'static str, u32>,
    /// There are more; null where all were looked at.
    #[schema(value_type = Option<u64>)]
    next_cursor: Option<Position>,
}

/// Somebody who may place reports.
pub(super) struct Placing<'a> {
    engine: &'a Engine,
    caller: Caller,
    request: RequestId,
}

/// A report that was placed, now or before.
struct Placed {
    recorded: Option<Recorded>,
    position: Position,
}

impl<'a> Placing<'a> {
    pub(super) fn try_new(engine: &'a Engine, caller: Caller, request: RequestId) -> Result<Self, Problem> {
        caller.require(Role::Operator)?;
        Ok(Self { engine, caller, request })
    }

    pub(super) async fn bind(&self, id: Uuid, session: &str) -> Result<HttpResponse, Problem> {
        let _turn = self.engine.placing.lock().await;
        let row = self.held(id).await?;
        let home = self.home(session).await?;
        self.answer(&row, &home).await
    }

    pub(super) async fn replay(&self, id: Uuid) -> Result<HttpResponse, Problem> {
        let _turn = self.engine.placing.lock().await;
        let row = self.held(id).await?;
        // Whoever bound it said where it belongs.
        let home = self.home(row.bound_to.as_ref().unwrap_or(&row.session)).await?;
        self.answer(&row, &home).await
    }

    pub(super) async fn discard(&self, id: Uuid, reason: Option<String>) -> Result<HttpResponse, Problem> {
        let _turn = self.engine.placing.lock().await;
        let position = self.tell(id, Command::Discard { reason, at: self.engine.clock.now() }).await?;
        let answer = serde_json::json!({ "id": id, "state": State::Discarded.as_str() });
        Ok(HttpResponse::Ok().insert_header((edge::POSITION, position)).json(answer))
    }

    /// Everything that can be placed now, from `after` on.
    pub(super) async fn replay_all(
        &self,
        session: Option<&str>,
        after: Position,
    ) -> Result<HttpResponse, Problem> {
        let _turn = self.engine.placing.lock().await;
        self.caught_up().await?;
        let part = Part { state: State::Held, session, after, limit: LOOKED_AT_MAX };
        let lines = quarantine::list(&self.engine.screens, &self.caller.organization, part).await?;
        let looked_at = u32::try_from(lines.len()).unwrap_or(LOOKED_AT_MAX);
        let last = lines.last().filter(|_| looked_at == LOOKED_AT_MAX).map(|line| line.position);
        let mut replayed = Replayed { looked_at, next_cursor: last, ..Replayed::default() };
        let homes = self.homes(&lines).await;
        let mut outcomes =
            stream::iter(&lines).map(|line| self.replay_one(line, &homes)).buffer_unordered(AT_ONCE);
        while let Some(outcome) = outcomes.next().await {
            replayed.count(outcome);
        }
        let mut answer = HttpResponse::Ok();
        answer.insert_header((edge::POSITION, HeaderValue::from(self.engine.dispatch.position())));
        Ok(answer.json(replayed))
    }

    async fn replay_one(&self, line: &HeldLine, homes: &Homes<'_>) -> Result<Placed, Code> {
        let home = homes.get(line.session.as_str()).cloned().unwrap_or(Err(Code::SessionUnknown))?;
        let row = quarantine::find(&self.engine.screens, &self.caller.organization, line.id).await;
        let row = row.map_err(Problem::from).and_then(|row| row.ok_or_else(unknown));
        let placed = match row {
            Ok(row) => self.place(&row, &home).await,
            Err(problem) => Err(problem),
        };
        placed.map_err(|problem| problem.code())
    }

    /// Each session that is named, once.
    async fn homes<'l>(&self, lines: &'l [HeldLine]) -> Homes<'l> {
        let mut homes = Homes::new();
        for line in lines {
            if !homes.contains_key(line.session.as_str()) {
                let home = self.home(&line.session).await.map_err(|problem| problem.code());
                homes.insert(&line.session, home);
            }
        }
        homes
    }

    /// A session of the caller's own organization.
    async fn home(&self, session: &str) -> Result<Arc<Home>, Problem> {
        match self.engine.known.find(self.engine, session, Some(&self.caller.organization)).await? {
            Standing::Known(home) => Ok(home),
            Standing::Foreign | Standing::Unknown => Err(sessions::unknown()),
            Standing::Unsure => {
                Err(Problem::new(Code::ScreensBehind, "the session may be too new to be seen; try again"))
            }
        }
    }

    /// As it stands now: what the screen has not heard yet could have been placed elsewhere.
    async fn held(&self, id: Uuid) -> Result<HeldRow, Problem> {
        self.caught_up().await?;
        let row = quarantine::find(&self.engine.screens, &self.caller.organization, id).await?;
        row.ok_or_else(unknown)
    }

    async fn caught_up(&self) -> Result<(), Problem> {
        let (engine, target) = (self.engine, self.engine.dispatch.position());
        let fresh = engine.screens.wait(Quarantine::NAME, target, engine.options.read_wait).await;
        if fresh.behind > 0 {
            let detail = "what became of held reports cannot be seen yet; nothing was done";
            return Err(Problem::new(Code::ScreensBehind, detail));
        }
        Ok(())
    }

    async fn place(&self, row: &HeldRow, home: &Home) -> Result<Placed, Problem> {
        match (row.state, &row.bound_to) {
            (State::Held, _) => {}
            (State::Discarded, _) => return Err(Error::Discarded.into()),
            (State::Bound, bound) if bound.as_deref() == Some(home.session.as_str()) => {
                return Ok(Placed { recorded: None, position: self.engine.dispatch.position() });
            }
            (State::Bound, bound) => {
                let session = SessionId::parse(bound.as_deref().unwrap_or_default())?;
                return Err(Error::Bound { session }.into());
            }
        }
        let unread = |detail: String| Problem::new(Code::QuarantineUnread, detail);
        let json =
            row.body.as_deref().ok_or_else(|| unread("the person it is about was forgotten".into()))?;
        let said = results::read(self.engine, json.as_bytes());
        let said = said.map_err(|why| unread(format!("its body is no report any more: {why}")))?;
        let recorded = results::record(self.engine, home, said, self.meta(row.id.to_string())).await?;
        let bind = Command::Bind { session: home.session.clone(), at: self.engine.clock.now() };
        let position = self.tell(row.id, bind).await?;
        Ok(Placed { recorded: Some(recorded), position })
    }

    async fn answer(&self, row: &HeldRow, home: &Home) -> Result<HttpResponse, Problem> {
        let placed = self.place(row, home).await?;
        let result = placed.recorded.as_ref().map(|recorded| recorded.view(home)).transpose()?;
        let (state, bound_to) = (State::Bound.as_str(), home.session.as_str());
        let mut answer = HttpResponse::Ok();
        answer.insert_header((edge::POSITION, HeaderValue::from(placed.position)));
        sessions::json(answer, &PlacedView { id: row.id, state, bound_to, result })
    }

    async fn tell(&self, id: Uuid, command: Command) -> Result<Position, Problem> {
        let stream = StreamId::quarantine(&self.caller.organization, id);
        let done = self.engine.dispatch.quarantine(stream, None, command, self.meta(String::new())).await?;
        Ok(done.position)
    }

    fn meta(&self, causation: String) -> Meta {
        let known = self.request.circumstances(&self.caller.organization, &self.caller.actor);
        let circumstances = Circumstances { causation, ..known };
        Meta { circumstances: Arc::new(circumstances), command: None }
    }
}

/// Where the sessions that held reports name are at home, or why that cannot be said.
type Homes<'l> = BTreeMap<&'l str, Result<Arc<Home>, Code>>;

impl Replayed {
    fn count(&mut self, outcome: Result<Placed, Code>) {
        match outcome {
            Ok(placed) => {
                self.placed += 1;
                self.duplicates += u32::from(placed.recorded.is_some_and(|recorded| !recorded.changed()));
            }
            Err(code) => *self.still_held.entry(code.slug()).or_default() += 1,
        }
    }
}
