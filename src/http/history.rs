//! The history of an organization's calls, whatever placed them: page by page, and whole as a file.
//! Remote call servers dial them, and campaigns do; others come and go through the exchange that is watched.
#![expect(unused_qualifications, reason = "utoipa names the types of parameters in full")]

mod asked;
mod export;
mod merged;

use actix_web::web::Query;
use actix_web::{HttpResponse, get};
use chrono::DateTime;
use domain::disclosure::{Kind, Way};
use domain::language::Language;
use projections::call_history::Place;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::auth::Calls;
use super::disclosing::{CALLS, Reading};
use super::language::Texts;
use super::problem::{Problem, ProblemBody};
use super::query::Described;
use super::results::view::ResultView;
use super::sessions::{self, Fresh};
use super::{Engine, page, table};
use asked::Asked;
use merged::{Entry, Origin};

pub(super) use asked::named;

const LIMIT: u32 = 100;
const LIMIT_MAX: u32 = 1_000;

pub(super) fn configure(routes: &mut ServiceConfig<'_>) {
    routes.service(history).service(exported);
}

/// A call of the history: a result, and who dialled whom.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = HistoryCall)]
struct CallView<'a> {
    #[serde(flatten)]
    result: ResultView<'a>,
    #[schema(example = "remote")]
    source: &'static str,
    #[schema(example = "chiquvchi")]
    direction: &'static str,
    /// Of a campaign's call; its `phoneNumber` is empty where the contact has another number by now.
    campaign_id: Option<Uuid>,
    contact_id: Option<Uuid>,
    /// Of the exchange's call: its name there; `phoneNumber` is the outside one's.
    call_id: Option<&'a str>,
    extension: Option<&'a str>,
}

impl<'a> CallView<'a> {
    fn new(entry: &'a Entry, language: Language) -> Self {
        let mut view = Self {
            result: ResultView::shown(&entry.result, language),
            source: asked::source(entry),
            direction: asked::direction(entry),
            campaign_id: None,
            contact_id: None,
            call_id: None,
            extension: None,
        };
        match &entry.origin {
            Origin::Remote => {}
            Origin::Campaign { campaign, contact } => {
                (view.campaign_id, view.contact_id) = (Some(*campaign), Some(*contact));
            }
            Origin::Exchange { call, extension, .. } => {
                (view.call_id, view.extension) = (Some(call.as_str()), extension.as_deref());
            }
        }
        view
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Part {
    /// At most so many, up to 1,000; 100 where it is left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1_000)]
    limit: Option<String>,
    /// Only what comes after an earlier answer's page: its `X-Next-Cursor`, which also stands in its `Link`.
    cursor: Option<String>,
}

/// The calls of the organization, the newest first.
#[utoipa::path(tag = "calls", security((), ("token" = [])), params(Asked, Part, Fresh, Texts), responses(
    (status = OK, body = Vec<CallView<'_>>, headers(
        ("Link" = String, description = "The next page, where there is one"),
        ("X-Next-Cursor" = String, description = "Its cursor alone"),
    )),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/calls/history")]
async fn history(
    engine: Engine,
    caller: Calls,
    (reading, request): (Reading, Described),
    asked: Query<Asked>,
    part: Query<Part>,
    fresh: Query<Fresh>,
    texts: Texts,
) -> Result<HttpResponse, Problem> {
    let organization = &caller.0.organization;
    let limit = page::limit(part.limit.as_deref(), LIMIT_MAX)?.unwrap_or(LIMIT);
    let below = place(part.cursor.as_deref())?;
    let mut answer = sessions::shown(merged::wait(&engine, &fresh).await);
    let wanted = asked.wanted(&engine, organization).await?;
    let mut rows = merged::read(&engine, organization, &wanted, (below, limit + 1)).await?;
    page::end(&mut rows, limit, |last| cursor(last.place()), (&request.0, &mut answer));
    reading.lists(&engine, &caller.0, &rows, (Kind::Export, CALLS)).await?;
    let views: Vec<CallView<'_>> = rows.iter().map(|row| CallView::new(row, texts.language)).collect();
    sessions::json(answer, &views)
}

/// The same calls as a file, all of them: CSV as they are read, or a workbook.
#[utoipa::path(tag = "calls", security((), ("token" = [])), params(Asked, table::Form, Fresh, Texts), responses(
    (status = OK, body = String, content_type = "text/csv", description = "CSV in UTF-8, or a workbook (format=xlsx)"),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/calls/history/export")]
async fn exported(
    engine: Engine,
    caller: Calls,
    _: Described,
    reading: Reading,
    asked: Query<Asked>,
    (form, fresh): (Query<table::Form>, Query<Fresh>),
    texts: Texts,
) -> Result<HttpResponse, Problem> {
    let format = form.format()?.unwrap_or(table::Format::Csv);
    let fresh = merged::wait(&engine, &fresh).await;
    let wanted = asked.wanted(&engine, &caller.0.organization).await?;
    reading.discloses(&engine, &caller.0, (Way::Copied, Kind::Export, CALLS)).await?;
    let calls = export::Calls::new(engine, caller.0.organization, wanted, texts.language);
    table::answer(calls, format, fresh).await
}

/// A place as clients hold it: its microsecond and its position.
pub(super) fn cursor(place: Place) -> String {
    format!("{}.{}", place.at.timestamp_micros(), place.position)
}

pub(super) fn place(cursor: Option<&str>) -> Result<Option<Place>, Problem> {
    let read = |text: &str| {
        let (micros, position) = text.split_once('.')?;
        let at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
        Some(Place { at, position: position.parse().ok()? })
    };
    let wrong = || Problem::parameter("cursor", "has to be one that X-Next-Cursor gave");
    cursor.map(|text| read(text).ok_or_else(wrong)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let at = DateTime::from_timestamp_micros(1_759_775_400_123_456).unwrap();
        let known = Place { at, position: 42 };
        assert_eq!(cursor(known), "1759775400123456.42");
        assert_eq!(place(Some(&cursor(known))).unwrap(), Some(known));
        for wrong in ["", "42", "1.x", "99999999999999999999.1", "1.-1"] {
            assert!(place(Some(wrong)).is_err(), "{wrong}");
        }
    }
}
