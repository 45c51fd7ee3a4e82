//! Reports as call servers really send them, and as nobody should.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::http::problem::Code;

fn read(bytes: &[u8]) -> Result<Said<'_>, Problem> {
    parse(bytes, Home::parse("UZ").unwrap(), chrono_tz::Asia::Tashkent)
}

fn with(changes: &Value) -> String {
    let mut body = json!({ "sessionId": "s-1", "phoneNumber": "90 123-45-67", "callStatus": "ANSWERED" });
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body.to_string()
}

#[test]
fn three_fields_are_enough() {
    let body = with(&json!({ "callDuration": null, "notes": "", "unheardOf": [1, { "a": 2 }] }));
    let said = read(body.as_bytes()).unwrap();
    assert_eq!(
        (&*said.session, said.phone.as_str(), &*said.details.phone),
        ("s-1", "+998901234567", "90 123-45-67")
    );
    assert_eq!((said.status, said.talk_secs, said.started_at), (CallStatus::Answered, None, None));
    assert_eq!(said.details.notes, None);
}

#[test]
fn a_full_report_is_read_whole() {
    let body = with(&json!({
        "callDuration": "45", "operatorName": "Alisher \"A\" Valijonov", "operatorId": "7", "eventId": "e-1",
        "callStartTime": "2025-10-06T18:30:00", "callEndTime": "2025-10-06T13:30:45.000Z",
        "recordingUrl": "https://recordings.example.com/call-12345.mp3", "notes": "Mijoz mahsulot haqida so'radi",
    }));
    let said = read(body.as_bytes()).unwrap();
    assert_eq!(said.talk_secs, Some(45));
    assert_eq!((said.ended_at.unwrap() - said.started_at.unwrap()).num_seconds(), 45);
    assert_eq!(said.details.operator_name.as_deref(), Some("Alisher \"A\" Valijonov"));
    assert_eq!(said.event_id.as_deref(), Some("e-1"));
}

#[test]
fn a_duration_is_whole_seconds_of_at_most_a_day() {
    for (value, expected) in
        [(json!(0), 0), (json!("86400"), 86_400), (json!(" 45 "), 45), (json!(45.0), 45), (json!("45.0"), 45)]
    {
        let body = with(&json!({ "callDuration": value }));
        assert_eq!(read(body.as_bytes()).unwrap().talk_secs, Some(expected), "{value}");
    }
    for value in [
        json!(-1),
        json!("-1"),
        json!(86_401),
        json!(1.5),
        json!("x"),
        json!(true),
        json!([1]),
        json!(1e300),
        json!(u64::MAX),
    ] {
        let body = with(&json!({ "callDuration": value }));
        assert_wrong(&body, "bad-field", Some("callDuration"));
    }
}

#[test]
fn a_number_may_come_as_a_number() {
    let body = with(&json!({ "phoneNumber": 998_901_234_567_u64, "sessionId": u64::MAX }));
    let said = read(body.as_bytes()).unwrap();
    assert_eq!(
        (said.phone.as_str(), &*said.details.phone, &*said.session),
        ("+998901234567", "998901234567", "18446744073709551615")
    );
}

#[test]
fn a_wrong_type_names_its_field() {
    for name in [
        "sessionId",
        "phoneNumber",
        "callStatus",
        "operatorName",
        "operatorId",
        "callStartTime",
        "callEndTime",
        "recordingUrl",
        "notes",
        "eventId",
    ] {
        let whole = if ["sessionId", "phoneNumber"].contains(&name) { json!(-1) } else { json!(1) };
        for value in [whole, json!(1.5), json!(true), json!(["x"]), json!({ "x": 1 })] {
            assert_wrong(&with(&json!({ name: value })), "bad-field", Some(name));
        }
        if name != "sessionId" {
            assert_wrong(&with(&json!({ name: "x".repeat(10_001) })), "bad-field", Some(name));
        }
    }
    for name in ["sessionId", "phoneNumber", "callStatus"] {
        assert_wrong(&with(&json!({ name: null })), "bad-field", Some(name));
        assert_wrong(&with(&json!({ name: "  " })), "bad-field", Some(name));
    }
    assert_wrong(&with(&json!({ "phoneNumber": "---" })), "bad-field", Some("phoneNumber"));
    assert_wrong(&with(&json!({ "callStatus": "answered" })), "bad-field", Some("callStatus"));
    assert_wrong(&with(&json!({ "callStartTime": "yesterday" })), "bad-field", Some("callStartTime"));
}

