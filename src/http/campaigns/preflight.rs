//! What a campaign would do if it were started now: how many would be called, how many not and why, and when it would end.
//! Everybody is weighed by the very function the dialler asks, on the same streams; nothing is stored.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use actix_web::web::Path;
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use domain::campaign::Settings;
use domain::ids::Organization;
use domain::policy::dialling::{Terms, Whole};
use domain::policy::eligible::{Decision, Rule};
use domain::policy::forecast::{Forecast, Pace};
use futures_util::{StreamExt as _, stream};
use projections::campaign_board::{CampaignBoard, CampaignRow};
use projections::projection::Projection;
use projections::targets::{self, State, TargetRow, Targets};
use serde::Serialize;
use utoipa::ToSchema;

use super::{find, named};
use crate::dispatch::dialling::Case;
use crate::http::Engine;
use crate::http::auth::{Caller, Member};
use crate::http::problem::{Problem, ProblemBody};
use crate::http::query::Described;
use crate::http::sessions::{self, Fresh};
use crate::http::times::Stamp;

const PAGE: u32 = 1_000;
/// Weighed at the same time.
const TOGETHER: usize = 16;
/// Whoever starts a campaign is not kept waiting for all of its contacts.
const AT_START: Duration = Duration::from_secs(1);

/// Whom starting leaves out, and when somebody is called.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CampaignOutlook)]
pub(super) struct Outlook {
    /// When the first of them may be called.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_eligible_at: Option<Stamp>,
    /// Who may not be called, by the rule against it.
    skipped: BTreeMap<String, u64>,
    /// How many were looked at for this; the others are when their turn comes.
    looked_at: u64,
}

/// What would happen now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CampaignPreflight)]
struct Preflight {
    #[schema(value_type = String, format = DateTime)]
    at: Stamp,
    /// Would be called now, as fast as the settings allow.
    callable: u64,
    /// Would be called later, by the rule that defers them.
    deferred: BTreeMap<String, u64>,
    /// Being called at this moment.
    calling: u64,
    /// Whose calls are over.
    over: u64,
    /// When it would end if nobody had to be called twice; null where nobody would be called.
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Stamp>,
    /// How long a call is taken to last, in seconds.
    call_secs: u32,
    #[serde(flatten)]
    outlook: Outlook,
}

/// Counts of decisions.
#[derive(Debug, Default)]
struct Sum {
    callable: u64,
    deferred: BTreeMap<String, u64>,
    calling: u64,
    over: u64,
    skipped: BTreeMap<String, u64>,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
    looked_at: u64,
}

/// How many would be called now, how many not and why, and when it would end.
#[utoipa::path(tag = "campaigns", security(("token" = [])), params(Fresh), responses(
    (status = OK, body = Preflight),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/auto-calling/campaigns/{id}/preflight")]
pub(super) async fn preflight(
    engine: Engine,
    member: Member,
    _: Described,
    id: Path<String>,
    fresh: actix_web::web::Query<Fresh>,
) -> Result<HttpResponse, Problem> {
    let campaign = named(&id)?;
    let shown = fresh.wait_for(&engine, &[CampaignBoard::NAME, Targets::NAME]).await;
    let row = find(&engine, &member.0, campaign).await?;
    let settings = row.plans();
    let terms = engine.ends.of(&member.0.organization).await?.campaigns.terms(&settings);
    let sum = weigh_all(&engine, &member.0, &row, &terms, None).await?;
    let forecast = Forecast { pace: pace(&row, &settings), waiting: waiting(&sum), last: sum.last };
    let now = engine.clock.now();
    let preflight = Preflight {
        at: Stamp(now),
        callable: sum.callable,
        ends_at: forecast.ends(&terms, now).map(Stamp),
        call_secs: forecast.pace.call_secs,
        calling: sum.calling,
        over: sum.over,
        deferred: sum.deferred.clone(),
        outlook: sum.outlook(),
    };
    sessions::json(sessions::shown(shown), &preflight)
}

