//! The answer in the words of the documented interface, with a summary in Uzbek that says that it is simulated.

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use domain::decimal::Amount;
use serde::Serialize;
use serde_json::Value;

use super::fate::{End, Fate};

/// Uzbek first, as people read it; the last word for whoever searches.
const MARK: &str = "Hech kimga qo'ng'iroq qilinmadi (simulated)";
/// Where a debt may stand in what is known about a person, the surer one first.
const DEBTS: [&str; 2] = ["remainingDebt", "totalDebt"];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    success: bool,
    outcome: &'static str,
    summary: String,
    duration: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    promise: Option<Promise>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_at: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    opt_out: bool,
    simulated: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Promise {
    amount: String,
    due_date: NaiveDate,
}

/// Of a call that is over at `at`.
pub(super) fn answer(fate: &Fate, custom_data: &Value, at: DateTime<Utc>, speed: u32) -> Value {
    let (success, outcome, cause, words) = words(fate.end);
    let plain = Told {
        success,
        outcome,
        summary: String::new(),
        duration: fate.talk_secs,
        cause,
        promise: None,
        callback_at: None,
        opt_out: fate.end == End::OptedOut,
        simulated: true,
    };
    let summary = |words: String| format!("Simulyatsiya: {words}. {MARK}");
    let told = match fate.end {
        End::Promise { percent, thousands, days } => {
            let amount = amount(custom_data, percent, thousands).to_string();
            let due_date = (at + TimeDelta::days(days.into())).date_naive();
            let summary = summary(format!("{words} ({amount}, {due_date} gacha)"));
            Told { summary, promise: Some(Promise { amount, due_date }), ..plain }
        }
        End::Callback { after_secs } => {
            let again = at + TimeDelta::seconds((after_secs / speed.max(1)).into());
            let callback_at = again.to_rfc3339_opts(SecondsFormat::Millis, true);
            let summary = summary(format!("{words} ({callback_at})"));
            Told { summary, callback_at: Some(callback_at), ..plain }
        }
        End::Success
        | End::Refused
        | End::OptedOut
        | End::InVain
        | End::Dropped
        | End::NoAnswer
        | End::Busy
        | End::SwitchedOff
        | End::Rejected
        | End::InvalidNumber
        | End::NetworkError => Told { summary: summary(words.to_owned()), ..plain },
    };
    serde_json::to_value(told).unwrap_or_default()
}

/// Whether it succeeded, the outcome, the cause where the outcome does not say it, and what happened.
fn words(end: End) -> (bool, &'static str, Option<&'static str>, &'static str) {
    match end {
        End::Success => (true, "SUCCESS", None, "mijoz bilan gaplashildi, u rozi bo'ldi"),
        End::Promise { .. } => (true, "PROMISE_TO_PAY", None, "mijoz to'lashni va'da qildi"),
        End::Callback { .. } => (true, "CALLBACK_REQUESTED", None, "mijoz qayta qo'ng'iroq qilishni so'radi"),
        End::Refused => (false, "REFUSED", None, "mijoz rad etdi"),
        End::OptedOut => (false, "REFUSED", None, "mijoz boshqa qo'ng'iroq qilmaslikni so'radi"),
        End::InVain => (false, "FAILED", None, "mijoz bilan gaplashildi, lekin natija bo'lmadi"),
        End::Dropped => (false, "FAILED", Some("DROPPED"), "mijoz javob berdi, aloqa darhol uzildi"),
        End::NoAnswer => (false, "NO_ANSWER", None, "javob berilmadi"),
        End::Busy => (false, "BUSY", None, "raqam band"),
        End::SwitchedOff => (false, "FAILED", Some("SWITCHED_OFF"), "raqam o'chirilgan yoki mavjud emas"),
        End::Rejected => (false, "FAILED", Some("REJECTED"), "qo'ng'iroq rad etildi"),
        End::InvalidNumber => (false, "FAILED", Some("INVALID_NUMBER"), "raqam noto'g'ri"),
        End::NetworkError => (false, "FAILED", Some("NETWORK_ERROR"), "tarmoq xatosi"),
    }
}

