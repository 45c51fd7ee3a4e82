//! Which numbers a start is about: the list that it names, an earlier session's unreached, or the latest that was uploaded.

use std::collections::HashMap;
use std::sync::Arc;

use domain::fact::Circumstances;
use domain::ids::{Organization, SessionId, StreamId};
use domain::number_list::{CHUNK_LEN_MAX, Chunk, Command, Counts, Line, Origin, Verdict};
use domain::outcome::CallStatus;
use domain::phone::Phone;
use domain::session::Pinned;
use projections::call_history::{self, CallHistory, Part};
use projections::number_lists::{self, ListRow, NumberLists};
use projections::projection::Projection;
use projections::session_stats::{self, SessionRow, SessionStats};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::dispatch::Meta;
use crate::http::auth::Caller;
use crate::http::problem::{Code, Problem};
use crate::http::{Engine, sessions, uploads};

/// Results read at a time.
const PAGE: u32 = 2_000;
/// Numbers that nothing was heard of, beside the documented statuses.
const UNREPORTED: &str = "UNREPORTED";

/// What a start may say. Nothing of it is needed.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Start)]
pub(super) struct Body {
    /// The list to be dialled; the latest upload where it is left out.
    upload_id: Option<Uuid>,
    /// An earlier session, whose unreached numbers are to be dialled.
    retry_of: Option<String>,
    /// With `retryOf`: which of its numbers. `NO_ANSWER` and `BUSY` where it is left out; `UNREPORTED` are those without a result.
    statuses: Option<Vec<String>>,
}

/// Whose start it is.
pub(super) struct Asked<'a> {
    pub(super) engine: &'a Engine,
    pub(super) caller: &'a Caller,
    pub(super) circumstances: &'a Arc<Circumstances>,
}

