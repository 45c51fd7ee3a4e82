//! Campaigns: planned, filled with contacts, looked at and removed. How a body is understood is `campaigns/form.rs`'s,
//! and what is shown is `campaigns/view.rs`'s.
#![expect(unused_qualifications, reason = "utoipa names the types of parameters in full")]

mod form;
mod members;
mod preflight;
mod report;
mod run;
mod view;

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, delete, get, post};
use domain::access::Role;
use domain::campaign::{Campaign, Command, Kind as Purpose};
use domain::disclosure::Kind;
use domain::fact::{Circumstances, Position};
use domain::ids::StreamId;
use projections::campaign_board::{self, CampaignBoard, CampaignRow, Filter, Status};
use projections::contact_book::{self, ContactBook};
use projections::projection::Projection;
use projections::targets;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::Engine;
use super::as_of::{self, AsOf, Moment};
use super::auth::{Caller, Member};
use super::disclosing::Reading;
use super::edge::{self, RequestId};
use super::language::Texts;
use super::pages::{self, Pages};
use super::problem::{Code, Problem, ProblemBody};
use super::query::{self, Described};
use super::removed::Removed;
use super::repeat::{Key, Named};
use super::sessions::{self, Fresh};
use super::versions::{self, IfMatch};
use crate::dispatch::campaigns::Joining;
use crate::dispatch::seen::Version;
use crate::dispatch::{CommandId, Meta};
use view::{CampaignView, WholeView};

const LIST: u32 = 20;
const LIST_MAX: u32 = 1_000;
/// Contacts shown with their campaign; all of them are in pages of their own.
const WITH_CAMPAIGN: u32 = 100;

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes
        .service(create)
        .service(list)
        .service(join)
        .service(members::members)
        .service(preflight::preflight);
    routes.service(run::start).service(run::resume).service(run::stop).service(run::pause);
    routes.service(one).service(run::change).service(remove);
    report::configure(routes);
}

/// A page of campaigns.
#[derive(Debug, Serialize, ToSchema)]
struct CampaignPage<'a> {
    data: Vec<CampaignView<'a>>,
    meta: pages::Meta,
}

/// Plans a campaign, with contacts or without.
#[utoipa::path(tag = "campaigns", security(("token" = [])), params(Texts, Key),
    request_body(content = form::Plan, content_type = "application/json"),
    responses(
        (status = CREATED, body = CampaignView<'_>, headers(("ETag" = String, description = "Its version, for `If-Match`"))),
        (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json",
            description = "`contactId` is no contact; nothing was stored"),
    ))]
