//! Promises to pay: which there are, and what became of one. They are made in calls and nowhere else.
//! How a body is understood is `promises/form.rs`'s.
#![expect(unused_qualifications, reason = "utoipa names the types of parameters in full")]

mod form;

use std::sync::Arc;

use actix_web::web::{Path, Payload, Query};
use actix_web::{HttpRequest, HttpResponse, get, patch};
use chrono::NaiveDate;
use domain::access::Role;
use domain::decimal::Amount;
use domain::disclosure::{Kind, Way};
use domain::ids::StreamId;
use domain::promise::{self, Phase};
use projections::Page;
use projections::projection::Projection;
use projections::promises::{self, Filter, Order, PromiseRow, Promises};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::Engine;
use super::auth::{Caller, Member};
use super::disclosing::{PROMISES, Reading};
use super::edge::{self, RequestId};
use super::language::Texts;
use super::pages::{self, Pages};
use super::problem::{Code, Problem, ProblemBody};
use super::query::{self, Described};
use super::repeat::{self, Named};
use super::sessions::{self, Fresh};
use super::times::Stamp;
use super::versions::{self, IfMatch};
use crate::dispatch::Meta;
use crate::dispatch::contacts::Asked;
use crate::dispatch::seen::Version;

const LIST: u32 = 50;
const LIST_MAX: u32 = 1_000;
const SORTS: [(&str, Sort); 2] = [("newest", Sort::Newest), ("due", Sort::Due)];

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(list).service(one).service(change);
}

/// A promise to pay.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Promise)]
struct PromiseView<'a> {
    /// Of the call in which it was made.
    id: Uuid,
    contact_id: Uuid,
    campaign_id: Uuid,
    #[schema(value_type = StatusName)]
    status: &'static str,
    status_description: &'static str,
    /// Null where none was named.
    #[schema(value_type = Option<f64>)]
    amount: Option<Box<RawValue>>,
    #[schema(value_type = f64)]
    paid_amount: Box<RawValue>,
    /// The day by which, where the person is; null where none was named.
    #[schema(format = Date)]
    due_date: Option<&'a str>,
    /// Not kept by then, it is broken; no campaign calls before.
    #[schema(value_type = String, format = DateTime)]
    until: Stamp,
    /// How often another day was agreed on.
    rescheduled: i64,
    /// The later promise that took its place.
    superseded_by: Option<Uuid>,
    #[schema(value_type = String, format = DateTime)]
    made_at: Stamp,
    /// Since when it is not open any more.
    #[schema(value_type = Option<String>, format = DateTime)]
    settled_at: Option<Stamp>,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Stamp,
}

#[derive(Debug, ToSchema)]
#[schema(as = PromiseStatus, rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(dead_code, reason = "it only names the values to the API's document")]
enum StatusName {
    Open,
    Kept,
    Broken,
    Superseded,
    Withdrawn,
}

impl<'a> PromiseView<'a> {
    fn new(row: &'a PromiseRow, texts: Texts) -> Self {
        Self {
            id: row.id,
            contact_id: row.contact,
            campaign_id: row.campaign,
            status: row.status.as_str(),
            status_description: row.status.description(texts.language),
            amount: row.amount.map(number),
            paid_amount: number(row.paid),
            due_date: row.due.as_deref(),
            until: Stamp(row.until),
            rescheduled: row.rescheduled,
            superseded_by: row.superseded_by,
            made_at: Stamp(row.made_at),
            settled_at: row.settled_at.map(Stamp),
            updated_at: Stamp(row.updated_at),
        }
    }
}