/// The same in short, as far as it can be told at once.
pub(super) async fn at_start(
    engine: &Engine,
    caller: &Caller,
    row: &CampaignRow,
) -> Result<Outlook, Problem> {
    let terms = engine.ends.of(&caller.organization).await?.campaigns.terms(&row.plans());
    engine.screens.wait(Targets::NAME, engine.dispatch.position(), engine.options.read_wait).await;
    let until = Some(Instant::now() + AT_START);
    Ok(weigh_all(engine, caller, row, &terms, until).await?.outlook())
}

async fn weigh_all(
    engine: &Engine,
    caller: &Caller,
    row: &CampaignRow,
    terms: &Terms,
    until: Option<Instant>,
) -> Result<Sum, Problem> {
    let (mut sum, mut after) = (Sum::default(), 0);
    loop {
        let page = targets::of_campaign(&engine.screens, &caller.organization, row.id, (after, PAGE)).await?;
        let Some(last) = page.last() else { return Ok(sum.within(row, &row.plans())) };
        after = last.position;
        let decisions = stream::iter(page).map(|target| weigh(engine, &caller.organization, terms, target));
        let mut decisions = decisions.buffer_unordered(TOGETHER);
        while let Some(weighed) = decisions.next().await {
            sum.count(weighed?, engine.clock.now());
            if until.is_some_and(|until| Instant::now() >= until) {
                return Ok(sum.within(row, &row.plans()));
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Weighed {
    Calling,
    Over,
    Waiting(Decision),
}

async fn weigh(
    engine: &Engine,
    organization: &Organization,
    terms: &Terms,
    target: TargetRow,
) -> Result<Weighed, Problem> {
    match target.state {
        State::Calling => return Ok(Weighed::Calling),
        State::Over | State::Dropped => return Ok(Weighed::Over),
        State::Waiting | State::Skipped => {}
    }
    let case =
        Case { organization: organization.clone(), campaign: target.campaign, contact: target.contact };
    let all = engine.dispatch.concerned(&case).await?;
    // What the whole campaign may use up says nothing about this contact.
    Ok(Weighed::Waiting(all.weigh(terms, Whole::default(), engine.clock.now()).decision))
}

impl Sum {
    fn count(&mut self, weighed: Weighed, now: DateTime<Utc>) {
        self.looked_at += 1;
        match weighed {
            Weighed::Calling => self.calling += 1,
            Weighed::Over => self.over += 1,
            Weighed::Waiting(Decision::Dial) => {
                self.callable += 1;
                self.first = Some(self.first.map_or(now, |first| first.min(now)));
            }
            Weighed::Waiting(Decision::Deferred { until, rule, .. }) => {
                *self.deferred.entry(rule.as_str().to_owned()).or_default() += 1;
                self.first = Some(self.first.map_or(until, |first| first.min(until)));
                self.last = self.last.max(Some(until));
            }
            Weighed::Waiting(Decision::Suppressed { rule, .. }) => {
                *self.skipped.entry(rule.as_str().to_owned()).or_default() += 1;
            }
        }
    }

    /// Those whom the budget leaves out are skipped by it.
    fn within(mut self, row: &CampaignRow, settings: &Settings) -> Self {
        let left = settings.budget.left(row.spent()).map_or(u64::MAX, u64::from);
        let beyond = self.callable.saturating_sub(left);
        if beyond > 0 {
            self.callable -= beyond;
            *self.skipped.entry(Rule::Budget.as_str().to_owned()).or_default() += beyond;
            self.first = self.first.filter(|_| left > 0);
        }
        self
    }

    fn outlook(self) -> Outlook {
        let Self { first, skipped, looked_at, .. } = self;
        Outlook { next_eligible_at: first.map(Stamp), skipped, looked_at }
    }
}

fn waiting(sum: &Sum) -> u64 {
    sum.callable + sum.calling + sum.deferred.values().sum::<u64>()
}

fn pace(row: &CampaignRow, settings: &Settings) -> Pace {
    let count = |value: i64| u64::try_from(value).unwrap_or(0);
    Pace::of(settings, (count(row.attempts), count(row.talk_secs)))
}
