//! Do-not-call lists: an organization's own, and the one that holds for every organization. Looked at, added to by hand, taken from.
//! A number is told in bodies and parameters, never in a path: there it goes by its fingerprint. How a body is understood is
//! `do_not_call/form.rs`'s.
#![expect(unused_qualifications, reason = "utoipa names the types of parameters in full")]

mod form;

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::web::{Path, Payload, Query};
use actix_web::{HttpResponse, delete, get, post};
use domain::access::Role;
use domain::disclosure::Kind;
use domain::ids::{Fingerprint, Organization};
use domain::person::Wish;
use domain::phone::Phone;
use projections::contact_book::{self, ContactBook};
use projections::do_not_call::{self, DoNotCall, ForbiddenRow};
use projections::projection::Projection;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::Engine;
use super::auth::{Caller, Member};
use super::disclosing::{DO_NOT_CALL, Reading};
use super::edge::{self, RequestId};
use super::fields;
use super::pages::{self, Pages};
use super::problem::{Code, Problem, ProblemBody};
use super::query::{self, Described};
use super::sessions::{self, Fresh};
use super::times::Stamp;
use crate::dispatch::contacts::Refusal;
use crate::dispatch::do_not_call::Asked;
use crate::dispatch::{Failure, Meta};

const LIST: u32 = 50;
const LIST_MAX: u32 = 1_000;

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(list).service(add).service(check).service(remove);
}

/// A number that is not to be called.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ForbiddenNumber)]
struct ForbiddenView<'a> {
    /// The number's name in this list. It tells nothing of the number.
    id: &'a str,
    /// E.164. Null where it was recorded without it, or the person was forgotten.
    phone: Option<&'a str>,
    note: Option<&'a str>,
    #[schema(value_type = SourceName)]
    source: &'static str,
    added_by: &'a str,
    #[schema(value_type = String, format = DateTime)]
    added_at: Stamp,
    /// The contact that has the number, if there is one.
    contact_id: Option<Uuid>,
}

impl<'a> ForbiddenView<'a> {
    fn new(row: &'a ForbiddenRow, contacts: &HashMap<String, Uuid>) -> Self {
        Self {
            id: row.id(),
            phone: row.phone.as_deref(),
            note: row.note.as_deref(),
            source: row.source.as_str(),
            added_by: &row.actor,
            added_at: Stamp(row.since),
            contact_id: row.phone.as_ref().and_then(|phone| contacts.get(phone)).copied(),
        }
    }
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
struct ForbiddenPage<'a> {
    data: Vec<ForbiddenView<'a>>,
    meta: pages::Meta,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// `organization`, which is meant where it is left out; or `global`, the list that holds for every organization. That one is
    /// seen and changed by admins of the installation's own organization alone.
    scope: Option<String>,
}