/// A part of the debt, where one is known.
fn amount(custom_data: &Value, percent: u32, thousands: u32) -> Amount {
    let debt = DEBTS.iter().find_map(|name| match custom_data.get(name)? {
        Value::Number(number) => Amount::parse(&number.to_string()),
        Value::String(text) => Amount::parse(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    });
    let part = |debt: Amount| debt.hundredths().saturating_mul(percent.into()) / 100;
    let made_up = || i64::from(thousands) * 1_000 * 100;
    Amount::of_hundredths(debt.filter(|debt| debt.hundredths() > 0).map_or_else(made_up, part))
}

#[cfg(test)]
mod tests {
    use domain::conversation::answer::Answer;
    use domain::conversation::{Path, Reach, Upshot};
    use domain::zone::Zone;
    use serde_json::json;

    use super::*;

    const NOON: &str = "2025-10-06T12:00:00Z";

    fn told(end: End, talk_secs: u32, custom_data: &Value) -> Value {
        answer(&Fate { ring_secs: 5, talk_secs, end }, custom_data, NOON.parse().unwrap(), 60)
    }

    fn reach(told: Value) -> Reach {
        serde_json::from_value::<Answer>(told).unwrap().read(Path::Answer, Zone::UTC).reach
    }

    #[test]
    fn the_domain_reads_what_was_meant() {
        for (end, talk_secs, expected) in [
            (End::Success, 60, Reach::Reached(Upshot::Success)),
            (End::Refused, 20, Reach::Reached(Upshot::Refused)),
            (End::OptedOut, 20, Reach::Reached(Upshot::OptedOut)),
            (End::InVain, 20, Reach::Reached(Upshot::Failed)),
            (End::Dropped, 4, Reach::Reached(Upshot::Dropped)),
            (End::NoAnswer, 0, Reach::NoAnswer),
            (End::Busy, 0, Reach::Busy),
            (End::SwitchedOff, 0, Reach::Unavailable),
            (End::Rejected, 0, Reach::Rejected),
            (End::InvalidNumber, 0, Reach::InvalidNumber),
            (End::NetworkError, 0, Reach::NetworkError),
        ] {
            let told = told(end, talk_secs, &Value::Null);
            assert!(told["summary"].as_str().unwrap().starts_with("Simulyatsiya: "), "{told}");
            assert!(told["summary"].as_str().unwrap().ends_with("(simulated)"), "{told}");
            assert_eq!((&told["duration"], &told["simulated"]), (&talk_secs.into(), &true.into()));
            assert_eq!(reach(told), expected, "{end:?}");
        }
    }

    #[test]
    fn a_promise_is_a_part_of_the_debt_by_a_day() {
        let promised = |custom_data: &Value| {
            let end = End::Promise { percent: 50, thousands: 70, days: 3 };
            let Reach::Reached(Upshot::PromiseToPay(promise)) = reach(told(end, 90, custom_data)) else {
                panic!("no promise");
            };
            assert_eq!(promise.due, Some("2025-10-09".parse().unwrap()));
            promise.amount.unwrap().to_string()
        };
        assert_eq!(promised(&json!({ "totalDebt": 9000, "remainingDebt": 5170.50 })), "2585.25");
        assert_eq!(promised(&json!({ "totalDebt": "9 000" })), "4500.00");
        for nothing in [json!({ "totalDebt": 0 }), json!([1]), Value::Null] {
            assert_eq!(promised(&nothing), "70000.00", "{nothing}");
        }
    }

    #[test]
    fn a_callback_comes_sooner_where_time_goes_faster() {
        let told = told(End::Callback { after_secs: 3_600 }, 20, &Value::Null);
        assert_eq!(told["callbackAt"], "2025-10-06T12:01:00.000Z");
        let Reach::Reached(Upshot::CallbackRequested { at }) = reach(told) else { panic!("no callback") };
        assert_eq!(at, Some("2025-10-06T12:01:00Z".parse().unwrap()));
    }
}