#[post("/auto-calling/campaigns")]
async fn create(
    engine: Engine,
    member: Member,
    id: RequestId,
    texts: Texts,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let caller = member.0;
    caller.require(Role::Manager)?;
    let form::New { plan, contacts, whole } = form::new(&request, payload).await?;
    let named = Named::begin(&engine, &caller.organization, &request, &whole).await?;
    let (campaign, asked) =
        (named.makes(&engine, &caller.organization), Asked::new(&engine, &caller, &id).under(&named));
    let mut version = if named.earlier.is_some() {
        // It may have broken off before all of them had joined.
        asked.say(campaign, Command::Look).await?
    } else {
        known(&engine, &caller, &contacts).await?;
        let plan = Box::new(plan);
        asked.say(campaign, Command::Create { id: campaign, plan, at: engine.clock.now() }).await?
    };
    if !contacts.is_empty() {
        version = asked.join(campaign, &contacts).await?.1;
    }
    asked.shown(campaign, version, texts, StatusCode::CREATED).await
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Sought {
    /// `PENDING`, `RUNNING`, `PAUSED`, `COMPLETED` or `FAILED`.
    status: Option<String>,
    /// A part of the name, as it is written.
    q: Option<String>,
    /// `GENERAL`, `DEBT_COLLECTION`, `SURVEY`, `REMINDER`, `MARKETING` or `CUSTOMER_SERVICE`.
    #[serde(rename = "campaignType")]
    #[param(rename = "campaignType")]
    campaign_type: Option<String>,
}

impl Sought {
    fn filter(&self) -> Result<Filter, Problem> {
        let known = Purpose::ALL.map(|purpose| (purpose.as_str(), purpose));
        Ok(Filter {
            status: self.status.as_deref().map(status).transpose()?,
            name: self.q.clone().filter(|q| !q.trim().is_empty()),
            purpose: query::one_of("campaignType", self.campaign_type.as_deref(), &known)?,
        })
    }
}

/// The organization's campaigns, the newest first. A parameter that is not described is refused, as among contacts.
#[utoipa::path(tag = "campaigns", security(("token" = [])), params(Sought, Pages, Fresh, Texts), responses(
    (status = OK, body = CampaignPage<'_>),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/auto-calling/campaigns")]
async fn list(
    engine: Engine,
    member: Member,
    sought: Query<Sought>,
    pages: Query<Pages>,
    fresh: Query<Fresh>,
    texts: Texts,
    request: Described,
) -> Result<HttpResponse, Problem> {
    let filter = sought.filter()?;
    let place = pages.place(LIST, LIST_MAX)?;
    let fresh = fresh.wait(&engine, CampaignBoard::NAME).await;
    let organization = &member.0.organization;
    let mut rows =
        campaign_board::list(&engine.screens, organization, &filter, (place.at, place.limit + 1)).await?;
    let total = campaign_board::count(&engine.screens, organization, &filter).await?;
    let next = place.cut(&mut rows, |row| row.position);
    let data = rows.iter().map(|row| CampaignView::new(row, texts)).collect();
    let answer = place.answer(&request.0, sessions::shown(fresh), next);
    sessions::json(answer, &CampaignPage { data, meta: place.meta(total, next) })
}

/// One campaign with its first hundred contacts; `GET …/contacts` has them all.
#[utoipa::path(tag = "campaigns", security(("token" = [])), params(Fresh, AsOf, Texts), responses(
    (status = OK, body = WholeView<'_>, headers(("ETag" = String, description = "Its version, for `If-Match`"))),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/auto-calling/campaigns/{id}")]
async fn one(
    engine: Engine,
    member: Member,
    reading: Reading,
    id: Path<String>,
    fresh: Query<Fresh>,
    as_of: Query<AsOf>,
    texts: Texts,
) -> Result<HttpResponse, Problem> {
    let organization = &member.0.organization;
    let campaign = named(&id)?;
    let moment = as_of.moment(&engine).await?;
    let shown = fresh.wait_for(&engine, &members::SCREENS).await;
    if let Some(then) = moment {
        return past((&engine, &member.0, &reading), campaign, then, texts).await;
    }
    let row = find(&engine, &member.0, campaign).await?;
    let first = (0, WITH_CAMPAIGN);
    let rows = targets::of_campaign(&engine.screens, organization, campaign, first).await?;
    let people = members::contacts(&engine, organization, &rows).await?;
    reading.lists(&engine, &member.0, &rows, (Kind::Campaign, &campaign.to_string())).await?;
    let contacts = members::views(&rows, &people, texts);
    let mut answer = sessions::shown(shown);
    versions::shown::<Campaign>(&engine, &StreamId::campaign(organization, campaign), shown, &mut answer)
        .await?;
    sessions::json(answer, &WholeView { campaign: CampaignView::new(&row, texts), contacts })
}

/// The same as it was.
async fn past(
    (engine, caller, reading): (&Engine, &Caller, &Reading),
    campaign: Uuid,
    then: Moment,
    texts: Texts,
) -> Result<HttpResponse, Problem> {
    let first = usize::try_from(WITH_CAMPAIGN).unwrap_or(usize::MAX);
    let of = (&caller.organization, campaign);
    let whole = as_of::campaign(engine, of, first, (then.position, unknown())).await?;
    reading.lists(engine, caller, &whole.targets, (Kind::Campaign, &campaign.to_string())).await?;
    let contacts = members::views(&whole.targets, &whole.people, texts);
    let campaign = CampaignView::new(&whole.row, texts);
    sessions::json(then.shown(), &WholeView { campaign, contacts })
}

/// How many joined, and how many were there already.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Joined {
    added: u32,
    already_there: usize,
    total_contacts: i64,
}

/// Adds contacts. All of them join, or none: an id that is no contact is named.
#[utoipa::path(tag = "campaigns", security(("token" = [])),
    request_body(content = form::Contacts, content_type = "application/json"),
    responses(
        (status = OK, body = Joined),
        (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json",
            description = "No such campaign, or `contactId` is no contact"),
    ))]
#[post("/auto-calling/campaigns/{id}/contacts")]
async fn join(
    engine: Engine,
    member: Member,
    id: RequestId,
    campaign: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let caller = member.0;
    caller.require(Role::Manager)?;
    let campaign = named(&campaign)?;
    let contacts = form::contacts(&request, payload).await?;
    let asked = Asked::new(&engine, &caller, &id);
    asked.say(campaign, Command::Look).await?;
    known(&engine, &caller, &contacts).await?;
    let (joined, version) = asked.join(campaign, &contacts).await?;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((edge::POSITION, version.position));
    Ok(answer.json(joined))
}

