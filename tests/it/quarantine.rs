//! Reports that could not be placed: seen, bound, replayed and given up, each within its organization, and once however often it is asked.

mod repeated;

use std::sync::Arc;

use actix_web::http::Method;
use domain::fact::Circumstances;
use domain::ids::{Organization, StreamId};
use domain::phone::Phone;
use domain::quarantine::{Body, Command, Reason};
use karnay::adapters::system::SystemIds;
use karnay::dispatch::Meta;
use karnay::ports::Ids as _;
use serde_json::{Value, json};

use crate::http_world::{Answer, Floor, bearer, near, now, options};
use crate::world::World;

fn report(session: &str, number: u32) -> Value {
    json!({
        "sessionId": session, "phoneNumber": format!("+99890{number:07}"), "callStatus": "ANSWERED",
        "callDuration": 45, "callStartTime": "2025-10-06T18:30:00.000Z",
    })
}

async fn hold(floor: &Floor, session: &str, number: u32) -> String {
    assert_eq!(floor.report(&report(session, number)).await.status, 404);
    let listed = list(floor, "?limit=1000").await;
    listed.as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned()
}

async fn list(floor: &Floor, query: &str) -> Value {
    floor.get(&format!("/calls/quarantine{query}")).await.json()
}

async fn post(floor: &Floor, path: &str, body: &Value) -> Answer {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    floor.ask(near(Method::POST, &format!("/calls/quarantine/{path}")).set_payload(text)).await
}

async fn processed(floor: &Floor, session: &str) -> Value {
    floor.get(&format!("/calls/session/{session}")).await.json()["processedNumbers"].clone()
}

#[actix_web::test]
async fn what_is_held_is_listed_and_can_be_read_word_for_word() {
    let floor = Floor::new().await;
    let id = hold(&floor, "made-up", 1).await;
    let listed = list(&floor, "").await;
    let held_at = listed[0]["heldAt"].clone();
    let line = json!({
        "id": id, "sessionId": "made-up", "reason": "unknown_session", "state": "held", "boundTo": null,
        "discardReason": null, "heldAt": held_at, "settledAt": null,
    });
    assert_eq!(listed, json!([line]));
    let whole = floor.get(&format!("/calls/quarantine/{id}")).await;
    assert_eq!(whole.json()["report"], report("made-up", 1));
    assert!(whole.header("x-position").is_some() && whole.header("x-behind") == Some("0"));

    let odd = r#"{ "sessionId":"odd","phoneNumber" : 998901234567,  "callStatus":"BUSY", "attempt":1.50 }"#
        .to_owned();
    assert_eq!(floor.ask(near(Method::POST, "/calls/result").set_payload(odd.clone())).await.status, 404);
    let id = list(&floor, "?sessionId=odd").await[0]["id"].as_str().unwrap().to_owned();
    let whole = floor.get(&format!("/calls/quarantine/{id}")).await;
    assert!(String::from_utf8(whole.bytes).unwrap().contains(&odd), "to the last space");
}

#[actix_web::test]
async fn a_long_quarantine_is_read_in_pages() {
    let floor = Floor::new().await;
    for number in 0..5 {
        hold(&floor, if number < 4 { "made-up" } else { "another" }, number).await;
    }
    let first = floor.get("/calls/quarantine?limit=2&sessionId=made-up").await;
    let next = first.header("x-next-cursor").unwrap().to_owned();
    let second = floor.get(&format!("/calls/quarantine?limit=3&sessionId=made-up&cursor={next}")).await;
    assert_eq!((first.json().as_array().unwrap().len(), second.json().as_array().unwrap().len()), (2, 2));
    assert_eq!(second.header("x-next-cursor"), None);
    assert_ne!(first.json()[1], second.json()[0]);
    let wrong = floor.get("/calls/quarantine?state=lost").await;
    assert_eq!((wrong.status, &*wrong.problem()), (400, "bad-parameter"));
}

