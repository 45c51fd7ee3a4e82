//! What a campaign came to: its contacts, its calls, its hours, its promises, and why some were not called. Counters only, nobody's data.
#![expect(unused_qualifications, reason = "utoipa names the types of parameters in full")]

mod count;

use std::collections::BTreeMap;

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Path, Query};
use actix_web::{HttpResponse, get};
use domain::zone::Zone;
use projections::Freshness;
use projections::campaign_board::{CampaignBoard, CampaignRow};
use projections::campaign_hours::{self, CampaignHours, HourRow};
use projections::projection::Projection;
use projections::promises::{self, Promises};
use projections::targets::{self, Targets};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::{find, named};
use crate::http::Engine;
use crate::http::auth::Member;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::query::{self, Described};
use crate::http::sessions::{self, Fresh};
use crate::http::times::Stamp;

/// More than a year of hours, each with a call.
const HOURS_MAX: u32 = 10_000;
/// What a report is counted from.
const SCREENS: [&str; 4] = [CampaignBoard::NAME, CampaignHours::NAME, Targets::NAME, Promises::NAME];
const FORMATS: [(&str, Format); 2] = [("json", Format::Json), ("csv", Format::Csv)];

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(report);
}

/// How many, by documented status and by the reasons that those have no name for.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReportOutcomes)]
struct Outcomes {
    by_status: BTreeMap<&'static str, i64>,
    by_reason: BTreeMap<String, i64>,
}

#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReportContacts)]
struct Contacts {
    total: i64,
    /// Whose calls are over, and what they came to.
    called: i64,
    #[serde(flatten)]
    outcomes: Outcomes,
    /// Who waits for a call, or for another one.
    waiting: i64,
    calling: i64,
    /// Who may not be called, and waiting does not help.
    skipped: i64,
}

#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReportCalls)]
struct Calls {
    total: i64,
    conversations: i64,
    successes: i64,
    talk_seconds: i64,
    /// A conversation's; null where there was none.
    average_talk_seconds: Option<i64>,
    #[serde(flatten)]
    outcomes: Outcomes,
    #[schema(value_type = Option<String>, format = DateTime)]
    first_call_at: Option<Stamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_call_at: Option<Stamp>,
}

/// So many contacts were called so often.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportAttempts)]
struct Attempts {
    attempts: i64,
    contacts: i64,
}

#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReportHourFigures)]
struct Figures {
    calls: i64,
    conversations: i64,
    successes: i64,
}

/// An hour on the campaign's clock.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportHourOfDay)]
struct HourOfDay {
    #[schema(maximum = 23)]
    hour: usize,
    #[serde(flatten)]
    figures: Figures,
}

/// An hour in which there was something.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportHour)]
struct Hour {
    #[schema(value_type = String, format = DateTime)]
    begin: Stamp,
    #[serde(flatten)]
    figures: Figures,
}

/// Promises of one status, or all of them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReportPromiseCount)]
struct PromiseCount {
    count: i64,
    #[schema(value_type = f64)]
    amount: Box<RawValue>,
    #[schema(value_type = f64)]
    paid_amount: Box<RawValue>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReportPromises)]
struct PromiseFigures {
    #[serde(flatten)]
    all: PromiseCount,
    by_status: BTreeMap<&'static str, PromiseCount>,
    /// How often another day was agreed on.
    rescheduled: i64,
    /// Kept of those that are kept or broken, in percent; null where none is yet.
    fulfilment_percentage: Option<i64>,
}

/// Contacts that a rule holds back now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportRule)]
struct ByRule {
    rule: String,
    contacts: i64,
}

/// A campaign's report. Hours are those of UTC, shown on the campaign's clock under `hoursOfDay`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CampaignReport)]
struct Report {
    campaign_id: Uuid,
    name: String,
    status: &'static str,
    timezone: &'static str,
    contacts: Contacts,
    calls: Calls,
    attempts: Vec<Attempts>,
    hours_of_day: Vec<HourOfDay>,
    hours: Vec<Hour>,
    promises: PromiseFigures,
    skipped: Vec<ByRule>,
    deferred: Vec<ByRule>,
}

#[derive(Debug, Clone, Copy)]
enum Format {
    Json,
    Csv,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Form {
    /// `json`, or `csv`: the hours, one a line, with what their calls came to.
    format: Option<String>,
}

impl Form {
    fn format(&self) -> Result<Format, Problem> {
        Ok(query::one_of("format", self.format.as_deref(), &FORMATS)?.unwrap_or(Format::Json))
    }
}

/// What a campaign came to so far.
#[utoipa::path(tag = "campaigns", security(("token" = [])), params(Form, Fresh), responses(
    (status = OK, content((Report = "application/json"), (String = "text/csv"))),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/auto-calling/campaigns/{id}/report")]
async fn report(
    engine: Engine,
    member: Member,
    _: Described,
    id: Path<String>,
    form: Query<Form>,
    fresh: Query<Fresh>,
) -> Result<HttpResponse, Problem> {
    let (campaign, format) = (named(&id)?, form.format()?);
    let shown = fresh.wait_for(&engine, &SCREENS).await;
    let row = find(&engine, &member.0, campaign).await?;
    let (screens, organization) = (&engine.screens, &member.0.organization);
    let hours = campaign_hours::of_campaign(screens, organization, campaign, HOURS_MAX).await?;
    if let Format::Csv = format {
        return Ok(csv(&hours, shown));
    }
    let standings = targets::standings(screens, organization, campaign).await?;
    let promised = promises::of_campaign(screens, organization, campaign).await?;
    let report = Report::new(&row, engine.ends.house().campaigns.zone, (&hours, &standings, &promised));
    sessions::json(sessions::shown(shown), &report)
}

impl Report {
    fn new(row: &CampaignRow, house: Zone, (hours, standings, promised): count::Counted<'_>) -> Self {
        let zone = row.plans().zone.unwrap_or(house);
        Self {
            campaign_id: row.id,
            name: row.name.clone(),
            status: row.status.as_str(),
            timezone: zone.as_str(),
            contacts: count::contacts(standings),
            calls: count::calls(hours),
            attempts: count::attempts(standings),
            hours_of_day: count::hours_of_day(hours, zone),
            hours: hours
                .iter()
                .map(|row| Hour { begin: Stamp(row.hour), figures: count::figures(row) })
                .collect(),
            promises: count::promises(promised),
            skipped: count::by_rule(standings, targets::State::Skipped),
            deferred: count::by_rule(standings, targets::State::Waiting),
        }
    }
}

fn csv(hours: &[HourRow], fresh: Freshness) -> HttpResponse {
    let mut answer = sessions::shown(fresh);
    answer.insert_header((CONTENT_TYPE, "text/csv; charset=utf-8; header=present"));
    answer.insert_header((CONTENT_DISPOSITION, "attachment; filename=\"report.csv\""));
    answer.body(count::table(hours))
}
