//! How an agent's answer is understood: whether it refuses, has taken the call, tells its outcome, or says nothing that makes sense.
//! What an outcome means is `domain::conversation`'s business.

use std::error::Error;
use std::time::Duration;

use domain::conversation::answer::{Answer, CAUSE_CHARS_MAX};
use domain::phone::{self, Home};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use crate::ports::{Spoken, Unclear};

/// Whoever asks for a longer pause is asked again sooner.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);
/// A name that is longer is not remembered.
const REFERENCE_LEN_MAX: usize = 200;

/// Whether it says for certain that nobody is rung. A gateway's 502 and 504 speak of a request that was passed on: they say nothing of it.
pub(super) fn is_refusal(status: StatusCode) -> bool {
    !status.is_success() && ![StatusCode::BAD_GATEWAY, StatusCode::GATEWAY_TIMEOUT].contains(&status)
}

/// What was said without refusing. The outcome comes first, save where the agent says that it comes later.
pub(super) fn spoken(status: StatusCode, body: &[u8], effect: &str) -> Spoken {
    if !status.is_success() {
        return senseless(format!("HTTP {}", status.as_u16()));
    }
    let told: Value = match serde_json::from_slice(body) {
        Ok(told) => told,
        Err(_) if status == StatusCode::ACCEPTED && body.trim_ascii().is_empty() => Value::Null,
        Err(why) => return senseless(format!("no JSON at line {}, column {}", why.line(), why.column())),
    };
    // A list would pass for the fields in their order.
    if told.is_array() {
        return senseless("a list, and no object".to_owned());
    }
    let reference = reference(&told);
    let answer = serde_json::from_value::<Answer>(told);
    match (status, reference, answer) {
        (StatusCode::ACCEPTED, Some(reference), _) => Spoken::Accepted { reference },
        (_, _, Ok(answer)) => Spoken::Answered(answer),
        (_, Some(reference), Err(_)) => Spoken::Accepted { reference },
        // It goes by the name that the request gave it.
        (StatusCode::ACCEPTED, None, Err(_)) => Spoken::Accepted { reference: effect.to_owned() },
        (_, None, Err(why)) => senseless(shape(&why)),
    }
}

pub(super) fn senseless(cause: String) -> Spoken {
    Spoken::Unclear { why: Unclear::Senseless { cause } }
}

/// The parser repeats values, which are about a person; only which field it missed is said.
fn shape(why: &serde_json::Error) -> String {
    let why = why.to_string();
    if why.starts_with("missing field") { why } else { "a field is not of its documented type".to_owned() }
}

fn reference(told: &Value) -> Option<String> {
    let reference = match told.get("callId")? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    (!reference.is_empty() && reference.len() <= REFERENCE_LEN_MAX).then_some(reference)
}

/// Seconds, which is what a program sends.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let secs = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(secs).min(RETRY_AFTER_MAX))
}

/// The status and the beginning of what was said, with telephone numbers masked.
pub(super) fn refusal(status: StatusCode, body: &[u8], home: Home) -> String {
    let text = String::from_utf8_lossy(body);
    let words: Vec<&str> = text.split_whitespace().collect();
    let said: String = phone::masked(&words.join(" "), home).chars().take(CAUSE_CHARS_MAX / 2).collect();
    let about = if status.is_redirection() { " (it leads elsewhere, which is not followed)" } else { "" };
    let colon = if said.is_empty() { "" } else { ": " };
    format!("HTTP {}{about}{colon}{said}", status.as_u16())
}

/// The root of it, which names no address's path.
pub(super) fn cause(why: &reqwest::Error) -> String {
    if why.is_timeout() {
        return "it does not let anybody in in time".to_owned();
    }
    let causes = std::iter::successors(why.source(), |cause| (*cause).source());
    causes.last().map_or_else(|| "the request cannot be made".to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use std::mem::discriminant;

    use domain::conversation::Path;
    use domain::zone::Zone;
    use serde_json::json;

    use super::*;

    /// What an answer means, without its words.
    fn way(answer: &Answer) -> String {
        let outcome = answer.read(Path::Answer, Zone::parse("Asia/Tashkent").unwrap());
        let cause = answer.cause().is_some();
        format!("{:?} {} {cause}", discriminant(&outcome.reach), outcome.talk_secs.is_some())
    }

    #[test]
    fn fuzz_answers_of_agents() {
        let good = [
            json!({ "success": false, "callId": "c-1", "cause": "switched off", "duration": 0 }),
            json!({ "success": true, "outcome": "PROMISE_TO_PAY", "summary": "Ertaga to'laydi", "duration": "45.5",
                "recordingUrl": null, "promise": { "amount": 500.25, "dueDate": "2025-10-12" }, "optOut": false }),
            json!({ "success": true, "outcome": "CALLBACK_REQUESTED", "callbackAt": "2025-10-06T18:30:00" }),
        ];
        let good = good.map(|told| told.to_string());
        let good: Vec<&[u8]> = good.iter().map(String::as_bytes).collect();
        let home = Home::parse("UZ").unwrap();
        fuzz::fuzz("answers of agents", &good, |bytes| {
            let refused = refusal(StatusCode::BAD_REQUEST, bytes, home);
            assert!(refused.chars().count() <= 2 * CAUSE_CHARS_MAX, "a cause is short");
            [StatusCode::OK, StatusCode::ACCEPTED].map(|status| match spoken(status, bytes, "e") {
                Spoken::Answered(answer) => way(&answer),
                Spoken::Accepted { .. } => "accepted".to_owned(),
                Spoken::Unclear { .. } => "unclear".to_owned(),
            })
        });
    }
}
