//! Each report of a session's calls, as it was said: what the results of the calls were made of.
//! It owns how a report is shown and where a page of them begins; what a report changed is not shown here.

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use domain::call::{Amendment, Details, Event, Told};
use domain::ids::{Organization, SessionId};
use domain::language::Language;
use domain::personal::Personal;
use futures_util::stream::{self, Stream};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::list::{PAGE, piece};
use super::view::StatusName;
use crate::dispatch::reports::{Error, Page, Place, Report};
use crate::http::problem::Problem;
use crate::http::times::Stamp;
use crate::http::{Engine, page, sessions};

/// One report as it was said. What it did not say is null, whatever other reports of its call have said.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CallReport)]
pub(super) struct ReportView<'a> {
    /// Of its result: all reports of one attempt have the same.
    id: Uuid,
    session_id: &'a str,
    /// Empty where the person was forgotten.
    phone_number: &'a str,
    /// Null for an amendment, which repeats a report and is kept for the details that it adds.
    #[schema(value_type = Option<StatusName>)]
    call_status: Option<&'static str>,
    status_description: Option<&'static str>,
    call_duration: Option<u32>,
    operator_name: Option<&'a str>,
    operator_id: Option<&'a str>,
    #[schema(value_type = Option<String>, format = DateTime)]
    call_start_time: Option<Stamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    call_end_time: Option<Stamp>,
    recording_url: Option<&'a str>,
    notes: Option<&'a str>,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    created_at: Stamp,
    report_kind: Kind,
    /// Its place in the journal.
    position: u64,
}

/// What a report was to its attempt.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ReportKind)]
enum Kind {
    First,
    Stronger,
    Weaker,
    Amendment,
}

impl<'a> ReportView<'a> {
    fn new(session: &'a str, report: &'a Report, language: Language) -> Self {
        let place = (session, report.position);
        match &report.event {
            Event::Reported(told) => Self::told(place, Kind::First, told, language),
            Event::Strengthened(told) => Self::told(place, Kind::Stronger, told, language),
            Event::Overtaken(told) => Self::told(place, Kind::Weaker, told, language),
            Event::Amended(Amendment { id, at, personal }) => {
                Self::bare(place, Kind::Amendment, (*id, *at), personal)
            }
        }
    }

    fn told(place: (&'a str, u64), kind: Kind, told: &'a Told, language: Language) -> Self {
        Self {
            call_status: Some(told.status.as_str()),
            status_description: Some(told.status.description(language)),
            call_duration: told.talk_secs,
            call_start_time: told.started_at.map(Stamp),
            call_end_time: told.ended_at.map(Stamp),
            ..Self::bare(place, kind, (told.id, told.at), &told.personal)
        }
    }

    fn bare(
        (session_id, position): (&'a str, u64),
        report_kind: Kind,
        (id, at): (Uuid, DateTime<Utc>),
        personal: &'a Personal<Details>,
    ) -> Self {
        let details = personal.clear();
        let said = |field: fn(&Details) -> &Option<String>| details.and_then(|known| field(known).as_deref());
        Self {
            id,
            session_id,
            phone_number: details.map_or("", |details| &details.phone),
            call_status: None,
            status_description: None,
            call_duration: None,
            operator_name: said(|details| &details.operator_name),
            operator_id: said(|details| &details.operator_id),
            call_start_time: None,
            call_end_time: None,
            recording_url: said(|details| &details.recording_url),
            notes: said(|details| &details.notes),
            created_at: Stamp(at),
            report_kind,
            position,
        }
    }
}

/// A session's reports, read from a place on.
pub(super) struct Reading {
    pub(super) engine: Engine,
    pub(super) organization: Organization,
    pub(super) session: SessionId,
    pub(super) language: Language,
    pub(super) after: Option<Place>,
}

impl Reading {
    /// A page where a limit is given, else all of them.
    pub(super) async fn answer(
        self,
        limit: Option<u32>,
        request: &HttpRequest,
        mut answer: HttpResponseBuilder,
    ) -> Result<HttpResponse, Problem> {
        match limit {
            Some(limit) => self.page(limit, request, answer).await,
            None => Ok(answer.streaming(self.all())),
        }
    }

    async fn read(&self, limit: u32) -> Result<Page, Error> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let dispatch = &self.engine.dispatch;
        dispatch.reports(&self.organization, &self.session, self.after.as_ref(), limit).await
    }

    async fn page(
        self,
        limit: u32,
        request: &HttpRequest,
        mut answer: HttpResponseBuilder,
    ) -> Result<HttpResponse, Problem> {
        let Page { reports, next } = self.read(limit).await?;
        if let Some(next) = next {
            page::next(request, &cursor(&next), &mut answer);
        }
        let views: Vec<ReportView<'_>> = reports.iter().map(|report| self.view(report)).collect();
        sessions::json(answer, &views)
    }

    /// The array in pieces. What comes in while it is read may be in it; nothing is in it twice.
    fn all(self) -> impl Stream<Item = Result<Bytes, Error>> {
        let begun = Some((self, false));
        stream::try_unfold(begun, async |state| {
            let Some((mut reading, more)) = state else { return Ok(None) };
            let Page { reports, next } = reading
                .read(PAGE)
                .await
                .inspect_err(|why| tracing::error!(cause = %why, "reports broke off: {why}"))?;
            let piece = piece(reports.iter().map(|report| reading.view(report)), more, next.is_none());
            reading.after = next;
            let rest = reading.after.is_some().then_some((reading, true));
            Ok(Some((piece, rest)))
        })
    }

    fn view<'a>(&'a self, report: &'a Report) -> ReportView<'a> {
        ReportView::new(self.session.as_str(), report, self.language)
    }
}

/// A place as clients hold it. It names no organization and no session: those are the request's own.
fn cursor(place: &Place) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}.{}", place.name, place.sequence))
}

pub(super) fn place(cursor: Option<&str>) -> Result<Option<Place>, Problem> {
    let read = |text: &str| {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (name, sequence) = text.split_once('.')?;
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '~');
        let sequence = sequence.parse::<u32>().ok().filter(|_| plain)?;
        Some(Place { name: name.to_owned(), sequence: sequence.into() })
    };
    let wrong = || Problem::parameter("cursor", "has to be one that X-Next-Cursor gave");
    cursor.map(|text| read(text).ok_or_else(wrong)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        for name in ["0000017", "~00112233445566778899aabbccddeeff"] {
            let known = Place { name: name.to_owned(), sequence: 3 };
            assert_eq!(place(Some(&cursor(&known))).unwrap(), Some(known));
        }
        let made = |text: &str| URL_SAFE_NO_PAD.encode(text);
        for wrong in ["", "12", "?", &made("7"), &made("7.-1"), &made("../2/s-1/7.1"), &made("\0.1")] {
            assert!(place(Some(wrong)).is_err(), "{wrong}");
        }
    }
}