/// What no session can be called is unknown, however long it is.
async fn a_report_whose_session_has_an_endless_name_is_held(mut world: World) {
    world.start().await;
    assert_eq!(world.report(&report("s-1", 7)).await.unwrap().status(), 200);
    let names = ["x".repeat(201), format!("{}y", "x".repeat(200)), "\u{1f4de}\0".repeat(20_000)];
    for (name, number) in names.iter().zip(1..) {
        let answer = world.report(&report(name, number)).await.unwrap();
        assert_eq!(answer.status(), 404);
        let told: Value = answer.json().await.unwrap();
        assert_eq!(
            (&told["code"], &told["quarantined"]),
            (&json!("session-unknown"), &json!(true)),
            "{told}"
        );
    }
    let listed = world.json("/calls/quarantine").await;
    assert_eq!(listed.as_array().unwrap().len(), 3, "{listed}");
    for ((line, name), number) in listed.as_array().unwrap().iter().zip(&names).zip(1..) {
        let shown = line["sessionId"].as_str().unwrap();
        assert!(shown.ends_with('…') && shown.chars().count() == 200, "{shown}");
        let id = line["id"].as_str().unwrap();
        let whole = world.json(&format!("/calls/quarantine/{id}")).await;
        assert_eq!(whole["report"], report(name, number), "its body is whole");
    }
    let asked = format!("/calls/quarantine?sessionId={}", names[0]);
    assert_eq!(world.json(&asked).await, json!([listed[0], listed[1]]), "what begins alike is called alike");
    let path = format!("/calls/quarantine/{}", listed[0]["id"].as_str().unwrap());
    let post =
        |verb: &str, body: Value| world.http.post(world.url(&format!("{path}/{verb}"))).json(&body).send();
    assert_eq!(post("replay", json!({})).await.unwrap().status(), 404);
    let bound: Value = post("bind", json!({ "sessionId": "s-1" })).await.unwrap().json().await.unwrap();
    assert_eq!((&bound["state"], &bound["result"]["sessionId"]), (&json!("bound"), &json!("s-1")), "{bound}");
    assert!(world.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_whose_session_has_an_endless_name_is_held_on_sqlite() {
    a_report_whose_session_has_an_endless_name_is_held(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_whose_session_has_an_endless_name_is_held_on_postgres() {
    a_report_whose_session_has_an_endless_name_is_held(World::postgres().await).await;
}

#[actix_web::test]
async fn a_held_report_is_bound_to_a_session_once() {
    let floor = Floor::new().await;
    let id = hold(&floor, "made-up", 1).await;
    floor.session("1", "s-1").await;
    let bound = post(&floor, &format!("{id}/bind"), &json!({ "sessionId": "s-1" })).await;
    assert_eq!(bound.status, 200, "{bound:?}");
    let told = bound.json();
    assert_eq!((&told["id"], &told["state"], &told["boundTo"]), (&json!(id), &json!("bound"), &json!("s-1")));
    assert_eq!(
        (&told["result"]["sessionId"], &told["result"]["phoneNumber"]),
        (&json!("s-1"), &json!("+998900000001"))
    );
    assert_eq!(processed(&floor, "s-1").await, 1);
    let position = floor.journal.position();
    for verb in ["bind", "replay"] {
        let again = post(&floor, &format!("{id}/{verb}"), &json!({ "sessionId": "s-1" })).await;
        assert_eq!((again.status, &again.json()["result"]), (200, &json!(null)), "{verb}");
    }
    assert_eq!(floor.journal.position(), position, "nothing more was recorded");
    assert_eq!(list(&floor, "").await, json!([]));
    let line = &list(&floor, "?state=bound").await[0];
    assert_eq!((&line["boundTo"], &line["settledAt"].is_string()), (&json!("s-1"), &true));

    floor.session("1", "s-2").await;
    let elsewhere = post(&floor, &format!("{id}/bind"), &json!({ "sessionId": "s-2" })).await;
    assert_eq!((elsewhere.status, &*elsewhere.problem()), (409, "quarantine-bound"));
    let discarded = post(&floor, &format!("{id}/discard"), &Value::Null).await;
    assert_eq!((discarded.status, &*discarded.problem()), (409, "quarantine-bound"));
    assert_eq!(processed(&floor, "s-2").await, 0);
}

#[actix_web::test]
async fn a_report_that_the_session_has_heard_is_a_repetition() {
    let floor = Floor::new().await;
    let id = hold(&floor, "s-1", 1).await;
    floor.session("1", "s-1").await;
    assert_eq!(floor.report(&report("s-1", 1)).await.status, 200, "the sender has tried again");
    // So it also stands after a crash between storing the report and marking it.
    let replayed = post(&floor, &format!("{id}/replay"), &Value::Null).await;
    assert_eq!((replayed.status, &replayed.json()["result"]["duplicate"]), (200, &json!(true)));
    assert_eq!(processed(&floor, "s-1").await, 1);
    assert_eq!(floor.get("/calls/session/s-1/results").await.json().as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn nothing_is_bound_to_nowhere() {
    let floor = Floor::new().await;
    let id = hold(&floor, "made-up", 1).await;
    let before = floor.journal.position();
    for (path, body, status, code) in [
        (format!("{id}/bind"), json!({ "sessionId": "made-up" }), 404, "session-unknown"),
        (format!("{id}/replay"), Value::Null, 404, "session-unknown"),
        (format!("{id}/bind"), Value::Null, 400, "bad-field"),
        (format!("{id}/bind"), json!({ "sessionId": 5 }), 400, "bad-field"),
        (format!("{id}/bind"), json!([]), 400, "bad-json"),
        (format!("{id}/discard"), json!({ "reason": "x".repeat(201) }), 400, "bad-field"),
        ("replay".to_owned(), json!({ "cursor": -1 }), 400, "bad-field"),
        ("no-id/replay".to_owned(), Value::Null, 404, "quarantine-unknown"),
        ("0199b9f4-6f00-7000-8000-000000000009/replay".to_owned(), Value::Null, 404, "quarantine-unknown"),
        ("0199b9f4-6f00-7000-8000-000000000009/discard".to_owned(), Value::Null, 404, "quarantine-unknown"),
    ] {
        let answer = post(&floor, &path, &body).await;
        assert_eq!((answer.status, &*answer.problem()), (status, code), "{path} {body}");
    }
    assert_eq!(floor.journal.position(), before);
}

#[actix_web::test]
async fn what_is_discarded_stays_readable_and_goes_nowhere() {
    let floor = Floor::new().await;
    let id = hold(&floor, "s-1", 1).await;
    for _ in 0..2 {
        let discarded = post(&floor, &format!("{id}/discard"), &json!({ "reason": "a test" })).await;
        assert_eq!((discarded.status, discarded.json()), (200, json!({ "id": id, "state": "discarded" })));
    }
    floor.session("1", "s-1").await;
    let replayed = post(&floor, &format!("{id}/replay"), &Value::Null).await;
    assert_eq!((replayed.status, &*replayed.problem()), (409, "quarantine-discarded"));
    assert_eq!(post(&floor, "replay", &Value::Null).await.json()["lookedAt"], 0);
    let whole = floor.get(&format!("/calls/quarantine/{id}")).await.json();
    assert_eq!((&whole["discardReason"], &whole["report"]), (&json!("a test"), &report("s-1", 1)));
    assert_eq!(processed(&floor, "s-1").await, 0);
}

#[actix_web::test]
async fn everything_that_has_a_session_by_now_is_placed_and_the_rest_is_told() {
    let floor = Floor::new().await;
    for number in 0..20 {
        hold(&floor, ["s-1", "s-2", "made-up"][usize::try_from(number % 3).unwrap()], number).await;
    }
    // Said again by its sender in other words, while it was held.
    let again = report("s-1", 0).to_string().replace(',', ", ");
    assert_eq!(floor.ask(near(Method::POST, "/calls/result").set_payload(again)).await.status, 404);
    floor.session("1", "s-1").await;
    floor.session("1", "s-2").await;
    let only = post(&floor, "replay", &json!({ "sessionId": "s-2" })).await.json();
    assert_eq!((&only["lookedAt"], &only["placed"]), (&json!(7), &json!(7)));
    assert_eq!((processed(&floor, "s-1").await, processed(&floor, "s-2").await), (json!(0), json!(7)));

    let rest = post(&floor, "replay", &Value::Null).await.json();
    let expected = json!({
        "lookedAt": 14, "placed": 8, "duplicates": 1, "stillHeld": { "session-unknown": 6 }, "nextCursor": null,
    });
    assert_eq!(rest, expected);
    assert_eq!(processed(&floor, "s-1").await, 7);
    let again = post(&floor, "replay", &Value::Null).await.json();
    assert_eq!((&again["lookedAt"], &again["placed"]), (&json!(6), &json!(0)));
    assert_eq!(list(&floor, "").await.as_array().unwrap().len(), 6);
}

#[actix_web::test]
async fn a_thousand_are_looked_at_and_the_next_request_goes_on() {
    let floor = Floor::new().await;
    for number in 0..1_001 {
        assert_eq!(
            floor.report(&report(if number < 1_000 { "made-up" } else { "s-1" }, number)).await.status,
            404
        );
    }
    floor.session("1", "s-1").await;
    let first = post(&floor, "replay", &Value::Null).await.json();
    assert_eq!((&first["lookedAt"], &first["placed"]), (&json!(1_000), &json!(0)));
    assert_eq!(first["stillHeld"], json!({ "session-unknown": 1_000 }));
    let second = post(&floor, "replay", &json!({ "cursor": first["nextCursor"] })).await.json();
    assert_eq!((&second["placed"], &second["nextCursor"]), (&json!(1), &json!(null)));
}

#[actix_web::test]
async fn two_who_bind_at_once_do_not_both_succeed() {
    let floor = Floor::new().await;
    let id = hold(&floor, "made-up", 1).await;
    floor.session("1", "s-1").await;
    floor.session("1", "s-2").await;
    let path = format!("{id}/bind");
    let (one, other) = (json!({ "sessionId": "s-1" }), json!({ "sessionId": "s-2" }));
    let (first, second) = tokio::join!(post(&floor, &path, &one), post(&floor, &path, &other));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let counted = [processed(&floor, "s-1").await, processed(&floor, "s-2").await];
    assert!(counted.contains(&json!(0)) && counted.contains(&json!(1)), "{counted:?}");
}

/// Settings may change while a report is held, and so may what a report is.
#[actix_web::test]
async fn a_body_that_is_no_report_any_more_stays_held() {
    let floor = Floor::new().await;
    floor.session("1", "s-1").await;
    let (organization, id) = (Organization::parse("1").unwrap(), SystemIds.uuid());
    let person = floor.dispatch.fingerprint(&organization, &Phone::reported("1", options().home).unwrap());
    let body = Body { json: json!({ "sessionId": "s-1", "phoneNumber": "?" }).to_string() };
    let hold = Command::Hold { session: "s-1".to_owned(), reason: Reason::UnknownSession, body, at: now() };
    let meta = Meta { circumstances: Arc::new(Circumstances::default()), command: None };
    let stream = StreamId::quarantine(&organization, id);
    floor.dispatch.quarantine(stream, Some(person), hold, meta).await.unwrap();

    let placed = post(&floor, &format!("{id}/replay"), &Value::Null).await;
    assert_eq!((placed.status, &*placed.problem()), (409, "quarantine-unreadable"));
    assert!(placed.json()["detail"].as_str().unwrap().contains("phoneNumber"), "{placed:?}");
    let all = post(&floor, "replay", &Value::Null).await.json();
    assert_eq!(all["stillHeld"], json!({ "quarantine-unreadable": 1 }));
    assert_eq!(list(&floor, "").await[0]["id"], json!(id));
}

#[actix_web::test]
async fn another_organizations_quarantine_does_not_exist() {
    let floor = Floor::new().await;
    let id = hold(&floor, "s-2", 1).await;
    floor.session("2", "s-2").await;
    let theirs = || bearer(&json!({ "organizationId": 2, "role": "admin" }));
    let ask = |method: Method, path: String| floor.ask(near(method, &path).insert_header(theirs()));
    assert_eq!(ask(Method::GET, "/calls/quarantine".to_owned()).await.json(), json!([]));
    let one = ask(Method::GET, format!("/calls/quarantine/{id}")).await;
    assert_eq!((one.status, &*one.problem()), (404, "quarantine-unknown"));
    for verb in ["replay", "discard"] {
        let answer = ask(Method::POST, format!("/calls/quarantine/{id}/{verb}")).await;
        assert_eq!((answer.status, &*answer.problem()), (404, "quarantine-unknown"), "{verb}");
    }
    let all = ask(Method::POST, "/calls/quarantine/replay".to_owned()).await.json();
    assert_eq!(all["lookedAt"], 0);
    // Nor does their session exist for us, whatever the report named.
    let ours = post(&floor, &format!("{id}/replay"), &Value::Null).await;
    assert_eq!((ours.status, &*ours.problem()), (404, "session-unknown"));
}

#[actix_web::test]
async fn an_auditor_reads_the_quarantine_and_touches_nothing() {
    let floor = Floor::with(karnay::http::Options { loopback_only: false, ..options() }).await;
    assert_eq!(floor.report(&report("made-up", 1)).await.status, 404);
    let auditor = || bearer(&json!({ "organizationId": 1, "role": "auditor" }));
    let ask = |method: Method, path: String| floor.ask(near(method, &path).insert_header(auditor()));
    let listed = ask(Method::GET, "/calls/quarantine".to_owned()).await.json();
    let id = listed[0]["id"].as_str().unwrap();
    assert_eq!(ask(Method::GET, format!("/calls/quarantine/{id}")).await.status, 200);
    for path in [format!("{id}/bind"), format!("{id}/replay"), format!("{id}/discard"), "replay".to_owned()] {
        let answer = ask(Method::POST, format!("/calls/quarantine/{path}")).await;
        assert_eq!((answer.status, &*answer.problem()), (403, "role-too-low"), "{path}");
    }
    assert_eq!(floor.get("/calls/quarantine").await.status, 401);
}