impl Asked<'_> {
    /// None where there is no list: the remote host may have numbers of its own.
    pub(super) async fn list(&self, body: &Body) -> Result<Option<Pinned>, Problem> {
        if body.statuses.is_some() && body.retry_of.is_none() {
            return Err(Problem::field("statuses", "goes with retryOf alone"));
        }
        match (body.upload_id, &body.retry_of) {
            (Some(_), Some(_)) => Err(Problem::field("retryOf", "goes without uploadId")),
            (Some(list), None) => {
                Ok(Some(pinned(&uploads::known(self.engine, self.organization(), list).await?)))
            }
            (None, Some(session)) => self.retry(session, body.statuses.as_deref()).await.map(Some),
            (None, None) => self.latest().await,
        }
    }

    fn organization(&self) -> &Organization {
        &self.caller.organization
    }

    async fn latest(&self) -> Result<Option<Pinned>, Problem> {
        let target = self.engine.dispatch.position();
        let screens = &self.engine.screens;
        let fresh = screens.wait(NumberLists::NAME, target, self.engine.options.read_wait).await;
        if fresh.behind > 0 {
            // An older list than the latest must not be dialled by mistake.
            return Err(Problem::new(
                Code::ScreensBehind,
                "the latest upload may not be seen yet; nothing was started",
            ));
        }
        Ok(number_lists::latest_upload(screens, self.organization().as_str()).await?.as_ref().map(pinned))
    }

    async fn retry(&self, name: &str, statuses: Option<&[String]>) -> Result<Pinned, Problem> {
        let wanted = Wanted::read(statuses)?;
        let (engine, target) = (self.engine, self.engine.dispatch.position());
        for screen in [SessionStats::NAME, CallHistory::NAME] {
            if engine.screens.wait(screen, target, engine.options.read_wait).await.behind > 0 {
                return Err(Problem::new(
                    Code::ScreensBehind,
                    "the session's results may not be seen yet; nothing was started",
                ));
            }
        }
        let organization = self.organization().as_str();
        let session = session_stats::find(&engine.screens, organization, name, target).await?;
        let session = session.ok_or_else(sessions::unknown)?;
        let numbers = self.unreached(&session, &wanted).await?;
        let total = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        if total == 0 {
            return Err(Problem::new(Code::NothingToRetry, "no number of that session has such a result"));
        }
        let id = self.store(numbers, SessionId::parse(&session.session)?).await?;
        Ok(Pinned { id, total })
    }

    /// In the order of the session's list, where it has one.
    async fn unreached(&self, session: &SessionRow, wanted: &Wanted) -> Result<Vec<Phone>, Problem> {
        let results = self.strongest(session).await?;
        let Some(list) = session.list_id else {
            let mut reported: Vec<_> =
                results.into_values().filter(|known| wanted.has(Some(known.status))).collect();
            reported.sort_by_key(|known| known.position);
            let home = self.engine.options.home;
            return Ok(reported.iter().filter_map(|known| Phone::dialable(&known.phone, home)).collect());
        };
        let organization = self.organization();
        let name = SessionId::parse(&session.session)?;
        let (mut lines, mut numbers, mut line) =
            (Box::pin(self.engine.dispatch.lists().lines(organization, list)), vec![], 0);
        while let Some(rows) = futures_util::StreamExt::next(&mut lines).await {
            for row in rows? {
                let Some(phone) = row.verdict.number() else { continue };
                line += 1;
                let call = StreamId::listed_call(organization, &name, line);
                if wanted.has(results.get(call.as_str()).map(|known| known.status)) {
                    numbers.push(phone.clone());
                }
            }
        }
        Ok(numbers)
    }

    /// Every number's strongest result, by its call's stream.
    async fn strongest(&self, session: &SessionRow) -> Result<HashMap<String, Known>, Problem> {
        let (mut known, mut after) = (HashMap::<String, Known>::new(), 0);
        loop {
            let of = (session.organization.as_str(), session.session.as_str());
            let rows =
                call_history::of_session(&self.engine.screens, of, &Part::default(), (after, PAGE)).await?;
            let Some(last) = rows.last() else { return Ok(known) };
            after = last.position;
            for row in rows {
                let new = Known { status: row.status, position: row.position, phone: row.phone };
                known
                    .entry(row.stream)
                    .and_modify(|known| known.status = known.status.stronger(new.status))
                    .or_insert(new);
            }
        }
    }

    async fn store(&self, numbers: Vec<Phone>, of: SessionId) -> Result<Uuid, Problem> {
        let (engine, list) = (self.engine, self.engine.ids.uuid());
        let mut making = engine.dispatch.lists().make(self.organization().clone(), list)?;
        let total = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        let lines: Vec<Line> = (1..).zip(numbers).map(|(row, phone)| line(row, phone)).collect();
        let mut counts = Counts { rows: total, numbers: total, ..Counts::default() };
        for lines in lines.chunks(CHUNK_LEN_MAX) {
            let chunk = Chunk { number: counts.chunks, lines: lines.to_vec() };
            let sealed = making.seal(vec![chunk], engine.clock.now())?;
            making.store(sealed).await?;
            counts.chunks += 1;
        }
        let command = Command::Accept {
            id: list,
            origin: Origin::Retry { session: of },
            counts,
            digest: making.finish(),
            at: engine.clock.now(),
        };
        let meta = Meta { circumstances: Arc::clone(self.circumstances), command: None };
        let stream = StreamId::number_list(self.organization(), list);
        engine.dispatch.number_list(stream, command, meta).await?;
        Ok(list)
    }
}

struct Known {
    status: CallStatus,
    position: u64,
    phone: String,
}

/// Which results are to be tried again.
struct Wanted {
    statuses: Vec<CallStatus>,
    unreported: bool,
}

impl Wanted {
    fn read(statuses: Option<&[String]>) -> Result<Self, Problem> {
        let Some(statuses) = statuses else {
            return Ok(Self { statuses: vec![CallStatus::NoAnswer, CallStatus::Busy], unreported: false });
        };
        let mut wanted = Self { statuses: vec![], unreported: false };
        for status in statuses {
            match (CallStatus::parse(status), status.as_str()) {
                (Some(status), _) => wanted.statuses.push(status),
                (None, UNREPORTED) => wanted.unreported = true,
                (None, _) => return Err(Problem::field("statuses", "holds what is no call's status")),
            }
        }
        Ok(wanted)
    }

    fn has(&self, status: Option<CallStatus>) -> bool {
        status.map_or(self.unreported, |status| self.statuses.contains(&status))
    }
}

fn pinned(row: &ListRow) -> Pinned {
    Pinned { id: row.id, total: u32::try_from(row.numbers).unwrap_or(u32::MAX) }
}

fn line(row: u32, phone: Phone) -> Line {
    Line { row, value: phone.as_str().to_owned(), verdict: Verdict::Accepted(phone) }
}
