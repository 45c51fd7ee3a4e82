//! A call of the exchange as it is shown: in the documented words, whatever the language, for programs compare them.

use chrono::{DateTime, Utc};
use domain::pbx_call::{Direction, Status};
use projections::pbx_calls::{PbxCallRow, State};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::times::Stamp;

pub(super) const INCOMING: &str = "kiruvchi";
pub(super) const OUTGOING: &str = "chiquvchi";
pub(super) const ANSWERED: &str = "javob berildi";
pub(super) const UNANSWERED: &str = "javobsiz";
pub(super) const BUSY: &str = "band";
pub(super) const FAILED: &str = "xatolik";

/// A call of the exchange. What is not known, or not yet, is left out.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = KerioCall)]
pub(in crate::http) struct CallView<'a> {
    id: Uuid,
    /// The exchange's name for it; what begins with `k1:` stands for a call that only its log told of.
    call_id: &'a str,
    /// `kiruvchi` or `chiquvchi`.
    #[schema(example = "kiruvchi")]
    direction: &'static str,
    from_number: &'a str,
    to_number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    extension: Option<&'a str>,
    #[schema(value_type = String, format = DateTime)]
    start_time: Stamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    end_time: Option<Stamp>,
    /// Seconds of talk, where it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<u32>,
    /// `javob berildi`, `javobsiz`, `band` or `xatolik`; left out while the call goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "javob berildi")]
    status: Option<&'static str>,
    /// Present where the call was recorded; `/kerio/calls/{callId}/recording` plays it.
    #[serde(skip_serializing_if = "Option::is_none")]
    recording_path: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Stamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Stamp,
    /// `kelyapti` (it rings), `suhbatda` (they talk), `yakunlandi` (over, after talk) or `javobsiz` (over, unanswered).
    #[schema(example = "yakunlandi")]
    state: &'static str,
    /// Both ends are inside.
    internal: bool,
    /// The exchange's log has told of it; until then what was seen is shown.
    confirmed: bool,
    /// Seconds until somebody answered, or nobody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    ring_duration: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    answered_at: Option<Stamp>,
    /// It was put through to a voice box.
    voicemail: bool,
}

impl<'a> CallView<'a> {
    pub(in crate::http) fn new(row: &'a PbxCallRow) -> Self {
        Self {
            id: row.id,
            call_id: &row.call,
            direction: direction(row.direction),
            from_number: &row.from_number,
            to_number: &row.to_number,
            extension: row.extension.as_deref(),
            start_time: Stamp(row.started_at),
            end_time: row.ended_at.map(Stamp),
            duration: row.talk_secs,
            status: row.status.map(status),
            recording_path: row.recording.as_ref().filter(|_| !row.is_forgotten()).map(|_| path(row)),
            created_at: Stamp(row.created_at),
            updated_at: Stamp(row.updated_at),
            state: state(row.state),
            internal: row.internal == 1,
            confirmed: row.confirmed == 1,
            ring_duration: row.ring_secs,
            answered_at: row.answered_at.map(Stamp),
            voicemail: row.voicemail == 1,
        }
    }
}

/// A name, and no address: whoever may listen asks for the call.
fn path(row: &PbxCallRow) -> String {
    let day: DateTime<Utc> = row.started_at;
    format!("recordings/{}/{}.wav", day.format("%Y/%m/%d"), row.id)
}

pub(in crate::http) fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Incoming => INCOMING,
        Direction::Outgoing => OUTGOING,
    }
}

pub(in crate::http) fn state(state: State) -> &'static str {
    match state {
        State::Ringing => "kelyapti",
        State::Talking => "suhbatda",
        State::Ended => "yakunlandi",
        State::Missed => UNANSWERED,
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Answered => ANSWERED,
        Status::Unanswered => UNANSWERED,
        Status::Busy => BUSY,
        Status::Failed => FAILED,
    }
}
