//! Why a contact is or is not called in a campaign: each rule as it stands at this moment, and what was decided last.
//! It asks the very function the dialler asks, on the same streams; then what holds the campaign back, whoever would be called.
#![expect(unused_qualifications, reason = "utoipa names the types of parameters in full")]

use actix_web::web::{Path, Query};
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use domain::conversation::status::Status as CallStatus;
use domain::policy::dialling::{Terms, Whole};
use domain::policy::eligible::{Decision, Tested, Verdict};
use domain::policy::hold::{self, Looked, Pace};
use domain::target::{Phase, Target};
use projections::campaign_board::{self, CampaignBoard, CampaignRow, Status};
use projections::projection::Projection;
use projections::targets::{self, Targets};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::dispatch::dialling::{Case, Concerned};
use crate::http::Engine;
use crate::http::auth::Member;
use crate::http::figures;
use crate::http::language::Texts;
use crate::http::problem::{Code, Problem, ProblemBody};
use crate::http::query::Described;
use crate::http::sessions::{self, Fresh};
use crate::http::times::Stamp;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// In which campaign.
    campaign: Option<String>,
}

/// Why a contact is or is not called.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Explanation {
    contact_id: Uuid,
    campaign_id: Uuid,
    #[schema(value_type = String, format = DateTime)]
    at: Stamp,
    /// Nobody is called in a campaign that is not `RUNNING`.
    campaign_status: &'static str,
    /// Whether it would be called at this moment.
    eligible: bool,
    /// `waiting`, `calling` or `over`.
    phase: &'static str,
    /// When it may be called, as far as waiting helps and its end is known.
    #[schema(value_type = Option<String>, format = DateTime)]
    eligible_at: Option<Stamp>,
    /// The rule that decides: of those against this contact, else of those that hold the campaign back.
    rule: Option<&'static str>,
    /// The rules by their name and version.
    rules_pack: String,
    /// Every rule that was tried; the last three, `campaign_not_running`, `concurrency` and `calls_per_second`, are the campaign's pace.
    rules: Vec<RuleView>,
    /// As the campaign's list shows it.
    call_status: &'static str,
    /// What was decided last and stored.
    noted: Option<NotedView>,
}

/// A rule as it was tried.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RuleView {
    rule: &'static str,
    description: &'static str,
    /// `pass`, `defer`, `suppress` or `untried`.
    verdict: &'static str,
    /// Null also where a call has to end first.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Stamp>,
    /// What it looked at; null where there was nothing to look at.
    #[schema(value_type = Option<Object>)]
    figures: Value,
}

/// A decision that stands in the journal.
#[derive(Debug, Serialize, ToSchema)]
struct NotedView {
    rule: &'static str,
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Stamp>,
    #[schema(value_type = Option<Object>)]
    figures: Value,
}

/// Why the contact is or is not called in a campaign, rule by rule, and when it may be.
#[utoipa::path(tag = "contacts", security(("token" = [])), params(Asked, Texts), responses(
    (status = OK, body = Explanation),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/auto-calling/contacts/{id}/explain")]
pub(super) async fn explain(
    engine: Engine,
    member: Member,
    _: Described,
    id: Path<String>,
    asked: Query<Asked>,
    texts: Texts,
) -> Result<HttpResponse, Problem> {
    let organization = member.0.organization;
    let contact = super::named(&id)?;
    let campaign = asked.campaign.as_deref().ok_or_else(|| Problem::parameter("campaign", "is required"))?;
    let unknown = || Problem::new(Code::CampaignUnknown, "there is no such campaign");
    let campaign = Uuid::parse_str(campaign).map_err(|_| unknown())?;
    let shown = Fresh::since(engine.dispatch.position()).wait(&engine, CampaignBoard::NAME).await;
    let row = campaign_board::find(&engine.screens, &organization, campaign).await?.ok_or_else(unknown)?;
    let case = Case { organization, campaign, contact };
    let all = engine.dispatch.concerned(&case).await?;
    let phase = phase(all.target.state.phase())
        .ok_or_else(|| Problem::new(Code::ContactUnknown, "there is no such contact in the campaign"))?;
    let pace = pace(&engine, &row, &case).await?;
    let terms = engine.ends.of(&case.organization).await?.campaigns.terms(&row.plans());
    let explanation = Explanation::new((engine.clock.now(), &terms), (&row, &all, &pace), phase, texts);
    sessions::json(sessions::shown(shown), &explanation)
}