/// Removes a campaign that does not run.
#[utoipa::path(tag = "campaigns", security(("token" = [])), params(IfMatch), responses(
    (status = OK, body = Removed),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json"),
))]
#[delete("/auto-calling/campaigns/{id}")]
async fn remove(
    engine: Engine,
    member: Member,
    id: RequestId,
    campaign: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let caller = member.0;
    caller.require(Role::Manager)?;
    let (campaign, version) = (named(&campaign)?, versions::Asked::of(&request)?);
    let asked = Asked::new(&engine, &caller, &id);
    let (at, remove) =
        ((asked.stream(campaign), version.0.clone()), Command::Remove { at: engine.clock.now() });
    let done = engine.dispatch.campaign_as(at, remove, asked.meta()).await;
    Ok(Removed::answer(campaign, done.map_err(|why| version.told(why))?.position))
}

/// Who asks something of a campaign.
struct Asked<'a> {
    engine: &'a Engine,
    caller: &'a Caller,
    circumstances: Arc<Circumstances>,
    command: Option<CommandId>,
}

impl<'a> Asked<'a> {
    fn new(engine: &'a Engine, caller: &'a Caller, id: &RequestId) -> Self {
        let circumstances = Arc::new(id.circumstances(&caller.organization, &caller.actor));
        Self { engine, caller, circumstances, command: None }
    }

    fn under(self, named: &Named) -> Self {
        Self { command: named.command.clone(), ..self }
    }

    async fn say(&self, campaign: Uuid, command: Command) -> Result<Version, Problem> {
        Ok(self.engine.dispatch.campaign(self.stream(campaign), command, self.meta()).await?.version())
    }

    fn stream(&self, campaign: Uuid) -> StreamId {
        StreamId::campaign(&self.caller.organization, campaign)
    }

    fn meta(&self) -> Meta {
        Meta { circumstances: Arc::clone(&self.circumstances), command: self.command.clone() }
    }

    async fn join(&self, campaign: Uuid, contacts: &[Uuid]) -> Result<(Joined, Version), Problem> {
        let joining = Joining {
            organization: &self.caller.organization,
            campaign,
            contacts,
            circumstances: &self.circumstances,
            at: self.engine.clock.now(),
        };
        let (added, done) = self.engine.dispatch.enlist(&joining).await?;
        let already_there = contacts.len().saturating_sub(usize::try_from(added).unwrap_or(0));
        let (row, _) = self.row(campaign, done.position).await?;
        Ok((Joined { added, already_there, total_contacts: row.total }, done.version()))
    }

    /// What was stored, as the screen shows it.
    async fn shown(
        &self,
        campaign: Uuid,
        version: Version,
        texts: Texts,
        status: StatusCode,
    ) -> Result<HttpResponse, Problem> {
        let (row, mut answer) = self.row(campaign, version.position).await?;
        versions::made(answer.status(status), version.number);
        sessions::json(answer, &CampaignView::new(&row, texts))
    }

    async fn row(
        &self,
        campaign: Uuid,
        position: Position,
    ) -> Result<(CampaignRow, HttpResponseBuilder), Problem> {
        let fresh = Fresh::since(position).wait(self.engine, CampaignBoard::NAME).await;
        let late = || Problem::new(Code::ScreensBehind, "the campaign is stored, but not shown yet");
        let row = campaign_board::find(&self.engine.screens, &self.caller.organization, campaign).await?;
        let row = row.filter(|_| fresh.behind == 0).ok_or_else(late)?;
        let mut answer = sessions::shown(fresh);
        answer.insert_header((edge::POSITION, position));
        Ok((row, answer))
    }
}

/// Every one of them is a contact of the organization, or the first that is none is named.
async fn known(engine: &Engine, caller: &Caller, contacts: &[Uuid]) -> Result<(), Problem> {
    let target = engine.dispatch.position();
    let fresh = engine.screens.wait(ContactBook::NAME, target, engine.options.read_wait).await;
    if fresh.behind > 0 {
        return Err(Problem::new(
            Code::ScreensBehind,
            "the contacts may not be seen yet; nothing was stored",
        ));
    }
    let there = contact_book::known(&engine.screens, &caller.organization, contacts).await?;
    match contacts.iter().find(|contact| !there.contains(*contact)) {
        None => Ok(()),
        Some(stranger) => {
            Err(Problem::new(Code::ContactUnknown, format!("{stranger} is no contact; nothing was stored"))
                .with("contactId", stranger.to_string()))
        }
    }
}

async fn find(engine: &Engine, caller: &Caller, campaign: Uuid) -> Result<CampaignRow, Problem> {
    campaign_board::find(&engine.screens, &caller.organization, campaign).await?.ok_or_else(unknown)
}

fn status(text: &str) -> Result<Status, Problem> {
    let known = Status::ALL.map(Status::as_str).join(", ");
    Status::parse(text).ok_or_else(|| Problem::parameter("status", format!("is none of {known}")))
}

/// What is no id is the id of nothing.
fn named(id: &str) -> Result<Uuid, Problem> {
    Uuid::parse_str(id).map_err(|_| unknown())
}

fn unknown() -> Problem {
    Problem::new(Code::CampaignUnknown, "there is no such campaign")
}
