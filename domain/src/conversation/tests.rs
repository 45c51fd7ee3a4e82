//! What an agent's answer means, and what clients are told of it.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::answer::Answer;
use super::status::{Class, Reason, Shown, Status};
use super::*;
use crate::language::Language;
use crate::zone::Zone;

fn read(answer: Value) -> Outcome {
    let answer: Answer = serde_json::from_value(answer).unwrap();
    answer.read(Path::Answer, Zone::parse("Asia/Tashkent").unwrap())
}

/// Every reach there is, each once. The match makes a new one fail to compile until it is listed.
fn every_reach() -> Vec<Reach> {
    let listed = |reach: &Reach| match reach {
        Reach::Reached(
            Upshot::Success
            | Upshot::Failed
            | Upshot::PromiseToPay(_)
            | Upshot::CallbackRequested { .. }
            | Upshot::Refused
            | Upshot::OptedOut
            | Upshot::Dropped,
        )
        | Reach::Busy
        | Reach::NoAnswer
        | Reach::Rejected
        | Reach::Unavailable
        | Reach::InvalidNumber
        | Reach::NetworkError
        | Reach::AgentRefused
        | Reach::Unconfirmed => true,
    };
    let promise = Promise { amount: Amount::parse("5170.5"), due: "2026-12-01".parse().ok() };
    let at = "2026-11-21T13:30:00Z".parse().ok();
    let all = vec![
        Reach::Reached(Upshot::Success),
        Reach::Reached(Upshot::Failed),
        Reach::Reached(Upshot::PromiseToPay(promise)),
        Reach::Reached(Upshot::CallbackRequested { at }),
        Reach::Reached(Upshot::Refused),
        Reach::Reached(Upshot::OptedOut),
        Reach::Reached(Upshot::Dropped),
        Reach::Busy,
        Reach::NoAnswer,
        Reach::Rejected,
        Reach::Unavailable,
        Reach::InvalidNumber,
        Reach::NetworkError,
        Reach::AgentRefused,
        Reach::Unconfirmed,
    ];
    assert!(all.iter().all(listed));
    all
}

const PATHS: [Path; 5] = [Path::Answer, Path::Callback, Path::Asked, Path::TimedOut, Path::NeverLearnt];

fn outcome(reach: Reach) -> Outcome {
    Outcome { reach, path: Path::Answer, talk_secs: None, cause: None }
}

#[test]
fn every_outcome_is_told_as_a_call_server_would_report_it() {
    let told: Vec<&str> =
        every_reach().into_iter().map(|reach| outcome(reach).call_status().as_str()).collect();
    let mut expected = vec!["ANSWERED"; 7];
    expected.extend(["BUSY", "NO_ANSWER", "REJECTED", "FAILED", "INVALID_NUMBER"]);
    expected.extend(["NETWORK_ERROR"; 3]);
    assert_eq!(told, expected);
}

#[test]
fn every_outcome_has_a_documented_final_status_and_those_that_lack_a_name_a_reason() {
    let told: Vec<String> = every_reach()
        .into_iter()
        .map(|reach| {
            let outcome = outcome(reach);
            let Shown { status, reason } = outcome.shown();
            assert_ne!(status.class(), Class::Open);
            assert!(
                PATHS.map(|path| Outcome { path, ..outcome.clone() }.shown().status == status) == [true; 5]
            );
            format!("{} {:?}", status.as_str(), reason)
        })
        .collect();
    let expected = [
        "SUCCESS None",
        "FAILED None",
        "PROMISE_TO_PAY None",
        "CALLBACK_REQUESTED None",
        "REFUSED None",
        "REFUSED Some(OptedOut)",
        "FAILED Some(Dropped)",
        "BUSY None",
        "NO_ANSWER None",
        "FAILED Some(Rejected)",
        "FAILED Some(Unavailable)",
        "FAILED Some(InvalidNumber)",
        "FAILED Some(NetworkError)",
        "FAILED Some(AgentRefused)",
        "FAILED Some(Unconfirmed)",
    ];
    assert_eq!(told, expected);
}

