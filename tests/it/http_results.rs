//! The webhook as call servers meet it: what is stored, what is said twice, and what is no report.

use std::time::Duration;

use actix_web::http::Method;
use domain::fact;
use domain::quarantine;
use domain::session::{Command, Exit};
use karnay::config::UnknownSession;
use karnay::journal::feed::Reading;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::http_world::{Floor, near, now, options};

fn report() -> Value {
    json!({
        "sessionId": "s-1", "phoneNumber": "90 123-45-67", "callStatus": "ANSWERED", "callDuration": "45",
        "operatorName": "Alisher Valijonov", "operatorId": "op-1", "callStartTime": "2025-10-06T18:30:00",
        "callEndTime": "2025-10-06T13:30:45.5Z", "recordingUrl": "https://recordings.example.com/call-12345.mp3",
        "notes": "Mijoz mahsulot haqida so'radi",
    })
}

fn but(changes: &Value) -> Value {
    let mut body = report();
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn floor() -> Floor {
    let floor = Floor::new().await;
    floor.session("1", "s-1").await;
    floor
}

#[actix_web::test]
async fn a_report_is_answered_with_what_is_stored() {
    let floor = floor().await;
    let answer = floor.report(&report()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let position: u64 = answer.header("x-position").unwrap().parse().unwrap();
    assert_eq!(position, floor.journal.position());
    let mut stored = answer.json();
    let (id, created) = (stored["id"].take(), stored["createdAt"].take());
    assert!(id.as_str().unwrap().len() == 36 && created.as_str().unwrap().ends_with('Z'));
    let expected = json!({
        "id": null, "sessionId": "s-1", "phoneNumber": "90 123-45-67", "callStatus": "ANSWERED",
        "statusDescription": "Telefon ko'tarildi", "callDuration": 45, "operatorName": "Alisher Valijonov", "operatorId": "op-1",
        "callStartTime": "2025-10-06T13:30:00.000Z", "callEndTime": "2025-10-06T13:30:45.500Z",
        "recordingUrl": "https://recordings.example.com/call-12345.mp3", "notes": "Mijoz mahsulot haqida so'radi", "createdAt": null,
    });
    assert_eq!(stored, expected);
    let mut shown = floor.get("/calls/session/s-1/results").await.json();
    assert_eq!((shown[0]["id"].take(), shown[0]["createdAt"].take()), (id, created));
    assert_eq!(shown, json!([expected]));
}

#[actix_web::test]
async fn what_is_said_twice_is_stored_once() {
    let floor = floor().await;
    let first = floor.report(&report()).await;
    let again = floor.report(&but(&json!({ "phoneNumber": "+998901234567" }))).await;
    assert_eq!(again.status, 200);
    let mut second = again.json();
    assert_eq!(second["duplicate"].take(), true);
    second.as_object_mut().unwrap().remove("duplicate");
    assert_eq!(second, first.json());
    assert_eq!(again.header("x-position"), first.header("x-position"));
    let other = floor.report(&but(&json!({ "notes": "boshqa izoh" }))).await.json();
    assert_eq!(
        (&other["notes"], &other["duplicate"]),
        (&first.json()["notes"], &json!(true)),
        "nothing is replaced"
    );
    let session = floor.get("/calls/session/s-1").await.json();
    assert_eq!((&session["processedNumbers"], &session["connectedCalls"]), (&json!(1), &json!(1)));
}

#[actix_web::test]
async fn a_repetition_fills_what_was_missing() {
    let floor = floor().await;
    let first = floor.report(&but(&json!({ "notes": null, "recordingUrl": null }))).await.json();
    let amended = floor.report(&report()).await.json();
    assert_eq!((&amended["id"], amended.get("duplicate")), (&first["id"], None));
    assert_eq!(amended["notes"], "Mijoz mahsulot haqida so'radi");
    assert_eq!(floor.get("/calls/session/s-1").await.json()["processedNumbers"], 1);
}

#[actix_web::test]
async fn the_order_of_reports_does_not_matter() {
    for statuses in
        [["BUSY", "ANSWERED", "CONNECTED_TO_OPERATOR"], ["CONNECTED_TO_OPERATOR", "BUSY", "ANSWERED"]]
    {
        let floor = floor().await;
        for status in statuses {
            let body = json!({ "sessionId": "s-1", "phoneNumber": "+998901234567", "callStatus": status });
            assert_eq!(floor.report(&body).await.status, 200);
        }
        let session = floor.get("/calls/session/s-1").await.json();
        let counted = ["processedNumbers", "connectedCalls", "failedCalls"].map(|name| session[name].clone());
        assert_eq!(counted, [json!(1), json!(1), json!(0)]);
        assert_eq!(session["byStatus"]["CONNECTED_TO_OPERATOR"], 1);
    }
}

/// The bodies of what is held, as they came.
async fn held(floor: &Floor) -> Vec<String> {
    let page = floor.journal.facts(0, 100, Reading::Clear).await.unwrap();
    let held = page.facts.iter().filter_map(|fact| match &fact.event {
        fact::Event::Quarantine(quarantine::Event::Held { personal, .. }) => {
            personal.clear().map(|body| body.json.clone())
        }
        fact::Event::Quarantine(_)
        | fact::Event::Session(_)
        | fact::Event::Call(_)
        | fact::Event::NumberList(_)
        | fact::Event::Remote(_)
        | fact::Event::Contact(_)
        | fact::Event::Person(_)
        | fact::Event::Campaign(_)
        | fact::Event::Target(_)
        | fact::Event::User(_)
        | fact::Event::Promise(_)
        | fact::Event::Import(_)
        | fact::Event::ApiKey(_)
        | fact::Event::WebhookEndpoint(_)
        | fact::Event::Settings(_)
        | fact::Event::Pbx(_)
        | fact::Event::PbxCall(_)
        | fact::Event::Disclosure(_)
        | fact::Event::Denial(_) => None,
    });
    held.collect()
}

#[actix_web::test]
async fn a_report_of_an_unknown_session_is_kept() {
    let floor = floor().await;
    for session in ["made-up", "no name for a session, at all"] {
        let body = but(&json!({ "sessionId": session }));
        let answer = floor.report(&body).await;
        assert_eq!((answer.status, &*answer.problem()), (404, "session-unknown"));
        assert_eq!(answer.json()["quarantined"], true);
        assert_eq!(held(&floor).await.last(), Some(&body.to_string()));
    }
}

#[actix_web::test]
async fn an_unknown_session_may_be_accepted_or_made() {
    let unknown = |unknown_session| karnay::http::Options { unknown_session, ..options() };
    let floor = Floor::with(unknown(UnknownSession::Accepted)).await;
    let answer = floor.report(&report()).await;
    assert_eq!((answer.status, &answer.json()["quarantined"]), (202, &json!(true)));
    assert_eq!(held(&floor).await.len(), 1);

    let floor = Floor::with(unknown(UnknownSession::Create)).await;
    assert_eq!(floor.report(&report()).await.status, 200);
    assert_eq!(floor.report(&but(&json!({ "phoneNumber": "+998901234568" }))).await.status, 200);
    assert!(held(&floor).await.is_empty());
    let session = floor.get("/calls/session/s-1").await.json();
    assert_eq!((&session["status"], &session["processedNumbers"]), (&json!("RUNNING"), &json!(2)));
    let nameless = floor.report(&but(&json!({ "sessionId": "no name" }))).await;
    assert_eq!(nameless.status, 404);
}

#[actix_web::test]
async fn a_late_report_is_counted() {
    let floor = floor().await;
    let exit = Exit { code: Some(0), ..Exit::default() };
    floor.command("1", "s-1", Command::Return { exit, heard: false, at: now() }).await;
    assert_eq!(floor.get("/calls/session/s-1").await.json()["status"], "COMPLETED");
    assert_eq!(floor.report(&report()).await.status, 200);
    let session = floor.get("/calls/session/s-1").await.json();
    assert_eq!((&session["status"], &session["processedNumbers"]), (&json!("COMPLETED"), &json!(1)));
}

#[actix_web::test]
async fn a_session_that_cannot_be_seen_yet_is_not_called_unknown() {
    let mut blind = options();
    blind.read_wait = Duration::from_millis(10);
    let floor = Floor::built(blind, false).await;
    floor.session("1", "s-1").await;
    let before = floor.journal.position();
    let answer = floor.report(&report()).await;
    assert_eq!((answer.status, &*answer.problem()), (503, "screens-behind"));
    assert_eq!(floor.journal.position(), before, "nothing was recorded");
}

#[actix_web::test]
async fn what_is_no_report_changes_nothing() {
    let floor = floor().await;
    let before = floor.journal.position();
    let bad = [
        (String::new(), "bad-json"),
        ("null".to_owned(), "bad-json"),
        ("{".to_owned(), "bad-json"),
        (json!(["s-1", "+998901234567", "BUSY"]).to_string(), "bad-json"),
        (but(&json!({ "sessionId": null })).to_string(), "bad-field"),
        (but(&json!({ "phoneNumber": -998_901_234_567_i64 })).to_string(), "bad-field"),
        (but(&json!({ "callStatus": "SLEPT" })).to_string(), "bad-field"),
        (but(&json!({ "callDuration": -1 })).to_string(), "bad-field"),
        (but(&json!({ "callDuration": 86_401 })).to_string(), "bad-field"),
        (but(&json!({ "callStartTime": "at noon" })).to_string(), "bad-field"),
        (but(&json!({ "notes": "x".repeat(10_001) })).to_string(), "bad-field"),
    ];
    for (body, code) in bad {
        let answer = floor.ask(near(Method::POST, "/calls/result").set_payload(body.clone())).await;
        assert_eq!((answer.status, &*answer.problem()), (400, code), "{body:.100}");
    }
    let zipped = near(Method::POST, "/calls/result").insert_header(("content-encoding", "gzip"));
    assert_eq!(floor.ask(zipped.set_payload(report().to_string())).await.problem(), "encoding-unknown");
    assert_eq!(floor.journal.position(), before);
    let plain = near(Method::POST, "/calls/result").insert_header(("content-encoding", "identity"));
    assert_eq!(floor.ask(plain.set_payload(report().to_string())).await.status, 200, "that is no packing");
}

#[actix_web::test]
async fn ten_megabytes_are_answered_and_not_read_into_memory() {
    let floor = floor().await;
    let (address, handle) = floor.serve();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{address}/calls/result");
    for size in [257 << 10, 10 << 20] {
        let answer = client
            .post(&url)
            .body(but(&json!({ "notes": "x".repeat(size) })).to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 413, "{size}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], "too-large");
    }
    let good = client.post(&url).body(report().to_string()).send().await.unwrap();
    assert_eq!(good.status(), 200);
    handle.stop(false).await;
}

#[actix_web::test]
async fn half_sent_reports_keep_no_whole_one_out() {
    let floor = floor().await;
    let (address, handle) = floor.serve();
    let mut halves = vec![];
    for _ in 0..600 {
        let mut half = tokio::net::TcpStream::connect(address).await.unwrap();
        half.write_all(b"POST /calls/result HTTP/1.1\r\nhost: localhost\r\ncontent-length: 500\r\n\r\n{ \"")
            .await
            .unwrap();
        halves.push(half);
    }
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{address}/calls/result");
    let whole = client.post(&url).body(report().to_string()).send().await.unwrap();
    assert_eq!(whole.status(), 200);
    drop(halves);
    handle.stop(false).await;
}
