//! Who is in a campaign: each contact as contacts are shown, with how it stands there.
#![expect(unused_qualifications, reason = "utoipa names the types of parameters in full")]

use std::collections::HashMap;

use actix_web::web::{Path, Query};
use actix_web::{HttpResponse, get};
use domain::conversation::status::Status;
use domain::disclosure::Kind;
use domain::ids::Organization;
use projections::campaign_board::CampaignBoard;
use projections::contact_book::{self, ContactBook, ContactRow};
use projections::projection::Projection;
use projections::targets::{self, Filter, TargetRow, Targets};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::view::TargetView;
use super::{find, named};
use crate::http::Engine;
use crate::http::auth::Member;
use crate::http::disclosing::Reading;
use crate::http::language::Texts;
use crate::http::pages::{self, Pages};
use crate::http::problem::{Problem, ProblemBody};
use crate::http::query::{self, Described};
use crate::http::sessions::{self, Fresh};

const LIST: u32 = 50;
const LIST_MAX: u32 = 1_000;
/// What a campaign is shown from with its contacts: an answer is of the one that is furthest behind.
pub(super) const SCREENS: [&str; 3] = [CampaignBoard::NAME, Targets::NAME, ContactBook::NAME];

/// A page of a campaign's contacts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CampaignContactPage)]
struct TargetPage<'a> {
    data: Vec<TargetView<'a>>,
    meta: pages::Meta,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Sought {
    /// One or several values of `callStatus`, with commas between them.
    status: Option<String>,
}

impl Sought {
    fn filter(&self) -> Result<Filter, Problem> {
        let known = Status::ALL.map(|status| (status.as_str(), status));
        Ok(Filter { statuses: query::words("status", self.status.as_deref(), &known)? })
    }
}

/// A campaign's contacts and how each stands, in the order in which they joined.
#[utoipa::path(tag = "campaigns", security(("token" = [])), params(Sought, Pages, Fresh, Texts), responses(
    (status = OK, body = TargetPage<'_>),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/auto-calling/campaigns/{id}/contacts")]
pub(super) async fn members(
    engine: Engine,
    member: Member,
    (reading, request): (Reading, Described),
    id: Path<String>,
    (sought, pages, fresh): (Query<Sought>, Query<Pages>, Query<Fresh>),
    texts: Texts,
) -> Result<HttpResponse, Problem> {
    let (filter, place, campaign) = (sought.filter()?, pages.place(LIST, LIST_MAX)?, named(&id)?);
    let shown = fresh.wait_for(&engine, &SCREENS).await;
    find(&engine, &member.0, campaign).await?;
    let of = (&member.0.organization, campaign);
    let mut rows = targets::list(&engine.screens, of, &filter, (place.at, place.limit + 1)).await?;
    let total = targets::count(&engine.screens, of, &filter).await?;
    let next = place.cut(&mut rows, |row| row.position);
    let contacts = contacts(&engine, of.0, &rows).await?;
    reading.lists(&engine, &member.0, &rows, (Kind::Campaign, &campaign.to_string())).await?;
    let answer = place.answer(&request.0, sessions::shown(shown), next);
    sessions::json(
        answer,
        &TargetPage { data: views(&rows, &contacts, texts), meta: place.meta(total, next) },
    )
}

/// Whom the rows are about; of a contact that was removed there is nothing left to show.
pub(super) async fn contacts(
    engine: &Engine,
    organization: &Organization,
    rows: &[TargetRow],
) -> Result<HashMap<Uuid, ContactRow>, Problem> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.contact).collect();
    Ok(contact_book::several(&engine.screens, organization, &ids).await?)
}

pub(super) fn views<'a>(
    rows: &'a [TargetRow],
    contacts: &'a HashMap<Uuid, ContactRow>,
    texts: Texts,
) -> Vec<TargetView<'a>> {
    rows.iter().map(|row| TargetView::new(row, contacts.get(&row.contact), texts)).collect()
}
