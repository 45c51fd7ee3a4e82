//! A result as clients know it, whether the call itself or the screen tells it.

use chrono::{DateTime, Utc};
use domain::call::Attempt;
use domain::language::Language;
use domain::outcome::CallStatus;
use projections::call_history::ResultRow;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::sessions::Home;
use crate::http::times::Stamp;

/// One attempt to reach a number, with its strongest status.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CallResult)]
pub(in crate::http) struct ResultView<'a> {
    id: Uuid,
    /// Null where no session asked for the call.
    session_id: Option<&'a str>,
    phone_number: &'a str,
    #[schema(value_type = StatusName)]
    call_status: &'static str,
    status_description: &'static str,
    call_duration: Option<u32>,
    operator_name: Option<&'a str>,
    operator_id: Option<&'a str>,
    #[schema(value_type = Option<String>, format = DateTime)]
    call_start_time: Option<Stamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    call_end_time: Option<Stamp>,
    recording_url: Option<&'a str>,
    notes: Option<&'a str>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Stamp,
    /// Present where this had been reported before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    duplicate: bool,
}

#[derive(Debug, ToSchema)]
#[schema(as = CallStatus, rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(dead_code, reason = "it only names the values to the API's document")]
pub(super) enum StatusName {
    Answered,
    NoAnswer,
    Busy,
    Failed,
    ConnectedToOperator,
    Rejected,
    InvalidNumber,
    NetworkError,
}

impl<'a> ResultView<'a> {
    /// As the call itself knows it, for the call server, which asks for no language.
    pub(super) fn stored(home: &'a Home, attempt: &'a Attempt, duplicate: bool) -> Self {
        let Attempt { id, status, talk_secs, started_at, ended_at, details, created_at } = attempt;
        Self {
            operator_name: details.operator_name.as_deref(),
            operator_id: details.operator_id.as_deref(),
            recording_url: details.recording_url.as_deref(),
            notes: details.notes.as_deref(),
            call_duration: *talk_secs,
            duplicate,
            ..Self::bare(
                (*id, home.session.as_str(), &details.phone),
                (*status, Language::Uzbek),
                (*started_at, *ended_at, *created_at),
            )
        }
    }

    pub(in crate::http) fn shown(row: &'a ResultRow, language: Language) -> Self {
        Self {
            operator_name: row.operator_name.as_deref(),
            operator_id: row.operator_id.as_deref(),
            recording_url: row.recording_url.as_deref(),
            notes: row.notes.as_deref(),
            call_duration: row.talk_secs,
            ..Self::bare(
                (row.id, &row.session, &row.phone),
                (row.status, language),
                (row.started_at, row.ended_at, row.created_at),
            )
        }
    }

    fn bare(
        (id, session_id, phone_number): (Uuid, &'a str, &'a str),
        (status, language): (CallStatus, Language),
        (started_at, ended_at, created_at): (Option<DateTime<Utc>>, Option<DateTime<Utc>>, DateTime<Utc>),
    ) -> Self {
        Self {
            id,
            session_id: Some(session_id).filter(|session| !session.is_empty()),
            phone_number,
            call_status: status.as_str(),
            status_description: status.description(language),
            call_duration: None,
            operator_name: None,
            operator_id: None,
            call_start_time: started_at.map(Stamp),
            call_end_time: ended_at.map(Stamp),
            recording_url: None,
            notes: None,
            created_at: Stamp(created_at),
            duplicate: false,
        }
    }
}