#[test]
fn what_is_stored_is_stored_so_for_ever() {
    let stored: Vec<String> =
        every_reach().iter().map(|reach| serde_json::to_string(reach).unwrap()).collect();
    insta::assert_snapshot!(stored.join("\n"), @r#"
    {"reached":"success"}
    {"reached":"failed"}
    {"reached":{"promise_to_pay":{"amount":517050,"due":"2026-12-01"}}}
    {"reached":{"callback_requested":{"at":"2026-11-21T13:30:00Z"}}}
    {"reached":"refused"}
    {"reached":"opted_out"}
    {"reached":"dropped"}
    "busy"
    "no_answer"
    "rejected"
    "unavailable"
    "invalid_number"
    "network_error"
    "agent_refused"
    "unconfirmed"
    "#);
    insta::assert_snapshot!(serde_json::to_string(&PATHS).unwrap(), @r#"["answer","callback","asked","timed_out","never_learnt"]"#);
    for reach in every_reach() {
        let kept = Outcome { reach, path: Path::Asked, talk_secs: Some(45), cause: Some("SIP 486".into()) };
        let text = serde_json::to_string(&kept).unwrap();
        assert_eq!(serde_json::from_str::<Outcome>(&text).unwrap(), kept, "{text}");
    }
}

#[test]
fn success_decides_unless_the_outcome_is_exactly_a_final_status() {
    use Status::{Busy, CallbackRequested, Failed, NoAnswer, PromiseToPay, Refused, Success};
    for (told, good, bad) in [
        ("SUCCESS", Success, Success),
        ("FAILED", Success, Failed),
        ("NO_ANSWER", Success, NoAnswer),
        ("BUSY", Success, Busy),
        ("PROMISE_TO_PAY", PromiseToPay, PromiseToPay),
        ("promise_to_pay", PromiseToPay, PromiseToPay),
        ("REFUSED", Refused, Refused),
        ("Callback_Requested", CallbackRequested, CallbackRequested),
        ("PENDING", Success, Failed),
        ("CALLING", Success, Failed),
        ("Customer was busy", Success, Failed),
        ("REJECTED", Success, Failed),
        ("", Success, Failed),
    ] {
        let status = |success| read(json!({"success": success, "outcome": told})).shown().status;
        assert_eq!((status(true), status(false)), (good, bad), "{told}");
        for cause in ["busy", "INVALID_NUMBER", "x"] {
            let refined = read(json!({"success": false, "outcome": told, "cause": cause}));
            assert_eq!(
                refined.shown().status,
                bad,
                "a cause tells the reason, not the status: {told} {cause}"
            );
        }
    }
    assert_eq!(read(json!({"success": false})).shown().status, Failed);
}

#[test]
fn a_failure_is_told_apart_by_its_cause_its_outcome_or_the_time_talked() {
    for (answer, reason) in [
        (json!({"cause": "invalid-number"}), Some(Reason::InvalidNumber)),
        (json!({"cause": "Network error", "duration": 40}), Some(Reason::NetworkError)),
        (json!({"outcome": "rejected"}), Some(Reason::Rejected)),
        (json!({"outcome": "FAILED", "cause": "switched off"}), Some(Reason::Unavailable)),
        (json!({"outcome": "FAILED"}), Some(Reason::Unavailable)),
        (json!({"duration": 9}), Some(Reason::Dropped)),
        (json!({"duration": 10}), None),
        (json!({"outcome": "BUSY", "cause": "rejected"}), None),
    ] {
        let mut failed = answer;
        failed["success"] = json!(false);
        assert_eq!(read(failed.clone()).shown().reason, reason, "{failed}");
    }
}

#[test]
fn an_opt_out_is_heard_whatever_else_was_said() {
    let told = read(json!({"success": true, "outcome": "PROMISE_TO_PAY", "optOut": true}));
    assert_eq!(told.shown(), Shown { status: Status::Refused, reason: Some(Reason::OptedOut) });
    assert_eq!(read(json!({"success": true, "optOut": "false"})).shown().status, Status::Success);
}

#[test]
fn a_promise_is_read_with_its_amount_and_day() {
    let promised = |promise: Value| {
        let told = read(json!({"success": true, "outcome": "PROMISE_TO_PAY", "promise": promise}));
        let Reach::Reached(Upshot::PromiseToPay(promise)) = told.reach else { panic!("{told:?}") };
        (promise.amount.map(|amount| amount.to_string()), promise.due.map(|due| due.to_string()))
    };
    let whole = (Some("5170.50".to_owned()), Some("2026-12-01".to_owned()));
    assert_eq!(promised(json!({"amount": 5170.5, "dueDate": "2026-12-01"})), whole);
    assert_eq!(promised(json!({"amount": "5 170,50", "dueDate": "2026-11-30T20:00:00Z"})), whole);
    assert_eq!(promised(json!({"amount": "5170.5", "dueDate": "01.12.2026"})), whole);
    for nothing in [
        json!(null),
        json!(7),
        json!({}),
        json!({"amount": [], "dueDate": "soon"}),
        json!({"dueDate": "+262142-12-31"}),
    ] {
        assert_eq!(promised(nothing), (None, None));
    }
}

#[test]
fn a_callbacks_time_is_on_the_persons_clock_unless_it_says_otherwise() {
    for (text, at) in [
        (json!("2026-11-21T18:30:00+05:00"), Some("2026-11-21T13:30:00Z")),
        (json!("2026-11-21T13:30:00.000Z"), Some("2026-11-21T13:30:00Z")),
        (json!("2026-11-21T18:30:00"), Some("2026-11-21T13:30:00Z")),
        (json!("2026-11-21 18:30"), Some("2026-11-21T13:30:00Z")),
        (json!("tomorrow"), None),
        (json!("+262142-12-31T23:59:59"), None),
        (json!("-262143-01-01T00:00"), None),
        (json!(null), None),
        (json!({"at": 1}), None),
    ] {
        let told = read(json!({"success": true, "outcome": "CALLBACK_REQUESTED", "callbackAt": text}));
        let at = at.map(|at| at.parse().unwrap());
        assert_eq!(told.reach, Reach::Reached(Upshot::CallbackRequested { at }));
    }
}

#[test]
fn time_talked_is_whole_seconds() {
    for (told, secs) in [
        (json!(45), Some(45)),
        (json!(45.9), Some(45)),
        (json!("45"), Some(45)),
        (json!(-1), None),
        (json!(86_401), None),
        (json!("long"), None),
        (json!(null), None),
    ] {
        assert_eq!(read(json!({"success": true, "duration": told})).talk_secs, secs);
    }
}

fn cause(told: &Value) -> Option<String> {
    serde_json::from_value::<Answer>(json!({"success": false, "cause": told})).unwrap().cause()
}

#[test]
fn a_raw_cause_is_kept_as_it_was_written() {
    assert_eq!(cause(&json!("SIP 486 Busy Here")).unwrap(), "SIP 486 Busy Here");
    assert_eq!(cause(&json!(486)).unwrap(), "486");
    assert_eq!(cause(&json!("x".repeat(900))).unwrap().len(), 300);
    assert_eq!(read(json!({"success": false, "cause": "otasi kasal"})).cause, None, "it would lie in clear");
}

#[test]
fn only_what_disturbed_somebody_counts_and_only_the_agents_failures_are_its_fault() {
    for reach in every_reach() {
        let outcome = outcome(reach.clone());
        let disturbed = !matches!(reach, Reach::InvalidNumber | Reach::NetworkError | Reach::AgentRefused);
        assert_eq!(outcome.counts() != Counts::Nothing, disturbed, "{reach:?}");
        let spoke = matches!(&reach, Reach::Reached(upshot) if *upshot != Upshot::Dropped);
        assert_eq!(outcome.counts() == Counts::Conversation, spoke, "{reach:?}");
        let fault = matches!(reach, Reach::NetworkError | Reach::AgentRefused);
        assert_eq!(outcome.is_agents_fault(), fault, "{reach:?}");
    }
    assert!(Outcome::unconfirmed(Path::TimedOut).is_agents_fault());
    assert!(!Outcome::unconfirmed(Path::NeverLearnt).is_agents_fault());
}

#[test]
fn half_an_answer_is_none() {
    for half in [json!({}), json!({"outcome": "FAILED"}), json!({"success": null}), json!("ok")] {
        assert!(serde_json::from_value::<Answer>(half.clone()).is_err(), "{half}");
    }
}

#[test]
fn an_answer_prints_nothing_about_a_person() {
    let answer: Answer = serde_json::from_value(json!({"success": true, "summary": "Alisher"})).unwrap();
    assert_eq!(format!("{answer:?}"), "Answer { success: true, .. }");
}

#[test]
fn the_uzbek_texts_are_the_documented_ones() {
    let documented = [
        "Kutilmoqda",
        "Qo'ng'iroq qilinmoqda",
        "Muvaffaqiyatli",
        "Muvaffaqiyatsiz",
        "Javob berilmadi",
        "Band",
        "To'lash va'da berildi",
        "Rad etildi",
        "Qayta qo'ng'iroq so'raldi",
    ];
    assert_eq!(Status::ALL.map(|status| status.description(Language::Uzbek)), documented);
    for status in Status::ALL {
        assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
    }
}

#[test]
fn no_two_statuses_or_languages_share_a_text() {
    let mut met = HashMap::new();
    for (status, language) in Status::ALL.into_iter().flat_map(|s| Language::ALL.map(|l| (s, l))) {
        let text = status.description(language);
        let cyrillic = text.chars().any(|c| ('а'..='я').contains(&c));
        let expected = matches!(language, Language::UzbekCyrillic | Language::Russian);
        assert_eq!(cyrillic, expected, "{status:?} in {language:?}: {text}");
        assert_eq!(met.insert(text, (status, language)), None, "{status:?} in {language:?}: {text}");
    }
}
