//! The webhook's body: what a call server says about one call, read field by field so that each error names its field.
//! It is read once, from the bytes that came, and borrows from them where nothing has to be kept. What a report means is the domain's business.

mod loose;

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::call::{self, Details, Listing};
use domain::outcome::CallStatus;
use domain::phone::{Home, Phone};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::problem::Problem;
use crate::http::{json, times};
use loose::Loose;

/// A larger body is no report.
pub(super) const LEN_MAX: usize = 256 << 10;
const PHONE_LEN_MAX: usize = 64;
const NAME_LEN_MAX: usize = 200;
const ID_LEN_MAX: usize = 200;
const URL_LEN_MAX: usize = 2_048;
const NOTES_LEN_MAX: usize = 10_000;
/// A call that lasts longer than a day is a mistake.
const TALK_SECS_MAX: u32 = 86_400;

/// One call's result, as the call server reports it. Optional fields may be absent or null.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Report, example = json!({
    "sessionId": "session-1738862891234-abc123", "phoneNumber": "+998901234567", "callStatus": "ANSWERED", "callDuration": 45,
    "operatorName": "Alisher Valijonov", "callStartTime": "2025-10-06T18:30:00.000Z", "callEndTime": "2025-10-06T18:30:45.000Z",
}))]
pub(super) struct Body<'a> {
    /// A report that names what no session can be called, however long, is kept in quarantine.
    #[serde(borrow, default)]
    #[schema(value_type = String, required)]
    session_id: Loose<'a>,
    #[serde(borrow, default)]
    #[schema(value_type = String, required, max_length = 64)]
    phone_number: Loose<'a>,
    #[serde(borrow, default)]
    #[schema(value_type = super::view::StatusName, required)]
    call_status: Loose<'a>,
    /// Talk seconds, a whole number or its text.
    #[serde(borrow, default)]
    #[schema(value_type = Option<u32>, minimum = 0, maximum = 86_400)]
    call_duration: Loose<'a>,
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    operator_name: Loose<'a>,
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    operator_id: Loose<'a>,
    /// ISO 8601; without a zone it is meant in `DEFAULT_TIMEZONE`.
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    call_start_time: Loose<'a>,
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    call_end_time: Loose<'a>,
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>, max_length = 2_048)]
    recording_url: Loose<'a>,
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>, max_length = 10_000)]
    notes: Loose<'a>,
    /// The sender's own id of this report, so that a repetition is recognised whatever else it says.
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    event_id: Loose<'a>,
}

/// A report that was understood.
#[derive(Debug)]
pub(in crate::http) struct Said<'a> {
    pub(super) session: Cow<'a, str>,
    pub(super) phone: Phone,
    pub(super) event_id: Option<String>,
    pub(super) status: CallStatus,
    pub(super) talk_secs: Option<u32>,
    pub(super) started_at: Option<DateTime<Utc>>,
    pub(super) ended_at: Option<DateTime<Utc>>,
    pub(super) details: Details,
}

impl Said<'_> {
    pub(super) fn command(self, id: Uuid, listing: Listing, at: DateTime<Utc>) -> call::Command {
        let Self { event_id, status, talk_secs, started_at, ended_at, details, .. } = self;
        let report =
            call::Report { id, event_id, listing, status, talk_secs, started_at, ended_at, details, at };
        call::Command::Report(Box::new(report))
    }
}

/// Understands a body, or names what is wrong with it. Nothing of the body is repeated in the answer.
pub(super) fn parse(bytes: &[u8], home: Home, zone: Tz) -> Result<Said<'_>, Problem> {
    let body: Body<'_> = json::read(bytes)?;
    let phone_text = body.phone_number.digits("phoneNumber", PHONE_LEN_MAX)?;
    let phone_text = required("phoneNumber", phone_text)?;
    let phone = Phone::reported(&phone_text, home);
    Ok(Said {
        // One that no session can have is unknown, not malformed.
        session: required("sessionId", body.session_id.digits("sessionId", LEN_MAX)?)?,
        phone: phone.ok_or_else(|| Problem::field("phoneNumber", "holds no number"))?,
        event_id: owned(body.event_id.text("eventId", ID_LEN_MAX)?),
        status: status(body.call_status)?,
        talk_secs: talk_secs(body.call_duration)?,
        started_at: time("callStartTime", body.call_start_time, zone)?,
        ended_at: time("callEndTime", body.call_end_time, zone)?,
        details: Details {
            phone: phone_text.into_owned(),
            operator_name: owned(body.operator_name.text("operatorName", NAME_LEN_MAX)?),
            operator_id: owned(body.operator_id.text("operatorId", ID_LEN_MAX)?),
            recording_url: owned(body.recording_url.text("recordingUrl", URL_LEN_MAX)?),
            notes: owned(body.notes.text("notes", NOTES_LEN_MAX)?),
        },
    })
}

fn required<'a>(name: &'static str, text: Option<Cow<'a, str>>) -> Result<Cow<'a, str>, Problem> {
    text.ok_or_else(|| Problem::field(name, "is required"))
}

fn owned(text: Option<Cow<'_, str>>) -> Option<String> {
    text.map(Cow::into_owned)
}

fn status(value: Loose<'_>) -> Result<CallStatus, Problem> {
    let text = required("callStatus", value.text("callStatus", NAME_LEN_MAX)?)?;
    CallStatus::parse(&text).ok_or_else(|| {
        let known = CallStatus::ALL.map(CallStatus::as_str).join(", ");
        Problem::field("callStatus", format!("is none of {known}"))
    })
}

fn time(name: &'static str, value: Loose<'_>, zone: Tz) -> Result<Option<DateTime<Utc>>, Problem> {
    let text = value.text(name, NAME_LEN_MAX)?;
    let read = text.map(|text| {
        let wrong = || Problem::field(name, "is no time such as 2025-10-06T18:30:00.000Z");
        times::parse(&text, zone).ok_or_else(wrong)
    });
    read.transpose()
}

fn talk_secs(value: Loose<'_>) -> Result<Option<u32>, Problem> {
    let name = "callDuration";
    let Some(number) = value.whole(name)? else { return Ok(None) };
    let fits = u32::try_from(number).ok().filter(|secs| *secs <= TALK_SECS_MAX);
    fits.map(Some).ok_or_else(|| Problem::field(name, format!("has to be 0 to {TALK_SECS_MAX} seconds")))
}

#[cfg(test)]
mod tests;
