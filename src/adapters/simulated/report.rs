//! One report of the simulated call server, field by field as the documented sample has it. Its notes say that it is simulated.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use domain::outcome::CallStatus;
use serde::Serialize;

use super::fate::{Attempt, Operator};

/// Uzbek first, as people read it; the last word for whoever searches.
const NOTES: &str = "Simulyatsiya: hech kimga qo'ng'iroq qilinmadi (simulated)";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report<'a> {
    session_id: &'a str,
    phone_number: &'a str,
    call_status: CallStatus,
    call_duration: Option<u32>,
    operator_name: Option<&'static str>,
    operator_id: Option<&'static str>,
    call_start_time: String,
    call_end_time: Option<String>,
    recording_url: Option<String>,
    notes: &'static str,
}

/// Whose call it was, and when it began.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) session: &'a str,
    pub(super) number: &'a str,
    pub(super) attempt: &'a Attempt,
    /// When it was answered, or dialled where nobody answered.
    pub(super) began: DateTime<Utc>,
}

impl<'a> Report<'a> {
    /// While it still goes on.
    pub(super) fn answered(call: Call<'a>) -> Self {
        Self {
            call_status: CallStatus::Answered,
            call_duration: None,
            operator_name: None,
            operator_id: None,
            call_end_time: None,
            ..Self::ended(call, None)
        }
    }

    pub(super) fn ended(call: Call<'a>, recording_url: Option<String>) -> Self {
        let Call { session, number, attempt, began } = call;
        let lasted = if attempt.talk_secs > 0 { attempt.talk_secs } else { attempt.ring_secs };
        let operator = attempt.operator.as_ref();
        Self {
            session_id: session,
            phone_number: number,
            call_status: attempt.status,
            call_duration: Some(attempt.talk_secs),
            operator_name: operator.map(|Operator { name, .. }| *name),
            operator_id: operator.map(|Operator { id, .. }| *id),
            call_start_time: written(began),
            call_end_time: Some(written(began + TimeDelta::seconds(i64::from(lasted)))),
            recording_url,
            notes: NOTES,
        }
    }

    pub(super) fn json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    pub(super) fn status(&self) -> CallStatus {
        self.call_status
    }
}

fn written(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn said(report: &Report<'_>) -> Value {
        serde_json::from_slice(&report.json().unwrap()).unwrap()
    }

    fn attempt(talk_secs: u32, status: CallStatus) -> Attempt {
        let operator = (talk_secs > 0).then_some(Operator { id: "1", name: "Operator" });
        Attempt { pause_secs: 0, ring_secs: 9, talk_secs, announced: true, status, operator }
    }

    #[test]
    fn a_report_looks_like_the_documented_sample() {
        let attempt = attempt(45, CallStatus::ConnectedToOperator);
        let began = "2025-10-06T18:30:00Z".parse().unwrap();
        let call = Call { session: "session-1-abc", number: "+998901234567", attempt: &attempt, began };
        let mut expected = json!({
            "sessionId": "session-1-abc", "phoneNumber": "+998901234567", "callStatus": "CONNECTED_TO_OPERATOR",
            "callDuration": 45, "operatorName": "Operator", "operatorId": "1",
            "callStartTime": "2025-10-06T18:30:00.000Z", "callEndTime": "2025-10-06T18:30:45.000Z",
            "recordingUrl": "a.wav", "notes": NOTES,
        });
        assert_eq!(said(&Report::ended(call, Some("a.wav".to_owned()))), expected);
        for name in ["callDuration", "operatorName", "operatorId", "callEndTime", "recordingUrl"] {
            expected[name] = Value::Null;
        }
        expected["callStatus"] = "ANSWERED".into();
        assert_eq!(said(&Report::answered(call)), expected, "the same start, the rest not known yet");
    }

    #[test]
    fn nobody_talked_where_nobody_answered() {
        let attempt = attempt(0, CallStatus::Busy);
        let began = "2025-10-06T18:30:00Z".parse().unwrap();
        let call = Call { session: "s", number: "+998901234567", attempt: &attempt, began };
        let said = said(&Report::ended(call, None));
        assert_eq!((&said["callDuration"], &said["operatorName"]), (&0.into(), &Value::Null));
        assert_eq!(said["callEndTime"], "2025-10-06T18:30:09.000Z", "the ringing is no talk");
        assert!(said["notes"].as_str().unwrap().contains("simulated"));
    }
}