#[test]
fn what_is_no_object_is_refused_without_repeating_it() {
    let twice =
        "{\"sessionId\":\"a\",\"sessionId\":\"b\",\"phoneNumber\":\"998901234567\",\"callStatus\":\"BUSY\"}";
    let deep = format!("{{\"x\":{}", "[".repeat(100_000));
    for body in [
        "",
        "null",
        "[\"s\",\"998901234567\",\"BUSY\"]",
        "\"998901234567\"",
        "{",
        "{\"sessionId\":998901234567",
        "{]",
        twice,
        &deep,
        "{\"a\":\"\u{1}998901234567\"}",
    ] {
        let problem = read(body.as_bytes()).unwrap_err();
        assert_eq!(problem.code(), Code::BadJson, "{body:.80}");
        assert!(!problem.to_string().contains("998901234567"), "{problem}");
    }
    assert_eq!(read(b"{\"sessionId\":\"\xff\"}").unwrap_err().code(), Code::BadJson);
}

fn assert_wrong(body: &str, slug: &str, field: Option<&str>) {
    let problem = read(body.as_bytes()).expect_err(body);
    assert_eq!(problem.code().slug(), slug, "{body:.120}");
    if let Some(field) = field {
        assert!(problem.to_string().contains(field), "{problem} does not name {field}");
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(Value::from))
}

proptest! {
    #[test]
    fn bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }

    #[test]
    fn objects_never_panic(name in "sessionId|phoneNumber|callStatus|callDuration|callStartTime|notes|other", value in value()) {
        let body = with(&json!({ name: value }));
        let _ = read(body.as_bytes());
    }

    #[test]
    fn cut_bodies_never_panic(cut in 0_usize..400) {
        let body = with(&json!({ "callDuration": "45", "callStartTime": "2025-10-06T18:30:00+05:00", "notes": "\u{1f600}\\n" }));
        let bytes = body.as_bytes();
        let _ = read(bytes.get(..cut.min(bytes.len())).unwrap());
    }
}

/// Which way a body went: what is wrong with it, or which fields it had.
fn way(bytes: &[u8]) -> String {
    match read(bytes) {
        Ok(said) => {
            let (status, talked) = (said.status, said.talk_secs.is_some());
            let times = (said.started_at.is_some(), said.ended_at.is_some());
            let at = DateTime::UNIX_EPOCH;
            let command = said.command(Uuid::nil(), Listing::Unlisted, at);
            let decided = call::Call::default().decide(command).map(|events| events.len());
            format!("{status:?} {talked} {times:?} {decided:?}")
        }
        // Where in a text something is wrong is no way of its own.
        Err(problem) => problem.to_string().replace(|c: char| c.is_ascii_digit(), ""),
    }
}

#[test]
fn fuzz_reports() {
    let full = with(&json!({
        "callDuration": "45", "operatorName": "Alisher \"A\" Valijonov", "operatorId": 7, "eventId": "e-1",
        "callStartTime": "2025-10-06T18:30:00", "callEndTime": "2025-10-06T13:30:45.000+05:00",
        "recordingUrl": "https://recordings.example.com/call-12345.mp3", "notes": null, "more": [1, { "a": 2.5 }],
    }));
    let least = with(&json!({}));
    fuzz::fuzz("reports", &[full.as_bytes(), least.as_bytes()], way);
}
