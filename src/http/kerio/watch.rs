//! How the watch over the exchange stands, and asking it to read the log now.

use actix_web::web::Query;
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use domain::access::Role;
use domain::ids::Organization;
use domain::pbx::{Gap, Refusal};
use projections::pbx_watch::{self, GapRow, PbxWatch, WatchRow};
use projections::projection::Projection;
use serde::Serialize;
use utoipa::ToSchema;

use crate::actors::pbx::handle::{Asked, Progress, Standing, Watch};
use crate::http::Engine;
use crate::http::auth::Calls;
use crate::http::problem::{Code, Problem, ProblemBody};
use crate::http::query::Described;
use crate::http::sessions::{self, Fresh};
use crate::http::times::Stamp;

/// How the watch over the exchange stands. What is not known, or not now, is null.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = KerioStatus)]
#[expect(clippy::struct_excessive_bools, reason = "the contract's fields")]
struct StatusView<'a> {
    /// Whether an exchange is watched for this organization (`KERIO_PBX_HOST`).
    configured: bool,
    organization: &'a str,
    #[schema(example = "jsonrpc")]
    driver: Option<&'static str>,
    simulated: bool,
    /// Whether the node that answers is the one that watches: one does, and only that one knows of polls.
    watching: bool,
    /// Whether the exchange answered when it was last asked.
    connected: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_poll: Option<Stamp>,
    /// When its log was last read to its newest row.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_sync: Option<Stamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    next_sync: Option<Stamp>,
    /// So many milliseconds the exchange's clock is ahead.
    clock_offset_ms: Option<i64>,
    /// How far the log is read, while it is.
    progress: Option<ProgressView>,
    /// Why the exchange does not let us in: `password`, `rights` or `certificate`. It is not asked again until the settings were
    /// changed or somebody asks for a synchronization.
    #[schema(example = "password")]
    refused: Option<&'static str>,
    #[schema(value_type = Option<String>, format = DateTime)]
    refused_at: Option<Stamp>,
    /// What is wrong at the moment, for people.
    trouble: Option<String>,
    /// When nobody was looking, the newest first, the last hundred.
    gaps: Vec<GapView>,
    gaps_total: u64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KerioProgress)]
struct ProgressView {
    rows: u64,
    /// Of so many, where the exchange counts them.
    total: Option<u64>,
}

/// What happens short of a second in a gap may only be known from the log, or not at all.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KerioGap)]
struct GapView {
    #[schema(value_type = String, format = DateTime)]
    from: Stamp,
    #[schema(value_type = String, format = DateTime)]
    to: Stamp,
    /// `unreachable`, `refused` or `unwatched`.
    #[schema(example = "unreachable")]
    why: &'static str,
}

impl<'a> StatusView<'a> {
    fn new(organization: &'a str, standing: Option<Standing>, row: Option<&WatchRow>) -> Self {
        let recorded = row.and_then(|row| row.synced_at);
        let mut view = Self {
            organization,
            last_sync: recorded.map(Stamp),
            refused: row.and_then(|row| row.refused).map(refusal),
            refused_at: row.and_then(|row| row.refused_at).map(Stamp),
            gaps: row.map_or(&[][..], |row| &row.gaps.0).iter().map(GapView::new).collect(),
            gaps_total: row.map_or(0, |row| row.gaps_total),
            ..Self::default()
        };
        if let Some(standing) = standing {
            view.stand(standing, recorded);
        }
        view
    }

    /// What the watcher knows is newer, where it knows anything.
    fn stand(&mut self, standing: Standing, recorded: Option<DateTime<Utc>>) {
        (self.configured, self.driver) = (true, Some(standing.driver));
        (self.simulated, self.watching) = (standing.simulated, standing.watching);
        (self.connected, self.last_poll) = (standing.connected, standing.last_poll.map(Stamp));
        self.last_sync = standing.last_sync.max(recorded).map(Stamp);
        (self.next_sync, self.clock_offset_ms) = (standing.next_sync.map(Stamp), standing.clock_offset_ms);
        self.progress = standing.syncing.map(|Progress { rows, total }| ProgressView { rows, total });
        self.refused = standing.refused.map(refusal).or(self.refused);
        self.trouble = standing.trouble;
    }
}

impl GapView {
    fn new(gap: &GapRow) -> Self {
        let why = match gap.why {
            Gap::Unreachable => "unreachable",
            Gap::Refused => "refused",
            Gap::Unwatched => "unwatched",
        };
        Self { from: Stamp(gap.from), to: Stamp(gap.to), why }
    }
}

fn refusal(why: Refusal) -> &'static str {
    match why {
        Refusal::Password => "password",
        Refusal::Rights => "rights",
        Refusal::Certificate => "certificate",
    }
}

/// The watch over this organization's exchange; none where there is none.
fn watch<'a>(engine: &'a Engine, organization: &Organization) -> Option<&'a Watch> {
    engine.pbx.as_ref().filter(|watch| watch.organization() == organization)
}

/// How the watch over the exchange stands.
#[utoipa::path(tag = "kerio", security((), ("token" = [])), params(Fresh), responses((status = OK, body = StatusView<'_>)))]
#[get("/kerio/status")]
pub(super) async fn status(
    engine: Engine,
    caller: Calls,
    _: Described,
    fresh: Query<Fresh>,
) -> Result<HttpResponse, Problem> {
    let answer = sessions::shown(fresh.wait(&engine, PbxWatch::NAME).await);
    let organization = &caller.0.organization;
    let row = pbx_watch::find(&engine.screens, organization).await?;
    let standing = watch(&engine, organization).map(Watch::standing);
    sessions::json(answer, &StatusView::new(organization.as_str(), standing, row.as_ref()))
}

/// What becomes of asking.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = KerioSync)]
struct SyncView {
    /// Always true.
    accepted: bool,
    message: &'static str,
    /// When the log was last read to its newest row.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_sync: Option<Stamp>,
    progress: Option<ProgressView>,
}

/// Reads the exchange's log as soon as what is under way there is over. No body is needed.
///
/// Where the exchange had not let us in, it is tried once more.
#[utoipa::path(tag = "kerio", security((), ("token" = [])), responses(
    (status = ACCEPTED, body = SyncView, description = "`GET /kerio/status` shows how far it has come"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/kerio/sync")]
pub(super) async fn sync(engine: Engine, caller: Calls) -> Result<HttpResponse, Problem> {
    caller.0.require(Role::Operator)?;
    let unset = || Problem::new(Code::ExchangeUnset, "no exchange is watched; KERIO_PBX_HOST names one");
    let watch = watch(&engine, &caller.0.organization).ok_or_else(unset)?;
    let message = match watch.sync_now() {
        Asked::Taken => "The log is read as soon as what is under way is over.",
        Asked::Waiting => "Somebody has asked for it already; it is about to begin.",
        Asked::Nobody => {
            let detail = "another node watches the exchange, or none does yet; it reads the log by itself";
            return Err(Problem::new(Code::ExchangeUnwatched, detail));
        }
    };
    let Standing { last_sync, syncing, .. } = watch.standing();
    let progress = syncing.map(|Progress { rows, total }| ProgressView { rows, total });
    let view = SyncView { accepted: true, message, last_sync: last_sync.map(Stamp), progress };
    sessions::json(HttpResponse::Accepted(), &view)
}