impl Explanation {
    fn new(
        (now, terms): (DateTime<Utc>, &Terms),
        (row, all, pace): (&CampaignRow, &Concerned, &Pace),
        phase: &'static str,
        texts: Texts,
    ) -> Self {
        let whole = Whole { spent: row.spent(), tripped: tripped(row) };
        let weighed = all.weigh(terms, whole, now);
        let holds = hold::look(pace, now);
        let (eligible_at, rule) = eligible(weighed.decision, &holds, now);
        let waits = phase == "waiting";
        let tested = weighed.tested.iter().map(|tested| RuleView::new(tested, texts));
        let held = holds.iter().map(|looked| RuleView::held(looked, texts));
        Self {
            contact_id: all.contact.state.id(),
            campaign_id: row.id,
            at: Stamp(now),
            campaign_status: row.status.as_str(),
            eligible: waits && rule.is_none(),
            phase,
            eligible_at: eligible_at.filter(|_| waits).map(Stamp),
            rule: rule.filter(|_| waits),
            rules_pack: format!("{} v{}", terms.pack.name, terms.pack.version),
            rules: tested.chain(held).collect(),
            call_status: call_status(&all.target.state).as_str(),
            noted: all.target.state.decision().map(|known| NotedView {
                rule: known.rule.as_str(),
                until: known.until.map(Stamp),
                figures: figures::shown(known.figures),
            }),
        }
    }
}

impl RuleView {
    fn new(tested: &Tested, texts: Texts) -> Self {
        let (verdict, until) = match tested.verdict {
            Verdict::Pass => ("pass", None),
            Verdict::Suppress => ("suppress", None),
            Verdict::Defer { until } => ("defer", Some(Stamp(until))),
            Verdict::Untried => ("untried", None),
        };
        let (rule, description) = (tested.rule.as_str(), tested.rule.description(texts.language));
        Self { rule, description, verdict, until, figures: figures::shown(tested.figures) }
    }

    fn held(looked: &Looked, texts: Texts) -> Self {
        let (verdict, until) = match looked.verdict {
            hold::Verdict::Pass => ("pass", None),
            hold::Verdict::Stand => ("suppress", None),
            hold::Verdict::Wait { until } => ("defer", until.map(Stamp)),
        };
        let (rule, description) = (looked.hold.as_str(), looked.hold.description(texts.language));
        Self { rule, description, verdict, until, figures: figures::shown(looked.figures) }
    }
}

/// The campaign's pace at this moment.
async fn pace(engine: &Engine, row: &CampaignRow, case: &Case) -> Result<Pace, Problem> {
    let settings = row.plans();
    let mut began = None;
    if settings.calls_per_second.is_some() {
        Fresh::since(engine.dispatch.position()).wait(engine, Targets::NAME).await;
        began = targets::newest_call(&engine.screens, &case.organization, case.campaign).await?;
    }
    Ok(Pace {
        running: row.status == Status::Running,
        live: u32::try_from(row.calling).unwrap_or(0),
        lines: settings.lines(),
        rate: settings.calls_per_second,
        began,
    })
}

type Eligible = (Option<DateTime<Utc>>, Option<&'static str>);

/// What is against this contact is told before what is against anybody.
fn eligible(decision: Decision, holds: &[Looked], now: DateTime<Utc>) -> Eligible {
    match decision {
        Decision::Dial => held(holds).unwrap_or((Some(now), None)),
        Decision::Deferred { until, rule, .. } => (Some(until), Some(rule.as_str())),
        Decision::Suppressed { rule, .. } => (None, Some(rule.as_str())),
    }
}

fn held(holds: &[Looked]) -> Option<Eligible> {
    holds.iter().find_map(|looked| match looked.verdict {
        hold::Verdict::Pass => None,
        hold::Verdict::Stand => Some((None, Some(looked.hold.as_str()))),
        hold::Verdict::Wait { until } => Some((until, Some(looked.hold.as_str()))),
    })
}

/// Between two calls what the last one came to.
fn call_status(target: &Target) -> CallStatus {
    match target.phase() {
        Phase::Calling(_) => CallStatus::Calling,
        Phase::New | Phase::Waiting | Phase::Over | Phase::Dropped => {
            target.last().map(|past| past.outcome.shown().status).unwrap_or_default()
        }
    }
}

/// None where it is not in the campaign.
fn phase(phase: Phase) -> Option<&'static str> {
    match phase {
        Phase::New | Phase::Dropped => None,
        Phase::Waiting => Some("waiting"),
        Phase::Calling(_) => Some("calling"),
        Phase::Over => Some("over"),
    }
}

/// What opened the breaker, where that is why the campaign stands still.
fn tripped(row: &CampaignRow) -> Option<domain::policy::breaker::Tripped> {
    match serde_json::from_str(row.why.as_deref()?).ok()? {
        domain::campaign::Why::Breaker(tripped) => Some(tripped),
        domain::campaign::Why::Asked
        | domain::campaign::Why::Budget { .. }
        | domain::campaign::Why::Restored { .. } => None,
    }
}