impl Which {
    fn list(&self, engine: &Engine, caller: &Caller) -> Result<Organization, Problem> {
        match self.scope.as_deref() {
            None | Some("organization") => Ok(caller.organization.clone()),
            Some("global") => {
                let closed = "the global list is for admins of the installation's own organization; \
                              whether a number is on it, GET /auto-calling/do-not-call/check tells";
                caller
                    .keeps_house(engine)
                    .then(Organization::everyone)
                    .ok_or_else(|| Problem::new(Code::GlobalListClosed, closed))
            }
            Some(_) => Err(Problem::parameter("scope", "has to be organization or global")),
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Sought {
    /// A telephone number, or its last digits.
    q: Option<String>,
}

/// A do-not-call list, what was added last coming first.
#[utoipa::path(tag = "do-not-call", security(("token" = [])), params(Which, Sought, Pages, Fresh), responses(
    (status = OK, body = ForbiddenPage<'_>),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = FORBIDDEN, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/auto-calling/do-not-call")]
async fn list(
    engine: Engine,
    member: Member,
    which: Query<Which>,
    sought: Query<Sought>,
    pages: Query<Pages>,
    fresh: Query<Fresh>,
    (reading, request): (Reading, Described),
) -> Result<HttpResponse, Problem> {
    let whose = which.list(&engine, &member.0)?;
    let ending = sought.q.as_deref().map(|text| form::ending(text, engine.options.home)).transpose()?;
    let place = pages.place(LIST, LIST_MAX)?;
    let shown = fresh.wait(&engine, DoNotCall::NAME).await;
    let page = (place.at, place.limit + 1);
    let mut rows = do_not_call::list(&engine.screens, &whose, ending.as_deref(), page).await?;
    let total = do_not_call::count(&engine.screens, &whose, ending.as_deref()).await?;
    let next = place.cut(&mut rows, |row| row.position);
    let contacts = contacts(&engine, &whose, &rows, &fresh).await?;
    reading.lists(&engine, &member.0, &rows, (Kind::Export, DO_NOT_CALL)).await?;
    let data = rows.iter().map(|row| ForbiddenView::new(row, &contacts)).collect();
    let answer = place.answer(&request.0, sessions::shown(shown), next);
    sessions::json(answer, &ForbiddenPage { data, meta: place.meta(total, next) })
}

/// Which of an organization's contacts have these numbers.
async fn contacts(
    engine: &Engine,
    whose: &Organization,
    rows: &[ForbiddenRow],
    fresh: &Fresh,
) -> Result<HashMap<String, Uuid>, Problem> {
    let phones: Vec<&str> = rows.iter().filter_map(|row| row.phone.as_deref()).collect();
    if phones.is_empty() || *whose == Organization::everyone() {
        return Ok(HashMap::new());
    }
    fresh.wait(engine, ContactBook::NAME).await;
    Ok(contact_book::of_numbers(&engine.screens, whose, &phones).await?)
}

/// What came of numbers that were put on a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ForbiddenNumbers)]
struct AddedView {
    added: usize,
    /// Those that were on the list, or were named twice.
    already_there: usize,
    /// Of each number, in the order in which they came; one that was named twice stands here once.
    ids: Vec<String>,
}

/// Puts numbers on a list. They are not called any more from the next dialling on, and a contact that has one is `DO_NOT_CALL`.
/// Where one of them is no number, nothing is stored. Those that are there already stay as they are.
#[utoipa::path(tag = "do-not-call", security(("token" = [])), params(Which),
    request_body(content = form::Forbidden, content_type = "application/json"),
    responses(
        (status = OK, body = AddedView),
        (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json",
            description = "`field` says which is wrong: `phones[17]`"),
        (status = FORBIDDEN, body = ProblemBody, content_type = "application/problem+json"),
        (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json",
            description = "Send it again: what is on the list by now stays there"),
    ))]
#[post("/auto-calling/do-not-call")]
async fn add(
    engine: Engine,
    member: Member,
    id: RequestId,
    which: Query<Which>,
    request: Described,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let caller = member.0;
    caller.require(Role::Operator)?;
    let whose = which.list(&engine, &caller)?;
    let form::Sent { numbers, count } = form::sent(&engine, &request.0, payload).await?;
    let asked = asked(&engine, &caller, &id, whose);
    let done = engine.dispatch.forbid(&asked, &numbers).await?;
    let name = |phone| engine.dispatch.fingerprint(&asked.list, phone).to_string();
    let ids = numbers.phones.iter().map(name).collect();
    let mut answer = HttpResponse::Ok();
    answer.insert_header((edge::POSITION, done.position));
    Ok(answer.json(AddedView { added: done.added, already_there: count.saturating_sub(done.added), ids }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Checked {
    /// A telephone number, as people write it.
    #[param(value_type = String)]
    phone: Option<String>,
}

/// Whether a number may not be called, as it stands this very moment.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ForbiddenOrNot)]
struct CheckView<'a> {
    /// E.164.
    phone: &'a str,
    listed: bool,
    /// Which lists it is on.
    #[schema(value_type = Vec<ScopeName>)]
    lists: Vec<&'static str>,
    /// Its name in the organization's own list; null where it is not there.
    id: Option<String>,
    /// The same whether it is there or not: what `GET /audit/number/{id}` knows it by.
    number_id: String,
    /// By whose wish it is in the organization's own list.
    #[schema(value_type = Option<SourceName>)]
    source: Option<&'static str>,
}

/// Whether a number is on the organization's list, or on the global one.
#[utoipa::path(tag = "do-not-call", security(("token" = [])), params(Checked), responses(
    (status = OK, body = CheckView<'_>),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/auto-calling/do-not-call/check")]
async fn check(
    engine: Engine,
    member: Member,
    checked: Query<Checked>,
    _: Described,
) -> Result<HttpResponse, Problem> {
    let needed = || Problem::parameter("phone", "is required");
    let text = query::with_plus(checked.phone.as_deref().ok_or_else(needed)?);
    let phone = Phone::listed(&text, engine.options.home);
    let phone = phone.map_err(|why| Problem::parameter("phone", fields::unfit(why)))?.phone;
    let organization = &member.0.organization;
    let standing = engine.dispatch.standing(organization, &phone).await?;
    let lists = [(standing.own, "organization"), (standing.global, "global")];
    let lists: Vec<&str> = lists.iter().filter(|(wish, _)| wish.is_some()).map(|(_, name)| *name).collect();
    let number_id = engine.dispatch.fingerprint(organization, &phone).to_string();
    let (listed, source) = (!lists.is_empty(), standing.own.map(Wish::as_str));
    let id = standing.own.map(|_| number_id.clone());
    Ok(HttpResponse::Ok().json(CheckView { phone: phone.as_str(), listed, lists, id, number_id, source }))
}

/// Takes a number off a list: it may be called again, and its contact is ACTIVE.
#[utoipa::path(tag = "do-not-call", security(("token" = [])), params(Which), responses(
    (status = NO_CONTENT, description = "It may be called again"),
    (status = FORBIDDEN, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[delete("/auto-calling/do-not-call/{id}")]
async fn remove(
    engine: Engine,
    member: Member,
    id: RequestId,
    number: Path<String>,
    which: Query<Which>,
) -> Result<HttpResponse, Problem> {
    let caller = member.0;
    let whose = which.list(&engine, &caller)?;
    let explained = "only an admin takes a number off the list: its owner has asked not to be called, \
                     and has to have asked for calls again";
    caller.require(Role::Admin).map_err(|_| Problem::new(Code::RoleTooLow, explained))?;
    let number = Fingerprint::parse(&number).ok_or(Failure::Refused(Refusal::NotListed))?;
    let position = engine.dispatch.allow(&asked(&engine, &caller, &id, whose), number).await?;
    Ok(HttpResponse::NoContent().insert_header((edge::POSITION, position)).finish())
}

fn asked(engine: &Engine, caller: &Caller, id: &RequestId, whose: Organization) -> Asked {
    let circumstances = Arc::new(id.circumstances(&caller.organization, &caller.actor));
    Asked { list: whose, at: engine.clock.now(), meta: Meta { circumstances, command: None } }
}

#[derive(Debug, ToSchema)]
#[schema(as = ForbiddenSource, rename_all = "snake_case")]
#[expect(dead_code, reason = "it only names the values to the API's document")]
enum SourceName {
    Conversation,
    Hand,
    Contact,
}

#[derive(Debug, ToSchema)]
#[schema(as = ForbiddenScope, rename_all = "snake_case")]
#[expect(dead_code, reason = "it only names the values to the API's document")]
enum ScopeName {
    Organization,
    Global,
}