/// To the hundredth, as no binary fraction has it.
pub(super) fn number(amount: Amount) -> Box<RawValue> {
    RawValue::from_string(amount.to_string()).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// A page of promises.
#[derive(Debug, Serialize, ToSchema)]
struct PromisePage<'a> {
    data: Vec<PromiseView<'a>>,
    meta: pages::Meta,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Newest,
    Due,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
struct Sought {
    /// One or several of `open`, `kept`, `broken`, `superseded` and `withdrawn`.
    status: Option<String>,
    /// The id of a campaign.
    campaign: Option<String>,
    /// The id of a contact.
    contact: Option<String>,
    /// Due on that day or later.
    #[param(example = "2025-10-06")]
    due_from: Option<String>,
    /// Due on that day or earlier.
    #[param(example = "2025-10-06")]
    due_to: Option<String>,
    /// `newest` first, or what is `due` soonest; that goes without `cursor`.
    sort: Option<String>,
}

impl Sought {
    fn filter(&self) -> Result<Filter, Problem> {
        let known = Phase::ALL.map(|phase| (phase.as_str(), phase));
        Ok(Filter {
            statuses: query::words("status", self.status.as_deref(), &known)?,
            campaign: id("campaign", self.campaign.as_deref())?,
            contact: id("contact", self.contact.as_deref())?,
            due_from: day("dueFrom", self.due_from.as_deref())?,
            due_to: day("dueTo", self.due_to.as_deref())?,
        })
    }

    fn order(&self, page: Page) -> Result<Order, Problem> {
        match (query::one_of("sort", self.sort.as_deref(), &SORTS)?, page) {
            (None | Some(Sort::Newest), page) => Ok(Order::Newest(page)),
            (Some(Sort::Due), Page::Skip(skip)) => Ok(Order::Due(skip)),
            (Some(Sort::Due), Page::Beyond(_)) => Err(Problem::parameter("cursor", "goes without sort=due")),
        }
    }
}

/// The organization's promises.
#[utoipa::path(tag = "promises", security(("token" = [])), params(Sought, Pages, Fresh, Texts), responses(
    (status = OK, body = PromisePage<'_>),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/auto-calling/promises")]
async fn list(
    engine: Engine,
    member: Member,
    (reading, request): (Reading, Described),
    sought: Query<Sought>,
    pages: Query<Pages>,
    fresh: Query<Fresh>,
    texts: Texts,
) -> Result<HttpResponse, Problem> {
    let (filter, place) = (sought.filter()?, pages.place(LIST, LIST_MAX)?);
    let order = sought.order(place.at)?;
    let fresh = fresh.wait(&engine, Promises::NAME).await;
    let organization = &member.0.organization;
    let mut rows = promises::list(&engine.screens, organization, &filter, (order, place.limit + 1)).await?;
    let total = promises::count(&engine.screens, organization, &filter).await?;
    let next = place.cut(&mut rows, |row| row.position).filter(|_| order == Order::Newest(place.at));
    reading.lists(&engine, &member.0, &rows, (Kind::Export, PROMISES)).await?;
    let data = rows.iter().map(|row| PromiseView::new(row, texts)).collect();
    let answer = place.answer(&request.0, sessions::shown(fresh), next);
    sessions::json(answer, &PromisePage { data, meta: place.meta(total, next) })
}

/// One promise. All promises of a contact have one version.
#[utoipa::path(tag = "promises", security(("token" = [])), params(Fresh, Texts), responses(
    (status = OK, body = PromiseView<'_>, headers(("ETag" = String, description = "Its version, for `If-Match`"))),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/auto-calling/promises/{id}")]
async fn one(
    engine: Engine,
    member: Member,
    reading: Reading,
    id: Path<String>,
    fresh: Query<Fresh>,
    texts: Texts,
) -> Result<HttpResponse, Problem> {
    let fresh = fresh.wait(&engine, Promises::NAME).await;
    let row = find(&engine, &member.0, &id).await?;
    reading.discloses(&engine, &member.0, (Way::Listed, Kind::Contact, &row.contact.to_string())).await?;
    let mut answer = sessions::shown(fresh);
    let stream = StreamId::promises(&member.0.organization, row.contact);
    versions::shown::<promise::Promises>(&engine, &stream, fresh, &mut answer).await?;
    sessions::json(answer, &PromiseView::new(&row, texts))
}

/// What became of a promise: exactly one of `kept`, `paid`, `dueDate` and `withdrawn`. Payments add up; what was promised is kept once
/// it is paid, also late. With `contactStatus` the contact's goal is reached as well.
/// Sent again under the same `Idempotency-Key`, as after an answer that did not come, it is counted once.
#[utoipa::path(tag = "promises", security(("token" = [])),
    params(Texts, IfMatch, repeat::Key),
    request_body(content = form::PromiseChange, content_type = "application/json"),
    responses(
        (status = OK, body = PromiseView<'_>, headers(("ETag" = String, description = "Its version, for `If-Match`"))),
        (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
        (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json"),
    ))]
#[patch("/auto-calling/promises/{id}")]
async fn change(
    engine: Engine,
    member: Member,
    id: RequestId,
    promise: Path<String>,
    texts: Texts,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let caller = member.0;
    caller.require(Role::Operator)?;
    let version = versions::Asked::of(&request)?;
    let said = form::read(&engine, &caller.organization, (&request, payload)).await?;
    let named = Named::begin(&engine, &caller.organization, &request, &said.whole).await?;
    Fresh::since(engine.dispatch.position()).wait(&engine, Promises::NAME).await;
    let known = find(&engine, &caller, &promise).await?;
    if named.earlier.is_some() {
        let stream = StreamId::promises(&caller.organization, known.contact);
        let version = versions::of::<promise::Promises>(&engine, &stream).await?;
        return shown(&engine, &caller, &promise, version, texts).await;
    }
    let circumstances = Arc::new(id.circumstances(&caller.organization, &caller.actor));
    let meta = Meta { circumstances, command: named.command.clone() };
    let (organization, at) = (caller.organization.clone(), engine.clock.now());
    let asked = Asked { organization, contact: known.contact, at, meta };
    let changed = engine.dispatch.change_promise(&asked, &version.0, &said.of(known.id)).await;
    shown(&engine, &caller, &promise, changed.map_err(|why| version.told(why))?, texts).await
}

/// What was stored, as the screen shows it.
async fn shown(
    engine: &Engine,
    caller: &Caller,
    promise: &str,
    Version { number, position }: Version,
    texts: Texts,
) -> Result<HttpResponse, Problem> {
    let fresh = Fresh::since(position).wait(engine, Promises::NAME).await;
    let late = || Problem::new(Code::ScreensBehind, "the promise is changed, but not shown yet");
    let row = Some(find(engine, caller, promise).await?).filter(|_| fresh.behind == 0);
    let mut answer = sessions::shown(fresh);
    answer.insert_header((edge::POSITION, position));
    versions::made(&mut answer, number);
    sessions::json(answer, &PromiseView::new(&row.ok_or_else(late)?, texts))
}

async fn find(engine: &Engine, caller: &Caller, id: &str) -> Result<PromiseRow, Problem> {
    let unknown = || Problem::new(Code::PromiseUnknown, "there is no such promise");
    let id = Uuid::parse_str(id).map_err(|_| unknown())?;
    promises::find(&engine.screens, &caller.organization, id).await?.ok_or_else(unknown)
}

fn id(name: &'static str, text: Option<&str>) -> Result<Option<Uuid>, Problem> {
    let wrong = || Problem::parameter(name, "is no id");
    text.map(|text| Uuid::parse_str(text.trim()).map_err(|_| wrong())).transpose()
}

fn day(name: &'static str, text: Option<&str>) -> Result<Option<NaiveDate>, Problem> {
    let wrong = || Problem::parameter(name, "has to be a day such as 2025-10-06");
    text.map(|text| form::day(text).ok_or_else(wrong)).transpose()
}
